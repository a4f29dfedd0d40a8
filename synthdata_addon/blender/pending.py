# SPDX-License-Identifier: GPL-3.0-or-later
"""A view between its first render and its last: what is known of it, and its files under temporary names."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..core.errors import SceneError
from ..core.layout import DatasetFolder, crypto_file, pass_file, solo_file
from ..core.records import SeenInstance
from .poses import ViewPose
from .vary.optics import Shot


@dataclass(frozen=True)
class PendingView:
    """A view that has its pose, and maybe some of its renders. ``seconds`` are what it took so far.

    ``drawn`` is what its variation drew so far, for the journal.
    """

    view: int
    found: ViewPose
    shot: Shot
    instances: tuple[SeenInstance, ...]
    files: PartFiles
    drawn: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True)
class PartFiles:
    """The files of one view until it is whole; ``has_crypto``: its picture comes with a Cryptomatte.

    ``solos`` are the files of what its things show alone.
    """

    folder: DatasetFolder
    view: int
    has_crypto: bool = False
    solos: tuple[Path, ...] = ()

    @property
    def labels(self) -> Path:
        """The label render."""
        return self.folder.full(pass_file(self.view)).with_name(f".{self.view:06d}.part.exr")

    @property
    def beauty(self) -> Path:
        """The render of the finished picture."""
        return self.labels.with_name(f".{self.view:06d}.beauty.part{'.exr' if self.has_crypto else '.png'}")

    def move(self, *, durable: bool) -> None:
        """Give the files their own names; ``durable``: they are on disk before.

        Raises:
            SceneError: ``scene.render_failed``: the picture was not rendered.
        """
        if self.has_crypto and not self.beauty.exists():
            raise SceneError(
                "scene.render_failed",
                f"The picture of view {self.view} was not written.",
                "Was its render cancelled? See the console.",
            )
        named = [(part, solo_file(self.view, number)) for number, part in enumerate(self.solos)]
        named += [(self.beauty, crypto_file(self.view))] if self.has_crypto else []
        for part, name in [*named, (self.labels, pass_file(self.view))]:
            if durable:
                with part.open("rb") as file:
                    os.fsync(file.fileno())
            part.replace(self.folder.full(name))

    def remove(self) -> None:
        """Remove what is there under temporary names."""
        for part in (self.labels, self.beauty, *self.solos):
            part.unlink(missing_ok=True)
