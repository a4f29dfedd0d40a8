# SPDX-License-Identifier: GPL-3.0-or-later
"""Strict JSON to frozen dataclass and back: unknown keys, wrong types and non-finite numbers are refused by name."""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import types
from collections.abc import Callable, Iterable
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from .errors import SpecError

T = TypeVar("T")
Reader = Callable[[Any], Any]


def to_json(value: Any) -> Any:
    """Turn a dataclass (nested) into plain JSON values; tuples become lists."""
    if isinstance(value, (str, int, float)) or value is None:
        return value
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): to_json(item) for key, item in value.items()}
    return {name: to_json(getattr(value, name)) for name in _field_names(value.__class__)}


@functools.cache
def _field_names(cls: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(cls))


def parse_json(text: str, source: str) -> Any:
    """Parse JSON text; NaN and Infinity, which JSON does not have, are refused.

    Raises:
        SpecError: ``spec.json`` with the place of the fault.
    """

    def refuse(constant: str) -> Any:
        raise SpecError(
            "spec.json", f"{source} holds {constant}, which is not a number.", "Write a finite number."
        )

    try:
        return json.loads(text, parse_constant=refuse)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise SpecError(
            "spec.json", f"{source} is not valid JSON ({place}: {error.msg}).", "Mend it there."
        ) from error
    except RecursionError as error:
        raise SpecError(
            "spec.json", f"{source} is nested too deeply.", "Use a job file made by SynthData."
        ) from error


def from_json(cls: type[T], data: Any, path: str) -> T:
    """Build dataclass ``cls`` from parsed JSON; missing keys take the defaults.

    Args:
        cls: a dataclass whose fields are bool, int, float, str, Literal, dataclasses, tuples or ``| None`` of these.
        data: what ``json.loads`` gave.
        path: where this stands, for messages ("job", "job.sweep").

    Raises:
        SpecError: ``spec.type``, ``spec.unknown_key`` or ``spec.missing_key``, naming the path and the value.
    """
    try:
        value: T = _reader(cls)(data)  # type: ignore[arg-type]  # mypy holds that a type may not be hashable
    except _Fault as fault:
        raise fault.error(path + fault.place) from None
    return value


class _Fault(Exception):  # noqa: N818 - it becomes an error once its whole path is known
    """What is wrong with a value; the way to it is added on the way out, so that good values cost no path."""

    def __init__(self, error: Callable[[str], SpecError], place: str = "") -> None:
        super().__init__()
        self.error = error
        self.place = place


@functools.cache
def _reader(hint: Any) -> Reader:
    """Return the function that turns parsed JSON into a value of a type, made once a type."""
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        inner = _reader(next(arg for arg in args if arg is not type(None)))
        return lambda data: None if data is None else inner(data)
    if origin is Literal:
        return _literal_reader(args)
    if origin is tuple:
        return _list_reader(args[0]) if args[1:] == (Ellipsis,) else _row_reader(args)
    if origin is dict:
        return _dict_reader(args[1])
    if dataclasses.is_dataclass(hint):
        return _dataclass_reader(hint)
    return _SCALARS.get(hint, lambda data: data)


def _dataclass_reader(cls: Any) -> Reader:
    fields = {field.name: field for field in dataclasses.fields(cls)}
    hints = get_type_hints(cls)
    readers = {name: _reader(hints[name]) for name in fields}
    needed = {
        name: None
        for name, field in fields.items()
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    }

    def read(data: Any) -> Any:
        if not isinstance(data, dict):
            raise _wrong(data, "an object")
        if not data.keys() <= readers.keys():
            raise _unknown(min(data.keys() - readers.keys()), fields)
        try:
            values = {name: readers[name](item) for name, item in data.items()}
        except _Fault:
            raise _named(readers, data) from None
        if not needed.keys() <= values.keys():
            raise _missing(next(name for name in needed if name not in values))
        return cls(**values)

    return read


def _named(readers: dict[str, Reader], data: dict[str, Any]) -> _Fault:
    """Return the fault of the first value that has one, with its name before its place."""
    for name, item in data.items():
        try:
            readers[name](item)
        except _Fault as fault:
            return _Fault(fault.error, f".{name}{fault.place}")
    raise AssertionError("no value has a fault")


def _list_reader(hint: Any) -> Reader:
    inner = _reader(hint)

    def read(data: Any) -> Any:
        if not isinstance(data, list):
            raise _wrong(data, "a list")
        try:
            return tuple([inner(item) for item in data])
        except _Fault as fault:
            raise _placed(fault, [inner] * len(data), data) from None

    return read


def _row_reader(hints: tuple[Any, ...]) -> Reader:
    inner = [_reader(hint) for hint in hints]

    def read(data: Any) -> Any:
        if not isinstance(data, list):
            raise _wrong(data, "a list")
        if len(data) != len(inner):
            raise _wrong(data, f"a list of {len(inner)}")
        try:
            return tuple([reader(item) for reader, item in zip(inner, data, strict=True)])
        except _Fault as fault:
            raise _placed(fault, inner, data) from None

    return read


def _placed(fault: _Fault, readers: list[Reader], data: list[Any]) -> _Fault:
    """Return a fault of a list with the number of the first item that has it."""
    for number, (reader, item) in enumerate(zip(readers, data, strict=True)):
        try:
            reader(item)
        except _Fault as found:
            return _Fault(found.error, f"[{number}]{found.place}")
    return fault


def _dict_reader(hint: Any) -> Reader:
    inner = _reader(hint)

    def read(data: Any) -> Any:
        if not isinstance(data, dict):
            raise _wrong(data, "an object")
        values = {}
        try:
            for key, item in data.items():
                values[key] = inner(item)
        except _Fault as fault:
            fault.place = f".{key}{fault.place}"
            raise
        return values

    return read


def _literal_reader(choices: tuple[Any, ...]) -> Reader:
    def read(data: Any) -> Any:
        if data not in choices or isinstance(data, bool):
            raise _wrong(data, "one of " + ", ".join(map(str, choices)))
        return data

    return read


def _read_bool(data: Any) -> bool:
    if isinstance(data, bool):
        return data
    raise _wrong(data, "true or false")


def _read_text(data: Any) -> str:
    if isinstance(data, str):
        return data
    raise _wrong(data, "a text")


def _read_int(data: Any) -> int:
    if type(data) is int:  # bool is a subclass
        return data
    raise _wrong(data, "a whole number")


def _read_float(data: Any) -> float:
    if type(data) is float or type(data) is int:  # bool is a subclass of int
        try:
            number = float(data)
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            return number
    raise _wrong(data, "a finite number")


_SCALARS: dict[Any, Reader] = {bool: _read_bool, str: _read_text, int: _read_int, float: _read_float}


def _unknown(name: str, known: Iterable[str]) -> _Fault:
    hint = f"Known are: {', '.join(known)}."
    return _Fault(
        lambda path: SpecError("spec.unknown_key", f"{path} has an unknown setting '{name}'.", hint)
    )


def _missing(name: str) -> _Fault:
    return _Fault(lambda path: SpecError("spec.missing_key", f"{path} lacks '{name}'.", "Add it."))


def _wrong(data: Any, wanted: str) -> _Fault:
    def error(path: str) -> SpecError:
        shown = json.dumps(data, default=str)
        shown = shown if len(shown) <= 60 else shown[:57] + "..."
        return SpecError("spec.type", f"{path} must be {wanted}, not {shown}.", "Correct it in the job file.")

    return _Fault(error)
