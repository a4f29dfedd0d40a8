# SPDX-License-Identifier: GPL-3.0-or-later
"""Render passes to instances to annotations. Knows nothing of Blender, of diffusion or of processes."""
