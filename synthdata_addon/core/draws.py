# SPDX-License-Identifier: GPL-3.0-or-later
"""What varies in one view: from settings, seed, view and a name to plain numbers. Pure, in any order the same.

Every quantity of everything that has a name is a draw of its own, so that switching one variation on, or adding a light
or an object, changes no other draw.
"""

from __future__ import annotations

import enum
import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .seeds import Purpose, generator
from .variation import (
    COEFFICIENTS,
    CameraVariation,
    FramesVariation,
    LightsVariation,
    MaterialsVariation,
    ObjectsVariation,
    Range,
    SensorVariation,
    WorldVariation,
)

Vector3 = tuple[float, float, float]


class Draw(enum.IntEnum):
    """Which draw of a view. Numbers are part of the dataset's identity: append only, never renumber."""

    LIGHT = 0
    SUN = 1
    EXTRA_LIGHTS = 2
    WORLD = 3
    MATERIAL = 4
    OBJECT = 5
    SHUFFLE = 6
    CAMERA = 7
    NOISE = 8
    DISTORTION = 9
    FRAME = 10


@dataclass(frozen=True)
class LightDraw:
    """``energy`` factor, ``temperature`` in kelvin (None: as it is), ``shift`` in world axes, ``on``."""

    energy: float
    temperature: float | None
    shift: Vector3
    on: bool


@dataclass(frozen=True)
class ExtraLight:
    """A light of our own: ``direction`` (unit, world axes) and ``distance`` from the target, watts, kelvin."""

    direction: Vector3
    distance: float
    energy: float
    temperature: float | None


@dataclass(frozen=True)
class WorldDraw:
    """``choice`` in 0 .. 1 picks a file, ``rotation`` about Z and ``sun_elevation`` in degrees."""

    choice: float
    strength: float
    rotation: float
    sun_elevation: float


@dataclass(frozen=True)
class MaterialDraw:
    """``hue`` shift in circles, factors, ``roughness`` (None: as it is), ``texture`` in 0 .. 1 (None: no texture)."""

    hue: float
    saturation: float
    value: float
    roughness: float | None
    texture: float | None


@dataclass(frozen=True)
class ObjectDraw:
    """A thing's ``shift`` in world axes, its turn by ``angle`` degrees about ``axis``, ``scale``, and ``hidden``."""

    shift: Vector3
    axis: Vector3
    angle: float
    scale: float
    hidden: bool


@dataclass(frozen=True)
class CameraDraw:
    """Millimetres, stops, f-stop and frames; None where a setting does not vary.

    ``shake`` is the way that the camera goes while the shutter is open, world axes.
    """

    lens: float | None
    exposure: float | None
    fstop: float | None
    shutter: float | None
    shake: Vector3


def draw_light(spec: LightsVariation, seed: int, view: int, name: str) -> LightDraw:
    """Return what becomes of a light of the scene, by its name."""
    rng = _rng(seed, view, Draw.LIGHT, name)
    return LightDraw(
        energy=_log_uniform(rng, spec.energy),
        temperature=_temperature(rng, spec),
        shift=_in_ball(rng, spec.shift),
        on=bool(rng.random() >= spec.off),
    )


def draw_sun(spec: LightsVariation, seed: int, view: int, name: str) -> tuple[float, float]:
    """Return elevation and azimuth of a sun, in degrees."""
    rng = _rng(seed, view, Draw.SUN, name)
    return _uniform(rng, spec.sun_elevation), _uniform(rng, spec.sun_azimuth)


def draw_extra_lights(spec: LightsVariation, seed: int, view: int) -> tuple[ExtraLight, ...]:
    """Return the lights of our own; they are evenly spread over the upper half of the sphere round the target."""
    count = int(_rng(seed, view, Draw.EXTRA_LIGHTS, "count").integers(*spec.extra, endpoint=True))
    lights = []
    for number in range(count):
        rng = _rng(seed, view, Draw.EXTRA_LIGHTS, str(number))
        height, around = rng.random(), rng.uniform(0.0, math.tau)
        across = math.sqrt(1.0 - height * height)
        lights.append(
            ExtraLight(
                direction=(across * math.cos(around), across * math.sin(around), height),
                distance=_uniform(rng, spec.extra_distance),
                energy=_uniform(rng, spec.extra_energy),
                temperature=_temperature(rng, spec),
            )
        )
    return tuple(lights)


def draw_world(spec: WorldVariation, seed: int, view: int) -> WorldDraw:
    """Return what becomes of the world."""
    rng = _rng(seed, view, Draw.WORLD)
    return WorldDraw(
        choice=float(rng.random()),
        strength=_uniform(rng, spec.strength),
        rotation=_uniform(rng, spec.rotation),
        sun_elevation=_uniform(rng, spec.sun_elevation),
    )


def draw_material(spec: MaterialsVariation, seed: int, view: int, name: str) -> MaterialDraw:
    """Return what becomes of a material, by its name."""
    rng = _rng(seed, view, Draw.MATERIAL, name)
    hue = _uniform(rng, (-spec.hue, spec.hue))
    saturation, value = _uniform(rng, spec.saturation), _uniform(rng, spec.value)
    roughness, share, choice = _uniform(rng, spec.roughness), rng.random(), float(rng.random())
    return MaterialDraw(
        hue=hue,
        saturation=saturation,
        value=value,
        roughness=roughness if spec.use_roughness else None,
        texture=choice if spec.textures and share < spec.texture_share else None,
    )


def draw_object(spec: ObjectsVariation, seed: int, view: int, name: str) -> ObjectDraw:
    """Return what becomes of a thing, by its name."""
    rng = _rng(seed, view, Draw.OBJECT, name)
    x, y, z = (_uniform(rng, (-reach, reach)) for reach in spec.location)
    angle, free = _uniform(rng, (-spec.rotation, spec.rotation)), _on_sphere(rng)
    return ObjectDraw(
        shift=(x, y, z),
        axis=(0.0, 0.0, 1.0) if spec.rotation_axes == "Z" else free,
        angle=angle,
        scale=_log_uniform(rng, spec.scale),
        hidden=bool(rng.random() < spec.hidden),
    )


def draw_places(spec: ObjectsVariation, seed: int, view: int, names: Sequence[str]) -> dict[str, str]:
    """Return whose place each thing takes: a permutation of the names, whatever order they come in."""
    ordered = sorted(names)
    if not spec.shuffle:
        return {name: name for name in ordered}
    order = _rng(seed, view, Draw.SHUFFLE).permutation(len(ordered))
    return {name: ordered[number] for name, number in zip(ordered, order, strict=True)}


def draw_camera(spec: CameraVariation, seed: int, view: int) -> CameraDraw:
    """Return what becomes of the camera."""
    rng = _rng(seed, view, Draw.CAMERA)
    lens, exposure = _log_uniform(rng, spec.lens), _uniform(rng, spec.exposure)
    fstop, shutter = _log_uniform(rng, spec.fstop), _uniform(rng, spec.shutter)
    reach, (x, y, z) = _uniform(rng, spec.shake), _on_sphere(rng)
    return CameraDraw(
        lens=lens if spec.use_lens else None,
        exposure=exposure if spec.use_exposure else None,
        fstop=fstop if spec.use_dof else None,
        shutter=shutter if spec.use_motion_blur else None,
        shake=(x * reach, y * reach, z * reach),
    )


def draw_noise(
    spec: SensorVariation, seed: int, view: int
) -> tuple[tuple[float, float], np.random.Generator]:
    """Return the shot and read noise of a view, and the generator that draws its grain."""
    rng = _rng(seed, view, Draw.NOISE)
    return (_uniform(rng, spec.shot), _uniform(rng, spec.read)), rng


def draw_distortion(spec: SensorVariation, seed: int, view: int) -> tuple[float, ...]:
    """Return the lens model's coefficients, in OpenCV's order."""
    rng = _rng(seed, view, Draw.DISTORTION)
    drawn = {name: _uniform(rng, getattr(spec, name)) for name in ("k1", "k2", "k3", "k4", "p1", "p2")}
    return tuple(drawn[name] for name in COEFFICIENTS[spec.model])


def draw_frame(spec: FramesVariation, seed: int, view: int, planned: int) -> int:
    """Return the frame that a view shows; the ``planned`` one where frames do not vary."""
    if not spec.use:
        return planned
    frames = range(spec.start, spec.end + 1, spec.step)
    return frames[int(_rng(seed, view, Draw.FRAME).integers(len(frames)))]


def pick(choice: float, names: Sequence[str]) -> str:
    """Return the name at a place in 0 .. 1."""
    return names[min(int(choice * len(names)), len(names) - 1)]


def _rng(seed: int, view: int, draw: Draw, name: str = "") -> np.random.Generator:
    return generator(seed, view, Purpose.VARIATION, int(draw), zlib.crc32(name.encode()))


def _uniform(rng: np.random.Generator, span: Range) -> float:
    return float(rng.uniform(*span))


def _log_uniform(rng: np.random.Generator, span: Range) -> float:
    return math.exp(rng.uniform(math.log(span[0]), math.log(span[1])))


def _temperature(rng: np.random.Generator, spec: LightsVariation) -> float | None:
    # Even in mired, as the eye and photographers' filters see temperatures.
    drawn = 1e6 / rng.uniform(1e6 / spec.temperature[1], 1e6 / spec.temperature[0])
    return float(drawn) if spec.use_temperature else None


def _on_sphere(rng: np.random.Generator) -> Vector3:
    height, around = rng.uniform(-1.0, 1.0), rng.uniform(0.0, math.tau)
    across = math.sqrt(1.0 - height * height)
    return across * math.cos(around), across * math.sin(around), float(height)


def _in_ball(rng: np.random.Generator, radius: float) -> Vector3:
    x, y, z = _on_sphere(rng)
    reach = radius * rng.random() ** (1.0 / 3.0)
    return x * reach, y * reach, z * reach
