# SPDX-License-Identifier: GPL-3.0-or-later
"""A job from its beginning, or from where another command left it, to the whole dataset."""

from __future__ import annotations

from collections.abc import Callable

from .cluster import Farm, Share, settle_job
from .tasks import Order


def make(order: Order, count: int, renders: Share, stylizers: Share, show: Callable[[str], None]) -> str:
    """Make what the dataset lacks, on the cluster that is connected; return what is said of it.

    What lies in shards of an earlier command is taken into the dataset first, so that the rest can be dealt out anew,
    to however many workers there are now. Then one task writes the job, as all shards shall have the same.

    Raises:
        SynthDataError: it cannot be made, or the dataset is of another job.
    """
    store = order.store
    with store.held():
        store.join(partial_ok=True)
        settle_job(order, renders)
        standing, shards = store.hand_out(count)
        if not shards:
            store.finish()
            return f"All is there: {standing.views} views, {standing.pictures} pictures. Nothing was made."
        Farm(order, shards, renders, stylizers, show).run()
        merged = store.join()
    assert merged is not None
    counts = merged.counts
    before = f"{standing.whole} of {standing.views} views were there. " if standing.whole else ""
    return (
        f"{before}{len(shards)} shards joined. {counts.views} views labelled, {counts.samples} pictures, "
        f"{counts.annotations} annotations, {counts.skipped} left out."
    )
