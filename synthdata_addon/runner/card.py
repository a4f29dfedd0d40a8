# SPDX-License-Identifier: GPL-3.0-or-later
"""The dataset card: a README.md that says what is in the folder and how it was made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..core.layout import DatasetFolder, replacing
from ..core.models import EMBEDDED, control_kinds
from ..core.records import JobRecord
from ..core.style_spec import StyleSpec
from ..core.variation import varied
from ..labels.coco import SPLITS, LabelledView

FILES_HEAD = """\
| where | what |
|---|---|
| `annotations/instances_train.json`, `annotations/instances_val.json` | COCO instances: masks, boxes, areas |
"""
PANOPTIC = """\
| `annotations/panoptic_train.json`, `annotations/panoptic_val.json`, folders beside them | COCO panoptic |
"""
CAPTIONS = """\
| `annotations/captions_train.json`, `annotations/captions_val.json` | COCO captions |
"""
FILES = """\
| `images/` | the pictures, one for each view and style |
| `masks/instance/`, `masks/category/` | 16-bit PNGs: the instance id and the category id of each pixel |
{controls} | what ControlNets read |
| `renders/` | Blender's own picture of each view, where the job asked for it |
| `passes/` | multilayer EXR of each view, where the job keeps them |
| `job.json`, `views.jsonl`, `labels.jsonl`, `samples.jsonl` | the request and the journals: all that was done |
| `index.html`, `.gallery/` | the gallery, and what it loads |
"""
CONVENTIONS = """\
Boxes are `[x, y, width, height]` in pixels; `area` counts the pixels of the mask; `iscrowd` is 0. A mask is where the
instance owns the centre of the pixel. Masks in `masks/` hold exactly the annotated instances; 0 is everything else.

Each image has its camera by OpenCV's conventions (X right, Y down, Z forward; the centre of the top-left pixel is
(0, 0)): a point p of the world is at `K (R p + t)`. Each annotation has `pose`, the 4 x 4 rigid matrix from the
object's axes to the camera's, and `box3d`, the eight corners of the object's own box in the camera's axes: its
lowest x, y, z first, z changing fastest. Lengths are the scene's units.
"""
VISIBILITY = """\
`visible_fraction` is the share of the pixels that the instance would have alone in the picture, `truncated` tells that
it reaches past the picture's edge, `amodal_*` describe the pixels it would have alone.
"""
FIDELITY = """\
`fidelity` (0 to 1) tells how well a picture shows the outline of an instance: the geometric mean of `edge_recall` and
`contrast`, which `samples.jsonl` has. {rejected} pictures and {unfaithful} annotations were left out for it.
"""


def write_card(
    folder: DatasetFolder, job: JobRecord, views: Sequence[LabelledView], annotations: Counter[int]
) -> None:
    """Write ``README.md`` into the dataset; ``annotations`` counts them by category id."""
    pictures = Counter(dict.fromkeys(SPLITS, 0))
    for view in views:
        pictures[view.split] += len(view.pictures)
    summary = (
        f"{pictures.total()} pictures of {len(views)} views with {annotations.total()} labelled instances, "
        "made by SynthData from a 3D scene.\n"
    )
    parts = [
        f"# {_plain(job.scene_file) or 'Synthetic dataset'}\n",
        summary,
        "## What is in it\n",
        _splits(views, pictures),
        _categories(job, annotations),
        _files(job),
        CONVENTIONS,
        *([VISIBILITY] if job.job.labels.visibility else []),
        *([_fidelity(views)] if job.job.fidelity.measure else []),
        "## How it was made\n",
        _making(job),
        "## Licence\n",
        _license(job),
    ]
    with replacing(folder.card) as path:
        path.write_text("\n".join(parts), encoding="utf-8", newline="\n")


def _fidelity(views: Sequence[LabelledView]) -> str:
    return FIDELITY.format(
        rejected=sum(view.rejected for view in views),
        unfaithful=sum(len(picture.dropped) for view in views for picture in view.pictures),
    )


def _style(style: StyleSpec) -> str:
    made = {
        "RENDER": "the finished render",
        "PASTE": f"cut out of the finished render, on {style.background}",
    }
    return f"- Style {_plain(style.name)}: {_plain(made.get(style.kind, style.prompt))}"


def _files(job: JobRecord) -> str:
    labels = job.job.labels
    exports = "".join(
        f"| `exports/{kind.lower()}/` | all of it in another format |\n" for kind in job.job.exports
    )
    beside = (PANOPTIC if labels.panoptic else "") + (CAPTIONS if labels.captions else "")
    controls = "| " + ", ".join(f"`control/{kind}/`" for kind in control_kinds(job.job))
    return FILES_HEAD + beside + FILES.format(controls=controls) + exports


def _license(job: JobRecord) -> str:
    said = job.job.info
    named = " ".join(_plain(text) for text in (said.license_name, said.license_url) if text)
    return (
        f"{named or 'Yours to choose: write it here.'}\n\n"
        "The models that made the pictures may set terms of their own.\n"
    )


def _splits(views: Sequence[LabelledView], pictures: Counter[str]) -> str:
    lines = ["| split | views | pictures |", "|---|---|---|"]
    for_split = Counter(view.split for view in views)
    lines += [f"| {split} | {for_split[split]} | {pictures[split]} |" for split in SPLITS]
    return "\n".join(lines) + "\n"


def _categories(job: JobRecord, annotations: Counter[int]) -> str:
    lines = ["| id | category | annotations |", "|---|---|---|"]
    lines += [f"| {item.id} | {_plain(item.name)} | {annotations[item.id]} |" for item in job.categories]
    return "\n".join(lines) + "\n"


def _making(job: JobRecord) -> str:
    spec = job.job
    software = ", ".join(f"{name} {value}" for name, value in sorted(job.software.items()))
    lines = [
        f"- Made: {job.created}; seed {spec.seed}; {spec.width} x {spec.height} pixels; sweep {spec.sweep.kind}.",
        f"- Software: {_plain(software) or 'not recorded'}.",
        f"- Depth control: disparity, white at {job.depth_near:g}, black at {job.depth_far:g} scene units.",
    ]
    if kinds := varied(spec.variation):
        lines.append(
            f"- Varies from view to view: {', '.join(kinds)}; `views.jsonl` says what each view got."
        )
    if any(style.kind == "DIFFUSION" for style in spec.styles):
        lines.append(f"- Model: {_plain(spec.model.path) or EMBEDDED + ' (small, comes with SynthData)'}.")
    if spec.styles:
        lines += [_style(style) for style in spec.styles]
    else:
        lines.append(
            "- No styles: the annotations point at the renders, or else at the depth control images."
        )
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """Keep a user's text from becoming Markdown or HTML: one line, markup escaped."""
    line = " ".join(text.split())
    return "".join(f"\\{c}" if c in "\\`*_[]<>|#" else c for c in line)
