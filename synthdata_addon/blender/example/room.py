# SPDX-License-Identifier: GPL-3.0-or-later
"""The room itself: floor, walls, window, ceiling, skirting, rug, posters and lights; none of it is labelled."""

from __future__ import annotations

from dataclasses import dataclass

from ..modelling.model import Model
from ..modelling.shapes import box, cylinder, sphere
from ..modelling.stage import Place, Stage
from ..modelling.surroundings import poster, rug

WIDTH, DEPTH, HEIGHT = 7.0, 6.6, 2.8  # inside, along X, Y and Z
WALL = 0.10
RUG_THICKNESS = 0.012
RUG_SIZE = (3.0, 2.5)


@dataclass(frozen=True)
class Opening:
    """A window in the back wall: centre along X, width, height of the sill and of the lintel."""

    centre: float
    width: float
    sill: float
    lintel: float


WINDOW = Opening(-1.35, 1.9, 0.95, 2.25)


def add_room(stage: Stage) -> None:
    """Add the closed shell around the origin, its floor at z = 0, and the rug in the middle."""
    flat = {"Floor": _floor(), "Window": _window(WINDOW), "Skirting": _skirting()}
    for name, model in flat.items():
        _fix(stage, name, model, (0.0, 0.0, 0.0))
    _shell(stage)
    _fix(stage, "Rug", rug(RUG_SIZE, RUG_THICKNESS), (0.0, -0.25, 0.0))
    wall = DEPTH / 2 - 0.001
    _fix(stage, "Poster", poster((0.75, 1.0), "hills"), (0.80, wall, 1.05))
    _fix(stage, "Poster", poster((0.62, 0.82), "rings"), (1.75, wall, 1.15))
    _fix(stage, "Poster", poster((0.9, 1.1), "rings"), (WIDTH / 2 - 0.001, -0.4, 1.2), turn=-90.0)
    _fix(stage, "Poster", poster((0.9, 0.7), "hills"), (-WIDTH / 2 + 0.001, -0.3, 1.25), turn=90.0)
    _fix(stage, "Door", _door(), (1.1, -DEPTH / 2 + 0.015, 0.0), turn=180.0)


def _shell(stage: Stage) -> None:
    """Add ceiling and walls: solid in renders, wires in the viewport, so that one sees what stands in the room."""
    across = _slab("wall", WIDTH + 2 * WALL, WALL, HEIGHT)
    parts = [
        ("Ceiling", _slab("ceiling", WIDTH + 2 * WALL, DEPTH + 2 * WALL, WALL), (0.0, 0.0, HEIGHT)),
        ("Wall Back", _back_wall(WINDOW), (0.0, (DEPTH + WALL) / 2, 0.0)),
        ("Wall Front", across, (0.0, -(DEPTH + WALL) / 2, 0.0)),
        ("Wall Left", _slab("wall", WALL, DEPTH, HEIGHT), (-(WIDTH + WALL) / 2, 0.0, 0.0)),
        ("Wall Right", _slab("accent wall", WALL, DEPTH, HEIGHT), ((WIDTH + WALL) / 2, 0.0, 0.0)),
    ]
    for name, model, at in parts:
        stage.put(name, model, at, group="Room").display_type = "WIRE"


def add_lights(stage: Stage) -> None:
    """Add daylight from the window and a soft ceiling light."""
    middle = (WINDOW.sill + WINDOW.lintel) / 2
    y = DEPTH / 2 - 0.06
    size = (WINDOW.width - 0.2, WINDOW.lintel - WINDOW.sill - 0.2)
    stage.area_light("Example Daylight", (WINDOW.centre, y, middle), (0.0, -0.4, 0.6), size, 140.0, "#E6F1FF")
    stage.area_light(
        "Example Ceiling Light", (0.4, -0.9, HEIGHT - 0.02), (0.4, -0.9, 0.0), (2.4, 2.0), 85.0, "#FFF3E0"
    )


def _fix(stage: Stage, name: str, model: Model, at: Place, turn: float = 0.0) -> None:
    stage.put(name, model, at, turn, group="Room")


def _slab(material: str, width: float, depth: float, height: float) -> Model:
    model = Model()
    model.add(material, box((width, depth, height)))
    return model


def _floor() -> Model:
    """A wooden floor slab with its top at z = 0, and thin dark seams between the planks."""
    model = Model()
    model.add("floor", box((WIDTH + 2 * WALL, DEPTH + 2 * WALL, WALL)).at(z=-WALL - 0.0005))
    planks = 33
    for seam in range(1, planks):
        y = DEPTH * (seam / planks - 0.5)
        model.add("floor seam", box((WIDTH, 0.006, 0.0004)).at(0.0, y, -0.0006))
    return model


def _back_wall(hole: Opening) -> Model:
    """The wall with the window, in four blocks around the opening."""
    model = Model()
    full = WIDTH + 2 * WALL
    left, right = hole.centre - hole.width / 2, hole.centre + hole.width / 2
    for start, end in ((-full / 2, left), (right, full / 2)):
        model.add("wall", box((end - start, WALL, HEIGHT)).at((start + end) / 2))
    model.add("wall", box((hole.width, WALL, hole.sill)).at(hole.centre))
    model.add("wall", box((hole.width, WALL, HEIGHT - hole.lintel)).at(hole.centre, 0.0, hole.lintel))
    return model


def _window(hole: Opening) -> Model:
    """Frame, cross bars, sill and a glowing pane of sky behind them."""
    model = Model()
    wall = DEPTH / 2
    height = hole.lintel - hole.sill
    model.add("sky", box((hole.width, 0.01, height)).at(hole.centre, wall + 0.08, hole.sill))
    for side in (-1, 1):
        post = box((0.07, 0.12, height + 0.14), 0.004)
        model.add(
            "trim", post.at(hole.centre + side * (hole.width / 2 + 0.02), wall + 0.03, hole.sill - 0.07)
        )
    for z in (hole.sill - 0.07, hole.lintel):
        model.add("trim", box((hole.width - 0.03, 0.12, 0.07), 0.004).at(hole.centre, wall + 0.03, z))
    model.add("trim", box((0.045, 0.05, height), 0.003).at(hole.centre, wall + 0.04, hole.sill))
    model.add(
        "trim", box((hole.width, 0.05, 0.04), 0.003).at(hole.centre, wall + 0.04, hole.sill + 0.62 * height)
    )
    model.add(
        "trim", box((hole.width + 0.2, 0.17, 0.035), 0.006).at(hole.centre, wall - 0.03, hole.sill - 0.105)
    )
    return model


def _door() -> Model:
    """A panelled door in its frame, back at y = 0, looking to -Y."""
    width, height = 0.92, 2.06
    model = Model()
    model.add("trim", box((width, 0.03, height)).at(0.0, -0.015))
    for side in (-1, 1):
        model.add("walnut", box((0.08, 0.045, height + 0.08), 0.004).at(side * (width / 2 + 0.04), -0.0225))
        for bottom, tall in ((0.20, 0.75), (1.10, 0.80)):
            model.add("wall", box((0.30, 0.012, tall), 0.005).at(side * 0.20, -0.034, bottom))
    model.add("walnut", box((width, 0.045, 0.08), 0.004).at(0.0, -0.0225, height))
    model.add("dark steel", sphere(0.032, 20, 12).at(-0.38, -0.07, 0.98))
    model.add("dark steel", cylinder(0.012, 0.05, 0.0, 16).turned("X", 90.0).at(-0.38, -0.025, 1.012))
    return model


def _skirting() -> Model:
    model = Model()
    for side in (-1, 1):
        model.add("trim", box((WIDTH, 0.014, 0.09), 0.003).at(0.0, side * (DEPTH / 2 - 0.007)))
        model.add("trim", box((0.014, DEPTH - 0.028, 0.09), 0.003).at(side * (WIDTH / 2 - 0.007), 0.0))
    return model
