# SPDX-License-Identifier: GPL-3.0-or-later
"""Things around the desk: football, potted plant, cardboard boxes, toys. No bpy here."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from .model import Model
from .shapes import Face, Part, Points, box, curve, extrude, lathe, rounded_rectangle, sphere, sweep

GOLDEN_ANGLE = 137.508
TAPE_THICKNESS = 0.0006


def football(radius: float = 0.11) -> Model:
    """A football: a truncated icosahedron blown up to a sphere, black pentagons, padded panels."""
    golden = (1 + 5**0.5) / 2
    axes = [(0.0, a, b * golden) for a in (-1, 1) for b in (-1, 1)]
    corners = np.array([np.roll(axis, turn) for axis in axes for turn in range(3)])
    near = {
        pair
        for pair in combinations(range(12), 2)
        if np.linalg.norm(corners[pair[0]] - corners[pair[1]]) < 2.1
    }
    linked = near | {(b, a) for a, b in near}
    model = Model()
    for one in range(12):
        ring = [corners[one] * 2 / 3 + corners[two] / 3 for two in range(12) if (one, two) in linked]
        model.add("black", _panel(_around(ring), radius))
    for trio in combinations(range(12), 3):
        if all(pair in near for pair in combinations(trio, 2)):
            ring = [corners[a] * 2 / 3 + corners[b] / 3 for a in trio for b in trio if a != b]
            model.add("white", _panel(_around(ring), radius))
    return model.grounded()


def _around(ring: list[Points]) -> Points:
    """Sort the corners of a panel counter-clockwise seen from outside."""
    points = np.array(ring)
    centre = points.mean(axis=0)
    out = centre / np.linalg.norm(centre)
    first = points[0] - centre
    second = np.cross(out, first)
    angles = np.arctan2((points - centre) @ second, (points - centre) @ first)
    return points[np.argsort(angles)]


def _panel(ring: Points, radius: float, steps: int = 4) -> Part:
    """One padded panel: rings of the polygon from its centre out, pushed to the sphere, sunk at the seam."""
    centre = ring.mean(axis=0)
    count = len(ring)
    rings = [centre[None, :]]
    for level in range(1, steps + 1):
        edge = [
            ring[side] + (ring[(side + 1) % count] - ring[side]) * step / level
            for side in range(count)
            for step in range(level)
        ]
        rings.append(centre + (np.array(edge) - centre) * level / steps)
    sunk = [0.965 if level == steps else 1.0 for level in range(steps + 1)]
    shells = [
        points / np.linalg.norm(points, axis=1, keepdims=True) * radius * depth
        for points, depth in zip(rings, sunk, strict=True)
    ]
    return Part(np.vstack(shells), _panel_faces(count, steps), smooth=True)


def _panel_faces(sides: int, steps: int) -> tuple[Face, ...]:
    """Triangles between ring ``level`` - 1 and ``level``, side by side."""
    starts = [0, *(1 + sides * level * (level - 1) // 2 for level in range(1, steps + 1))]
    faces: list[Face] = []
    for level in range(1, steps + 1):
        outer = sides * level
        inner = max(1, sides * (level - 1))
        for side in range(sides):
            for step in range(level):
                a = starts[level] + side * level + step
                b = starts[level] + (side * level + step + 1) % outer
                c = starts[level - 1] + (side * (level - 1) + step) % inner
                faces.append((a, b, c))
                if step < level - 1:
                    d = starts[level - 1] + (side * (level - 1) + step + 1) % inner
                    faces.append((c, b, d))
    return tuple(faces)


def potted_plant(
    rng: np.random.Generator, *, scale: float = 1.0, leaves: int = 16, pot: str = "terracotta"
) -> Model:
    """A leafy plant in a pot; about 0.75 m high at ``scale`` 1."""
    model = Model()
    wall = [
        (0.0, 0.0),
        (0.105, 0.0),
        (0.112, 0.008),
        (0.145, 0.20),
        (0.158, 0.202),
        (0.160, 0.242),
        (0.155, 0.247),
    ]
    model.add(pot, lathe([*wall, (0.143, 0.247), (0.138, 0.215), (0.0, 0.215)], 36))
    model.add("soil", lathe([(0.139, 0.222), (0.08, 0.230), (0.0, 0.233)], 24))
    for index in range(leaves):
        inner = index / max(1, leaves - 1)  # the first leaves are the outer, lower ones
        reach = 0.34 - 0.24 * inner + rng.uniform(-0.02, 0.02)
        height = 0.22 + 0.33 * inner + rng.uniform(-0.02, 0.02)
        leaf = _leaf(reach, height, broad=0.062 - 0.012 * inner)
        turn = GOLDEN_ANGLE * index + float(rng.uniform(-10.0, 10.0))
        model.add("leaf" if index % 3 else "leaf light", leaf.turned("Z", turn).at(z=0.215))
    return model.changed(lambda part: part.scaled(scale, scale, scale))


def _leaf(reach: float, height: float, broad: float) -> Part:
    """A stalk that bends over and widens to a pointed, folded blade towards +X."""
    path = curve(
        [
            (0.012, 0, 0),
            (0.04, 0, 0.55 * height),
            (0.35 * reach, 0, 1.35 * height),
            (reach, 0, 0.75 * height),
        ],
        18,
    )
    way = np.linspace(0.0, 1.0, 19)
    blade = np.clip((way - 0.38) / 0.62, 0.0, 1.0)
    widths = np.maximum(0.004, broad * np.sin(np.pi * blade**0.75) ** 0.8)
    widths[-1] = 0.0015
    thick = np.where(blade > 0.02, 0.6, 1.0)
    fold = [(1.0, 0.0085), (0.0, 0.004), (-1.0, 0.0085), (-1.0, 0.0065), (0.0, -0.004), (1.0, 0.0065)]
    return sweep(path, fold, np.column_stack((widths, thick)), normal=(-1.0, 0.0, 0.2))


def closed_box(size: tuple[float, float, float]) -> Model:
    """A taped-up carton: seam, tape over the top and down two sides, printed marks."""
    width, depth, top = size
    height = top - TAPE_THICKNESS
    model = Model()
    model.add("cardboard", box((width, depth, height), 0.004))
    model.add("ink", box((width - 0.02, 0.003, 0.001)).at(0.0, 0.0, height - 0.0005))
    model.add("tape", box((width + 0.002, 0.05, TAPE_THICKNESS)).at(0.0, 0.0, height))
    for side in (-1, 1):
        model.add("tape", box((0.0012, 0.05, 0.09)).at(side * (width / 2 + 0.0006), 0.0, height - 0.089))
    front = -depth / 2
    model.add("white", box((0.34 * width, 0.001, 0.30 * height)).at(-0.22 * width, front, 0.42 * height))
    for step in range(3):
        model.add(
            "ink",
            box((0.24 * width, 0.001, 0.02)).at(-0.22 * width, front - 0.0006, (0.46 + 0.09 * step) * height),
        )
    for x in (0.16, 0.32):
        model.add(
            "ink", _arrow(0.10 * width, 0.34 * height).turned("X", 90.0).at(x * width, front, 0.40 * height)
        )
    return model


def _arrow(width: float, height: float) -> Part:
    """A flat "this way up" arrow in the XY plane, pointing to +Y."""
    half, shaft = width / 2, width / 6
    outline = [(-shaft, 0.0), (shaft, 0.0), (shaft, 0.55 * height), (half, 0.55 * height), (0.0, height)]
    return extrude([*outline, (-half, 0.55 * height), (-shaft, 0.55 * height)], 0.0008, smooth=False)


def open_box(size: tuple[float, float, float], angles: tuple[float, float, float, float]) -> Model:
    """An empty carton whose four flaps (-Y, +Y, -X, +X) lean out by ``angles`` degrees from upright."""
    width, depth, height = size
    sheet = 0.006
    model = Model()
    model.add("cardboard inside", box((width - sheet, depth - sheet, sheet)))
    for index, angle in enumerate(angles):
        turn = (0.0, 180.0, -90.0, 90.0)[index]
        across, out = (width, depth / 2) if index < 2 else (depth, width / 2)
        panel = box((across, sheet, height)).at(0.0, -out + sheet / 2)
        flap = box((across - 0.004, sheet, 0.45 * min(width, depth))).turned("X", angle)
        model.add("cardboard", panel.turned("Z", turn))
        model.add("cardboard inside", flap.at(0.0, -out + sheet / 2, height - 0.001).turned("Z", turn))
    return model.grounded()


def toy_ball(colour: str, radius: float) -> Model:
    """A plain sphere."""
    model = Model()
    model.add(colour, sphere(radius))
    return model


def toy_cube(colour: str, edge: float) -> Model:
    """A plain cube with soft edges."""
    model = Model()
    model.add(colour, box((edge, edge, edge), 0.06 * edge))
    return model


def rug(size: tuple[float, float], thick: float) -> Model:
    """A flat rug with a light border; every piece is flush at the top, so that things stand level."""
    width, depth = size
    edge, line = 0.10, 0.05
    model = Model()
    model.add("rug", box((width - 2 * (edge + line), depth - 2 * (edge + line), thick)))
    for material, inset, wide in (("rug border", edge, line), ("rug", 0.0, edge)):
        for side in (-1, 1):
            long = box((width - 2 * inset, wide, thick))
            short = box((wide, depth - 2 * (inset + wide), thick))
            model.add(material, long.at(0.0, side * (depth / 2 - inset - wide / 2)))
            model.add(material, short.at(side * (width / 2 - inset - wide / 2), 0.0))
    return model


def poster(size: tuple[float, float], scene: str) -> Model:
    """A framed picture on the XZ plane, back at y = 0, looking to -Y: "hills" or "rings"."""
    width, height = size
    model = Model()
    model.add("walnut", box((width, 0.02, height), 0.003).at(0.0, -0.01))
    model.add("paper", box((width - 0.05, 0.002, height - 0.05)).at(0.0, -0.0205, 0.025))
    for material, outline, lift in _picture(width - 0.10, height - 0.10, scene):
        flat = extrude(outline, 0.001, smooth=False).turned("X", 90.0)
        model.add(material, flat.at(0.0, -0.0212 - lift, height / 2))
    return model


def _picture(width: float, height: float, scene: str) -> list[tuple[str, Points, float]]:
    """Flat shapes about the origin: material, (M, 2) outline, height above the paper."""
    angles = np.arange(40) * 2 * np.pi / 40
    disc = np.column_stack((np.cos(angles), np.sin(angles)))
    if scene == "rings":
        tones = ("teal", "yellow", "red", "paper")
        return [(tone, disc * width * (0.46 - 0.11 * i), 0.0008 * i) for i, tone in enumerate(tones)]
    low, half = -height / 2, width / 2
    shapes = [
        ("teal", rounded_rectangle(width, height, 0.004), 0.0),
        ("yellow", disc * 0.17 * width + (0.16 * width, 0.18 * height), 0.0008),
    ]
    for i, (tone, left, peak, right) in enumerate(
        (("purple", -0.1, 0.15, -0.25), ("blue", -0.3, -0.05, -0.15))
    ):
        crest = [(half, right * height), (0.0, peak * height), (-half, left * height)]
        shapes.append((tone, np.array([(-half, low), (half, low), *crest]), 0.0016 + 0.0008 * i))
    return shapes
