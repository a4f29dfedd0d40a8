# SPDX-License-Identifier: GPL-3.0-or-later
"""The request: everything that decides what a dataset contains, as one frozen value that reads and writes JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal

from .categories import Category, check_categories
from .controls import ControlImagesSpec, check_control_images
from .decode import from_json, parse_json, to_json
from .errors import SpecError
from .fidelity import FidelitySpec, check_fidelity
from .model_spec import ModelSpec, check_model_ranges, check_model_spec
from .populate import PopulateSpec, check_populate
from .prompts import PromptsSpec, StylePrompts, check_prompts
from .ranges import in_range
from .style_spec import StyleSpec, check_styles
from .sweep_spec import SweepSpec, check_sweep
from .variation import VariationSpec, check_variation

SCHEMA: Final = 2
MAX_SEED: Final = 2**63 - 1
SIZE_MULTIPLE: Final = 8
"""Stable Diffusion's latents are an eighth of the picture, so that sides are multiples of 8."""

LabelSource = Literal["INDEX", "CRYPTOMATTE"]
SegmentBy = Literal["OBJECT", "MATERIAL"]
ExportKind = Literal["YOLO_DETECT", "YOLO_SEGMENT", "BOP", "IMAGEFOLDER"]


@dataclass(frozen=True)
class PassesSpec:
    """What each render writes beside Depth, Normal and Object Index. Beauty costs some hundred times more.

    ``keep`` leaves the EXR files in the dataset after they are labelled; they take ten times the room of the rest.
    """

    beauty: bool = False
    beauty_samples: int = 64
    cryptomatte: bool = False
    keep: bool = False


@dataclass(frozen=True)
class LabelsSpec:
    """What is annotated, and how.

    ``source``: INDEX takes each pixel's owner at its centre, sharp and exact; CRYPTOMATTE takes the owner of the
    largest share of the pixel from the beauty render, for depth of field and motion blur. ``segment_by``: MATERIAL
    makes every material of an object a thing of its own, labelled with the material's category. ``alpha_threshold``: a
    surface of at least this opacity is solid, any other is not there. ``visibility`` adds ``visible_fraction`` and
    ``truncated`` and costs some more label renders a view, ``amodal`` adds masks and boxes of the whole thing as well.
    Instances of fewer than ``min_pixels`` or a smaller visible share than ``min_visible_fraction`` are left out and
    counted. ``categories`` have fixed ids; names that are not in it get the ids after the highest.
    ``category_property`` names a custom property whose text is the category of objects without one of their own.
    """

    source: LabelSource = "INDEX"
    segment_by: SegmentBy = "OBJECT"
    alpha_threshold: float = 0.5
    polygons: bool = False
    panoptic: bool = False
    captions: bool = False
    visibility: bool = False
    amodal: bool = False
    min_pixels: int = 1
    min_visible_fraction: float = 0.0
    category_property: str = ""
    categories: tuple[Category, ...] = ()


@dataclass(frozen=True)
class InfoSpec:
    """Who made the dataset and under which licence, as COCO's ``info`` and ``licenses`` say it."""

    description: str = ""
    url: str = ""
    contributor: str = ""
    license_name: str = ""
    license_url: str = ""


@dataclass(frozen=True)
class JobSpec:
    """One dataset. Equal specs on an equal scene give equal datasets."""

    seed: int = 0
    width: int = 512
    height: int = 512
    sweep: SweepSpec = field(default_factory=SweepSpec)
    passes: PassesSpec = field(default_factory=PassesSpec)
    labels: LabelsSpec = field(default_factory=LabelsSpec)
    exports: tuple[ExportKind, ...] = ()
    info: InfoSpec = field(default_factory=InfoSpec)
    styles: tuple[StyleSpec, ...] = ()
    prompts: PromptsSpec = field(default_factory=PromptsSpec)
    fidelity: FidelitySpec = field(default_factory=FidelitySpec)
    model: ModelSpec = field(default_factory=ModelSpec)
    control_images: ControlImagesSpec = field(default_factory=ControlImagesSpec)
    variation: VariationSpec = field(default_factory=VariationSpec)
    populate: PopulateSpec = field(default_factory=PopulateSpec)
    val_fraction: float = 0.2
    depth_near: float = 0.0
    depth_far: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; :func:`load_spec` reads them back."""
        data = to_json(self)
        assert isinstance(data, dict)
        return data


def load_spec(text: str, source: str) -> JobSpec:
    """Read and validate a job file: either a bare spec or the ``job.json`` of a dataset.

    Raises:
        SpecError: the first fault found, by name and value.
    """
    data = parse_json(text, source)
    if isinstance(data, dict) and "schema" in data:
        # What was asked for reads as it did; only what was made of it has changed.
        if data["schema"] not in range(1, SCHEMA + 1):
            raise SpecError(
                "spec.schema",
                f"{source} has schema {data['schema']!r}; this version reads 1 to {SCHEMA}.",
                "Use the SynthData version that wrote it.",
            )
        data = data.get("job", {})
    spec = from_json(JobSpec, data, "job")
    validate(spec)
    return spec


def validate(spec: JobSpec) -> None:
    """Check every setting, before any work starts.

    Raises:
        SpecError: the first fault found; the message holds the offending value.
    """
    in_range("seed", spec.seed, 0, MAX_SEED)
    for name, side in (("width", spec.width), ("height", spec.height)):
        in_range(name, side, 16, 16384)
    in_range("val_fraction", spec.val_fraction, 0.0, 0.5)
    check_sweep(spec.sweep)
    in_range("passes.beauty_samples", spec.passes.beauty_samples, 1, 65536)
    _validate_labels(spec)
    _validate_depth_range(spec)
    check_control_images(spec.control_images, beauty=spec.passes.beauty)
    check_variation(spec.variation, sweep=spec.sweep.kind, source=spec.labels.source, exports=spec.exports)
    check_populate(spec.populate)
    check_styles(spec.styles, beauty=spec.passes.beauty)
    templates = [StylePrompts(style.name, style.prompt, style.negative_prompt) for style in spec.styles]
    check_prompts(spec.prompts, templates)
    check_fidelity(spec.fidelity)
    check_model_ranges(spec.model)
    if any(style.kind == "DIFFUSION" for style in spec.styles):
        _validate_diffusion(spec)


def _validate_labels(spec: JobSpec) -> None:
    labels = spec.labels
    in_range("labels.alpha_threshold", labels.alpha_threshold, 0.001, 1.0)
    in_range("labels.min_pixels", labels.min_pixels, 1, spec.width * spec.height)
    in_range("labels.min_visible_fraction", labels.min_visible_fraction, 0.0, 1.0)
    check_categories(labels.categories)
    if labels.min_visible_fraction > 0.0 and not labels.visibility:
        raise SpecError(
            "spec.labels",
            f"A smallest visible share of {labels.min_visible_fraction:g} needs the visible share to be measured.",
            "Turn Visibility on, or set the share to 0.",
        )
    if labels.amodal and not labels.visibility:
        raise SpecError(
            "spec.labels", "Amodal masks need visibility to be measured.", "Turn Visibility on as well."
        )
    if labels.source == "CRYPTOMATTE" and not spec.passes.beauty:
        raise SpecError(
            "spec.labels",
            "Cryptomatte labels come from the finished picture, which is not rendered.",
            "Turn Beauty on, or use the Object Index.",
        )
    if labels.source == "CRYPTOMATTE" and labels.segment_by == "MATERIAL":
        raise SpecError(
            "spec.labels", "Cryptomatte labels tell objects apart, not materials.", "Use the Object Index."
        )
    if len(set(spec.exports)) != len(spec.exports):
        raise SpecError(
            "spec.exports", f"An export is asked for twice: {', '.join(spec.exports)}.", "Name it once."
        )
    for kind in spec.exports:
        check_export(kind, labels)


def check_export(kind: ExportKind, labels: LabelsSpec) -> None:
    """Refuse an export whose format needs labels that are not made.

    Raises:
        SpecError: ``spec.exports``.
    """
    if kind == "BOP" and not labels.amodal:
        raise SpecError(
            "spec.exports",
            "BOP wants the mask of the whole of every thing.",
            "Turn Visibility and Amodal on.",
        )


def _validate_depth_range(spec: JobSpec) -> None:
    if spec.depth_near == 0.0 and spec.depth_far == 0.0:
        return
    if not 0.0 < spec.depth_near < spec.depth_far:
        raise SpecError(
            "spec.range",
            f"The depth range {spec.depth_near:g} to {spec.depth_far:g} is not 0 < near < far.",
            "Leave both at 0 to have it measured.",
        )


def _validate_diffusion(spec: JobSpec) -> None:
    for name, side in (("width", spec.width), ("height", spec.height)):
        if side % SIZE_MULTIPLE:
            near = max(SIZE_MULTIPLE * 2, round(side / SIZE_MULTIPLE) * SIZE_MULTIPLE)
            raise SpecError(
                "spec.size",
                f"The {name} {side} is not divisible by {SIZE_MULTIPLE}, which Stable Diffusion needs.",
                f"Use {near}, or remove the styles.",
            )
    check_model_spec(spec.model, beauty=spec.passes.beauty, styles=[style.name for style in spec.styles])
