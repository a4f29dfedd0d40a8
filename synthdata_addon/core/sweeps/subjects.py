# SPDX-License-Identifier: GPL-3.0-or-later
"""What each view looks at: always the target, or another labelled thing each time, in the shares that are asked for."""

from __future__ import annotations

import numpy as np

from ..errors import SceneError
from ..seeds import Purpose, generator
from ..sweep_spec import SweepSpec
from .facts import SceneFacts, Subject

BLOCK = 256
"""Views whose choices are drawn together."""


class Subjects:
    """The subject of every view. A beginning of the views has the same, however many follow.

    At every view the group that is furthest behind its share is looked at, with a little chance in it, so that the
    rhythm of the groups does not fall in with that of the sweep; within a group each member in turn, shuffled anew
    each time round.
    """

    def __init__(self, sweep: SweepSpec, facts: SceneFacts, seed: int) -> None:
        """Form the groups.

        Raises:
            SceneError: ``scene.no_target``: nothing in the scene is of a category that has a share.
        """
        self._seed, self._whole = seed, facts.whole
        self._groups: list[list[Subject]] = []
        self._orders: dict[int, tuple[int, list[int]]] = {}
        if sweep.look_at == "TARGET" or sweep.kind == "TURNTABLE":
            return
        shares = dict(sweep.shares) if sweep.balance == "SHARES" else {}
        by_key: dict[str, list[Subject]] = {}
        for number, subject in enumerate(facts.subjects):
            key = str(number) if sweep.balance == "OBJECTS" else subject.category
            if not shares or shares.get(key, 0.0) > 0.0:
                by_key.setdefault(key, []).append(subject)
        missing = sorted(name for name, share in shares.items() if share > 0.0 and name not in by_key)
        if missing or not by_key:
            raise SceneError(
                "scene.no_target",
                f"There is nothing of the category '{missing[0]}' to look at."
                if missing
                else "There is nothing labelled to look at.",
                "Label something, or take the category out of the shares.",
            )
        self._groups = list(by_key.values())
        weights = np.array([shares.get(key, 1.0) for key in by_key])
        self._weights = weights / weights.sum()
        self._chosen: list[tuple[int, int]] = []
        self._counts = np.zeros(len(self._groups), dtype=np.int64)

    def of(self, index: int) -> Subject:
        """Return what view ``index`` looks at."""
        if not self._groups:
            return self._whole
        while len(self._chosen) <= index:
            self._choose_block()
        group, turn = self._chosen[index]
        members = self._groups[group]
        cycle, place = divmod(turn, len(members))
        if len(members) == 1:
            return members[0]
        return members[self._order(group, cycle)[place]]

    def _order(self, group: int, cycle: int) -> list[int]:
        """Return the order in which a group's members have their turns; the last ones asked for are kept."""
        key, order = self._orders.get(group, (-1, []))
        if key != cycle:
            rng = generator(self._seed, cycle, Purpose.LOOK, 1, group)
            order = rng.permutation(len(self._groups[group])).tolist()
            self._orders[group] = cycle, order
        return order

    def _choose_block(self) -> None:
        block = len(self._chosen) // BLOCK
        chance = generator(self._seed, block, Purpose.LOOK, 2).random((BLOCK, len(self._groups)))
        for row in chance:
            behind = self._weights * (len(self._chosen) + 1) - self._counts
            group = int(np.argmax(behind + row * (self._weights > 0.0)))
            self._chosen.append((group, int(self._counts[group])))
            self._counts[group] += 1
