# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a scene varies from view to view, and how far. Defaults mean "nothing varies"; draws are in ``draws.py``.

Lengths are scene units, angles degrees. A range is (lowest, highest); equal ends mean a fixed value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from .errors import SpecError
from .ranges import in_range

Range: TypeAlias = tuple[float, float]
Scope = Literal["LABELLED", "UNLABELLED", "EVERYTHING", "CATEGORIES"]
WorldSource = Literal["SCENE", "HDRI", "SKY"]
RotationAxes = Literal["Z", "FREE"]
LensModel = Literal["BROWN_CONRADY", "FISHEYE"]
MAX_EXTRA: Final = 32
COEFFICIENTS: Final[dict[LensModel, tuple[str, ...]]] = {
    "BROWN_CONRADY": ("k1", "k2", "p1", "p2", "k3"),
    "FISHEYE": ("k1", "k2", "k3", "k4"),
}
"""Names of each model's coefficients in the order of OpenCV's ``distCoeffs``."""


@dataclass(frozen=True)
class LightsVariation:
    """Finished picture only. ``energy`` is a factor, drawn evenly in its logarithm; ``temperature`` in kelvin.

    ``shift`` is how far a light may move, ``off`` the share that is switched off. Suns come from ``sun_azimuth`` (from
    +X towards +Y) and ``sun_elevation``. ``extra`` is how many lights of our own stand in a shell of ``extra_distance``
    round the target, above it, with ``extra_energy`` watts.
    """

    use: bool = False
    energy: Range = (0.5, 2.0)
    use_temperature: bool = False
    temperature: Range = (2700.0, 7500.0)
    shift: float = 0.0
    off: float = 0.0
    use_sun: bool = False
    sun_elevation: Range = (10.0, 70.0)
    sun_azimuth: Range = (0.0, 360.0)
    extra: tuple[int, int] = (0, 0)
    extra_distance: Range = (2.0, 4.0)
    extra_energy: Range = (50.0, 300.0)


@dataclass(frozen=True)
class WorldVariation:
    """Finished picture only. SCENE takes the scene's own world, HDRI a picture from ``folder``, SKY a procedural sky.

    ``strength`` is a factor for SCENE and the strength itself for the others; ``rotation`` is about Z.
    """

    use: bool = False
    source: WorldSource = "SCENE"
    folder: str = ""
    strength: Range = (0.7, 1.4)
    rotation: Range = (0.0, 360.0)
    sun_elevation: Range = (5.0, 60.0)


@dataclass(frozen=True)
class MaterialsVariation:
    """Finished picture only. ``hue`` is the largest shift (0.5 is half of the circle), ``saturation`` and ``value`` are
    factors. ``roughness`` is set where no texture says it. Of the materials, ``texture_share`` get a picture from the
    folder ``textures`` in place of their colour; where an object has no UV map, it is ``texture_size`` wide.
    """

    use: bool = False
    scope: Scope = "EVERYTHING"
    categories: tuple[str, ...] = ()
    hue: float = 0.05
    saturation: Range = (0.8, 1.2)
    value: Range = (0.8, 1.2)
    use_roughness: bool = False
    roughness: Range = (0.2, 0.8)
    textures: str = ""
    texture_share: float = 0.5
    texture_size: float = 1.0


@dataclass(frozen=True)
class ObjectsVariation:
    """Labels and picture. ``location`` is how far each axis of the world may shift a thing, ``rotation`` how far it
    turns to either side about world Z or a free axis, ``scale`` a factor. ``hidden`` is the share that is not there;
    ``shuffle`` makes things exchange places. A collection that is one instance moves as one. Marked surfaces stay as
    they are, unless their category is named.
    """

    use: bool = False
    scope: Scope = "LABELLED"
    categories: tuple[str, ...] = ()
    location: tuple[float, float, float] = (0.0, 0.0, 0.0)
    rotation: float = 0.0
    rotation_axes: RotationAxes = "Z"
    scale: Range = (1.0, 1.0)
    hidden: float = 0.0
    shuffle: bool = False


@dataclass(frozen=True)
class CameraVariation:
    """``lens`` in millimetres changes labels and picture; the rest is of the finished picture only.

    ``exposure`` in stops, ``fstop`` of a camera focused on the target, ``shutter`` in frames, ``shake`` how far the
    camera goes while the shutter is open, its pose being that of the middle.
    """

    use_lens: bool = False
    lens: Range = (28.0, 50.0)
    use_exposure: bool = False
    exposure: Range = (-1.0, 1.0)
    use_dof: bool = False
    fstop: Range = (1.4, 8.0)
    use_motion_blur: bool = False
    shutter: Range = (0.2, 0.8)
    shake: Range = (0.0, 0.0)


@dataclass(frozen=True)
class SensorVariation:
    """Noise is of the finished picture; distortion of the picture, the labels and the control images alike.

    ``shot`` and ``read`` are the standard deviations of the noise in linear light, where white is 1: that of the light,
    at white (it falls with the root of the light), and that of the electronics, everywhere. ``model`` is the lens
    model: Brown and Conrady's with k1, k2, p1, p2, k3, or OpenCV's fisheye with k1, k2, k3, k4; the coefficients apply
    to the K of the camera. Passes are rendered undistorted and wider, ``precision`` times as fine, and each distorted
    pixel takes the nearest.
    """

    use_noise: bool = False
    shot: Range = (0.005, 0.03)
    read: Range = (0.0, 0.01)
    use_distortion: bool = False
    model: LensModel = "BROWN_CONRADY"
    k1: Range = (-0.2, 0.05)
    k2: Range = (0.0, 0.0)
    k3: Range = (0.0, 0.0)
    k4: Range = (0.0, 0.0)
    p1: Range = (0.0, 0.0)
    p2: Range = (0.0, 0.0)
    precision: int = 4


@dataclass(frozen=True)
class FramesVariation:
    """The scene's animation as a source: each view shows a frame drawn from ``start``, ``start + step`` ... ``end``."""

    use: bool = False
    start: int = 1
    end: int = 250
    step: int = 1


@dataclass(frozen=True)
class VariationSpec:
    """All that varies."""

    lights: LightsVariation = field(default_factory=LightsVariation)
    world: WorldVariation = field(default_factory=WorldVariation)
    materials: MaterialsVariation = field(default_factory=MaterialsVariation)
    objects: ObjectsVariation = field(default_factory=ObjectsVariation)
    camera: CameraVariation = field(default_factory=CameraVariation)
    sensor: SensorVariation = field(default_factory=SensorVariation)
    frames: FramesVariation = field(default_factory=FramesVariation)


LIMITS: Final[dict[str, dict[str, tuple[float, float]]]] = {
    "lights": {
        "energy": (0.001, 1000.0),
        "temperature": (1700.0, 25000.0),
        "shift": (0.0, 1e6),
        "off": (0.0, 1.0),
        "sun_elevation": (-90.0, 90.0),
        "sun_azimuth": (-360.0, 720.0),
        "extra": (0, MAX_EXTRA),
        "extra_distance": (0.001, 1e6),
        "extra_energy": (0.0, 1e9),
    },
    "world": {"strength": (0.0, 1e6), "rotation": (-360.0, 720.0), "sun_elevation": (0.0, 90.0)},
    "materials": {
        "hue": (0.0, 0.5),
        "saturation": (0.0, 2.0),
        "value": (0.0, 10.0),
        "roughness": (0.0, 1.0),
        "texture_share": (0.0, 1.0),
        "texture_size": (1e-4, 1e6),
    },
    "objects": {
        "location": (0.0, 1e6),
        "rotation": (0.0, 180.0),
        "scale": (0.001, 1000.0),
        "hidden": (0.0, 1.0),
    },
    "camera": {
        "lens": (1.0, 5000.0),
        "exposure": (-20.0, 20.0),
        "fstop": (0.05, 128.0),
        "shutter": (0.001, 2.0),
        "shake": (0.0, 1e6),
    },
    "sensor": {
        "shot": (0.0, 1.0),
        "read": (0.0, 1.0),
        **dict.fromkeys(("k1", "k2", "k3", "k4", "p1", "p2"), (-10.0, 10.0)),
        "precision": (1, 8),
    },
    "frames": {"start": (-1048574, 1048574), "end": (-1048574, 1048574), "step": (1, 1048574)},
}
"""The lowest and highest value of every setting, or of both ends of a range."""


def check_variation(spec: VariationSpec, *, sweep: str, source: str, exports: tuple[str, ...]) -> None:
    """Check every setting.

    Args:
        spec: what varies.
        sweep: the job's kind of sweep.
        source: the job's source of labels.
        exports: the job's exports.

    Raises:
        SpecError: ``spec.range`` or ``spec.variation``.
    """
    for section, limits in LIMITS.items():
        for name, (low, high) in limits.items():
            _check_limits(f"variation.{section}.{name}", getattr(getattr(spec, section), name), low, high)
    for section in ("objects", "materials"):
        _check_scope(section, getattr(spec, section))
    if spec.world.use and spec.world.source == "HDRI" and not spec.world.folder:
        raise SpecError(
            "spec.variation", "No folder of HDRI pictures is named.", "Choose one, or the procedural sky."
        )
    _check_frames(spec.frames, sweep)
    if spec.sensor.use_distortion and source == "CRYPTOMATTE":
        raise SpecError(
            "spec.variation",
            "Labels from Cryptomatte cannot be distorted with the lens.",
            "Use the Object Index, or turn the distortion off.",
        )
    check_lens(spec.sensor, exports)


def _check_limits(name: str, value: object, low: float, high: float) -> None:
    numbers = value if isinstance(value, tuple) else (value,)
    for number in numbers:
        assert isinstance(number, (int, float))
        in_range(name, number, low, high)
    if len(numbers) == 2 and numbers[0] > numbers[1]:
        raise SpecError(
            "spec.range",
            f"The range {name} begins at {numbers[0]:g} and ends at {numbers[1]:g}.",
            "Swap the two.",
        )


def _check_scope(section: str, part: ObjectsVariation | MaterialsVariation) -> None:
    if part.use and part.scope == "CATEGORIES" and not part.categories:
        raise SpecError(
            "spec.variation",
            f"The variation of {section} is for categories, and none is named.",
            "Name one, or choose another scope.",
        )


def _check_frames(frames: FramesVariation, sweep: str) -> None:
    if not frames.use:
        return
    if sweep in ("FRAMES", "MARKERS"):
        raise SpecError(
            "spec.variation",
            f"The sweep {sweep} chooses the frames itself.",
            "Turn the variation of frames off, or choose another sweep.",
        )
    if frames.start > frames.end:
        raise SpecError(
            "spec.range",
            f"The first frame {frames.start} of the variation comes after the last frame {frames.end}.",
            "Swap them.",
        )


def check_lens(sensor: SensorVariation, exports: tuple[str, ...]) -> None:
    """Refuse exports that have no room for lens distortion.

    Raises:
        SpecError: ``spec.exports``.
    """
    if sensor.use_distortion and "BOP" in exports:
        raise SpecError(
            "spec.exports",
            "BOP has no lens distortion: its poses would not fit the pictures.",
            "Leave BOP out, or turn the distortion off.",
        )


PICTURE_ONLY: Final = {
    "lights": ("use",),
    "world": ("use",),
    "materials": ("use",),
    "camera": ("use_exposure", "use_dof", "use_motion_blur"),
    "sensor": ("use_noise",),
}
"""Switches of what the finished picture alone shows."""
SWITCHES: Final = {
    **PICTURE_ONLY,
    "objects": ("use",),
    "camera": ("use_lens", *PICTURE_ONLY["camera"]),
    "sensor": (*PICTURE_ONLY["sensor"], "use_distortion"),
    "frames": ("use",),
}


def varied(spec: VariationSpec, switches: Mapping[str, tuple[str, ...]] = SWITCHES) -> tuple[str, ...]:
    """Return in words what varies, of what has one of the switches."""
    return tuple(
        section if switch == "use" else switch.removeprefix("use_").replace("_", " ")
        for section, names in switches.items()
        for switch in names
        if getattr(getattr(spec, section), switch)
    )


def frames_of(spec: FramesVariation, planned: list[int]) -> list[int]:
    """Return the frames that the views of a job may show: all in the range, or the ``planned`` ones without it."""
    return list(range(spec.start, spec.end + 1, spec.step)) if spec.use else planned
