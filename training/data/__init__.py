# SPDX-License-Identifier: GPL-3.0-or-later
"""From rendered passes to training crops: packing, styles, shading."""
