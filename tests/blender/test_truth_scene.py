# SPDX-License-Identifier: GPL-3.0-or-later
"""Every kind of object against a picture painted by hand: masks equal to the pixel, no instance lost or invented."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from tests.blender import scenes
from tests.blender.truth_scene import (
    HEIGHT,
    WIDTH,
    Painting,
    add_camera,
    add_plate,
    alpha,
    around,
    curve_rectangle,
    glass,
    instance_of,
    link,
    object_info,
    points,
    raw_tile,
    right_half_solid,
    tile,
    world,
)

QUOTED = 'ring "27 inch" \\b Ü'


def new_collection(name: str, *objects: bpy.types.Object) -> bpy.types.Collection:
    """Return a collection that is in no scene."""
    collection = bpy.data.collections.new(name)
    for obj in objects:
        collection.objects.link(obj)
    return collection


def add_plain(painting: Painting) -> None:
    """Single objects: a hole, a cut, tiny ones, hidden ones, the picture's edge, materials, linked data, a curve."""
    ring = ((5, 5, 25, 11), (5, 19, 25, 25), (5, 11, 11, 19), (19, 11, 25, 19))
    add_plate(QUOTED, 0, *ring, category="ring")
    painting.add((QUOTED, "", ()), 0, *ring)
    add_plate("bar", 0, (30, 12, 58, 18), category="bar")
    painting.add(("bar", "", ()), 0, (30, 12, 58, 18))
    add_plate("post", 2, (40, 5, 48, 25))
    painting.add(None, 2, (40, 5, 48, 25))
    for name, place in {
        "one": (62, 5, 63, 6),
        "two": (66, 5, 68, 7),
        "half in": (70.25, 5.25, 70.75, 5.75),
        "half out": (74.0, 5.0, 74.45, 5.45),
        "hidden": (80, 5, 90, 15),
        "cut": (-5, 55, 8, 65),
    }.items():
        add_plate(name, 0, place, category="tiny")
        painting.add((name, "", ()), 0, place)
    add_plate("cover", 3, (79, 4, 91, 16), category="cover")
    painting.add(("cover", "", ()), 3, (79, 4, 91, 16))
    shared = tile("shared", 8, "shared").data
    for name, x in (("first", 10), ("second", 22)):
        obj = link(bpy.data.objects.new(name, shared), "shared")
        obj.location = (*world(x, 40), 0)
        painting.add((name, "", ()), 0, around(x, 40, 8))
    curve_rectangle("curve", (30, 35, 45, 44), 0, "curve")
    painting.add(("curve", "", ()), 0, (30, 35, 45, 44))
    both = add_plate("two materials", 0, (20, 55, 30, 65), (30, 55, 40, 65), category="cover")
    for number in range(2):
        both.data.materials.append(bpy.data.materials.new(f"M{number}"))
    both.data.polygons[1].material_index = 1
    painting.add(("two materials", "", ()), 0, (20, 55, 40, 65))
    add_plate("not rendered", 5, (50, 55, 60, 65), category="cover").hide_render = True


def add_holdout(painting: Painting) -> None:
    """A holdout cuts a hole into the picture: it hides what is behind it and is nothing itself."""
    add_plate("held", 0, (65, 52, 85, 68), category="cover")
    painting.add(("held", "", ()), 0, (65, 52, 85, 68))
    add_plate("holdout", 3, (70, 55, 80, 65), category="cover").is_holdout = True
    painting.add(None, 3, (70, 55, 80, 65))


def add_copies(painting: Painting) -> None:
    """Everything that instancing makes; collections that overlap, nested ones, and 300 copies of one mesh."""
    cup = new_collection("Cups", tile("cup", 10, "cup"))
    for name, x, y, z in (("c1", 100, 10, 1), ("c2", 104, 12, 2), ("c3", 96, 8, 3)):
        instance_of(cup, name, x, y, z)
        painting.add(("cup", name, (0,)), z, around(x, y, 10))
    outer = new_collection("Outer", bpy.data.objects.new("inner", None))
    inner = bpy.data.objects["inner"]
    inner.instance_type, inner.instance_collection = "COLLECTION", cup
    instance_of(outer, "nested", 100, 40, 0)
    painting.add(("cup", "nested", (0, 0)), 0, around(100, 40, 10))
    gn = tile("gn", 6, "gn")
    points("scatter", [(118, 8), (126, 8), (134, 8)], 0, object_info(gn))
    raw = points("raw", [(118, 18), (126, 18)], 0, raw_tile(6))
    raw.synthdata.category = "raw"
    for number, x in enumerate((118, 126, 134)):
        painting.add(("gn", "scatter", (0, number)), 0, around(x, 8, 6))
    for number, x in enumerate((118, 126)):
        painting.add(("raw", "raw", (0, number)), 0, around(x, 18, 6))
    dots = [(6 + 3 * column, 74 + 3 * row) for row in range(15) for column in range(20)]
    points("dots", dots, 0, object_info(tile("dot", 2, "dot")))
    for number, (x, y) in enumerate(dots):
        painting.add(("dot", "dots", (0, number)), 0, around(x, y, 2))
    base = bpy.data.meshes.new("base")
    base.from_pydata([(*world(x, 105), 0) for x in (75, 82, 89)], [], [])
    parent = link(bpy.data.objects.new("studs", base))
    parent.instance_type = "VERTS"
    stud = link(tile("stud", 4, "stud"))
    stud.parent = parent
    for number, x in enumerate((75, 82, 89)):
        painting.add(("stud", "studs", (number,)), 0, around(x, 105, 4))
    add_particles(painting)


def add_particles(painting: Painting) -> None:
    """Three particles on the corners of a triangle, each showing an object."""
    corners = [(100, 100), (110, 100), (100, 110)]
    mesh = bpy.data.meshes.new("emitter")
    mesh.from_pydata([(*world(x, y), 0) for x, y in corners], [], [(0, 1, 2)])
    emitter = link(bpy.data.objects.new("emitter", mesh))
    emitter.show_instancer_for_render = False
    emitter.modifiers.new("Seeds", "PARTICLE_SYSTEM")
    seeds = emitter.particle_systems[0].settings
    seeds.count, seeds.emit_from, seeds.use_emit_random = 3, "VERT", False
    seeds.frame_start = seeds.frame_end = 1
    seeds.lifetime = 1000
    seeds.physics_type, seeds.particle_size = "NO", 1.0
    # Particles turn what they show by right angles, which a cube does not mind.
    seed = scenes.add_cube("seed", (0.0, 0.0, 0.0), size=4.0, category="seed")
    seed.hide_render = True
    seeds.render_type, seeds.instance_object = "OBJECT", seed
    for number, (x, y) in enumerate(corners):
        painting.add(("seed", "emitter", (number, 0)), 1, around(x, y, 4))


def add_groups(painting: Painting) -> None:
    """Collections that are one instance: of two plates that are there, and of two that empties show."""
    chair = bpy.data.collections.new("Chair")
    bpy.context.scene.collection.children.link(chair)
    chair.synthdata.use_as_category = True
    chair.synthdata.category = "chair"
    chair.synthdata.grouping = "WHOLE"
    for name, place in (("seat", (95, 55, 105, 60)), ("leg", (95, 50, 97, 55))):
        obj = add_plate(name, 0, place)
        bpy.context.scene.collection.objects.unlink(obj)
        chair.objects.link(obj)
        painting.add(("Chair", "", ()), 0, place)
    stool = new_collection("Stool", tile("top", 6), tile("foot", 2))
    bpy.data.objects["foot"].location = (0, -4, 0)
    stool.synthdata.grouping, stool.synthdata.use_as_category = "WHOLE", True
    for name, x in (("s1", 115), ("s2", 125)):
        instance_of(stool, name, x, 60, 0)
        painting.add(("Stool", name, ()), 0, around(x, 60, 6), around(x, 56, 2))


def add_see_through(painting: Painting) -> None:
    """Glass hides; what is thinner than the threshold is not there; leaves cut out by alpha, plain and instanced."""
    add_plate("behind glass", 0, (48, 34, 70, 46), category="cover")
    painting.add(("behind glass", "", ()), 0, (48, 34, 70, 46))
    add_plate("glass", 5, (50, 32, 60, 48)).data.materials.append(glass())
    painting.add(None, 5, (50, 32, 60, 48))
    add_plate("behind thin", 0, (73, 34, 90, 46), category="cover")
    painting.add(("behind thin", "", ()), 0, (73, 34, 90, 46))
    add_plate("thin", 5, (75, 32, 85, 48), category="pane").data.materials.append(alpha(0.3))
    add_plate("thick", 5, (108, 70, 118, 80), category="pane").data.materials.append(alpha(0.8))
    painting.add(("thick", "", ()), 5, (108, 70, 118, 80))
    leaf = right_half_solid()
    plain = link(tile("plain leaf", 12, "leaf", leaf))
    plain.location = (*world(116, 40), 0)
    painting.add(("plain leaf", "", ()), 0, (116, 34, 122, 46))
    add_plate("board", -1, (128, 30, 152, 52), category="cover")
    painting.add(("board", "", ()), -1, (128, 30, 152, 52))
    leaves = new_collection("Leaves", tile("leaf", 12, "leaf", leaf))
    for name, x, y, z in (("l1", 136, 40, 1), ("l2", 138, 42, 2), ("l3", 133, 38, 3)):
        instance_of(leaves, name, x, y, z)
        painting.add(("leaf", name, (0,)), z, (x, y - 6, x + 6, y + 6))


BUILDERS = {
    "opaque": (add_plain, add_copies, add_groups, add_holdout),
    "see-through": (add_plain, add_copies, add_groups, add_holdout, add_see_through),
    "plain": (add_plain,),
}


def build(scene: bpy.types.Scene, kind: str) -> Painting:
    painting = Painting()
    for add in BUILDERS[kind]:
        add(painting)
    add_camera()
    settings = scene.synthdata
    settings.width, settings.height, settings.sweep, settings.use_styles = WIDTH, HEIGHT, "CAMERAS", False
    return painting


@pytest.mark.parametrize("kind", BUILDERS)
def test_every_mask_is_equal_to_the_pixel(empty_scene, tmp_path, kind):
    painting = build(empty_scene, kind)
    assert scenes.generate(tmp_path) == {"FINISHED"}
    truth, found = painting.masks(), scenes.copy_masks(tmp_path, 0)
    assert found.keys() == truth.keys()
    wrong = {key: int((found[key] ^ mask).sum()) for key, mask in truth.items() if (found[key] ^ mask).any()}
    assert not wrong
    coco, image = scenes.load_coco(tmp_path)[0]
    for annotation in coco.imgToAnns[image["id"]]:
        assert annotation["area"] == int(coco.annToMask(annotation).sum())
    # Ids follow the names, whatever order a version of Blender lists things in.
    known = scenes.instances(tmp_path)
    keys = [
        (known[n]["name"], known[n]["parent"], known[n]["persistent_id"]) for n in range(1, len(known) + 1)
    ]
    assert keys == sorted(keys)


def test_the_file_is_as_it_was(empty_scene, tmp_path):
    build(empty_scene, "see-through")
    before = {
        "materials": [
            (m.name, m.users, len(m.node_tree.nodes) if m.node_tree else 0) for m in bpy.data.materials
        ],
        "objects": [(o.name, o.pass_index, [s.material for s in o.material_slots]) for o in bpy.data.objects],
        "meshes": [m.name for m in bpy.data.meshes],
        "groups": [g.name for g in bpy.data.node_groups],
        "scenes": [s.name for s in bpy.data.scenes],
        "layers": [layer.name for layer in empty_scene.view_layers],
    }
    empty_scene.synthdata.labels.visibility = True
    scenes.generate(tmp_path)
    assert before == {
        "materials": [
            (m.name, m.users, len(m.node_tree.nodes) if m.node_tree else 0) for m in bpy.data.materials
        ],
        "objects": [(o.name, o.pass_index, [s.material for s in o.material_slots]) for o in bpy.data.objects],
        "meshes": [m.name for m in bpy.data.meshes],
        "groups": [g.name for g in bpy.data.node_groups],
        "scenes": [s.name for s in bpy.data.scenes],
        "layers": [layer.name for layer in empty_scene.view_layers],
    }


@pytest.mark.parametrize("kind", ["opaque", "see-through"])
def test_visible_fractions_are_those_of_the_painting(empty_scene, tmp_path, kind):
    painting = build(empty_scene, kind)
    empty_scene.synthdata.labels.visibility = True
    empty_scene.synthdata.labels.amodal = True
    scenes.generate(tmp_path)
    alone, visible = painting.alone(), painting.masks()
    coco, image = scenes.load_coco(tmp_path)[0]
    known = scenes.instances(tmp_path)
    for annotation in coco.imgToAnns[image["id"]]:
        item = known[annotation["instance_id"]]
        key = item["name"], item["parent"], tuple(item["persistent_id"])
        assert annotation["visible_fraction"] == pytest.approx(visible[key].sum() / alone[key].sum()), key
        assert annotation["truncated"] == (key[0] == "cut"), key
        y, x = np.nonzero(alone[key])
        box = [x.min(), y.min(), x.max() - x.min() + 1, y.max() - y.min() + 1]
        assert annotation["amodal_bbox"] == [int(value) for value in box], key
