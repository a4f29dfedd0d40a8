# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the truth scene of the tests for both sides, and says what each of its pixels shows.

Every mask is painted by hand from rectangles, not rendered. Objects get BlenderProc's ``category_id`` beside
SynthData's category; parts of a collection that is one thing get the collection's, as near as BlenderProc comes to
that. Writes the .blend file and a JSON file of the masks: category, group, COCO run lengths.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from pycocotools import mask as coco

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import synthdata_addon
from tests.blender.test_truth_scene import (
    add_copies,
    add_groups,
    add_holdout,
    add_plain,
    add_see_through,
)
from tests.blender.truth_scene import HEIGHT, WIDTH, Painting, add_camera

GROUPS = {
    "objects": (add_plain,),
    "copies": (add_copies,),
    "whole collections": (add_groups,),
    "holdouts and see-through": (add_holdout, add_see_through),
}


def paint() -> tuple[Painting, dict[Any, str]]:
    """Build the scene; return what it shows, and which group each instance belongs to."""
    painting, group_of = Painting(), {}
    for group, builders in GROUPS.items():
        for build in builders:
            build(painting)
        for _, key, _ in painting.shapes:
            if key is not None:
                group_of.setdefault(key, group)
    return painting, group_of


def category_of(name: str) -> str:
    """Return the category of the object or whole collection of that name."""
    if name in bpy.data.objects and bpy.data.objects[name].synthdata.category:
        return bpy.data.objects[name].synthdata.category
    collection = bpy.data.collections[name]
    return collection.synthdata.category or collection.name


def number_categories() -> dict[str, int]:
    """Give objects BlenderProc's ``category_id``; return category -> id."""
    found = {obj.name: obj.synthdata.category for obj in bpy.data.objects if obj.synthdata.category}
    for collection in bpy.data.collections:
        if collection.synthdata.use_as_category:
            found |= {obj.name: category_of(collection.name) for obj in collection.objects}
    ids = {name: number for number, name in enumerate(sorted(set(found.values())), 1)}
    for name, category in found.items():
        bpy.data.objects[name]["category_id"] = ids[category]
    return ids


def main() -> None:
    """Write the scene and the truth to where the request on stdin says."""
    asked = json.load(sys.stdin)
    synthdata_addon.register()
    try:
        bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
        painting, group_of = paint()
        add_camera()
        scene = bpy.context.scene
        scene.render.engine = "CYCLES"
        scene.world = bpy.data.worlds.new("World")  # BlenderProc sets its colour
        settings = scene.synthdata
        settings.width, settings.height = scene.render.resolution_x, scene.render.resolution_y = WIDTH, HEIGHT
        settings.sweep, settings.use_styles = "CAMERAS", False
        ids = number_categories()
        truth = [
            {
                "name": " ".join((key[0], key[1], *map(str, key[2]))).strip(),
                "category": category_of(key[0]),
                "group": group_of[key],
                "counts": coco.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode(),
            }
            for key, mask in painting.masks().items()
        ]
        bpy.ops.wm.save_as_mainfile(filepath=asked["scene"])
    finally:
        synthdata_addon.unregister()
    written = {"size": [WIDTH, HEIGHT], "categories": ids, "instances": truth}
    Path(asked["truth"]).write_text(json.dumps(written), encoding="utf-8")


if __name__ == "__main__":
    main()
