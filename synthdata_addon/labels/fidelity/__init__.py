# SPDX-License-Identifier: GPL-3.0-or-later
"""Does a picture still match its labels? Measures from exact masks, numpy only."""
