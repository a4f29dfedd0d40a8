# SPDX-License-Identifier: GPL-3.0-or-later
"""The models of the list in this Blender session: which are there, which is being fetched, in words for the panel.

Whoever draws reads the fields; they change when something happened: at registration, by a button, by a timer while
something is fetched. One model is fetched at a time, the others wait.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Final

import bpy

from ..core.errors import SynthDataError
from ..core.model_list import by_repo, format_bytes, listed_models
from ..core.model_store import StoredModel, stored
from ..core.progress import format_seconds
from ..runner.fetching import ModelDownload
from .sidebar import redraw_areas

log = logging.getLogger(__name__)
TICK: Final = 0.3


@dataclass
class Models:
    """``found`` is what is on the disk of each listed model; ``fetching`` runs, ``waiting`` comes after it.

    ``said`` is the end of the last download, in a sentence.
    """

    found: dict[str, StoredModel] = field(default_factory=dict)
    fetching: ModelDownload | None = None
    waiting: list[str] = field(default_factory=list)
    working: str = ""
    share: float = 0.0
    said: str = ""
    failed: bool = False

    def refresh(self) -> None:
        """Look at the disk."""
        self.found = {model.repo: stored(model.repo) for model in listed_models()}

    def of(self, repo: str) -> StoredModel:
        """Return what is on the disk of a model, as it was seen last."""
        return self.found.get(repo, StoredModel("MISSING"))

    def is_wanted(self, repo: str) -> bool:
        """Tell whether a model is being fetched or waits for it."""
        return repo in self.waiting or (self.fetching is not None and self.fetching.repo == repo)

    def start(self, repo: str) -> None:
        """Fetch a model, or have it wait for the one that is fetched; Blender stays usable.

        Raises:
            RunnerError: ``runner.cannot_start``.
        """
        if self.is_wanted(repo):
            return
        if self.fetching is not None:
            self.waiting.append(repo)
            return
        self.begin(repo)
        bpy.app.timers.register(_tick, first_interval=TICK, persistent=True)

    def begin(self, repo: str) -> None:
        """Fetch a model, without a timer.

        Raises:
            RunnerError: ``runner.cannot_start``.
        """
        from .preferences import RunnerSettings  # it needs the properties, which need this

        runner = RunnerSettings.current()
        self.said, self.failed, self.share, self.working = "", False, 0.0, "Asking the hub"
        self.fetching = ModelDownload(
            runner.python, repo, site_dirs=runner.site_dirs, environment=runner.environment
        )

    def step(self) -> bool:
        """See how far it is; True when it has ended. Never raises: ``failed`` and ``said`` tell."""
        if self.fetching is None:
            return True
        try:
            now = self.fetching.poll()
        except SynthDataError as error:
            self._end(str(error), failed=True)
            return True
        if now.ready:
            self._end(f"{title_of(self.fetching.repo)} is ready", failed=False)
        elif now.total:
            left = f", {format_seconds(now.eta)} left" if now.eta >= 0.0 else ""
            self.share = now.share
            self.working = f"{now.share:.0%}, {format_bytes(now.done)} of {format_bytes(now.total)}{left}"
        return now.ready

    def cancel(self, repo: str) -> None:
        """Fetch a model no more; what came is kept, and the next one has its turn."""
        if repo in self.waiting:
            self.waiting.remove(repo)
        elif self.fetching is not None and self.fetching.repo == repo:
            self._end(f"{title_of(repo)}: stopped; what came is kept", failed=False)

    def stop(self) -> None:
        """End what runs; what came is kept. For Blender's end and for `unregister`."""
        if bpy.app.timers.is_registered(_tick):
            bpy.app.timers.unregister(_tick)
        self.waiting.clear()
        if self.fetching is not None:
            self._end("", failed=False)

    def _end(self, said: str, *, failed: bool) -> None:
        if self.fetching is not None:
            self.fetching.close()
        self.fetching, self.working, self.said, self.failed = None, "", said, failed
        if failed:
            log.error("%s", said)
        self.refresh()

    def tick(self) -> float | None:
        """Take a step; return the seconds to the next, None after the last. For the timer."""
        self.step()
        if self.fetching is None and self.waiting:
            said, failed = self.said, self.failed
            try:
                self.begin(self.waiting.pop(0))
            except SynthDataError as error:
                said, failed = str(error), True
            self.said, self.failed = said, failed
        for kind in ("VIEW_3D", "PREFERENCES"):
            redraw_areas(kind)
        return None if self.fetching is None and not self.waiting else TICK


models: Final = Models()


def _tick() -> float | None:
    """Be found by Blender's timers, which know functions by identity: a method would be another at each look."""
    return models.tick()


def title_of(repo: str) -> str:
    """Return how a model is called."""
    return by_repo()[repo].title if repo in by_repo() else repo
