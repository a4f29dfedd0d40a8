# SPDX-License-Identifier: GPL-3.0-or-later
"""The passes that tell things apart, as this Blender writes them: names of channels, randoms of copies, Cryptomatte."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
import pytest

from synthdata_addon.blender import compat
from synthdata_addon.blender.scan import random_value
from synthdata_addon.core import aov
from synthdata_addon.core.records import PixelKey, SeenInstance
from synthdata_addon.labels import cryptomatte
from synthdata_addon.labels.exr import Passes, read_passes, read_ranks
from synthdata_addon.labels.ids import owners

NAMES = (
    'Weird "q" \\b',
    "back\\slash\\",
    "Tasse ü 茶碗 🧙",
    "Cup.297",
    "Cup.527",
    "a",
    "ab",
    "abc",
    "ö" * 31 + "x",
)
"""Quotes, backslashes, Unicode, every length modulo 4, the most bytes of 4.x, and two of the float-exponent rule."""
COPIES = 40
SOURCE_INDEX, FIRST_INDEX = 50, 100
MATERIALS = (3, 7)


@dataclass(frozen=True)
class Rendered:
    file: Path
    passes: Passes
    instances: tuple[SeenInstance, ...]


def set_passes(layer, colours):
    layer.use_pass_z = layer.use_pass_normal = True
    layer.use_pass_object_index = layer.use_pass_material_index = layer.use_pass_cryptomatte_object = True
    for name, kind in ((aov.RANDOM, "VALUE"), *((name, "COLOR") for name in colours)):
        found = layer.aovs.add()
        found.name, found.type = name, kind


def make_material(number):
    material = bpy.data.materials.new(f"Material {number}")
    if not material.use_nodes:
        material.use_nodes = True
    material.pass_index = number
    nodes, links = material.node_tree.nodes, material.node_tree.links
    random = nodes.new("ShaderNodeObjectInfo").outputs["Random"]
    for name, socket in ((aov.RANDOM, "Value"), (aov.RANDOM_LAYERS[2], "Color")):
        node = nodes.new("ShaderNodeOutputAOV")
        node.aov_name = name
        links.new(random, node.inputs[socket])
    return material


def make_cube(name, materials, collection, place):
    """A cube whose faces on the right of its middle have the second material."""
    mesh = bpy.data.meshes.new(name)
    corners = [(x, y, 0.0) for y in (-1, 1) for x in (-1, 0, 1)]
    mesh.from_pydata(corners, [], [(0, 1, 4, 3), (1, 2, 5, 4)])
    for material in materials:
        mesh.materials.append(material)
    mesh.polygons[1].material_index = 1
    obj = bpy.data.objects.new(name, mesh)
    obj.location = place
    collection.objects.link(obj)
    return obj


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = 1, False
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 120, 80, 100
    layer = scene.view_layers[0]
    layer.name = 'My "layer" v1.2'
    set_passes(layer, aov.RANDOM_LAYERS)
    set_passes(scene.view_layers.new(aov.SOLID_LAYER), ())
    materials = [make_material(number) for number in MATERIALS]
    for number, name in enumerate(NAMES):
        place = (3.0 * number - 13.0, -8.0, 0.0)
        made = make_cube(name, materials, scene.collection, place)
        made.pass_index = FIRST_INDEX + number
    source = bpy.data.collections.new("Copied")
    make_cube("Source", materials, source, (0.0, 0.0, 0.0)).pass_index = SOURCE_INDEX
    for number in range(COPIES):
        empty = bpy.data.objects.new(f"Copy {number}", None)
        empty.instance_type, empty.instance_collection = "COLLECTION", source
        empty.location = (3.0 * (number % 10) - 13.5, 3.0 * (number // 10) - 4.0, 0.0)
        scene.collection.objects.link(empty)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.data.type, camera.data.ortho_scale, camera.location = "ORTHO", 30.0, (0.0, 0.0, 10.0)
    scene.collection.objects.link(camera)
    scene.camera = camera
    compat.set_multilayer_exr(scene.render.image_settings)
    file = tmp_path_factory.mktemp("passes") / "view.exr"
    scene.render.filepath = str(file)
    bpy.ops.render.render(write_still=True)
    return Rendered(file, read_passes(file), tuple(seen_instances()))


def seen_instances():
    """Every quad of the scene, copies by the number that Blender gives each."""
    number = 0
    for item in bpy.context.evaluated_depsgraph_get().object_instances:
        if item.object.type == "MESH":
            number += 1
            random = random_value(item.random_id) if item.is_instance else None
            key = PixelKey(item.object.pass_index, random, name=item.object.name)
            matrix = tuple(tuple(row) for row in item.matrix_world)
            yield SeenInstance(number, 1, (key,), matrix)


def expected(instance):
    """Which pixels show a quad of 2 x 2 units, of four pixels each, from straight above."""
    x, y = instance.matrix_world[0][3], instance.matrix_world[1][3]
    columns = (np.arange(120) + 0.5) / 4 - 15
    rows = 10 - (np.arange(80) + 0.5) / 4
    return (abs(columns - x) < 1)[None, :] & (abs(rows - y) < 1)[:, None]


def test_copies_and_objects_are_found_by_their_keys(rendered):
    found = owners(rendered.passes, rendered.instances)
    assert (found.unknown, found.unclear) == ((), 0)
    assert len(rendered.instances) == len(NAMES) + COPIES
    for instance in rendered.instances:
        assert np.array_equal(found.ids == instance.id, expected(instance))


def test_the_colour_passes_hold_the_same_randoms(rendered):
    passes = rendered.passes
    assert len(passes.random_layers) == 12
    for channel in range(6, 9):
        assert np.array_equal(passes.random_layers[channel], passes.random)
    assert not passes.random_layers[0].any()
    assert np.array_equal(passes.solid_random, passes.random)


def test_the_material_index_is_read(rendered):
    values = np.unique(rendered.passes.material[rendered.passes.index > 0])
    assert values.tolist() == list(MATERIALS)


def test_cryptomatte_finds_every_name_and_every_copy(rendered):
    centres = owners(rendered.passes, rendered.instances).ids
    found = cryptomatte.owners(read_ranks(rendered.file), rendered.instances, lambda: centres)
    assert found.unclear == 0
    for instance in rendered.instances:
        assert np.array_equal(found.ids == instance.id, expected(instance))


@pytest.mark.skipif(bpy.app.version < (5, 0, 0), reason="names end at 63 bytes before 5.0")
def test_a_name_of_255_bytes_survives_cryptomatte(tmp_path, rendered):
    scene = bpy.context.scene
    obj = next(obj for obj in scene.objects if obj.name == "abc")
    obj.name = "ä" * 127 + "x"
    assert len(obj.name.encode()) == 255
    scene.render.filepath = str(tmp_path / "long.exr")
    bpy.ops.render.render(write_still=True)
    instance = SeenInstance(
        1, 1, (PixelKey(0, name=obj.name),), tuple(tuple(row) for row in obj.matrix_world)
    )
    found = cryptomatte.owners(
        read_ranks(tmp_path / "long.exr"), (instance,), lambda: pytest.fail("No copies.")
    )
    obj.name = "abc"
    assert np.array_equal(found.ids == 1, expected(instance))
