# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel's variation settings to a ``VariationSpec`` and back."""

from __future__ import annotations

import dataclasses
from typing import Any

import bpy

from ..core.variation import VariationSpec
from .numbers import read, write

FOLDERS = frozenset({"folder", "textures"})
SECTIONS = {field.name: field.default_factory for field in dataclasses.fields(VariationSpec)}


def variation_of(settings: Any) -> VariationSpec:
    """Return what varies; not checked yet."""
    sections = {}
    for name, section in SECTIONS.items():
        group = getattr(settings, name)
        values = {field.name: _read(group, field.name) for field in dataclasses.fields(section)}
        sections[name] = section(**values)
    return VariationSpec(**sections)


def set_variation(settings: Any, spec: VariationSpec) -> None:
    """Show what varies: the inverse of :func:`variation_of`."""
    for name in SECTIONS:
        group, section = getattr(settings, name), getattr(spec, name)
        for field in dataclasses.fields(section):
            value = getattr(section, field.name)
            write(group, field.name, ", ".join(value) if field.name == "categories" else value)


def _read(group: Any, name: str) -> Any:
    value = read(group, name)
    if name == "categories":
        return tuple(word for part in value.split(",") if (word := part.strip()))
    return bpy.path.abspath(value) if name in FOLDERS else value
