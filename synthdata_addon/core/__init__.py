# SPDX-License-Identifier: GPL-3.0-or-later
"""What a dataset job is: values in, values out. Standard library and numpy only; nothing of ours is imported here."""
