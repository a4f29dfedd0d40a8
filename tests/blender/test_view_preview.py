# SPDX-License-Identifier: GPL-3.0-or-later
"""Preview View: the view that the job will make, shown with its labels; scene, file and dataset stay as they are."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest

import synthdata_addon
from synthdata_addon.core.overlay_picture import labelled_picture, shaded
from synthdata_addon.core.palette import category_colour
from synthdata_addon.ui.state import state
from synthdata_addon.ui.view_files import read_picture, view_files
from synthdata_addon.ui.view_preview import FOLDER, IMAGE_NAME, preview_of_view
from tests.blender import scenes


@pytest.fixture(autouse=True)
def cleared():
    yield
    preview_of_view.clear()


def shown():
    """What the preview's image shows, row 0 at the top."""
    image = bpy.data.images[IMAGE_NAME]
    pixels = np.empty(image.size[0] * image.size[1] * 4, np.float32)
    image.pixels.foreach_get(pixels)
    return pixels.reshape(image.size[1], image.size[0], 4)[::-1]


def test_a_preview_is_the_jobs_view_and_touches_nothing(scene, tmp_path):
    scene.synthdata.output, scene.synthdata.exports = str(tmp_path), {"YOLO_DETECT"}
    scenes.generate(tmp_path)
    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    before = scenes.left_behind()
    assert bpy.ops.synthdata.preview_view(view=2) == {"FINISHED"}
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == files
    after = scenes.left_behind()
    for kind in ("images", "all_ids") if "all_ids" in before else ("images",):
        assert set(after.pop(kind)) - set(before.pop(kind)) == {IMAGE_NAME}
    assert after == before
    assert state.job is None
    made = Path(bpy.app.tempdir) / FOLDER / "dataset"
    mask = "masks/instance/000002.png"
    assert (made / mask).read_bytes() == (tmp_path / mask).read_bytes()
    assert preview_of_view.kinds[:5] == ("labels", "instances", "classes", "depth", "normal")
    assert {"lineart", "canny", "segmentation"} <= set(preview_of_view.kinds)


def test_next_and_previous_use_one_image(scene):
    bpy.ops.synthdata.preview_view(view=1)
    first = shown()
    bpy.ops.synthdata.preview_view(step=1)
    assert preview_of_view.view == 2
    assert not np.array_equal(shown(), first)
    bpy.ops.synthdata.preview_view(step=-1)
    np.testing.assert_array_equal(shown(), first)
    assert [image.name for image in bpy.data.images if image.name != "Render Result"] == [IMAGE_NAME]
    assert not bpy.data.images[IMAGE_NAME].is_dirty
    with pytest.raises(RuntimeError, match="There is no view 4: the job has 4"):
        bpy.ops.synthdata.preview_view(view=4)


def test_every_kind_can_be_shown(scene, tmp_path):
    scenes.generate(tmp_path)
    bpy.ops.synthdata.preview_view(view=0)
    for kind in preview_of_view.kinds:
        assert bpy.ops.synthdata.preview_show(kind=kind) == {"FINISHED"}
    bpy.ops.synthdata.preview_show(kind="depth")
    np.testing.assert_array_equal(shown(), read_picture(tmp_path / "control/depth/000000.png"))
    bpy.ops.synthdata.preview_show(kind="classes")
    classes = np.rint(read_picture(tmp_path / "masks/category/000000.png")[..., 0] * 65535.0)
    for number in (1, 2):
        pixels = shown()[classes == number][:, :3]
        np.testing.assert_allclose(pixels, np.tile(category_colour(number), (len(pixels), 1)), atol=0.003)
        assert len(pixels) > 20
    assert not shown()[classes == 0][:, :3].any()
    with pytest.raises(RuntimeError, match="The view has no 'smell'"):
        bpy.ops.synthdata.preview_show(kind="smell")


def test_labels_lie_where_coco_says(scene, tmp_path):
    scenes.generate(tmp_path)
    bpy.ops.synthdata.preview_view(view=0)
    found = preview_of_view.found
    under = shaded(read_picture(tmp_path / "control/normal/000000.png")[..., :3])
    masks = scenes.masks(tmp_path, 0)
    tinted = np.abs(shown()[..., :3] - under).max(axis=2) > 0.02
    labelled = np.any(list(masks.values()), axis=0)
    boxed = np.zeros_like(labelled)
    for x, y, width, height in (item.bbox for item in found.record.annotations):
        boxed[[y, y + height - 1], x : x + width] = True
        boxed[y : y + height, [x, x + width - 1]] = True
    assert not tinted[~labelled & ~boxed].any()
    assert tinted[labelled].mean() > 0.95
    own = view_files(found.folder, 0)
    instances = np.rint(
        read_picture(tmp_path / "masks/instance/000000.png")[..., 0].astype(float) * 65535
    ).astype(int)
    expected = labelled_picture(under, instances, own.record.annotations)
    np.testing.assert_allclose(shown()[..., :3], expected, atol=0.003)


def test_the_file_is_saved_without_it(scene, tmp_path):
    bpy.ops.synthdata.preview_view(view=0)
    picture = shown()
    path = tmp_path / "scene.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=False)
    assert IMAGE_NAME.encode() not in path.read_bytes()
    np.testing.assert_array_equal(shown(), picture)
    bpy.ops.wm.open_mainfile(filepath=str(path))
    assert IMAGE_NAME not in bpy.data.images
    assert preview_of_view.found is None
    assert not (Path(bpy.app.tempdir) / FOLDER).exists()


def test_what_is_wrong_is_said_and_leaves_no_job(scene, tmp_path):
    for obj in scene.objects:
        obj.synthdata.category = ""
    bpy.context.view_layer.update()
    before = scenes.left_behind()
    with pytest.raises(RuntimeError, match="has a category"):
        bpy.ops.synthdata.preview_view(view=0)
    assert state.job is None
    assert scenes.left_behind() == before


def test_unregistering_takes_it_away(scene):
    bpy.ops.synthdata.preview_view(view=0)
    synthdata_addon.unregister()
    try:
        assert IMAGE_NAME not in bpy.data.images
        assert not (Path(bpy.app.tempdir) / FOLDER).exists()
    finally:
        synthdata_addon.register()
