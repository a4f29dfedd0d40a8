# SPDX-License-Identifier: GPL-3.0-or-later
"""Small things that lie or stand on the desk, each on its own origin, front to -Y. No bpy here."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi

import numpy as np

from .model import Model
from .shapes import (
    Part,
    box,
    curve,
    cylinder,
    ellipse,
    extrude,
    lathe,
    rod,
    rounded_rectangle,
    sphere,
    sweep,
)

BOOK_RELIEF = 0.0004  # how far the printed bands stand out of a cover
LAMP_BULB = (0.164, 0.0, 0.303)  # where the lamp's light leaves it
LAMP_AIM = (0.30, 0.0, 0.0)


def scissors(opening: float = 26.0) -> Model:
    """Open scissors lying flat, blades to +X; about 25 cm long. ``opening`` is the angle of the blades."""
    model = Model()
    for side, blade_level in ((1, 0.0022), (-1, 0.0052)):
        model.add("steel", _placed(_blade(), side, opening / 2).at(z=blade_level))
        for part in _handle():
            model.add("orange", _placed(part, side, opening / 2))
    model.add("dark steel", cylinder(0.0058, 0.0034, 0.001, 20).at(z=0.0072))
    model.add("steel", box((0.0095, 0.0016, 0.0006)).turned("Z", 35.0).at(z=0.0104))
    return model.changed(lambda part: part.scaled(1.15, 1.15, 1.15)).grounded()


def _placed(part: Part, side: int, angle: float) -> Part:
    """The upper half of the scissors, or its mirror image, turned about the screw."""
    return part.scaled(1.0, float(side), 1.0).turned("Z", side * angle)


def _blade() -> Part:
    """Blade and tang: straight cutting edge below, curved back above, the screw at the origin."""
    back = curve([(0.0, 0.011, 0), (0.05, 0.0115, 0), (0.09, 0.007, 0), (0.118, -0.004, 0)], 12)[:, :2]
    tang = [(-0.030, -0.002), (-0.030, -0.011), (-0.012, -0.010), (0.004, -0.0075)]
    return extrude([*tang, (0.118, -0.0055), *back[::-1].tolist()], 0.003, 0.0004, smooth=False)


def _handle() -> tuple[Part, Part]:
    """Shank and finger ring of the half whose blade is above; they lie below the axis."""
    angles = np.arange(32) * 2 * pi / 32
    ring = np.column_stack(
        (-0.074 + 0.029 * np.cos(angles), -0.022 + 0.021 * np.sin(angles), np.full(32, 0.006))
    )
    loop = sweep(ring, ellipse(0.0115, 0.012, 10), closed=True)
    path = curve([(-0.010, -0.005, 0.0062), (-0.028, -0.010, 0.006), (-0.052, -0.008, 0.006)], 8)
    widths = np.column_stack((np.linspace(0.8, 1.1, 9), np.linspace(0.9, 1.0, 9)))
    return loop, sweep(path, ellipse(0.0135, 0.0115, 10), widths)


def book(cover: str, band: str, size: tuple[float, float, float]) -> Model:
    """A closed book lying on its back cover, spine to -Y; ``size`` is length along X, depth, thickness."""
    length, depth, thick = size
    board = 0.003
    model = Model()
    model.add(
        cover, box((length, depth, board), 0.0008), box((length, depth, board), 0.0008).at(z=thick - board)
    )
    model.add("paper", box((length - 0.008, depth - 0.010, thick - 2 * board)).at(0.0, 0.002, board))
    model.add(cover, _spine(length, thick).at(0.0, 0.002 - depth / 2))
    for x in (-0.36, 0.36):
        model.add(band, _spine(0.012, thick).at(x * length, 0.0014 - depth / 2))
    model.add(
        band, box((0.55 * length, 0.30 * depth, 0.0006)).at(0.0, 0.12 * depth, thick + BOOK_RELIEF - 0.0006)
    )
    model.add(
        band, box((0.30 * length, 0.05 * depth, 0.0006)).at(0.0, -0.22 * depth, thick + BOOK_RELIEF - 0.0006)
    )
    return model.grounded()


def _spine(length: float, thick: float) -> Part:
    """A rounded back, bulging to -Y."""
    bulge = 0.006
    arc = [(-bulge * sin, z) for sin, z in _half_circle(thick)]
    outline = [(0.0, 0.0), *[(y, z) for y, z in arc], (0.0, thick)]
    # Outline is drawn in (Y, Z); the extrusion runs along X.
    return _along_x(outline, length)


def _half_circle(thick: float, steps: int = 8) -> list[tuple[float, float]]:
    angles = [pi * step / steps for step in range(1, steps)]
    return [(float(np.sin(angle)), thick * (1 - float(np.cos(angle))) / 2) for angle in angles]


def _along_x(outline: Sequence[tuple[float, float]], length: float) -> Part:
    """Extrude a (Y, Z) outline along X, centred."""
    ring = np.array(outline)
    x, y = ring[:-1].T, ring[1:].T
    if float(np.sum(x[0] * y[1] - y[0] * x[1])) < 0:
        ring = ring[::-1]
    raised = extrude(ring, length)
    return Part(raised.vertices[:, [2, 0, 1]] - (length / 2, 0.0, 0.0), raised.faces, smooth=True)


def standing_book(cover: str, band: str, size: tuple[float, float, float]) -> Model:
    """A closed book standing on its lower edge, spine to -Y; ``size`` is height, depth, thickness along X."""
    upright = book(cover, band, size).changed(lambda part: part.turned("Y", -90.0).at(x=size[2] / 2))
    return upright.grounded()


def open_book(cover: str, size: tuple[float, float] = (0.40, 0.26)) -> Model:
    """A book lying open, its pages arched to both sides of the fold; ``size`` is both pages' width, depth."""
    width, depth = size
    model = Model()
    model.add(cover, box((width, depth, 0.004), 0.001))
    for side in (1, -1):
        page = [(0.0, 0.004), *_page_arch(width / 2 - 0.006)]
        block = _along_x([(x, z) for x, z in page], depth - 0.012)
        model.add("paper", block.turned("Z", -90.0 if side > 0 else 90.0))
    return model


def _page_arch(width: float) -> list[tuple[float, float]]:
    arch = curve([(0.0, 0.008, 0), (0.18 * width, 0.044, 0), (0.6 * width, 0.026, 0), (width, 0.016, 0)], 12)
    return [(float(x), float(z)) for x, z, _ in arch] + [(width, 0.004)]


def mug(glaze: str) -> Model:
    """A hollow mug of coffee, its handle to +X."""
    model = Model()
    outside = [(0.0, 0.0), (0.034, 0.0), (0.0385, 0.004), (0.041, 0.012), (0.042, 0.090), (0.0405, 0.094)]
    inside = [(0.0385, 0.092), (0.0375, 0.078), (0.0, 0.078)]
    model.add(glaze, lathe(outside, 40))
    model.add("white", lathe([outside[-1], *inside], 40))
    model.add("coffee", lathe([(0.0374, 0.0785), (0.0, 0.0788)], 40))
    bow = curve([(0.0405, 0, 0.078), (0.085, 0, 0.092), (0.088, 0, 0.022), (0.040, 0, 0.020)], 18)
    model.add(glaze, sweep(bow, ellipse(0.013, 0.009, 10), normal=(0.0, 0.0, 1.0)))
    return model


def lamp(paint: str) -> Model:
    """A jointed desk lamp: round foot, two arms, a bell shade that looks down to +X."""
    model = Model()
    foot = [
        (0.0, 0.0),
        (0.088, 0.0),
        (0.092, 0.004),
        (0.090, 0.014),
        (0.06, 0.021),
        (0.018, 0.026),
        (0.0, 0.026),
    ]
    model.add(paint, lathe(foot, 40))
    elbow, neck = (-0.105, 0.0, 0.265), (0.105, 0.0, 0.43)
    model.add("dark steel", rod([(0.0, 0.0, 0.02), elbow], 0.0075), rod([elbow, neck], 0.0075))
    for joint in (elbow, neck):
        knob = cylinder(0.015, 0.030, 0.003, 20).at(z=-0.015).turned("X", 90.0)
        model.add(paint, knob.at(*joint))
    bell = [(0.0, 0.112), (0.026, 0.112), (0.058, 0.072), (0.083, 0.0), (0.087, 0.0), (0.062, 0.074)]
    bell += [(0.032, 0.116), (0.026, 0.142), (0.015, 0.148), (0.0, 0.148)]
    head = [
        (paint, lathe(bell, 40)),
        ("bulb", sphere(0.026, 20, 12).at(z=0.034)),
        ("white", cylinder(0.014, 0.07, 0.0, 16).at(z=0.05)),
    ]
    for material, part in head:
        model.add(material, part.at(z=-0.142).turned("Y", -25.0).at(*neck))
    return model


def laptop() -> Model:
    """An open laptop, its keys to -Y, a picture of windows on the screen."""
    width, depth, thick = 0.33, 0.23, 0.015
    model = Model()
    slab = rounded_rectangle(width, depth, 0.012)
    model.add("aluminium", extrude(slab, thick, 0.003, smooth=False))
    model.add("dark steel", box((0.29, 0.105, 0.0006)).at(0.0, 0.035, thick - 0.0002))
    for row in range(5):
        keys = 13 if row else 1
        for column in range(keys):
            wide = 0.0185 if row else 0.12
            x = (column - (keys - 1) / 2) * 0.0218
            model.add("black", box((wide, 0.0165, 0.0016)).at(x, -0.007 + 0.021 * row, thick + 0.0004))
    model.add("dark steel", box((0.10, 0.06, 0.0005)).at(0.0, -0.065, thick - 0.0002))
    for material, part in _laptop_lid(width):
        model.add(material, part.turned("X", -18.0).at(0.0, depth / 2 - 0.004, thick))
    return model


def _laptop_lid(width: float) -> list[tuple[str, Part]]:
    """The upright lid, hinge on the X axis, the screen to -Y."""
    lid = extrude(rounded_rectangle(width, 0.215, 0.012), 0.007, 0.0015, smooth=False)
    parts = [("aluminium", lid.turned("X", 90.0).at(0.0, 0.0035, 0.1075))]
    panes = [
        ("black", 0.316, 0.198, 0.0, 0.108, 0.0),
        ("screen", 0.300, 0.180, 0.0, 0.112, 0.0004),
        ("screen light", 0.15, 0.11, -0.055, 0.118, 0.0008),
        ("screen warm", 0.11, 0.075, 0.075, 0.130, 0.0008),
        ("screen", 0.12, 0.012, -0.055, 0.160, 0.0012),
        ("white", 0.20, 0.012, 0.0, 0.032, 0.0008),
    ]
    for material, wide, high, x, z, lift in panes:
        parts.append((material, box((wide, 0.001, high)).at(x, -0.0035 - lift, z - high / 2)))
    return parts
