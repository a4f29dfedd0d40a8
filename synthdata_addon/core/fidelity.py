# SPDX-License-Identifier: GPL-3.0-or-later
"""What a job asks of its pictures: whether they are measured against their labels, and what follows from that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from .ranges import in_range

FidelityRetry = Literal["NONE", "SEED", "CONTROL"]
FidelityDrop = Literal["NOTHING", "ANNOTATION", "SAMPLE"]
STRENGTHEN: Final = 1.25
"""By how much each further try of CONTROL strengthens the ControlNets."""


@dataclass(frozen=True)
class FidelitySpec:
    """Measure every picture, and what to do with those that do not show what their labels say.

    ``measure`` records a score from 0 to 1 of each instance of each picture; a picture's own score is the mean of its
    instances', by the lengths of their outlines. ``retry``: a picture below ``threshold`` is made again, at most
    ``retries`` times, with the next SEED or with stronger CONTROL; the first that reaches it stays, else the best.
    ``drop``: what stays below after that loses the ANNOTATION of each instance below, or is left out as a SAMPLE.
    ``depth_model``, ``clip_model`` and ``detector`` are folders or hub ids of transformers models, whose opinions are
    recorded beside the score.
    """

    measure: bool = False
    threshold: float = 0.3
    retry: FidelityRetry = "NONE"
    retries: int = 3
    drop: FidelityDrop = "NOTHING"
    depth_model: str = ""
    clip_model: str = ""
    detector: str = ""

    @property
    def models(self) -> tuple[str, ...]:
        """The models that are asked, none when nothing is measured."""
        named = (self.depth_model, self.clip_model, self.detector)
        return tuple(name for name in named if name) if self.measure else ()

    @property
    def tries(self) -> int:
        """How often one picture is made at most."""
        return 1 + self.retries if self.measure and self.retry != "NONE" else 1


def check_fidelity(fidelity: FidelitySpec) -> None:
    """Check the numbers.

    Raises:
        SpecError: ``spec.range``.
    """
    in_range("fidelity.threshold", fidelity.threshold, 0.0, 1.0)
    in_range("fidelity.retries", fidelity.retries, 1, 100)
