# SPDX-License-Identifier: GPL-3.0-or-later
"""What a job will come to before it is begun: pictures, time, room on disk. About, and in words that say so.

Shipped figures are of two busy CPU cores. The last whole job of a kind on this machine says how many times as long a
stage takes here; that factor is kept by :func:`learnt` and used from then on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .controls import OTHERS
from .slots import slot_count
from .spec import JobSpec

START: Final = 8.0
"""Seconds until the first view: scan of the scene, runner's libraries."""
LABEL_RENDER: Final = (0.15, 0.6)
"""Seconds of one label render: fixed, and for each megapixel."""
SOLO_RENDERS: Final = 2.0
"""Label renders more that *Visibility* costs a view, usually."""
BEAUTY: Final = 2.0
"""Seconds of the finished picture for each megapixel and sample."""
LABELLING: Final = (0.05, 0.45)
CONTROL_IMAGE: Final = 0.15
"""Seconds for each megapixel of a control image that is not always written."""
QUICK_LOOK: Final = 5.0
"""Seconds of the embedded model for each megapixel."""
USUAL_STEPS: Final = 20
"""Diffusion steps where the model is left to say how many: only their ratio to another number matters."""
FACTORS: Final = (0.002, 5000.0)
"""Beyond these a clock was set or a laptop slept."""
BYTES: Final = {"picture": 1.3, "render": 1.5, "masks": 0.13, "depth": 0.21, "normal": 0.27, "control": 0.08}
"""Bytes for each pixel of a file, as PNG packs them."""
EXR_BYTES: Final = 4.0
LINE_BYTES: Final = 9000
"""Bytes of a view in the journals and annotations."""

Factors = Mapping[str, float]
"""How many times as long as shipped a stage takes on this machine, by :func:`stage_key`."""


@dataclass(frozen=True)
class Estimate:
    """What a job comes to. ``seconds`` is None where nothing is known of a part of it, ``size`` is in bytes."""

    views: int
    pictures: int
    seconds: float | None
    size: float


def estimate(job: JobSpec, views: int, factors: Factors, left: int | None = None) -> Estimate:
    """Return what a job of so many views comes to; ``left``: how many of them are still to be made.

    The runner works while Blender renders, so that the slower of the two counts.
    """
    todo = views if left is None else left
    pictures = views * slot_count(job)
    stages = stage_seconds(job)
    parts = {name: seconds * factors.get(stage_key(name, job), 1.0) for name, seconds in stages.items()}
    known = "samples" not in parts or not job.model.path or stage_key("samples", job) in factors
    runner = parts["labels"] + parts.get("samples", 0.0)
    seconds = START + todo * max(parts["render"], runner) if todo else 0.0
    return Estimate(views, pictures, seconds if known else None, views * view_bytes(job))


def stage_seconds(job: JobSpec) -> dict[str, float]:
    """Return the seconds that one view takes in each stage by the shipped figures."""
    mega = job.width * job.height / 1e6
    label = LABEL_RENDER[0] + LABEL_RENDER[1] * mega
    render = label * (1.0 + (SOLO_RENDERS if job.labels.visibility else 0.0))
    render += BEAUTY * mega * job.passes.beauty_samples if job.passes.beauty else 0.0
    extra = len(set(job.control_images.kinds) & set(OTHERS))
    found = {"render": render, "labels": LABELLING[0] + (LABELLING[1] + CONTROL_IMAGE * extra) * mega}
    if any(style.kind == "DIFFUSION" for style in job.styles):
        steps = job.model.steps / USUAL_STEPS if job.model.path and job.model.steps else 1.0
        found["samples"] = QUICK_LOOK * mega * slot_count(job) * steps
    return found


def stage_key(stage: str, job: JobSpec) -> str:
    """Return what a stage's factor is kept under: renders with finished pictures and models apart from each other."""
    if stage == "render":
        return "beauty" if job.passes.beauty else "render"
    return f"samples:{job.model.path}:{job.model.device}" if stage == "samples" else stage


def view_bytes(job: JobSpec) -> float:
    """Return the bytes that one view takes, with all its pictures."""
    pixels = job.width * job.height
    extra = len(set(job.control_images.kinds) & set(OTHERS))
    per_pixel = BYTES["masks"] + BYTES["depth"] + BYTES["normal"] + extra * BYTES["control"]
    per_pixel += slot_count(job) * BYTES["picture"]
    per_pixel += BYTES["render"] if job.passes.beauty else 0.0
    per_pixel += EXR_BYTES if job.passes.keep else 0.0
    return pixels * per_pixel + LINE_BYTES


def learnt(
    factors: Factors, job: JobSpec, made: Mapping[str, int], seconds: Mapping[str, float]
) -> dict[str, float]:
    """Return the factors after a job that began in an empty folder.

    Args:
        factors: as they were.
        job: what was made.
        made: how many views, or pictures, each stage made.
        seconds: what the stage took.
    """
    found = dict(factors)
    slots = max(slot_count(job), 1)
    for stage, shipped in stage_seconds(job).items():
        views = made.get(stage, 0) / (slots if stage == "samples" else 1)
        if views > 0.0 and seconds.get(stage, 0.0) > 0.0:
            factor = seconds[stage] / views / shipped
            found[stage_key(stage, job)] = min(max(factor, FACTORS[0]), FACTORS[1])
    return found


def read_factors(path: Path) -> dict[str, float]:
    """Return the factors of this machine; none where the file is not there or is spoilt."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(data, dict):
        return {}
    good = {str(name): value for name, value in data.items() if isinstance(value, int | float)}
    return {name: float(value) for name, value in good.items() if FACTORS[0] <= value <= FACTORS[1]}


def write_factors(path: Path, factors: Factors) -> None:
    """Keep the factors of this machine.

    Raises:
        OSError: the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(dict(sorted(factors.items())), indent=1), encoding="utf-8")
    part.replace(path)


def estimate_text(found: Estimate, styles: int) -> str:
    """Return ``40 views x 3 styles = 120 pictures, about 6 minutes, 310 MB``."""
    text = f"{found.views} {'view' if found.views == 1 else 'views'}"
    if found.pictures:
        times = f" × {found.pictures // max(found.views, 1)} pictures"
        if styles and found.pictures == found.views * styles:
            times = f" × {styles} {'style' if styles == 1 else 'styles'}"
        text += f"{times} = {found.pictures} {'picture' if found.pictures == 1 else 'pictures'}"
    time = about_time(found.seconds) if found.seconds is not None else "time known after a first job"
    return f"{text}, {time}, {about_size(found.size)}"


def about_time(seconds: float) -> str:
    """Return a duration as roughly as it is known: ``about 6 minutes``."""
    if seconds < 50.0:
        return "under a minute"
    if seconds < 5400.0:
        minutes = _rough(seconds / 60.0)
        return f"about {minutes} {'minute' if minutes == 1 else 'minutes'}"
    if seconds < 129600.0:
        hours = _rough(seconds / 3600.0)
        return f"about {hours} {'hour' if hours == 1 else 'hours'}"
    return f"about {_rough(seconds / 86400.0)} days"


def about_size(size: float) -> str:
    """Return bytes with two digits: ``310 MB``."""
    for unit, scale in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if size >= 0.95 * scale:
            return f"{float(f'{size / scale:.2g}'):g} {unit}"
    return f"{max(1, round(size / 1e3))} kB"


def _rough(value: float) -> int:
    """Round to what an estimate is worth: whole to 10, fives to 60, tens above."""
    step = 1 if value < 10.0 else 5 if value < 60.0 else 10
    return max(1, round(value / step) * step)
