# SPDX-License-Identifier: GPL-3.0-or-later
"""Control images to pictures, with diffusers' own pipelines. Imports torch: load it late.

One file a model family (how its pipeline is called), one table of them, one loader, one :class:`Stylizer` for all.
"""

from __future__ import annotations

from .loading import load, load_everywhere
from .stylizer import SampleInput, Stylizer

__all__ = ["SampleInput", "Stylizer", "load", "load_everywhere"]
