# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of a job's renders: every view gets every kind once, kinds in order, batches no larger than they may be."""

from __future__ import annotations

import itertools

import pytest

from synthdata_addon.core.render_order import MOST_AHEAD, SECONDS_AHEAD, RenderOrder


def made(order: RenderOrder, seconds: float = 0.0) -> list[tuple[int, int]]:
    """Return all renders as they come, and check that what remains goes down by the views that are whole."""
    renders = []
    while order.remaining:
        before = list(order.remaining)
        view, kind = order.next
        renders.append((view, kind))
        is_whole = order.rendered(seconds)
        assert order.remaining == (before[1:] if is_whole else before)
        assert not is_whole or view == before[0]
    return renders


def changes(renders: list[tuple[int, int]]) -> int:
    """Return how often one kind follows another."""
    return sum(one[1] != two[1] for one, two in itertools.pairwise(renders))


@pytest.mark.parametrize("kinds", [1, 2, 3])
@pytest.mark.parametrize("views", [1, 2, MOST_AHEAD, MOST_AHEAD + 1, 100])
def test_every_view_gets_every_kind_once_and_in_order(views, kinds):
    renders = made(RenderOrder(range(views), kinds, lambda _: 0))
    assert sorted(renders) == [(view, kind) for view in range(views) for kind in range(kinds)]
    for view in range(views):
        assert [kind for other, kind in renders if other == view] == list(range(kinds))
    batches = -(-views // MOST_AHEAD)
    assert changes(renders) == (kinds * batches - 1 if kinds > 1 else 0)


def test_one_kind_ends_each_view_at_once():
    order = RenderOrder([7, 3], 1, lambda _: 0)
    assert (order.next, order.rendered(1.0)) == ((7, 0), True)
    assert (order.next, order.rendered(1.0), order.remaining) == ((3, 0), True, [])


def test_views_of_two_groups_share_no_batch():
    renders = made(RenderOrder([0, 1, 2, 3, 5], 2, lambda view: view // 3))
    assert renders == [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1), (3, 0), (5, 0), (3, 1), (5, 1)]


def test_a_batch_ends_when_it_took_long_but_the_first_view_which_builds_the_scene_does_not_count():
    each = SECONDS_AHEAD / 2
    renders = made(RenderOrder(range(6), 2, lambda _: 0), each)
    assert [view for view, kind in renders if kind == 0] == list(range(6))
    assert renders[:6] == [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1)]


@pytest.mark.parametrize("steps", range(1, 9))
def test_to_start_over_makes_what_is_not_whole_again(steps):
    order = RenderOrder(range(3), 3, lambda _: 0)
    whole = [
        view for view, is_whole in ((order.next[0], order.rendered(0.0)) for _ in range(steps)) if is_whole
    ]
    order.start_over()
    assert sorted({view for view, _ in made(order)}) == [view for view in range(3) if view not in whole]


def test_nothing_is_next_when_nothing_remains():
    with pytest.raises(IndexError):
        _ = RenderOrder([], 2, lambda _: 0).next
