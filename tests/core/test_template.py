# SPDX-License-Identifier: GPL-3.0-or-later
"""The language of prompts: what reads as what, the place of each fault, and draws of the given likelihoods."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthdata_addon.core.errors import SpecError
from synthdata_addon.core.template import draw, is_plain, parse, tidy, used_names, used_wildcards

NAMES = ("category", "camera")


def read(text):
    return parse(text, "The prompt of style 'a'", NAMES)


def texts(text, count=400, values=None, wildcards=None):
    random = np.random.default_rng(5).random
    lists = {name: tuple(read(line) for line in lines) for name, lines in (wildcards or {}).items()}
    return [draw(read(text), random, values or {}, lists) for _ in range(count)]


@given(st.text(alphabet=st.characters(exclude_characters="{}\\_"), max_size=60))
def test_text_without_signs_comes_back_as_it_is(text):
    assert is_plain(read(text))
    assert texts(text, 1) == [text]


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("a\\{b\\|c\\}", "a{b|c}"),
        ("(a:1.2), [b], a | b", "(a:1.2), [b], a | b"),
        ("\\(round\\)", "\\(round\\)"),
        ("my_file_name __ \\__x__", "my_file_name __ __x__"),
        ("{category}, {camera}", "cat, from above"),
        ("a { category }", "a cat"),
        ("{x|x}, {}|".replace("{}|", "{|}"), "x"),
        ("one,  {|}, two", "one, two"),
    ],
)
def test_what_reads_as_what(text, drawn):
    assert texts(text, 1, {"category": "cat", "camera": "from above"}) == [drawn]


def test_alternatives_come_by_weight_and_nest():
    drawn = Counter(texts("a {red|2::{light|dark} blue|0::green}{|} room", 3000))
    assert set(drawn) == {"a red room", "a light blue room", "a dark blue room"}
    assert drawn["a red room"] / 3000 == pytest.approx(1 / 3, abs=0.03)
    assert drawn["a dark blue room"] / 3000 == pytest.approx(1 / 3, abs=0.03)


def test_wildcards_draw_lines_that_are_templates():
    lists = {"kind/of wood": ("oak", "{old|new} pine"), "thing": ("a __kind/of wood__ box",)}
    assert set(texts("__thing__!", wildcards=lists)) == {"a oak box!", "a old pine box!", "a new pine box!"}
    assert list(used_wildcards(read("{a|__x__} __y_z__"))) == ["x", "y_z"]
    assert list(used_names(read("{a|{category}} {camera}"))) == ["category", "camera"]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a {b|c", 3, "not closed"),
        ("a b}", 4, "not open"),
        ("a {catgory}", 3, "'{catgory}' is not known"),
        ("{}", 1, "'{}' is not known"),
        ("a {x|{0::b|0::c}}", 6, "weight above 0"),
        ("{a|" * 30 + "}" * 30, 61, "20 braces deep"),
    ],
)
def test_a_fault_names_its_place(text, place, words):
    with pytest.raises(SpecError) as caught:
        read(text)
    assert caught.value.code == "spec.prompt"
    assert f"The prompt of style 'a', character {place} " in caught.value.message
    assert words in caught.value.message
    assert caught.value.hint


@given(st.text(alphabet="ab{}|_\\:2 ,", max_size=40))
def test_any_text_is_read_or_refused_with_a_place(text):
    try:
        template = read(text)
    except SpecError as error:
        assert "character" in error.message  # noqa: PT017  # the other outcome is as good
        return
    lists = {name: (read("w"),) for name in used_wildcards(template)}
    assert isinstance(draw(template, lambda: 0.999, dict.fromkeys(NAMES, ""), lists), str)


def test_tidy_removes_what_separates_nothing():
    assert tidy(" a , , b  c,") == "a, b c"
