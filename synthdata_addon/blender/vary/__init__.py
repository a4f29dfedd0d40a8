# SPDX-License-Identifier: GPL-3.0-or-later
"""Variation of the scene from view to view: what ``core.variation`` draws, applied to Blender's data and undone."""
