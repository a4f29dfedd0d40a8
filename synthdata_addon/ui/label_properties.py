# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of labels that live in the .blend: what things are, which ids that has, what is annotated, the licence.

Enum numbers are stored: append only. Names follow ``core.spec.LabelsSpec`` and ``InfoSpec``.
"""

from __future__ import annotations

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    StringProperty,
)

from ..core.categories import MAX_CATEGORY_ID
from ..core.spec import LabelsSpec

_LABELS = LabelsSpec()


class SynthDataObject(bpy.types.PropertyGroup):
    """What an object is labelled as."""

    category: StringProperty(
        name="Category", description="What this object is labelled as; empty: it only hides what is behind it"
    )
    keypoint: StringProperty(
        name="Keypoint",
        description="Which keypoint this empty marks on the object it is parented to; empty: none",
    )


class SynthDataCollection(bpy.types.PropertyGroup):
    """Whether a collection labels what is in it, and whether that is one thing or many."""

    use_as_category: BoolProperty(
        name="Collection Is a Category",
        description="Label every object in this collection, unless it has a category of its own",
    )
    category: StringProperty(
        name="Category", description="What the objects in here are labelled as; empty: the collection's name"
    )
    grouping: EnumProperty(
        name="Grouping",
        description="What counts as one instance in this collection",
        items=[
            ("INHERIT", "As Parent", "As the collection around it does; each object where none says", 0),
            ("EACH", "Each Object", "Every object is an instance of its own", 1),
            ("WHOLE", "Whole Collection", "All objects in here are one instance: a chair of five parts", 2),
        ],
    )


class SynthDataMaterial(bpy.types.PropertyGroup):
    """What a material's surface is labelled as."""

    category: StringProperty(
        name="Category",
        description="What surfaces of this material are labelled as, when labels tell materials apart",
    )


class SynthDataCategory(bpy.types.PropertyGroup):
    """A category with an id of its own choice."""

    name: StringProperty(name="Name", description="What objects are labelled as")
    supercategory: StringProperty(name="Supercategory", description="What kind of thing that is")
    category_id: IntProperty(
        name="ID",
        description="Number of the category in annotations and masks; 0 is the background",
        default=1,
        min=1,
        max=MAX_CATEGORY_ID,
    )
    keypoints: StringProperty(
        name="Keypoints", description="Names of its keypoints in their order, such as: nose, left_eye"
    )
    skeleton: StringProperty(
        name="Skeleton",
        description="Which keypoints are joined, by their numbers from 1, such as: 1-2, 1-3",
    )


class SynthDataLabels(bpy.types.PropertyGroup):
    """What is annotated, and how: ``LabelsSpec``."""

    source: EnumProperty(
        name="Source",
        description="What decides whose a pixel is",
        items=[
            ("INDEX", "Object Index", "What the pixel's center shows: sharp and exact", 0),
            (
                "CRYPTOMATTE",
                "Cryptomatte",
                "What covers most of the pixel in the finished picture, with its blur",
                1,
            ),
        ],
        default=_LABELS.source,
    )
    segment_by: EnumProperty(
        name="Segment By",
        description="What an instance is",
        items=[
            ("OBJECT", "Object", "An object, or a collection that is one instance", 0),
            ("MATERIAL", "Material", "Every material of an object, labelled with the material's category", 1),
        ],
        default=_LABELS.segment_by,
    )
    alpha_threshold: FloatProperty(
        name="Solid From",
        description="Surfaces of at least this opacity are labelled and hide; all others are not there",
        default=_LABELS.alpha_threshold,
        min=0.001,
        max=1.0,
        subtype="FACTOR",
    )
    polygons: BoolProperty(
        name="Polygons",
        description="Write masks as polygons where these are exact enough; otherwise as run lengths (RLE)",
        default=_LABELS.polygons,
    )
    panoptic: BoolProperty(
        name="Panoptic",
        description="Also write COCO panoptic annotations: one PNG a picture",
        default=_LABELS.panoptic,
    )
    captions: BoolProperty(
        name="Captions",
        description="Also write COCO captions: the prompt of each picture",
        default=_LABELS.captions,
    )
    visibility: BoolProperty(
        name="Visibility",
        description="Measure which share of every instance is in sight. Costs some more label renders a view",
        default=_LABELS.visibility,
    )
    amodal: BoolProperty(
        name="Amodal",
        description="Also write mask and box of the whole instance, as if nothing hid it. Needs Visibility",
        default=_LABELS.amodal,
    )
    min_pixels: IntProperty(
        name="Smallest",
        description="Leave out instances that show fewer pixels",
        default=_LABELS.min_pixels,
        min=1,
        soft_max=1000,
    )
    min_visible_fraction: FloatProperty(
        name="Least in Sight",
        description="Leave out instances of which a smaller share is in sight. Needs Visibility",
        default=_LABELS.min_visible_fraction,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
    )
    category_property: StringProperty(
        name="Custom Property",
        description="Name of a custom property whose text is the category of objects that have none; empty: unused",
    )
    categories: CollectionProperty(
        name="Categories", description="Categories with ids of their own", type=SynthDataCategory
    )
    active_category: IntProperty(
        name="Active Category", description="The category that is shown below the list"
    )


class SynthDataInfo(bpy.types.PropertyGroup):
    """Who made the dataset and under which licence: ``InfoSpec``."""

    description: StringProperty(name="Description", description="What the dataset is")
    url: StringProperty(name="Web Page", description="Where the dataset can be found")
    contributor: StringProperty(name="Contributor", description="Who made the dataset")
    license_name: StringProperty(name="License", description="Under which license the pictures are")
    license_url: StringProperty(name="License Page", description="Where the license can be read")


CLASSES = (
    SynthDataObject,
    SynthDataCollection,
    SynthDataMaterial,
    SynthDataCategory,
    SynthDataLabels,
    SynthDataInfo,
)
