# SPDX-License-Identifier: GPL-3.0-or-later
"""The process that labels and stylizes, and Blender's handle on it. The only room with threads and subprocesses."""
