# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Ray cluster of three nodes on this machine: the dataset of one machine, also when a node is lost."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter

import pytest

pytest.importorskip("ray")

import ray
from ray.cluster_utils import Cluster

from synthdata_addon.__main__ import main
from synthdata_addon.core.shard import Shard
from synthdata_addon.farm.cluster import Farm, Share, connect
from synthdata_addon.farm.stores import SharedFolder
from synthdata_addon.farm.tasks import Order
from tests.farm.conftest import VIEWS
from tests.same_dataset import differing

COUNT = 4
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

    said = []
    killer = threading.Thread(target=lose_a_node)
    killer.start()
    shards = [Shard(number, COUNT) for number in range(1, COUNT + 1)]
    views = Farm(order, shards, Share(), Share(most=1), said.append).run()
    killer.join()
    assert 0 < lost[0] < VIEWS, "the node was not lost in mid-job"
    assert views == VIEWS
    # No view twice, wherever it was made.
    assert Counter(line["view"] for line in lines(out)) == dict.fromkeys(range(VIEWS), 1)
    assert f"shards rendered {COUNT}/{COUNT}, {VIEWS} views, pictured {COUNT}/{COUNT}" in said[-1]
    merged = order.store.join()
    assert merged.counts.samples == VIEWS
    assert differing(made.whole, out) == []


def test_the_command_with_storage_that_is_no_shared_folder(made, cluster, tmp_path, capsys):
    """Shards are made on the nodes' own disks; here fsspec's storage is a folder, which nobody works in."""
    out = tmp_path / "store" / "set"
    command = ["generate", "--cluster", cluster.address, str(made.blend), "--output", f"file://{out}"]
    command += ["--shards", "2", "--render-python", made.render_python, "--runner-python", made.runner_python]
    assert main(command) == 0
    assert "2 shards joined. 12 views labelled, 12 pictures" in capsys.readouterr().out
    hidden = [name for name in differing(made.whole, out) if not name.startswith(".gallery")]
    assert [name for name in hidden if name != "index.html"] == []
    # A render that cannot be made ends the job with what Blender said.
    assert main([*command, "--sweep", "helix"]) == 1
    assert "invalid choice: 'helix'" in capsys.readouterr().err
    assert main([*command, "--render-cpus", "3"]) == 1
    assert (
        "The cluster has 3 CPUs and 0 GPUs; a render and a stylizer want 4 and 0." in capsys.readouterr().err
    )
