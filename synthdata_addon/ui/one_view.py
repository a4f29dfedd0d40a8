# SPDX-License-Identifier: GPL-3.0-or-later
"""Making one view of a job again, by its number."""

from __future__ import annotations

from ..core.errors import SpecError
from ..core.layout import DatasetFolder, crypto_file, pass_file


def check_view(view: int | None, views: int) -> None:
    """Refuse the number of a view that a job of so many ``views`` does not have.

    Raises:
        SpecError: ``spec.range``.
    """
    if view is not None and not 0 <= view < views:
        raise SpecError(
            "spec.range", f"There is no view {view}: the job has {views}.", f"Choose 0 to {views - 1}."
        )


def forget_passes(folder: DatasetFolder, view: int) -> None:
    """Remove the passes of a view, so that its labels wait for new ones; all else is replaced when it is made."""
    for file in (pass_file(view), crypto_file(view)):
        folder.full(file).unlink(missing_ok=True)
