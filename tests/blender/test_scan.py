# SPDX-License-Identifier: GPL-3.0-or-later
"""Listing what renders goes through Cycles itself: it must miss nothing of what changed, and leave nothing behind."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from synthdata_addon.blender import compat
from synthdata_addon.blender.scan import Scanner, _handed_over
from synthdata_addon.labels.exr import read_passes
from tests.blender import scenes


@pytest.fixture
def seen_from_above(scene):
    """The scene with each object's number, rendered by Cycles from straight above, and kept between renders."""
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 1
    scene.render.resolution_x = scene.render.resolution_y = 64
    scene.render.use_persistent_data = True
    layer = scene.view_layers[0]
    layer.use_pass_object_index = layer.use_pass_z = layer.use_pass_normal = True
    scene.camera = scenes.add_camera(
        "Above", np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 9], [0, 0, 0, 1.0]])
    )
    for number, obj in enumerate(sorted(scene.objects, key=lambda item: item.name), start=1):
        obj.pass_index = number
    compat.set_multilayer_exr(scene.render.image_settings)
    return scene


def picture(scene, file):
    scene.render.filepath = str(file)
    with bpy.context.temp_override(scene=scene, view_layer=scene.view_layers[0]):
        bpy.ops.render.render(write_still=True)
    passes = read_passes(file)
    return passes.index.copy(), passes.depth.copy()


def everything(scene, frame=1, **more):
    with Scanner(scene, lambda *_: True, **more) as scanner:
        return {item.name: item for item in scanner.scan(frame)}


def move(objects):
    objects["Left"].location.x += 0.7


def hide(objects):
    objects["Right"].hide_render = True


def change_the_mesh(objects):
    for vertex in objects["Ball"].data.vertices:
        vertex.co *= 0.5
    objects["Ball"].data.update()


def add_a_modifier(objects):
    modifier = objects["Left"].modifiers.new("Array", "ARRAY")
    modifier.count, modifier.relative_offset_displace = 2, (0.0, 1.5, 0.0)


def remove_one(objects):
    bpy.data.objects.remove(objects["Left"])


def number_anew(objects):
    objects["Ball"].pass_index = 77


CHANGES = (move, hide, change_the_mesh, add_a_modifier, remove_one, number_anew)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("is_rendered_before", [True, False])
def test_the_next_picture_shows_what_changed_before_a_scan(
    seen_from_above, tmp_path, change, is_rendered_before
):
    scene = seen_from_above
    everything(scene)
    before = picture(scene, tmp_path / "before.exr") if is_rendered_before else None
    change(bpy.data.objects)
    found = everything(scene)
    assert ("Left" in found) == (change is not remove_one)
    index, depth = picture(scene, tmp_path / "after.exr")
    scene.render.use_persistent_data = False
    fresh_index, fresh_depth = picture(scene, tmp_path / "fresh.exr")
    np.testing.assert_array_equal(index, fresh_index)
    np.testing.assert_array_equal(depth, fresh_depth)
    assert before is None or not np.array_equal(index, before[0])


def test_a_scan_lists_places_of_the_frame_and_goes_back_to_the_frame_it_found(seen_from_above):
    scene, ball = seen_from_above, bpy.data.objects["Ball"]
    ball.location.x = 0.0
    ball.keyframe_insert("location", index=0, frame=1)
    ball.location.x = 3.0
    ball.keyframe_insert("location", index=0, frame=4)
    places = {frame: everything(scene, frame)["Ball"].matrix_world[0][3] for frame in (4, 1)}
    assert places == pytest.approx({4: 3.0, 1: 0.0})
    assert scene.frame_current == 1


def test_another_scene_is_rendered_as_ever_meanwhile(seen_from_above, tmp_path):
    """A window renders previews of materials at any time."""
    taken = []
    with _handed_over("Another", taken.append):
        index, _ = picture(seen_from_above, tmp_path / "view.exr")
    assert set(np.unique(index)) >= {2, 4, 5}
    assert not taken


def test_cycles_is_as_it_was_after_a_scan_that_failed(seen_from_above, tmp_path):
    engine = compat.cycles_engine()
    own = engine.update, engine.render

    def wanted(name, parent):
        raise LookupError(name)

    with pytest.raises(LookupError), Scanner(seen_from_above, wanted) as scanner:
        scanner.scan(3)
    assert (engine.update, engine.render) == own
    assert seen_from_above.frame_current == 1
    index, _ = picture(seen_from_above, tmp_path / "after.exr")
    assert set(np.unique(index)) >= {2, 4, 5}
