# SPDX-License-Identifier: GPL-3.0-or-later
"""One thread that reads ahead and one that writes behind, so that the model need not wait for files."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


class ReadAhead(Generic[K, T]):
    """Reads what will be needed next, by key. ``read`` runs in a thread of its own."""

    def __init__(self, read: Callable[[K], T]) -> None:
        self._read = read
        self._pool = ThreadPoolExecutor(1, "read-ahead")
        self._waiting: dict[K, Future[T]] = {}
        self._last: tuple[K, T] | None = None

    def expect(self, keys: list[K]) -> None:
        """Begin to read these, and forget what is expected no longer."""
        known = self._last[0] if self._last is not None else None
        self._waiting = {
            key: self._waiting.get(key) or self._pool.submit(self._read, key) for key in keys if key != known
        }

    def get(self, key: K) -> T:
        """Return what was read, or read it now; raises what reading raises."""
        last = self._last
        if last is not None and last[0] == key:
            return last[1]
        found = self._waiting.pop(key, None)
        value = self._read(key) if found is None else found.result()
        self._last = (key, value)
        return value


def side_by_side(tasks: Sequence[Callable[[], T]]) -> list[T]:
    """Run tasks at the same time, each in a thread of its own if there are several; return what they return, in order.

    Raises what the first of them raised, after all have ended.
    """
    if len(tasks) == 1:
        return [tasks[0]()]
    with ThreadPoolExecutor(len(tasks), "side-by-side") as pool:
        futures = [pool.submit(task) for task in tasks]
    return [future.result() for future in futures]


class WriteBehind(Generic[T]):
    """Runs tasks one after the other in a thread of its own, and hands back what they return, in order."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "write-behind")
        self._waiting: deque[Future[T]] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, task: Callable[[], T]) -> None:
        """Queue a task."""
        self._waiting.append(self._pool.submit(task))

    def finished(self, *, wait: bool) -> Iterator[T]:
        """Yield what is finished; with ``wait`` all that was queued. Raises what a task raised, in its turn."""
        while self._waiting and (wait or self._waiting[0].done()):
            yield self._waiting.popleft().result()
