# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of our own passes, which tell the copies of one object apart. Blender writes them, the runner reads them."""

from __future__ import annotations

from typing import Final

RANDOM: Final = "SynthDataRandom"
"""Value AOV: ``Object Info > Random`` of what a pixel shows, where no surface is see-through."""

RANDOM_LAYERS: Final = tuple(f"SynthDataRandom{number}" for number in range(4))
"""Colour AOVs for scenes with see-through surfaces: AOVs add up along the ray, so that each of these twelve channels
(R, G, B of each in turn) holds the surface behind so many see-through ones. The last one above 0 is what shows."""

SOLID_LAYER: Final = "SynthData Solid"
"""View layer in which every surface is solid, with :data:`RANDOM`: for what has no material to write the others."""
