# SPDX-License-Identifier: GPL-3.0-or-later
"""What one sample is to be: its exact prompts, its seed and its names. The one place that says so, for batches too."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from ..core import layout
from ..core.fidelity import STRENGTHEN
from ..core.journal import Journal
from ..core.layout import DatasetFolder
from ..core.prompts import StylePrompts, ViewFacts, drawn, look_down, needs_facts
from ..core.records import JobRecord, LabelRecord, ViewRecord
from ..core.seeds import sample_seed
from ..core.slots import slots
from ..core.style_spec import StyleSpec
from .view_index import ViewIndex


@dataclass(frozen=True)
class SampleRequest:
    """One picture to make.

    ``style`` has the exact prompts, templates drawn; ``number`` is which of the view's pictures in this style, and
    ``attempt`` which try at it, both from 0; ``seed`` is the diffusion seed of this try, and ``strength`` the factor of
    every ControlNet's scale.
    """

    sample: str
    view: int
    slot: int
    number: int
    attempt: int
    style: StyleSpec
    seed: int
    strength: float
    picture: str


class SampleRequests:
    """Draws the requests of a job. Equal arguments give equal requests, in any order and in any run."""

    def __init__(self, folder: DatasetFolder, job: JobRecord) -> None:
        self._job = job
        self._slots = slots(job.job)
        self._facts = _Facts(folder, job)

    def style(self, slot: int) -> StyleSpec:
        """Return the style of a slot, its prompts still templates."""
        return self._slots[slot].style

    def request(self, view: int, slot: int, attempt: int = 0) -> SampleRequest:
        """Return the request of one picture of a labelled view.

        Raises:
            KeyError: the view is not labelled.
        """
        style, number = self._slots[slot].style, self._slots[slot].number
        job = self._job.job
        prompts = StylePrompts(style.name, style.prompt, style.negative_prompt)
        stronger = job.fidelity.retry == "CONTROL"
        facts = self._facts.of(view) if needs_facts(prompts) else ViewFacts()
        prompt, negative = drawn(job.prompts, prompts, facts, job.seed, view, number)
        return SampleRequest(
            sample=layout.sample_id(view, style.name, number),
            view=view,
            slot=slot,
            number=number,
            attempt=attempt,
            style=replace(style, prompt=prompt, negative_prompt=negative),
            seed=sample_seed(job.seed, view, style.name, number, 0 if stronger else attempt),
            strength=STRENGTHEN**attempt if stronger else 1.0,
            picture=layout.image_file(view, style.name, number),
        )


class _Facts:
    """What the journals say of a view; an index of lines is read on, never anew, as views are added."""

    def __init__(self, folder: DatasetFolder, job: JobRecord) -> None:
        self._names = {category.id: category.name for category in job.categories}
        self._labels = ViewIndex(Journal(folder.labels_journal), LabelRecord)
        self._views = ViewIndex(Journal(folder.views_journal), ViewRecord)

    def of(self, view: int) -> ViewFacts:
        label = self._labels.record(view)
        sizes: Counter[int] = Counter()
        for item in label.annotations:
            sizes[item.category_id] += item.area
        names = [self._names.get(number, str(number)) for number, _ in _largest_first(sizes)]
        camera = self._views.record(view, drop=("instances",)).camera
        if camera is None:
            return ViewFacts(tuple(names))
        return ViewFacts(tuple(names), camera.name, look_down(camera.cam_to_world))


def _largest_first(sizes: Counter[int]) -> list[tuple[int, int]]:
    return sorted(sizes.items(), key=lambda item: (-item[1], item[0]))
