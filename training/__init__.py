# SPDX-License-Identifier: GPL-3.0-or-later
"""How the project's own small ControlNet pipeline (the quick look) is made. Developers' code, not shipped."""
