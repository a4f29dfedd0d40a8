# SPDX-License-Identifier: GPL-3.0-or-later
"""Prompts of samples: seeded by view, style and number; what they say of a view; wildcards from files."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from synthdata_addon.core.camera import look_at
from synthdata_addon.core.decode import from_json, to_json
from synthdata_addon.core.errors import SpecError
from synthdata_addon.core.extend import extended
from synthdata_addon.core.layout import DatasetFolder, sample_id
from synthdata_addon.core.prompts import (
    PromptsSpec,
    StylePrompts,
    ViewFacts,
    WildcardSpec,
    camera_words,
    check_prompts,
    drawn,
    look_down,
    needs_facts,
    pairs_from_text,
    pairs_to_text,
    with_wildcards,
)
from synthdata_addon.core.seeds import sample_seed
from synthdata_addon.core.slots import slot_count, slot_numbers, slots
from synthdata_addon.core.spec import JobSpec, StyleSpec, load_spec, validate
from tests.synthetic_dataset import write_job

FACTS = ViewFacts(("chair", "odd {name}_"), "Ceiling Cam", 70.0)
NO_PARTS = PromptsSpec()
OFFICE = StylePrompts("office", "an {old|new} office with {categories}, {camera}", "{blurry|dark}")


def prompt(style=OFFICE, prompts=NO_PARTS, facts=FACTS, view=0, number=0, seed=3):
    return drawn(prompts, style, facts, seed, view, number)


def test_a_draw_depends_on_view_style_and_number_alone():
    many = {(view, number): prompt(view=view, number=number) for view in range(60) for number in range(3)}
    assert {key: prompt(view=key[0], number=key[1]) for key in reversed(many)} == many
    assert len(set(many.values())) == 4
    counts = Counter(text[0].split()[1] for text in many.values())
    assert min(counts.values()) > 50
    negatives = Counter(pair for pair in many.values())
    assert min(negatives.values()) > 25, "the two prompts of a sample are drawn apart"
    other = replace(OFFICE, style="lair")
    assert {key: prompt(other, view=key[0], number=key[1]) for key in many} != many


def test_prompts_say_what_the_view_shows():
    assert prompt()[0].endswith("office with chair and odd {name}_, seen from straight above")
    parts = PromptsSpec(categories=(("chair", "a {red|red} chair"),), cameras=(("Ceil*", "CCTV"), ("*", "x")))
    assert prompt(prompts=parts)[0].endswith("office with a red chair and odd {name}_, CCTV")
    one = StylePrompts("one", "{category}|{category}".replace("|", " and "))
    said = {prompt(one, view=view)[0] for view in range(30)}
    assert said == {"chair and chair", "odd {name}_ and odd {name}_"}
    assert prompt(one, facts=ViewFacts())[0] == "things and things"
    three = ViewFacts(("a", "b", "c"))
    assert prompt(StylePrompts("s", "{categories}"), facts=three)[0] == "a, b and c"


def test_only_prompts_that_speak_of_the_view_ask_for_it():
    assert not needs_facts(StylePrompts("a", "an {old|new} office"))
    assert needs_facts(StylePrompts("a", "an office", "{old|{camera}}"))
    assert needs_facts(StylePrompts("a", "__thing__"))


@pytest.mark.parametrize("down", [-80.0, -30.0, 0.0, 20.0, 50.0, 89.0])
def test_how_far_a_camera_looks_down_is_read_from_its_matrix(down):
    angle = math.radians(down)
    eye = np.array([2.0 * math.cos(angle), 0.0, 2.0 * math.sin(angle)])
    matrix = look_at(eye, np.zeros(3))
    assert look_down(tuple(tuple(row) for row in matrix)) == pytest.approx(down)
    words = camera_words(down)
    assert ("above" in words, "below" in words) == (down > 12.0, down < -12.0)


def test_wildcards_are_read_from_files_once_and_kept(tmp_path):
    (tmp_path / "wood").mkdir()
    (tmp_path / "wood" / "kind.txt").write_text("# woods\n\noak\n pine \n", encoding="utf-8")
    (tmp_path / "room.txt").write_text("\ufeffa __wood/kind__ room\n", encoding="utf-8")
    style = StylePrompts("a", "{__room__|a hall}")
    asked = PromptsSpec(wildcard_folder=str(tmp_path))
    check_prompts(asked, [style])
    found = with_wildcards(asked, [style])
    assert found.wildcards == (
        WildcardSpec("room", ("a __wood/kind__ room",)),
        WildcardSpec("wood/kind", ("oak", "pine")),
    )
    check_prompts(found, [style])
    said = {prompt(style, found, view=view)[0] for view in range(60)}
    assert said == {"a oak room", "a pine room", "a hall"}
    (tmp_path / "room.txt").unlink()
    assert with_wildcards(found, [style]) == found
    assert from_json(PromptsSpec, to_json(found), "prompts") == found


@pytest.mark.parametrize(
    ("prompts", "text", "words"),
    [
        (PromptsSpec(), "a __b__", "'b', and there is no folder"),
        (PromptsSpec(wildcard_folder="/nowhere"), "a __b__", "cannot be read"),
        (PromptsSpec(wildcards=(WildcardSpec("a", ("__b__",)), WildcardSpec("b", ("__a__",)))), "__a__",
         "leads to itself \\(a → b → a\\)"),
        (PromptsSpec(wildcards=(WildcardSpec("a", ()),)), "__a__", "has no lines"),
        (PromptsSpec(wildcards=(WildcardSpec("a", ("{x",)),)), "__a__", "The wildcard 'a', character 1"),
        (PromptsSpec(categories=(("cup", "{category}"),)), "a", "The text of category 'cup', character 1"),
        (PromptsSpec(categories=(("cup", "__a__"),), wildcards=(WildcardSpec("a", ("{camera}",)),)), "a",
         "The wildcard 'a', character 1"),
        (PromptsSpec(pictures=0), "a", "pictures is 0"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_before_anything_is_rendered(prompts, text, words):
    style = StylePrompts("a", text)
    with pytest.raises(SpecError, match=words):  # noqa: PT012  # either of the two says it
        check_prompts(prompts, [style])
        with_wildcards(prompts, [style])


def test_a_file_outside_of_the_folder_is_not_read(tmp_path):
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    (tmp_path / "in").mkdir()
    with pytest.raises(SpecError, match="leaves its folder"):
        with_wildcards(
            PromptsSpec(wildcard_folder=str(tmp_path / "in")), [StylePrompts("a", "__x/../../secret__")]
        )


def test_pairs_are_typed_as_text():
    pairs = (("mug", "a {red|blue} mug, shiny"), ("tv", "an old: tv"))
    assert pairs_from_text(pairs_to_text(pairs), "Categories") == pairs
    assert pairs_from_text(" ; ", "Categories") == ()
    with pytest.raises(SpecError, match="'mug' in Categories"):
        pairs_from_text("mug", "Categories")


def test_slots_keep_their_names_and_seeds_and_grow_at_the_end(tmp_path):
    job = JobSpec(seed=4, styles=(StyleSpec("a", "x"), StyleSpec("b", "y")))
    assert [(slot.style.name, slot.number) for slot in slots(job)] == [("a", 0), ("b", 0)]
    two = replace(job, prompts=PromptsSpec(pictures=2))
    assert slot_numbers(two) == {("a", 0): 0, ("a", 1): 1, ("b", 0): 2, ("b", 1): 3}
    assert (slot_count(job), slot_count(two), slot_count(JobSpec())) == (2, 4, 0)
    render = replace(two, styles=(StyleSpec("r", kind="RENDER"), *two.styles))
    assert slot_numbers(render)["r", 0] == 0
    assert slot_count(render) == len(slots(render)) == 5
    assert [sample_id(7, "a", number) for number in range(3)] == ["000007_a", "000007_a_2", "000007_a_3"]
    seeds = {sample_seed(4, 7, "a", number, attempt) for number in range(5) for attempt in range(5)}
    assert len(seeds) == 25
    assert sample_seed(4, 7, "a") == sample_seed(4, 7, "a", 0, 0)
    folder = DatasetFolder(tmp_path)
    old = write_job(folder, job, 2)
    assert extended(old, replace(old, job=two), folder).job == two


def test_a_job_file_is_checked_with_its_prompts():
    text = '{"styles": [{"name": "a", "prompt": "{b|c"}]}'
    with pytest.raises(SpecError, match="The prompt of style 'a', character 1"):
        load_spec(text, "job.json")
    validate(JobSpec(styles=(StyleSpec("a", "{b|c} {camera}"),)))
