# SPDX-License-Identifier: GPL-3.0-or-later
"""Who labels what: objects, custom properties, collections inside and outside of the scene, groups, materials."""

from __future__ import annotations

import bpy
import pytest

from synthdata_addon.blender.categories import CategoryRules
from synthdata_addon.core.errors import SceneError
from synthdata_addon.core.spec import LabelsSpec
from tests.blender import scenes


def collection(name, parent=None, *, label=None, grouping="INHERIT"):
    """Add a collection; ``label`` None does not label, "" labels with its name."""
    made = bpy.data.collections.new(name)
    if parent is not None:
        parent.children.link(made)
    made.synthdata.use_as_category = label is not None
    made.synthdata.category = label or ""
    made.synthdata.grouping = grouping
    return made


def cube(name, *homes, category=""):
    """Add a cube to collections, in place of the scene's own."""
    obj = scenes.add_cube(name, (0.0, 0.0, 0.0), category=category)
    if homes:
        bpy.context.scene.collection.objects.unlink(obj)
        for home in homes:
            home.objects.link(obj)
    return obj


def rules(**labels):
    bpy.context.view_layer.update()
    return CategoryRules(bpy.context.scene, bpy.context.view_layer, LabelsSpec(**labels))


def category_of(obj):
    return rules().category_of(obj)


def grouping_of(obj):
    return rules().grouping_of(obj)


def test_an_objects_own_category_wins_then_its_property_then_its_collection(empty_scene):
    home = collection("chair", empty_scene.collection, label="")
    own, by_property, by_collection = (
        cube("A", home, category=" desk "),
        cube("B", home),
        cube("C", home),
    )
    loose = cube("D")
    for obj in (own, by_property, loose):
        obj["class"] = " lamp "
    by_collection["class"] = 7
    found = rules(category_property="class")
    assert [found.category_of(obj) for obj in (own, by_property, by_collection, loose)] == [
        "desk",
        "lamp",
        "chair",
        "lamp",
    ]
    found = rules()
    assert [found.category_of(obj) for obj in (own, by_property, loose)] == ["desk", "chair", ""]


def test_the_innermost_collection_that_labels_decides_under_its_name_or_its_text(empty_scene):
    outer = collection("Furniture.001", empty_scene.collection, label="furniture")
    plain = collection("Plain", outer)
    inner = collection("chair", plain, label="")
    both = cube("Both", outer, inner)
    assert category_of(both) == "chair"
    assert category_of(cube("Outer", plain)) == "furniture"
    assert rules().category_of_collection("Plain") == "furniture"
    assert rules().category_of_collection("chair") == "chair"


def test_two_collections_beside_each_other_must_agree(empty_scene):
    one = collection("Chairs", empty_scene.collection, label="chair")
    two = collection("Desks", empty_scene.collection, label="desk")
    three = collection("Seats", empty_scene.collection, label="chair")
    assert category_of(cube("Agreed", one, three)) == "chair"
    assert category_of(cube("Own", one, two, category="stool")) == "stool"
    torn = cube("Torn", one, two)
    with pytest.raises(
        SceneError, match=r"'Torn' is labelled 'chair' by .*'Chairs' and 'desk' by 'Desks'"
    ) as caught:
        category_of(torn)
    assert caught.value.code == "scene.two_categories"
    assert caught.value.hint


def test_a_collection_at_two_places_is_claimed_by_both(empty_scene):
    one = collection("Chairs", empty_scene.collection, label="chair")
    two = collection("Desks", empty_scene.collection, label="desk")
    shared = collection("Parts", one)
    two.children.link(shared)
    obj = cube("Part", shared)
    for ask in (lambda: category_of(obj), lambda: rules().category_of_collection("Parts")):
        with pytest.raises(SceneError, match=r"'chair'.*'desk'"):
            ask()


def test_grouping_goes_from_parent_to_child_until_one_says_otherwise(empty_scene):
    top = collection("Top", empty_scene.collection, grouping="WHOLE")
    inherits = collection("Inherits", top)
    each = collection("Each", inherits, grouping="EACH")
    whole = collection("Inner", each, grouping="WHOLE")
    homes = {"a": top, "b": inherits, "c": each, "d": whole, "e": empty_scene.collection}
    objects = {name: cube(name, home) for name, home in homes.items()}
    found = rules()
    assert {name: found.grouping_of(obj) for name, obj in objects.items()} == {
        "a": "Top",
        "b": "Top",
        "c": "",
        "d": "Inner",
        "e": "",
    }
    assert [obj.name for obj in found.members("Top")] == ["a", "b"]
    assert [obj.name for obj in found.members("Inner")] == ["d"]


def test_an_object_cannot_be_part_of_two_instances(empty_scene):
    one, two = (collection(name, empty_scene.collection, grouping="WHOLE") for name in ("One", "Two"))
    each = collection("Loose", empty_scene.collection, grouping="EACH")
    assert grouping_of(cube("Half", one, each)) == "One"
    with pytest.raises(SceneError, match="'Torn' is in 'One' and in 'Two'") as caught:
        grouping_of(cube("Torn", one, two))
    assert caught.value.code == "scene.two_groups"


def test_collections_outside_of_the_scene_judge_what_only_instancing_shows(empty_scene):
    asset = collection("Asset", label="chair", grouping="WHOLE")
    part = cube("Part", collection("Parts", asset))
    instancer = bpy.data.objects.new("Copy", None)
    instancer.instance_type, instancer.instance_collection = "COLLECTION", asset
    empty_scene.collection.objects.link(instancer)
    found = rules()
    assert (found.category_of(part), found.grouping_of(part)) == ("chair", "Asset")
    assert found.category_of_collection("Parts") == "chair"
    # What is in the scene as well is judged by the scene's collections alone.
    shown = cube("Shown", asset, empty_scene.collection)
    assert (category_of(shown), grouping_of(shown)) == ("", "")


def test_an_excluded_collection_judges_only_what_no_other_shows(empty_scene):
    chairs = collection("Chairs", empty_scene.collection, label="chair")
    archive = collection("Archive", empty_scene.collection, label="junk")
    both, only = cube("Both", chairs, archive), cube("Only", archive)
    bpy.context.view_layer.layer_collection.children["Archive"].exclude = True
    assert category_of(both) == "chair"
    assert category_of(only) == "junk"


def test_another_scenes_collections_do_not_label_this_scenes_objects(empty_scene):
    other = bpy.data.scenes.new("Other")
    obj = cube("Shared")
    collection("junk", other.collection, label="").objects.link(obj)
    assert category_of(obj) == ""


def test_a_collection_called_like_the_scenes_own_is_another_one(empty_scene):
    same = collection(empty_scene.collection.name, empty_scene.collection, label="chair", grouping="WHOLE")
    obj = cube("A", same)
    assert category_of(obj) == "chair"
    assert grouping_of(obj) == same.name


def test_materials_have_categories_too(empty_scene):
    bpy.data.materials.new("Wood").synthdata.category = "wood"
    bpy.data.materials.new("Steel")["class"] = "steel"
    found = rules(category_property="class")
    assert [found.material_category(name) for name in ("Wood", "Steel", "", "None")] == [
        "wood",
        "steel",
        "",
        "",
    ]


def test_linked_things_keep_their_rules_and_are_told_apart(empty_scene, tmp_path):
    path = str(tmp_path / "library.blend")
    asset = collection("Asset", empty_scene.collection, label="chair", grouping="WHOLE")
    cube("Part", asset)
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    cube("Part", category="desk")
    with bpy.data.libraries.load(path, link=True) as (_, wanted):
        wanted.collections = ["Asset"]
    found = rules()
    linked = found.object("Part [library.blend]")
    assert linked.library is not None
    assert (found.category_of(linked), found.grouping_of(linked)) == ("chair", "Asset [library.blend]")
    assert found.members("Asset [library.blend]") == (linked,)
    assert found.category_of(found.object("Part")) == "desk"


def test_an_object_that_is_gone_is_named(empty_scene):
    with pytest.raises(SceneError, match="no object 'Ghost'") as caught:
        rules().object("Ghost")
    assert caught.value.code == "scene.object_missing"
