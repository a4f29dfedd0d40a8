# SPDX-License-Identifier: GPL-3.0-or-later
"""Renders the procedural scenes' passes with Cycles at one sample, one multilayer EXR a view. The only bpy file here.

Run with a Python that has the `bpy` wheel: `python -m training.scenes.render OUT --first 0 --scenes 500`. A scene whose
`NNNNNN.json` exists is skipped, so the command resumes.
"""

from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix

from ..roles import pass_index
from .builder import Builder
from .cameras import make_cameras
from .layouts import make_scene

LOG = logging.getLogger(__name__)
SIZE_PX = 256
VIEWS = 8


def _mesh(name: str, shape: str) -> bpy.types.Mesh:
    """A unit shape from -1 to 1 as mesh data; curved sides are smooth, caps are flat."""
    if shape == "box":
        bpy.ops.mesh.primitive_cube_add(size=2)
    elif shape == "sphere":
        bpy.ops.mesh.primitive_uv_sphere_add(segments=40, ring_count=20, radius=1)
    elif shape == "cylinder":
        bpy.ops.mesh.primitive_cylinder_add(vertices=40, radius=1, depth=2)
    else:
        bpy.ops.mesh.primitive_cone_add(vertices=40, radius1=1, depth=2)
    made = bpy.context.object
    mesh = made.data.copy()
    mesh.name = name
    for face in mesh.polygons:
        face.use_smooth = shape == "sphere" or (shape in ("cylinder", "cone") and len(face.vertices) <= 4)
    bpy.data.objects.remove(made)
    return mesh


def settings(scene: bpy.types.Scene) -> None:
    """Passes only: one pixel-centre sample, no light, no bounce, one emission material for all."""
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 1
    scene.cycles.use_denoising = False
    scene.cycles.use_adaptive_sampling = False
    scene.cycles.max_bounces = 0
    scene.cycles.pixel_filter_type = "BOX"
    scene.cycles.filter_width = 0.01
    scene.render.filter_size = 0.01
    scene.cycles.use_auto_tile = False
    scene.render.use_compositing = scene.render.use_sequencer = False
    scene.render.threads_mode, scene.render.threads = "FIXED", 1
    scene.render.use_persistent_data = True
    scene.render.resolution_x = scene.render.resolution_y = SIZE_PX
    scene.render.resolution_percentage = 100
    image = scene.render.image_settings
    image.file_format, image.color_depth, image.exr_codec = "OPEN_EXR_MULTILAYER", "32", "NONE"
    layer = scene.view_layers[0]
    layer.use_pass_z = layer.use_pass_normal = layer.use_pass_position = layer.use_pass_object_index = True
    material = bpy.data.materials.new("passes")
    material.use_nodes = True
    material.node_tree.nodes.clear()
    emission = material.node_tree.nodes.new("ShaderNodeEmission")
    output = material.node_tree.nodes.new("ShaderNodeOutputMaterial")
    material.node_tree.links.new(emission.outputs[0], output.inputs[0])
    # Without this every thing counts as a lamp, and Cycles builds a light tree for each view.
    material.cycles.emission_sampling = "NONE"
    layer.material_override = material


def _fill(scene: bpy.types.Scene, b: Builder, meshes: dict[str, bpy.types.Mesh]) -> list[bpy.types.Object]:
    made = []
    for part in b.parts:
        thing = bpy.data.objects.new("part", meshes[part.shape])
        thing.matrix_world = Matrix(part.matrix.tolist())
        thing.pass_index = pass_index(part.number, part.role)
        scene.collection.objects.link(thing)
        made.append(thing)
    return made


def render_scene(
    number: int, folder: Path, camera: bpy.types.Object, meshes: dict[str, bpy.types.Mesh]
) -> None:
    """Builds scene `number` from its own seed, renders its views, then writes its JSON: parts and cameras."""
    scene = bpy.context.scene
    b, layout = make_scene(np.random.default_rng(np.random.SeedSequence(2024, spawn_key=(number,))))
    cameras = make_cameras(b, layout, VIEWS)
    made = _fill(scene, b, meshes)
    for view, (matrix, angle) in enumerate(cameras):
        camera.matrix_world = Matrix(matrix.tolist())
        camera.data.angle = angle
        scene.render.filepath = str(folder / f"{number:06d}_{view}.exr")
        bpy.ops.render.render(write_still=True)
    for thing in made:
        bpy.data.objects.remove(thing)
    record = {"kind": layout.kind, "cameras": [matrix.tolist() for matrix, _ in cameras]}
    (folder / f"{number:06d}.json").write_text(json.dumps(record), encoding="utf-8")


def main() -> None:
    """Command line: renders scenes `first` to `first + scenes`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--scenes", type=int, default=500)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    options.folder.mkdir(parents=True, exist_ok=True)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    meshes = {shape: _mesh(shape, shape) for shape in ("box", "cylinder", "cone", "sphere")}
    settings(bpy.context.scene)
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.data.clip_start = 0.01
    bpy.context.scene.collection.objects.link(camera)
    bpy.context.scene.camera = camera
    for number in range(options.first, options.first + options.scenes):
        if (options.folder / f"{number:06d}.json").exists():
            continue
        try:
            render_scene(number, options.folder, camera, meshes)
        except RuntimeError as error:
            LOG.warning("Scene %d skipped: %s", number, error)
        if number % 20 == 0:
            LOG.info("scene %d", number)


if __name__ == "__main__":
    main()
