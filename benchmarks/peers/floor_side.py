# SPDX-License-Identifier: GPL-3.0-or-later
"""The comparison's floor: Blender's bare render loop over the views of a dataset that SynthData made just before.

The same passes of the same views with the same settings and codec, and nothing else: no labels, no journals.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import synthdata_addon
from benchmarks.job_overhead import bare_loop
from benchmarks.peers.process import leave, say
from benchmarks.peers.synthdata_side import room_spec
from synthdata_addon.core.journal import Journal
from synthdata_addon.core.layout import DatasetFolder
from synthdata_addon.core.records import ViewRecord


def main() -> None:
    """Read the request, open the scene, render."""
    asked = json.load(sys.stdin)
    say("imported")
    synthdata_addon.register()
    try:
        bpy.ops.wm.open_mainfile(filepath=asked["scene"], load_ui=False)
        spec = room_spec(bpy.context.scene, asked | {"samples": 0})
        views = list(Journal(DatasetFolder(Path(asked["dataset"])).views_journal).read(ViewRecord))
        output = Path(asked["output"])
        output.mkdir(parents=True)
        say("ready")
        bare_loop(spec, views, output, "ZIP", rendered=lambda: say("view"))
        say("done")
    finally:
        synthdata_addon.unregister()


if __name__ == "__main__":
    main()
    leave()
