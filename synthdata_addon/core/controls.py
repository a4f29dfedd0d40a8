# SPDX-License-Identifier: GPL-3.0-or-later
"""Control images: the kinds there are, what a job says of them, and the table of model family × kind.

The table names the convention that the family's ControlNets were trained with and the strength that their makers
recommend; the panel and every :class:`ControlSpec` that leaves something open take theirs from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

from .ade20k import COLOURS
from .errors import SpecError
from .families import NAMES, Family

ControlKind = Literal[
    "depth", "normal", "segmentation", "canny", "softedge", "lineart", "instances", "depth_zoe", "depth_leres"
]
"""Append only: Blender files hold their numbers."""
CannySource = Literal["GEOMETRY", "BEAUTY"]
KINDS: Final[tuple[ControlKind, ...]] = get_args(ControlKind)
ALWAYS: Final[tuple[ControlKind, ...]] = ("depth", "normal")
"""Kinds that every view gets, whatever reads them."""
OTHERS: Final[tuple[ControlKind, ...]] = tuple(kind for kind in KINDS if kind not in ALWAYS)
RECOMMENDED: Final = -1.0
"""Stands for the table's value in a :class:`ControlSpec`."""
PAIR: Final = ":"
SEPARATOR: Final = ","


@dataclass(frozen=True)
class Convention:
    """What a ControlNet of a family reads, and how strongly and over which share of the steps it steers by itself."""

    image: str
    scale: float
    start: float = 0.0
    end: float = 1.0


IMAGES: Final[Mapping[ControlKind, str]] = {
    "depth": "disparity, near is white (MiDaS, Depth Anything)",
    "normal": "NormalBae: red is left, green is up, blue is towards the camera",
    "segmentation": "ADE20K's 150 colours",
    "canny": "white lines one pixel wide on black",
    "softedge": "white soft edges on black (HED, PiDiNet)",
    "lineart": "white lines on black, graded",
    "instances": "a colour for each instance (masks of Segment Anything)",
    "depth_zoe": "linear depth of each view, near is white (ZoeDepth)",
    "depth_leres": "linear depth of the sweep, near is white (LeReS)",
}
STRENGTHS: Final[Mapping[tuple[Family, ControlKind], tuple[float, float, float]]] = {
    # diffusers/controlnet-depth-sdxl-1.0 and -canny-sdxl-1.0: "0.5 # recommended for good generalization".
    ("sdxl", "depth"): (0.5, 0.0, 1.0),
    ("sdxl", "depth_zoe"): (0.5, 0.0, 1.0),
    ("sdxl", "depth_leres"): (0.5, 0.0, 1.0),
    ("sdxl", "canny"): (0.5, 0.0, 1.0),
    # Model card of FLUX.1-dev-ControlNet-Union-Pro-2.0; ...-ControlNet-Depth says 0.3 to 0.7.
    ("flux", "depth"): (0.8, 0.0, 0.8),
    ("flux", "depth_zoe"): (0.8, 0.0, 0.8),
    ("flux", "depth_leres"): (0.8, 0.0, 0.8),
    ("flux", "canny"): (0.7, 0.0, 0.8),
    ("flux", "softedge"): (0.7, 0.0, 0.8),
}
"""Scale, start and end where makers recommend others than 1 over all steps, which is diffusers' own default."""
FAMILY_SCALE: Final[Mapping[Family, float]] = {
    # diffusers' default for Z-Image; the model cards say 0.65 to 0.80.
    "zimage": 0.75,
}
TABLE: Final[Mapping[tuple[Family, ControlKind], Convention]] = {
    (family, kind): Convention(
        IMAGES[kind], *STRENGTHS.get((family, kind), (FAMILY_SCALE.get(family, 1.0), 0.0, 1.0))
    )
    for family in NAMES
    for kind in KINDS
}
"""Every family and kind. Recommended or not, a ControlNet of any kind can be trained for any family."""


@dataclass(frozen=True)
class ControlSpec:
    """One ControlNet: what it reads, where it is, how strongly and over which share of the steps it steers.

    A ``scale``, ``start`` or ``end`` of -1 is what :data:`TABLE` recommends for the model's family.
    """

    kind: ControlKind
    model: str
    scale: float = RECOMMENDED
    start: float = RECOMMENDED
    end: float = RECOMMENDED


@dataclass(frozen=True)
class ControlImagesSpec:
    """Control images apart from the ControlNets that read them.

    ``kinds`` are written for every view whether or not a ControlNet of the job reads them (depth and normal always
    are). ``canny_from`` draws Canny edges of the scene's geometry, or of the finished picture. ``segmentation`` pairs
    categories with ADE20K classes, before the shipped words (see :func:`.ade20k.class_of`); ``unlabelled`` is the class
    of every other pixel, black when it is empty.
    """

    kinds: tuple[ControlKind, ...] = ()
    canny_from: CannySource = "GEOMETRY"
    segmentation: tuple[tuple[str, str], ...] = ()
    unlabelled: str = ""


def recommended(control: ControlSpec, family: Family) -> ControlSpec:
    """Fill in what a control leaves to the table."""
    row = TABLE[family, control.kind]
    return replace(
        control,
        scale=row.scale if control.scale == RECOMMENDED else control.scale,
        start=row.start if control.start == RECOMMENDED else control.start,
        end=row.end if control.end == RECOMMENDED else control.end,
    )


def check_controls(controls: tuple[ControlSpec, ...]) -> None:
    """Refuse ControlNets that cannot steer.

    Raises:
        SpecError: ``spec.controls`` (two of a kind, no model) or ``spec.range``.
    """
    kinds = [control.kind for control in controls]
    for control in controls:
        if kinds.count(control.kind) > 1:
            raise SpecError(
                "spec.controls", f"Two ControlNets read '{control.kind}'.", "Keep one of each kind."
            )
        if not control.model:
            raise SpecError(
                "spec.controls", f"The {control.kind} ControlNet has no model.", "Name a folder or hub id."
            )
        for name, high in (("scale", 10.0), ("start", 1.0), ("end", 1.0)):
            value = getattr(control, name)
            if value != RECOMMENDED and not 0.0 <= value <= high:
                raise SpecError(
                    "spec.range",
                    f"model.controls.{control.kind}.{name} is {value:g}, outside 0 to {high:g}.",
                    "Choose a value inside, or -1 for what is recommended.",
                )
        whole = recommended(control, "sd15")
        if whole.start >= whole.end:
            raise SpecError(
                "spec.range",
                f"The {control.kind} ControlNet starts at {whole.start:g}, not before its end at {whole.end:g}.",
                "Let it steer some of the steps: 0 to 1 is all of them.",
            )


def check_control_images(spec: ControlImagesSpec, *, beauty: bool) -> None:
    """Refuse control images that cannot be drawn; ``beauty`` tells that there is a finished picture.

    Raises:
        SpecError: ``spec.control_images``, naming the kind, category or class.
    """
    for kind in spec.kinds:
        if spec.kinds.count(kind) > 1:
            raise SpecError(
                "spec.control_images", f"The control image '{kind}' is asked for twice.", "Name it once."
            )
    if spec.canny_from == "BEAUTY" and not beauty:
        raise SpecError(
            "spec.control_images",
            "Canny edges come from the finished picture, which is not rendered.",
            "Turn Beauty on, or draw them from the geometry.",
        )
    categories = [category for category, _ in spec.segmentation]
    for category in categories:
        if not category.strip() or categories.count(category) > 1:
            raise SpecError(
                "spec.control_images",
                f"The category '{category}' has no name, or more than one ADE20K class.",
                "Give each category one class.",
            )
    for name in (*(name for _, name in spec.segmentation), spec.unlabelled):
        if name and name not in COLOURS:
            raise SpecError(
                "spec.control_images", f"ADE20K has no class '{name}'.", f"Choose one of: {_like(name)}."
            )


def _like(name: str) -> str:
    """Return the classes that share a word's beginning, or the first ones."""
    near = [known for known in COLOURS if known[:1] == name[:1].lower()]
    return ", ".join((near or list(COLOURS))[:12])


def segmentation_from_text(text: str) -> tuple[tuple[str, str], ...]:
    """Read classes as the panel shows them: ``mug: glass, teddy: plaything``.

    Raises:
        SpecError: ``spec.control_images``.
    """
    pairs = []
    for part in text.split(SEPARATOR):
        if not part.strip():
            continue
        category, found, name = part.rpartition(PAIR)
        if not found:
            raise SpecError(
                "spec.control_images",
                f"'{part.strip()}' gives no category a class.",
                f"Write a category and its ADE20K class, like mug{PAIR} glass.",
            )
        pairs.append((category.strip(), name.strip()))
    return tuple(pairs)


def segmentation_to_text(pairs: tuple[tuple[str, str], ...]) -> str:
    """Write classes as the panel shows them; :func:`segmentation_from_text` reads them back."""
    return f"{SEPARATOR} ".join(f"{category}{PAIR} {name}" for category, name in pairs)
