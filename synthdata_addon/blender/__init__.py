# SPDX-License-Identifier: GPL-3.0-or-later
"""How Blender does it: reads the scene, applies a view, renders its passes, puts everything back."""
