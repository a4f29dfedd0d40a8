# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of places: complete, and chosen so that every category of a scene has one."""

from __future__ import annotations

from synthdata_addon.core.category_file import preset_categories
from synthdata_addon.core.places import choose_places, place_name, places_of, styles_of, table
from synthdata_addon.core.prompts import PromptsSpec, StylePrompts, check_prompts
from synthdata_addon.core.style_spec import check_styles


def test_every_category_of_coco_has_places_that_make_styles():
    assert list(table()) == [category.name for category in preset_categories("coco")]
    for name, places in table().items():
        assert 3 <= len(set(places)) == len(places) <= 5, name
        styles = styles_of(places)
        assert len(styles) == len(places)
        check_styles(styles, beauty=False)
        check_prompts(PromptsSpec(), [StylePrompts(style.name, style.prompt) for style in styles])


def test_words_that_mean_the_same_are_known_and_others_are_not():
    assert places_of("Mug ") == places_of("cup")
    assert places_of("flux capacitor") == ()


def test_places_of_most_categories_come_first_and_nobody_is_left_out():
    names = ("cup", "laptop", "book", "scissors", "elephant")
    places = {name: places_of(name) for name in names}
    chosen = choose_places(places, 4)
    assert chosen[0] == "on an office desk"
    assert len(chosen) == 4
    assert all(set(chosen) & set(found) for found in places.values())
    assert choose_places(places, 100) == sorted(
        set(sum(places.values(), ())), key=choose_places(places, 100).index
    )
    assert choose_places({"x": ()}, 3) == []


def test_a_place_that_is_a_style_already_is_not_added_again():
    assert place_name("in the back of a van") == "back of a van"
    styles = styles_of(("on an office desk", "in a café", "at an Office desk"), ["Café"])
    assert [style.name for style in styles] == ["office desk"]
    assert styles[0].prompt == "a photo of {categories} on an office desk"
