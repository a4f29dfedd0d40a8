# SPDX-License-Identifier: GPL-3.0-or-later
"""What a job must never do, tried: run a file's scripts, leave its folder, listen, go online, tell a secret."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import bpy
import pytest

from synthdata_addon.core.layout import DatasetFolder
from synthdata_addon.ui.job import GenerateJob
from synthdata_addon.ui.request import resolve_request
from tests.blender import scenes

ROOT = Path(__file__).parents[2]
HOSTILE = (
    "../x",
    "..\\x",
    "/etc/x",
    "a/b",
    'quo"te',
    "new\nline",
    "<script>alert(1)</script>",
    "茶🧙",
    "..",
    "nul",
)
STYLES = ("../x", "/etc/y", "new\nline")
SECRET = "hf_thisIsNobodysTokenButItLooksLikeOne"


def files_below(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


def generate_apart(blend: Path, output: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "synthdata_addon",
        "generate",
        *options,
        str(blend),
        "--output",
        str(output),
    ]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("trusted", [False, True])
def test_scripts_of_a_file_run_only_when_asked(scene, tmp_path, trusted):
    scene.synthdata.use_styles, scene.synthdata.views = False, 1
    text = bpy.data.texts.new("start.py")
    text.use_module = True
    text.write(f"open({str(tmp_path / 'script')!r}, 'w').close()")
    driven = scenes.add_ball("Driven", (0.0, 0.0, 3.0), 0.4)
    driver = driven.driver_add("location", 2).driver
    driver.expression = f"open({str(tmp_path / 'driver')!r}, 'w').close() or 0.25"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    done = generate_apart(tmp_path / "scene.blend", tmp_path / "set", *["--enable-autoexec"] * trusted)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "script").exists() == trusted
    assert (tmp_path / "driver").exists() == trusted


def test_no_name_leads_out_of_the_dataset(scene, tmp_path):
    settings = scene.synthdata
    settings.views, settings.use_styles = 1, True
    settings.labels.panoptic = settings.labels.captions = settings.labels.visibility = True
    settings.labels.amodal = settings.labels.polygons = True
    settings.exports = {"YOLO_DETECT", "YOLO_SEGMENT", "BOP", "IMAGEFOLDER"}
    for number, name in enumerate(HOSTILE):
        ball = scenes.add_ball(name, (number - 5.0, 1.0, 0.0), 0.4, category=name)
        ball.data.name = name
    for name in STYLES:
        style = settings.styles.add()
        style.name, style.prompt = name, f"a room, {name}"
    target = tmp_path / "one" / "two" / "set"
    assert scenes.generate(target) == {"FINISHED"}
    outside = {path for path in files_below(tmp_path) if path.parts[:3] != ("one", "two", "set")}
    assert outside == set()
    written = files_below(target)
    assert len([path for path in written if path.parts[0] == "images"]) == len(STYLES)
    assert all(".." not in path.parts and "\n" not in str(path) for path in written)
    # The names themselves are kept as they are, where names belong.
    categories = json.loads((target / "annotations" / "instances_train.json").read_text())["categories"]
    assert {item["name"] for item in categories} >= {name.strip() for name in HOSTILE}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_nothing_listens_and_nothing_goes_online(scene, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    assert not bpy.app.online_access
    job = GenerateJob(scene, bpy.context.view_layer, resolve_request(scene), tmp_path)
    lock = DatasetFolder(tmp_path).runner_lock
    while not lock.exists():
        job.step()
    runner = int(json.loads(lock.read_text())["pid"])
    environment = Path(f"/proc/{runner}/environ").read_bytes().split(b"\0")
    assert b"HF_HUB_OFFLINE=1" in environment
    assert b"HF_HUB_DISABLE_TELEMETRY=1" in environment
    sockets = 0
    while job.step():
        sockets += len(internet_sockets(os.getpid())) + len(internet_sockets(runner))
    assert sockets == 0


def internet_sockets(pid: int) -> set[str]:
    """Return the inodes of a process's TCP and UDP sockets, from the kernel's tables."""
    own = set()
    for link in Path(f"/proc/{pid}/fd").glob("*"):
        try:
            own.add(str(link.readlink()))
        except OSError:  # closed meanwhile, or a process that has ended
            continue
    found = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        path = Path(f"/proc/{pid}/net/{table}")
        for line in path.read_text().splitlines()[1:] if path.exists() else ():
            found.add(f"socket:[{line.split()[9]}]")
    return own & found


def test_a_socket_would_be_seen():
    import socket

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        assert len(internet_sockets(os.getpid())) == 1


def test_no_file_of_a_dataset_tells_a_token(scene, tmp_path, monkeypatch):
    """Neither when all goes well nor when the model cannot be loaded, which logs whatever the libraries say."""
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.setenv(name, SECRET)
    settings = scene.synthdata
    settings.use_styles, settings.views = True, 1
    style = settings.styles.add()
    style.name, style.prompt = "office", "an office"
    settings.model, settings.model_path = "CUSTOM", "nobody/nothing"
    settings.control_depth.model = "nobody/nothing-depth"
    with pytest.raises(RuntimeError) as caught:
        scenes.generate(tmp_path / "set")
    assert SECRET not in str(caught.value)
    everything = b"".join(path.read_bytes() for path in (tmp_path / "set").rglob("*") if path.is_file())
    assert len(everything) > 1000
    assert SECRET.encode() not in everything
