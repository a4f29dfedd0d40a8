# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things are found: a table of places for COCO's categories, and the styles that come of places."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

from .style_spec import StyleSpec, style_slug

TABLE: Final = Path(__file__).resolve().parent / "presets" / "places.json"
ALIASES: Final[Mapping[str, str]] = {
    "armchair": "chair",
    "bike": "bicycle",
    "glass": "cup",
    "monitor": "tv",
    "mug": "cup",
    "office chair": "chair",
    "phone": "cell phone",
    "plane": "airplane",
    "plant": "potted plant",
    "screen": "tv",
    "sofa": "couch",
    "stool": "chair",
    "table": "dining table",
    "television": "tv",
}
"""Common words for what is in the table under another name, or is found where that is."""
PROMPT: Final = "a photo of {categories} %s"
NEGATIVE: Final = "text, watermark, deformed, blurry"
LEADING: Final = ("in", "on", "at", "of", "above", "under", "front", "a", "an", "the")


@lru_cache(maxsize=1)
def table() -> Mapping[str, tuple[str, ...]]:
    """Return places by category, each with its preposition: "on an office desk"."""
    data = json.loads(TABLE.read_text(encoding="utf-8"))
    return {name: tuple(places) for name, places in data.items()}


def places_of(category: str) -> tuple[str, ...]:
    """Return where a category is found; empty for one that the table does not know."""
    name = category.strip().lower()
    return table().get(name) or table().get(ALIASES.get(name, ""), ())


def choose_places(places: Mapping[str, Sequence[str]], count: int) -> list[str]:
    """Return at most ``count`` places for a scene of several categories.

    Those where most of the categories are found come first. A category that has none of the chosen ones takes the
    place of a choice that others have two of, as far as there are enough.
    """
    votes = Counter(place for found in places.values() for place in found)
    order = {place: number for number, place in enumerate(votes)}
    ranked = sorted(votes, key=lambda place: (-votes[place], order[place]))
    chosen: list[str] = []
    for found in (set(found) for _, found in sorted(places.items())):
        if found and not found & set(chosen):
            chosen.append(next(place for place in ranked if place in found))
    chosen = sorted(set(chosen), key=ranked.index)[:count]
    chosen += [place for place in ranked if place not in chosen][: count - len(chosen)]
    return sorted(chosen, key=ranked.index)


def styles_of(places: Iterable[str], taken: Iterable[str] = ()) -> list[StyleSpec]:
    """Return a style for each place; one whose name is ``taken`` is left out."""
    seen = {style_slug(name) for name in taken}
    styles = []
    for place in places:
        name = place_name(place)
        if style_slug(name) and style_slug(name) not in seen:
            seen.add(style_slug(name))
            styles.append(StyleSpec(name, PROMPT % place, NEGATIVE))
    return styles


def place_name(place: str) -> str:
    """Return a place without what leads up to it: "office desk" of "on an office desk"."""
    words = place.split()
    while len(words) > 1 and words[0].lower() in LEADING:
        words = words[1:]
    return " ".join(words)
