# SPDX-License-Identifier: GPL-3.0-or-later
"""The comparison's result file as tables in Markdown, and whether its goals are met. No bpy here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

NAMES = {"synthdata": "SynthData", "floor": "bare loop", "blenderproc": "BlenderProc"}
PEER_GOALS = {60: 8.0, 500: 20.0}
FLOOR_GOAL = 1.10
GROWTH_GOAL = 0.05
"""Megabytes a view: of 200 views, 10 MB, the swing of an allocator."""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def picture(samples: int) -> str:
    """Return what is rendered beside the labels."""
    return f"picture of {samples} sample{'s' if samples > 1 else ''}" if samples else "labels only"


def costs(results: Mapping[str, Any]) -> str:
    """Return what each side costs."""
    head = ["objects", "picture", "side", "CPU s a view", "wall s a view", "peak memory MB"]
    rows = [
        [
            str(row["objects"]),
            picture(row["samples"]),
            NAMES[row["side"]],
            f"{row['view']['cpu']:.2f}",
            f"{row['view']['wall']:.2f}",
            f"{row['peak']:.0f}",
        ]
        for row in results["rows"]
    ]
    return table(head, rows)


def starts(results: Mapping[str, Any]) -> str:
    """Return what each side needs before its first views are done, as far as it was kept."""
    rows = [
        [
            str(row["objects"]),
            picture(row["samples"]),
            NAMES[row["side"]],
            *(f"{row['startup'][clock]:.1f}" for clock in ("cpu", "wall")),
            str(row["first_views"]),
            *(f"{row['first'][clock]:.1f}" for clock in ("cpu", "wall")),
        ]
        for row in results["rows"]
        if "startup" in row
    ]
    head = ["objects", "picture", "side", "start-up CPU s", "wall s", "first views", "CPU s", "wall s"]
    return table(head, rows) if rows else ""


def stages(results: Mapping[str, Any]) -> str:
    """Return where BlenderProc's processor seconds a view go."""
    rows = [row for row in results["rows"] if row.get("stages")]
    if not rows:
        return ""
    names = list(rows[0]["stages"])
    cells = [
        [
            str(row["objects"]),
            picture(row["samples"]),
            *(f"{row['stages'][name]['cpu']:.2f}" for name in names),
        ]
        for row in rows
    ]
    return table(["objects", "picture", *names], cells)


def truth(results: Mapping[str, Any]) -> str:
    """Return how the masks match the truth scene."""
    head = ["truth scene", "instances", "side", "exact", "missing", "mean IoU"]
    rows = [
        [
            group,
            str(value["instances"]),
            NAMES[side],
            str(value["exact"]),
            str(value["missing"]),
            f"{value['mean_iou']:.3f}",
        ]
        for side, found in results["truth"].items()
        for group, value in found["groups"].items()
    ]
    return table(head, sorted(rows, key=lambda row: row[0] == "all")) if rows else ""


def memory(results: Mapping[str, Any]) -> str:
    """Return how memory grows."""
    found = results["growth"]
    rows = [
        [
            NAMES[side],
            f"{found[side]['warm']:.0f}",
            f"{found[side]['most']:.0f}",
            f"{found[side]['a_view']:.3f}",
        ]
        for side in NAMES
        if side in found
    ]
    head = ["side", "MB after 20 views", f"most until {found.get('views')} views", "MB a view"]
    return table(head, rows) if rows else ""


def ratios(results: Mapping[str, Any]) -> Iterator[tuple[str, bool | None]]:
    """Yield a line for each ratio, with whether its goal is met (None: it has none)."""
    rows = {(row["objects"], row["samples"], row["side"]): row["view"] for row in results["rows"]}
    for (objects, samples, side), own in rows.items():
        if side != "synthdata":
            continue
        what = f"{objects} objects, {picture(samples)}"
        peer, floor = (rows.get((objects, samples, name)) for name in ("blenderproc", "floor"))
        if peer:
            cpu, wall = peer["cpu"] / own["cpu"], peer["wall"] / own["wall"]
            goal = PEER_GOALS.get(objects)
            text = f"{what}: {wall:.1f} times as fast as BlenderProc by the clock, {cpu:.1f} by CPU seconds"
            yield text + (f" (goal {goal:g})" if goal else ""), None if goal is None else wall >= goal
        if floor:
            cpu, wall = own["cpu"] / floor["cpu"], own["wall"] / floor["wall"]
            text = f"{what}: {wall:.2f} times the bare loop by the clock, {cpu:.2f} by CPU seconds"
            yield f"{text} (goal {FLOOR_GOAL:g})", wall <= FLOOR_GOAL


def labels(results: Mapping[str, Any]) -> Iterator[tuple[str, bool | None]]:
    """Yield the lines on masks and memory."""
    for side, found in results["truth"].items():
        every = found["groups"]["all"]
        exact = every["exact"] == every["instances"] and found["extra"] == 0
        text = (
            f"{NAMES[side]}: {every['exact']} of {every['instances']} masks of the truth scene exact, "
            f"{found['extra']} annotations of nothing"
        )
        yield text, exact if side == "synthdata" else None
    if own := results["growth"].get("synthdata"):
        text = f"SynthData's memory grows by {own['a_view']:.3f} MB a view (goal {GROWTH_GOAL:g})"
        yield text, own["a_view"] <= GROWTH_GOAL


def report(results: Mapping[str, Any]) -> tuple[str, bool]:
    """Return the tables as text and whether every goal is met."""
    machine, good = results["machine"], True
    width, height = results["size"]
    lines = [
        f"{machine['cpu']}, {machine['memory']}, {machine['system']}; load {machine['load']}; {width} x {height}"
    ]
    lines += [part for make in (costs, starts, stages, truth, memory) if (part := make(results))]
    verdicts = []
    for text, met in (*ratios(results), *labels(results)):
        verdicts.append(f"- {text}" + ("" if met is None else ": met" if met else ": MISSED"))
        good &= met is not False
    return "\n\n".join([*lines, "\n".join(verdicts)]), good
