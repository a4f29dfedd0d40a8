# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands at the Generate button: what a job will come to, what is missing, and buttons that put it right."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy
import pytest

from synthdata_addon import registration
from synthdata_addon.core.estimate import read_factors
from synthdata_addon.core.spec import JobSpec, StyleSpec
from synthdata_addon.ui import fixes, running, scene_check
from synthdata_addon.ui.checked import checked
from synthdata_addon.ui.fixes import class_of_name
from synthdata_addon.ui.generate_panels import SYNTHDATA_PT_generate
from synthdata_addon.ui.job import GenerateJob
from synthdata_addon.ui.panel import SidebarPanel
from synthdata_addon.ui.request import resolve_request
from synthdata_addon.ui.scene_check import check_scene
from synthdata_addon.ui.settings import apply_job
from synthdata_addon.ui.terminal import run_to_end
from tests.blender import scenes
from tests.blender.test_panel_settings import draw


@pytest.fixture(autouse=True)
def forgotten():
    yield
    checked.clear()


@pytest.fixture
def default_scene():
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    return bpy.context.scene


def look(scene):
    return check_scene(scene, bpy.context.view_layer)


def press(fix):
    """Run a fix as its button does."""
    family, name = fix.operator.split(".")
    return getattr(getattr(bpy.ops, family), name)(**dict(fix.arguments))


def press_all(scene, among=None):
    """Press the first button of every lack, once each, but for dialogs; return what is left."""
    for lack in look(scene).lacks:
        for fix in lack.fixes[:1]:
            if not fix.is_dialog and (among is None or fix.operator in among):
                assert press(fix) == {"FINISHED"}
    return look(scene)


def test_the_default_scene_needs_one_press_a_lack_and_then_makes_a_dataset(default_scene, tmp_path):
    found = look(default_scene)
    assert not found.is_ready
    texts = [lack.text for lack in found.lacks]
    assert texts[0] == "No object that renders in 'Scene' has a category."
    assert "not saved yet" in texts[1]
    assert found.lacks[0].fixes[0].text == "Label the Selected Object as 'cube'"
    with pytest.raises(RuntimeError, match="No object that renders in 'Scene' has a category"):
        scenes.generate(tmp_path / "refused", views=2)
    bpy.ops.synthdata.choose_output(directory=str(tmp_path / "set"))
    default_scene.synthdata.width = default_scene.synthdata.height = 64
    default_scene.synthdata.views = 2
    found = press_all(default_scene, {"synthdata.assign_category"})
    assert found.is_ready
    assert found.line.startswith("2 views, under a minute, ")
    assert [(row.name, row.count) for row in found.classes] == [("cube", 1)]
    assert bpy.ops.synthdata.generate() == {"FINISHED"}
    assert "All views are there" in look(default_scene).line
    default_scene.synthdata.views = 5
    assert "made with other settings" in look(default_scene).lacks[0].text
    press(look(default_scene).lacks[0].fixes[1])
    assert look(default_scene).is_ready
    default_scene.synthdata.extend = False
    press(look(default_scene).lacks[0].fixes[0])
    assert Path(default_scene.synthdata.output).name == "set_2"
    assert look(default_scene).is_ready


def test_a_job_that_was_stopped_goes_on(scene, tmp_path):
    scene.synthdata.output = str(tmp_path)
    scenes.generate(tmp_path)
    journal = tmp_path / "views.jsonl"
    journal.write_text("".join(journal.read_text().splitlines(keepends=True)[:3]))
    assert "3 views are there; Generate goes on" in look(scene).line


def test_the_pace_of_a_job_is_kept_for_the_next_estimate(scene, tmp_path, monkeypatch):
    pace = tmp_path / "config" / "pace.json"
    monkeypatch.setattr(running, "factors_path", lambda: pace)
    monkeypatch.setattr(scene_check, "factors_path", lambda: pace)
    spec, output = resolve_request(scene), tmp_path / "set"
    job = GenerateJob(scene, bpy.context.view_layer, spec, output)
    assert running.is_fresh(job)
    run_to_end(job)
    running.learn(job)
    assert set(read_factors(pace)) == {"render", "labels"}
    again = GenerateJob(scene, bpy.context.view_layer, spec, output)
    assert not running.is_fresh(again), "what is there took no time"
    again.close()


def test_three_styles_are_a_press_away(default_scene, monkeypatch):
    monkeypatch.setattr(fixes, "_has_torch", lambda _: True)
    default_scene.synthdata.output = "/nowhere/set"
    lack = next(lack for lack in look(default_scene).lacks if not lack.is_fault)
    assert lack.text == "No style: labels and control images only"
    press(lack.fixes[0])
    found = look(default_scene)
    assert "20 views × 3 styles = 60 pictures" in found.line
    assert [lack.fixes[0].operator for lack in found.lacks] == ["synthdata.assign_category"]
    monkeypatch.setattr(fixes, "_has_torch", lambda _: False)
    assert look(default_scene).lacks[-1].text == "Pictures need a Python with torch and diffusers"


@pytest.mark.parametrize(
    ("job", "change"),
    [
        (JobSpec(styles=(StyleSpec("r", kind="RENDER"),)), "BEAUTY"),
        (JobSpec(exports=("BOP",)), "AMODAL"),
        (JobSpec(width=250, height=500, styles=(StyleSpec("a", "b"),)), "SIZE"),
    ],
)
def test_a_setting_that_is_missing_is_a_press_away(scene, tmp_path, monkeypatch, job, change):
    monkeypatch.setattr(fixes, "_has_torch", lambda _: True)
    apply_job(job, scene)
    scene.synthdata.output = str(tmp_path)
    (lack,) = look(scene).lacks
    offered = {dict(fix.arguments)["change"]: fix for fix in lack.fixes}
    assert change in offered
    with pytest.raises(RuntimeError) as refused:
        scenes.generate(tmp_path)
    assert lack.text.split(".")[0] in str(refused.value)
    press(offered[change])
    assert look(scene).is_ready


def test_what_no_press_can_mend_is_said(scene, tmp_path):
    scene.synthdata.output = str(tmp_path)
    scene.synthdata.seed = "x"
    (lack,) = look(scene).lacks
    assert "'x' is not a whole number" in lack.text
    assert not lack.fixes


def test_names_of_objects_become_classes():
    names = ["Cube", "Office Chair.003", "desk_lamp_2", "012", "Cup 7"]
    assert [class_of_name(name) for name in names] == ["cube", "office chair", "desk lamp", "012", "cup"]


def test_the_panel_shows_line_lacks_and_buttons(scene):
    checked.look(scene, bpy.context.view_layer)
    drawn = draw(SYNTHDATA_PT_generate)
    text = " ".join(drawn)
    assert "4 views" in text
    assert "not saved yet" in text
    assert {"wm.save_as_mainfile", "synthdata.choose_output", "synthdata.generate"} <= set(drawn)


def drawing(cls):
    """Draw a panel; return how many of our functions were called, and in which files."""
    calls = []

    def note(frame, event, _argument):
        if event == "call" and "synthdata_addon" in frame.f_code.co_filename:
            calls.append((Path(frame.f_code.co_filename).stem, frame.f_code.co_name))

    sys.setprofile(note)
    try:
        draw(cls)
    finally:
        sys.setprofile(None)
    return calls


def test_drawing_looks_at_nothing_of_the_scene(scene):
    """Every panel of ours calls as much in a scene of three hundred objects as in one of four, and none of it looks."""
    panels = [cls for cls in registration.CLASSES if issubclass(cls, SidebarPanel)]
    checked.look(scene, bpy.context.view_layer)
    for cls in panels:
        draw(cls)  # lines of text are wrapped once
    before = {cls: drawing(cls) for cls in panels}
    for number in range(300):
        scenes.add_cube(f"Cube {number}", (number, 0.0, 0.0), category=f"class {number % 40}")
    after = {cls: drawing(cls) for cls in panels}
    for cls in panels:
        assert len(before[cls]) == len(after[cls]) < 150, cls
        names = {name for _, name in before[cls]}
        assert not names & {"job_from_scene", "check_scene", "validate", "count_categories", "read_job"}, cls
