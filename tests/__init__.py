# SPDX-License-Identifier: GPL-3.0-or-later
"""The tests, by lane: `build.py test --help`."""
