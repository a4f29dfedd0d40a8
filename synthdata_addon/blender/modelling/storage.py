# SPDX-License-Identifier: GPL-3.0-or-later
"""Things of shelves and warehouses, each on its own origin, front to -Y. No bpy here."""

from __future__ import annotations

from .model import Model
from .shapes import box, cylinder, frustum, lathe, rod
from .street_things import wheel

PALLET = (1.20, 0.80, 0.144)
"""The EUR pallet: EN 13698-1."""


def shelving(
    size: tuple[float, float, float], levels: tuple[float, ...], bays: int, *, wood: str = "white"
) -> Model:
    """An open bookcase; ``levels`` are the heights of the boards' upper sides, the highest being the top."""
    width, depth, height = size
    board = 0.024
    model = Model()
    step = (width - board) / bays
    for bay in range(bays + 1):
        model.add(wood, box((board, depth, height), 0.002).at(bay * step - (width - board) / 2))
    inner = step - board
    for top in levels:
        for bay in range(bays):
            x = (bay + 0.5) * step - (width - board) / 2
            model.add(wood, box((inner, depth - 0.004, board)).at(x, 0.0, top - board))
    for bay in range(bays):
        x = (bay + 0.5) * step - (width - board) / 2
        back = box((inner, 0.008, height - levels[0]))
        model.add("oak light", back.at(x, depth / 2 - 0.006, levels[0]))
    return model


def pallet() -> Model:
    """An EUR pallet: nine blocks, three skids, five deck boards."""
    width, depth, height = PALLET
    model = Model()
    for y in (-depth / 2 + 0.05, 0.0, depth / 2 - 0.05):
        model.add("pallet", box((width, 0.10, 0.022)).at(0.0, y))
        for x in (-width / 2 + 0.0725, 0.0, width / 2 - 0.0725):
            model.add("pallet", box((0.145, 0.10, 0.078)).at(x, y, 0.022))
    for x in (-width / 2 + 0.0725, 0.0, width / 2 - 0.0725):
        model.add("pallet", box((0.145, depth, 0.022)).at(x, 0.0, 0.100))
    for y, wide in ((-0.3275, 0.145), (-0.1625, 0.1), (0.0, 0.145), (0.1625, 0.1), (0.3275, 0.145)):
        model.add("pallet", box((width, wide, 0.022)).at(0.0, y, height - 0.022))
    return model


def pallet_rack(width: float, depth: float, height: float, decks: tuple[float, ...]) -> Model:
    """One bay of a pallet rack: four blue posts with braces, orange beams and wooden decks at ``decks``."""
    model = Model()
    post = 0.09
    x, y = (width - post) / 2, (depth - post) / 2
    for side in (-1, 1):
        for end in (-1, 1):
            model.add("upright", box((post, post, height), 0.004).at(side * x, end * y))
            foot = box((0.13, 0.13, 0.008))
            model.add("dark steel", foot.at(side * (width - 0.13) / 2, end * (depth - 0.13) / 2))
        for number in range(int(height / 0.9)):
            low = 0.15 + 0.9 * number
            swing = y if number % 2 else -y
            brace = rod([(side * x, -swing, low), (side * x, swing, low + 0.7)], 0.018, 6)
            model.add("upright", brace)
    inner = width - 2 * post
    for top in decks:
        for end in (-1, 1):
            model.add("beam", box((inner, 0.05, 0.12)).at(0.0, end * (depth / 2 - 0.025), top - 0.145))
        model.add("pallet", box((inner, depth - 0.004, 0.025)).at(0.0, 0.0, top - 0.025))
    return model


def barrel(colour: str = "blue") -> Model:
    """A 200-litre steel drum with two rolling hoops."""
    model = Model()
    hoops = [(0.285, 0.0), (0.290, 0.012), (0.285, 0.03), (0.283, 0.28), (0.296, 0.30), (0.283, 0.32)]
    upper = [(0.283, 0.57), (0.296, 0.59), (0.283, 0.61), (0.285, 0.86), (0.290, 0.875), (0.278, 0.88)]
    model.add(colour, lathe([(0.0, 0.0), *hoops, *upper, (0.275, 0.868), (0.0, 0.868)], 40))
    model.add("dark steel", cylinder(0.035, 0.014, 0.003, 20).at(0.17, 0.0, 0.867))
    return model


def crate(colour: str = "red") -> Model:
    """An open plastic crate with slatted sides, 60 x 40 x 30 cm."""
    width, depth, height = 0.60, 0.40, 0.30
    model = Model()
    model.add(colour, box((width, depth, 0.015)))
    for side in (-1, 1):
        for end in (-1, 1):
            corner = box((0.04, 0.04, height - 0.015)).at(z=0.015)
            model.add(colour, corner.at(side * (width / 2 - 0.02), end * (depth / 2 - 0.02)))
        for z in (0.02, 0.10, 0.18, 0.26):
            slat = box((width - 0.08, 0.012, 0.055 if z < 0.2 else 0.04))
            model.add(colour, slat.at(0.0, side * (depth / 2 - 0.008), z))
            slat = box((0.012, depth - 0.08, 0.055 if z < 0.2 else 0.04))
            model.add(colour, slat.at(side * (width / 2 - 0.008), 0.0, z))
    return model


def pallet_jack() -> Model:
    """A hand pallet truck: two forks to -Y, the tiller up at the back."""
    model = Model()
    for x in (-0.19, 0.19):
        model.add("beam", box((0.15, 1.10, 0.05), 0.008).at(x, -0.15, 0.055))
        roller = cylinder(0.04, 0.10, 0.004, 20).turned("Y", 90.0)
        model.add("rubber", roller.at(x - 0.05, -0.60, 0.04))
    model.add("beam", box((0.53, 0.16, 0.32), 0.01).at(0.0, 0.47, 0.06))
    model.add("dark steel", cylinder(0.05, 0.20, 0.004, 20).at(0.0, 0.56, 0.16))
    for x in (-0.06, 0.06):
        model.add("rubber", wheel(0.085, 0.05).at(x, 0.58, 0.085))
    model.add("dark steel", rod([(0.0, 0.56, 0.34), (0.0, 0.66, 0.75), (0.0, 0.78, 1.12)], 0.018))
    loop = [(0.0, 0.78, 1.10), (-0.10, 0.80, 1.15), (-0.09, 0.83, 1.24), (0.09, 0.83, 1.24)]
    model.add("black", rod([*loop, (0.10, 0.80, 1.15)], 0.014, 10, closed=True))
    return model


def forklift() -> Model:
    """A counterbalance fork-lift truck, its forks to -Y: mast, cage, seat and four wheels."""
    model = Model()
    model.add("yellow", box((1.05, 1.35, 0.50), 0.05).at(0.0, 0.25, 0.22))
    model.add("dark steel", box((1.05, 0.45, 0.55), 0.08).at(0.0, 0.92, 0.38))
    model.add("black", box((0.46, 0.44, 0.14), 0.04).at(0.0, 0.38, 0.72))
    model.add("black", box((0.46, 0.10, 0.50), 0.04).at(0.0, 0.62, 0.80))
    for x in (-0.48, 0.48):
        for y in (-0.30, 0.82):
            model.add("black", box((0.06, 0.06, 1.40)).at(x, y, 0.70))
        model.add("rubber", wheel(0.30, 0.22).at(x, -0.22, 0.30), wheel(0.24, 0.20).at(x, 0.80, 0.24))
        model.add("steel", cylinder(0.13, 0.235, 0.01, 20).turned("Y", 90.0).at(x - 0.117, -0.22, 0.30))
    model.add("black", box((1.02, 1.18, 0.05)).at(0.0, 0.26, 2.10))
    for x in (-0.36, 0.36):
        model.add("dark steel", box((0.10, 0.14, 2.05), 0.006).at(x, -0.62, 0.06))
    for z in (0.30, 1.10, 1.98):
        model.add("dark steel", box((0.74, 0.08, 0.09)).at(0.0, -0.60, z))
    model.add("dark steel", box((0.95, 0.05, 0.42)).at(0.0, -0.72, 0.10))
    for x in (-0.28, 0.28):
        model.add("dark steel", box((0.12, 1.05, 0.045), 0.01).at(x, -1.26, 0.08))
    model.add("black", rod([(0.0, -0.28, 0.72), (0.0, -0.06, 1.02)], 0.025))
    ring = cylinder(0.17, 0.025, 0.008, 24).turned("X", 30.0)
    model.add("black", ring.at(0.0, -0.06, 1.01))
    return model


def cone() -> Model:
    """A traffic cone with two white bands on a square foot, 50 cm high."""
    model = Model()
    model.add("orange", box((0.30, 0.30, 0.03), 0.01))
    for low, high, colour in ((0.03, 0.20, "orange"), (0.20, 0.28, "white"), (0.28, 0.36, "orange"),
                              (0.36, 0.43, "white"), (0.43, 0.50, "orange")):  # fmt: skip
        bottom, top = (0.115 - 0.19 * (z - 0.03) for z in (low, high))
        model.add(colour, frustum(bottom, top, high - low, 0.0, 28).at(z=low))
    return model
