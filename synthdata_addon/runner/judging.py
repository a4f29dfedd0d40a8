# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges finished pictures by the job's policy: record, make again, drop annotations, or leave the sample out.

A sample's tries come one after the other and depend on nothing else, so that a run that is killed between two of them
begins with the first again and ends with the same picture.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..core import layout
from ..core.arrays import IdMap, RGBImage
from ..core.layout import DatasetFolder
from ..core.records import InstanceFidelity, JobRecord, SampleRecord
from ..labels.fidelity.measures import measure
from ..stylize.images import read_ids
from .opinions import Opinions
from .requests import SampleRequest


@dataclass(frozen=True)
class Verdict:
    """What becomes of a picture: it is made ``again``, or else ``picture`` is the sample and ``record`` its line."""

    again: bool
    picture: RGBImage
    record: SampleRecord


class Judge:
    """Keeps the best try of each sample that is made again."""

    def __init__(self, folder: DatasetFolder, job: JobRecord) -> None:
        self._folder = folder
        self._spec = job.job.fidelity
        self._opinions = Opinions(folder, job)
        self._best: dict[str, tuple[RGBImage, SampleRecord]] = {}
        """Of each sample that is made again; the record's ``attempts`` are the scores of all tries so far."""

    def judge(self, request: SampleRequest, picture: RGBImage, record: SampleRecord) -> Verdict:
        """Take one finished picture; tries of a sample must come in their order.

        Raises:
            ValueError: picture and labels differ in size.
            OSError: the labels cannot be read.
            ModelError: a model that is to look at it cannot be loaded.
        """
        if not self._spec.measure:
            return Verdict(False, picture, record)
        record = self._scored(request, picture, record)
        score = _score(record)
        before = self._best.pop(request.sample, None) if request.attempt else None
        tries = (*before[1].attempts, score) if before else (score,)
        if before and _score(before[1]) >= score:
            picture, record = before
        record = replace(record, attempts=tries)
        if score < self._spec.threshold and self._may_retry(request):
            self._best[request.sample] = picture, record
            return Verdict(True, picture, record)
        return self._settled(picture, self._opinions.added(picture, record))

    def prepare(self) -> None:
        """Load the models that the job names to look at its pictures.

        Raises:
            ModelError: one cannot be loaded.
        """
        self._opinions.prepare()

    def _may_retry(self, request: SampleRequest) -> bool:
        return request.style.kind == "DIFFUSION" and request.attempt + 1 < self._spec.tries

    def _scored(self, request: SampleRequest, picture: RGBImage, record: SampleRecord) -> SampleRecord:
        """Return the record with the scores of the view's instances; a picture without any has no score."""
        ids = self._ids(request.view)
        numbers = [int(number) for number in np.unique(ids) if number]
        found = measure(picture, ids, numbers)
        scores = tuple(
            InstanceFidelity(number, round(item.fidelity, 4), item.edge_recall, item.contrast)
            for number, item in found.items()
        )
        weight = sum(item.points for item in found.values())
        if not weight:
            return record
        mean = sum(item.fidelity * item.points for item in found.values()) / weight
        return replace(record, fidelity=round(mean, 4), scores=scores)

    def _ids(self, view: int) -> IdMap:
        return read_ids(self._folder.full(layout.mask_file(view)))

    def _settled(self, picture: RGBImage, record: SampleRecord) -> Verdict:
        """Return the sample as it is recorded."""
        limit = self._spec.threshold
        if len(record.attempts) == 1:
            record = replace(record, attempts=())
        if self._spec.drop == "SAMPLE" and _score(record) < limit:
            reason = f"its fidelity {_score(record):.2f} is below {limit:g}"
            record = replace(record, picture=layout.rejected_file(record.picture), rejected=reason)
        elif self._spec.drop == "ANNOTATION":
            marked = (replace(item, dropped=item.fidelity < limit) for item in record.scores)
            record = replace(record, scores=tuple(marked))
        return Verdict(False, picture, record)


def _score(record: SampleRecord) -> float:
    """Return a picture's score; where nothing can be measured nothing is wrong."""
    return 1.0 if record.fidelity is None else record.fidelity
