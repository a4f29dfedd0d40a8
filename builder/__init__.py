# SPDX-License-Identifier: GPL-3.0-or-later
"""What `build.py` does, one file a job. Standard library only, and of the package what needs no more."""
