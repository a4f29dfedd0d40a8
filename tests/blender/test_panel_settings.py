# SPDX-License-Identifier: GPL-3.0-or-later
"""Label settings: the panel shows them, a job reads them and shows them again; the list of categories in files."""

from __future__ import annotations

import json

import bpy
import pytest

from synthdata_addon import registration
from synthdata_addon.core.categories import Category
from synthdata_addon.core.category_file import preset_categories, write_categories
from synthdata_addon.core.errors import SpecError
from synthdata_addon.core.spec import InfoSpec, JobSpec, LabelsSpec, PassesSpec, validate
from synthdata_addon.ui.checked import checked
from synthdata_addon.ui.panel import SidebarPanel
from synthdata_addon.ui.settings import apply_job, job_from_scene
from synthdata_addon.ui.used_categories import count_categories
from tests.blender import scenes

CATEGORIES = (
    Category(17, "cat", "animal", ("nose", "left eye", "tail"), ((1, 2), (1, 3))),
    Category(3, "Büro «1»", ""),
)
FULL = JobSpec(
    passes=PassesSpec(beauty=True),
    labels=LabelsSpec(
        source="CRYPTOMATTE",
        alpha_threshold=0.3,
        polygons=True,
        panoptic=True,
        captions=True,
        visibility=True,
        amodal=True,
        min_pixels=12,
        min_visible_fraction=0.15,
        category_property="class",
        categories=CATEGORIES,
    ),
    exports=("YOLO_DETECT", "BOP", "IMAGEFOLDER"),
    info=InfoSpec("A set", "https://example.org", "Us", "CC BY 4.0", "https://example.org/licence"),
)


def test_a_new_scene_gives_the_defaults(empty_scene):
    job = job_from_scene(empty_scene)
    assert (job.labels, job.exports, job.info) == (LabelsSpec(), (), InfoSpec())


def test_every_label_setting_survives_the_panel(empty_scene):
    apply_job(FULL, empty_scene)
    job = job_from_scene(empty_scene)
    assert (job.labels, job.exports, job.info) == (FULL.labels, FULL.exports, FULL.info)
    validate(job)
    apply_job(JobSpec(labels=LabelsSpec(segment_by="MATERIAL")), empty_scene)
    assert job_from_scene(empty_scene).labels == LabelsSpec(segment_by="MATERIAL")
    assert job_from_scene(empty_scene).exports == ()


def test_label_settings_are_saved_in_the_file(empty_scene, tmp_path):
    apply_job(FULL, empty_scene)
    scenes.add_cube("Cube", (0.0, 0.0, 0.0))
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    assert job_from_scene(bpy.context.scene).labels == FULL.labels


def test_a_spoilt_skeleton_is_named(empty_scene):
    bpy.ops.synthdata.category_add()
    empty_scene.synthdata.labels.categories[0].skeleton = "1-x"
    with pytest.raises(SpecError, match="'1-x' is not a limb"):
        job_from_scene(empty_scene)


def test_categories_are_added_with_free_ids_and_removed(empty_scene):
    labels = empty_scene.synthdata.labels
    for _ in range(3):
        assert bpy.ops.synthdata.category_add() == {"FINISHED"}
    assert [(item.category_id, item.name) for item in labels.categories] == [
        (1, "category 1"),
        (2, "category 2"),
        (3, "category 3"),
    ]
    labels.active_category = 1
    bpy.ops.synthdata.category_remove()
    bpy.ops.synthdata.category_add()
    assert [item.category_id for item in labels.categories] == [1, 3, 4]
    assert len({item.name for item in labels.categories}) == 3
    for _ in range(3):
        bpy.ops.synthdata.category_remove()
    assert not bpy.ops.synthdata.category_remove.poll()


def test_coco_is_a_press_of_a_button(empty_scene):
    assert bpy.ops.synthdata.category_preset() == {"FINISHED"}
    assert job_from_scene(empty_scene).labels.categories == preset_categories("coco")


def test_the_saved_file_holds_the_list_and_what_objects_use_beside_it(scene, tmp_path):
    path = tmp_path / "categories.json"
    write_categories(path, [Category(40, "ball", "toy"), Category(7, "lamp")])
    assert bpy.ops.synthdata.categories_load(filepath=str(path)) == {"FINISHED"}
    assert bpy.ops.synthdata.categories_save(filepath=str(path), check_existing=False) == {"FINISHED"}
    found = {entry["name"]: entry["id"] for entry in json.loads(path.read_text())["categories"]}
    assert found == {"lamp": 7, "ball": 40, "box": 41}
    bpy.ops.synthdata.categories_load(filepath=str(path))
    assert [item.name for item in scene.synthdata.labels.categories] == ["lamp", "ball", "box"]


def test_a_bad_file_leaves_the_list_as_it_is(empty_scene, tmp_path):
    apply_job(FULL, empty_scene)
    path = tmp_path / "bad.json"
    path.write_text('[{"id": 4, "name": "chair"}, {"id": 4, "name": "desk"}]')
    with pytest.raises(RuntimeError, match="'chair' and 'desk' both have the id 4"):
        bpy.ops.synthdata.categories_load(filepath=str(path))
    assert job_from_scene(empty_scene).labels.categories == CATEGORIES


def test_the_panel_counts_instances_not_parts(scene):
    group = bpy.data.collections.new("Pair")
    group.synthdata.use_as_category, group.synthdata.grouping = True, "WHOLE"
    scene.collection.children.link(group)
    for name in ("Left", "Right"):
        group.objects.link(bpy.data.objects[name])
    assert count_categories(scene, bpy.context.view_layer) == {"Pair": 1, "ball": 1}
    material = bpy.data.materials.new("Rubber")
    material.synthdata.category = "rubber"
    bpy.data.objects["Ball"].data.materials.append(material)
    scene.synthdata.labels.segment_by = "MATERIAL"
    assert count_categories(scene, bpy.context.view_layer) == {"rubber": 1}


def test_what_a_collection_instance_shows_is_counted(scene):
    asset = bpy.data.collections.new("Asset")
    ball = bpy.data.objects["Ball"]
    scene.collection.objects.unlink(ball)
    asset.objects.link(ball)
    assert count_categories(scene, bpy.context.view_layer) == {"box": 2}
    copy = bpy.data.objects.new("Copy", None)
    copy.instance_type, copy.instance_collection = "COLLECTION", asset
    scene.collection.objects.link(copy)
    assert count_categories(scene, bpy.context.view_layer) == {"box": 2, "ball": 1}


def test_selecting_a_category_finds_its_objects(scene):
    bpy.ops.synthdata.select_category(category="box")
    assert {obj.name for obj in bpy.context.selected_objects} == {"Left", "Right"}


class Layout:
    """Stands in for a layout, which only a window has: notes what is drawn, refuses what is not there."""

    def __init__(self, drawn=None):
        self.__dict__["drawn"] = [] if drawn is None else drawn

    def prop(self, owner, name, **_):
        assert name in owner.bl_rna.properties
        self.drawn.append(name)

    def operator(self, idname, **_):
        family, name = idname.split(".")
        properties = getattr(getattr(bpy.ops, family), name).get_rna_type().properties
        self.drawn.append(idname)
        return _Settable(properties.keys())

    def template_list(self, kind, _id, owner, name, owner_of_active, active, **_):
        assert hasattr(bpy.types, kind)
        assert {name} <= set(owner.bl_rna.properties.keys())
        assert active in owner_of_active.bl_rna.properties

    def label(self, text="", icon="NONE"):
        self.drawn.append(text)

    def __getattr__(self, name):
        assert name in bpy.types.UILayout.bl_rna.functions
        return lambda **_: Layout(self.drawn)

    def __setattr__(self, name, value):
        assert name in bpy.types.UILayout.bl_rna.properties


class _Settable:
    def __init__(self, names):
        self.__dict__["names"] = set(names)

    def __setattr__(self, name, value):
        assert name in self.names


def draw(cls):
    """Call a panel's draw with a stand-in layout; return the names of what it shows."""
    layout = Layout()
    methods = {
        name: method
        for base in reversed(cls.__mro__)
        for name, method in vars(base).items()
        if name.startswith("_draw") or name in {"draw", "_column"}
    }
    type("Drawn", (), {**methods, "layout": layout})().draw(bpy.context)
    return layout.drawn


def test_every_panel_draws_settings_and_buttons_that_are_there(scene):
    apply_job(FULL, scene)
    drawn = {cls: draw(cls) for cls in registration.CLASSES if issubclass(cls, SidebarPanel)}
    shown = {name for names in drawn.values() for name in names}
    settings = (
        {name for name in vars(FULL.labels) if name != "categories"} | set(vars(FULL.info)) | {"exports"}
    )
    assert settings <= shown
    assert {"supercategory", "keypoints", "skeleton"} <= shown


def test_the_panel_shows_the_active_collection_object_and_material(scene):
    from synthdata_addon.ui.label_panels import SYNTHDATA_PT_active

    group = bpy.data.collections.new("Chairs")
    scene.collection.children.link(group)
    bpy.context.view_layer.active_layer_collection = bpy.context.view_layer.layer_collection.children[
        "Chairs"
    ]
    drawn = draw(SYNTHDATA_PT_active)
    assert "grouping" in drawn
    assert "category" not in drawn
    group.synthdata.use_as_category = True
    assert "category" in draw(SYNTHDATA_PT_active)
    empty = bpy.data.objects.new("Empty", None)
    group.objects.link(empty)
    bpy.context.view_layer.objects.active = empty
    assert "keypoint" in draw(SYNTHDATA_PT_active)


def test_the_panel_names_an_object_with_two_categories(scene):
    from synthdata_addon.ui.label_panels import SYNTHDATA_PT_categories

    cube = scenes.add_cube("Torn", (0.0, 0.0, 0.0))
    for name in ("chair", "desk"):
        made = bpy.data.collections.new(name)
        made.synthdata.use_as_category = True
        scene.collection.children.link(made)
        made.objects.link(cube)
    scene.collection.objects.unlink(cube)
    checked.look(scene, bpy.context.view_layer)
    assert "'Torn'" in " ".join(draw(SYNTHDATA_PT_categories))
    with pytest.raises(RuntimeError, match="'Torn'"):
        bpy.ops.synthdata.select_category(category="chair")
