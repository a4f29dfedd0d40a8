# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Ray cluster of three nodes on this machine: the dataset of one machine, also when a node is lost."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

pytest.importorskip("ray")

import ray
from ray.cluster_utils import Cluster

from synthdata_addon.__main__ import main
from synthdata_addon.core.layout import DatasetFolder
from synthdata_addon.farm.cluster import Farm, Share, connect, disconnect, settle_job
from synthdata_addon.farm.stores import SharedFolder
from synthdata_addon.farm.tasks import Order
from synthdata_addon.runner.many import wait_until_idle
from tests.farm.conftest import ROOT, VIEWS
from tests.runner_runs import state
from tests.same_dataset import differing

COUNT = 4
MAIN = """
import signal, sys
from synthdata_addon.__main__ import main

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs begin with it ignored
sys.exit(main(sys.argv[1:]))
"""
LIMIT = 120.0


@pytest.fixture
def cluster():
    """A head that pictures, and two nodes that render."""
    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    nodes.workers = [nodes.add_node(num_cpus=1) for _ in range(2)]
    yield nodes
    ray.shutdown()
    nodes.shutdown()


def lines(root) -> list[dict]:
    found = []
    for path in root.glob("shards/*/views.jsonl"):
        found += [
            json.loads(line) for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")
        ]
    return found


def test_a_node_that_is_lost_in_mid_job_changes_nothing(made, cluster, tmp_path):
    out = tmp_path / "out"
    connect(cluster.address)
    order = Order(SharedFolder(str(out)), (str(made.blend),), made.render_python, made.runner_python)
    lost = []

    def lose_a_node():
        end = time.monotonic() + LIMIT
        while not lines(out) and time.monotonic() < end:
            time.sleep(0.01)
        cluster.remove_node(cluster.workers[0], allow_graceful=False)
        lost.append(len(lines(out)))

    shown = []
    killer = threading.Thread(target=lose_a_node)
    killer.start()
    settle_job(order, Share())
    standing, shards = order.store.hand_out(COUNT)
    assert (standing.views, standing.whole, len(shards)) == (VIEWS, 0, COUNT)
    Farm(order, shards, Share(), Share(most=1), shown.append).run()
    killer.join()
    assert 0 < lost[0] < VIEWS, "the node was not lost in mid-job"
    # No view twice, wherever it was made.
    assert Counter(line["view"] for line in lines(out)) == dict.fromkeys(range(VIEWS), 1)
    assert f"shards rendered {COUNT}/{COUNT}, {VIEWS} views, pictured {COUNT}/{COUNT}" in shown[-1]
    merged = order.store.join()
    assert merged.counts.samples == VIEWS
    assert differing(made.whole, out) == []


def wait_until_free(cluster):
    """Wait until the cluster has noticed that a driver is gone, and ended what it had started."""
    connect(cluster.address)
    end = time.monotonic() + LIMIT
    while ray.available_resources().get("CPU", 0.0) < ray.cluster_resources()["CPU"]:
        assert time.monotonic() < end
        time.sleep(0.1)
    disconnect()


def command(made, cluster, out, *arguments) -> list[str]:
    words = ["generate", "--cluster", cluster.address, str(made.blend), "--output", str(out)]
    return [*words, "--render-python", made.render_python, "--runner-python", made.runner_python, *arguments]


def seconds(journals) -> dict[int, float]:
    """How long each view took to render: no second render takes as many hundredths of a millisecond."""
    found = [json.loads(line) for path in journals for line in path.read_bytes().splitlines()]
    return {line["view"]: line["seconds"] for line in found}


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 130)])
def test_a_command_that_ends_and_is_given_again_goes_on_and_a_finished_one_makes_nothing(
    made, cluster, tmp_path, capsys, sent, status
):
    """Killed, or cancelled by Ctrl-C."""
    out = tmp_path / "out"
    words = [sys.executable, "-c", MAIN, *command(made, cluster, out, "--shards", "4")]
    driver = subprocess.Popen(words, cwd=ROOT)
    end = time.monotonic() + LIMIT
    while not list(out.glob("shards/*/samples.jsonl")) and time.monotonic() < end:
        time.sleep(0.01)
    driver.send_signal(sent)
    assert driver.wait(LIMIT) == status
    wait_until_free(cluster)
    for shard in out.glob("shards/*"):
        wait_until_idle(DatasetFolder(shard))
    before = seconds(out.glob("shards/*/views.jsonl"))
    pictured = sum(path.read_bytes().count(b"\n") for path in out.glob("shards/*/samples.jsonl"))
    assert 0 < pictured < VIEWS, "the command did not end in mid-job"
    assert main(command(made, cluster, out, "--shards", "3")) == 0
    said = capsys.readouterr().out
    assert "shards joined. 12 views labelled, 12 pictures" in said
    after = seconds([out / "views.jsonl"])
    assert {view: after[view] for view in before} == before
    assert differing(made.whole, out) == []
    files = state(DatasetFolder(out))
    assert main(command(made, cluster, out)) == 0
    assert "All is there: 12 views, 12 pictures. Nothing was made." in capsys.readouterr().out
    assert state(DatasetFolder(out)) == files
    assert not (out / "shards").exists()


def test_a_dataset_of_one_machine_is_extended_on_a_cluster(made, cluster, tmp_path, capsys):
    one, out = tmp_path / "one", tmp_path / "out"
    for folder in (one, out):
        shutil.copytree(made.whole, folder)
    assert main(command(made, cluster, out, "--views", "16")) == 1
    said = capsys.readouterr().err
    assert f"'{out}' holds a dataset made with other settings: job.sweep.views was 12, now 16" in said
    assert "Nothing was begun. [runner.render_failed]" in said
    alone = [made.render_python, "-m", "synthdata_addon", "generate", str(made.blend), "--output", str(one)]
    variables = {**os.environ, "SYNTHDATA_RUNNER_PYTHON": made.runner_python, "SYNTHDATA_THREADS": "1"}
    subprocess.run([*alone, "--views", "16", "--extend"], check=True, cwd=ROOT, env=variables)
    assert main(command(made, cluster, out, "--views", "16", "--extend", "--shards", "2")) == 0
    assert "12 of 16 views were there. 2 shards joined. 16 views labelled" in capsys.readouterr().out
    before, after = (seconds([folder / "views.jsonl"]) for folder in (made.whole, out))
    assert {view: after[view] for view in before} == before
    assert differing(one, out) == ["job.json"]
    jobs = [json.loads((folder / "job.json").read_text()) for folder in (one, out)]
    for job in jobs:
        job["history"][0].pop("replaced")  # when it was extended
    assert jobs[0] == jobs[1]


def test_the_command_with_storage_that_is_no_shared_folder(made, cluster, tmp_path, capsys):
    """Shards are made on the nodes' own disks; here fsspec's storage is a folder, which nobody works in."""
    out = tmp_path / "store" / "set"
    words = command(made, cluster, f"file://{out}", "--shards", "2")

    assert main(words) == 0
    assert "2 shards joined. 12 views labelled, 12 pictures" in capsys.readouterr().out
    assert differing(made.whole, out) == []
    # What is gone is made again, and nothing else.
    assert main(words) == 0
    assert "All is there: 12 views, 12 pictures." in capsys.readouterr().out
    files = state(DatasetFolder(out))
    for name in ("images/000003_as-it-is.png", "masks/instance/000007.png"):
        (out / name).unlink()
    assert main(words) == 0
    assert "10 of 12 views were there. 2 shards joined. 12 views labelled" in capsys.readouterr().out
    assert differing(made.whole, out) == []
    again = state(DatasetFolder(out))
    of_views = [name for name in files if "/0" in name and not name.startswith("exports/")]
    changed = {Path(name).name[:6] for name in of_views if again[name] != files[name]}
    assert changed == {"000003", "000007"}
    # A render that cannot be made ends the job with what Blender said.
    assert main([*words, "--sweep", "helix"]) == 1
    assert "invalid choice: 'helix'" in capsys.readouterr().err
    assert main([*words, "--render-cpus", "3"]) == 1
    assert (
        "The cluster has 3 CPUs and 0 GPUs; a render and a stylizer want 4 and 0." in capsys.readouterr().err
    )
