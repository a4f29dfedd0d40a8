# SPDX-License-Identifier: GPL-3.0-or-later
"""Procedural scenes: plain numbers first (builder, things, layouts, cameras), one bpy file that renders them."""
