# SPDX-License-Identifier: GPL-3.0-or-later
"""An open-vocabulary detector that is asked for the job's categories: does it find a thing where its box is?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch
from PIL import Image
from transformers import AutoModelForZeroShotObjectDetection, AutoProcessor

from ...core.arrays import RGBImage
from ...core.errors import ModelError
from .agreement import Box, best_overlap
from .loading import load

PROMPT: Final = "a photo of a {}"
KINDS: Final = ("owlvit", "owlv2")
SURE: Final = 0.1
"""What the detector is less sure of does not count."""


class DetectorScorer:
    """An OWL-ViT or OWLv2 model and the names of the categories."""

    def __init__(self, name: str, categories: Sequence[str], device: str) -> None:
        """Load it.

        Raises:
            ModelError: ``model.cannot_load``.
        """
        self._model, self._processor = load(
            name, AutoModelForZeroShotObjectDetection, AutoProcessor, device, "detector"
        )
        if self._model.config.model_type not in KINDS:
            raise ModelError(
                "model.cannot_load",
                f"The detector '{name}' is a {self._model.config.model_type}, not an OWL-ViT or OWLv2.",
                "Choose one of these, or leave it empty.",
            )
        self._device = device
        self._texts = [PROMPT.format(category) for category in categories]

    def found(self, picture: RGBImage) -> list[list[Box]]:
        """Return the boxes [x, y, width, height] that it finds of each category."""
        inputs = self._processor(
            text=[self._texts], images=Image.fromarray(picture), return_tensors="pt", truncation=True
        ).to(self._device)
        with torch.no_grad():
            outputs = self._model(**inputs)
        (result,) = self._processor.post_process_grounded_object_detection(
            outputs, threshold=SURE, target_sizes=[picture.shape[:2]]
        )
        boxes: list[list[Box]] = [[] for _ in self._texts]
        for (left, top, right, bottom), label in zip(
            result["boxes"].float().cpu().tolist(), result["labels"].tolist(), strict=True
        ):
            boxes[int(label)].append((left, top, right - left, bottom - top))
        return boxes

    def scores(self, picture: RGBImage, boxes: Sequence[Box], which: Sequence[int]) -> list[float]:
        """Return for each box its overlap (intersection over union) with the best find of its own category.

        Args:
            picture: (H, W, 3) uint8.
            boxes: of the instances.
            which: the number of each one's category, in the order they were given.
        """
        found = self.found(picture)
        return [best_overlap(box, found[number]) for box, number in zip(boxes, which, strict=True)]
