# SPDX-License-Identifier: GPL-3.0-or-later
"""Records as one line of JSON, there and back. What a record has in common with the one before is not done again.

A view of 500 instances is a line of 235 kB, nearly all of it the same from view to view: where things stand.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import json
from collections.abc import Collection
from typing import Any, Final, TypeVar, get_type_hints

from .decode import from_json, parse_json
from .errors import SpecError

T = TypeVar("T")
REPEATS: Final = "repeats"
"""Key of a field's ``metadata``: record after record has the same value there, and a large one."""
SEPARATORS: Final = (",", ":")
_Key = tuple[type, str]
_written: dict[_Key, tuple[Any, str]] = {}
"""Of a class's field that repeats: the value written last, and its text."""
_read: dict[_Key, tuple[bytes, Any]] = {}
"""Of a class's field that repeats: the text read last, and its value."""
_clean: dict[_Key, bytes] = {}
"""Of a class's field that is cut out: the text that was last seen to hold no other field."""


def json_line(record: Any) -> str:
    """Return a dataclass (nested), or plain JSON values, as text without a line break.

    A value that repeats is known again by identity: it must be immutable. Of the records in a list, fields that have
    their defaults are left out, as readers give them: labels of hundreds of instances are half as long.

    Raises:
        ValueError: NaN or infinity, which JSON does not have.
    """
    if not dataclasses.is_dataclass(record) or isinstance(record, type):
        return _text(record)
    parts = [f'"{field.name}":{_field_text(record, field)}' for field in dataclasses.fields(record)]
    return "{" + ",".join(parts) + "}"


def from_line(cls: type[T], line: bytes, source: str, drop: Collection[str] = ()) -> T:
    """Return the record of a line of JSON; keys in ``drop`` are left at their defaults.

    A line as :func:`json_line` writes it is several times as quick as another one where most of it is dropped, or as
    in the line before.

    Args:
        cls: a dataclass; its fields that repeat have defaults.
        line: the line.
        source: where it stands, for messages.
        drop: names of fields with defaults.

    Raises:
        SpecError: the line is not JSON, or not such a record.
        UnicodeDecodeError: the line is not UTF-8.
    """
    rest, texts = _without_repeats(cls, line, drop)
    try:
        data = parse_json(rest.decode(), source)
        values = {name: _value(cls, name, text, source) for name, text in texts.items()}
    except SpecError:  # what is wrong, and where, is told of the whole line
        data, values = parse_json(line.decode(), source), {}
    if drop and isinstance(data, dict):
        data = {key: value for key, value in data.items() if key not in drop}
    record = from_json(cls, data, source)
    return dataclasses.replace(record, **values) if values else record  # type: ignore[type-var]


def _without_repeats(cls: type, line: bytes, drop: Collection[str]) -> tuple[bytes, dict[str, bytes]]:
    """Return a line without the fields that are dropped or repeat, and the texts of the latter by name."""
    texts = {}
    for field, after in itertools.pairwise(dataclasses.fields(cls)):
        is_dropped = field.name in drop
        if not is_dropped and not field.metadata.get(REPEATS):
            continue
        start, end = line.find(_mark(field.name)), line.find(_mark(after.name))
        text = line[start + len(_mark(field.name)) : end]
        if not 0 <= start < end or not _holds_no_field(cls, field.name, text):
            continue
        line = line[:start] + line[end:]
        if not is_dropped:
            texts[field.name] = text
    return line, texts


def _holds_no_field(cls: type, name: str, text: bytes) -> bool:
    """Tell whether no other field stands in a field's text: in another order they would be cut out with it."""
    key = (cls, name)
    if _clean.get(key) == text:
        return True
    if any(_mark(field.name) in text for field in dataclasses.fields(cls)):
        return False
    _clean[key] = text
    return True


@functools.cache
def _mark(name: str) -> bytes:
    """Return what precedes a field's value; it is in no text of JSON, where quotes are escaped."""
    return b',"' + name.encode() + b'":'


def _value(cls: type, name: str, text: bytes, source: str) -> Any:
    known = _read.get((cls, name))
    if known is None or known[0] != text:
        value: Any = from_json(get_type_hints(cls)[name], parse_json(text.decode(), source), source)
        known = _read[(cls, name)] = (text, value)
    return known[1]


def _field_text(record: Any, field: dataclasses.Field[Any]) -> str:
    value = getattr(record, field.name)
    if not field.metadata.get(REPEATS):
        return json_line(value)
    key = (type(record), field.name)
    known = _written.get(key)
    if known is None or known[0] is not value:
        known = _written[key] = (value, _text(value))
    return known[1]


def _text(value: Any) -> str:
    return json.dumps(value, default=_told, ensure_ascii=False, separators=SEPARATORS, allow_nan=False)


def _told(record: Any) -> dict[str, Any]:
    """Return the fields of a record that have other values than their defaults."""
    defaults = _defaults(record.__class__)
    return {name: value for name, default in defaults if (value := getattr(record, name)) != default}


@functools.cache
def _defaults(cls: Any) -> tuple[tuple[str, Any], ...]:
    """Return the fields of a dataclass with their defaults; one that is made anew for each record equals no value."""
    return tuple((field.name, field.default) for field in dataclasses.fields(cls))
