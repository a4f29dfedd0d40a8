# SPDX-License-Identifier: GPL-3.0-or-later
"""What the views of one job show: its labelled things, frame by frame, numbered once for the whole job."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import bpy

from ..core.errors import SceneError
from ..core.records import CameraRecord, SeenInstance
from ..core.variation import frames_of
from .categories import CategoryRules
from .facts import camera_frames
from .job_scene import JobScene, Numbers
from .keypoints import with_keypoints
from .labelling import Labelling, Thing, find_things, is_labelled, twins, unseen_objects
from .scan import Rendered, Scanner
from .sight import Sight


def no_category(scene: str) -> SceneError:
    """Return the error that a scene is in which nothing is labelled; the panel says the same before a job does."""
    return SceneError(
        "scene.no_category",
        f"No object that renders in '{scene}' has a category.",
        "Select the objects of interest and give them one in the SynthData panel.",
    )


class Contents:
    """Scans the job's scene: once for a sweep in one frame, frame by frame for an animation."""

    def __init__(self, job_scene: JobScene, scene: bpy.types.Scene, layer: bpy.types.ViewLayer) -> None:
        """Scan every frame that the job uses and number what is labelled in any of them.

        Raises:
            SceneError: ``scene.no_category``, ``scene.two_categories`` or ``scene.too_many_instances``.
        """
        self._job_scene = job_scene
        self._labels = job_scene.spec.labels
        self.warnings: list[str] = []
        planned = camera_frames(scene, job_scene.spec.sweep)
        frames = frames_of(job_scene.spec.variation.frames, planned)
        self._everything: dict[tuple[str, str, tuple[int, ...]], Rendered] = {}
        self._names: set[str] = set()
        self.first: tuple[Thing, ...] = ()
        """The things of the first frame that has any."""
        self._frame: int | None = frames[0]
        self._things = self.first
        self._seen_things: tuple[Thing, ...] | None = None
        self._seen: tuple[SeenInstance, ...] = ()
        self.labelling = Labelling(self._labels, self._all_frames(frames))
        if not self.labelling.instances:
            raise no_category(scene.name)
        job_scene.tell_apart(self._numbers())
        self._everything.clear()
        self._warn(layer)

    def seen(self, frame: int) -> tuple[SeenInstance, ...]:
        """Return the records of what is labelled in a frame: the same tuple while nothing moves."""
        things = self.things(frame)
        if self._seen_things is not things:
            self._seen_things, self._seen = things, self.labelling.seen(things)
        return self._seen

    def with_keypoints(
        self, frame: int, seen: tuple[SeenInstance, ...], camera: CameraRecord, clip: tuple[float, float]
    ) -> tuple[SeenInstance, ...]:
        """Return the records of a frame with their keypoints as a camera sees them.

        Args:
            frame: the frame that the job's scene shows.
            seen: the frame's records.
            camera: the view's camera.
            clip: nearest and farthest distance that it shows, scene units.
        """
        categories = self.labelling.categories
        if not any(category.keypoints for category in categories):
            return seen
        job_scene, spec = self._job_scene, self._job_scene.spec
        sight = Sight(
            job_scene.ensure(),
            job_scene.depsgraph(),
            camera,
            (spec.width, spec.height),
            clip=clip,
            rendered=self._names,
        )
        rules = self._rules()
        bodies = [
            (thing.parts, rules.members(thing.key.name) if thing.key.is_group else ())
            for thing in self.things(frame)
        ]
        return with_keypoints(seen, bodies, categories, sight)

    def baked(self, frame: int) -> list[tuple[int, Thing]]:
        """Return a frame's things with their ids and with meshes of what a copy of an object would not show."""
        with self._scanner(bake=True) as scanner:
            rendered = [self._with_own_materials(part) for part in scanner.scan(frame)]
        things = find_things(rendered, self._rules(), self._labels)
        return [(self.labelling.id_of(thing), thing) for thing in things]

    def forget(self) -> None:
        """Scan again at the next look: things moved."""
        self._frame = None

    def things(self, frame: int) -> tuple[Thing, ...]:
        """Return what is labelled in a frame."""
        if frame != self._frame:
            with self._scanner() as scanner:
                rendered = [self._with_own_materials(part) for part in scanner.scan(frame)]
            self._names = scanner.names
            self._frame, self._things = frame, find_things(rendered, self._rules(), self._labels)
        return self._things

    def _rules(self) -> CategoryRules:
        """Return the scene's rules as of now: they hold references, which undo and file load kill."""
        scene = bpy.data.scenes[self._job_scene.source]
        return CategoryRules(scene, scene.view_layers[self._job_scene.layer], self._labels)

    def _scanner(self, *, bake: bool = False) -> Scanner:
        rules = self._rules()
        return Scanner(
            self._job_scene.ensure(),
            lambda name, parent: is_labelled(name, parent, rules, self._labels),
            bake=bake,
        )

    def _all_frames(self, frames: Sequence[int]) -> Iterator[tuple[Thing, ...]]:
        """Yield the things of every frame, and note all that may be labelled and all that renders in any of them."""
        rules = self._rules()
        with self._scanner() as scanner:
            for frame in frames:
                rendered = scanner.scan(frame)
                things = find_things(rendered, rules, self._labels)
                self.first = self.first or things
                if frame == self._frame:
                    self._things = things
                self._names |= scanner.names
                for part in rendered:
                    self._everything.setdefault((part.name, part.parent, part.persistent_id), part)
                yield things

    def _with_own_materials(self, part: Rendered) -> Rendered:
        return replace(
            part, materials=tuple(self._job_scene.original_material(name) for name in part.materials)
        )

    def _numbers(self) -> Numbers:
        labelled = self.labelling.indices
        copies = [p for p in self._everything.values() if p.random is not None and p.name in labelled]
        return Numbers(
            objects=self.labelling.indices,
            materials=self.labelling.materials,
            copies=bool(copies),
            bare_copies=any(not all(part.materials) or not part.materials for part in copies),
        )

    def _warn(self, layer: bpy.types.ViewLayer) -> None:
        unseen = unseen_objects(layer, self._names, self._rules())
        if unseen:
            shown = ", ".join(f"'{name}'" for name in unseen[:5])
            more = f" and {len(unseen) - 5} more" if len(unseen) > 5 else ""
            self.warnings.append(
                f"Labelled but hidden in renders or excluded from the view layer: {shown}{more}; no annotations."
            )
        alike = sum(1 for _ in twins(self.labelling.seen(self.first)))
        if alike:
            self.warnings.append(
                f"{alike} copies have the random number of another copy and cannot be told from it; no annotations."
            )
