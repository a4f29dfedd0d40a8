# SPDX-License-Identifier: GPL-3.0-or-later
"""The one check that all sections of a request share."""

from __future__ import annotations

from .errors import SpecError


def in_range(name: str, value: float, low: float, high: float) -> None:
    """Refuse a value outside of ``low`` .. ``high``.

    Raises:
        SpecError: ``spec.range``.
    """
    if not low <= value <= high:
        raise SpecError(
            "spec.range", f"{name} is {value:g}, outside {low:g} to {high:g}.", "Choose a value inside."
        )
