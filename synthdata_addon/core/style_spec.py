# SPDX-License-Identifier: GPL-3.0-or-later
"""Styles: the looks that every view is pictured in, by diffusion or as baselines that need no model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from .errors import SpecError

StyleKind = Literal["DIFFUSION", "RENDER", "PASTE"]
BASELINES: Final[tuple[StyleKind, ...]] = ("RENDER", "PASTE")
"""Kinds that take their pictures from the finished render."""


@dataclass(frozen=True)
class StyleSpec:
    """A named look: every view is made in every style.

    ``kind``: DIFFUSION is made by the model from the prompts, which are templates (see ``core/template.py``). RENDER is
    the finished render itself. PASTE cuts the labelled things out of the finished render and lays them onto
    ``background``: the picture of another style, by its name, or else a picture from a folder of pictures.
    """

    name: str
    prompt: str = ""
    negative_prompt: str = ""
    kind: StyleKind = "DIFFUSION"
    background: str = ""


def check_styles(styles: Iterable[StyleSpec], *, beauty: bool) -> None:
    """Check names, prompts and what the baselines need; ``beauty`` tells whether finished pictures are rendered.

    Raises:
        SpecError: ``spec.style``.
    """
    seen: dict[str, StyleSpec] = {}
    for index, style in enumerate(styles):
        slug = style_slug(style.name)
        if not slug:
            raise SpecError(
                "spec.style", f"Style {index + 1} has no usable name ({style.name!r}).", "Name it."
            )
        if slug in seen:
            raise SpecError("spec.style", f"Two styles are called '{style.name}'.", "Rename one of them.")
        if style.kind == "DIFFUSION" and not style.prompt.strip():
            raise SpecError(
                "spec.style", f"Style '{style.name}' has no prompt.", "Say what it should look like."
            )
        if style.kind in BASELINES and not beauty:
            raise SpecError(
                "spec.style",
                f"Style '{style.name}' takes its pictures from the finished render, which is not made.",
                "Turn Beauty on.",
            )
        if style.kind == "PASTE":
            _check_background(style, seen)
        seen[slug] = style


def _check_background(style: StyleSpec, earlier: dict[str, StyleSpec]) -> None:
    if not style.background.strip():
        raise SpecError(
            "spec.style",
            f"Style '{style.name}' has no background to paste onto.",
            "Name a style that comes before it, or a folder of pictures.",
        )
    if style_slug(style.background) == style_slug(style.name):
        raise SpecError("spec.style", f"Style '{style.name}' is its own background.", "Name another style.")
    below = earlier.get(style_slug(style.background))
    if below is None and not any(sign in style.background for sign in "/\\"):
        raise SpecError(
            "spec.style",
            f"The background '{style.background}' of style '{style.name}' is neither a style before it nor a folder.",
            "Name a style that comes before it, or the whole path of a folder of pictures.",
        )


def background_style(styles: Iterable[StyleSpec], style: StyleSpec) -> str:
    """Return the name of the style that is the background of a PASTE style; empty when that is a folder."""
    wanted = style_slug(style.background)
    names = (item.name for item in styles if item.name != style.name)
    return next((name for name in names if style_slug(name) == wanted), "")


def style_slug(name: str) -> str:
    """Return the part of a file name that stands for a style: lower-case ASCII letters, digits and hyphens.

    Letters outside ASCII are written as their code points, so that different names stay different files.
    """
    plain = [
        c if c.isascii() and c.isalnum() else "-" if c.isascii() else f"u{ord(c):x}" for c in name.lower()
    ]
    words = [word for word in "".join(plain).split("-") if word]
    return "-".join(words)[:80]
