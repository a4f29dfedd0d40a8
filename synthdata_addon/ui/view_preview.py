# SPDX-License-Identifier: GPL-3.0-or-later
"""One view of the job, made for real in a folder for temporary files and shown in the Image Editor with its labels.

The scene and the dataset in the output folder stay as they are. There is one image, used again for all that is shown;
it is taken away before the file is saved and comes back afterwards.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import blf
import bpy

from ..core.controls import OTHERS, ControlImagesSpec
from ..core.decode import parse_json
from ..core.fidelity import FidelitySpec
from ..core.palette import category_colour
from ..core.spec import JobSpec
from .job import GenerateJob
from .request import resolve_request
from .sidebar import redraw_areas, redraw_sidebars
from .state import state
from .view_files import LABELS, ViewFiles, view_files

IMAGE_NAME: Final = "SynthData Preview"
FOLDER: Final = "synthdata_preview"
TEXT_SIZE: Final = 11.0


@dataclass
class ViewPreview:
    """What is previewed. One for this session, not saved."""

    view: int = 0
    views: int = 0
    kind: str = LABELS
    message: str = ""
    found: ViewFiles | None = None
    job: GenerateJob | None = None
    names: dict[int, str] = field(default_factory=dict)
    _stamps: tuple[int, int] = (0, 0)
    _hidden_from: list[bpy.types.SpaceImageEditor] = field(default_factory=list)
    _handle: Any = None

    @property
    def kinds(self) -> tuple[str, ...]:
        """What can be chosen to be shown."""
        return self.found.kinds if self.found is not None else ()

    def begin(self, scene: bpy.types.Scene, layer: bpy.types.ViewLayer, view: int) -> GenerateJob:
        """Start on one view of the scene's job, in an empty folder.

        Raises:
            SynthDataError: as a job does.
        """
        spec = preview_spec(resolve_request(scene))
        root = Path(bpy.app.tempdir) / FOLDER
        shutil.rmtree(root, ignore_errors=True)
        self.job = GenerateJob(scene, layer, spec, root / "dataset", only=view)
        self.view, self.views, self.found, self._stamps = (
            view,
            self.job.status.stages["labels"].total,
            None,
            (0, 0),
        )
        self.message = f"Making view {view}"
        names = parse_json(self.job.folder.job_file.read_text(encoding="utf-8"), "job.json")["categories"]
        self.names = {int(item["id"]): str(item["name"]) for item in names}
        return self.job

    def follow(self) -> bool:
        """Show what the job has made by now; return whether there is something new."""
        assert self.job is not None
        folder = self.job.folder
        stamps = _size(folder.labels_journal), _size(folder.samples_journal)
        if stamps == self._stamps:
            return False
        self._stamps = stamps
        self.found = view_files(folder, self.view)
        self.show()
        return self.found is not None

    def end(self) -> None:
        """The job is over: say what came of it. Safe to call twice."""
        if self.job is None:
            return
        status, self.job = self.job.status, None
        problems = status.problems or [
            text for text in status.warnings if text.startswith(f"View {self.view} ")
        ]
        self.message = problems[0] if problems else ""
        redraw_sidebars()

    def choose(self, kind: str) -> None:
        """Show something else of the view."""
        self.kind = kind
        self.show()
        redraw_sidebars()

    def show(self) -> None:
        """Put what is chosen into the image, and the image before the user's eyes where it is open."""
        if self.found is None:
            return
        kind = self.kind if self.kind in self.kinds else LABELS
        folder = Path(bpy.app.tempdir) / FOLDER
        folder.mkdir(exist_ok=True)
        path = self.found.show(kind, folder / f"{kind}.png")
        image = bpy.data.images.get(IMAGE_NAME)
        if image is None:
            image = bpy.data.images.load(str(path), check_existing=False)
            image.name = IMAGE_NAME
        elif image.filepath != str(path):
            image.filepath = str(path)
        image.reload()
        if self._handle is None and not bpy.app.background:
            add = bpy.types.SpaceImageEditor.draw_handler_add
            self._handle = add(self._draw_names, (), "WINDOW", "POST_PIXEL")
        redraw_areas("IMAGE_EDITOR")

    def note(self) -> None:
        """Remember where the image is shown: undo is about to take it away, with all that was not there before."""
        image = bpy.data.images.get(IMAGE_NAME)
        self._hidden_from = [
            space for space in _image_editors() if image is not None and space.image == image
        ]

    def hide(self) -> None:
        """Take the image out of the file, which is about to be saved."""
        self.note()
        image = bpy.data.images.get(IMAGE_NAME)
        if image is not None:
            bpy.data.images.remove(image)

    def unhide(self) -> None:
        """Put the image back where it was shown."""
        spaces, self._hidden_from = self._hidden_from, []
        if self.found is None:
            return
        if spaces or bpy.data.images.get(IMAGE_NAME) is None:
            self.show()
        for space in spaces:
            space.image = bpy.data.images[IMAGE_NAME]

    def clear(self) -> None:
        """Forget all of it. Safe to call twice."""
        if self._handle is not None:
            bpy.types.SpaceImageEditor.draw_handler_remove(self._handle, "WINDOW")
            self._handle = None
        image = bpy.data.images.get(IMAGE_NAME)
        if image is not None:
            bpy.data.images.remove(image)
        shutil.rmtree(Path(bpy.app.tempdir) / FOLDER, ignore_errors=True)
        self.view, self.views, self.kind = 0, 0, LABELS
        self.found, self.job, self.message, self.names, self._hidden_from = None, None, "", {}, []

    def _draw_names(self) -> None:
        """Write the class of each thing above its box, over our image only."""
        space = bpy.context.space_data
        if self.found is None or self.kind != LABELS or space.image is None or space.image.name != IMAGE_NAME:
            return
        record, region = self.found.record, bpy.context.region
        blf.size(0, TEXT_SIZE * bpy.context.preferences.system.ui_scale)
        blf.enable(0, blf.SHADOW)
        blf.shadow(0, 3, 0.0, 0.0, 0.0, 1.0)
        for item in record.annotations:
            left, top = item.bbox[0] / record.width, 1.0 - item.bbox[1] / record.height
            x, y = region.view2d.view_to_region(left, top, clip=False)
            blf.color(0, *category_colour(item.category_id), 1.0)
            blf.position(0, x + 1.0, y + 3.0, 0.0)
            blf.draw(0, self.names.get(item.category_id, ""))
        blf.disable(0, blf.SHADOW)


def preview_spec(spec: JobSpec) -> JobSpec:
    """Return a job whose view is the same as that of ``spec``, with every control image and one picture at most."""
    controls = spec.control_images
    return replace(
        spec,
        exports=(),
        styles=spec.styles[:1],
        prompts=replace(spec.prompts, pictures=1),
        fidelity=FidelitySpec(),
        passes=replace(spec.passes, keep=False),
        control_images=ControlImagesSpec(
            OTHERS, controls.canny_from, controls.segmentation, controls.unlabelled
        ),
    )


def open_editor(context: bpy.types.Context) -> None:
    """Show the image in an Image Editor, where none shows it: in one that is open, else in a window of its own."""
    image = bpy.data.images.get(IMAGE_NAME)
    if image is None or bpy.app.background:
        return
    spaces = list(_image_editors())
    if any(space.image == image for space in spaces):
        return
    if spaces:
        spaces[0].image = image
        return
    bpy.ops.wm.window_new()
    window = context.window_manager.windows[-1]
    area = window.screen.areas[0]
    area.ui_type = "IMAGE_EDITOR"
    area.spaces.active.image = image
    region = next(region for region in area.regions if region.type == "WINDOW")
    with context.temp_override(window=window, area=area, region=region):
        bpy.ops.image.view_all(fit_view=True)


def _image_editors() -> list[bpy.types.SpaceImageEditor]:
    return [
        area.spaces.active
        for window in bpy.context.window_manager.windows
        for area in window.screen.areas
        if area.ui_type == "IMAGE_EDITOR"
    ]


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def is_previewing() -> bool:
    """Tell whether the job that runs is a preview."""
    return state.job is not None and state.job is preview_of_view.job


preview_of_view: Final = ViewPreview()
