# SPDX-License-Identifier: GPL-3.0-or-later
"""Re-make This View: rendered anew, it has the masks and the picture of the dataset; undone, nothing is left of it."""

from __future__ import annotations

import dataclasses
import json

import bpy
import numpy as np
import pytest
from PIL import Image

from synthdata_addon.blender.remake import BEFORE, remade_view
from synthdata_addon.core.spec import JobSpec
from synthdata_addon.core.sweep_spec import SweepSpec
from synthdata_addon.core.variation import VariationSpec
from synthdata_addon.ui.loaded_picture import loaded
from synthdata_addon.ui.settings import apply_job, job_from_scene
from tests.blender import scenes

VIEW = 2


@pytest.fixture(autouse=True)
def nothing_loaded():
    loaded.clear()


def varied_job() -> JobSpec:
    """Return a job in which about everything differs from view to view."""
    variation = VariationSpec()
    return dataclasses.replace(
        JobSpec(seed=4, width=96, height=64),
        sweep=SweepSpec(kind="DOME", views=4, radius=5.0, elevation_min=15.0, elevation_max=60.0),
        passes=dataclasses.replace(JobSpec().passes, beauty=True, beauty_samples=2),
        variation=dataclasses.replace(
            variation,
            lights=dataclasses.replace(variation.lights, use=True, energy=(0.3, 3.0), extra=(1, 2)),
            world=dataclasses.replace(variation.world, use=True, strength=(0.5, 2.0)),
            materials=dataclasses.replace(variation.materials, use=True, hue=0.4),
            objects=dataclasses.replace(
                variation.objects, use=True, location=(0.2, 0.2, 0.0), rotation=180.0, scale=(0.8, 1.2)
            ),
            camera=dataclasses.replace(variation.camera, use_lens=True, lens=(25.0, 45.0)),
            frames=dataclasses.replace(variation.frames, use=True, start=1, end=20),
        ),
    )


def make_scene(scene):
    """Give a scene a light, a world, materials and an animation, and about everything that varies."""
    material = bpy.data.materials.new("Paint")
    for name in ("Left", "Right", "Ball"):
        bpy.data.objects[name].data.materials.append(material)
    slot = bpy.data.objects["Left"].material_slots[0]
    slot.link, slot.material = "OBJECT", bpy.data.materials.new("Own Paint")
    ball = bpy.data.objects["Ball"]
    for frame, x in ((1, -1.0), (20, 1.0)):
        ball.location.x = x
        ball.keyframe_insert("location", frame=frame)
    lamp = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "POINT"))
    lamp.location = (1.0, -2.0, 4.0)
    lamp.data.energy = 300.0
    scene.collection.objects.link(lamp)
    scene.world = bpy.data.worlds.new("World")
    scene.render.engine = "CYCLES"
    apply_job(varied_job(), scene)
    scene.frame_set(7)
    bpy.context.view_layer.update()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder for the file of such a scene and its dataset, which are made by the first test that wants them."""
    return tmp_path_factory.mktemp("remake")


@pytest.fixture
def dataset(scene, made):
    """A dataset; its scene is open."""
    file = made / "scene.blend"
    if not file.exists():
        make_scene(scene)
        bpy.ops.wm.save_as_mainfile(filepath=str(file))
        assert scenes.generate(made / "set") == {"FINISHED"}
    bpy.ops.wm.open_mainfile(filepath=str(file))
    return made / "set"


def pixels(path):
    return np.asarray(Image.open(path)).astype(int)


def state(scene):
    """Return what the user would miss: all data, the scene's own settings, what things are worth."""
    render = scene.render
    return scenes.left_behind() | {
        "scene": (
            scene.frame_current,
            scene.camera.name if scene.camera else None,
            scene.world.name if scene.world else None,
            (render.resolution_x, render.resolution_y, render.resolution_percentage, render.use_motion_blur),
            round(scene.view_settings.exposure, 6),
            round(scene.cycles.film_exposure, 6),
        ),
        "lamp": (bpy.data.lights["Lamp"].energy, tuple(bpy.data.lights["Lamp"].color)),
    }


def rendered_as_it_is(folder, passes):
    """Render the scene from its active camera with nothing varied, and return the folder."""
    scene = bpy.context.scene
    job = JobSpec(width=96, height=64, passes=passes)
    frame = scene.frame_current
    sweep = SweepSpec(kind="FRAMES", frame_start=frame, frame_end=frame)
    apply_job(dataclasses.replace(job, sweep=sweep), scene)
    assert scenes.generate(folder) == {"FINISHED"}
    return folder


def test_a_view_made_again_has_the_masks_and_the_picture_of_the_dataset(dataset, tmp_path):
    assert bpy.ops.synthdata.remake_view(dataset=str(dataset), view=VIEW) == {"FINISHED"}
    assert remade_view(bpy.context.scene) == VIEW
    record = scenes.lines(dataset / "views.jsonl")[VIEW]
    assert bpy.context.scene.frame_current == record["frame"]
    assert np.allclose(bpy.context.scene.camera.matrix_world, record["camera"]["cam_to_world"], atol=1e-5)
    again = rendered_as_it_is(tmp_path / "again", varied_job().passes)
    stored, made = (
        pixels(folder / "masks/instance" / name)
        for folder, name in ((dataset, "000002.png"), (again, "000000.png"))
    )
    assert len(np.unique(stored)) > 2
    assert (names_of(dataset, stored) == names_of(again, made)).all()
    camera = scenes.lines(again / "views.jsonl")[0]["camera"]
    assert np.allclose(camera["k"], record["camera"]["k"], rtol=1e-5)
    # Lights, world and materials: the picture's noise is another, its light is not.
    first, second = pixels(dataset / "renders/000002.png"), pixels(again / "renders/000000.png")
    other = pixels(dataset / "renders/000001.png")
    assert abs(first - second).mean() < 6
    assert abs(first - second).mean() < abs(first - other).mean() / 4


def names_of(folder, mask):
    names = {number: item["name"] for number, item in scenes.instances(folder).items()}
    return np.vectorize(lambda number: names.get(number, ""), otypes=[object])(mask)


def test_put_back_leaves_nothing(dataset):
    before = state(bpy.context.scene)
    assert not bpy.ops.synthdata.put_back.poll()
    bpy.ops.synthdata.remake_view(dataset=str(dataset), view=VIEW)
    assert state(bpy.context.scene) != before
    bpy.ops.synthdata.remake_view(dataset=str(dataset), view=1)
    assert remade_view(bpy.context.scene) == 1
    assert bpy.ops.synthdata.put_back() == {"FINISHED"}
    assert state(bpy.context.scene) == before
    assert remade_view(bpy.context.scene) is None


def test_put_back_outlives_save_and_load(dataset, tmp_path):
    before = state(bpy.context.scene)
    bpy.ops.synthdata.remake_view(dataset=str(dataset), view=VIEW)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    assert bpy.ops.synthdata.put_back() == {"FINISHED"}
    assert state(bpy.context.scene) == before


def test_undo_takes_it_back_and_redo_makes_it_again(dataset):
    bpy.ops.ed.undo_push(message="before")
    before = state(bpy.context.scene)
    bpy.ops.synthdata.remake_view(dataset=str(dataset), view=VIEW)
    bpy.ops.ed.undo_push(message="after")
    made = state(bpy.context.scene)
    bpy.ops.ed.undo()
    assert state(bpy.context.scene) == before
    assert remade_view(bpy.context.scene) is None
    bpy.ops.ed.redo()
    assert state(bpy.context.scene) == made
    bpy.ops.synthdata.put_back()
    assert state(bpy.context.scene) == before


def test_a_turntable_view_is_made_again(scene, tmp_path):
    job = job_from_scene(scene)
    sweep = SweepSpec(kind="TURNTABLE", views=4, radius=5.0, target="Left", elevation=30.0)
    apply_job(dataclasses.replace(job, sweep=sweep), scene)
    scenes.generate(tmp_path / "set")
    bpy.ops.synthdata.remake_view(dataset=str(tmp_path / "set"), view=VIEW)
    again = rendered_as_it_is(tmp_path / "again", job.passes)
    stored, made = (
        pixels(tmp_path / "set/masks/instance/000002.png"),
        pixels(again / "masks/instance/000000.png"),
    )
    assert (names_of(tmp_path / "set", stored) == names_of(again, made)).all()


def test_what_was_placed_anew_stands_where_it_stood(scene, tmp_path):
    floor = bpy.data.objects["Floor"]
    floor["synthdata_surface"] = "floor"
    settings = scene.synthdata.populate
    settings.primitives, settings.surfaces = 6, {"FLOOR"}
    assert bpy.ops.synthdata.populate() == {"FINISHED"}
    settings.every = 1
    job = job_from_scene(scene)
    scenes.generate(tmp_path / "set")
    before = scenes.left_behind()
    bpy.ops.synthdata.remake_view(dataset=str(tmp_path / "set"), view=VIEW)
    again = rendered_as_it_is(tmp_path / "again", job.passes)
    stored, made = (
        pixels(tmp_path / "set/masks/instance/000002.png"),
        pixels(again / "masks/instance/000000.png"),
    )
    assert (names_of(tmp_path / "set", stored) == names_of(again, made)).all()
    assert stored.any()
    bpy.ops.synthdata.put_back()
    assert scenes.left_behind() == before


def test_what_cannot_be_made_changes_nothing(dataset, tmp_path):
    before = state(bpy.context.scene)
    with pytest.raises(RuntimeError, match="has no view 99"):
        bpy.ops.synthdata.remake_view(dataset=str(dataset), view=99)
    with pytest.raises(RuntimeError, match="belongs to no dataset"):
        bpy.ops.synthdata.remake_view(dataset=str(tmp_path), view=0)
    with pytest.raises(RuntimeError, match="No view is chosen"):
        bpy.ops.synthdata.remake_view(dataset=str(dataset))
    assert state(bpy.context.scene) == before
    for obj in [bpy.data.objects[name] for name in ("Left", "Right", "Ball")]:
        obj.synthdata.category = ""
    before = state(bpy.context.scene)
    with pytest.raises(RuntimeError, match="has a category"):
        bpy.ops.synthdata.remake_view(dataset=str(dataset), view=VIEW)
    assert state(bpy.context.scene) == before
    assert not any(BEFORE in data for data in bpy.data.cameras)


def test_things_that_are_gone_are_named(dataset, capfd):
    bpy.data.objects.remove(bpy.data.objects["Left"])
    assert bpy.ops.synthdata.remake_view(dataset=str(dataset), view=VIEW) == {"FINISHED"}
    assert "Not in this scene: Left" in capfd.readouterr().out


def test_any_picture_is_loaded_with_its_labels(dataset):
    path = dataset / "renders" / "000002.png"
    assert bpy.ops.synthdata.load_picture(filepath=str(path)) == {"FINISHED"}
    assert loaded.text == "View 2 (3 / 4)"
    image = bpy.data.images["SynthData Preview"]
    assert tuple(image.size) == (96, 64)
    drawn = np.array(image.pixels[:]).reshape(64, 96, 4)[::-1, :, :3] * 255
    plain, mask = pixels(path)[..., :3], pixels(dataset / "masks/instance/000002.png")
    changed = abs(drawn - plain).max(axis=2) > 3
    boxes = np.zeros(mask.shape, bool)
    for item in json.loads((dataset / "labels.jsonl").read_text().splitlines()[VIEW])["annotations"]:
        x, y, w, h = item["bbox"]
        boxes[y : y + h, x : x + w] = True
    assert changed[mask > 0].mean() > 0.95
    assert not changed[~boxes].any()
    bpy.ops.synthdata.step_picture(step=1)
    bpy.ops.synthdata.step_picture(step=1)
    assert loaded.text == "View 0 (1 / 4)"
    bpy.ops.synthdata.step_picture(step=-1)
    assert loaded.text == "View 3 (4 / 4)"
    assert [item.name for item in bpy.data.images if item.name.startswith("SynthData")] == [
        "SynthData Preview"
    ]
    assert bpy.ops.synthdata.remake_view() == {"FINISHED"}
    assert remade_view(bpy.context.scene) == 3
    assert not list(dataset.parent.glob("*.png"))


def test_files_that_are_no_pictures_of_a_dataset_are_refused(dataset, tmp_path):
    (tmp_path / "x.png").write_bytes(b"")
    with pytest.raises(RuntimeError, match="belongs to no dataset"):
        bpy.ops.synthdata.load_picture(filepath=str(tmp_path / "x.png"))
    with pytest.raises(RuntimeError, match="is no picture of a labelled view"):
        bpy.ops.synthdata.load_picture(filepath=str(dataset / "images" / "other.png"))
    assert not bpy.ops.synthdata.step_picture.poll()
