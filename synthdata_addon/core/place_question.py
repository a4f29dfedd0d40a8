# SPDX-License-Identifier: GPL-3.0-or-later
"""The question where things are found, as it is put to a language model, and its answer. Values only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from .errors import ModelError
from .places import LEADING

PLACES: Final = 5
"""Places that are asked for, of each category."""
LONGEST: Final = 60
"""A longer line is no name of a place."""
SIGNS: Final = re.compile(r"[{}|_\\`*\"“”]")
"""What has a meaning in templates, or is mark-up."""
BULLET: Final = re.compile(r"^\s*(?:[-–•]|\d+[.)])\s*")
EXAMPLE: Final = "scissors: on an office desk; in a sewing room; in a hair salon"


def messages(categories: Sequence[str]) -> list[dict[str, str]]:
    """Return the question as a chat, in the form that transformers and OpenAI's interface share."""
    asked = "\n".join(categories)
    text = (
        f"Where are these things usually found? Name {PLACES} different places for each, in a few words that begin "
        "with a preposition. Answer with one line for each thing and nothing else, in this form:\n"
        f"{EXAMPLE}\n\nThe things:\n{asked}"
    )
    return [{"role": "user", "content": text}]


def parse_answer(text: str, categories: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the places that an answer names, by category; lines that name no category are passed over.

    Raises:
        ModelError: ``model.no_answer``: it names no place at all.
    """
    known = {_key(category): category for category in categories}
    found: dict[str, tuple[str, ...]] = {}
    for line in text.splitlines():
        head, colon, rest = BULLET.sub("", line).partition(":")
        category = known.get(_key(head)) if colon else None
        places = tuple(dict.fromkeys(filter(None, map(_place, rest.split(";")))))
        if category is not None and places:
            found.setdefault(category, places[:PLACES])
    if not found:
        shown = " ".join(text.split())[:80]
        raise ModelError(
            "model.no_answer",
            f"The language model named no places; it said '{shown}'.",
            "Choose a model that follows instructions, or take the places from the table.",
        )
    return found


def _key(text: str) -> str:
    return " ".join(SIGNS.sub(" ", text).lower().split())


def _place(text: str) -> str:
    """Return a place with a preposition; empty where it is none."""
    words = SIGNS.sub(" ", text).strip(" .,\t").split()
    place = " ".join(words)
    if not words or len(place) > LONGEST or not place.isprintable():
        return ""
    return place if words[0].lower() in (*LEADING, "inside", "outside", "near", "by") else f"in {place}"
