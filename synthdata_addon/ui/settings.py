# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel's settings to a ``JobSpec`` and back."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any, get_args

import bpy

from ..core.categories import (
    Category,
    keypoints_from_text,
    keypoints_to_text,
    skeleton_from_text,
    skeleton_to_text,
)
from ..core.controls import (
    OTHERS,
    ControlImagesSpec,
    segmentation_from_text,
    segmentation_to_text,
)
from ..core.errors import SpecError
from ..core.spec import (
    ExportKind,
    InfoSpec,
    JobSpec,
    LabelsSpec,
    PassesSpec,
    StyleSpec,
)
from .model_properties import apply_model, model_from_scene
from .numbers import short as _short
from .populate_properties import apply_populate, populate_of
from .style_properties import (
    apply_fidelity,
    apply_prompts,
    fidelity_from_scene,
    prompts_from_scene,
    style_from_item,
)
from .sweep_properties import apply_sweep, sweep_from_scene
from .variation_settings import set_variation, variation_of

LABELS = tuple(field.name for field in dataclasses.fields(LabelsSpec) if field.name != "categories")
INFO = tuple(field.name for field in dataclasses.fields(InfoSpec))


def job_from_scene(scene: bpy.types.Scene) -> JobSpec:
    """Return the job that the panel shows; not validated yet.

    Raises:
        SpecError: ``spec.seed``: the seed is not a whole number; ``spec.skeleton``: a category's limbs are no pairs;
            ``spec.control_images``: an ADE20K class belongs to no category.
    """
    settings = scene.synthdata
    return JobSpec(
        seed=parse_seed(settings.seed),
        width=settings.width,
        height=settings.height,
        sweep=sweep_from_scene(scene),
        passes=PassesSpec(
            beauty=settings.beauty,
            beauty_samples=settings.beauty_samples,
            cryptomatte=settings.cryptomatte,
            keep=settings.keep_passes,
        ),
        labels=_labels(settings.labels),
        exports=tuple(kind for kind in get_args(ExportKind) if kind in settings.exports),
        info=InfoSpec(**{name: getattr(settings.info, name) for name in INFO}),
        styles=_styles(settings) if settings.use_styles else (),
        prompts=prompts_from_scene(settings),
        fidelity=fidelity_from_scene(settings),
        model=model_from_scene(settings),
        control_images=_control_images(settings),
        variation=variation_of(settings.variation),
        populate=populate_of(scene),
        val_fraction=_short(settings.val_fraction),
        depth_near=_short(settings.depth_near),
        depth_far=_short(settings.depth_far),
    )


def parse_seed(text: str) -> int:
    """Read a seed as the user typed it.

    Raises:
        SpecError: ``spec.seed``.
    """
    try:
        return int(text.strip() or "0")
    except ValueError as error:
        raise SpecError(
            "spec.seed", f"The seed '{text}' is not a whole number.", "Type digits only."
        ) from error


def _labels(group: Any) -> LabelsSpec:
    values: dict[str, Any] = {name: getattr(group, name) for name in LABELS}
    values = {name: _short(value) if isinstance(value, float) else value for name, value in values.items()}
    return LabelsSpec(**values, categories=categories_of(group))


def labels_of(scene: bpy.types.Scene) -> LabelsSpec:
    """Return what a scene's panel says of labels.

    Raises:
        SpecError: ``spec.skeleton``.
    """
    return _labels(scene.synthdata.labels)


def categories_of(labels: Any) -> tuple[Category, ...]:
    """Return the categories of the panel's list; not checked yet.

    Raises:
        SpecError: ``spec.skeleton``.
    """
    return tuple(
        Category(
            id=item.category_id,
            name=item.name.strip(),
            supercategory=item.supercategory,
            keypoints=keypoints_from_text(item.keypoints),
            skeleton=skeleton_from_text(item.skeleton),
        )
        for item in labels.categories
    )


def set_categories(labels: Any, categories: Iterable[Category]) -> None:
    """Show categories in the panel's list, instead of what is there."""
    labels.categories.clear()
    for category in categories:
        item = labels.categories.add()
        item.name, item.supercategory, item.category_id = category.name, category.supercategory, category.id
        item.keypoints = keypoints_to_text(category.keypoints)
        item.skeleton = skeleton_to_text(category.skeleton)
    labels.active_category = 0


def _styles(settings: Any) -> tuple[StyleSpec, ...]:
    return tuple(style_from_item(style) for style in settings.styles if style.enabled)


def _control_images(settings: Any) -> ControlImagesSpec:
    return ControlImagesSpec(
        kinds=tuple(kind for kind in OTHERS if kind in settings.control_kinds),
        canny_from=settings.canny_from,
        segmentation=segmentation_from_text(settings.segmentation),
        unlabelled=settings.unlabelled.strip(),
    )


def apply_job(spec: JobSpec, scene: bpy.types.Scene) -> None:
    """Show a job in the scene's panel: the inverse of :func:`job_from_scene`."""
    settings = scene.synthdata
    settings.seed = str(spec.seed)
    for name in ("width", "height", "val_fraction", "depth_near", "depth_far"):
        setattr(settings, name, getattr(spec, name))
    apply_sweep(spec.sweep, scene)
    settings.beauty, settings.beauty_samples = spec.passes.beauty, spec.passes.beauty_samples
    settings.cryptomatte, settings.keep_passes = spec.passes.cryptomatte, spec.passes.keep
    for name in LABELS:
        setattr(settings.labels, name, getattr(spec.labels, name))
    set_categories(settings.labels, spec.labels.categories)
    settings.exports = set(spec.exports)
    for name in INFO:
        setattr(settings.info, name, getattr(spec.info, name))
    settings.use_styles = bool(spec.styles)
    settings.styles.clear()
    for style in spec.styles:
        add_style(settings, style)
    apply_prompts(spec.prompts, settings)
    apply_fidelity(spec.fidelity, settings)
    apply_model(spec.model, settings)
    set_variation(settings.variation, spec.variation)
    apply_populate(spec.populate, scene)
    images = spec.control_images
    settings.control_kinds = set(images.kinds) & set(OTHERS)
    settings.canny_from, settings.unlabelled = images.canny_from, images.unlabelled
    settings.segmentation = segmentation_to_text(images.segmentation)


def add_style(settings: Any, style: StyleSpec) -> None:
    """Append one style to the scene's list."""
    item = settings.styles.add()
    for field in dataclasses.fields(style):
        setattr(item, field.name, getattr(style, field.name))
