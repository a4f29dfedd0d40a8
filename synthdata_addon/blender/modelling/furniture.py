# SPDX-License-Identifier: GPL-3.0-or-later
"""Furniture. Each stands on its origin and shows its front to -Y. No bpy here."""

from __future__ import annotations

from .model import Model
from .shapes import Part, box, curve, extrude, frustum, rod, rounded_rectangle, sweep

DESK_SIZE = (1.60, 0.78, 0.74)
SHELF_SIZE = (1.30, 0.32, 0.84)
SHELF_BOARD = 0.024
SHELF_MIDDLE = 0.42  # height of the top of the middle board
SHELF_BOTTOM = 0.084


def desk() -> Model:
    """A writing desk: oak top, white pedestal of three drawers on the right, two legs on the left."""
    width, depth, height = DESK_SIZE
    board = 0.034
    under = height - board
    model = Model()
    model.add("oak", box((width, depth, board), 0.004).at(z=under))
    for y in (-0.31, 0.31):
        model.add("walnut", _square_leg(0.024, 0.036, under).at(-0.73, y))
    model.add("walnut", box((0.04, 0.60, 0.06), 0.003).at(-0.73, 0.0, under - 0.07))
    model.add("walnut", box((1.10, 0.02, 0.30), 0.003).at(-0.16, 0.32, under - 0.32))
    _add_drawers(model, centre=0.53, under=under)
    return model


def _square_leg(bottom: float, top: float, height: float) -> Part:
    """A leg of square section, given by its half widths."""
    half_diagonal = 2**0.5
    return frustum(bottom * half_diagonal, top * half_diagonal, height, 0.003, segments=4).turned("Z", 45.0)


def _add_drawers(model: Model, centre: float, under: float) -> None:
    model.add("black", box((0.40, 0.62, 0.05)).at(centre, 0.01))
    model.add("oak light", box((0.44, 0.68, under - 0.05), 0.003).at(centre, 0.0, 0.05))
    for bottom, height in ((0.065, 0.27), (0.345, 0.165), (0.52, 0.165)):
        model.add("white", box((0.415, 0.02, height), 0.004).at(centre, -0.347, bottom))
        bar = [(-0.07, 0.0, 0.0), (-0.07, -0.028, 0.0), (0.07, -0.028, 0.0), (0.07, 0.0, 0.0)]
        model.add("dark steel", rod(_bent(bar), 0.006, 8).at(centre, -0.355, bottom + height - 0.06))


def _bent(corners: list[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """Cut each inner corner of a polyline twice, so that a swept rod bends round it."""
    rounded = [corners[0]]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        for other in (before, after):
            x, y, z = (c + 0.25 * (o - c) for c, o in zip(corner, other, strict=True))
            rounded.append((x, y, z))
    return [*rounded, corners[-1]]


def chair() -> Model:
    """A wooden chair with a slatted, leaning back and a cushion; the sitter looks to -Y."""
    model = Model()
    for side in (-0.19, 0.19):
        model.add("chair wood", _square_leg(0.014, 0.020, 0.43).at(side, -0.19))
        model.add("chair wood", _back_post(side))
        model.add("chair wood", box((0.022, 0.36, 0.03), 0.003).at(side, 0.0, 0.20))
    model.add("chair wood", box((0.36, 0.022, 0.03), 0.003).at(0.0, -0.01, 0.20))
    model.add("chair wood", box((0.40, 0.40, 0.05), 0.003).at(0.0, -0.005, 0.385))
    seat = rounded_rectangle(0.46, 0.45, 0.05)
    model.add("chair wood", extrude(seat, 0.024, 0.006).at(0.0, -0.01, 0.43))
    cushion = rounded_rectangle(0.41, 0.38, 0.06)
    model.add("cushion", extrude(cushion, 0.045, 0.014).at(0.0, -0.02, 0.452))
    _add_chair_back(model)
    return model


def _back_post(side: float) -> Part:
    """Rear leg and back post in one piece, bent at the seat."""
    path = [(side, 0.24, 0.0), (side, 0.20, 0.40), (side, 0.20, 0.50), (side, 0.24, 0.72), (side, 0.30, 0.94)]
    square = [(0.016, -0.018), (0.016, 0.018), (-0.016, 0.018), (-0.016, -0.018)]
    # Ends level with the floor, not square to the post.
    post = sweep(path, square, normal=(0.0, 1.0, 0.0))
    post.vertices[:4, 2] = 0.0
    return Part(post.vertices, post.faces)


def _add_chair_back(model: Model) -> None:
    for z, height, bulge in ((0.56, 0.05, 0.025), (0.86, 0.085, 0.035)):
        lean = 0.21 + (z - 0.52) * 0.21
        rail = curve([(-0.20, lean, z), (0.0, lean + bulge, z), (0.20, lean, z)], 10)
        section = [(0.010, -height / 2), (0.010, height / 2), (-0.010, height / 2), (-0.010, -height / 2)]
        model.add("chair wood", sweep(rail, section))
    for x in (-0.12, -0.06, 0.0, 0.06, 0.12):
        bend = 0.014 * (1 - (x / 0.2) ** 2)
        path = [(x, 0.218 + bend, 0.56), (x, 0.243 + bend, 0.70), (x, 0.278 + bend, 0.86)]
        section = [(0.016, -0.006), (0.016, 0.006), (-0.016, 0.006), (-0.016, -0.006)]
        model.add("chair wood", sweep(path, section, normal=(0.0, 1.0, 0.0)))


def shelf() -> Model:
    """A low bookcase: two bays high, open to the front."""
    width, depth, height = SHELF_SIZE
    model = Model()
    for side in (-1, 1):
        panel = box((SHELF_BOARD, depth, height), 0.002)
        model.add("white", panel.at(side * (width - SHELF_BOARD) / 2))
    inner = width - 2 * SHELF_BOARD
    for top in (SHELF_BOTTOM, SHELF_MIDDLE, height):
        model.add("white", box((inner, depth - 0.004, SHELF_BOARD)).at(z=top - SHELF_BOARD))
    model.add("oak light", box((inner, 0.01, height - 0.06)).at(0.0, depth / 2 - 0.008, 0.06))
    model.add("white", box((inner, 0.016, 0.06)).at(0.0, -depth / 2 + 0.03))
    return model
