# SPDX-License-Identifier: GPL-3.0-or-later
"""A scene whose every pixel is known: rectangles under an orthographic camera, a unit a pixel, also painted by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import bpy
import numpy as np
from mathutils import Matrix, Vector

from tests.blender import scenes

WIDTH, HEIGHT = 160, 120
CAMERA_HEIGHT = 50.0
Rectangle = tuple[float, float, float, float]
Key = tuple[str, str, tuple[int, ...]]


@dataclass
class Painting:
    """What the picture must show, painted back to front by pixel centres. Places are pixels from the bottom left."""

    shapes: list[tuple[float, Key | None, np.ndarray]] = field(default_factory=list)

    def add(self, key: Key | None, z: float, *rectangles: Rectangle, where: Callable | None = None) -> None:
        """Paint rectangles at a height for an instance (None: something that only hides)."""
        x, y = np.meshgrid(np.arange(WIDTH) + 0.5, HEIGHT - 0.5 - np.arange(HEIGHT))
        mask = np.zeros((HEIGHT, WIDTH), bool)
        for x0, y0, x1, y1 in rectangles:
            mask |= (x > x0) & (x < x1) & (y > y0) & (y < y1)
        if where is not None:
            mask &= where(x, y)
        self.shapes.append((z, key, mask))

    def masks(self) -> dict[Key, np.ndarray]:
        """Return the visible masks of all instances that have a pixel."""
        owner = np.full((HEIGHT, WIDTH), -1)
        order = sorted(range(len(self.shapes)), key=lambda number: self.shapes[number][0])
        for number in order:
            owner[self.shapes[number][2]] = number
        found: dict[Key, np.ndarray] = {}
        for number, (_, key, _) in enumerate(self.shapes):
            mine = owner == number
            if key is not None and mine.any():
                found[key] = found.get(key, np.zeros_like(mine)) | mine
        return found

    def alone(self) -> dict[Key, np.ndarray]:
        """Return what each instance would show alone."""
        found: dict[Key, np.ndarray] = {}
        for _, key, mask in self.shapes:
            if key is not None:
                found[key] = found.get(key, np.zeros_like(mask)) | mask
        return found


def world(x: float, y: float) -> tuple[float, float]:
    """Return world x, y of a place in pixels from the bottom left."""
    return x - WIDTH / 2, y - HEIGHT / 2


def add_plate(name: str, z: float, *rectangles: Rectangle, category: str = "") -> bpy.types.Object:
    """Add one mesh of several rectangles, facing up."""
    corners, faces = [], []
    for x0, y0, x1, y1 in rectangles:
        first = len(corners)
        corners += [(*world(x, y), z) for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))]
        faces.append(tuple(range(first, first + 4)))
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(corners, [], faces)
    return link(bpy.data.objects.new(name, mesh), category)


def link(obj: bpy.types.Object, category: str = "") -> bpy.types.Object:
    """Put an object into the scene."""
    bpy.context.scene.collection.objects.link(obj)
    if category:
        obj.synthdata.category = category
    return obj


def tile(name: str, size: float, category: str = "", material: bpy.types.Material | None = None):
    """Return a square object about its own origin, in no collection yet."""
    half = size / 2
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(
        [(-half, -half, 0), (half, -half, 0), (half, half, 0), (-half, half, 0)], [], [(0, 1, 2, 3)]
    )
    if material is not None:
        mesh.materials.append(material)
    obj = bpy.data.objects.new(name, mesh)
    obj.synthdata.category = category
    return obj


def around(x: float, y: float, size: float) -> Rectangle:
    return x - size / 2, y - size / 2, x + size / 2, y + size / 2


def instance_of(
    collection: bpy.types.Collection, name: str, x: float, y: float, z: float
) -> bpy.types.Object:
    """Add an empty that shows a collection at a place."""
    empty = link(bpy.data.objects.new(name, None))
    empty.instance_type, empty.instance_collection = "COLLECTION", collection
    empty.location = (*world(x, y), z)
    return empty


def right_half_solid() -> bpy.types.Material:
    """Return a material that is solid where object-space x > 0, by alpha."""
    material = bpy.data.materials.new("Leaf")
    material.use_nodes = True
    tree = material.node_tree
    place, split, step = (
        tree.nodes.new(name) for name in ("ShaderNodeTexCoord", "ShaderNodeSeparateXYZ", "ShaderNodeMath")
    )
    step.operation, step.inputs[1].default_value = "GREATER_THAN", 0.0
    tree.links.new(place.outputs["Object"], split.inputs[0])
    tree.links.new(split.outputs["X"], step.inputs[0])
    tree.links.new(step.outputs[0], tree.nodes["Principled BSDF"].inputs["Alpha"])
    return material


def alpha(value: float) -> bpy.types.Material:
    """Return a material of one opacity."""
    material = bpy.data.materials.new(f"Alpha {value}")
    material.use_nodes = True
    material.node_tree.nodes["Principled BSDF"].inputs["Alpha"].default_value = value
    return material


def glass() -> bpy.types.Material:
    material = bpy.data.materials.new("Glass")
    material.use_nodes = True
    tree = material.node_tree
    node = tree.nodes.new("ShaderNodeBsdfGlass")
    tree.links.new(node.outputs[0], tree.nodes["Material Output"].inputs["Surface"])
    return material


def points(name: str, places: list[tuple[float, float]], z: float, build: Callable) -> bpy.types.Object:
    """Add an object whose geometry nodes put instances on points; ``build(tree)`` returns the instance's socket."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata([(*world(x, y), z) for x, y in places], [], [])
    obj = link(bpy.data.objects.new(name, mesh))
    tree = bpy.data.node_groups.new(name, "GeometryNodeTree")
    for way in ("INPUT", "OUTPUT"):
        tree.interface.new_socket("Geometry", in_out=way, socket_type="NodeSocketGeometry")
    start, end = tree.nodes.new("NodeGroupInput"), tree.nodes.new("NodeGroupOutput")
    instances = tree.nodes.new("GeometryNodeInstanceOnPoints")
    tree.links.new(start.outputs[0], instances.inputs["Points"])
    tree.links.new(build(tree), instances.inputs["Instance"])
    tree.links.new(instances.outputs[0], end.inputs[0])
    obj.modifiers.new("Points", "NODES").node_group = tree
    return obj


def object_info(source: bpy.types.Object) -> Callable:
    """Return a builder of instances of an object."""

    def build(tree: bpy.types.NodeTree) -> bpy.types.NodeSocket:
        node = tree.nodes.new("GeometryNodeObjectInfo")
        node.inputs["Object"].default_value = source
        node.inputs["As Instance"].default_value = True
        return node.outputs["Geometry"]

    return build


def raw_tile(size: float) -> Callable:
    """Return a builder of instances of geometry that is no object's."""

    def build(tree: bpy.types.NodeTree) -> bpy.types.NodeSocket:
        node = tree.nodes.new("GeometryNodeMeshGrid")
        node.inputs["Size X"].default_value = node.inputs["Size Y"].default_value = size
        node.inputs["Vertices X"].default_value = node.inputs["Vertices Y"].default_value = 2
        return node.outputs[0]

    return build


def curve_rectangle(name: str, rectangle: Rectangle, z: float, category: str) -> bpy.types.Object:
    """Add a filled 2D curve."""
    data = bpy.data.curves.new(name, "CURVE")
    data.dimensions, data.fill_mode = "2D", "BOTH"
    x0, y0, x1, y1 = rectangle
    spline = data.splines.new("POLY")
    spline.points.add(3)
    for point, (x, y) in zip(spline.points, ((x0, y0), (x1, y0), (x1, y1), (x0, y1)), strict=True):
        point.co = (*world(x, y), 0.0, 1.0)
    spline.use_cyclic_u = True
    obj = link(bpy.data.objects.new(name, data), category)
    obj.location.z = z
    return obj


def add_camera() -> None:
    matrix = Matrix.Translation(Vector((0.0, 0.0, CAMERA_HEIGHT)))
    scenes.add_camera("Top", matrix, type="ORTHO", ortho_scale=float(WIDTH))
