# SPDX-License-Identifier: GPL-3.0-or-later
"""Names the style of a picture: a small convolutional network, trained on training pictures of held-out scenes."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from .metrics import Picture

SIZE_PX = 64
BATCH = 32
RATE = 3e-3


def _tensor(pictures: Sequence[Picture]) -> Tensor:
    """(B, 3, 64, 64) in -1..1."""
    small = [cv2.resize(p, (SIZE_PX, SIZE_PX), interpolation=cv2.INTER_AREA) for p in pictures]
    return torch.from_numpy(np.stack(small)).permute(0, 3, 1, 2).float() / 127.5 - 1


class StyleClassifier:
    """Three convolutions, the mean over the picture, one linear layer; seeded, so that it comes out the same."""

    def __init__(self, styles: int) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self.net = nn.Sequential(
                nn.Conv2d(3, 16, 3, stride=2, padding=1),
                nn.ReLU(),
                nn.Conv2d(16, 32, 3, stride=2, padding=1),
                nn.ReLU(),
                nn.Conv2d(32, 32, 3, stride=2, padding=1),
                nn.ReLU(),
                nn.AdaptiveAvgPool2d(1),
                nn.Flatten(),
                nn.Linear(32, styles),
            )

    def train(self, pictures: Sequence[Picture], labels: Sequence[int], steps: int = 400) -> None:
        """Learns from pictures whose style numbers are `labels`."""
        inputs, targets = _tensor(pictures), torch.tensor(list(labels))
        optimizer = torch.optim.Adam(self.net.parameters(), lr=RATE)
        rng = np.random.default_rng(0)
        for step in range(steps):
            for group in optimizer.param_groups:
                group["lr"] = RATE * (1 - step / steps)
            rows = torch.from_numpy(rng.integers(len(inputs), size=BATCH))
            loss = functional.cross_entropy(self.net(inputs[rows]), targets[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    def name(self, pictures: Sequence[Picture]) -> NDArray[np.int64]:
        """(B,) the style number of each picture."""
        with torch.no_grad():
            return np.asarray(self.net(_tensor(pictures)).argmax(1).numpy(), np.int64)
