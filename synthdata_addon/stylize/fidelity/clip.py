# SPDX-License-Identifier: GPL-3.0-or-later
"""CLIP on the crop of a box: which of the job's categories does it say that this is?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch
from PIL import Image
from transformers import AutoProcessor, CLIPModel

from ...core.arrays import RGBImage
from .agreement import Box, window
from .loading import load

GROW: Final = 0.1
"""A crop shows this share of its box more on each side."""
PROMPT: Final = "a photo of a {}"
NOTHING: Final = "a photo of the background"
"""What a crop can be that is none of the categories."""


class ClipScorer:
    """A CLIP model and the names of the categories."""

    def __init__(self, name: str, categories: Sequence[str], device: str) -> None:
        """Load it.

        Raises:
            ModelError: ``model.cannot_load``.
        """
        self._model, self._processor = load(name, CLIPModel, AutoProcessor, device, "CLIP model")
        self._device = device
        self._texts = [PROMPT.format(category) for category in categories] + [NOTHING]

    def scores(self, picture: RGBImage, boxes: Sequence[Box], which: Sequence[int]) -> list[float]:
        """Return the probability, 0 to 1, of each box's own category among all of them and the background.

        Args:
            picture: (H, W, 3) uint8.
            boxes: of the instances.
            which: the number of each one's category, in the order they were given.
        """
        if not boxes:
            return []
        crops = [Image.fromarray(picture[window(box, GROW, picture.shape[:2])]) for box in boxes]
        inputs = self._processor(
            text=self._texts, images=crops, return_tensors="pt", padding=True, truncation=True
        ).to(self._device)
        with torch.no_grad():
            chances = self._model(**inputs).logits_per_image.softmax(dim=1).float().cpu()
        return [float(chances[row, column]) for row, column in enumerate(which)]
