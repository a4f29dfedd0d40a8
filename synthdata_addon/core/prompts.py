# SPDX-License-Identifier: GPL-3.0-or-later
"""Prompts as a matrix: styles x views x pictures. What a job says of it, and the exact prompts of one sample.

Draws are seeded by view, style and number, so that a prompt is the same in any order and after any resume.
"""

from __future__ import annotations

import fnmatch
import math
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Final

from .errors import SpecError
from .seeds import Purpose, generator
from .template import MAX_DEPTH, Template, draw, parse, tidy, used_names, used_wildcards

NAMES: Final = ("category", "categories", "camera")
"""What a prompt can say of its view: one of the categories in sight, all of them, where the camera stands."""
NOTHING: Final = "things"
"""Stands for the categories of a view that shows no labelled thing."""
MAX_PICTURES: Final = 1000
COMMENT: Final = "#"
PAIRS: Final = ";"
CAMERA_WORDS: Final = (
    (65.0, "seen from straight above"),
    (35.0, "seen from above"),
    (12.0, "seen from slightly above"),
    (-12.0, "seen at eye level"),
    (-35.0, "seen from slightly below"),
    (-91.0, "seen from below"),
)
"""What is said of a camera that looks down by at least so many degrees; below 0 it looks up."""


@dataclass(frozen=True)
class WildcardSpec:
    """A list of texts, of which ``__name__`` in a prompt draws one."""

    name: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class PromptsSpec:
    """How prompts become pictures.

    ``pictures`` are made of every view in every style, each with its own seed and draws. ``categories`` says what
    prompts call a category and ``cameras`` what they say of a camera, by its name or a pattern such as ``Ceiling*``;
    both are templates themselves. Wildcards that ``wildcards`` has not are files ``name.txt`` in ``wildcard_folder``;
    they are read once, when the job begins, and kept here.
    """

    pictures: int = 1
    categories: tuple[tuple[str, str], ...] = ()
    cameras: tuple[tuple[str, str], ...] = ()
    wildcard_folder: str = ""
    wildcards: tuple[WildcardSpec, ...] = ()


@dataclass(frozen=True)
class StylePrompts:
    """The two templates of a style, with the style's name, which seeds their draws."""

    style: str
    prompt: str
    negative_prompt: str = ""


@dataclass(frozen=True)
class ViewFacts:
    """What prompts can say of a view: its categories, the largest in sight first, and its camera."""

    categories: tuple[str, ...] = ()
    camera: str = ""
    down: float = 0.0
    """How far the camera looks down, in degrees; below 0 it looks up."""


def check_prompts(prompts: PromptsSpec, styles: Iterable[StylePrompts]) -> None:
    """Check every template, and that every wildcard is there or can be in the folder.

    Raises:
        SpecError: ``spec.range``, ``spec.prompt`` (with the place) or ``spec.wildcard``.
    """
    if not 1 <= prompts.pictures <= MAX_PICTURES:
        raise SpecError(
            "spec.range",
            f"prompts.pictures is {prompts.pictures}, outside 1 to {MAX_PICTURES}.",
            "Choose a value inside.",
        )
    _check_wildcards(_wanted(prompts, styles), prompts)
    for item in prompts.wildcards:
        if not item.lines:
            raise SpecError(
                "spec.wildcard", f"The wildcard '{item.name}' has no lines.", "Give it some, or remove it."
            )


def with_wildcards(prompts: PromptsSpec, styles: Iterable[StylePrompts]) -> PromptsSpec:
    """Return the settings with every wildcard that the templates use, read from the folder where it is not there.

    Raises:
        SpecError: ``spec.prompt``, or ``spec.wildcard``: a file is missing, empty or not text.
    """
    lists = {item.name: item.lines for item in prompts.wildcards}
    waiting = [(name, where) for name, where, _ in _wanted(prompts, styles)]
    while waiting:
        name, where = waiting.pop()
        if name in lists:
            continue
        lists[name] = read_wildcard(prompts.wildcard_folder, name, where)
        here = f"The wildcard '{name}'"
        inner = {found for line in lists[name] for found in used_wildcards(parse(line, here, NAMES))}
        waiting += [(found, here) for found in sorted(inner)]
    wildcards = tuple(WildcardSpec(name, lists[name]) for name in sorted(lists))
    return replace(prompts, wildcards=wildcards)


def read_wildcard(folder: str, name: str, where: str) -> tuple[str, ...]:
    """Read the lines of ``name.txt``; empty ones and those that begin with # are left out.

    Raises:
        SpecError: ``spec.wildcard``.
    """
    if not folder:
        raise _no_folder(name, where)
    path = Path(folder, *PurePosixPath(name).parts).with_name(f"{PurePosixPath(name).name}.txt")
    if ".." in PurePosixPath(name).parts or PurePosixPath(name).is_absolute():
        raise SpecError("spec.wildcard", f"The wildcard '{name}' leaves its folder.", "Name a file inside.")
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SpecError(
            "spec.wildcard",
            f"{where} uses the wildcard '{name}', whose file '{path}' cannot be read ({reason}).",
            "Make it a text file with a line for each choice.",
        ) from error
    found = tuple(line.strip() for line in lines if line.strip() and not line.lstrip().startswith(COMMENT))
    if not found:
        raise SpecError("spec.wildcard", f"The wildcard file '{path}' has no lines.", "Write some.")
    return found


def needs_facts(prompts: StylePrompts) -> bool:
    """Tell whether a style's prompts say something of the view."""
    both = [_parsed(text) for text in (prompts.prompt, prompts.negative_prompt)]
    return any(any(used_names(template)) or any(used_wildcards(template)) for template in both)


def drawn(
    prompts: PromptsSpec, style: StylePrompts, facts: ViewFacts, seed: int, view: int, number: int
) -> tuple[str, str]:
    """Return the exact prompt and negative prompt of a sample.

    Args:
        prompts: the job's settings, wildcards read.
        style: the templates; checked.
        facts: what they can say of the view.
        seed: the job's seed.
        view: the view's index.
        number: which picture of this view and style, from 0.
    """
    lists = _lists(prompts.wildcards)
    key = zlib.crc32(style.style.encode())

    def random_of(which: int) -> Callable[[], float]:
        return generator(seed, view, Purpose.PROMPT, key, number, which).random

    values = _values(prompts, facts, lists, random_of(2))
    prompt = draw(_parsed(style.prompt), random_of(0), values, lists)
    return prompt, draw(_parsed(style.negative_prompt), random_of(1), values, lists)


def camera_words(down: float) -> str:
    """Say where a camera stands that looks down by ``down`` degrees."""
    return next(words for least, words in CAMERA_WORDS if down >= least)


def look_down(cam_to_world: tuple[tuple[float, ...], ...]) -> float:
    """Return by how many degrees a camera looks down; it looks along its own -Z, and the world's up is Z."""
    return math.degrees(math.asin(min(1.0, max(-1.0, cam_to_world[2][2]))))


def pairs_from_text(text: str, what: str) -> tuple[tuple[str, str], ...]:
    """Read "mug: a blue mug; chair: an old chair"; only the first colon of a pair separates.

    Raises:
        SpecError: ``spec.prompt``: a part has no colon.
    """
    found = []
    for part in text.split(PAIRS):
        name, colon, value = part.partition(":")
        if not part.strip():
            continue
        if not colon or not name.strip() or not value.strip():
            raise SpecError(
                "spec.prompt",
                f"'{part.strip()}' in {what} is not a name and a text.",
                "Write it like mug: a blue mug",
            )
        found.append((name.strip(), value.strip()))
    return tuple(found)


def pairs_to_text(pairs: Iterable[tuple[str, str]]) -> str:
    """Write what :func:`pairs_from_text` reads."""
    return f"{PAIRS} ".join(f"{name}: {value}" for name, value in pairs)


def _values(
    prompts: PromptsSpec,
    facts: ViewFacts,
    lists: Mapping[str, tuple[Template, ...]],
    random: Callable[[], float],
) -> dict[str, str]:
    """Return what the names stand for in this sample; every draw is made whether or not a prompt uses it."""
    which = random()
    texts = dict(prompts.categories)
    called = [draw(_parsed(texts.get(name, _plain(name))), random, {}, lists) for name in facts.categories]
    if not called:
        called = [NOTHING]
    camera = next((text for name, text in prompts.cameras if fnmatch.fnmatchcase(facts.camera, name)), None)
    words = draw(_parsed(camera), random, {}, lists) if camera is not None else camera_words(facts.down)
    return {
        "category": called[int(which * len(called))],
        "categories": " and ".join([", ".join(called[:-1]), called[-1]] if called[1:] else called),
        "camera": tidy(words),
    }


def _plain(text: str) -> str:
    """Return the template that says exactly ``text``."""
    return "".join(f"\\{letter}" if letter in "{|}_" else letter for letter in text)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Template:
    return parse(text, "A prompt", NAMES)


@lru_cache(maxsize=8)
def _lists(wildcards: tuple[WildcardSpec, ...]) -> Mapping[str, tuple[Template, ...]]:
    return {item.name: tuple(_parsed(line) for line in item.lines) for item in wildcards}


def _templates(
    prompts: PromptsSpec, styles: Iterable[StylePrompts]
) -> Iterable[tuple[str, str, tuple[str, ...]]]:
    """Yield where each template stands, its text, and the names that it may use."""
    for style in styles:
        yield f"The prompt of style '{style.style}'", style.prompt, NAMES
        yield f"The negative prompt of style '{style.style}'", style.negative_prompt, NAMES
    for kind, pairs in (("category", prompts.categories), ("camera", prompts.cameras)):
        for name, text in pairs:
            yield f"The text of {kind} '{name}'", text, ()


def _wanted(
    prompts: PromptsSpec, styles: Iterable[StylePrompts]
) -> Iterable[tuple[str, str, tuple[str, ...]]]:
    """Yield each wildcard that a template uses, where that stands, and the names that may be used there."""
    for where, text, names in _templates(prompts, styles):
        for name in used_wildcards(parse(text, where, names)):
            yield name, where, names


def _no_folder(name: str, where: str) -> SpecError:
    return SpecError(
        "spec.wildcard",
        f"{where} uses the wildcard '{name}', and there is no folder of wildcards.",
        f"Name a folder with a file '{name}.txt', or write \\__ for the signs themselves.",
    )


def _check_wildcards(wanted: Iterable[tuple[str, str, tuple[str, ...]]], prompts: PromptsSpec) -> None:
    """Check that every wildcard that is used is there, allows the names that its lines use, and is no circle.

    Args:
        wanted: for each use, the wildcard's name, where it is used, and the names that may be used there.
        prompts: with the lists, and the folder in which those that are missing may be.
    """
    lists = {item.name: item.lines for item in prompts.wildcards}
    uses: dict[tuple[str, tuple[str, ...]], set[str]] = {}
    waiting: list[tuple[str, str, tuple[str, ...], tuple[str, ...]]] = []
    waiting += [(name, where, names, ()) for name, where, names in wanted]
    while waiting:
        name, where, names, inside = waiting.pop()
        if name in inside or len(inside) >= MAX_DEPTH:
            way = " → ".join((*inside, name))
            raise SpecError(
                "spec.wildcard", f"The wildcard '{name}' leads to itself ({way}).", "Break the circle."
            )
        if name not in lists:
            if not prompts.wildcard_folder:
                raise _no_folder(name, where)
            continue  # it is read when the job begins
        here = f"The wildcard '{name}'"
        if (name, names) not in uses:
            uses[name, names] = {
                inner for line in lists[name] for inner in used_wildcards(parse(line, here, names))
            }
        waiting += [(inner, here, names, (*inside, name)) for inner in sorted(uses[name, names])]
