# SPDX-License-Identifier: GPL-3.0-or-later
"""Every message survives the wire, and what is no message is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from synthdata_addon.core import protocol
from synthdata_addon.core.errors import RunnerError
from synthdata_addon.core.records import CameraRecord, KeypointRecord, PixelKey, SeenInstance, ViewRecord

MATRIX = ((1.0, 0.0), (0.0, 1.0))
VIEW = ViewRecord(
    view=3,
    frame=7,
    split="val",
    width=64,
    height=48,
    pass_file="passes/000003.exr",
    camera=CameraRecord("C", "PERSP", MATRIX, MATRIX, MATRIX),
    instances=(
        SeenInstance(
            1,
            2,
            (PixelKey(40, 0.1, 3, "Stuhl\u2028\n"), PixelKey(40)),
            matrix_world=MATRIX,
            box=(0.0, 0.0, 0.0, 1.0, 1.0, 1.0),
            keypoints=(KeypointRecord(1.5, 2.25, 1),),
            outside=True,
        ),
    ),
    solo_files=("passes/000003.solo0.exr",),
    crypto_file="passes/000003.crypto.exr",
)
MESSAGES = [
    protocol.Start("/data/ü 🧙"),
    protocol.View(VIEW),
    protocol.Finish(),
    protocol.Cancel(),
    protocol.Hello(protocol.VERSION, 12, "3.13"),
    protocol.Progress("labels", 1, 8, 2.5),
    protocol.Sample("000001_a", "images/000001_a.png"),
    protocol.Warning("x.y", "Sentence."),
    protocol.Error("x.y", "Sentence.", "Hint."),
    protocol.Done(1, 2, 3, 4, 5, cancelled=True, seconds={"labels": 1.5}),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: type(m).__name__)
def test_a_message_is_one_ascii_line_and_comes_back_equal(message):
    line = protocol.encode(message)
    assert line.count(b"\n") == 1
    assert line.isascii()
    assert protocol.decode(line) == message


@pytest.mark.parametrize(
    "line", [b"\n", b"Fra:1 Mem:2M\n", b"[]\n", b"{}\n", b'{"type":"x"}\n', b'{"type":"view"}\n', b"\xff\n"]
)
def test_garbage_is_a_protocol_error(line):
    with pytest.raises(RunnerError) as caught:
        protocol.decode(line)
    assert caught.value.code == "runner.protocol"


def through_the_wire(sender, taker, record):
    """Return what arrives of a view, and how many bytes it took."""
    line = protocol.encode(sender.message(record))
    return taker.record(protocol.decode(line)), len(line)


def test_what_is_as_in_the_view_before_is_sent_once():
    sender, taker = protocol.ViewSender(), protocol.ViewTaker()
    same = replace(VIEW, view=4)
    other = replace(VIEW, view=5, instances=(replace(VIEW.instances[0], id=9),))
    nothing = replace(VIEW, view=6, instances=())
    sizes = {}
    for record in (VIEW, same, other, replace(other, view=7), nothing, replace(VIEW, view=8)):
        arrived, sizes[record.view] = through_the_wire(sender, taker, record)
        assert arrived == record
    assert sizes[4] < sizes[3]
    assert sizes[5] > sizes[4]
    assert sizes[8] == sizes[3]


def test_another_runner_is_told_everything_again():
    through_the_wire(protocol.ViewSender(), protocol.ViewTaker(), VIEW)
    arrived, _ = through_the_wire(protocol.ViewSender(), protocol.ViewTaker(), VIEW)
    assert arrived == VIEW
