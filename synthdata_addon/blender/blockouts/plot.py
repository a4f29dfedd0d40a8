# SPDX-License-Identifier: GPL-3.0-or-later
"""A rectangle that things are put onto side by side, so that nothing meets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import cos, inf, radians, sin
from typing import NamedTuple

import numpy as np

from ..modelling.model import Model
from ..modelling.stage import Place, Stage, Surface

TRIES = 24


class Item(NamedTuple):
    """Something to put: the object's name, its category ("" for none) and its model."""

    name: str
    category: str
    model: Model


Maker = Callable[[np.random.Generator], Item]
Rectangle = tuple[float, float, float, float]


@dataclass
class Plot:
    """A rectangle of ``size`` about ``at``, turned by ``turn`` degrees; places on it are from its middle.

    ``gap`` is kept between things. ``headroom`` is how high things may be. ``level`` tells the height of uneven
    ground at a place of a plot that is not turned; things stand at ``at`` where there is none.
    """

    stage: Stage
    rng: np.random.Generator
    size: tuple[float, float]
    at: Place
    turn: float = 0.0
    gap: float = 0.015
    headroom: float = inf
    level: Callable[[float, float], float] | None = None
    _taken: list[Rectangle] = field(default_factory=list)

    def keep_free(self, x: float, y: float, width: float, depth: float) -> None:
        """Let nothing stand in a rectangle about (x, y)."""
        self._taken.append((x - width / 2, y - depth / 2, x + width / 2, y + depth / 2))

    def put(
        self,
        item: Item,
        x: float,
        y: float,
        turn: float = 0.0,
        *,
        group: str = "Objects",
        surface: Surface = "",
        below: float = inf,
    ) -> bool:
        """Put a thing with its origin at (x, y) if there is room; return whether there was.

        Only what of it is ``below`` this height takes room: a tree's trunk, but not its crown.
        """
        points = item.model.points(turn)
        if points[:, 2].max() > self.headroom:
            return False
        points = points[points[:, 2] < below]
        low, high = points.min(axis=0), points.max(axis=0)
        box = (x + low[0], y + low[1], x + high[0], y + high[1])
        if not self._is_free(box):
            return False
        self._taken.append(box)
        place = self._world(x, y)
        self.stage.put(
            item.name,
            item.model,
            place,
            self.turn + turn,
            group=group,
            category=item.category,
            surface=surface,
        )
        return True

    def scatter(
        self, makers: Sequence[Maker], count: int, turns: tuple[float, float] = (-180.0, 180.0)
    ) -> int:
        """Put up to ``count`` things at random places, turned at random; return how many found room."""
        found = 0
        for _ in range(count):
            item = makers[int(self.rng.integers(len(makers)))](self.rng)
            found += self.put_somewhere(item, turns)
        return found

    def put_somewhere(self, item: Item, turns: tuple[float, float] = (-180.0, 180.0)) -> bool:
        """Put a thing at a random free place; return whether one was found."""
        for _ in range(TRIES):
            x, y = ((self.rng.random() - 0.5) * side for side in self.size)
            if self.put(item, float(x), float(y), float(self.rng.uniform(*turns))):
                return True
        return False

    def row(
        self, makers: Sequence[Maker], start: float, end: float, y: float = 0.0, gap: float = 0.002
    ) -> float:
        """Stand things side by side along X from ``start``; return where the row ends."""
        while True:
            item = makers[int(self.rng.integers(len(makers)))](self.rng)
            points = item.model.points()
            low, high = points[:, 0].min(), points[:, 0].max()
            if start + high - low > end:
                return start
            place = self._world(start - float(low), y)
            self.stage.put(item.name, item.model, place, self.turn, category=item.category)
            box = (start, y + points[:, 1].min(), start + high - low, y + points[:, 1].max())
            self._taken.append(box)
            start += float(high - low) + gap

    def _is_free(self, box: Rectangle) -> bool:
        half_width, half_depth = self.size[0] / 2 + 1e-6, self.size[1] / 2 + 1e-6
        if box[0] < -half_width or box[2] > half_width or box[1] < -half_depth or box[3] > half_depth:
            return False
        gap = self.gap
        return not any(
            box[0] < other[2] + gap
            and other[0] < box[2] + gap
            and box[1] < other[3] + gap
            and other[1] < box[3] + gap
            for other in self._taken
        )

    def _world(self, x: float, y: float) -> Place:
        c, s = cos(radians(self.turn)), sin(radians(self.turn))
        lift = self.level(x, y) if self.level is not None else 0.0
        return (self.at[0] + c * x - s * y, self.at[1] + s * x + c * y, self.at[2] + lift)
