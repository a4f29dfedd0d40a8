# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks the models that a job names what they see in its pictures. Loads torch only when there are any."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..core import layout
from ..core.arrays import RGBImage
from ..core.errors import ModelError
from ..core.fidelity_check import check_fidelity_models
from ..core.journal import Journal
from ..core.layout import DatasetFolder
from ..core.records import JobRecord, LabelRecord, SampleRecord
from ..stylize.images import read_rgb
from .view_index import ViewIndex

if TYPE_CHECKING:
    from ..stylize.fidelity.scorers import Scorers


class Opinions:
    """The models, loaded when they are first needed."""

    def __init__(self, folder: DatasetFolder, job: JobRecord) -> None:
        self._folder = folder
        self._job = job
        self._labels = ViewIndex(Journal(folder.labels_journal), LabelRecord)
        self._scorers: Scorers | None = None

    def prepare(self) -> None:
        """Load what the job names. Safe to call again.

        Raises:
            ModelError: ``model.not_found``, ``model.cannot_load``, ``model.no_device`` or ``model.no_torch``.
        """
        spec = self._job.job.fidelity
        if self._scorers is not None or not spec.models:
            return
        check_fidelity_models(spec)
        try:
            from ..stylize.fidelity.scorers import Scorers

            self._scorers = Scorers(spec, self._job.categories, self._job.job.model.device)
        except ImportError as error:
            raise ModelError(
                "model.no_torch",
                f"The runner's Python cannot import what the models of Fidelity need ({error}).",
                "Set up the runner in the preferences, or name a Python there that has transformers; labels are kept.",
            ) from error

    def added(self, picture: RGBImage, record: SampleRecord) -> SampleRecord:
        """Return the record with the models' opinions in its scores.

        Raises:
            ModelError: as :meth:`prepare`.
            OSError: the depth image cannot be read.
        """
        self.prepare()
        if self._scorers is None or not record.scores:
            return record
        from ..stylize.fidelity.scorers import Thing

        labels = {item.instance_id: item for item in self._labels.record(record.view).annotations}
        known = [labels[score.instance_id] for score in record.scores]
        things = [Thing(item.instance_id, item.category_id, item.bbox) for item in known]
        disparity = read_rgb(self._folder.full(layout.control_file("depth", record.view)))[..., 0]
        found = self._scorers.score(picture, disparity, things)
        scores = tuple(replace(item, **vars(found[item.instance_id])) for item in record.scores)
        return replace(record, scores=scores)
