# SPDX-License-Identifier: GPL-3.0-or-later
"""Does a picture still match its labels? By models that the user names. Imports torch: load it late."""
