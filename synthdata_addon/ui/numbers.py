# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers of Blender's properties as the user typed them."""

from __future__ import annotations


def short(value: float) -> float:
    """Return a float32 property as the decimal that was typed: 0.2, not 0.20000000298."""
    return float(f"{value:.7g}")
