# SPDX-License-Identifier: GPL-3.0-or-later
"""The last pictures of a job as icons in the panel, loaded by Blender beside its work and freed when others come."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import bpy
from bpy.utils import previews

from ..core.layout import control_file
from .job import SHOWN_PICTURES, JobStatus


class RecentPictures:
    """Icons of a few files, the newest last. One for this session, not saved."""

    def __init__(self) -> None:
        self._previews: previews.ImagePreviewCollection | None = None

    def follow(self, status: JobStatus) -> None:
        """Show what a job made last: its pictures, or the normals of its views where it makes none."""
        for file in status.pictures[-SHOWN_PICTURES:] or _views(status):
            self._add(status.folder / file)

    def icons(self) -> list[int]:
        """Return the icons of what is shown."""
        return [int(item.icon_id) for item in self._previews.values()] if self._previews is not None else []

    def clear(self) -> None:
        """Free all pictures. Safe to call twice."""
        if self._previews is not None:
            previews.remove(self._previews)
            self._previews = None

    def _add(self, path: Path) -> None:
        if bpy.app.background or not path.is_file():
            return
        if self._previews is None:
            self._previews = previews.new()
        if str(path) in self._previews:
            return
        self._previews.load(str(path), str(path), "IMAGE")
        for name in list(self._previews)[:-SHOWN_PICTURES]:
            del self._previews[name]


def _views(status: JobStatus) -> list[str]:
    done = status.stages["labels"].done
    return (
        []
        if status.stages["samples"].total
        else [control_file("normal", view) for view in range(done - SHOWN_PICTURES, done) if view >= 0]
    )


recent: Final = RecentPictures()
