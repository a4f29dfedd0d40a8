# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels and tooltips are worded as Blender's, and each number has the unit that Blender gives its like."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import bpy
import pytest

from synthdata_addon import registration
from tests.blender.interface import settings_of

SMALL = frozenset(
    {
        "a",
        "an",
        "and",
        "as",
        "at",
        "by",
        "for",
        "from",
        "in",
        "into",
        "is",
        "of",
        "off",
        "on",
        "or",
        "the",
        "to",
    }
)
"""Words that Blender's titles leave small."""
NAMES = {"Euler a"}
"""Written as its makers do."""
NOT_AS_IN_BLENDER = re.compile(r"colour|centre|licence|metre|grey|degrees", re.IGNORECASE)
RANDOMIZE = "OBJECT_OT_randomize_transform"
SAME = {
    "width": ("RenderSettings", "resolution_x"),
    "height": ("RenderSettings", "resolution_y"),
    "lens": ("Camera", "lens"),
    "frame_start": ("Scene", "frame_start"),
    "frame_end": ("Scene", "frame_end"),
    "frame_step": ("Scene", "frame_step"),
    "variation.frames.start": ("Scene", "frame_start"),
    "variation.frames.end": ("Scene", "frame_end"),
    "variation.frames.step": ("Scene", "frame_step"),
    "variation.lights.use_temperature": ("Light", "use_temperature"),
    "variation.lights.temperature": ("Light", "temperature"),
    "variation.lights.extra_energy": ("PointLight", "energy"),
    "variation.lights.sun_elevation": ("ShaderNodeTexSky", "sun_elevation"),
    "variation.world.sun_elevation": ("ShaderNodeTexSky", "sun_elevation"),
    "variation.objects.location": (RANDOMIZE, "loc"),
    "variation.objects.rotation": (RANDOMIZE, "rot"),
    "variation.objects.scale": (RANDOMIZE, "scale"),
    "variation.camera.lens": ("Camera", "lens"),
    "variation.camera.exposure": ("ColorManagedViewSettings", "exposure"),
    "variation.camera.use_dof": ("CameraDOFSettings", "use_dof"),
    "variation.camera.fstop": ("CameraDOFSettings", "aperture_fstop"),
    "variation.camera.use_motion_blur": ("RenderSettings", "use_motion_blur"),
    "variation.camera.shutter": ("RenderSettings", "motion_blur_shutter"),
    **{
        f"variation.sensor.{name}": ("MovieTrackingCamera", f"brown_{name}")
        for name in ("k1", "k2", "k3", "k4", "p1", "p2")
    },
}
"""Settings that Blender has too, in a type or in an operator."""
OTHER_UNIT = {"variation.lights.extra_energy", "variation.camera.use_dof", "variation.camera.use_motion_blur"}
"""Watts, which Blender 4.5 has no unit for any more; and switches, which have none."""


def properties() -> Iterator[tuple[str, Any]]:
    """Yield every property of ours that can be shown, with its name in Python."""
    for kind in registration.CLASSES:
        rna = kind.bl_rna
        if issubclass(kind, bpy.types.Operator):
            area, _, verb = kind.bl_idname.partition(".")
            rna = getattr(getattr(bpy.ops, area), verb).get_rna_type()
        for base in kind.__mro__:
            if base.__module__.startswith("synthdata_addon"):
                for name in inspect.get_annotations(base):
                    if name in rna.properties and is_shown(rna.properties[name]):
                        yield f"{kind.__name__}.{name}", rna.properties[name]


def is_shown(prop: Any) -> bool:
    """Tell whether a panel can draw a property: it draws what is in a group, not the group."""
    if prop.is_hidden:
        return False
    return prop.type != "POINTER" or getattr(prop.fixed_type.base, "identifier", "") != "PropertyGroup"


def is_title(text: str) -> bool:
    words = text.split()
    return bool(words) and all(
        not word.lstrip("(")[:1].islower() or (place > 0 and word in SMALL)
        for place, word in enumerate(words)
    )


def blenders(owner: str, name: str) -> Any:
    """Return a property of Blender's; None if this version has none."""
    if "_OT_" in owner:
        area, verb = owner.lower().split("_ot_")
        return getattr(getattr(bpy.ops, area), verb).get_rna_type().properties[name]
    kind = getattr(bpy.types, owner)
    return kind.bl_rna.properties.get(name)


def test_every_label_is_a_title():
    labels = {path: prop.name for path, prop in properties()}
    assert len(labels) > 230
    for path, prop in properties():
        if prop.type == "ENUM":
            labels |= {f"{path}.{item.identifier}": item.name for item in prop.enum_items}
    for kind in registration.CLASSES:
        if getattr(kind, "bl_label", ""):
            labels[kind.__name__] = kind.bl_label
    wrong = {path: text for path, text in labels.items() if not is_title(text) and text not in NAMES}
    assert wrong == {}


def test_every_tooltip_says_something_and_has_no_full_stop():
    """Blender ends a tooltip with one of its own."""
    shown = {path: prop.description for path, prop in properties()}
    for kind in registration.CLASSES:
        if issubclass(kind, bpy.types.Operator):
            shown[kind.__name__] = kind.__doc__ or "by its description()"
    assert {path for path, text in shown.items() if not text} == set()
    assert {path: text for path, text in shown.items() if text.rstrip().endswith(".")} == {}


def test_words_are_those_of_blenders_interface():
    texts = []
    for path, prop in properties():
        texts += [(path, prop.name), (path, prop.description)]
        if prop.type == "ENUM":
            texts += [(path, text) for item in prop.enum_items for text in (item.name, item.description)]
    for kind in registration.CLASSES:
        texts.append((kind.__name__, getattr(kind, "bl_label", "")))
        if issubclass(kind, bpy.types.Operator):
            texts.append((kind.__name__, kind.__doc__ or ""))
    assert [(path, text) for path, text in texts if NOT_AS_IN_BLENDER.search(text)] == []


@pytest.mark.parametrize("path", SAME)
def test_what_blender_has_too_is_called_as_there(empty_scene, path):
    ours = {setting.path: setting.prop for setting in settings_of(empty_scene.synthdata)}[path]
    theirs = blenders(*SAME[path])
    if theirs is None:
        pytest.skip(f"no {SAME[path]} in this Blender")
    assert ours.name == theirs.name
    if path not in OTHER_UNIT:
        assert (ours.type, ours.unit) == (theirs.type, theirs.unit)


def test_numbers_have_units(empty_scene):
    """What a tooltip calls an angle, a distance or a share is one."""
    units, subtypes = {}, {}
    for setting in settings_of(empty_scene.synthdata):
        prop = setting.prop
        if prop.type == "FLOAT":
            units.setdefault(prop.unit, set()).add(setting.path)
            # With a unit, the digits before the point count too: at 2, the default, 24.1° shows as 24°.
            assert prop.precision >= 4 or prop.unit in {"NONE", "COLOR_TEMPERATURE"}, setting.path
            if not prop.is_array:
                subtypes.setdefault(prop.subtype, set()).add(setting.path)
    assert len(units["ROTATION"]) == 15
    assert len(subtypes["ANGLE"]) == 11
    assert subtypes["ANGLE"] < units["ROTATION"]
    assert subtypes["DISTANCE"] >= {"radius", "depth_near", "populate.spacing", "sweep_settings.clearance"}
    assert units["LENGTH"] - subtypes["DISTANCE"] == {
        "variation.lights.extra_distance",
        "variation.objects.location",
        "variation.camera.shake",
    }
    assert units["CAMERA"] == {"lens", "variation.camera.lens"}
    assert subtypes["FACTOR"] >= {"val_fraction", "jitter", "labels.alpha_threshold", "variation.lights.off"}
    assert not re.search("distance|angle|rotation|share", " ".join(units["NONE"] - subtypes["FACTOR"]))


def test_pictures_are_measured_in_pixels_and_folders_can_be_chosen(empty_scene):
    ours = {setting.path: setting.prop for setting in settings_of(empty_scene.synthdata)}
    assert ours["width"].subtype == ours["height"].subtype == "PIXEL"
    folders = ("output", "prompts.wildcard_folder", "variation.world.folder", "variation.materials.textures")
    assert {ours[path].subtype for path in folders} == {"DIR_PATH"}
