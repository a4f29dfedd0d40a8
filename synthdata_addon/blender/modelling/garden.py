# SPDX-License-Identifier: GPL-3.0-or-later
"""Things of the open ground, each on its own origin; what grows reaches a little below it. No bpy here."""

from __future__ import annotations

import numpy as np

from .model import Model
from .shapes import Part, Points, box, cylinder, extrude, frustum, lathe, rod, sphere

ROOT = 0.25
"""Trees and rocks reach this far (times their scale) below their origin, so that they stand in uneven ground."""


def lumpy(rng: np.random.Generator, radius: float, rough: float, segments: int = 14, rings: int = 9) -> Part:
    """A ball about the origin whose surface goes in and out smoothly by up to ``rough`` of its radius."""
    ball = sphere(radius, segments, rings).at(z=-radius)
    unit = ball.vertices / radius
    waves = np.zeros(len(unit))
    for _ in range(5):
        way = rng.normal(size=3) * 1.6
        waves += np.sin(unit @ way * 1.9 + rng.uniform(0.0, 2 * np.pi))
    shape = 1.0 + rough * waves / 3.0
    return Part(ball.vertices * shape[:, None], ball.faces, smooth=True)


def leafy_tree(rng: np.random.Generator, height: float) -> Model:
    """A broad-leaved tree: a trunk with three boughs, a crown of lumpy balls."""
    model = Model()
    thick = 0.030 * height
    bole = 0.42 * height
    lean = rng.uniform(-0.03, 0.03, 2) * height
    trunk = [(0.0, 0.0, -ROOT), (0.2 * lean[0], 0.2 * lean[1], 0.4 * bole), (lean[0], lean[1], 1.35 * bole)]
    model.add("bark", rod(trunk, thick, 10), frustum(1.9 * thick, thick, 0.12 * height, 0.0, 10))
    turn = float(rng.uniform(0.0, 2 * np.pi))
    places = [(lean[0], lean[1], 0.76 * height, 0.22)]
    for branch in range(4):
        angle = turn + branch * np.pi / 2 + float(rng.uniform(-0.3, 0.3))
        out = float(rng.uniform(0.13, 0.18)) * height
        x, y = lean[0] + out * np.cos(angle), lean[1] + out * np.sin(angle)
        z = float(rng.uniform(0.56, 0.70)) * height
        places.append((x, y, z, float(rng.uniform(0.14, 0.18))))
        model.add("bark", rod([(lean[0] * 0.8, lean[1] * 0.8, 0.9 * bole), (x, y, z)], 0.35 * thick, 6))
    for number, (x, y, z, share) in enumerate(places):
        crown = lumpy(rng, share * height, 0.16, 16, 10).scaled(1.0, 1.0, 0.85)
        model.add("foliage light" if number == 1 else "foliage", crown.at(float(x), float(y), float(z)))
    return model


def fir_tree(rng: np.random.Generator, height: float) -> Model:
    """A conifer: four skirts of branches on a straight trunk."""
    model = Model()
    model.add("bark", frustum(0.035 * height, 0.02 * height, 0.3 * height + ROOT, 0.0, 10).at(z=-ROOT))
    for level in range(4):
        low = (0.14 + 0.19 * level) * height
        wide = (0.24 - 0.048 * level) * height * float(rng.uniform(0.92, 1.08))
        tall = (0.36 - 0.03 * level) * height
        skirt = lathe(
            [(0.0, 0.10 * tall), (wide, 0.0), (0.55 * wide, 0.42 * tall), (0.0, tall)], 14, smooth=False
        )
        jag = np.where(np.arange(len(skirt.vertices)) % 2 == 0, 1.0, 0.86)[:, None]
        skirt = Part(skirt.vertices * np.hstack((jag, jag, np.ones_like(jag))), skirt.faces)
        model.add("fir", skirt.turned("Z", float(rng.uniform(0.0, 90.0))).at(z=low))
    return model


def bush(rng: np.random.Generator, size: float) -> Model:
    """A round bush of a few lumps."""
    model = Model()
    for number in range(4):
        angle = 2.2 * number + float(rng.uniform(-0.4, 0.4))
        out = 0.0 if number == 0 else 0.30 * size
        lump = lumpy(rng, (0.42 if number == 0 else 0.30) * size, 0.22, 14, 8).scaled(1.0, 1.0, 0.9)
        height = (0.30 if number == 0 else 0.20) * size
        model.add(
            "bush" if number % 2 else "foliage", lump.at(out * np.cos(angle), out * np.sin(angle), height)
        )
    return model


def rock(rng: np.random.Generator, size: float) -> Model:
    """A boulder, flat-shaded, partly in the ground."""
    body = lumpy(rng, 0.5 * size, 0.30, 11, 7)
    squeezed = body.scaled(1.0, float(rng.uniform(0.65, 0.9)), float(rng.uniform(0.55, 0.75)))
    facets: Points = np.round(squeezed.vertices / (0.04 * size)) * (0.04 * size)
    model = Model()
    model.add("rock", Part(facets * 0.5 + squeezed.vertices * 0.5, squeezed.faces).at(z=0.16 * size))
    return model


def log(length: float = 1.6, radius: float = 0.16) -> Model:
    """A sawn trunk that lies along X."""
    model = Model()
    bark = cylinder(radius, length, 0.0, 18).turned("Y", 90.0).at(-length / 2, 0.0, radius)
    model.add("bark", bark)
    for end in (-1, 1):
        face = cylinder(0.88 * radius, 0.006, 0.0, 18).turned("Y", 90.0)
        model.add("cut wood", face.at(end * length / 2 - 0.003, 0.0, radius))
    stub = frustum(0.4 * radius, 0.3 * radius, 1.5 * radius, 0.0, 10).turned("X", 40.0)
    model.add("bark", stub.at(0.2 * length, 0.0, radius))
    return model


def fence(length: float = 2.0) -> Model:
    """A panel of a picket fence along X: two posts, two rails, pointed pales."""
    model = Model()
    for side in (-1, 1):
        model.add("white", box((0.09, 0.09, 1.10 + ROOT), 0.01).at(side * (length / 2 - 0.05), 0.0, -ROOT))
    for z in (0.28, 0.72):
        model.add("white", box((length - 0.19, 0.035, 0.09)).at(0.0, 0.0, z))
    count = int((length - 0.2) / 0.15)
    for pale in range(count):
        x = (pale - (count - 1) / 2) * 0.15
        outline = [(-0.045, 0.0), (0.045, 0.0), (0.045, 0.86), (0.0, 0.94), (-0.045, 0.86)]
        model.add("white", extrude(outline, 0.02, smooth=False).turned("X", 90.0).at(x, -0.018, 0.08))
    return model


def picnic_table() -> Model:
    """A table with two benches fixed to it, 1.8 m long."""
    model = Model()
    for row in range(5):
        model.add("oak", box((1.80, 0.135, 0.035), 0.005).at(0.0, (row - 2) * 0.145, 0.72))
    for side in (-1, 1):
        for row in (0, 1):
            model.add("oak", box((1.80, 0.13, 0.035), 0.005).at(0.0, side * (0.58 + 0.14 * row), 0.42))
        x = side * 0.62
        model.add(
            "walnut", box((0.045, 1.42, 0.09)).at(x, 0.0, 0.328), box((0.045, 0.66, 0.09)).at(x, 0.0, 0.628)
        )
        for end in (-1, 1):
            leg = rod([(x + 0.05, end * 0.55, 0.0), (x + 0.05, end * 0.22, 0.70)], 0.045, 4)
            model.add("walnut", leg)
    return model.grounded()


def tussock(rng: np.random.Generator) -> Model:
    """A tuft of long grass."""
    model = Model()
    for blade in range(14):
        angle = 2.4 * blade
        out, tall = float(rng.uniform(0.05, 0.16)), float(rng.uniform(0.16, 0.32))
        way = np.array((np.cos(angle), np.sin(angle), 0.0))
        path = [0.02 * way + (0, 0, -0.06), 0.4 * out * way + (0, 0, 0.6 * tall), out * way + (0, 0, tall)]
        model.add("foliage light" if blade % 3 else "grass", rod(path, 0.006, 3))
    return model
