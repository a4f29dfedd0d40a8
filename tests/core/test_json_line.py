# SPDX-License-Identifier: GPL-3.0-or-later
"""A record's line is what the json module makes of it, and what repeats is read as strictly as what does not."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import pytest

from synthdata_addon.core.errors import SpecError
from synthdata_addon.core.json_line import REPEATS, from_line, json_line


@dataclass(frozen=True)
class Inner:
    number: int
    share: float = 0.5


@dataclass(frozen=True)
class Outer:
    name: str
    one: Inner | None = None
    many: tuple[Inner, ...] = field(default=(), metadata={REPEATS: True})
    said: dict[str, Any] = field(default_factory=dict)


RECORDS = [
    Outer("ü\u2028\n", Inner(1), (Inner(2), Inner(3, 0.1)), {"a": [1, None, True]}),
    Outer("", None, (), {}),
    Outer("b", Inner(4), (Inner(2), Inner(3, 0.1)), {}),
]


@pytest.mark.parametrize("record", RECORDS)
def test_a_line_is_what_the_json_module_makes_of_it(record):
    # Listed records leave out what has its default.
    many = [asdict(item) for item in record.many]
    said = asdict(record) | {
        "many": [{k: v for k, v in item.items() if (k, v) != ("share", 0.5)} for item in many]
    }
    for _ in range(2):
        line = json_line(record)
        assert line == json.dumps(said, ensure_ascii=False, separators=(",", ":"))
        assert "\n" not in line


def read(record_or_text, drop=()):
    text = record_or_text if isinstance(record_or_text, str) else json_line(record_or_text)
    return from_line(Outer, text.encode(), "line", drop)


def test_what_repeats_follows_its_value():
    many = (Inner(1), Inner(2))
    first = Outer("a", many=many)
    records = [first, replace(first, name="b"), replace(first, many=(Inner(7),)), first]
    found = [read(record) for record in records]
    assert found == records
    assert found[1].many is found[0].many


@pytest.mark.parametrize("record", RECORDS)
@pytest.mark.parametrize("drop", [(), ("many",), ("one",), ("one", "many"), ("said",), ("many", "said")])
def test_what_is_dropped_has_its_default_and_the_rest_its_value(record, drop):
    plain = replace(record, **{name: getattr(Outer("x"), name) for name in drop})
    assert read(record, drop) == plain
    said = json.loads(json_line(record))
    assert read(json.dumps(said), drop) == plain
    for order in itertools.permutations(said):
        text = json.dumps({name: said[name] for name in order}, separators=(",", ":"))
        assert read(text, drop) == plain, text


@pytest.mark.parametrize("name", ['],"said":{', '\\],"said":[{"many":[', ',"many":[]'])
def test_a_text_that_looks_like_fields_is_a_text(name):
    record = Outer(name, Inner(1), (Inner(2),), {"many": [name], "said": name})
    assert read(record) == record
    assert read(record, ("many",)) == replace(record, many=())


@pytest.mark.parametrize("wrong", [True, 1.0, "1", None])
def test_what_is_of_a_wrong_type_is_refused_also_after_a_right_one(wrong):
    good = Outer("a", many=(Inner(1),))
    assert read(good) == good
    with pytest.raises(SpecError, match=r"line\.many\[0\]\.number"):
        read(json.dumps({"name": "a", "many": [{"number": wrong}]}, separators=(",", ":")))
    with pytest.raises(SpecError, match=r"line\.many\[0\]\.number"):
        read(json_line(good).replace('"number":1', f'"number":{json.dumps(wrong)}'))
    assert read(good) == good


@pytest.mark.parametrize("text", ["", "[1]", "{", '{"name":"a","many":[}', '{"name":"a","other":1}'])
def test_what_is_no_record_is_refused(text):
    with pytest.raises(SpecError, match="line"):
        read(text)


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_numbers_that_json_has_not_are_refused(number):
    for record in (Inner(1, number), Outer("a", many=(Inner(1, number),))):
        with pytest.raises(ValueError, match="not JSON compliant"):
            json_line(record)
