# SPDX-License-Identifier: GPL-3.0-or-later
"""Prompts for training: a style's wording, often among words that say nothing about the style. No torch here."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .styles import STYLES

THINGS = (
    "a desk",
    "a chair",
    "a table",
    "shelves",
    "books",
    "a mug",
    "a cup",
    "a lamp",
    "a ball",
    "a plant",
    "boxes",
    "a box",
    "a bottle",
    "a monitor",
    "a computer",
    "a bed",
    "a sofa",
    "a rug",
    "candles",
    "a window",
    "a picture",
    "furniture",
    "many things",
    "some objects",
    "a keyboard",
    "a bowl of fruit",
    "a cabinet",
    "a spoon",
    "a phone",
    "a toy",
    "a car",
)
EXTRAS = (
    "photo",
    "photograph",
    "photorealistic",
    "realistic",
    "highly detailed",
    "detailed",
    "sharp focus",
    "4k",
    "8k",
    "high quality",
    "best quality",
    "soft light",
    "natural light",
    "warm light",
    "evening",
    "morning",
    "daylight",
    "wide angle",
    "close up",
    "interior",
    "indoors",
    "cinematic",
    "cosy",
    "clean",
    "messy",
    "old",
    "new",
    "beautiful",
    "professional photography",
    "raw photo",
    "render",
    "digital art",
    "cartoon",
    "illustration",
    "dusk",
    "noon",
)
FLAWS = (
    "blurry",
    "low quality",
    "ugly",
    "text",
    "watermark",
    "deformed",
    "bad quality",
    "noise",
    "worst quality",
    "jpeg",
)
TEMPLATES = (
    "{style}",
    "{style}",
    "{style}",
    "a photo of {style}",
    "{style}, {extra}",
    "{style}, {extra}, {extra2}",
    "{extra}, {style}",
    "{style} with {thing}",
    "{style} with {thing} and {thing2}",
    "{thing} in {style}",
    "a picture of {style}",
    "inside {style}",
    "{style}, {thing}, {thing2}",
    "{extra} {extra2} of {style}",
    "{thing} and {thing2} in {style}, {extra}",
)


def _pick(rng: np.random.Generator, choices: tuple[str, ...]) -> str:
    return choices[int(rng.integers(len(choices)))]


def style_prompt(rng: np.random.Generator, style: int) -> str:
    """A random prompt that asks for style number `style`."""
    return _pick(rng, TEMPLATES).format(
        style=_pick(rng, STYLES[style].wordings),
        extra=_pick(rng, EXTRAS),
        extra2=_pick(rng, EXTRAS),
        thing=_pick(rng, THINGS),
        thing2=_pick(rng, THINGS),
    )


def empty_prompt(rng: np.random.Generator) -> str:
    """What stands on the other side of guidance: nothing, or the usual list of flaws."""
    if rng.random() < 0.6:
        return ""
    return ", ".join(_pick(rng, FLAWS) for _ in range(int(rng.integers(1, 4))))


def corpus() -> Iterator[str]:
    """Every text that the tokenizer should know in few pieces."""
    for style in STYLES:
        for wording in style.wordings:
            yield from (wording,) * 4
    for words in (THINGS, EXTRAS, FLAWS, TEMPLATES):
        for text in words:
            yield from (text.replace("{", " ").replace("}", " "),) * 2
