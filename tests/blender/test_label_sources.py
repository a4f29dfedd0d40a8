# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels of scenes of every engine, from the Object Index and from Cryptomatte, sharp and with depth of field."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from PIL import Image

from synthdata_addon.blender import compat
from tests.blender import scenes
from tests.blender.truth_scene import HEIGHT, WIDTH, Painting, add_camera, add_plate

NAMES = ['plate "one" \\n', "Übergröße 🪑", "plain"]


def build(scene: bpy.types.Scene) -> Painting:
    """Three plates, one in front of another, on a background that is nothing."""
    painting = Painting()
    places = ((10, 10, 60, 60), (40, 40, 100, 80), (110, 20, 150, 100))
    for z, (name, place) in enumerate(zip(NAMES, places, strict=True)):
        add_plate(name, z, place, category="plate")
        painting.add((name, "", ()), z, place)
    sun = bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN"))
    sun.data.energy = 3.0
    scene.collection.objects.link(sun)
    add_camera()
    settings = scene.synthdata
    settings.width, settings.height, settings.sweep, settings.use_styles = WIDTH, HEIGHT, "CAMERAS", False
    return painting


@pytest.mark.parametrize("engine", ["CYCLES", compat.EEVEE, "BLENDER_WORKBENCH"])
def test_scenes_of_every_engine_get_exact_labels(empty_scene, tmp_path, engine):
    painting = build(empty_scene)
    empty_scene.render.engine = engine
    scenes.generate(tmp_path)
    assert empty_scene.render.engine == engine
    truth, found = painting.masks(), scenes.copy_masks(tmp_path, 0)
    assert found.keys() == truth.keys()
    assert all(np.array_equal(found[key], truth[key]) for key in truth)


def test_cryptomatte_labels_sharp_things_as_the_object_index_does(empty_scene, tmp_path):
    painting = build(empty_scene)
    empty_scene.render.engine = "CYCLES"
    settings = empty_scene.synthdata
    settings.beauty, settings.beauty_samples = True, 16
    settings.labels.source = "CRYPTOMATTE"
    scenes.generate(tmp_path)
    truth, found = painting.masks(), scenes.copy_masks(tmp_path, 0)
    assert found.keys() == truth.keys()
    for key, mask in truth.items():
        # The reconstruction filter is wider than a pixel: an edge may go to either side, one pixel wide.
        inside = (
            mask & np.roll(mask, 1, 0) & np.roll(mask, -1, 0) & np.roll(mask, 1, 1) & np.roll(mask, -1, 1)
        )
        assert not (inside & ~found[key]).any()
        assert (found[key] ^ mask).sum() <= 0.02 * mask.sum()


def test_cryptomatte_follows_depth_of_field_and_the_object_index_does_not(empty_scene, tmp_path):
    """A plate far out of focus is wider in the picture; its Cryptomatte mask holds where it covers most of a pixel."""
    painting = build(empty_scene)
    empty_scene.render.engine = "CYCLES"
    camera = empty_scene.camera.data
    camera.type, camera.lens, camera.sensor_width = "PERSP", 11.0, 36.0
    camera.dof.use_dof, camera.dof.focus_distance, camera.dof.aperture_fstop = True, 5.0, 0.01
    settings = empty_scene.synthdata
    settings.beauty, settings.beauty_samples = True, 32
    scenes.generate(tmp_path / "index")
    settings.labels.source = "CRYPTOMATTE"
    scenes.generate(tmp_path / "crypto")
    sharp, soft = scenes.copy_masks(tmp_path / "index", 0), scenes.copy_masks(tmp_path / "crypto", 0)
    assert sharp.keys() == soft.keys() == painting.masks().keys()
    changed = sum(int((sharp[key] ^ soft[key]).sum()) for key in sharp)
    assert changed > 50
    pictures = [
        np.array(Image.open(tmp_path / name / "renders" / "000000.png")) for name in ("index", "crypto")
    ]
    assert np.array_equal(*pictures)
    key = (NAMES[2], "", ())
    bright = pictures[0].astype(float).mean(axis=2)
    nothing = ~np.any([*soft.values()], axis=0)
    assert bright[soft[key]].mean() > 5.0 * bright[nothing].mean() > 0.0
    edge = soft[key] & ~sharp[key]  # what the blur has spread
    assert bright[edge].mean() > 0.3 * bright[sharp[key] & soft[key]].mean()


def test_cryptomatte_needs_the_finished_picture(empty_scene, tmp_path):
    build(empty_scene)
    empty_scene.synthdata.labels.source = "CRYPTOMATTE"
    with pytest.raises(RuntimeError, match="Cryptomatte labels come from the finished picture"):
        scenes.generate(tmp_path)
    assert not tmp_path.exists() or not list(tmp_path.iterdir())


def test_materials_can_be_things_of_their_own(empty_scene, tmp_path):
    """One mesh of three materials: two with a category, the third takes the object's; a bare plate takes its own."""
    painting = Painting()
    places = ((10, 10, 40, 60), (40, 10, 70, 60), (70, 10, 100, 60))
    car = add_plate("car", 0, *places, category="car")
    for number, category in enumerate(("wheel", "window", "")):
        material = bpy.data.materials.new(f"M{number}")
        material.synthdata.category = category
        car.data.materials.append(material)
        car.data.polygons[number].material_index = number
    add_plate("bare", 0, (110, 10, 140, 60), category="plate")
    for name, place in zip(("car / M0", "car / M1", "car"), places, strict=True):
        painting.add((name, "", ()), 0, place)
    painting.add(("bare", "", ()), 0, (110, 10, 140, 60))
    add_camera()
    settings = empty_scene.synthdata
    settings.width, settings.height, settings.sweep, settings.use_styles = WIDTH, HEIGHT, "CAMERAS", False
    settings.labels.segment_by = "MATERIAL"
    scenes.generate(tmp_path)
    truth, found = painting.masks(), scenes.copy_masks(tmp_path, 0)
    assert found.keys() == truth.keys()
    assert all(np.array_equal(found[key], truth[key]) for key in truth)
    coco, _ = scenes.load_coco(tmp_path)[0]
    names = {i["name"]: coco.cats[i["category_id"]]["name"] for i in scenes.instances(tmp_path).values()}
    assert names == {"car / M0": "wheel", "car / M1": "window", "car": "car", "bare": "plate"}
    assert [material.pass_index for material in bpy.data.materials] == [0, 0, 0]


def test_labelled_things_that_do_not_render_are_named(empty_scene, tmp_path, capfd):
    build(empty_scene)
    bpy.data.objects[NAMES[2]].hide_render = True
    scenes.generate(tmp_path)
    said = capfd.readouterr()
    assert "Labelled but hidden in renders or excluded from the view layer: 'plain'" in said.out + said.err
