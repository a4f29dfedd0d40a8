# SPDX-License-Identifier: GPL-3.0-or-later
"""Models fetched from a hub on this machine by Blender's own command: whole or not there, whatever happens."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from synthdata_addon.core.errors import ModelError
from synthdata_addon.core.hub_cache import repo_folder, snapshot
from synthdata_addon.core.model_list import by_repo
from synthdata_addon.core.model_store import remove, stored
from synthdata_addon.runner.fetching import ModelDownload
from tests.hub_server import TOKEN, Hub
from tests.tiny_extras import save_ip_adapter, save_lora, save_picture

pytest.importorskip("huggingface_hub")

REPO = "somebody/tiny-model"
NET = "somebody/tiny-net"
LORA = by_repo()["latent-consistency/lcm-lora-sdv1-5"]
ADAPTER = by_repo()["h94/IP-Adapter"]


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A hub with a model of one big file and what nobody should fetch, and an empty cache."""
    hub = Hub().start()
    weights = os.urandom(3_000_000)
    hub.models[NET] = {
        "config.json": b'{"_class_name": "ControlNetModel"}',
        "diffusion_pytorch_model.safetensors": weights,
        "diffusion_pytorch_model.bin": b"a pickle",
        "README.md": b"words",
        "evil.py": b"code",
    }
    for name, value in {
        "HF_ENDPOINT": hub.address,
        "HF_HUB_CACHE": str(tmp_path / "cache"),
        "HF_HOME": str(tmp_path / "home"),
        "HF_HUB_OFFLINE": "",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    yield hub
    hub.stop()


LOADING = """
import sys, numpy as np, torch
from huggingface_hub import constants
from synthdata_addon.core.controls import ControlSpec
from synthdata_addon.core.model_check import check_model
from synthdata_addon.core.model_spec import IPAdapterSpec, LoraSpec, ModelSpec
from synthdata_addon.stylize.pipeline.loading import load
from synthdata_addon.stylize.pipeline.stylizer import SampleInput
torch.set_num_threads(1)
base, net, lora, adapter, image, out = sys.argv[1:]
spec = ModelSpec(path=base, controls=(ControlSpec('depth', net),), steps=2, device='cpu', loras=(LoraSpec(lora),),
                 ip_adapter=IPAdapterSpec(adapter, image))
check_model(spec, (64, 48))
load(spec)
constants.HF_HUB_OFFLINE = True
depth = np.tile(np.arange(64, dtype=np.uint8)[None, :, None], (48, 1, 3))
sample = SampleInput({'depth': depth}, 'a red room', '', 1)
np.save(out, load(spec).picture(sample))
"""
"""Loads with the hub at hand, then without, and makes a picture."""


def fetch(repo=NET, **environment):
    """Fetch as Blender does; return how it ended."""
    return wait_for(ModelDownload(sys.executable, repo, environment=environment))


def wait_for(download):
    try:
        while not (now := download.poll()).ready:
            download.wait(0.05)
        return now
    finally:
        download.close()


def refused(code, repo=NET, **environment):
    with pytest.raises(ModelError) as caught:
        fetch(repo, **environment)
    assert caught.value.code == code
    assert caught.value.hint
    assert stored(repo).presence != "READY"
    return caught.value


def weights_file():
    return snapshot(NET) / "diffusion_pytorch_model.safetensors"


def test_a_model_comes_without_pickles_and_code_and_is_ready(hub):
    assert stored(NET).presence == "MISSING"
    now = fetch()
    assert now.done == now.total == len(hub.models[NET]["diffusion_pytorch_model.safetensors"]) + 34
    assert stored(NET).presence == "READY"
    assert sorted(path.name for path in snapshot(NET).iterdir()) == [
        "config.json",
        "diffusion_pytorch_model.safetensors",
    ]
    assert weights_file().read_bytes() == hub.models[NET]["diffusion_pytorch_model.safetensors"]
    assert not {"evil.py", "diffusion_pytorch_model.bin", "README.md"} & set(hub.fetched())


def test_the_hubs_own_client_finds_what_was_fetched(hub, monkeypatch):
    fetch()
    code = (
        "from huggingface_hub import hf_hub_download, scan_cache_dir\n"
        f"print(hf_hub_download({NET!r}, 'config.json'))\n"
        "found = scan_cache_dir()\n"
        "assert not found.warnings and len(found.repos) == 1, found\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == str(snapshot(NET) / "config.json")


def test_a_connection_that_breaks_is_taken_up_where_it_broke(hub):
    hub.faults.cut, hub.faults.cuts = 1_000_000, 2
    fetch()
    data = hub.models[NET]["diffusion_pytorch_model.safetensors"]
    assert weights_file().read_bytes() == data
    assert hub.sent == len(data)  # not a byte twice
    ranges = [
        headers["Range"] for _, path, headers in hub.asked if path.startswith("/store") and "Range" in headers
    ]
    assert ranges == ["bytes=1000000-", "bytes=2000000-"]


def test_a_killed_download_is_not_there_and_goes_on_where_it_was(hub):
    hub.faults.cut, hub.faults.cuts, hub.faults.hold = 2_000_000, 1, threading.Event()
    download = ModelDownload(sys.executable, NET)
    while stored(NET).size < 2_000_000:
        time.sleep(0.02)
    os.kill(download._command._process.pid, signal.SIGKILL)
    hub.faults.hold.set()
    download.close()
    state = stored(NET)
    assert (state.presence, state.size) == ("PARTLY", 2_000_000 + 34)
    assert snapshot(NET) is None
    before = hub.sent
    fetch()
    assert hub.sent - before == 1_000_000
    assert weights_file().read_bytes() == hub.models[NET]["diffusion_pytorch_model.safetensors"]


def test_a_server_without_ranges_begins_again(hub):
    hub.faults.cut, hub.faults.cuts, hub.faults.no_ranges = 1_000_000, 1, True
    now = fetch()
    assert now.done == now.total
    assert weights_file().read_bytes() == hub.models[NET]["diffusion_pytorch_model.safetensors"]


def test_a_wrong_byte_on_the_way_is_found_and_nothing_is_kept(hub):
    hub.faults.flip = True
    error = refused("model.hash")
    assert "diffusion_pytorch_model.safetensors" in error.message
    assert not any(file.stat().st_size > 1000 for file in (repo_folder(NET) / "blobs").iterdir())
    hub.faults.flip = False
    assert fetch().ready


def test_a_wrong_byte_once_is_fetched_again(hub):
    hub.faults.flip, hub.faults.flips = True, 1
    fetch()
    assert weights_file().read_bytes() == hub.models[NET]["diffusion_pytorch_model.safetensors"]


def test_the_hubs_own_client_would_not_have_seen_that_byte(hub, tmp_path):
    """Why we look ourselves: huggingface_hub 2.4 compares sizes."""
    hub.faults.flip = True
    name = "diffusion_pytorch_model.safetensors"
    code = f"from huggingface_hub import hf_hub_download as get; print(get({NET!r}, {name!r}))"
    environment = {
        **os.environ,
        "HF_HUB_CACHE": str(tmp_path / "theirs"),
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    }
    found = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert Path(found.stdout.strip()).read_bytes() != hub.models[NET][name]


def test_a_byte_that_went_wrong_on_the_disk_is_found_by_the_next_download(hub):
    fetch()
    blob = weights_file().resolve()
    data = bytearray(blob.read_bytes())
    data[1_234_567] ^= 1
    blob.chmod(0o644)
    blob.write_bytes(data)
    fetch()
    assert weights_file().read_bytes() == hub.models[NET]["diffusion_pytorch_model.safetensors"]


def test_a_wrong_byte_in_what_was_begun_is_found(hub):
    blobs = repo_folder(NET) / "blobs"
    blobs.mkdir(parents=True)
    data = hub.models[NET]["diffusion_pytorch_model.safetensors"]
    begun = blobs / f"{hashlib.sha256(data).hexdigest()}.incomplete"
    begun.write_bytes(b"x" + data[1:1_500_000])
    fetch()
    assert weights_file().read_bytes() == data


def test_no_such_model(hub):
    assert "somebody/nothing" in refused("model.not_found", "somebody/nothing").message


@pytest.mark.parametrize("name", ["nothing", "../../etc", "a/b/c", "somebody/.."])
def test_what_is_no_hub_id_is_refused(hub, name):
    assert "is no name of a model" in refused("model.not_found", name).message
    assert not hub.asked


def test_a_model_whose_terms_were_not_accepted(hub):
    hub.faults.gated = True
    error = refused("model.gated")
    assert "token" in error.hint
    assert fetch(HF_TOKEN=TOKEN).ready


def test_a_wrong_token_is_named_but_not_shown(hub):
    error = refused("model.token", HF_TOKEN="hf_secret_but_wrong")
    assert "hf_secret_but_wrong" not in str(error)


@pytest.mark.parametrize("status", [403, 500])
def test_a_hub_that_refuses_or_fails(hub, status):
    hub.faults.status = status
    error = refused("model.gated" if status == 403 else "model.hub")
    assert str(status) in error.message


def test_a_hub_that_is_not_there(hub):
    hub.stop()
    refused("model.hub")


def test_offline_nothing_is_asked(hub):
    refused("model.offline", HF_HUB_OFFLINE="1")
    assert not hub.asked


def test_a_disk_that_is_too_small_is_said_before_the_first_byte(hub):
    hub.faults.claim = 10**16
    error = refused("model.no_space")
    assert "10000 TB" in error.message
    assert hub.sent == 0


def test_a_disk_that_fills_up_keeps_what_came(hub, tmp_path, monkeypatch):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=204m", "tmpfs", disk], check=False).returncode:
        pytest.skip("only root can make a small disk")
    try:
        monkeypatch.setenv("HF_HUB_CACHE", str(disk))
        hub.faults.cut, hub.faults.cuts, hub.faults.hold = 1_000_000, 1, threading.Event()
        download = ModelDownload(sys.executable, NET)
        while stored(NET).size < 1_000_000:
            time.sleep(0.02)
        with (disk / "others").open("wb") as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(1_000_000))
        hub.faults.hold.set()
        with pytest.raises(ModelError, match="There is no room for") as caught:
            wait_for(download)
        assert caught.value.code == "model.no_space"
        assert stored(NET).presence == "PARTLY"
        (disk / "others").unlink()
        before = hub.sent
        fetch()
        assert hub.sent - before < 2_100_000
        assert weights_file().read_bytes() == hub.models[NET]["diffusion_pytorch_model.safetensors"]
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_folder_that_cannot_be_written(hub, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "file" / "cache"))
    refused("model.cannot_write")


def test_two_downloads_of_one_model(hub):
    hub.faults.cut, hub.faults.cuts, hub.faults.hold = 1_000_000, 1, threading.Event()
    first = ModelDownload(sys.executable, NET)
    while stored(NET).size < 1_000_000:
        time.sleep(0.02)
    refused("model.busy")
    hub.faults.hold.set()
    assert wait_for(first).ready


def test_a_name_that_leads_elsewhere_is_refused(hub, tmp_path):
    hub.faults.rename = "../../../../escaped.json"
    refused("model.hub")
    assert not list(tmp_path.rglob("escaped*"))


def test_a_model_of_pickles_only(hub):
    hub.models[NET] = {"config.json": b"{}", "pytorch_model.bin": b"pickle"}
    refused("model.no_weights")
    assert "pytorch_model.bin" not in hub.fetched()


def test_of_some_models_only_the_listed_files_come(hub):
    files = dict.fromkeys(
        (*LORA.files, "config.json", "old_lora.safetensors", "model.safetensors"), b"weights"
    )
    hub.models[LORA.repo] = files
    assert fetch(LORA.repo).total == len(b"weights")
    assert [path.name for path in snapshot(LORA.repo).iterdir()] == list(LORA.files)
    assert stored(LORA.repo).presence == "READY"


def test_a_listed_file_that_is_gone_from_the_hub(hub):
    hub.models[LORA.repo] = {"lora_v2.safetensors": b"weights"}
    assert LORA.files[0] in refused("model.no_weights", LORA.repo).message


def test_removing_frees_the_disk(hub):
    fetch()
    assert remove(NET) > 3_000_000
    assert stored(NET).presence == "MISSING"
    with pytest.raises(ModelError, match="is not on this disk"):
        remove(NET)


def test_the_command_line(hub, capfd):
    from synthdata_addon.__main__ import main

    assert main(["models", "remove", NET]) == 1
    code = f"import sys; from synthdata_addon.__main__ import main; sys.exit(main(['models', 'download', {NET!r}]))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.startswith(f"{NET}: ready in ")
    assert main(["models", "list"]) == 0
    assert "missing" in capfd.readouterr().out
    assert main(["models", "remove", NET]) == 0
    assert "freed" in capfd.readouterr().out


def test_a_downloaded_pipeline_makes_a_picture(hub, tiny_model, tmp_path):
    """As a user would have it: everything by the list's names, then online access is turned off."""
    folder = tmp_path / "upload"
    shutil.copytree(
        tiny_model, folder, ignore=shutil.ignore_patterns("control_*", "tokenizer_source", "synthdata.json")
    )
    index = json.loads((folder / "model_index.json").read_text())
    index["safety_checker"] = ["stable_diffusion", "StableDiffusionSafetyChecker"]
    (folder / "model_index.json").write_text(json.dumps(index))
    (folder / "safety_checker").mkdir()
    (folder / "safety_checker" / "model.safetensors").write_bytes(b"big")
    (folder / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"pickle")
    hub.add(REPO, folder)
    hub.add(NET, tiny_model / "control_depth")
    save_lora(tiny_model, tmp_path / "lora" / LORA.files[0])
    save_ip_adapter(tiny_model, tmp_path / "adapters" / "models").rename(
        tmp_path / "adapters" / ADAPTER.files[0]
    )
    hub.add(LORA.repo, tmp_path / "lora")
    hub.add(ADAPTER.repo, tmp_path / "adapters")
    for repo in (REPO, NET, LORA.repo, ADAPTER.repo):
        fetch(repo)
    assert not any(name.startswith("safety_checker") or name.endswith(".bin") for name in hub.fetched())
    picture = tmp_path / "picture.npy"
    look = save_picture(tmp_path / "look.png", (255, 0, 0))
    found = subprocess.run(
        [sys.executable, "-c", LOADING, REPO, NET, LORA.path, ADAPTER.path, look, picture],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr[-3000:]
    assert not any(name.startswith("safety_checker/") or name.endswith(".bin") for name in hub.fetched())
    pixels = np.load(picture)
    assert pixels.shape == (48, 64, 3)
    assert pixels.std() > 1.0
