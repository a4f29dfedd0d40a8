# SPDX-License-Identifier: GPL-3.0-or-later
"""Camera sweeps, a short file a family: where each view stands and what it looks at. Pure arithmetic."""
