# SPDX-License-Identifier: GPL-3.0-or-later
"""What a language model is asked, and what is read from the many ways in which it answers."""

from __future__ import annotations

import pytest

from synthdata_addon.core.errors import ModelError
from synthdata_addon.core.place_question import messages, parse_answer
from synthdata_addon.core.places import choose_places, styles_of
from synthdata_addon.core.spec import JobSpec, validate

ANSWER = """Sure! Here are the places:

1. **Scissors**: On an office desk; sewing room; in a "hair salon".; on an office desk
- teddy_bear : in a {children's} room; ;
hammer: in a toolbox
sofa: in a living room, by the window; """


def test_every_thing_is_asked_for():
    (message,) = messages(["scissors", "teddy bear"])
    assert message["role"] == "user"
    assert message["content"].endswith("The things:\nscissors\nteddy bear")


def test_answers_are_read_through_numbers_marks_and_chatter():
    found = parse_answer(ANSWER, ["scissors", "teddy_bear", "Sofa", "cup"])
    assert found == {
        "scissors": ("On an office desk", "in sewing room", "in a hair salon", "on an office desk"),
        "teddy_bear": ("in a children's room",),
        "Sofa": ("in a living room, by the window",),
    }
    styles = styles_of(choose_places(found, 10))
    assert len(styles) == 5
    validate(JobSpec(styles=tuple(styles)))


@pytest.mark.parametrize(
    "text", ["", "I cannot help with that.", "scissors:", "scissors: " + "x" * 100, "cup: in a bar"]
)
def test_an_answer_without_places_is_said_to_be_one(text):
    with pytest.raises(ModelError, match="named no places"):
        parse_answer(text, ["scissors"])
