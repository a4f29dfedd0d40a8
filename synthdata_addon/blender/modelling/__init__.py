# SPDX-License-Identifier: GPL-3.0-or-later
"""Things modelled by script, in metres, and how they become objects; the example room and the blockouts share them."""
