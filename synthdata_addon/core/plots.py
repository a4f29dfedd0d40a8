# SPDX-License-Identifier: GPL-3.0-or-later
"""Statistics as inline SVG for a page that opens from disk: no script, no network, every text escaped.

Colours are the page's: ``--text``, ``--quiet``, ``--accent``, ``--line``.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

import numpy as np

from .statistics import AZIMUTHS, ELEVATIONS, SIZES, Counts, Statistics

WIDTH: Final = 340
ROW: Final = 20
SHADES: Final = {"small": 0.35, "medium": 0.65, "large": 1.0}
MAX_ROWS: Final = 40
STYLE: Final = (
    ".plots{display:flex;flex-wrap:wrap;gap:12px}.plots figure{padding:12px 14px;min-width:0}"
    ".plots svg{display:block;max-width:100%;height:auto}.plots h2{margin:0 0 8px}"
    ".plots text{font:11px system-ui,sans-serif;fill:var(--text)}.plots .quiet{fill:var(--quiet)}"
    ".plots rect{fill:var(--accent)}.plots .well{fill:var(--line);fill-opacity:.5}"
)
PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root{{color-scheme:light dark;--page:#f5f6f8;--card:#fff;--line:#d9dde3;--text:#1c2128;--quiet:#626b78;
--accent:#2563c9}}
@media (prefers-color-scheme:dark){{:root{{--page:#14171b;--card:#1d2126;--line:#333a43;--text:#e4e7eb;--quiet:#98a1ad;
--accent:#7fb0ff}}}}
body{{margin:0;padding:20px 24px;background:var(--page);color:var(--text);font:14px/1.45 system-ui,sans-serif}}
h1{{margin:0;font-size:20px}}p{{margin:2px 0 16px;color:var(--quiet)}}
h2{{font-size:13px;font-weight:600;color:var(--quiet)}}
figure{{margin:0;background:var(--card);border:1px solid var(--line);border-radius:8px}}
{style}
</style></head><body><h1>{title}</h1>{notes}{plots}</body></html>
"""


def page(title: str, notes: Sequence[str], statistics: Statistics, categories: Mapping[int, str]) -> str:
    """Return a whole page."""
    shown = "".join(f"<p>{escape(note)}</p>" for note in notes)
    return PAGE.format(title=escape(title), notes=shown, style=STYLE, plots=plots(statistics, categories))


def plots(statistics: Statistics, categories: Mapping[int, str]) -> str:
    """Return all plots that there is something to show in, as one element."""
    shown = []
    if statistics.instances:
        shown.append(("Instances by category, shaded by size", _categories(statistics, categories)))
        sizes = statistics.by_size()
        names = ["small (below 32² px)", "medium", "large (from 96² px)"]
        shown.append(("Instances by size", _bars(names, [sizes[size] for size in SIZES])))
    if statistics.directions.any():
        shown.append(("Camera directions", _directions(statistics.directions)))
    if statistics.distances:
        edges, counts = statistics.distance_bins()
        spans = [f"{low:.3g} – {high:.3g}" for low, high in itertools.pairwise(edges.tolist())]
        shown.append(("Camera distances", _bars(spans, counts.tolist())))
    if statistics.positions.any():
        shown.append(("Where in the picture", _heat(statistics.positions)))
    if statistics.visible.any():
        shares = [f"{10 * tenth} – {10 * tenth + 10} %" for tenth in range(len(statistics.visible))]
        shown.append(("Share in sight", _bars(shares, statistics.visible.tolist())))
    figures = "".join(f"<figure><h2>{escape(title)}</h2>{svg}</figure>" for title, svg in shown)
    return f'<div class="plots">{figures}</div>'


def _svg(width: float, height: float, inside: str) -> str:
    return f'<svg width="{width:g}" viewBox="0 0 {width:g} {height:g}" role="img">{inside}</svg>'


def _bars(names: Sequence[str], counts: Sequence[int]) -> str:
    return _rows([(name, [(1.0, count)]) for name, count in zip(names, counts, strict=True)])


def _categories(statistics: Statistics, categories: Mapping[int, str]) -> str:
    found = statistics.instances.most_common()
    rows = [
        (
            categories.get(category, str(category)),
            [(SHADES[size], statistics.sizes[category, size]) for size in SIZES],
        )
        for category, _ in found[:MAX_ROWS]
    ]
    more = len(found) - MAX_ROWS
    note = f"<p>{more} more categories with fewer instances.</p>" if more > 0 else ""
    return _rows(rows) + note


def _rows(rows: Sequence[tuple[str, list[tuple[float, int]]]]) -> str:
    """Return horizontal bars; each is a name and pieces of an opacity and a count."""
    left, right = 130, 54
    most = max((sum(count for _, count in pieces) for _, pieces in rows), default=0) or 1
    drawn = []
    for number, (name, pieces) in enumerate(rows):
        y, x = number * ROW, float(left)
        short = name if len(name) <= 20 else name[:19] + "…"
        drawn.append(
            f'<text x="{left - 8}" y="{y + 14}" text-anchor="end"><title>{escape(name)}</title>{escape(short)}</text>'
        )
        for opacity, count in pieces:
            width = (WIDTH - left - right) * count / most
            if count:
                drawn.append(
                    f'<rect x="{x:.2f}" y="{y + 4}" width="{width:.2f}" height="{ROW - 7}" fill-opacity="{opacity}"/>'
                )
            x += width
        total = sum(count for _, count in pieces)
        drawn.append(f'<text class="quiet" x="{x + 6:.2f}" y="{y + 14}">{total}</text>')
    return _svg(WIDTH, max(len(rows), 1) * ROW, "".join(drawn))


def _directions(counts: Counts) -> str:
    """Return the directions as a map: azimuth to the right, elevation up."""
    cell, left = 24, 40
    grid = _cells(counts[::-1], cell, left, 0)
    labels = [
        f'<text class="quiet" x="{left - 6}" y="{(ELEVATIONS - row) * cell + 4}" text-anchor="end">'
        f"{row * 30 - 90}°</text>"
        for row in range(1, ELEVATIONS)
    ]
    labels += [
        f'<text class="quiet" x="{left + column * cell}" y="{ELEVATIONS * cell + 14}" text-anchor="middle">'
        f"{column * 30}°</text>"
        for column in range(0, AZIMUTHS + 1, 3)
    ]
    return _svg(left + AZIMUTHS * cell + 14, ELEVATIONS * cell + 20, grid + "".join(labels))


def _heat(counts: Counts) -> str:
    return _svg(counts.shape[1] * 18, counts.shape[0] * 18, _cells(counts, 18, 0, 0, numbers=False))


def _cells(counts: Counts, cell: int, left: int, top: int, *, numbers: bool = True) -> str:
    """Return a grid of cells, fuller where there are more, each with its number as a tip."""
    most = int(np.max(counts)) or 1
    drawn = []
    for (row, column), count in np.ndenumerate(counts):
        x, y = left + column * cell, top + row * cell
        drawn.append(
            f'<g><title>{count}</title><rect class="well" x="{x}" y="{y}" width="{cell - 1}" height="{cell - 1}"/>'
        )
        if count:
            opacity = 0.15 + 0.85 * count / most
            drawn.append(
                f'<rect x="{x}" y="{y}" width="{cell - 1}" height="{cell - 1}" fill-opacity="{opacity:.2f}"/>'
            )
        if count and numbers and count < 1000:
            drawn.append(
                f'<text x="{x + cell / 2 - 0.5}" y="{y + cell / 2 + 4}" text-anchor="middle">{count}</text>'
            )
        drawn.append("</g>")
    return "".join(drawn)
