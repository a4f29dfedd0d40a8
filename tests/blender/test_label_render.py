# SPDX-License-Identifier: GPL-3.0-or-later
"""The passes that we take from Cycles against the files that Blender writes of the same renders."""

from __future__ import annotations

import sys

import bpy
import numpy as np
import pytest
from mathutils import Matrix

from synthdata_addon.blender import label_render
from synthdata_addon.blender.contents import Contents
from synthdata_addon.blender.job_scene import JobScene, render_scene
from synthdata_addon.blender.label_render import render_passes
from synthdata_addon.core import aov
from synthdata_addon.core.camera import look_at
from synthdata_addon.core.errors import SceneError
from synthdata_addon.labels.scanlines import map_channels
from synthdata_addon.ui.settings import job_from_scene
from tests.blender import scenes
from tests.blender.truth_scene import alpha


@pytest.fixture
def labels_of(scene):
    """Returns the label scene of the scene as it is now; all of them are taken away again."""
    made = []

    def make():
        bpy.context.view_layer.update()
        job_scene = JobScene(scene.name, scene.view_layers[0].name, job_from_scene(scene))
        made.append(job_scene)
        Contents(job_scene, scene, scene.view_layers[0])  # numbers what it finds
        own = job_scene.numbered()
        place = look_at(np.array((4.0, -4.0, 3.0)), np.array((0.0, 0.0, 0.5)))
        job_scene.camera().matrix_world = Matrix(place.tolist())
        return own

    yield make
    for job_scene in made:
        job_scene.close()


def both(own, tmp_path):
    """The channels of a label scene by our file and by Blender's, but for the picture that Blender adds."""
    render_passes(own, 0, tmp_path / "ours.exr")
    own.render.filepath = str(tmp_path / "blender.exr")
    render_scene(own, 0, write=True)
    ours, theirs = (map_channels(tmp_path / f"{name}.exr") for name in ("ours", "blender"))
    return ours, {name: pixels for name, pixels in theirs.items() if ".Combined." not in name}


def assert_same(ours, theirs):
    assert ours.keys() == theirs.keys()
    for name, pixels in theirs.items():
        assert np.array_equal(ours[name].view(np.uint32), pixels.view(np.uint32)), name


def test_passes_are_those_of_blender_s_file_bit_for_bit(labels_of, tmp_path):
    ours, theirs = both(labels_of(), tmp_path)
    assert_same(ours, theirs)
    assert len(ours) == 5
    assert (tmp_path / "ours.exr").stat().st_size < 0.6 * (tmp_path / "blender.exr").stat().st_size
    index = next(pixels for name, pixels in ours.items() if name.endswith(("IndexOB.X", "Object Index.X")))
    assert len(np.unique(index)) == 4


def test_all_layers_and_their_own_passes_are_there(scene, labels_of, tmp_path):
    """See-through materials and copies without any: the twelve layers of randoms, and the solid layer."""
    bpy.data.objects["Left"].data.materials.append(alpha(0.8))
    base = bpy.data.meshes.new("Corners")
    base.from_pydata([(-1.0, -1.0, 1.5), (1.0, -1.0, 1.5), (0.0, 1.0, 1.5)], [], [])
    swarm = bpy.data.objects.new("Swarm", base)
    scene.collection.objects.link(swarm)
    swarm.instance_type = "VERTS"
    scenes.add_ball("Bee", (0.0, 0.0, 0.0), 0.2, category="bee").parent = swarm
    own = labels_of()
    ours, theirs = both(own, tmp_path)
    assert_same(ours, theirs)
    assert len(own.view_layers) == 2
    assert set(aov.RANDOM_LAYERS) <= {name.split(".")[-2] for name in ours}
    assert any(name.startswith(f"{aov.SOLID_LAYER}.") for name in ours)


def test_a_picture_that_cycles_renders_in_tiles_is_whole(scene, labels_of, tmp_path):
    scene.synthdata.width, scene.synthdata.height = 2112, 64
    assert_same(*both(labels_of(), tmp_path))


def test_cryptomatte_comes_with_its_names_by_blender_s_own_file(scene, labels_of, tmp_path):
    scene.synthdata.cryptomatte = True
    render_passes(labels_of(), 0, tmp_path / "a.exr")
    assert b'"Left":' in (tmp_path / "a.exr").read_bytes()
    assert any("CryptoObject00" in name for name in map_channels(tmp_path / "a.exr"))


def test_a_file_that_cannot_be_written_is_an_error_and_not_silence(labels_of, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    own = labels_of()
    with monkeypatch.context() as patch:
        patch.setattr(label_render, "write_unpacked", full)
        with pytest.raises(OSError, match="No space left"):
            render_passes(own, 0, tmp_path / "a.exr")
    render_passes(own, 0, tmp_path / "a.exr")
    assert len(map_channels(tmp_path / "a.exr")) == 5


def test_a_render_that_gives_nothing_is_an_error(labels_of, tmp_path, monkeypatch):
    own = labels_of()
    monkeypatch.setattr(label_render, "render_scene", lambda *_, **__: None)
    with pytest.raises(SceneError, match=r"View 7 wrote no file"):
        render_passes(own, 7, tmp_path / "a.exr")


def test_other_scenes_renders_are_not_taken(scene, labels_of, tmp_path):
    own = labels_of()
    with label_render._passes_of(own.name) as passes:
        scene.camera = scenes.add_camera("Other", np.eye(4))
        scene.render.engine = "CYCLES"
        scene.cycles.samples = 1
        scene.render.resolution_x = scene.render.resolution_y = 32
        with bpy.context.temp_override(scene=scene, view_layer=scene.view_layers[0]):
            bpy.ops.render.render()
    assert passes == {}


def test_what_goes_wrong_in_blender_s_call_is_an_error(labels_of, tmp_path, monkeypatch):
    def out_of_memory(_):
        raise MemoryError

    own = labels_of()
    with monkeypatch.context() as patch:
        patch.setattr(label_render, "passes_of", out_of_memory)
        with pytest.raises(SceneError, match="View 3 "):
            render_passes(own, 3, tmp_path / "a.exr")
        for name in (
            "last_exc",
            "last_value",
            "last_traceback",
        ):  # kept when Blender printed it, and Cycles with it
            vars(sys).pop(name, None)
    render_passes(own, 3, tmp_path / "a.exr")
    assert len(map_channels(tmp_path / "a.exr")) == 5
