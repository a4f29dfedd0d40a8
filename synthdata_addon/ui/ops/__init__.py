# SPDX-License-Identifier: GPL-3.0-or-later
"""One file a family of operators: parse, call, report."""
