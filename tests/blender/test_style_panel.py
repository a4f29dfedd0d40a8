# SPDX-License-Identifier: GPL-3.0-or-later
"""Prompts in the panel: every setting survives, wildcards are read as a job begins, places become styles."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import bpy
import pytest

from synthdata_addon.core.fidelity import FidelitySpec
from synthdata_addon.core.prompts import PromptsSpec
from synthdata_addon.core.spec import JobSpec, StyleSpec, validate
from synthdata_addon.ui.ops import ask_for_places
from synthdata_addon.ui.request import resolve_request
from synthdata_addon.ui.settings import apply_job, job_from_scene
from tests.blender import scenes
from tests.blender.test_panel_settings import draw

FULL = PromptsSpec(
    pictures=3,
    categories=(("mug", "a {red|blue} mug, shiny"),),
    cameras=(("Ceiling*", "security camera footage"),),
    wildcard_folder="/some/folder",
)

STRICT = FidelitySpec(True, 0.45, "CONTROL", 5, "SAMPLE", "org/depth", "org/clip", "/models/owl")


def test_a_new_scene_gives_the_defaults(empty_scene):
    assert job_from_scene(empty_scene).prompts == PromptsSpec()


def test_every_setting_survives_the_panel(empty_scene):
    apply_job(JobSpec(prompts=FULL, fidelity=STRICT), empty_scene)
    job = job_from_scene(empty_scene)
    assert (job.prompts, job.fidelity) == (FULL, STRICT)
    apply_job(JobSpec(), empty_scene)
    job = job_from_scene(empty_scene)
    assert (job.prompts, job.fidelity) == (PromptsSpec(), FidelitySpec())


def test_the_panel_shows_them(scene):
    from synthdata_addon.ui.style_panels import SYNTHDATA_PT_fidelity, SYNTHDATA_PT_prompts

    scene.synthdata.fidelity.retry = "SEED"
    assert {"threshold", "retry", "retries", "drop", "depth_model", "clip_model", "detector"} <= set(
        draw(SYNTHDATA_PT_fidelity)
    )
    assert {"pictures", "categories", "cameras", "wildcard_folder"} <= set(draw(SYNTHDATA_PT_prompts))


def test_wildcards_are_read_as_a_job_begins(scene, tmp_path):
    (tmp_path / "colour.txt").write_text("red\nblue\n", encoding="utf-8")
    settings = scene.synthdata
    settings.use_styles, settings.prompts.wildcard_folder = True, str(tmp_path)
    bpy.ops.synthdata.style_add()
    settings.styles[0].prompt = "a __colour__ room"
    job = resolve_request(scene)
    validate(job)
    assert job.prompts.wildcards[0].lines == ("red", "blue")
    settings.styles[0].prompt = "a __shape__ room"
    with pytest.raises(RuntimeError, match=r"'shape', whose file .* cannot be read"):
        scenes.generate(tmp_path / "out")
    settings.styles[0].prompt = "a {red room"
    with pytest.raises(RuntimeError, match="character 3"):
        scenes.generate(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_places_become_styles(scene):
    settings = scene.synthdata
    with pytest.raises(RuntimeError, match="no place for these categories: ball, box"):
        bpy.ops.synthdata.styles_from_places()
    bpy.data.objects["Ball"].synthdata.category = "Mug"
    assert bpy.ops.synthdata.styles_from_places(count=3) == {"FINISHED"}
    assert [style.name for style in settings.styles] == ["office desk", "dining table", "kitchen counter"]
    assert bpy.ops.synthdata.styles_from_places(count=3) == {"FINISHED"}
    assert len(settings.styles) == 3
    job = job_from_scene(scene)
    assert json.loads(json.dumps(job.to_json()))["styles"] == []
    settings.use_styles = True
    validate(job_from_scene(scene))


def test_styles_that_need_no_model(empty_scene):
    styles = (
        StyleSpec("render", kind="RENDER"),
        StyleSpec("paste", kind="PASTE", background="/some/folder"),
        StyleSpec("office", "an office", "text"),
    )
    apply_job(JobSpec(styles=styles), empty_scene)
    assert job_from_scene(empty_scene).styles == styles
    empty_scene.synthdata.styles[1].background = "//behind"
    assert job_from_scene(empty_scene).styles[1].background == bpy.path.abspath("//behind")


def test_a_list_shows_what_each_kind_of_style_is_made_of(scene):
    from synthdata_addon.ui.panels import SYNTHDATA_PT_styles

    apply_job(JobSpec(styles=(StyleSpec("paste", kind="PASTE", background="/x"), StyleSpec("a", "b"))), scene)
    scene.synthdata.active_style = 0
    assert "background" in draw(SYNTHDATA_PT_styles)
    scene.synthdata.active_style = 1
    assert "negative_prompt" in draw(SYNTHDATA_PT_styles)


def test_renders_become_a_style_of_their_own(scene, tmp_path):
    settings = scene.synthdata
    settings.use_styles, settings.width, settings.height = True, 62, 50
    scene.render.engine, settings.beauty, settings.beauty_samples = "CYCLES", True, 1
    style = settings.styles.add()
    style.name, style.kind = "render", "RENDER"
    sun = bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN"))
    sun.rotation_euler = (0.6, 0.5, 0.0)
    scene.collection.objects.link(sun)
    settings.fidelity.measure = True
    assert scenes.generate(tmp_path, views=2) == {"FINISHED"}
    records = scenes.lines(tmp_path / "samples.jsonl")
    assert [record["picture"] for record in records] == [
        "images/000000_render.png",
        "images/000001_render.png",
    ]
    # A ball and two cubes, of the floor's colour, before a black world: their outlines are seen in part.
    assert all(record["fidelity"] > 0.2 for record in records), [record["fidelity"] for record in records]


def test_a_model_that_is_not_there_is_named_before_anything_is_rendered(scene, tmp_path):
    group = scene.synthdata.fidelity
    group.measure, group.detector = True, str(tmp_path / "gone" / "owl")
    with pytest.raises(RuntimeError, match="which is to look at pictures, does not exist"):
        scenes.generate(tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.fixture
def server():
    """A server on this machine that knows where boxes and balls are."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            said = {"choices": [{"message": {"content": "box: in a warehouse; on a shelf\nball: in a gym"}}]}
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        def log_message(self, *_):
            pass

    found = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=found.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{found.server_port}/v1"
    found.shutdown()
    found.server_close()


def test_a_language_model_is_asked_only_where_blender_may_go_online(scene, server, monkeypatch):
    system = bpy.context.preferences.system
    before = system.use_online_access
    try:
        with pytest.raises(RuntimeError, match="No language model is set"):
            bpy.ops.synthdata.ask_for_places()
        monkeypatch.setattr(ask_for_places, "language_model", lambda: ("some-model", server))
        system.use_online_access = False
        with pytest.raises(RuntimeError, match="may not go online"):
            bpy.ops.synthdata.ask_for_places()
        system.use_online_access = True
        assert bpy.ops.synthdata.ask_for_places(count=2) == {"FINISHED"}
    finally:
        system.use_online_access = before
    assert {style.name for style in scene.synthdata.styles} == {"gym", "warehouse"}
