# SPDX-License-Identifier: GPL-3.0-or-later
"""The doctor in the runner's Python: what it finds on this machine, and what it finds amiss."""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from synthdata_addon.runner import doctor
from synthdata_addon.runner.doctor import Examination

BOOTSTRAP = Path(doctor.__file__).with_name("bootstrap.py")
GATED = "black-forest-labs/FLUX.1-dev"


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """A machine with an empty model folder, no token, and online."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    for name in ("HF_HUB_OFFLINE", "HF_TOKEN", "SYNTHDATA_DEVICE", "SYNTHDATA_GPU_MEMORY"):
        monkeypatch.delenv(name, raising=False)


def examine(*needs, **options):
    """Examine without torch, whose import takes seconds."""
    examination = Examination(needs, **options)
    examination._devices = lambda: None
    return examination.report()


def rows(report):
    return {name: value for section in report.sections for name, value in section.rows}


def fatal(report):
    return [problem.message for problem in report.problems if problem.fatal]


def test_the_command_tells_what_this_machine_has(tmp_path):
    pytest.importorskip("torch")
    environment = {**os.environ, "HF_TOKEN": "hf_nobodys_business", "HOME": str(tmp_path)}
    command = [sys.executable, "-I", str(BOOTSTRAP), "doctor", "--json", "--output", str(tmp_path / "set")]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    report = json.loads(found.stdout)
    assert found.returncode == (0 if report["works"] else 1)
    said = {name: value for section in report["sections"] for name, value in section["rows"]}
    for name in ("torch", "diffusers", "transformers", "numpy", "openexr"):
        assert said[name] == importlib.metadata.version(name)
    assert "GB" in said["RAM"]
    assert said["Disk: Output"].endswith("at ~/set")
    assert said["torch is for"]
    assert said["Token of the hub"] == "set"
    assert "hf_nobodys" not in found.stdout + found.stderr
    assert str(tmp_path) not in found.stdout


def test_the_command_in_words(capsys):
    pytest.importorskip("torch")
    assert doctor.doctor_main(["--labels-only"]) == 0
    assert capsys.readouterr().out.startswith("Runner\n  SynthData ")


def test_models_that_would_be_downloaded_with_size_and_licence():
    said = rows(examine("stable-diffusion-v1-5/stable-diffusion-v1-5", "somebody/else"))
    assert said["stable-diffusion-v1-5/stable-diffusion-v1-5"].startswith("to be downloaded: about 2.1 GB")
    assert "not known" in said["somebody/else"]


def test_what_cannot_be_downloaded_is_an_error(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    report = examine("somebody/else")
    assert fatal(report) == [
        "The model 'somebody/else' is not on this disk, and Blender or HF_HUB_OFFLINE allows no online access."
    ]
    assert rows(report)["Online access"] == "no"
    assert not report.works


def test_terms_want_a_token(monkeypatch, tmp_path):
    def wants(report):
        return any("terms accepted" in problem.message for problem in report.problems)

    assert wants(examine(GATED))
    monkeypatch.setenv("HF_TOKEN", "x")
    assert not wants(examine(GATED))


def test_a_model_that_is_nowhere(tmp_path):
    assert fatal(examine(str(tmp_path / "gone"))) == [f"The model '{tmp_path / 'gone'}' does not exist."]
    (tmp_path / "there").mkdir()
    assert examine(str(tmp_path / "there")).works


def test_a_disk_too_small_for_the_models(monkeypatch):
    monkeypatch.setattr(doctor, "_free", lambda _folder: 5_000_000_000)
    assert any("33.7" in message or "34 GB" in message for message in fatal(examine(GATED)))


def test_a_python_without_torch(monkeypatch):
    find = doctor.importlib.util.find_spec
    monkeypatch.setattr(
        doctor.importlib.util, "find_spec", lambda name: None if name == "torch" else find(name)
    )
    assert any("has no torch: no pictures" in message for message in fatal(Examination().report()))
    assert Examination(labels_only=True).report().works


def test_a_preferred_device_that_is_not_there(monkeypatch):
    monkeypatch.setenv("SYNTHDATA_DEVICE", "cuda:7")
    examination = Examination()
    assert examination._preferred(["cuda:0", "cuda:1"]) == "cuda:7"
    assert [problem.fatal for problem in examination.problems] == [True]
    examination = Examination()
    monkeypatch.setenv("SYNTHDATA_DEVICE", "cuda")
    monkeypatch.setenv("SYNTHDATA_GPU_MEMORY", "0.5")
    assert examination._preferred(["cuda:0"]) == "cuda, at most 50% of its memory"
    assert not examination.problems


def test_an_nvidia_card_that_torch_does_not_use(monkeypatch):
    machine = pytest.importorskip("synthdata_addon.stylize.machine")
    monkeypatch.setattr(doctor, "has_nvidia_gpu", lambda: True)
    monkeypatch.setattr(machine, "gpus", lambda: ())
    for build, hint in (("CPU", "CUDA build"), ("CUDA 12.8", "driver")):
        monkeypatch.setattr(machine, "build", lambda build=build: build)
        examination = Examination()
        examination._torch_devices()
        assert hint in examination.problems[0].hint


def test_a_small_card(monkeypatch):
    machine = pytest.importorskip("synthdata_addon.stylize.machine")
    card = machine.DeviceFacts("cuda:0", "A Small Card", 4_000_000_000, 3_000_000_000)
    monkeypatch.setattr(machine, "gpus", lambda: (card,))
    examination = Examination()
    assert ("cuda:0", "A Small Card, 4.0 GB, 3.0 GB free") in examination._torch_devices()
    assert "4.0 GB" in examination.problems[0].message


def test_a_jobs_auto_is_the_machines_device(monkeypatch):
    pytest.importorskip("diffusers")
    from synthdata_addon.core.errors import ModelError
    from synthdata_addon.stylize.pipeline.loading import available, devices

    monkeypatch.setenv("SYNTHDATA_DEVICE", "cpu")
    assert available("auto") == "cpu"
    monkeypatch.setenv("SYNTHDATA_DEVICE", "cuda:63")
    with pytest.raises(ModelError, match="'cuda:63' is not there"):
        available("auto")
    assert available("cpu") == "cpu", "what a job says counts"
    assert devices("cuda:1") == ["cuda:1"]
