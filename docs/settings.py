# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes ``docs/settings.md``, every setting of the panel with its key in job files, from the extension itself.

Run with the Python that has ``bpy``: ``.envs/blender-4.5/bin/python docs/settings.py``. A test holds the page against
the extension. Which key a setting has is found by changing it and looking at what changes in the job.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import bpy

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import synthdata_addon
from synthdata_addon.core.errors import SynthDataError
from synthdata_addon.ui.settings import job_from_scene

PAGE = ROOT / "docs" / "settings.md"
MADE_TO_COUNT = {"model": "CUSTOM", "model_path": "m", "every": 1}
"""What other settings need, to be read at all."""
ONE_CONTROL = "control_depth"
WORDS = ("7", "mug: glass", "nose, left_eye", "1-2", "mug", "wall", "mug: 2")
"""Texts to try: what a text means differs from setting to setting."""
TITLES = {
    "": "The job",
    "sweep": "Sweep",
    "passes": "Passes",
    "labels": "Labels",
    "control_images": "Control images",
    "variation": "Variation",
    "populate": "Populate",
    "styles": "Styles",
    "prompts": "Prompts",
    "fidelity": "Fidelity",
    "model": "Model",
    "info": "About the dataset",
    "panel": "In the file only, not in a job file",
}
HEAD = """# Every setting

Written by `docs/settings.py` from the extension. *Key* is the name in a job file (`job.json`), where a `[]` stands for
a list of such things. *Python* is the name under `bpy.context.scene.synthdata`, in which `control_depth` stands for
each kind of control image (`control_normal`, `control_canny` and so on). *Unit* is that of job files, in which
default and values are given. It is Python's too, but for angles: these are degrees in the panel and in job files and
radians in Python, as everywhere in Blender. Lengths are Blender units, which the panel shows by the scene's unit scale.
"""
UNITS = {
    "ROTATION": "°",
    "LENGTH": "length",
    "CAMERA": "mm",
    "POWER": "W",
    "COLOR_TEMPERATURE": "K",
    "TIME": "frames",
}


class Setting(NamedTuple):
    """A property of the panel: where it is, and Blender's description of it."""

    path: str
    owner: Any
    prop: Any


class Row(NamedTuple):
    """A setting as the page shows it."""

    title: str
    path: str
    key: str
    unit: str
    default: str
    values: str
    description: str


def main() -> None:
    """Write the page anew."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    synthdata_addon.register()
    PAGE.write_text(page(bpy.context.scene), encoding="utf-8", newline="\n")


def page(scene: bpy.types.Scene) -> str:
    """Return the page's text; the scene's settings are changed."""
    sections: dict[str, list[Row]] = {name: [] for name in TITLES}
    for row in rows(scene):
        section = row.key.split(".")[0].split("[")[0] if row.key else "panel"
        sections[section if section in sections else ""].append(row)
    parts = [HEAD]
    parts += [_table(TITLES[name], found) for name, found in sections.items() if found]
    for title, kind in (("Objects", "Object"), ("Collections", "Collection"), ("Materials", "Material")):
        pointer = getattr(bpy.types, kind).bl_rna.properties["synthdata"]
        own = [_row(prop.identifier, prop, "") for prop in _own(pointer.fixed_type)]
        parts.append(_table(f"{title} (`{kind.lower()}.synthdata`)", own))
    return "".join(parts)


def _table(title: str, rows: list[Row]) -> str:
    keyed = any(row.key for row in rows)
    names = ["Setting", "Key", "Python", "Unit", "Default", "Values", "What it does"]
    lines = [f"\n## {title}\n"]
    for cells in (names, ["---"] * len(names), *map(_cells, rows)):
        shown = [cell for index, cell in enumerate(cells) if keyed or index != 1]
        lines.append("| " + " | ".join(shown) + " |")
    return "\n".join(lines) + "\n"


def _cells(row: Row) -> list[str]:
    key = f"`{row.key}`" if row.key else ""
    cells = [row.title, key, f"`{row.path}`", row.unit, row.default, row.values, row.description]
    return [cell.replace("|", "\\|").replace("\n", " ") for cell in cells]


def rows(scene: bpy.types.Scene) -> Iterator[Row]:
    """Yield a row for each setting of the scene, which is changed on the way."""
    _switch_on(scene.synthdata)
    for setting in settings_of(scene.synthdata):
        yield _row(setting.path, setting.prop, _key(scene, setting))


def _row(path: str, prop: Any, key: str) -> Row:
    return Row(prop.name, path, key, _unit(prop), _default(prop), _values(prop), prop.description)


def _own(kind: Any) -> Iterator[Any]:
    """Yield the properties that we gave a group: every group also has a name by Blender."""
    ours = bpy.types.PropertyGroup.bl_rna.properties
    for prop in kind.bl_rna.properties if hasattr(kind, "bl_rna") else kind.properties:
        inherited = prop.identifier in ours and prop.description == ours[prop.identifier].description
        if not inherited and not prop.identifier.startswith("bl_") and not prop.is_hidden:
            yield prop


def settings_of(group: Any, path: str = "") -> Iterator[Setting]:
    """Yield the settings of a group and of the groups in it; of a list, those of one item."""
    for prop in _own(group):
        here = f"{path}{prop.identifier}"
        if (
            prop.identifier.startswith("control_")
            and prop.type == "POINTER"
            and prop.identifier != ONE_CONTROL
        ):
            continue
        if prop.type == "COLLECTION":
            yield from settings_of(getattr(group, prop.identifier)[0], f"{here}[0].")
        elif prop.type == "POINTER" and isinstance(getattr(group, prop.identifier), bpy.types.PropertyGroup):
            yield from settings_of(getattr(group, prop.identifier), f"{here}.")
        elif not (prop.identifier.startswith("active_") or prop.identifier == "show"):
            yield Setting(here, group, prop)


def _switch_on(group: Any) -> None:
    """Turn on whatever makes other settings count, and put one item into each list."""
    for prop in _own(group):
        name = prop.identifier
        if prop.type == "COLLECTION":
            collection = getattr(group, name)
            item = collection[0] if collection else collection.add()
            _switch_on(item)
        elif prop.type == "POINTER" and isinstance(getattr(group, name), bpy.types.PropertyGroup):
            _switch_on(getattr(group, name))
        elif prop.type == "POINTER" and prop.fixed_type.identifier == "Collection":
            setattr(group, name, bpy.data.collections.new("things"))
        elif prop.type == "BOOLEAN" and not prop.is_array:
            setattr(group, name, True)
    for name, value in MADE_TO_COUNT.items():
        if name in group.bl_rna.properties:
            try:
                setattr(group, name, value)
            except TypeError:  # another setting of that name
                continue


def _items(prop: Any) -> list[str]:
    return [item.identifier for item in prop.enum_items]


def _key(scene: bpy.types.Scene, setting: Setting) -> str:
    """Return the key whose value follows the setting, or nothing for what no job file holds.

    Some count only when a neighbour has a certain value: then each of the neighbours is tried.
    """
    found = _changed(scene, setting)
    neighbours = [p for p in _own(setting.owner) if p.type in {"ENUM", "BOOLEAN"} and p != setting.prop]
    for owner in (setting.owner, scene.synthdata):
        for prop in neighbours if owner == setting.owner else [owner.bl_rna.properties["sweep"]]:
            kept = _value(owner, prop)
            for value in _others(prop, kept):
                if not found:
                    setattr(owner, prop.identifier, value)
                    found = _changed(scene, setting)
            setattr(owner, prop.identifier, kept)
    return found


def _changed(scene: bpy.types.Scene, setting: Setting) -> str:
    """Return the key that changes when the setting does, as everything else stands."""
    owner, name = setting.owner, setting.prop.identifier
    kept = _value(owner, setting.prop)
    base = _job(scene)
    for value in _others(setting.prop, kept):
        setattr(owner, name, value)
        now = _job(scene)
        setattr(owner, name, kept)
        if base and now and base != now:
            return _difference(base, now)
    return ""


def _value(owner: Any, prop: Any) -> Any:
    value = getattr(owner, prop.identifier)
    return tuple(value) if getattr(prop, "is_array", False) else value


def _job(scene: bpy.types.Scene) -> dict[str, Any]:
    try:
        return job_from_scene(scene).to_json()
    except SynthDataError:
        return {}


def _others(prop: Any, value: Any) -> Iterator[Any]:
    """Yield values that a setting does not have."""
    if prop.type == "BOOLEAN":
        yield tuple(not part for part in value) if prop.is_array else not value
    elif prop.type in {"INT", "FLOAT"}:
        for step in (1, -1, 0.25, -0.25):
            yield tuple(part + step for part in value) if prop.is_array else type(value)(value + step)
    elif prop.type == "ENUM":
        for item in _items(prop):
            if prop.is_enum_flag:
                yield set(value) ^ {item}
            elif item != value:
                yield item
    elif prop.type == "STRING":
        yield from WORDS
    elif prop.type == "POINTER":
        yield from _blocks(prop.fixed_type.identifier)


def _blocks(kind: str) -> Iterator[Any]:
    if kind == "Object":
        for data in (
            None,
            bpy.data.curves.new("c", "CURVE"),
            bpy.data.meshes.new("m"),
            bpy.data.cameras.new("k"),
        ):
            thing = bpy.data.objects.new("thing", data)
            bpy.context.scene.collection.objects.link(thing)
            yield thing
    elif kind == "Collection":
        yield bpy.data.collections.new("things")


def _difference(before: Any, now: Any) -> str:
    """Return the first path at which two values differ."""
    if isinstance(before, dict) and isinstance(now, dict):
        for name in {**before, **now}:
            if before.get(name) != now.get(name):
                deeper = _difference(before.get(name), now.get(name))
                return f"{name}.{deeper}".rstrip(".") if not deeper.startswith("[") else f"{name}{deeper}"
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        for old, new in zip(before, now, strict=True):
            if old != new and isinstance(old, dict):
                deeper = _difference(old, new)
                return f"[].{deeper}" if deeper else ""
    return ""


def _unit(prop: Any) -> str:
    if prop.type == "INT" and prop.subtype == "PIXEL":
        return "pixels"
    return UNITS[prop.unit] if getattr(prop, "unit", "NONE") != "NONE" else ""


def _number(prop: Any, value: float) -> str:
    return f"{math.degrees(value) if getattr(prop, 'unit', '') == 'ROTATION' else value:.6g}"


def _default(prop: Any) -> str:
    if prop.type == "POINTER":
        return ""
    if prop.type == "ENUM":
        flags = prop.is_enum_flag
        return ", ".join(sorted(prop.default_flag)) if flags else prop.default
    if prop.type == "STRING":
        return prop.default
    if prop.type == "BOOLEAN":
        return "on" if prop.default else "off"
    values = tuple(prop.default_array) if prop.is_array else (prop.default,)
    return ", ".join(_number(prop, value) for value in values)


def _values(prop: Any) -> str:
    if prop.type == "ENUM":
        return "; ".join(f"`{item.identifier}` {item.name}" for item in prop.enum_items)
    if prop.type in {"INT", "FLOAT"}:
        low, high = prop.hard_min, prop.hard_max
        bounds = [f"≥ {_number(prop, low)}"] * (abs(low) < 1e9)
        bounds += [f"≤ {_number(prop, high)}"] * (abs(high) < 1e9)
        return ", ".join(bounds)
    if prop.type == "POINTER":
        return prop.fixed_type.name.lower()
    return {"BOOLEAN": "on, off", "STRING": "text"}[prop.type]


if __name__ == "__main__":
    main()
