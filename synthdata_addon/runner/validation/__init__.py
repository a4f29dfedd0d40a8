# SPDX-License-Identifier: GPL-3.0-or-later
"""Re-reads a finished dataset and proves it. Shares no code with what wrote the masks: it decodes them by itself."""
