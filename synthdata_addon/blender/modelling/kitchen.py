# SPDX-License-Identifier: GPL-3.0-or-later
"""Things of table and kitchen, each on its own origin, front to -Y. No bpy here."""

from __future__ import annotations

import numpy as np

from .model import Model
from .shapes import box, curve, cylinder, ellipse, extrude, lathe, rod, rounded_rectangle, sweep


def table(size: tuple[float, float, float], wood: str = "oak") -> Model:
    """A table with a plain top, an apron and four tapered legs; ``size`` is width, depth, height."""
    width, depth, height = size
    board = 0.035
    under = height - board
    model = Model()
    model.add(wood, box((width, depth, board), 0.004).at(z=under))
    inset = min(0.08, 0.12 * min(width, depth))
    x, y = width / 2 - inset, depth / 2 - inset
    for side in (-1, 1):
        for end in (-1, 1):
            leg = lathe([(0.0, 0.0), (0.026, 0.0), (0.040, under), (0.0, under)], 4, smooth=False)
            model.add("walnut", leg.turned("Z", 45.0).at(side * x, end * y))
        model.add("walnut", box((2 * x - 0.06, 0.02, 0.08)).at(0.0, side * y, under - 0.08))
        model.add("walnut", box((0.02, 2 * y - 0.06, 0.08)).at(side * x, 0.0, under - 0.08))
    return model


def bottle(glass: str = "bottle", height: float = 0.30) -> Model:
    """A wine bottle with a label and a capsule."""
    model = Model()
    radius = 0.125 * height
    body = [(0.0, 0.0), (0.92 * radius, 0.0), (radius, 0.02 * height), (radius, 0.58 * height)]
    neck = [(0.92 * radius, 0.66 * height), (0.45 * radius, 0.76 * height), (0.38 * radius, 0.80 * height)]
    model.add(glass, lathe([*body, *neck, (0.38 * radius, 0.93 * height), (0.0, 0.93 * height)], 32))
    label = [
        (1.003 * radius, 0.20 * height),
        (1.006 * radius, 0.22 * height),
        (1.006 * radius, 0.46 * height),
    ]
    model.add("paper", lathe([(0.0, 0.20 * height), *label, (0.0, 0.46 * height)], 32))
    capsule = [(0.0, 0.84 * height), (0.41 * radius, 0.84 * height), (0.43 * radius, 0.99 * height)]
    model.add("red", lathe([*capsule, (0.40 * radius, height), (0.0, height)], 24))
    return model


def bowl(glaze: str = "teal", radius: float = 0.085) -> Model:
    """An open bowl on a foot."""
    outside = [(0.0, 0.0), (0.42, 0.0), (0.42, 0.06), (0.75, 0.22), (0.96, 0.55), (1.0, 0.70), (0.97, 0.72)]
    inside = [(0.92, 0.58), (0.70, 0.28), (0.35, 0.12), (0.0, 0.10)]
    model = Model()
    model.add(glaze, lathe([(r * radius, z * radius) for r, z in outside], 36))
    model.add("white", lathe([(r * radius, z * radius) for r, z in [outside[-1], *inside]], 36))
    return model


def plate(glaze: str = "white", radius: float = 0.13) -> Model:
    """A shallow dinner plate."""
    model = Model()
    outside = [(0.0, 0.0), (0.55, 0.0), (0.62, 0.03), (0.98, 0.14), (1.0, 0.155), (0.985, 0.165)]
    inside = [(0.66, 0.075), (0.60, 0.055), (0.0, 0.05)]
    model.add(glaze, lathe([(r * radius, z * radius) for r, z in [*outside, *inside]], 40))
    return model


def can(colour: str = "red") -> Model:
    """A drinks can."""
    model = Model()
    model.add("aluminium", lathe([(0.0, 0.0), (0.026, 0.0), (0.0328, 0.008), (0.0, 0.008)], 28))
    model.add(colour, cylinder(0.033, 0.100, 0.001, 28).at(z=0.008))
    top = [(0.0, 0.108), (0.0328, 0.108), (0.027, 0.118), (0.0262, 0.121), (0.024, 0.117), (0.0, 0.117)]
    model.add("aluminium", lathe(top, 28))
    return model


def vase(glaze: str = "purple", height: float = 0.26) -> Model:
    """A bellied vase with an open mouth."""
    outside = [(0.0, 0.0), (0.20, 0.0), (0.22, 0.02), (0.34, 0.36), (0.30, 0.62), (0.16, 0.84), (0.20, 0.98)]
    inside = [(0.19, 1.0), (0.17, 0.98), (0.12, 0.84), (0.12, 0.70), (0.0, 0.66)]
    model = Model()
    model.add(glaze, lathe([(r * height, z * height) for r, z in [*outside, *inside]], 36))
    return model


def apple(colour: str = "apple") -> Model:
    """An apple with its stalk."""
    model = Model()
    skin = [(0.0, 0.006), (0.012, 0.0), (0.026, 0.008), (0.037, 0.030), (0.038, 0.046), (0.030, 0.064)]
    model.add(colour, lathe([*skin, (0.018, 0.070), (0.008, 0.066), (0.0, 0.058)], 28))
    model.add("bark", rod([(0.0, 0.0, 0.056), (0.001, 0.0, 0.068), (0.006, 0.0, 0.082)], 0.0018, 8))
    return model


def banana() -> Model:
    """A banana on its side."""
    angles = np.radians(np.linspace(-62.0, 62.0, 15))
    path = np.column_stack((0.095 * np.sin(angles), 0.095 * np.cos(angles), np.zeros(15)))
    thick = np.array([0.34, 0.5, 0.75, 0.92, 1, 1, 1, 1, 1, 1, 0.98, 0.9, 0.72, 0.42, 0.3])
    model = Model()
    model.add("banana", sweep(path, ellipse(0.038, 0.038, 8), np.column_stack((thick, thick))))
    for end, way in ((0, -1.0), (14, 1.0)):
        tip = path[end]
        along = np.array((np.cos(angles[end]), -np.sin(angles[end]), 0.0)) * way
        model.add("bark", rod([tip, tip + 0.010 * along], 0.0052, 8))
    return model.grounded()


def cutlery(kind: str) -> Model:
    """A "fork", "knife" or "spoon" that lies along X, 20 cm long."""
    model = Model()
    handle = curve([(-0.10, 0.0, 0.0), (-0.03, 0.0, 0.0), (0.0, 0.0, 0.012), (0.04, 0.0, 0.006)], 12)
    widths = np.column_stack((np.linspace(1.5, 0.8, 13), np.ones(13)))
    model.add("steel", sweep(handle, ellipse(0.010, 0.003, 8), widths))
    if kind == "knife":
        blade = [(0.035, -0.007), (0.095, -0.009), (0.112, 0.0), (0.112, 0.007), (0.035, 0.006)]
        model.add("steel", extrude(blade, 0.0018, smooth=False).at(z=0.005))
    elif kind == "spoon":
        head = [(0.0, 0.0), (0.6, 0.12), (1.0, 0.55), (0.96, 0.56), (0.58, 0.2), (0.0, 0.1)]
        cup = lathe([(r * 0.020, z * 0.016) for r, z in head], 20).scaled(1.45, 1.0, 1.0)
        model.add("steel", cup.at(0.066, 0.0, -0.001))
    else:
        model.add("steel", extrude(rounded_rectangle(0.034, 0.024, 0.008), 0.002).at(0.054, 0.0, 0.005))
        for y in (-0.009, -0.003, 0.003, 0.009):
            tine = curve([(0.066, y, 0.006), (0.085, y, 0.001), (0.105, y, 0.005)], 6)
            model.add("steel", sweep(tine, ellipse(0.003, 0.002, 6)))
    return model.grounded()


def clock(colour: str = "black") -> Model:
    """A round alarm clock on two feet, its face to -Y, ten past ten."""
    model = Model()
    body = cylinder(0.055, 0.045, 0.004, 36).turned("X", 90.0).at(0.0, 0.0225, 0.066)
    model.add(colour, body)
    model.add("white", cylinder(0.047, 0.001, 0.0, 36).turned("X", 90.0).at(0.0, -0.0222, 0.066))
    for angle, reach in ((-55.0, 0.024), (60.0, 0.034)):
        hand = box((0.004, 0.001, reach)).turned("Y", angle)
        model.add("black", hand.at(0.0, -0.024, 0.066))
    for hour in range(12):
        mark = box((0.003, 0.0008, 0.007)).at(z=0.037).turned("Y", 30.0 * hour)
        model.add("black", mark.at(0.0, -0.0236, 0.066))
    for side in (-1, 1):
        model.add(colour, rod([(side * 0.025, 0.0, 0.022), (side * 0.040, 0.0, 0.0)], 0.006, 10))
        model.add("steel", lathe([(0.0, 0.0), (0.022, 0.0), (0.014, 0.014), (0.0, 0.018)], 20).turned(
            "Y", side * 32.0).at(side * 0.032, 0.0, 0.114))  # fmt: skip
    return model.grounded()


def phone() -> Model:
    """A mobile phone on its back."""
    model = Model()
    model.add("black", extrude(rounded_rectangle(0.072, 0.150, 0.010), 0.008, 0.0015, smooth=False))
    model.add("screen", extrude(rounded_rectangle(0.066, 0.142, 0.008), 0.0004, smooth=False).at(z=0.008))
    for row in range(4):
        for column in range(3):
            icon = extrude(rounded_rectangle(0.012, 0.012, 0.003), 0.0003, smooth=False)
            tone = ("screen light", "screen warm", "green")[(row + column) % 3]
            model.add(tone, icon.at(0.019 * (column - 1), 0.024 * (row - 1), 0.0084))
    return model
