# SPDX-License-Identifier: GPL-3.0-or-later
"""What these tests share."""

from tests.extension import blender_python, extension_zip

__all__ = ["blender_python", "extension_zip"]
