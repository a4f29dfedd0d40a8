# SPDX-License-Identifier: GPL-3.0-or-later
"""Every setting of a job, found by its type, is given every kind of nonsense: one sentence, never a traceback."""

from __future__ import annotations

import dataclasses
import json
import math
import types
import typing
from collections.abc import Iterator
from typing import Any

import pytest

from synthdata_addon.core.errors import SpecError
from synthdata_addon.core.spec import JobSpec, load_spec

Path = tuple[str | int, ...]
WRONG = {
    bool: [1, "yes", None, [], {}],
    int: [1.5, "1", True, None, [], {}],
    float: ["1", True, None, [], {}],
    str: [1, 1.5, True, None, [], {}],
    tuple: [1, "x", True, None, {}],
}
HUGE = [1e300, -1e300]
HUGE_INTEGERS = [10**30, -(10**30)]
NOT_A_NUMBER = [math.nan, math.inf, -math.inf]


def settings_of(kind: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield the path and the type of every setting below a dataclass; the first entry of lists."""
    hints = typing.get_type_hints(kind)
    for field in dataclasses.fields(kind):
        yield from leaf(hints[field.name], (*path, field.name))


def leaf(hint: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if dataclasses.is_dataclass(hint):
        yield from settings_of(hint, path)
    elif origin in (typing.Union, types.UnionType):
        yield from leaf(next(kind for kind in arguments if kind is not type(None)), path)
    elif origin is typing.Literal:
        yield path, str
    elif origin is tuple:
        yield path, tuple
        if len(arguments) == 2 and arguments[1] is Ellipsis and dataclasses.is_dataclass(arguments[0]):
            yield from settings_of(arguments[0], (*path, 0))
    elif hint in WRONG:
        yield path, hint


def job_with(path: Path, value: Any) -> str:
    """Return a job file whose only setting is this one."""
    for step in reversed(path):
        value = [value] if isinstance(step, int) else {step: value}
    return json.dumps(value)


EVERY = dict(settings_of(JobSpec))


def named(*kinds: type) -> Any:
    """Return the settings of some types as parameters of a test."""
    chosen = [path for path, kind in EVERY.items() if kind in kinds]
    return pytest.mark.parametrize("path", chosen, ids=[".".join(map(str, path)) for path in chosen])


def refused(path: Path, value: Any) -> SpecError:
    with pytest.raises(SpecError) as caught:
        load_spec(job_with(path, value), "job.json")
    error = caught.value
    assert error.code.startswith("spec.")
    assert error.message.endswith(".")
    assert "\n" not in error.message
    assert error.hint or error.code in {"spec.json", "spec.missing_key"}
    return error


def test_every_setting_is_found():
    assert len(EVERY) >= 60
    assert EVERY["sweep", "views"] is int
    assert EVERY["styles", 0, "prompt"] is str


@named(*WRONG)
def test_a_value_of_another_type_is_refused(path):
    for value in WRONG[EVERY[path]]:
        refused(path, value)


@named(int, float)
def test_numbers_have_limits(path):
    nonsense = NOT_A_NUMBER + (HUGE_INTEGERS if EVERY[path] is int else HUGE)
    for value in nonsense:
        refused(path, value)


@named(str)
@pytest.mark.parametrize(
    "text", ["", " ", "x" * 10_000, "../x", "a/b\\c", 'quo"te', "new\nline", "\x00", "\ud800", "🧙" * 64]
)
def test_any_text_is_a_job_or_one_sentence(path, text):
    """A text that is no sentence's fault is kept as it is: names with quotes and emoji are names."""
    try:
        job = load_spec(job_with(path, text), "job.json")
    except SpecError:
        refused(path, text)
    else:
        assert load_spec(json.dumps(job.to_json()), "again") == job
