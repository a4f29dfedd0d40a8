# SPDX-License-Identifier: GPL-3.0-or-later
"""The coverage of a plan in words and as a page."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..blender.planning import Coverage, Plan
from ..core.plots import page
from ..core.statistics import SIZES

BAR = 8
"""Characters of the longest bar."""
SHOWN_REASONS = 2
PAGE_NAME = "synthdata_coverage.html"


def panel_lines(plan: Plan, coverage: Coverage | None, problem: str = "") -> list[tuple[str, str]]:
    """Return what the panel says of a plan that is shown: text and icon of each line."""
    lines = [(text, "INFO") for text in plan_lines(plan)[:1]]
    lines += [(reason, "ERROR") for reason in list(plan.left_out.values())[:SHOWN_REASONS]]
    if problem:
        lines.append((problem, "ERROR"))
    if coverage is not None:
        lines += [(text, "BLANK1") for text in coverage_lines(coverage)]
    return lines


def plan_lines(plan: Plan) -> list[str]:
    """Return how many views a plan has, and what is wrong with the others."""
    tried = len(plan.poses) + len(plan.left_out)
    more = f", {len(plan.left_out)} left out" if plan.left_out else ""
    part = f" (of {plan.views}, the first {tried})" if tried < plan.views else ""
    noun = "view" if len(plan.poses) == 1 else "views"
    return [f"{len(plan.poses)} {noun}{part}{more}", *plan.left_out.values()]


def coverage_lines(coverage: Coverage) -> list[str]:
    """Return sizes of things and views by direction as short bars."""
    statistics = coverage.statistics
    sizes = statistics.by_size()
    lines = _bars([(size.capitalize(), sizes[size]) for size in SIZES])
    below, above = statistics.directions[:3].sum(), statistics.directions[3:].sum()
    return [*lines, *_bars([("From above", int(above)), ("From below", int(below))])]


def coverage_page(plan: Plan, coverage: Coverage) -> Path:
    """Write the coverage as a page into Blender's folder for temporary files and return where it is."""
    notes = [f"Before rendering: {plan_lines(plan)[0]}. Sizes are expected from ray casts."]
    if coverage.sized < len(plan.poses):
        notes.append(f"Instances are those of {coverage.sized} views, spread evenly.")
    notes += plan_lines(plan)[1 : SHOWN_REASONS + 1]
    names = {category.id: category.name for category in coverage.categories}
    path = Path(bpy.app.tempdir) / PAGE_NAME
    path.write_text(page("Coverage", notes, coverage.statistics, names), encoding="utf-8")
    return path


def _bars(counts: list[tuple[str, int]]) -> list[str]:
    most = max(count for _, count in counts) or 1
    return [f"{name}  {'█' * round(BAR * count / most)} {count}" for name, count in counts]
