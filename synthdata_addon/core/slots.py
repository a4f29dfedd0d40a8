# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of one view in order: a slot for each style and number, the pictures of a style beside each other."""

from __future__ import annotations

from dataclasses import dataclass

from .spec import JobSpec
from .style_spec import StyleSpec


@dataclass(frozen=True)
class Slot:
    """One picture that every view has: in which style, and which of that style's, from 0."""

    style: StyleSpec
    number: int


def slots(job: JobSpec) -> tuple[Slot, ...]:
    """Return the slots of a job; a style that is added comes last, so that no other slot moves."""
    return tuple(Slot(style, number) for style in job.styles for number in range(_pictures(job, style)))


def slot_count(job: JobSpec) -> int:
    """Return how many pictures each view has."""
    return sum(_pictures(job, style) for style in job.styles)


def slot_numbers(job: JobSpec) -> dict[tuple[str, int], int]:
    """Return the number of every slot by its style's name and its own number."""
    return {(slot.style.name, slot.number): index for index, slot in enumerate(slots(job))}


def _pictures(job: JobSpec, style: StyleSpec) -> int:
    """Return how many pictures a view has in a style: a second finished render would be the first again."""
    return 1 if style.kind == "RENDER" else job.prompts.pictures
