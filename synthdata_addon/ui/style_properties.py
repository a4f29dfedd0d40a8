# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of prompts, as the panel shows them, and their way to the job and back. Enum numbers: append only."""

from __future__ import annotations

import dataclasses
from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, StringProperty

from ..blender.compat import PATH_OPTIONS
from ..core.fidelity import FidelitySpec
from ..core.prompts import PromptsSpec, pairs_from_text, pairs_to_text
from ..core.style_spec import StyleSpec

_PROMPTS = PromptsSpec()
_FIDELITY = FidelitySpec()
MODELS = ("depth_model", "clip_model", "detector")
"""Models that look at pictures."""


class SynthDataPrompts(bpy.types.PropertyGroup):
    """How prompts become pictures."""

    pictures: IntProperty(
        name="Pictures",
        description="Pictures of every view in every style, each with a seed and draws of its own",
        default=_PROMPTS.pictures,
        min=1,
        max=1000,
        soft_max=20,
    )
    categories: StringProperty(
        name="Categories",
        description="What prompts call a category where they say {category} or {categories}, such as: "
        "mug: a {red|blue} mug; tv: an old television. Others have their own name",
    )
    cameras: StringProperty(
        name="Cameras",
        description="What prompts say of a camera where they say {camera}, by its name or a pattern, such as: "
        "Ceiling*: security camera footage; Door: wide angle. Others are told by how far they look down",
    )
    wildcard_folder: StringProperty(
        name="Wildcards",
        description="Folder of text files: __color__ in a prompt draws one line of color.txt",
        subtype="DIR_PATH",
        options=PATH_OPTIONS,
    )


class SynthDataFidelity(bpy.types.PropertyGroup):
    """What is done with pictures that do not show what their labels say."""

    measure: BoolProperty(
        name="Fidelity",
        description="Measure whether every picture shows edges where the outlines of its labels are, and record it "
        "for each annotation",
        default=_FIDELITY.measure,
    )
    threshold: FloatProperty(
        name="At Least",
        description="Fidelity that a picture and its instances should have, from 0 to 1. Finished renders have "
        "around 0.6",
        default=_FIDELITY.threshold,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
    )
    retry: EnumProperty(
        name="Below That",
        description="What is done with a picture below it",
        items=[
            ("NONE", "Keep", "Take the picture as it is", 0),
            ("SEED", "Try Other Seeds", "Make it again with the next seed; the best picture stays", 1),
            (
                "CONTROL",
                "Strengthen Control",
                "Make it again with ControlNets a quarter stronger; the best stays",
                2,
            ),
        ],
        default=_FIDELITY.retry,
    )
    retries: IntProperty(
        name="Tries",
        description="How often a picture is made again at most",
        default=_FIDELITY.retries,
        min=1,
        max=100,
        soft_max=10,
    )
    drop: EnumProperty(
        name="Leave Out",
        description="What is left out of annotations and exports for being below it after that, and counted",
        items=[
            ("NOTHING", "Nothing", "Only record the fidelity", 0),
            (
                "ANNOTATION",
                "Annotations",
                "The annotation of each instance below it, in that picture only",
                1,
            ),
            ("SAMPLE", "Pictures", "Each picture below it; it goes to the folder 'rejected'", 2),
        ],
        default=_FIDELITY.drop,
    )
    depth_model: StringProperty(
        name="Depth Model",
        description="Folder or hub id of a MiDaS, DPT or Depth Anything model: its depth is compared with the true one",
    )
    clip_model: StringProperty(
        name="CLIP",
        description="Folder or hub id of a CLIP model: how probable it finds each box's category",
    )
    detector: StringProperty(
        name="Detector",
        description="Folder or hub id of an OWL-ViT or OWLv2 model: how well what it finds overlaps each box",
    )


def style_from_item(item: Any) -> StyleSpec:
    """Return one style of the panel's list; a background beside the .blend gets its whole path."""
    background = bpy.path.abspath(item.background) if item.background.startswith("//") else item.background
    return StyleSpec(
        name=item.name,
        prompt=item.prompt,
        negative_prompt=item.negative_prompt,
        kind=item.kind,
        background=background,
    )


def prompts_from_scene(settings: Any) -> PromptsSpec:
    """Return what the panel says of prompts; wildcards are not read yet.

    Raises:
        SpecError: ``spec.prompt``: a category or a camera has no text.
    """
    group = settings.prompts
    return PromptsSpec(
        pictures=group.pictures,
        categories=pairs_from_text(group.categories, "Categories"),
        cameras=pairs_from_text(group.cameras, "Cameras"),
        wildcard_folder=bpy.path.abspath(group.wildcard_folder) if group.wildcard_folder else "",
    )


def apply_prompts(prompts: PromptsSpec, settings: Any) -> None:
    """Show what a job says of prompts: the inverse of :func:`prompts_from_scene`."""
    group = settings.prompts
    group.pictures, group.wildcard_folder = prompts.pictures, prompts.wildcard_folder
    group.categories = pairs_to_text(prompts.categories)
    group.cameras = pairs_to_text(prompts.cameras)


def fidelity_from_scene(settings: Any) -> FidelitySpec:
    """Return what the panel says of fidelity."""
    group = settings.fidelity
    values = {field.name: getattr(group, field.name) for field in dataclasses.fields(FidelitySpec)}
    values |= {name: bpy.path.abspath(values[name]) for name in MODELS if values[name].startswith("//")}
    return FidelitySpec(**values | {"threshold": float(f"{group.threshold:.7g}")})


def apply_fidelity(fidelity: FidelitySpec, settings: Any) -> None:
    """Show what a job says of fidelity: the inverse of :func:`fidelity_from_scene`."""
    for field in dataclasses.fields(FidelitySpec):
        setattr(settings.fidelity, field.name, getattr(fidelity, field.name))


CLASSES = (SynthDataPrompts, SynthDataFidelity)
