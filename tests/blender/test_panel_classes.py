# SPDX-License-Identifier: GPL-3.0-or-later
"""Classes in the panel: labelled by pattern and by name, renamed, taken away, listed; boxes over the viewport."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from mathutils import Vector

import synthdata_addon
from synthdata_addon.core.palette import category_colour, instance_colour
from synthdata_addon.ui.checked import checked
from synthdata_addon.ui.class_overlay import Overlay, on_change, overlay
from synthdata_addon.ui.ops.class_tools import matching
from tests.blender import scenes


@pytest.fixture(autouse=True)
def forgotten():
    yield
    overlay.clear()
    checked.clear()


@pytest.fixture
def rows(scene):
    checked.look(scene, bpy.context.view_layer)
    return bpy.context.window_manager.synthdata


def rounded(point):
    """A point as numbers that are equal where they are near."""
    return tuple(round(float(value), 3) + 0.0 for value in point)


def labels():
    return {obj.name: obj.synthdata.category for obj in bpy.data.objects if obj.synthdata.category}


def test_rows_show_id_name_and_count(rows):
    assert [(row.class_id, row.name, row.count) for row in rows.classes] == [(1, "ball", 1), (2, "box", 2)]


def test_picking_a_row_selects_its_objects(rows):
    rows.active_class = 1
    assert {obj.name for obj in bpy.context.selected_objects} == {"Left", "Right"}
    rows.active_class = 0
    assert {obj.name for obj in bpy.context.selected_objects} == {"Ball"}


def test_names_fit_patterns_as_file_names_do():
    names = ["Chair", "Chair.001", "Small chair", "Table", "[x]"]
    assert matching("chair*", names) == ["Chair", "Chair.001"]
    assert matching("*chair*, t?ble", names) == ["Chair", "Chair.001", "Small chair", "Table"]
    assert matching("", names) == []


def test_a_pattern_labels_what_it_names(scene):
    assert bpy.ops.synthdata.label_by_pattern(pattern="?ight, fl*", category=" thing ") == {"FINISHED"}
    assert labels() == {"Left": "box", "Right": "thing", "Ball": "ball", "Floor": "thing"}
    with pytest.raises(RuntimeError, match="No object's name fits 'Lamp\\*'"):
        bpy.ops.synthdata.label_by_pattern(pattern="Lamp*", category="lamp")


def test_own_names_become_classes(scene):
    for obj in scene.objects:
        obj.select_set(obj.name == "Floor")
    bpy.ops.synthdata.label_by_names()
    assert labels()["Floor"] == "floor"
    assert labels()["Left"] == "box"
    bpy.ops.synthdata.label_by_names(everything=True)
    assert set(labels().values()) == {"left", "right", "ball", "floor"}


def test_a_class_is_renamed_wherever_it_is_said(scene, rows):
    chairs = bpy.data.collections.new("box")
    chairs.synthdata.use_as_category = True
    scene.collection.children.link(chairs)
    material = bpy.data.materials.new("Card")
    material.synthdata.category = "box"
    item = scene.synthdata.labels.categories.add()
    item.name, item.category_id = "box", 7
    assert bpy.ops.synthdata.class_rename(category="box", new_name="crate") == {"FINISHED"}
    assert labels() == {"Left": "crate", "Right": "crate", "Ball": "ball"}
    assert (chairs.synthdata.category, material.synthdata.category) == ("crate", "crate")
    assert (item.name, item.category_id) == ("crate", 7)
    assert [row.name for row in rows.classes] == ["crate", "ball"]
    with pytest.raises(RuntimeError, match="needs a name"):
        bpy.ops.synthdata.class_rename(category="ball", new_name=" ")


def test_a_class_is_taken_away(rows):
    rows.active_class = 1
    assert bpy.ops.synthdata.class_remove() == {"FINISHED"}
    assert labels() == {"Ball": "ball"}
    assert [row.name for row in rows.classes] == ["ball"]


def test_boxes_stand_round_things_in_the_gallerys_colours(scene):
    bpy.context.view_layer.update()
    found = Overlay()
    found.look(scene, bpy.context.view_layer, bpy.context.evaluated_depsgraph_get())
    assert sorted(name.text for name in found.names) == ["ball", "box", "box"]
    boxes = found.lines.reshape(-1, 24, 3)
    for lines, colours, name in zip(boxes, found.colours.reshape(-1, 24, 4), found.names, strict=True):
        obj = min(scene.objects, key=lambda o: np.linalg.norm(np.array(o.location) - lines.mean(axis=0)))
        assert obj.synthdata.category == name.text
        corners = {rounded(obj.matrix_world @ Vector(corner)) for corner in obj.bound_box}
        assert {rounded(point) for point in lines} == corners
        number = [other.text for other in found.names].index(name.text)
        assert len({tuple(colour) for colour in colours.tolist()}) == 1
        assert name.colour == category_colour({"ball": 1, "box": 2}[name.text]), number
    np.testing.assert_allclose(found.colours[0, :3], instance_colour(1, 0), atol=1e-6)


def test_copies_and_groups_are_boxed_as_the_instances_they_are(scene):
    shelf = bpy.data.collections.new("Shelf")
    for name in ("Left", "Right"):
        obj = bpy.data.objects[name]
        scene.collection.objects.unlink(obj)
        shelf.objects.link(obj)
    shelf.synthdata.use_as_category, shelf.synthdata.grouping = True, "WHOLE"
    for number in range(2):
        copy = bpy.data.objects.new(f"Copy {number}", None)
        copy.instance_type, copy.instance_collection = "COLLECTION", shelf
        copy.location = (0.0, 0.0, 5.0 * number)
        scene.collection.objects.link(copy)
    bpy.context.view_layer.update()
    found = Overlay()
    found.look(scene, bpy.context.view_layer, bpy.context.evaluated_depsgraph_get())
    assert sorted(name.text for name in found.names) == ["Shelf", "Shelf", "ball"]
    tops = sorted(name.place[2] for name in found.names if name.text == "Shelf")
    assert tops[1] - tops[0] == pytest.approx(5.0)


def test_the_switch_follows_the_scene_and_leaves_nothing(scene):
    before = scenes.left_behind()
    window = bpy.context.window_manager.synthdata
    window.overlay = True
    window.overlay = True
    assert bpy.app.handlers.depsgraph_update_post.count(on_change) == 1
    assert window.overlay
    assert scenes.left_behind() == before
    window.overlay = False
    assert on_change not in bpy.app.handlers.depsgraph_update_post
    window.overlay = True
    synthdata_addon.unregister()
    try:
        assert on_change not in bpy.app.handlers.depsgraph_update_post
        assert not overlay.is_shown
    finally:
        synthdata_addon.register()


def test_a_scene_without_classes_draws_nothing(empty_scene):
    found = Overlay()
    found.look(empty_scene, bpy.context.view_layer, bpy.context.evaluated_depsgraph_get())
    assert (len(found.lines), len(found.colours), found.names) == (0, 0, [])
