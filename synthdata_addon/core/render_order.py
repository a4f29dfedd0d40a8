# SPDX-License-Identifier: GPL-3.0-or-later
"""In which order a job's renders are made: one kind of render for some views, then the next kind for the same views.

As soon as a scene renders, Blender forgets what it prepared to render any other (measured: 0.65 processor seconds a
change of scenes with 60 objects, 6 with 500). Labels, what things show alone and finished pictures are scenes of their
own, so that they must not take turns view by view.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

MOST_AHEAD: Final = 32
"""So many views at most get one kind of render before the next kind."""
SECONDS_AHEAD: Final = 10.0
"""About so long, the first view left out, for which the scene is prepared: a cancel loses no more than this."""


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
        self._batch: list[int] = []
        self._is_closed = False
        self._kind = self._at = 0
        self._seconds = 0.0

    @property
    def next(self) -> tuple[int, int]:
        """View and kind of the next render.

        Raises:
            IndexError: nothing remains.
        """
        return (self.remaining if self._kind == 0 else self._batch)[self._at], self._kind

    @property
    def is_at_start(self) -> bool:
        """Whether no render of a batch is made yet."""
        return self._kind == self._at == 0

    def rendered(self, seconds: float) -> bool:
        """Note that the next render is made and took so long; return whether its view has had all kinds."""
        is_last_kind = self._kind == self._kinds - 1
        if self._kind == 0:
            self._take(seconds)
        self._at += 1
        if self._at == len(self._batch) and self._is_closed:
            self._kind, self._at = self._kind + 1, 0
        if is_last_kind:
            self.remaining.pop(0)
            if self._kind == self._kinds:
                self.start_over()
        return is_last_kind

    def start_over(self) -> None:
        """Forget the batch at hand: the renders of its views that remain are gone."""
        self._batch, self._is_closed = [], False
        self._kind = self._at = 0
        self._seconds = 0.0

    def _take(self, seconds: float) -> None:
        self._seconds += seconds if self._batch else 0.0
        self._batch.append(self.remaining[self._at])
        size = len(self._batch)
        is_long = size == MOST_AHEAD or self._seconds >= SECONDS_AHEAD
        self._is_closed = (
            self._kinds == 1
            or is_long
            or size == len(self.remaining)
            or self._group(self.remaining[size]) != self._group(self._batch[0])
        )
