# SPDX-License-Identifier: GPL-3.0-or-later
"""What blockouts there are, how big they usually are and may be. No bpy here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from ...core.errors import SpecError

BlockoutKind = Literal["ROOM", "TABLETOP", "SHELVES", "WAREHOUSE", "STREET", "OUTDOOR"]
MAX_SEED: Final = 2**31 - 1
"""Blender's whole-number properties have 32 bits."""


@dataclass(frozen=True)
class Kind:
    """A blockout's name and its usual size in metres with the least and the greatest of each.

    ``openings`` are the usual number of windows and doors; 0 for what has none.
    """

    title: str
    description: str
    width: tuple[float, float, float]
    depth: tuple[float, float, float]
    height: tuple[float, float, float]
    openings: int = 0


KINDS: Final[dict[BlockoutKind, Kind]] = {
    "ROOM": Kind(
        "Room",
        "A room with desk, chair, bookcase and clutter",
        (4.2, 2.6, 20.0),
        (3.8, 2.6, 20.0),
        (2.6, 2.2, 6.0),
        2,
    ),
    "TABLETOP": Kind(
        "Tabletop",
        "A laid and cluttered table; the size is the table's",
        (1.5, 0.6, 4.0),
        (0.85, 0.5, 3.0),
        (0.74, 0.4, 1.2),
    ),
    "SHELVES": Kind(
        "Shelves",
        "A filled bookcase at a wall; the size is the bookcase's",
        (2.5, 0.6, 12.0),
        (0.34, 0.25, 0.8),
        (1.9, 0.6, 3.5),
    ),
    "WAREHOUSE": Kind(
        "Warehouse Aisle",
        "Pallet racks on both sides of an aisle",
        (7.0, 6.0, 40.0),
        (14.0, 8.0, 60.0),
        (5.4, 3.6, 12.0),
        2,
    ),
    "STREET": Kind(
        "Street Corner",
        "Two streets, pavement and buildings; the height is the buildings'",
        (40.0, 20.0, 120.0),
        (40.0, 20.0, 120.0),
        (9.0, 4.0, 40.0),
        4,
    ),
    "OUTDOOR": Kind(
        "Outdoor Ground",
        "Grass with trees, rocks and a path; the height is that of the hills",
        (24.0, 10.0, 120.0),
        (24.0, 10.0, 120.0),
        (1.4, 0.02, 10.0),
    ),
}
MAX_OPENINGS: Final = 12


@dataclass(frozen=True)
class BlockoutSpec:
    """One blockout; lengths in metres, 0 or -1 (``openings``) meaning "as usual for its kind".

    ``density`` 0..1 is the share of places that clutter takes; ``seed`` decides every random choice.
    """

    kind: BlockoutKind = "ROOM"
    seed: int = 0
    width: float = 0.0
    depth: float = 0.0
    height: float = 0.0
    openings: int = -1
    density: float = 0.5

    def resolved(self) -> BlockoutSpec:
        """Return the spec with the kind's usual values where none are given.

        Raises:
            SpecError: ``spec.blockout``: unknown kind, or a value outside of what makes sense for it.
        """
        if self.kind not in KINDS:
            raise SpecError(
                "spec.blockout", f"There is no blockout '{self.kind}'.", f"Choose one of {', '.join(KINDS)}."
            )
        kind = KINDS[self.kind]
        sizes: dict[str, float] = {}
        for name in ("width", "depth", "height"):
            usual, low, high = getattr(kind, name)
            sizes[name] = getattr(self, name) or usual
            _check(f"The {name} of '{kind.title}'", sizes[name], low, high, " m")
        _check("The density", self.density, 0.0, 1.0)
        _check("The number of openings", self.openings, -1, MAX_OPENINGS)
        _check("The seed", self.seed, 0, MAX_SEED)
        openings = kind.openings if self.openings < 0 or not kind.openings else self.openings
        return BlockoutSpec(self.kind, self.seed, **sizes, openings=openings, density=self.density)


def _check(what: str, value: float, low: float, high: float, unit: str = "") -> None:
    # Blender keeps 32 bits of a number: 0.6 comes back a little above or below.
    slack = 1e-6 * max(1.0, abs(low), abs(high))
    if not low - slack <= value <= high + slack:
        raise SpecError(
            "spec.blockout",
            f"{what} is {value:.10g}{unit}, outside {low:g} to {high:g}{unit}.",
            "Choose a value inside.",
        )
