# SPDX-License-Identifier: GPL-3.0-or-later
"""The journals to other tools' dataset formats, a file a format. Knows nothing of Blender or of passes."""
