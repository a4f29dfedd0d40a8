# SPDX-License-Identifier: GPL-3.0-or-later
"""The dataset card: a README.md that says what is in the folder and how it was made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..core.layout import DatasetFolder, replacing
from ..core.models import EMBEDDED
from ..core.records import JobRecord
from ..labels.coco import SPLITS, LabelledView

FILES = """\
| where | what |
|---|---|
| `annotations/instances_train.json`, `annotations/instances_val.json` | COCO instances: masks (RLE), boxes, areas |
| `images/` | the pictures, one for each view and style |
| `masks/instance/`, `masks/category/` | 16-bit PNGs: the instance id and the category id of each pixel |
| `control/depth/`, `control/normal/` | what the ControlNets read |
| `renders/` | Blender's own picture of each view, where the job asked for it |
| `passes/` | multilayer EXR of each view, where the job keeps them |
| `job.json`, `views.jsonl`, `labels.jsonl`, `samples.jsonl` | the request and the journals: all that was done |
| `index.html` | the gallery |
"""
CONVENTIONS = """\
Boxes are `[x, y, width, height]` in pixels; `area` counts the pixels of the mask; `iscrowd` is 0. Camera matrices in
`views.jsonl` follow OpenCV (the centre of the top-left pixel is (0, 0)).
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
        FILES,
        CONVENTIONS,
        "## How it was made\n",
        _making(job),
        "## Licence\n",
        "Yours to choose: write it here. The models that made the pictures may set terms of their own.\n",
    ]
    with replacing(folder.root / "README.md") as path:
        path.write_text("\n".join(parts), encoding="utf-8", newline="\n")


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
    if spec.styles:
        lines.append(f"- Model: {_plain(spec.model.path) or EMBEDDED + ' (small, comes with SynthData)'}.")
        lines += [f"- Style {_plain(style.name)}: {_plain(style.prompt)}" for style in spec.styles]
    else:
        lines.append(
            "- No styles: the annotations point at the renders, or else at the depth control images."
        )
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """Keep a user's text from becoming Markdown or HTML: one line, markup escaped."""
    line = " ".join(text.split())
    return "".join(f"\\{c}" if c in "\\`*_[]<>|#" else c for c in line)
