# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of what varies from view to view, as they live in the .blend. Names follow ``core.variation``.

A range is a pair of numbers: lowest and highest. Enum numbers are stored: append only.
"""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import (
    BoolProperty,
    EnumProperty,
    FloatProperty,
    FloatVectorProperty,
    IntProperty,
    IntVectorProperty,
    PointerProperty,
    StringProperty,
)

from ..blender.compat import PATH_OPTIONS
from ..core.variation import LIMITS, VariationSpec
from .units import DISTANCE, DISTANCES, FINE, FOCAL_LENGTHS, POWERS, TEMPERATURES, angle, angles

_DEFAULT = VariationSpec()
_SCOPES = [
    ("LABELLED", "Objects of Interest", "What has a category", 0),
    ("UNLABELLED", "Distractors", "What has no category: distractors, and also walls and floors", 1),
    ("EVERYTHING", "Everything", "All that renders, walls and floors too", 2),
    ("CATEGORIES", "Categories", "What has one of the categories that are named", 3),
]
_PICTURE = "Shows in the finished picture only. Needs Beauty"


def _about(section: str, name: str) -> dict[str, Any]:
    """Return default and limits of a setting, as the request has them."""
    low, high = LIMITS[section][name]
    return {"default": getattr(getattr(_DEFAULT, section), name), "min": low, "max": high}


def _span(section: str, name: str, title: str, description: str, **unit: Any) -> Any:
    return FloatVectorProperty(
        name=title,
        description=f"{description}, from the first number to the second",
        size=2,
        **unit,
        **_about(section, name),
    )


def _angles(section: str, name: str, title: str, description: str) -> Any:
    about = _about(section, name)
    return angles(
        title,
        f"{description}, from the first angle to the second",
        about["default"],
        about["min"],
        about["max"],
    )


def _coefficient(name: str) -> Any:
    return _span("sensor", name, name.upper(), f"Coefficient {name} of the lens, as OpenCV has it", **FINE)


def _frame(name: str, title: str, description: str) -> Any:
    return IntProperty(name=title, description=description, subtype="TIME", **_about("frames", name))


class SynthDataLightsVariation(bpy.types.PropertyGroup):
    """Lights."""

    use: BoolProperty(name="Lights", description=f"Vary the lights from view to view. {_PICTURE}")
    energy: _span("lights", "energy", "Power Factor", "Factor of the power of each light")
    use_temperature: BoolProperty(
        name="Use Temperature", description="Give each light the color of a temperature"
    )
    temperature: _span(
        "lights",
        "temperature",
        "Temperature",
        "Color temperature in kelvin, warm to cool",
        **TEMPERATURES,
    )
    shift: FloatProperty(
        name="Shift",
        description="How far each light may move, in any direction",
        **DISTANCE,
        **_about("lights", "shift"),
    )
    off: FloatProperty(
        name="Switched Off",
        description="Share of the lights that is off in a view",
        subtype="FACTOR",
        **_about("lights", "off"),
    )
    use_sun: BoolProperty(name="Sun Angle", description="Let suns shine from another direction in each view")
    sun_elevation: _angles("lights", "sun_elevation", "Sun Elevation", "Angle of the sun above the horizon")
    sun_azimuth: _angles(
        "lights", "sun_azimuth", "Sun Azimuth", "Direction of the sun, counted from +X towards +Y"
    )
    extra: IntVectorProperty(
        name="Extra Lights",
        description="Number of point lights that are added above and round the target, from the first number to the "
        "second",
        size=2,
        **_about("lights", "extra"),
    )
    extra_distance: _span(
        "lights", "extra_distance", "Distance", "Distance of extra lights from the target", **DISTANCES
    )
    extra_energy: _span("lights", "extra_energy", "Power", "Power of extra lights", **POWERS)


class SynthDataWorldVariation(bpy.types.PropertyGroup):
    """World."""

    use: BoolProperty(name="World", description=f"Vary the surroundings from view to view. {_PICTURE}")
    source: EnumProperty(
        name="Source",
        description="What the surroundings are",
        items=[
            ("SCENE", "Scene's World", "The scene's own world, turned and dimmed", 0),
            ("HDRI", "HDRI Folder", "A picture from a folder, drawn for each view", 1),
            ("SKY", "Procedural Sky", "Blender's sky with a sun; needs no file", 2),
        ],
        default=_DEFAULT.world.source,
    )
    folder: StringProperty(
        name="Folder",
        description="Folder of panoramas (.hdr, .exr, .jpg)",
        subtype="DIR_PATH",
        options=PATH_OPTIONS,
    )
    strength: _span(
        "world", "strength", "Strength", "Strength of the light; a factor where it is the scene's own world"
    )
    rotation: _angles("world", "rotation", "Rotation", "Rotation about Z")
    sun_elevation: _angles(
        "world", "sun_elevation", "Sun Elevation", "Angle of the sky's sun above the horizon"
    )


class SynthDataMaterialsVariation(bpy.types.PropertyGroup):
    """Materials."""

    use: BoolProperty(name="Materials", description=f"Vary colors and textures from view to view. {_PICTURE}")
    scope: EnumProperty(
        name="Of", description="Whose materials vary", items=_SCOPES, default=_DEFAULT.materials.scope
    )
    categories: StringProperty(name="Categories", description="Names of categories, such as: mug, chair")
    hue: FloatProperty(
        name="Hue",
        description="How far the hue may shift to either side; 0.5 is half of the color circle",
        subtype="FACTOR",
        **_about("materials", "hue"),
    )
    saturation: _span("materials", "saturation", "Saturation", "Factor of the saturation")
    value: _span("materials", "value", "Value", "Factor of the brightness")
    use_roughness: BoolProperty(
        name="Roughness", description="Set the roughness of surfaces that have no roughness texture"
    )
    roughness: _span("materials", "roughness", "Range", "Roughness")
    textures: StringProperty(
        name="Textures",
        description="Folder of pictures that take the place of colors; empty: none",
        subtype="DIR_PATH",
        options=PATH_OPTIONS,
    )
    texture_share: FloatProperty(
        name="Share",
        description="Share of the materials that gets a texture in a view",
        subtype="FACTOR",
        **_about("materials", "texture_share"),
    )
    texture_size: FloatProperty(
        name="Size",
        description="Width of a texture on objects that have no UV map",
        **DISTANCE,
        **_about("materials", "texture_size"),
    )


class SynthDataObjectsVariation(bpy.types.PropertyGroup):
    """Objects."""

    use: BoolProperty(
        name="Objects", description="Move, turn, hide or exchange things from view to view; labels follow"
    )
    scope: EnumProperty(
        name="Of", description="Which things vary", items=_SCOPES, default=_DEFAULT.objects.scope
    )
    categories: StringProperty(name="Categories", description="Names of categories, such as: mug, chair")
    location: FloatVectorProperty(
        name="Location",
        description="How far a thing may move along each axis of the world, to either side",
        subtype="TRANSLATION",
        precision=5,
        **_about("objects", "location"),
    )
    rotation: angle(
        "Rotation",
        "How far a thing may turn to either side",
        _DEFAULT.objects.rotation,
        *LIMITS["objects"]["rotation"],
    )
    rotation_axes: EnumProperty(
        name="About",
        description="The axis that things turn about",
        items=[
            ("Z", "World Z", "Things stay upright", 0),
            ("FREE", "Any Axis", "Things tumble", 1),
        ],
        default=_DEFAULT.objects.rotation_axes,
    )
    scale: _span("objects", "scale", "Scale", "Factor of the size")
    hidden: FloatProperty(
        name="Hidden",
        description="Share of the things that is not there in a view",
        subtype="FACTOR",
        **_about("objects", "hidden"),
    )
    shuffle: BoolProperty(name="Exchange Places", description="Let each thing stand where another one stood")


class SynthDataCameraVariation(bpy.types.PropertyGroup):
    """Camera."""

    use_lens: BoolProperty(
        name="Lens",
        description="Vary the focal length from view to view; labels follow. Perspective cameras only",
    )
    lens: _span("camera", "lens", "Focal Length", "Focal length", **FOCAL_LENGTHS)
    use_exposure: BoolProperty(
        name="Exposure", description=f"Vary the exposure from view to view. {_PICTURE}"
    )
    exposure: _span("camera", "exposure", "Exposure", "Exposure in stops")
    use_dof: BoolProperty(
        name="Depth of Field", description=f"Blur what is nearer or farther than the target. {_PICTURE}"
    )
    fstop: _span("camera", "fstop", "F-Stop", "F-stop; small is blurred")
    use_motion_blur: BoolProperty(
        name="Motion Blur", description=f"Blur what the animation moves while the shutter is open. {_PICTURE}"
    )
    shutter: _span("camera", "shutter", "Shutter", "Time that the shutter is open, in frames")
    shake: _span(
        "camera", "shake", "Camera Shake", "How far the camera moves while the shutter is open", **DISTANCES
    )


class SynthDataSensorVariation(bpy.types.PropertyGroup):
    """Sensor."""

    use_noise: BoolProperty(name="Noise", description=f"Add the noise of a sensor. {_PICTURE}")
    shot: _span("sensor", "shot", "Shot", "Noise of the light at white, where white is 1", **FINE)
    read: _span("sensor", "read", "Read", "Noise of the electronics everywhere, where white is 1", **FINE)
    use_distortion: BoolProperty(
        name="Lens Distortion",
        description="Distort picture, labels and control images alike. Perspective cameras only",
    )
    model: EnumProperty(
        name="Model",
        description="How the lens distorts",
        items=[
            ("BROWN_CONRADY", "Brown-Conrady", "OpenCV's usual model", 0),
            ("FISHEYE", "Fisheye", "OpenCV's fisheye model, of Kannala and Brandt", 1),
        ],
        default=_DEFAULT.sensor.model,
    )
    k1: _coefficient("k1")
    k2: _coefficient("k2")
    k3: _coefficient("k3")
    k4: _coefficient("k4")
    p1: _coefficient("p1")
    p2: _coefficient("p2")
    precision: IntProperty(
        name="Precision",
        description="How many times finer than the picture labels render before they are distorted. Outlines are off "
        "by at most half of such a pixel; time and memory grow with the square",
        **_about("sensor", "precision"),
    )


class SynthDataFramesVariation(bpy.types.PropertyGroup):
    """Animation."""

    use: BoolProperty(name="Animation", description="Show another frame of the animation in each view")
    start: _frame("start", "Start Frame", "First frame that may be drawn")
    end: _frame("end", "End Frame", "Last frame that may be drawn")
    step: _frame("step", "Frame Step", "Take every n-th frame")


class SynthDataVariation(bpy.types.PropertyGroup):
    """All that varies."""

    lights: PointerProperty(type=SynthDataLightsVariation)
    world: PointerProperty(type=SynthDataWorldVariation)
    materials: PointerProperty(type=SynthDataMaterialsVariation)
    objects: PointerProperty(type=SynthDataObjectsVariation)
    camera: PointerProperty(type=SynthDataCameraVariation)
    sensor: PointerProperty(type=SynthDataSensorVariation)
    frames: PointerProperty(type=SynthDataFramesVariation)


CLASSES = (
    SynthDataLightsVariation,
    SynthDataWorldVariation,
    SynthDataMaterialsVariation,
    SynthDataObjectsVariation,
    SynthDataCameraVariation,
    SynthDataSensorVariation,
    SynthDataFramesVariation,
    SynthDataVariation,
)
