# SPDX-License-Identifier: GPL-3.0-or-later
"""The doctor's report: what a machine has, and what is amiss, fit to be pasted into a bug report.

Paths of the user's home read "~", and secrets are blotted out wherever they stand.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .decode import from_json, to_json

SECRET_VARIABLES: Final = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "SYNTHDATA_API_KEY")
SECRET_FORM: Final = re.compile(r"\bhf_[A-Za-z0-9_]{8,}|(?<=://)[^/\s@]+(?=@)")
"""What tokens of the hub look like, and names and passwords within addresses."""
BLOT: Final = "[secret]"


@dataclass(frozen=True)
class Section:
    """A part of the report: rows of a name and a value."""

    title: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Problem:
    """What is amiss, in a sentence, and what helps. ``fatal``: something that was asked for will not work."""

    message: str
    hint: str
    fatal: bool = False


@dataclass(frozen=True)
class Report:
    """All of it, in order."""

    sections: tuple[Section, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def works(self) -> bool:
        """Whether all that was asked for will work, as far as can be known before."""
        return not any(problem.fatal for problem in self.problems)

    def joined(self, other: Report) -> Report:
        """Return both, one after the other."""
        return Report(self.sections + other.sections, self.problems + other.problems)

    def text(self) -> str:
        """Return the report as people read it."""
        lines: list[str] = []
        for section in self.sections:
            width = max((len(name) for name, _ in section.rows), default=0)
            lines += [section.title, *(f"  {name:<{width}}  {value}" for name, value in section.rows), ""]
        lines += ["Problems"] if self.problems else ["No problems found."]
        for problem in self.problems:
            lines += [
                f"  {'ERROR' if problem.fatal else 'Note '}  {problem.message}",
                f"         {problem.hint}",
            ]
        return "\n".join(lines) + "\n"

    def data(self) -> dict[str, Any]:
        """Return the report as JSON has it."""
        return {**to_json(self), "works": self.works}


def read_report(data: Mapping[str, Any]) -> Report:
    """Return the report that :meth:`Report.data` gave.

    Raises:
        SpecError: it is none.
    """
    names = {field.name for field in dataclasses.fields(Report)}
    return from_json(Report, {key: value for key, value in data.items() if key in names}, "report")


def masked(report: Report, secrets: Iterable[str] = ()) -> Report:
    """Return a report without what is nobody's business: home paths, tokens, keys."""
    known = {os.environ.get(name, "") for name in SECRET_VARIABLES} | set(secrets)

    def clean(text: str) -> str:
        return _without(text, [secret for secret in known if len(secret) > 3])

    return Report(
        tuple(
            Section(section.title, tuple((clean(name), clean(value)) for name, value in section.rows))
            for section in report.sections
        ),
        tuple(
            dataclasses.replace(problem, message=clean(problem.message), hint=clean(problem.hint))
            for problem in report.problems
        ),
    )


def _without(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, BLOT)
    return from_home(SECRET_FORM.sub(BLOT, text))


def from_home(text: str) -> str:
    """Return a text with ``~`` in the place of the user's folder, as people write paths."""
    home = str(Path.home())
    for form in dict.fromkeys((home, os.path.realpath(home), home.replace("\\", "/"))):
        if len(form) > 1:  # the root of a container's user is no secret
            text = re.sub(re.escape(form) + r"(?=$|[/\\\s'\",;:)])", "~", text)
    return text
