# SPDX-License-Identifier: GPL-3.0-or-later
"""What the model must reach before it is shipped, line by line. Numbers in, lines out. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Bound:
    """One demand on one measure: `least` or `most` (the other is None)."""

    measure: str
    title: str
    least: float | None = None
    most: float | None = None


BOUNDS: tuple[Bound, ...] = (
    Bound(
        "edge_gap", "control: edge correlation with the own instance edges, over another view's", least=0.25
    ),
    Bound("depth_gap", "control: the same with the depth alone", least=0.1),
    Bound("normal_gap", "control: the same with the normals alone", least=0.1),
    Bound("style_accuracy", "prompt: share of pictures whose style a classifier names", least=0.8),
    Bound("worst_style_accuracy", "prompt: the same for the style that is named least", least=0.5),
    Bound("classifier_accuracy", "prompt: the classifier itself, on training pictures", least=0.9),
    Bound("styles", "prompt: styles", least=8),
    Bound("views", "prompt: views a style", least=16),
    Bound("cpu_seconds_a_picture", "cost: seconds a picture of 256 x 256 on one CPU thread", most=5.0),
    Bound("megabytes", "cost: size of the folder in MB", most=25.0),
)


@dataclass(frozen=True)
class Line:
    """One demand with what was measured."""

    bound: Bound
    value: float

    @property
    def holds(self) -> bool:
        """Whether the measure is within the bound; what is no number never is."""
        bound = self.bound
        if bound.least is not None and not self.value >= bound.least:
            return False
        return bound.most is None or self.value <= bound.most

    def __str__(self) -> str:
        bound = self.bound
        demand = f"at least {bound.least:g}" if bound.least is not None else f"at most {bound.most:g}"
        return f"{'pass' if self.holds else 'FAIL'}  {bound.title}: {self.value:.3g} ({demand})"


def gate(measures: Mapping[str, float]) -> list[Line]:
    """One line for each of `BOUNDS`. KeyError if a measure is missing. The look is left to a person's eyes."""
    return [Line(bound, float(measures[bound.measure])) for bound in BOUNDS]
