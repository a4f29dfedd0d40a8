# SPDX-License-Identifier: GPL-3.0-or-later
"""The request: everything that decides what a dataset contains, as one frozen value that reads and writes JSON."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from .categories import Category, check_categories
from .controls import ControlImagesSpec, ControlSpec, check_control_images, check_controls
from .decode import from_json, parse_json, to_json
from .errors import SpecError

SCHEMA: Final = 2
MAX_SEED: Final = 2**63 - 1
SIZE_MULTIPLE: Final = 8
"""Stable Diffusion's latents are an eighth of the picture, so that sides are multiples of 8."""

LabelSource = Literal["INDEX", "CRYPTOMATTE"]
SegmentBy = Literal["OBJECT", "MATERIAL"]
ExportKind = Literal["YOLO_DETECT", "YOLO_SEGMENT", "BOP", "IMAGEFOLDER"]
SweepKind = Literal["ORBIT", "DOME", "CAMERAS", "FRAMES"]
Device = Literal["auto", "cpu", "cuda", "mps"]
Precision = Literal["auto", "float32", "float16", "bfloat16"]


@dataclass(frozen=True)
class SweepSpec:
    """Where the views are taken from.

    ORBIT circles the target evenly; DOME spreads evenly over the sphere zone between two elevations; CAMERAS takes the
    scene's own cameras by name; FRAMES takes the scene's active camera over the animation. Angles in degrees,
    lengths in scene units. ``jitter`` moves ORBIT and DOME cameras at random: 0 is none, 1 is a full step and 20 % of
    the radius. ``target`` names an object to look at; empty means the middle of the labelled objects.
    ``extended_from`` are the numbers of views that the sweep had before it was made longer: the first views stay where
    they were, new ones go between them.
    """

    kind: SweepKind = "ORBIT"
    views: int = 20
    target: str = ""
    radius: float = 0.0
    elevation: float = 30.0
    elevation_min: float = 10.0
    elevation_max: float = 70.0
    azimuth_start: float = 0.0
    azimuth_range: float = 360.0
    jitter: float = 0.0
    lens: float = 35.0
    frame_start: int = 1
    frame_end: int = 250
    frame_step: int = 1
    extended_from: tuple[int, ...] = ()


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
class StyleSpec:
    """A named look: every view is made once in every style."""

    name: str
    prompt: str
    negative_prompt: str = ""


@dataclass(frozen=True)
class ModelSpec:
    """The diffusion model. An empty ``path`` is the embedded quick-look model; 0 steps or guidance below 0 mean
    "as the model recommends". ``path`` is a folder, a hub id or a single ``.safetensors`` file.
    """

    path: str = ""
    controls: tuple[ControlSpec, ...] = ()
    steps: int = 0
    guidance_scale: float = -1.0
    device: Device = "auto"
    precision: Precision = "auto"


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
    model: ModelSpec = field(default_factory=ModelSpec)
    control_images: ControlImagesSpec = field(default_factory=ControlImagesSpec)
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
    _in_range("seed", spec.seed, 0, MAX_SEED)
    for name, side in (("width", spec.width), ("height", spec.height)):
        _in_range(name, side, 16, 16384)
    _in_range("val_fraction", spec.val_fraction, 0.0, 0.5)
    _validate_sweep(spec.sweep)
    _in_range("passes.beauty_samples", spec.passes.beauty_samples, 1, 65536)
    _validate_labels(spec)
    _validate_depth_range(spec)
    check_control_images(spec.control_images, beauty=spec.passes.beauty)
    if spec.styles:
        _validate_styles(spec)


def _validate_sweep(sweep: SweepSpec) -> None:
    _in_range("sweep.views", sweep.views, 1, 1_000_000)
    _in_range("sweep.radius", sweep.radius, 0.0, 1e6)
    _in_range("sweep.jitter", sweep.jitter, 0.0, 1.0)
    _in_range("sweep.lens", sweep.lens, 1.0, 5000.0)
    for name in ("elevation", "elevation_min", "elevation_max"):
        _in_range(f"sweep.{name}", getattr(sweep, name), -90.0, 90.0)
    _in_range("sweep.azimuth_range", sweep.azimuth_range, 0.0, 360.0)
    _in_range("sweep.frame_step", sweep.frame_step, 1, 1_000_000)
    counts = (0, *sweep.extended_from, sweep.views)
    if any(before >= after for before, after in itertools.pairwise(counts)):
        shown = ", ".join(map(str, counts[1:]))
        raise SpecError(
            "spec.range",
            f"The numbers of views {shown} do not grow (sweep.extended_from, then sweep.views).",
            "Leave sweep.extended_from empty for a sweep of its own.",
        )
    if sweep.elevation_min > sweep.elevation_max:
        raise SpecError(
            "spec.range",
            f"The lowest elevation {sweep.elevation_min:g}° is above the highest {sweep.elevation_max:g}°.",
            "Swap them.",
        )
    if sweep.kind == "FRAMES" and sweep.frame_start > sweep.frame_end:
        raise SpecError(
            "spec.range",
            f"The first frame {sweep.frame_start} comes after the last frame {sweep.frame_end}.",
            "Swap them.",
        )


def _validate_labels(spec: JobSpec) -> None:
    labels = spec.labels
    _in_range("labels.alpha_threshold", labels.alpha_threshold, 0.001, 1.0)
    _in_range("labels.min_pixels", labels.min_pixels, 1, spec.width * spec.height)
    _in_range("labels.min_visible_fraction", labels.min_visible_fraction, 0.0, 1.0)
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


def _validate_styles(spec: JobSpec) -> None:
    for name, side in (("width", spec.width), ("height", spec.height)):
        if side % SIZE_MULTIPLE:
            near = max(SIZE_MULTIPLE * 2, round(side / SIZE_MULTIPLE) * SIZE_MULTIPLE)
            raise SpecError(
                "spec.size",
                f"The {name} {side} is not divisible by {SIZE_MULTIPLE}, which Stable Diffusion needs.",
                f"Use {near}, or remove the styles.",
            )
    seen: set[str] = set()
    for index, style in enumerate(spec.styles):
        slug = style_slug(style.name)
        if not slug:
            raise SpecError(
                "spec.style", f"Style {index + 1} has no usable name ({style.name!r}).", "Name it."
            )
        if slug in seen:
            raise SpecError("spec.style", f"Two styles are called '{style.name}'.", "Rename one of them.")
        seen.add(slug)
        if not style.prompt.strip():
            raise SpecError(
                "spec.style", f"Style '{style.name}' has no prompt.", "Say what it should look like."
            )
    _validate_model(spec.model)


def _validate_model(model: ModelSpec) -> None:
    _in_range("model.steps", model.steps, 0, 1000)
    _in_range("model.guidance_scale", model.guidance_scale, -1.0, 100.0)
    if model.path and not model.controls:
        raise SpecError(
            "spec.controls",
            f"The model '{model.path}' has no ControlNet, so that its pictures would not follow the labels.",
            "Add a depth or a normal ControlNet.",
        )
    check_controls(model.controls)


def style_slug(name: str) -> str:
    """Return the part of a file name that stands for a style: lower-case ASCII letters, digits and hyphens.

    Letters outside ASCII are written as their code points, so that different names stay different files.
    """
    plain = [
        c if c.isascii() and c.isalnum() else "-" if c.isascii() else f"u{ord(c):x}" for c in name.lower()
    ]
    words = [word for word in "".join(plain).split("-") if word]
    return "-".join(words)[:80]


def _in_range(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise SpecError(
            "spec.range", f"{name} is {value:g}, outside {low:g} to {high:g}.", "Choose a value inside."
        )
