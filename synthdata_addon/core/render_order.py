# SPDX-License-Identifier: GPL-3.0-or-later
"""In which order a job's renders are made: one kind of render for some views, then the next kind for the same views.

As soon as a scene renders, Blender forgets what it prepared to render any other (measured: 0.65 processor seconds a
change of scenes with 60 objects, 6 with 500). Labels, what things show alone and finished pictures are scenes of their
own, so that they must not take turns view by view.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

MOST_AHEAD: Final = 32
"""So many views at most get one kind of render before the next kind."""
SECONDS_AHEAD: Final = 10.0
"""About so long, the first view left out, for which the scene is prepared: a cancel loses no more than this."""


@dataclass
class _Batch:
    """Views that get each kind of render together: the kind at hand, and which of the views is next.

    ``seconds`` are those of the first kind, the first view left out; ``is_closed``: no view joins any more.
    """

    views: list[int] = field(default_factory=list)
    kind: int = 0
    at: int = 0
    seconds: float = 0.0
    is_closed: bool = False


class RenderOrder:
    """Says which render is next; tell it of each by :meth:`rendered`.

    A batch of views goes through all kinds of renders before the next batch begins. What a dataset holds does not
    depend on where batches end.
    """

    def __init__(self, views: Iterable[int], kinds: int, group: Callable[[int], int]) -> None:
        """Begin with the first kind for the first view.

        Args:
            views: what to render, in this order.
            kinds: how many kinds of renders there are, numbered from 0.
            group: of a view; views of different groups do not share a batch.
        """
        self.remaining = list(views)
        """The views that have not had all renders."""
        self._kinds = kinds
        self._group = group
        self._batch = _Batch()

    @property
    def next(self) -> tuple[int, int]:
        """View and kind of the next render.

        Raises:
            IndexError: nothing remains.
        """
        batch = self._batch
        return (self.remaining if batch.kind == 0 else batch.views)[batch.at], batch.kind

    @property
    def is_at_start(self) -> bool:
        """Whether no render of a batch is made yet."""
        return self._batch.kind == self._batch.at == 0

    def rendered(self, seconds: float) -> bool:
        """Note that the next render is made and took so long; return whether its view has had all kinds."""
        batch = self._batch
        is_last_kind = batch.kind == self._kinds - 1
        if batch.kind == 0:
            self._take(seconds)
        batch.at += 1
        if batch.at == len(batch.views) and batch.is_closed:
            batch.kind, batch.at = batch.kind + 1, 0
        if is_last_kind:
            self.remaining.pop(0)
            if batch.kind == self._kinds:
                self.start_over()
        return is_last_kind

    def start_over(self) -> None:
        """Forget the batch at hand: the renders of its views that remain are gone."""
        self._batch = _Batch()

    def _take(self, seconds: float) -> None:
        batch = self._batch
        batch.seconds += seconds if batch.views else 0.0
        batch.views.append(self.remaining[batch.at])
        size = len(batch.views)
        is_long = size == MOST_AHEAD or batch.seconds >= SECONDS_AHEAD
        batch.is_closed = (
            self._kinds == 1
            or is_long
            or size == len(self.remaining)
            or self._group(self.remaining[size]) != self._group(batch.views[0])
        )
