# SPDX-License-Identifier: GPL-3.0-or-later
"""The skin: properties, panels, lists, operators, preferences and the command line inside Blender. Thin."""
