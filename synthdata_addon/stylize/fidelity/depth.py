# SPDX-License-Identifier: GPL-3.0-or-later
"""Depth that a model estimates from the picture, against the depth that was rendered: do they rank pixels alike?"""

from __future__ import annotations

from typing import Any, Final

import torch
from PIL import Image
from transformers import AutoImageProcessor, AutoModelForDepthEstimation

from ...core.arrays import RGBImage
from .agreement import Box, rank_correlation, window
from .loading import load

GROW: Final = 0.25
"""An instance is seen against what is round its box, this share of it on each side."""
METRIC: Final = ("depth_pro", "glpn", "zoedepth")
"""Kinds of model that give distances; others (DPT, MiDaS, Depth Anything) give disparity, near is high."""


class DepthScorer:
    """A MiDaS, DPT or Depth Anything model."""

    def __init__(self, name: str, device: str) -> None:
        """Load it.

        Raises:
            ModelError: ``model.cannot_load``.
        """
        self._model, self._processor = load(
            name, AutoModelForDepthEstimation, AutoImageProcessor, device, "depth model"
        )
        self._device = device
        config = self._model.config
        metric = getattr(config, "depth_estimation_type", "") == "metric" or config.model_type in METRIC
        self._sign = -1.0 if metric else 1.0

    def estimate(self, picture: RGBImage) -> Any:
        """Return (H, W) float32 that grows towards the camera."""
        inputs = self._processor(images=Image.fromarray(picture), return_tensors="pt").to(self._device)
        with torch.no_grad():
            outputs = self._model(**inputs)
        found = self._processor.post_process_depth_estimation(outputs, target_sizes=[picture.shape[:2]])
        return self._sign * found[0]["predicted_depth"].float().cpu().numpy()

    def scores(self, picture: RGBImage, disparity: Any, boxes: list[Box]) -> list[float | None]:
        """Return Spearman's correlation, -1 to 1, of estimated and true disparity round each box.

        Args:
            picture: (H, W, 3) uint8.
            disparity: (H, W), the true one, near is high.
            boxes: of the instances. None comes back where all is equally far.
        """
        estimated = self.estimate(picture)
        places = [window(box, GROW, picture.shape[:2]) for box in boxes]
        return [rank_correlation(estimated[place], disparity[place]) for place in places]
