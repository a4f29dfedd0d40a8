# SPDX-License-Identifier: GPL-3.0-or-later
"""Small scenes with known answers, and what tests need to look at them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import bmesh
import bpy
import numpy as np
from mathutils import Matrix
from pycocotools.coco import COCO


def _object(name: str, mesh: bpy.types.Mesh, category: str) -> bpy.types.Object:
    obj = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(obj)
    obj.synthdata.category = category
    return obj


def _mesh(name: str, fill) -> bpy.types.Mesh:
    mesh, work = bpy.data.meshes.new(name), bmesh.new()
    fill(work)
    work.to_mesh(mesh)
    work.free()
    return mesh


def add_cube(
    name: str, place: tuple[float, float, float], size: float = 1.0, category: str = ""
) -> bpy.types.Object:
    """Add a cube of a side length, centred at a place."""
    obj = _object(name, _mesh(name, lambda work: bmesh.ops.create_cube(work, size=size)), category)
    obj.location = place
    return obj


def add_ball(
    name: str, place: tuple[float, float, float], radius: float, category: str = ""
) -> bpy.types.Object:
    """Add an icosphere."""
    fill = lambda work: bmesh.ops.create_icosphere(work, subdivisions=3, radius=radius)  # noqa: E731
    obj = _object(name, _mesh(name, fill), category)
    obj.location = place
    return obj


def add_quad(name: str, half: float, z: float, category: str = "") -> bpy.types.Object:
    """Add a square in the XY plane, 2 * half wide."""
    return add_rectangle(name, (-half, -half, half, half), z, category)


def add_rectangle(
    name: str, rectangle: tuple[float, float, float, float], z: float, category: str = ""
) -> bpy.types.Object:
    """Add the axis-aligned rectangle (x0, y0, x1, y1) at height z, facing up."""
    x0, y0, x1, y1 = rectangle
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata([(x0, y0, z), (x1, y0, z), (x1, y1, z), (x0, y1, z)], [], [(0, 1, 2, 3)])
    return _object(name, mesh, category)


def add_camera(name: str, matrix: Any, **settings: Any) -> bpy.types.Object:
    """Add a camera and make it the active one."""
    data = bpy.data.cameras.new(name)
    for key, value in settings.items():
        setattr(data, key, value)
    obj = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(obj)
    obj.matrix_world = Matrix(np.asarray(matrix).tolist())
    bpy.context.scene.camera = obj
    return obj


def generate(output: Path, **arguments: Any) -> set[str]:
    """Run the operator as a script does."""
    return bpy.ops.synthdata.generate(output=str(output), **arguments)


def lines(path: Path) -> list[dict[str, Any]]:
    """Read a journal."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def load_coco(output: Path) -> dict[int, tuple[COCO, dict[str, Any]]]:
    """Load both splits with pycocotools; return view -> (its file, its image entry)."""
    found = {}
    for split in ("train", "val"):
        coco = COCO(str(output / "annotations" / f"instances_{split}.json"))
        found.update({image["view"]: (coco, image) for image in coco.imgs.values()})
    return found


def instances(output: Path) -> dict[int, dict[str, Any]]:
    """Return instance id -> its record in job.json."""
    return {item["id"]: item for item in json.loads((output / "job.json").read_text())["instances"]}


def masks(output: Path, view: int) -> dict[str, np.ndarray]:
    """Return object name -> mask of a view, decoded by pycocotools from the annotation files."""
    return {name: mask for (name, _, _), mask in copy_masks(output, view).items()}


def copy_masks(output: Path, view: int) -> dict[tuple[str, str, tuple[int, ...]], np.ndarray]:
    """Return name, parent and persistent id -> mask of a view, decoded by pycocotools."""
    coco, image = load_coco(output)[view]
    known = instances(output)
    found = {}
    for annotation in coco.imgToAnns[image["id"]]:
        item = known[annotation["instance_id"]]
        key = item["name"], item["parent"], tuple(item["persistent_id"])
        assert key not in found
        found[key] = coco.annToMask(annotation).astype(bool)
    return found


def left_behind() -> dict[str, Any]:
    """Return the names of all data, but for Blender's own picture of a render, and what jobs change on objects."""
    found: dict[str, Any] = {
        item.identifier: sorted(
            {data.name_full for data in getattr(bpy.data, item.identifier)} - {"Render Result"}
        )
        for item in bpy.data.bl_rna.properties
        if item.type == "COLLECTION"
    }
    for obj in bpy.data.objects:
        slots = [slot.material.name if slot.material else "" for slot in obj.material_slots]
        deltas = obj.delta_location, obj.delta_rotation_euler, obj.delta_scale
        found[f"object {obj.name}"] = (
            [tuple(row) for row in obj.matrix_world],
            [tuple(delta) for delta in deltas],
            (obj.pass_index, obj.hide_render, slots),
        )
    return found
