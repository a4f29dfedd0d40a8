# SPDX-License-Identifier: GPL-3.0-or-later
"""The models that a job names to look at its pictures, all together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from transformers.utils import logging as transformers_logging

from ...core.arrays import RGBImage
from ...core.categories import Category
from ...core.fidelity import FidelitySpec
from ...core.model_spec import Device
from ..pipeline.loading import available
from .agreement import Box
from .clip import ClipScorer
from .depth import DepthScorer
from .detector import DetectorScorer


@dataclass(frozen=True)
class Thing:
    """An instance to look for: its id, its category's id, and its box [x, y, width, height]."""

    instance_id: int
    category_id: int
    bbox: Box


@dataclass(frozen=True)
class ModelScores:
    """What the models say of an instance; None where none was asked or it cannot say."""

    depth: float | None = None
    clip: float | None = None
    detection: float | None = None


class Scorers:
    """Loads what the job names, and asks it."""

    def __init__(self, spec: FidelitySpec, categories: Sequence[Category], device: Device) -> None:
        """Load the models onto the job's device.

        Raises:
            ModelError: ``model.cannot_load`` or ``model.no_device``.
        """
        transformers_logging.disable_progress_bar()
        place = available(device)
        names = [category.name for category in categories]
        self._places = {category.id: number for number, category in enumerate(categories)}
        self._depth = DepthScorer(spec.depth_model, place) if spec.depth_model else None
        self._clip = ClipScorer(spec.clip_model, names, place) if spec.clip_model else None
        self._detector = DetectorScorer(spec.detector, names, place) if spec.detector else None

    def score(self, picture: RGBImage, disparity: Any, things: Sequence[Thing]) -> dict[int, ModelScores]:
        """Return the scores of each instance, by its id.

        Args:
            picture: (H, W, 3) uint8.
            disparity: (H, W), near is high, as it was rendered.
            things: the instances.
        """
        boxes = [thing.bbox for thing in things]
        which = [self._places[thing.category_id] for thing in things]
        nothing: list[float | None] = [None] * len(things)
        depth = self._depth.scores(picture, disparity, boxes) if self._depth else nothing
        clip = self._clip.scores(picture, boxes, which) if self._clip else nothing
        detection = self._detector.scores(picture, boxes, which) if self._detector else nothing
        return {
            thing.instance_id: ModelScores(*map(_rounded, values))
            for thing, *values in zip(things, depth, clip, detection, strict=True)
        }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
