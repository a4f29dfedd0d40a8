# SPDX-License-Identifier: GPL-3.0-or-later
"""The language of prompts: text with names in braces, alternatives and wildcards. Reads, checks and draws; no files.

::

    a photo of {category} in {a tidy|2::an untidy|a {red|blue}} room, __weather__

``{name}`` stands for what a view knows. ``{a|b|c}`` draws one of its parts, which are templates themselves; ``2::``
before a part makes it twice as likely. ``__name__`` draws a line of a wildcard list, which is a template too. A
backslash before ``{``, ``|``, ``}`` or ``_`` takes its meaning away.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from .errors import SpecError

WILDCARD: Final = re.compile(r"__([A-Za-z0-9][A-Za-z0-9 /.-]*(?:_[A-Za-z0-9 /.-]+)*)__")
WEIGHT: Final = re.compile(r"\s*(\d+(?:\.\d+)?)::")
ESCAPED: Final = "{|}_"
MAX_DEPTH: Final = 20
"""So many braces, or wildcards that name wildcards, inside of each other."""


@dataclass(frozen=True)
class Name:
    """What the view knows by this name."""

    name: str


@dataclass(frozen=True)
class Wildcard:
    """One line of the list of this name."""

    name: str


@dataclass(frozen=True)
class Choice:
    """One of several parts, by weight."""

    weights: tuple[float, ...]
    parts: tuple[Template, ...]


Node: TypeAlias = "str | Name | Wildcard | Choice"
Template: TypeAlias = "tuple[Node, ...]"


def parse(text: str, where: str, names: Collection[str]) -> Template:
    """Read a template.

    Args:
        text: the template.
        where: what it is, as messages begin ("The prompt of style 'office'").
        names: what may stand alone in braces.

    Raises:
        SpecError: ``spec.prompt``, with the place of the fault.
    """
    return _Parser(text, where, names).parse()


def used_names(template: Template) -> Iterator[str]:
    """Yield the names in braces that a template uses anywhere."""
    return (node.name for node in _nodes(template) if isinstance(node, Name))


def used_wildcards(template: Template) -> Iterator[str]:
    """Yield the wildcards that a template uses itself."""
    return (node.name for node in _nodes(template) if isinstance(node, Wildcard))


def is_plain(template: Template) -> bool:
    """Tell whether a template is nothing but text."""
    return all(isinstance(node, str) for node in template)


def draw(
    template: Template,
    random: Callable[[], float],
    values: Mapping[str, str],
    wildcards: Mapping[str, tuple[Template, ...]],
) -> str:
    """Return one text of a template.

    Plain text comes back as it is; where something was put in, the blanks and commas that an empty part leaves are
    tidied up.

    Args:
        template: what :func:`parse` gave.
        random: gives numbers in 0 .. 1; asked once for every choice, in reading order.
        values: the text of every name.
        wildcards: the lines of every wildcard.
    """
    text = _draw(template, random, values, wildcards)
    return text if is_plain(template) else tidy(text)


def tidy(text: str) -> str:
    """Return a text with single blanks, none before a comma, and no comma that separates nothing."""
    words = " ".join(text.split())
    parts = [part.strip() for part in words.split(",")]
    return ", ".join(part for part in parts if part)


def _draw(
    template: Template,
    random: Callable[[], float],
    values: Mapping[str, str],
    wildcards: Mapping[str, tuple[Template, ...]],
) -> str:
    drawn = []
    for node in template:
        if isinstance(node, str):
            drawn.append(node)
        elif isinstance(node, Name):
            drawn.append(values[node.name])
        elif isinstance(node, Wildcard):
            lines = wildcards[node.name]
            line = lines[_pick((1.0,) * len(lines), random())]
            drawn.append(_draw(line, random, values, wildcards))
        else:
            drawn.append(_draw(node.parts[_pick(node.weights, random())], random, values, wildcards))
    return "".join(drawn)


def _pick(weights: tuple[float, ...], number: float) -> int:
    """Return the index of a weight that covers ``number`` (0 .. 1) of their sum."""
    left = number * sum(weights)
    for index, weight in enumerate(weights):
        left -= weight
        if left < 0.0:
            return index
    return max(index for index, weight in enumerate(weights) if weight > 0.0)


def _nodes(template: Template) -> Iterator[Node]:
    for node in template:
        yield node
        if isinstance(node, Choice):
            for part in node.parts:
                yield from _nodes(part)


class _Parser:
    """One pass over a text, by recursive descent."""

    def __init__(self, text: str, where: str, names: Collection[str]) -> None:
        self._text = text
        self._where = where
        self._names = names
        self._at = 0

    def parse(self) -> Template:
        template = self._part("", 0)
        if self._at < len(self._text):
            raise self._fault(self._at, "closes a brace that is not open", "Put a backslash before it.")
        return template

    def _part(self, ends: str, depth: int) -> Template:
        """Read up to one of ``ends``, or a closing brace, or the end of the text."""
        nodes: list[Node] = []
        letters: list[str] = []

        def flush() -> None:
            if letters:
                nodes.append("".join(letters))
                letters.clear()

        while self._at < len(self._text):
            here = self._text[self._at]
            wildcard = WILDCARD.match(self._text, self._at) if here == "_" else None
            if here == "}" or here in ends:
                break
            if here == "\\" and self._text[self._at + 1 : self._at + 2] in tuple(ESCAPED):
                letters.append(self._text[self._at + 1])
                self._at += 2
            elif here == "{":
                flush()
                nodes.append(self._braces(depth + 1))
            elif wildcard:
                flush()
                nodes.append(Wildcard(wildcard.group(1)))
                self._at = wildcard.end()
            else:
                letters.append(here)
                self._at += 1
        flush()
        return tuple(nodes)

    def _braces(self, depth: int) -> Node:
        start = self._at
        if depth > MAX_DEPTH:
            raise self._fault(start, f"is more than {MAX_DEPTH} braces deep", "Use fewer.")
        weights, parts = [], []
        while True:
            self._at += 1
            weight = WEIGHT.match(self._text, self._at)
            weights.append(float(weight.group(1)) if weight else 1.0)
            self._at = weight.end() if weight else self._at
            parts.append(self._part("|", depth))
            if self._at >= len(self._text):
                raise self._fault(start, "opens a brace that is not closed", "Close it, or write \\{.")
            if self._text[self._at] == "}":
                break
        self._at += 1
        if len(parts) == 1:
            return self._name(start)
        if sum(weights) <= 0.0:
            raise self._fault(start, "has no part with a weight above 0", "Give one of them a weight.")
        return Choice(tuple(weights), tuple(parts))

    def _name(self, start: int) -> Name:
        inside = self._text[start + 1 : self._at - 1].strip()
        if inside not in self._names:
            known = ", ".join(f"{{{name}}}" for name in self._names) or "none here"
            raise self._fault(
                start, f"'{{{inside}}}' is not known", f"Known are {known}; alternatives need a |."
            )
        return Name(inside)

    def _fault(self, at: int, what: str, hint: str) -> SpecError:
        shown = self._text[at : at + 20]
        return SpecError("spec.prompt", f"{self._where}, character {at + 1} ('{shown}'): {what}.", hint)
