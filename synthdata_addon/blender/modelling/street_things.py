# SPDX-License-Identifier: GPL-3.0-or-later
"""Things of the street, each on its own origin, front to -Y. No bpy here."""

from __future__ import annotations

from math import cos, radians, sin

import numpy as np

from .model import Model
from .shapes import Part, box, curve, cylinder, extrude, frustum, lathe, rod, sphere


def wheel(radius: float, width: float) -> Part:
    """A tyre about the X axis, its middle in the origin."""
    tyre = cylinder(radius, width, 0.12 * radius, 28).at(z=-width / 2)
    return tyre.turned("Y", 90.0)


def car(paint: str) -> Model:
    """A compact car, 4.1 m long, its nose to +X: body, cabin with dark panes, four wheels, lamps."""
    model = Model()
    length, width = 4.10, 1.74
    sill = [(-2.00, 0.30), (-2.05, 0.55), (-2.02, 0.88), (-1.85, 0.96), (0.95, 0.93), (1.85, 0.78)]
    side = np.array([*sill, (2.03, 0.62), (2.05, 0.36), (1.95, 0.24), (-1.90, 0.24)])[::-1]
    model.add(paint, _across(side, width, 0.06))
    roof = np.array([(-1.78, 0.93), (-1.42, 1.38), (-1.15, 1.45), (0.10, 1.45), (0.42, 1.38), (1.10, 0.92)])
    model.add("pane", _across(roof[::-1], width - 0.22, 0.03))
    top = np.array([(-1.46, 1.38), (-1.16, 1.47), (0.11, 1.47), (0.44, 1.39), (0.10, 1.43), (-1.15, 1.43)])
    model.add(paint, _across(top[::-1], width - 0.20, 0.0))
    for x, lean in ((-0.45, 0.0), (-1.48, -24.0), (0.66, 36.0)):
        for y in (-1, 1):
            pillar = box((0.09, 0.02, 0.53 if lean else 0.50)).turned("Y", -lean)
            model.add(paint, pillar.at(x + (0.20 if lean > 0 else -0.10 if lean < 0 else 0.0),
                                       y * (width / 2 - 0.105), 0.92))  # fmt: skip
    for x in (-1.27, 1.28):
        for y in (-1, 1):
            model.add("rubber", wheel(0.31, 0.20).turned("Z", 90.0).at(x, y * (width / 2 - 0.09), 0.31))
            hub = cylinder(0.19, 0.012, 0.004, 24).turned("X", 90.0 * y)
            model.add("aluminium", hub.at(x, y * (width / 2 + 0.012) - 0.012 * y + 0.006 * y, 0.31))
    for y in (-1, 1):
        model.add("white", box((0.06, 0.36, 0.14), 0.02).at(length / 2 - 0.10, y * 0.58, 0.58))
        model.add("tail light", box((0.06, 0.30, 0.16), 0.02).at(-length / 2 + 0.02, y * 0.62, 0.66))
        model.add(paint, box((0.16, 0.18, 0.12), 0.03).at(0.72, y * (width / 2 + 0.06), 0.92))
        model.add("dark steel", box((0.16, 0.012, 0.03)).at(-0.62, y * (width / 2 + 0.003), 0.80))
    model.add("black", box((0.03, 0.90, 0.16)).at(length / 2 - 0.03, 0.0, 0.36))
    model.add("white", box((0.02, 0.50, 0.11)).at(length / 2 - 0.005, 0.0, 0.42))
    model.add("white", box((0.02, 0.50, 0.11)).at(-length / 2 + 0.01, 0.0, 0.50))
    return model


def _across(side: np.ndarray, width: float, bevel: float) -> Part:
    """Extrude an (X, Z) outline along Y, centred."""
    x, z = side.T
    area = float(np.sum(x * np.roll(z, -1) - np.roll(x, -1) * z))
    raised = extrude(side if area > 0 else side[::-1], width, bevel, smooth=False)
    return raised.turned("X", 90.0).at(0.0, width / 2)


def street_lamp(height: float = 5.2) -> Model:
    """A lamp post whose arm reaches out to -Y."""
    model = Model()
    model.add("dark steel", frustum(0.13, 0.09, 0.5, 0.01, 20), frustum(0.07, 0.045, height, 0.0, 16))
    arm = curve([(0, 0, height - 0.05), (0, -0.1, height + 0.35), (0, -0.6, height + 0.40),
                 (0, -1.15, height + 0.32)], 14)  # fmt: skip
    model.add("dark steel", rod(arm, 0.035, 12))
    model.add("dark steel", box((0.22, 0.55, 0.09), 0.03).at(0.0, -1.30, height + 0.27))
    model.add("lamp light", box((0.16, 0.42, 0.02)).at(0.0, -1.30, height + 0.255))
    return model


def traffic_light() -> Model:
    """A signal on its post: three lamps that look to -Y, red above amber above green."""
    model = Model()
    model.add("dark steel", frustum(0.11, 0.09, 0.25, 0.01, 20), cylinder(0.05, 2.6, 0.0, 16))
    model.add("black", box((0.30, 0.22, 0.92), 0.03).at(0.0, 0.0, 2.45))
    for z, colour in ((3.19, "red"), (2.91, "yellow"), (2.63, "green")):
        lens = cylinder(0.10, 0.02, 0.006, 24).turned("X", 90.0)
        model.add(colour, lens.at(0.0, -0.105, z))
        hood = curve([(-0.115, 0, 0), (-0.115, 0, 0.15), (0.115, 0, 0.15), (0.115, 0, 0)], 10)
        for depth in (0.13, 0.18, 0.23):
            model.add("black", rod(hood, 0.026, 6).at(0.0, -depth, z))
    return model


def stop_sign() -> Model:
    """A red octagon with a white rim on a post, looking to -Y."""
    model = Model()
    model.add("steel", cylinder(0.035, 2.75, 0.0, 14))
    angles = [radians(22.5 + 45.0 * corner) for corner in range(8)]
    ring = np.array([(cos(angle), sin(angle)) for angle in angles])
    for colour, radius, y in (("white", 0.41, -0.045), ("red", 0.375, -0.050)):
        plate = extrude(ring * radius, 0.006, smooth=False).turned("X", 90.0)
        model.add(colour, plate.at(0.0, y, 2.35))
    for x, letter in zip((-0.225, -0.075, 0.075, 0.225), "STOP", strict=True):
        for bar in _LETTERS[letter]:
            x0, z0, wide, high = (0.024 * value for value in bar)
            block = box((wide, 0.004, high)).at(x + x0 + wide / 2 - 0.06, -0.058, 2.35 + z0 - 0.096)
            model.add("white", block)
    return model


_LETTERS = {
    "S": ((0, 0, 5, 1), (4, 1, 1, 3), (0, 3.5, 5, 1), (0, 4.5, 1, 2.5), (0, 7, 5, 1)),
    "T": ((2, 0, 1, 7), (0, 7, 5, 1)),
    "O": ((0, 0, 5, 1), (0, 1, 1, 6), (4, 1, 1, 6), (0, 7, 5, 1)),
    "P": ((0, 0, 1, 8), (1, 3.5, 3, 1), (1, 7, 3, 1), (4, 3.5, 1, 4.5)),
}
"""Bars of 5 x 8 letters: left, bottom, width, height."""


def hydrant() -> Model:
    """A red fire hydrant with a domed cap and three outlets."""
    model = Model()
    foot = [(0.0, 0.0), (0.16, 0.0), (0.16, 0.04), (0.11, 0.05), (0.105, 0.46), (0.13, 0.47), (0.13, 0.51)]
    model.add("red", lathe([*foot, (0.115, 0.52), (0.10, 0.60), (0.06, 0.66), (0.0, 0.68)], 32))
    model.add("red", cylinder(0.03, 0.07, 0.006, 6).at(z=0.66))
    for turn in (0.0, 90.0, -90.0):
        outlet = cylinder(0.06 if turn == 0.0 else 0.045, 0.16, 0.008, 20).turned("X", 90.0)
        model.add("red", outlet.at(0.0, 0.0, 0.36).turned("Z", turn))
        cap = cylinder(0.07 if turn == 0.0 else 0.055, 0.03, 0.006, 8).turned("X", 90.0)
        model.add("steel", cap.at(0.0, -0.155, 0.36).turned("Z", turn))
    return model


def bench(width: float = 1.6) -> Model:
    """A park bench of wooden slats on two iron frames; the sitter looks to -Y."""
    model = Model()
    for side in (-1, 1):
        x = side * (width / 2 - 0.18)
        model.add("dark steel", box((0.05, 0.06, 0.42)).at(x, -0.20), box((0.05, 0.06, 0.42)).at(x, 0.20))
        model.add("dark steel", box((0.05, 0.50, 0.05)).at(x, 0.0, 0.37))
        back = rod([(x, 0.22, 0.38), (x, 0.27, 0.62), (x, 0.33, 0.86)], 0.026, 8)
        model.add("dark steel", back)
    for row in range(4):
        model.add("oak", box((width, 0.095, 0.032), 0.006).at(0.0, -0.185 + 0.115 * row, 0.42))
    for z, y in ((0.54, 0.208), (0.66, 0.238), (0.78, 0.268)):
        model.add("oak", box((width, 0.030, 0.095), 0.006).turned("X", -14.0).at(0.0, y, z))
    return model


def bin_with_lid(colour: str = "green") -> Model:
    """A round litter bin with a domed lid and a dark slot to -Y."""
    model = Model()
    model.add(colour, frustum(0.22, 0.26, 0.78, 0.01, 32))
    for z in (0.18, 0.60):
        model.add("dark steel", frustum(0.238, 0.262, 0.04, 0.004, 32).at(z=z))
    model.add("black", cylinder(0.245, 0.15, 0.0, 32).at(z=0.78))
    model.add(colour, lathe([(0.0, 0.93), (0.27, 0.93), (0.27, 0.96), (0.16, 1.06), (0.0, 1.09)], 32))
    for angle in range(0, 360, 90):
        post = box((0.05, 0.03, 0.15)).at(0.0, -0.245, 0.78)
        model.add(colour, post.turned("Z", angle + 45.0))
    return model


def bollard() -> Model:
    """A steel bollard with a white band."""
    model = Model()
    model.add("dark steel", cylinder(0.07, 0.85, 0.0, 20))
    model.add("white", cylinder(0.0715, 0.10, 0.0, 20).at(z=0.66))
    model.add("dark steel", sphere(0.07, 20, 10).at(z=0.78))
    return model
