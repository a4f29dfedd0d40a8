# SPDX-License-Identifier: GPL-3.0-or-later
"""Shades packed pixels in a style: colour by group, two far lights, ambient, occlusion, fog. No torch here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..roles import Role
from .styles import GROUPS, STYLES, Light, Style

Float = NDArray[np.float32]
Bytes = NDArray[np.uint8]
GAMMA = 2.2
EXPOSURE = 0.72
NORMAL_SIGNS = np.array([-1, 1, 1], np.float32)
"""The normal control's red is left."""
SNOW_COLOUR = np.array([0.88, 0.93, 0.99], np.float32)


def linear(colour: str) -> Float:
    """'#rrggbb' (sRGB, power-law) to three linear values."""
    return np.array([(int(colour[i : i + 2], 16) / 255) ** GAMMA for i in (1, 3, 5)], np.float32)


@dataclass(frozen=True)
class _Tables:
    albedo: Float
    emission: Float


@lru_cache(maxsize=len(STYLES))
def _tables(number: int) -> _Tables:
    """Per role: linear albedo (roles, 3) and emission strength (roles, 1) of style `number`."""
    style = STYLES[number]
    albedo = np.zeros((len(Role), 3), np.float32)
    for colour, roles in zip(style.palette, GROUPS.values(), strict=True):
        albedo[list(roles)] = linear(colour)
    emission = np.zeros((len(Role), 1), np.float32)
    emission[list(GROUPS["lamp"])] = style.lamp
    return _Tables(albedo, emission)


def _far_light(light: Light, normal: Float) -> Float:
    direction = np.array(light.direction, np.float32)
    facing = normal @ (direction / np.linalg.norm(direction))
    # Wrapped (half-Lambert) falloff: every surface keeps some shape.
    wrapped = np.square(np.clip(facing * 0.5 + 0.5, 0, 1))[..., None]
    return np.asarray(wrapped * linear(light.colour) * (light.strength * 1.5), np.float32)


def _light(style: Style, normal: Float, open_part: Float) -> Float:
    upness = (normal[..., 1:2] * 0.5 + 0.5).astype(np.float32)
    ambient = (linear(style.sky) * upness + linear(style.ground) * (1 - upness)) * style.ambient
    far = _far_light(style.key, normal) + _far_light(style.fill, normal)
    return np.asarray(ambient * open_part + far * (0.4 + 0.6 * open_part), np.float32)


def _tone(colour: Float) -> Float:
    """Filmic curve (Narkowicz's fit of ACES), then display gamma; returns 0..1."""
    curve = colour * (2.51 * colour + 0.03) / (colour * (2.43 * colour + 0.59) + 0.14) * 1.08
    return np.asarray(np.clip(curve, 0, 1) ** (1 / GAMMA), np.float32)


def shade(packed: Bytes, number: int) -> Float:
    """Packed pixels (..., 7) uint8 in style `number` -> (..., 3) float32, display values 0..1."""
    style, tables = STYLES[number], _tables(number)
    values = packed.astype(np.float32) / 255
    role = packed[..., 4]
    normal = np.asarray((values[..., 1:4] * 2 - 1) * NORMAL_SIGNS, np.float32)
    albedo = tables.albedo[role]
    if style.snow:
        lying = np.clip((values[..., 6:7] - 0.72) / 0.12, 0, 1) * style.snow
        albedo = np.asarray(albedo * (1 - lying) + SNOW_COLOUR * lying, np.float32)
    colour: Float = albedo * _light(style, normal, np.square(values[..., 5:6])) * np.float32(EXPOSURE)
    colour += tables.albedo[role] * tables.emission[role]
    if style.rim[1]:
        edge = np.clip(1 - normal[..., 2:3], 0, 1) ** 3
        colour += linear(style.rim[0]) * style.rim[1] * edge * values[..., 5:6]
    # Fog by the depth image's own grey, not by metres: the model sees only the grey.
    fog = np.square(1 - values[..., 0:1]) * style.fog[1]
    colour = np.asarray(colour * (1 - fog) + linear(style.fog[0]) * fog, np.float32)
    colour = np.asarray(
        np.where((role == Role.BACKGROUND)[..., None], linear(style.background), colour), np.float32
    )
    return _tone(colour)
