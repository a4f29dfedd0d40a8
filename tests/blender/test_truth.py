# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels against truth found another way: ray casts through pixel centres, exact areas, a known corner pixel."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from mathutils import Vector
from PIL import Image

from synthdata_addon.blender.facts import sampled_depths
from synthdata_addon.core.camera import Lens, look_at
from synthdata_addon.labels.exr import read_passes
from synthdata_addon.ui.example import fill_example_scene
from tests.blender import scenes

ABOVE = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 10], [0, 0, 0, 1]], float)


def cast_through_pixel_centres(record: dict, known: dict) -> np.ndarray:
    """Cast one ray a pixel into the scene as it stands; return the id map by object name (0 unlabelled)."""
    scene, depsgraph = bpy.context.scene, bpy.context.evaluated_depsgraph_get()
    ids = {instance["name"]: number for number, instance in known.items()}
    k, to_world = (
        np.array(record["camera"]["k"]),
        np.linalg.inv(np.array(record["camera"]["world_to_camera"])),
    )
    found = np.zeros((record["height"], record["width"]), int)
    origin = Vector(to_world[:3, 3])
    for y in range(record["height"]):
        for x in range(record["width"]):
            ray = to_world[:3, :3] @ np.array([(x - k[0, 2]) / k[0, 0], (y - k[1, 2]) / k[1, 1], 1.0])
            hit, _, _, _, obj, _ = scene.ray_cast(depsgraph, origin, Vector(ray).normalized())
            found[y, x] = ids.get(obj.name_full, 0) if hit else 0
    return found


def intersection_over_union(one: np.ndarray, other: np.ndarray) -> list[float]:
    ids = (set(np.unique(one)) | set(np.unique(other))) - {0}
    return [float(((one == i) & (other == i)).sum() / ((one == i) | (other == i)).sum()) for i in sorted(ids)]


def test_the_example_rooms_masks_equal_ray_casts(empty_scene, tmp_path):
    fill_example_scene(empty_scene)
    settings = empty_scene.synthdata
    settings.width, settings.height, settings.use_styles = 320, 240, False
    scenes.generate(tmp_path, views=3)
    scores: list[float] = []
    for record in scenes.lines(tmp_path / "views.jsonl"):
        truth = cast_through_pixel_centres(record, scenes.instances(tmp_path))
        mask = np.array(Image.open(tmp_path / "masks" / "instance" / f"{record['view']:06d}.png"))
        scores += intersection_over_union(truth, mask)
        by_id = {number: item["name"] for number, item in scenes.instances(tmp_path).items()}
        decoded = np.zeros_like(truth)
        for name, part in scenes.masks(tmp_path, record["view"]).items():
            decoded[part] = next(i for i, n in by_id.items() if n == name)
        np.testing.assert_array_equal(decoded, mask)
    assert len(scores) > 30
    assert np.mean(scores) >= 0.999


RECTANGLES = {  # x0, y0, x1, y1 in pixels from the bottom left of a 64 x 48 picture; area in pixels
    "corner": ((0, 0, 5, 4), 20),
    "one pixel": ((10, 10, 11, 11), 1),
    "line": ((20, 3, 21, 40), 37),
    "block": ((30, 10, 50, 30), 400),
    "cut off": ((60, 40, 70, 55), 32),
}


@pytest.fixture
def quads(empty_scene) -> bpy.types.Scene:
    """An orthographic camera over rectangles whose edges lie on pixel edges: one unit is one pixel."""
    scenes.add_camera("Top", ABOVE, type="ORTHO", ortho_scale=64.0)
    for name, ((x0, y0, x1, y1), _) in RECTANGLES.items():
        scenes.add_rectangle(name, (x0 - 32, y0 - 24, x1 - 32, y1 - 24), 0.0, category=name)
    scenes.add_rectangle("cover", (40 - 32, 10 - 24, 50 - 32, 15 - 24), 1.0)  # hides 50 pixels of the block
    settings = empty_scene.synthdata
    settings.width, settings.height, settings.sweep, settings.use_styles = 64, 48, "CAMERAS", False
    return empty_scene


def test_areas_and_boxes_of_quads_are_exact_to_the_pixel(quads, tmp_path):
    scenes.generate(tmp_path)
    coco, image = scenes.load_coco(tmp_path)[0]
    found = {coco.cats[a["category_id"]]["name"]: a for a in coco.imgToAnns[image["id"]]}
    assert set(found) == set(RECTANGLES)
    for name, ((x0, y0, x1, y1), area) in RECTANGLES.items():
        hidden = 50 if name == "block" else 0
        assert found[name]["area"] == area - hidden, name
        assert found[name]["iscrowd"] == 0
        top, bottom, right = 48 - min(y1, 48), 48 - y0, min(x1, 64)
        if name != "block":
            assert found[name]["bbox"] == [x0, top, right - x0, bottom - top], name


def test_a_known_corner_pixel_proves_the_row_order(quads, tmp_path):
    quads.synthdata.depth_near, quads.synthdata.depth_far = 5.0, 20.0
    scenes.generate(tmp_path)
    mask = scenes.masks(tmp_path, 0)["corner"]
    assert mask[-1, 0]  # the bottom left of the picture is the last row
    assert not mask[0].any()
    depth = np.array(Image.open(tmp_path / "control" / "depth" / "000000.png"))
    # Ten units away: (1/10 - 1/20) / (1/5 - 1/20) of 255.
    assert depth[-1, 0] == 85
    assert depth[0, 0] == 0


def test_a_leaf_cut_out_by_alpha_keeps_its_outline(quads, tmp_path):
    material = bpy.data.materials.new("Leaf")
    material.use_nodes = True
    tree = material.node_tree
    principled = tree.nodes["Principled BSDF"]
    coordinates, split, step = (
        tree.nodes.new(name) for name in ("ShaderNodeNewGeometry", "ShaderNodeSeparateXYZ", "ShaderNodeMath")
    )
    step.operation, step.inputs[1].default_value = "GREATER_THAN", 40.0 - 32.0  # solid where x > 40 pixels
    tree.links.new(coordinates.outputs["Position"], split.inputs[0])
    tree.links.new(split.outputs["X"], step.inputs[0])
    tree.links.new(step.outputs[0], principled.inputs["Alpha"])
    bpy.data.objects["block"].data.materials.append(material)
    scenes.generate(tmp_path)
    mask = scenes.masks(tmp_path, 0)["block"]
    assert mask.sum() == 10 * 20 - 50
    assert not mask[:, :40].any()


def test_a_masked_modifier_and_a_hidden_object_are_labelled_as_rendered(quads, tmp_path):
    block = bpy.data.objects["block"]
    modifier = block.modifiers.new("Array", "ARRAY")
    modifier.count, modifier.relative_offset_displace = 2, (0.0, 0.5, 0.0)  # 20 x 30 pixels
    modifier.show_viewport = False
    bpy.data.objects["line"].hide_render = True
    bpy.data.objects["one pixel"].hide_viewport = True
    scenes.generate(tmp_path)
    found = scenes.masks(tmp_path, 0)
    assert found["block"].sum() == 600 - 50
    assert "line" not in found


def test_unlabelled_objects_with_a_pass_index_of_their_own_get_no_annotation(quads, tmp_path):
    bpy.data.objects["cover"].pass_index = 3
    scenes.generate(tmp_path)
    assert scenes.masks(tmp_path, 0)["block"].sum() == 350
    assert bpy.data.objects["cover"].pass_index == 3


@pytest.mark.parametrize(
    "lens", [Lens(lens=35.0), Lens(type="ORTHO", ortho_scale=12.0, shift_x=0.1)], ids=["persp", "ortho"]
)
def test_ray_cast_depths_are_the_depths_of_the_pass(scene, tmp_path, lens):
    """The depth range of a sweep comes from ray casts; they must measure what the Depth pass measures."""
    pose = look_at(np.array([3.0, -5.0, 4.0]), np.array([0.0, 0.0, 0.5]))
    scenes.add_camera(
        "C", pose, type=lens.type, lens=lens.lens, ortho_scale=lens.ortho_scale, shift_x=lens.shift_x
    )
    scene.synthdata.sweep = "CAMERAS"
    scenes.generate(tmp_path)
    depth = read_passes(tmp_path / "passes" / "000000.exr").depth
    depsgraph = bpy.context.evaluated_depsgraph_get()
    cast = sampled_depths(scene, depsgraph, pose, lens, (96, 64), grid=(96, 64))
    rendered = depth[depth < 1e9]
    assert len(cast) == pytest.approx(len(rendered), abs=3)
    np.testing.assert_allclose(
        np.percentile(cast, [1, 50, 99]), np.percentile(rendered, [1, 50, 99]), rtol=1e-3
    )


def test_a_second_job_sees_what_was_edited_since_the_first(quads, tmp_path):
    """Persistent data must not carry a stale mesh (render levels) or a stale name into the next job."""
    cube = scenes.add_cube("cube", (-20.0, 10.0, 0.0), size=16.0, category="cube")
    cube.modifiers.new("Subdivision", "SUBSURF").render_levels = 0
    bpy.data.objects["line"].parent = cube
    scenes.generate(tmp_path / "first")
    assert scenes.masks(tmp_path / "first", 0)["cube"].sum() == 16 * 16
    cube.modifiers["Subdivision"].render_levels = 4
    cube.name = "renamed"
    scenes.generate(tmp_path / "second")
    found = scenes.masks(tmp_path / "second", 0)
    # A Catmull-Clark cube is nearly a ball, and much smaller than its cage.
    assert 60 < found["renamed"].sum() < 180
    assert "line" in found
