# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds of objects whose outlines no formula gives, against ray casts or the alpha of an ordinary render."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Vector

from synthdata_addon.blender import compat
from synthdata_addon.labels.scanlines import map_channels
from tests.blender import scenes
from tests.blender.truth_scene import HEIGHT, WIDTH, add_camera


def linked(obj: bpy.types.Object) -> bpy.types.Object:
    bpy.context.scene.collection.objects.link(obj)
    obj.synthdata.category = "thing"
    return obj


def metaballs() -> None:
    for number in range(2):
        data = bpy.data.metaballs.new("Ball")
        data.resolution = data.render_resolution = 0.5
        data.elements.new().radius = 25.0
        linked(bpy.data.objects.new("Ball" if number == 0 else "Ball.001", data)).location = (
            20.0 * number,
            0,
            0,
        )


def surface() -> None:
    bpy.ops.surface.primitive_nurbs_surface_sphere_add(radius=30.0)
    bpy.context.object.synthdata.category = "thing"


def text() -> None:
    data = bpy.data.curves.new("Text", "FONT")
    data.body, data.size, data.extrude = "Ag8", 60.0, 5.0
    linked(bpy.data.objects.new("Text", data)).location = (-50.0, -20.0, 0.0)


def bevelled_curve() -> None:
    data = bpy.data.curves.new("Wire", "CURVE")
    data.dimensions, data.bevel_depth = "3D", 4.0
    spline = data.splines.new("BEZIER")
    spline.bezier_points.add(2)
    for point, place in zip(spline.bezier_points, ((-50, -20, 0), (0, 40, 5), (50, -20, 0)), strict=True):
        point.co = place
        point.handle_left_type = point.handle_right_type = "AUTO"
    linked(bpy.data.objects.new("Wire", data))


def shape_key_and_armature() -> None:
    cube = scenes.add_cube("Bent", (0.0, 0.0, 0.0), size=40.0, category="thing")
    cube.shape_key_add(name="Basis")
    key = cube.shape_key_add(name="Tall")
    for point in key.data:
        point.co = (point.co.x, point.co.y * 1.7, point.co.z)
    key.value = 0.8
    bones = bpy.data.armatures.new("Rig")
    rig = bpy.data.objects.new("Rig", bones)
    bpy.context.scene.collection.objects.link(rig)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    bone = bones.edit_bones.new("Bone")
    bone.head, bone.tail = (0, 0, 0), (0, 30, 0)
    bpy.ops.object.mode_set(mode="OBJECT")
    rig.pose.bones["Bone"].rotation_mode = "XYZ"
    rig.pose.bones["Bone"].rotation_euler = (0.0, 0.0, 0.6)
    cube.vertex_groups.new(name="Bone").add(range(8), 1.0, "REPLACE")
    cube.modifiers.new("Rig", "ARMATURE").object = rig


def set_up(scene: bpy.types.Scene) -> None:
    add_camera()
    settings = scene.synthdata
    settings.width, settings.height, settings.sweep, settings.use_styles = WIDTH, HEIGHT, "CAMERAS", False


def cast() -> np.ndarray:
    """Cast a ray down through every pixel's centre; return what is hit."""
    scene, depsgraph = bpy.context.scene, bpy.context.evaluated_depsgraph_get()
    found = np.zeros((HEIGHT, WIDTH), bool)
    for y in range(HEIGHT):
        for x in range(WIDTH):
            place = Vector((x + 0.5 - WIDTH / 2, HEIGHT / 2 - 0.5 - y, 45.0))
            found[y, x] = scene.ray_cast(depsgraph, place, Vector((0, 0, -1)))[0]
    return found


@pytest.mark.parametrize("fill", [metaballs, surface, text, bevelled_curve, shape_key_and_armature])
def test_masks_equal_ray_casts(empty_scene, tmp_path, fill):
    fill()
    set_up(empty_scene)
    scenes.generate(tmp_path)
    (mask,) = scenes.copy_masks(tmp_path, 0).values()
    # 4.2 casts no ray at a NURBS surface.
    truth = render_alpha(tmp_path) if fill is surface else cast()
    assert truth.sum() > 800
    assert (mask & truth).sum() / (mask | truth).sum() >= 0.999


def render_alpha(folder: Path) -> np.ndarray:
    """Render the user's scene as it is, one sample at the pixel's centre; return where it is not empty."""
    scene = bpy.context.scene
    scene.render.engine, scene.render.film_transparent = "CYCLES", True
    scene.cycles.samples, scene.cycles.use_denoising, scene.cycles.use_adaptive_sampling = 1, False, False
    scene.cycles.pixel_filter_type, scene.cycles.filter_width = "BLACKMAN_HARRIS", 0.01
    scene.render.resolution_x, scene.render.resolution_y = WIDTH, HEIGHT
    compat.set_multilayer_exr(scene.render.image_settings)
    scene.render.filepath = str(folder / "alpha.exr")
    bpy.ops.render.render(write_still=True)
    channels = map_channels(folder / "alpha.exr")
    assert channels is not None
    return np.array(next(value for name, value in channels.items() if name.endswith("Combined.A"))) > 0.5


def test_hair_is_part_of_what_grows_it(empty_scene, tmp_path):
    ball = scenes.add_ball("Hairy", (0.0, 0.0, 0.0), 20.0, category="thing")
    ball.modifiers.new("Hair", "PARTICLE_SYSTEM")
    hair = ball.particle_systems[0].settings
    hair.type, hair.count, hair.hair_length = "HAIR", 400, 25.0
    hair.root_radius, hair.tip_radius, hair.radius_scale = 1.0, 0.5, 1.0
    set_up(empty_scene)
    scenes.generate(tmp_path)
    (mask,) = scenes.copy_masks(tmp_path, 0).values()
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    bald = np.hypot(x + 0.5 - WIDTH / 2, y + 0.5 - HEIGHT / 2) < 20.0
    assert mask[bald].mean() > 0.98
    assert mask.sum() > 1.2 * bald.sum()
    assert np.array_equal(mask, render_alpha(tmp_path))


def test_displacement_of_a_material_counts(empty_scene, tmp_path):
    """True displacement moves the outline: every point of a ball out by ten units."""
    ball = scenes.add_ball("Ball", (0.0, 0.0, 0.0), 20.0, category="thing")
    material = bpy.data.materials.new("Swollen")
    material.use_nodes = True
    tree = material.node_tree
    node = tree.nodes.new("ShaderNodeDisplacement")
    node.inputs["Midlevel"].default_value = 0.0
    # A constant would be optimised away: half of the distance from the middle, which is 20.
    place, length = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("ShaderNodeVectorMath")
    length.operation = "LENGTH"
    tree.links.new(place.outputs["Object"], length.inputs[0])
    tree.links.new(length.outputs["Value"], node.inputs["Height"])
    node.inputs["Scale"].default_value = 0.5
    tree.links.new(node.outputs[0], tree.nodes["Material Output"].inputs["Displacement"])
    material.displacement_method = "DISPLACEMENT"
    ball.data.materials.append(material)
    for polygon in ball.data.polygons:
        polygon.use_smooth = True
    set_up(empty_scene)
    scenes.generate(tmp_path)
    (mask,) = scenes.copy_masks(tmp_path, 0).values()
    assert mask.sum() == pytest.approx(np.pi * 30.0**2, rel=0.03)
