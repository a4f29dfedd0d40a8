# SPDX-License-Identifier: GPL-3.0-or-later
"""Every message survives the wire, and what is no message is refused."""

from __future__ import annotations

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
