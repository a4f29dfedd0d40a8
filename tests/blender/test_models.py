# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of models and the machine's preferences inside Blender, with a hub on this machine."""

from __future__ import annotations

import json
import os
import sys

import bpy
import pytest

import synthdata_addon
from synthdata_addon.core import model_list as listing
from synthdata_addon.core.hub_cache import hub_cache
from synthdata_addon.core.machine import RUNNER_VARIABLE
from synthdata_addon.ui.command import main
from synthdata_addon.ui.examination import TEXT, doctor
from synthdata_addon.ui.model_list import _tick, models
from synthdata_addon.ui.preferences import RunnerSettings
from synthdata_addon.ui.settings import job_from_scene
from tests.blender import scenes
from tests.blender.test_panel_settings import Layout
from tests.hub_server import TOKEN, Hub

BASE = "stable-diffusion-v1-5/stable-diffusion-v1-5"
DEPTH = "lllyasviel/control_v11f1p_sd15_depth"
NORMAL = "lllyasviel/control_v11p_sd15_normalbae"
JUDGE = "depth-anything/Depth-Anything-V2-Small-hf"
SECRET = "hf_secretSecretSecret"
needs_runner = pytest.mark.skipif(
    not os.environ.get(RUNNER_VARIABLE), reason="needs the runner's environment"
)


@pytest.fixture
def preferences():
    """The extension's preferences, as they are where it is enabled; and Blender offline afterwards."""
    addon = bpy.context.preferences.addons.new()
    addon.module = synthdata_addon.__name__
    system = bpy.context.preferences.system
    before = system.use_online_access
    yield addon.preferences
    addon.preferences.model_folder = ""
    bpy.context.preferences.addons.remove(addon)
    system.use_online_access = before


@pytest.fixture
def hub(tmp_path, monkeypatch, preferences):
    """A hub with a ControlNet of the list; the model folder is the preferences'."""
    hub = Hub().start()
    hub.models[DEPTH] = {
        "config.json": b'{"_class_name": "ControlNetModel"}',
        "diffusion_pytorch_model.fp16.safetensors": b"half" * 1000,
        "diffusion_pytorch_model.safetensors": b"fullfull" * 1000,
    }
    monkeypatch.setenv("HF_ENDPOINT", hub.address)
    for name in ("HF_TOKEN", "HF_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    preferences.model_folder = str(tmp_path / "models")
    bpy.context.preferences.system.use_online_access = True
    yield hub
    hub.stop()


@needs_runner
def test_a_model_is_downloaded_used_and_removed(hub, scene, tmp_path):
    assert models.of(DEPTH).presence == "MISSING"
    assert bpy.ops.synthdata.model_download(model=DEPTH) == {"FINISHED"}
    assert models.of(DEPTH).presence == "READY"
    assert models.said == "Depth for 1.5 is ready"
    assert (tmp_path / "models" / "models--lllyasviel--control_v11f1p_sd15_depth").is_dir()
    assert hub.fetched() == ["config.json", "diffusion_pytorch_model.fp16.safetensors"], (
        "half precision is enough"
    )
    bpy.ops.synthdata.model_use(model=BASE)
    model = job_from_scene(scene).model
    assert (model.path, [(control.kind, control.model) for control in model.controls]) == (
        BASE,
        [("depth", DEPTH)],
    )
    assert bpy.ops.synthdata.model_remove(model=DEPTH) == {"FINISHED"}
    assert models.of(DEPTH).presence == "MISSING"


@needs_runner
def test_what_the_hub_says_reaches_the_user(hub):
    with pytest.raises(RuntimeError, match=rf"The hub has no model '{NORMAL}'.*spelling"):
        bpy.ops.synthdata.model_download(model=NORMAL)
    assert models.failed
    assert NORMAL in models.said


def test_offline_nothing_is_asked(hub):
    bpy.context.preferences.system.use_online_access = False
    with pytest.raises(RuntimeError, match="Allow Online Access"):
        bpy.ops.synthdata.model_download(model=DEPTH)
    assert RunnerSettings.current().environment["HF_HUB_OFFLINE"] == "1"
    assert not hub.asked


@needs_runner
def test_a_window_follows_a_download_and_others_wait(hub):
    """What the timer does, step by step: a module has no window."""
    models.start(DEPTH)
    models.start(NORMAL)
    assert models.waiting == [NORMAL]
    assert bpy.app.timers.is_registered(_tick)
    assert models.is_wanted(DEPTH)
    while models.fetching.repo == DEPTH:
        models.fetching.wait(0.1)
        models.tick()
    assert models.of(DEPTH).presence == "READY"
    assert (models.fetching.repo, models.waiting) == (NORMAL, [])
    models.cancel(NORMAL)
    assert models.tick() is None
    assert models.said.endswith("what came is kept")
    models.stop()
    assert not bpy.app.timers.is_registered(_tick)


def test_controlnets_of_a_union_and_judges_are_filled_in(scene, preferences):
    bpy.ops.synthdata.model_use(model="xinsir/controlnet-union-sdxl-1.0")
    settings = scene.synthdata
    assert settings.control_canny.model == settings.control_depth.model == "xinsir/controlnet-union-sdxl-1.0"
    bpy.ops.synthdata.model_use(model="black-forest-labs/FLUX.1-Canny-dev")
    model = job_from_scene(scene).model
    assert [(control.kind, control.model) for control in model.controls] == [("canny", model.path)]
    bpy.ops.synthdata.model_use(model=JUDGE)
    assert job_from_scene(scene).fidelity.models == (JUDGE,)
    with pytest.raises(RuntimeError, match="not in the list"):
        bpy.ops.synthdata.model_use(model="some/other")


def test_loras_and_an_ip_adapter_of_the_list_are_filled_in_once(scene, preferences):
    bpy.ops.synthdata.model_use(model=BASE)
    for _ in range(2):
        bpy.ops.synthdata.model_use(model="latent-consistency/lcm-lora-sdv1-5")
    bpy.ops.synthdata.model_use(model="h94/IP-Adapter")
    scene.synthdata.diffusion.reference.image = "/look.png"
    model = job_from_scene(scene).model
    assert [lora.path for lora in model.loras] == [
        "latent-consistency/lcm-lora-sdv1-5/pytorch_lora_weights.safetensors"
    ]
    assert model.few_steps == "LCM"
    assert model.ip_adapter.path == "h94/IP-Adapter/models/ip-adapter_sd15.safetensors"


def test_every_base_model_of_the_list_makes_settings_that_fit_together(scene, preferences):
    for model in listing.listed_models():
        if model.role == "base":
            bpy.ops.synthdata.model_use(model=model.repo)
            assert job_from_scene(scene).model.controls, model.repo


def test_the_preferences_reach_the_runner_and_the_environment_wins(preferences, monkeypatch, tmp_path):
    for name in ("HF_TOKEN", "HF_HUB_CACHE", "SYNTHDATA_DEVICE", "SYNTHDATA_GPU_MEMORY"):
        monkeypatch.delenv(name, raising=False)
    names = {"HF_TOKEN", "HF_HUB_CACHE", "SYNTHDATA_DEVICE", "SYNTHDATA_GPU_MEMORY"}
    assert not names & set(RunnerSettings.current().environment)
    preferences.model_folder, preferences.hub_token = str(tmp_path), SECRET
    preferences.device, preferences.gpu, preferences.gpu_memory = "CUDA", 1, 0.5
    bpy.context.preferences.system.use_online_access = True
    environment = RunnerSettings.current().environment
    assert environment["HF_HUB_CACHE"] == str(tmp_path)
    assert environment["HF_TOKEN"] == SECRET
    assert (environment["SYNTHDATA_DEVICE"], environment["SYNTHDATA_GPU_MEMORY"]) == ("cuda:1", "0.500")
    assert hub_cache() == tmp_path
    bpy.context.preferences.system.use_online_access = False
    assert "HF_TOKEN" not in RunnerSettings.current().environment
    bpy.context.preferences.system.use_online_access = True
    monkeypatch.setenv("HF_TOKEN", "theirs")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "theirs"))
    assert not {"HF_TOKEN", "HF_HUB_CACHE"} & set(RunnerSettings.current().environment)
    assert hub_cache() == tmp_path / "theirs"


def test_the_preferences_and_the_panel_draw(preferences, scene):
    from synthdata_addon.ui import preferences as module
    from synthdata_addon.ui.model_list_panel import draw_model_list

    layout = Layout()
    module.draw_machine(layout, preferences)
    module.draw_doctor(layout)
    assert {"model_folder", "hub_token", "device", "gpu_memory", "synthdata.doctor"} <= set(layout.drawn)
    manager = bpy.context.window_manager
    for item in manager.bl_rna.properties["synthdata_models"].enum_items:
        manager.synthdata_models = item.identifier
        layout = Layout()
        draw_model_list(layout, manager)
        assert "synthdata.model_download" in layout.drawn, item.identifier
    assert "Depth Anything V2 Small, 99 MB" in layout.drawn
    manager.synthdata_models = "sd15"


@needs_runner
def test_the_token_is_nowhere_but_where_it_is_needed(hub, scene, preferences, tmp_path, capfd):
    preferences.hub_token = SECRET
    scene.synthdata.views = 1
    output = tmp_path / "dataset"
    scene.synthdata.output = str(output)
    scenes.generate(output)
    bpy.ops.synthdata.doctor()
    with pytest.raises(RuntimeError, match="does not know the token"):
        bpy.ops.synthdata.model_download(model=DEPTH)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) > 8
    assert not [path for path in written if SECRET.encode() in path.read_bytes()]
    said = capfd.readouterr()
    for text in (bpy.data.texts[TEXT].as_string(), models.said, said.out, said.err):
        assert SECRET not in text
    assert "Token of the hub  set" in bpy.data.texts[TEXT].as_string()
    assert any(f"Bearer {SECRET}" in headers.values() for _, _, headers in hub.asked)
    preferences.hub_token = TOKEN
    assert bpy.ops.synthdata.model_download(model=DEPTH) == {"FINISHED"}


@needs_runner
def test_the_doctor_names_what_the_settings_lack(hub, scene, tmp_path, capfd):
    scene.synthdata.output = str(tmp_path / "dataset")
    scene.synthdata.use_styles = True
    bpy.ops.synthdata.style_add()
    bpy.ops.synthdata.model_use(model=BASE)
    bpy.context.preferences.system.use_online_access = False
    capfd.readouterr()  # what operators said so far
    assert main(["doctor", "--json"]) == 1
    report = json.loads(capfd.readouterr().out)
    assert not report["works"]
    said = {name: value for section in report["sections"] for name, value in section["rows"]}
    assert said[BASE] == "to be downloaded: about 2.1 GB, CreativeML OpenRAIL-M"
    assert said["Blender"].startswith(bpy.app.version_string)
    fatal = [problem["message"] for problem in report["problems"] if problem["fatal"]]
    assert [BASE in message or DEPTH in message for message in fatal] == [True, True]


def test_a_runner_that_cannot_start_is_in_the_report(scene, preferences, tmp_path, monkeypatch):
    scene.synthdata.output = str(tmp_path / "dataset")
    monkeypatch.setenv(RUNNER_VARIABLE, str(tmp_path / "nothing"))
    bpy.ops.synthdata.doctor()
    assert not doctor.report.works
    text = bpy.data.texts[TEXT].as_string()
    assert bpy.app.version_string in text
    assert "cannot be started" in text
    monkeypatch.setenv(RUNNER_VARIABLE, sys.executable)
    bpy.ops.synthdata.doctor()
    assert any("torch" in problem.message for problem in doctor.report.problems)
