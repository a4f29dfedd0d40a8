# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a request for a cluster is said before anything starts; Ray is not needed for that."""

from __future__ import annotations

import pytest

from synthdata_addon.__main__ import main
from synthdata_addon.farm.command import store_for
from synthdata_addon.farm.object_store import ObjectStore
from synthdata_addon.farm.stores import SharedFolder


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--shard", "1/2"], "--shard cannot be given with --cluster"),
        (["--view", "3"], "--view cannot be given with --cluster"),
        (["--shards", "-1"], "--shards is -1"),
        (["--render-cpus", "0"], "--render-cpus is 0"),
    ],
)
def test_wrong_requests_are_refused(tmp_path, capsys, arguments, said):
    command = ["generate", "--cluster", "auto", "scene.blend", "--output", str(tmp_path / "out"), *arguments]
    assert main(command) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_url_is_object_storage_and_a_path_is_a_shared_folder(tmp_path):
    assert store_for("s3://bucket/set") == ObjectStore("s3://bucket/set")
    assert store_for(str(tmp_path)) == SharedFolder(str(tmp_path.resolve()))
