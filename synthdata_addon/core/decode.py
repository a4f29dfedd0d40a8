# SPDX-License-Identifier: GPL-3.0-or-later
"""Strict JSON to frozen dataclass and back: unknown keys, wrong types and non-finite numbers are refused by name."""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import types
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from .errors import SpecError

T = TypeVar("T")


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
    if not isinstance(data, dict):
        raise _wrong(path, data, "an object")
    fields = {f.name: f for f in dataclasses.fields(cls)}  # type: ignore[arg-type]  # T is a dataclass by contract
    unknown = sorted(set(data) - set(fields))
    if unknown:
        known = ", ".join(fields)
        raise SpecError(
            "spec.unknown_key", f"{path} has an unknown setting '{unknown[0]}'.", f"Known are: {known}."
        )
    hints = _hints(cls)  # type: ignore[arg-type]  # mypy holds that a type may not be hashable
    values = {name: _value(hints[name], data[name], f"{path}.{name}") for name in data}
    for name, field in fields.items():
        optional = (
            field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
        )
        if name not in values and not optional:
            raise SpecError("spec.missing_key", f"{path} lacks '{name}'.", "Add it.")
    return cls(**values)


@functools.cache
def _hints(cls: type[Any]) -> dict[str, Any]:
    return get_type_hints(cls)


def _value(hint: Any, data: Any, path: str) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        inner = [arg for arg in get_args(hint) if arg is not type(None)]
        return None if data is None else _value(inner[0], data, path)
    if origin is Literal:
        if data not in get_args(hint) or isinstance(data, bool):
            raise _wrong(path, data, "one of " + ", ".join(map(str, get_args(hint))))
        return data
    if origin is tuple:
        return _tuple(hint, data, path)
    if origin is dict:
        if not isinstance(data, dict):
            raise _wrong(path, data, "an object")
        return {key: _value(get_args(hint)[1], item, f"{path}.{key}") for key, item in data.items()}
    if dataclasses.is_dataclass(hint):
        return from_json(hint, data, path)  # type: ignore[arg-type]  # is_dataclass also admits instances
    return data if hint is Any else _scalar(hint, data, path)


def _tuple(hint: Any, data: Any, path: str) -> tuple[Any, ...]:
    if not isinstance(data, list):
        raise _wrong(path, data, "a list")
    args = get_args(hint)
    if len(args) == 2 and args[1] is Ellipsis:
        return tuple(_value(args[0], item, f"{path}[{i}]") for i, item in enumerate(data))
    if len(data) != len(args):
        raise _wrong(path, data, f"a list of {len(args)}")
    return tuple(
        _value(arg, item, f"{path}[{i}]") for i, (arg, item) in enumerate(zip(args, data, strict=True))
    )


def _scalar(hint: Any, data: Any, path: str) -> Any:
    if hint is bool and isinstance(data, bool):
        return data
    if hint is str and isinstance(data, str):
        return data
    if hint is int and isinstance(data, int) and not isinstance(data, bool):
        return data
    if hint is float and isinstance(data, (int, float)) and not isinstance(data, bool):
        try:
            number = float(data)
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            return number
    words = {bool: "true or false", str: "a text", int: "a whole number", float: "a finite number"}
    raise _wrong(path, data, words[hint])


def _wrong(path: str, data: Any, wanted: str) -> SpecError:
    shown = json.dumps(data, default=str)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    return SpecError("spec.type", f"{path} must be {wanted}, not {shown}.", "Correct it in the job file.")
