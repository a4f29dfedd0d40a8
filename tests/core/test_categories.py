# SPDX-License-Identifier: GPL-3.0-or-later
"""Categories: what is refused, numbering, the mapping file, and COCO's own eighty."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthdata_addon.core.categories import (
    Category,
    check_categories,
    keypoints_from_text,
    keypoints_to_text,
    number_categories,
    skeleton_from_text,
    skeleton_to_text,
)
from synthdata_addon.core.category_file import (
    preset_categories,
    preset_names,
    read_categories,
    write_categories,
)
from synthdata_addon.core.errors import SpecError

BAD = [
    ("[", "spec.json", "bad.json is not valid JSON"),
    ("", "spec.json", "line 1"),
    ("{}", "spec.categories_file", "'bad.json' has no categories"),
    ('{"categories": []}', "spec.categories_file", "no categories"),
    ('{"categories": {"a": 1}}', "spec.type", "must be a list"),
    ("3", "spec.type", "must be a list"),
    ('{"categories": ["chair"]}', "spec.type", 'categories[0] must be an object, not "chair"'),
    ('[{"id": 1}]', "spec.missing_key", "categories[0] lacks 'name'"),
    ('[{"name": "chair"}]', "spec.missing_key", "'id'"),
    ('[{"id": "1", "name": "chair"}]', "spec.type", 'categories[0].id must be a whole number, not "1"'),
    ('[{"id": 1.5, "name": "chair"}]', "spec.type", "1.5"),
    ('[{"id": true, "name": "chair"}]', "spec.type", "true"),
    ('[{"id": 1, "name": 7}]', "spec.type", "categories[0].name"),
    ('[{"id": 0, "name": "chair"}]', "spec.categories", "'chair' has the id 0"),
    ('[{"id": 70000, "name": "chair"}]', "spec.categories", "70000"),
    ('[{"id": 4, "name": "chair"}, {"id": 4, "name": "desk"}]', "spec.categories", "'chair' and 'desk'"),
    ('[{"id": 4, "name": "chair"}, {"id": 5, "name": "chair"}]', "spec.categories", "called 'chair'"),
    ('[{"id": 4, "name": "  "}]', "spec.categories", "Category 4 has no name"),
    ('[{"id": 1, "name": "a", "keypoints": "nose"}]', "spec.type", "categories[0].keypoints"),
    ('[{"id": 1, "name": "a", "keypoints": ["x", "x"]}]', "spec.categories", "two keypoints called 'x'"),
    ('[{"id": 1, "name": "a", "keypoints": ["x,y"]}]', "spec.categories", "'x,y'"),
    ('[{"id": 1, "name": "a", "keypoints": ["x"], "skeleton": [[1, 2]]}]', "spec.categories", "1 and 2"),
    ('[{"id": 1, "name": "a", "keypoints": ["x"], "skeleton": [[1, 2, 3]]}]', "spec.type", "a list of 2"),
]
LOOSE = {
    "info": {"year": 2017},
    "categories": [{"id": 18, "name": "dog", "supercategory": None, "isthing": 1, "color": [1, 2, 3]}],
    "annotations": [],
}


@pytest.mark.parametrize(("text", "code", "words"), BAD, ids=[f"{code}-{words}" for _, code, words in BAD])
def test_a_bad_file_is_refused_in_a_sentence(tmp_path, text, code, words):
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(SpecError) as caught:
        read_categories(path)
    assert caught.value.code == code
    assert words in caught.value.message
    assert caught.value.hint


def test_a_file_that_is_not_there_or_not_text_is_named(tmp_path):
    (tmp_path / "picture.json").write_bytes(b"\x89PNG\xff\xfe")
    for name in ("nowhere.json", "picture.json", "."):
        with pytest.raises(SpecError, match="cannot be read") as caught:
            read_categories(tmp_path / name)
        assert caught.value.code == "spec.categories_file"


def test_the_list_of_a_coco_file_is_taken_with_what_we_do_not_know_in_it(tmp_path):
    for data in (LOOSE, LOOSE["categories"]):
        (tmp_path / "coco.json").write_text(json.dumps(data), encoding="utf-8-sig")
        assert read_categories(tmp_path / "coco.json") == (Category(id=18, name="dog"),)


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda name: name.strip())
KEYPOINTS = st.lists(
    NAMES.map(str.strip).filter(lambda name: "," not in name), unique=True, min_size=2, max_size=5
)


@st.composite
def category_lists(draw):
    names = draw(st.lists(NAMES, unique=True, min_size=1, max_size=6))
    ids = draw(
        st.lists(st.integers(1, 65535), unique=True, min_size=len(names), max_size=len(names)),
    )
    return tuple(
        Category(id=number, name=name, supercategory=draw(st.text(max_size=3)), **draw(bodies()))
        for number, name in zip(ids, names, strict=True)
    )


@st.composite
def bodies(draw):
    keypoints = tuple(draw(st.one_of(st.just([]), KEYPOINTS)))
    ends = st.integers(1, max(1, len(keypoints)))
    limbs = draw(st.lists(st.tuples(ends, ends), max_size=3 if keypoints else 0))
    return {"keypoints": keypoints, "skeleton": tuple(limbs)}


@given(category_lists())
def test_what_is_written_reads_back_equal(tmp_path_factory, categories):
    path = tmp_path_factory.mktemp("written") / "categories.json"
    write_categories(path, categories)
    assert read_categories(path) == categories


@given(category_lists())
def test_keypoints_and_skeletons_survive_the_panels_text(categories):
    for category in categories:
        assert keypoints_from_text(keypoints_to_text(category.keypoints)) == category.keypoints
        assert skeleton_from_text(skeleton_to_text(category.skeleton)) == category.skeleton


@pytest.mark.parametrize("text", ["1", "1-2-3", "a-b", "1-2, nose-eye"])
def test_a_limb_that_is_none_is_refused(text):
    with pytest.raises(SpecError, match="is not a limb") as caught:
        skeleton_from_text(text)
    assert caught.value.code == "spec.skeleton"


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "deep" / "categories.json"
    write_categories(path, [Category(1, "chair")])
    before = path.read_bytes()
    for bad in ([], [Category(0, "x")]):
        with pytest.raises(SpecError):
            write_categories(path, bad)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["categories.json"]
    with pytest.raises(SpecError, match="cannot be written"):
        write_categories(path / "under-a-file.json", [Category(1, "chair")])


def test_new_names_get_the_ids_after_the_highest_fixed_one():
    fixed = (Category(7, "chair", "furniture"), Category(2, "desk"))
    found = number_categories(["lamp", "chair", "book", "lamp"], fixed)
    assert [(item.id, item.name) for item in found] == [(2, "desk"), (7, "chair"), (8, "book"), (9, "lamp")]
    assert found[1].supercategory == "furniture"
    assert [item.id for item in number_categories(["b", "a"])] == [1, 2]


def test_cocos_eighty_have_their_official_ids():
    assert "coco" in preset_names()
    coco = preset_categories("coco")
    check_categories(coco)
    # The ids that COCO's paper categories have and its annotations do not.
    missing = {12, 26, 29, 30, 45, 66, 68, 69, 71, 83}
    assert [item.id for item in coco] == [number for number in range(1, 91) if number not in missing]
    by_name = {item.name: item for item in coco}
    assert (by_name["person"].id, by_name["chair"].id, by_name["toothbrush"].id) == (1, 62, 90)
    assert by_name["tv"].supercategory == "electronic"
    assert len({item.supercategory for item in coco}) == 12
    person = by_name["person"]
    assert (len(person.keypoints), len(person.skeleton)) == (17, 19)
    for first, second in person.skeleton:
        sides = {person.keypoints[end - 1].split("_")[0] for end in (first, second)}
        parts = {person.keypoints[end - 1].split("_")[-1] for end in (first, second)}
        # A limb stays on its side, joins the same part of both sides, or starts at the nose.
        assert len(sides) == 1 or len(parts) == 1 or "nose" in parts
    assert not any(item.keypoints for item in coco if item.name != "person")


def test_an_unknown_preset_is_refused_with_those_there_are():
    with pytest.raises(SpecError, match=r"no category preset '\.\./coco'") as caught:
        preset_categories("../coco")
    assert "coco" in caught.value.hint
