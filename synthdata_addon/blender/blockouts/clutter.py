# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies about: makers of small things by where they belong. COCO's names where COCO has the thing. No bpy here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..modelling import desk_things, kitchen, storage, street_things, surroundings
from .plot import Item, Maker

COLOURS = ("red", "green", "blue", "yellow", "purple", "teal", "orange", "white")
COVERS = (("red", "gold"), ("blue", "paper"), ("green", "gold"), ("yellow", "black"), ("teal", "gold"))


def one_of(rng: np.random.Generator, choices: Sequence[str]) -> str:
    """Return a random choice."""
    return choices[int(rng.integers(len(choices)))]


def _about(rng: np.random.Generator, value: float, share: float = 0.15) -> float:
    return value * float(rng.uniform(1.0 - share, 1.0 + share))


def book(rng: np.random.Generator) -> Item:
    """A book that lies."""
    cover = COVERS[int(rng.integers(len(COVERS)))]
    size = (_about(rng, 0.22), _about(rng, 0.155), _about(rng, 0.03, 0.4))
    return Item("Book", "book", desk_things.book(*cover, size))


def standing_book(rng: np.random.Generator) -> Item:
    """A book that stands."""
    cover = COVERS[int(rng.integers(len(COVERS)))]
    size = (_about(rng, 0.21, 0.1), _about(rng, 0.155, 0.08), _about(rng, 0.034, 0.35))
    return Item("Book", "book", desk_things.standing_book(*cover, size))


def carton(rng: np.random.Generator) -> Item:
    """A carton as one has at home."""
    size = (_about(rng, 0.42, 0.3), _about(rng, 0.32, 0.25), _about(rng, 0.28, 0.3))
    return Item("Cardboard Box", "box", surroundings.closed_box(size))


def small_carton(rng: np.random.Generator) -> Item:
    """A carton that fits onto a shelf."""
    size = (_about(rng, 0.26, 0.2), _about(rng, 0.20, 0.1), _about(rng, 0.18, 0.25))
    return Item("Cardboard Box", "box", surroundings.closed_box(size))


def open_carton(rng: np.random.Generator) -> Item:
    """An open, empty carton."""
    angles = tuple(float(rng.uniform(100.0, 128.0)) for _ in range(4))
    model = surroundings.open_box((0.46, 0.36, 0.32), (angles[0], angles[1], angles[2], angles[3]))
    return Item("Open Box", "box", model)


def plant(rng: np.random.Generator) -> Item:
    """A plant that stands on the floor."""
    model = surroundings.potted_plant(rng, scale=_about(rng, 1.15), leaves=18)
    return Item("Plant", "potted plant", model)


def small_plant(rng: np.random.Generator) -> Item:
    """A plant for table or shelf."""
    model = surroundings.potted_plant(rng, scale=_about(rng, 0.40), leaves=12, pot=one_of(rng, COLOURS))
    return Item("Plant", "potted plant", model)


def ball(rng: np.random.Generator) -> Item:
    """A football."""
    roll = float(rng.uniform(0.0, 60.0))
    model = surroundings.football().changed(lambda part: part.turned("X", roll))
    return Item("Ball", "sports ball", model.grounded())


def toy(rng: np.random.Generator) -> Item:
    """A plain cube or ball that is nothing in particular."""
    colour, size = one_of(rng, COLOURS), _about(rng, 0.09, 0.4)
    if rng.random() < 0.5:
        return Item("Cube", "", surroundings.toy_cube(colour, size))
    return Item("Sphere", "", surroundings.toy_ball(colour, size / 2))


def cup(rng: np.random.Generator) -> Item:
    """A mug of coffee."""
    return Item("Mug", "cup", desk_things.mug(one_of(rng, COLOURS)))


def laptop(_rng: np.random.Generator) -> Item:
    """An open laptop."""
    return Item("Laptop", "laptop", desk_things.laptop())


def lamp(rng: np.random.Generator) -> Item:
    """A desk lamp."""
    return Item("Desk Lamp", "lamp", desk_things.lamp(one_of(rng, COLOURS)))


def scissors(rng: np.random.Generator) -> Item:
    """Open scissors."""
    return Item("Scissors", "scissors", desk_things.scissors(_about(rng, 28.0, 0.3)))


def phone(_rng: np.random.Generator) -> Item:
    """A mobile phone."""
    return Item("Phone", "cell phone", kitchen.phone())


def clock(rng: np.random.Generator) -> Item:
    """An alarm clock."""
    return Item("Alarm Clock", "clock", kitchen.clock(one_of(rng, ("black", "red", "teal", "blue"))))


def bottle(rng: np.random.Generator) -> Item:
    """A wine bottle."""
    glass = one_of(rng, ("bottle", "bark", "pane"))
    return Item("Bottle", "bottle", kitchen.bottle(glass, _about(rng, 0.30, 0.06)))


def bowl(rng: np.random.Generator) -> Item:
    """A bowl."""
    return Item("Bowl", "bowl", kitchen.bowl(one_of(rng, COLOURS), _about(rng, 0.085, 0.2)))


def can(rng: np.random.Generator) -> Item:
    """A drinks can."""
    return Item("Can", "can", kitchen.can(one_of(rng, COLOURS)))


def vase(rng: np.random.Generator) -> Item:
    """A vase."""
    return Item("Vase", "vase", kitchen.vase(one_of(rng, COLOURS), _about(rng, 0.24, 0.2)))


def apple(rng: np.random.Generator) -> Item:
    """An apple, red, green or yellow."""
    return Item("Apple", "apple", kitchen.apple(one_of(rng, ("apple", "leaf light", "yellow"))))


def orange(_rng: np.random.Generator) -> Item:
    """An orange."""
    return Item("Orange", "orange", surroundings.toy_ball("orange", 0.038))


def banana(_rng: np.random.Generator) -> Item:
    """A banana."""
    return Item("Banana", "banana", kitchen.banana())


def barrel(rng: np.random.Generator) -> Item:
    """A steel drum."""
    return Item("Barrel", "barrel", storage.barrel(one_of(rng, ("blue", "green", "red"))))


def crate(rng: np.random.Generator) -> Item:
    """An open plastic crate."""
    return Item("Crate", "crate", storage.crate(one_of(rng, ("red", "blue", "green"))))


def cone(_rng: np.random.Generator) -> Item:
    """A traffic cone."""
    return Item("Traffic Cone", "traffic cone", storage.cone())


def bin_with_lid(rng: np.random.Generator) -> Item:
    """A litter bin."""
    return Item("Bin", "trash can", street_things.bin_with_lid(one_of(rng, ("green", "teal", "dark steel"))))


DESK: tuple[Maker, ...] = (book, book, cup, scissors, phone, clock, can, small_plant, toy, apple, vase)
TABLE: tuple[Maker, ...] = (
    bottle,
    bowl,
    cup,
    can,
    vase,
    apple,
    orange,
    banana,
    book,
    phone,
    clock,
    scissors,
    toy,
)
SHELF: tuple[Maker, ...] = (small_carton, vase, small_plant, clock, bowl, cup, toy, bottle, book)
FLOOR: tuple[Maker, ...] = (carton, carton, open_carton, plant, ball, toy, crate, book)
