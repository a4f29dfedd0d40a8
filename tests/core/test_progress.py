# SPDX-License-Identifier: GPL-3.0-or-later
"""Durations as people write them, and stages that count."""

from __future__ import annotations

import pytest

from synthdata_addon.core.progress import Stage, format_seconds


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1.0, ""), (0.4, "0 s"), (59.6, "1 min 00 s"), (200, "3 min 20 s"), (7500.2, "2 h 05 min")],
)
def test_times_are_written_as_a_person_would(seconds, text):
    assert format_seconds(seconds) == text


def test_a_stage_knows_its_share_and_its_estimate():
    stage = Stage(total=4)
    assert stage.share == 0.0
    assert stage.eta == -1.0
    for _ in range(4):
        stage.advance()
    assert stage.share == 1.0
    assert stage.eta == 0.0
