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
    KINDS,
    OTHERS,
    ControlImagesSpec,
    ControlSpec,
    segmentation_from_text,
    segmentation_to_text,
)
from ..core.errors import SpecError
from ..core.spec import (
    ExportKind,
    InfoSpec,
    JobSpec,
    LabelsSpec,
    ModelSpec,
    PassesSpec,
    StyleSpec,
    SweepSpec,
)

STRENGTH = ("scale", "start", "end")
SWEEP_NUMBERS = (
    "views",
    "radius",
    "elevation",
    "elevation_min",
    "elevation_max",
    "azimuth_start",
    "azimuth_range",
    "jitter",
    "lens",
)
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
        sweep=_sweep(scene),
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
        model=_model(settings),
        control_images=_control_images(settings),
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


def _short(value: float) -> float:
    """Return a float32 property as the decimal that was typed: 0.2, not 0.20000000298."""
    return float(f"{value:.7g}")


def _sweep(scene: bpy.types.Scene) -> SweepSpec:
    settings = scene.synthdata
    numbers: dict[str, Any] = {name: getattr(settings, name) for name in SWEEP_NUMBERS}
    numbers = {name: _short(value) if isinstance(value, float) else value for name, value in numbers.items()}
    frames = (
        (scene.frame_start, scene.frame_end)
        if settings.use_scene_frames
        else (settings.frame_start, settings.frame_end)
    )
    return SweepSpec(
        kind=settings.sweep,
        target=settings.target.name if settings.target else "",
        frame_start=frames[0],
        frame_end=frames[1],
        frame_step=settings.frame_step,
        **numbers,
    )


def _labels(group: Any) -> LabelsSpec:
    values: dict[str, Any] = {name: getattr(group, name) for name in LABELS}
    values = {name: _short(value) if isinstance(value, float) else value for name, value in values.items()}
    return LabelsSpec(**values, categories=categories_of(group))


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
    return tuple(
        StyleSpec(name=style.name, prompt=style.prompt, negative_prompt=style.negative_prompt)
        for style in settings.styles
        if style.enabled
    )


def _model(settings: Any) -> ModelSpec:
    common = {
        "steps": settings.steps,
        "guidance_scale": _short(settings.guidance_scale),
        "device": settings.device,
    }
    if settings.model == "EMBEDDED":
        return ModelSpec(**common)
    groups = [(kind, getattr(settings, f"control_{kind}")) for kind in KINDS]
    controls = tuple(
        ControlSpec(
            kind=kind,
            model=bpy.path.abspath(group.model),
            **{name: _short(getattr(group, name)) for name in STRENGTH},
        )
        for kind, group in groups
        if group.enabled and group.model
    )
    path = bpy.path.abspath(settings.model_path)
    if not path:
        raise SpecError(
            "spec.model",
            "No base model is chosen.",
            "Name a Stable Diffusion folder, hub id or .safetensors file.",
        )
    return ModelSpec(path=path, controls=controls, **common)


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
    settings.sweep = spec.sweep.kind
    for name in (*SWEEP_NUMBERS, "frame_start", "frame_end", "frame_step"):
        setattr(settings, name, getattr(spec.sweep, name))
    settings.use_scene_frames = False
    settings.target = scene.objects.get(spec.sweep.target) if spec.sweep.target else None
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
    _apply_model(spec.model, settings)
    images = spec.control_images
    settings.control_kinds = set(images.kinds) & set(OTHERS)
    settings.canny_from, settings.unlabelled = images.canny_from, images.unlabelled
    settings.segmentation = segmentation_to_text(images.segmentation)


def add_style(settings: Any, style: StyleSpec) -> None:
    """Append one style to the scene's list."""
    item = settings.styles.add()
    for field in dataclasses.fields(style):
        setattr(item, field.name, getattr(style, field.name))


def _apply_model(model: ModelSpec, settings: Any) -> None:
    settings.model = "CUSTOM" if model.path else "EMBEDDED"
    settings.model_path = model.path
    settings.steps, settings.guidance_scale, settings.device = model.steps, model.guidance_scale, model.device
    by_kind = {control.kind: control for control in model.controls}
    for kind in KINDS:
        group, control = getattr(settings, f"control_{kind}"), by_kind.get(kind)
        group.enabled = control is not None or not model.path
        if control is not None:
            group.model = control.model
            for name in STRENGTH:
                setattr(group, name, getattr(control, name))
