# SPDX-License-Identifier: GPL-3.0-or-later
"""The one table of model families; ``core/families.py`` has what is known of each without torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ...core.families import Family
from . import flux, flux_control, qwen, sd3, sd15, sdxl, sdxl_union, zimage
from .family import PipelineFamily

FAMILIES: Final[Mapping[Family, PipelineFamily]] = {
    "sd15": sd15.FAMILY,
    "sdxl": sdxl.FAMILY,
    "sdxl_union": sdxl_union.FAMILY,
    "sd3": sd3.FAMILY,
    "flux": flux.FAMILY,
    "flux_control": flux_control.FAMILY,
    "qwen": qwen.FAMILY,
    "zimage": zimage.FAMILY,
}
