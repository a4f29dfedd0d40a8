# SPDX-License-Identifier: GPL-3.0-or-later
"""The gallery and the dataset card: whole, local, and safe with any name or prompt."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace

from synthdata_addon.core.categories import Category
from synthdata_addon.core.journal import Journal
from synthdata_addon.core.records import LabelRecord, ViewRecord
from synthdata_addon.core.spec import JobSpec, StyleSpec
from synthdata_addon.labels.coco import labelled_views
from synthdata_addon.runner import gallery
from synthdata_addon.runner.card import write_card
from synthdata_addon.runner.gallery import write_gallery
from synthdata_addon.runner.labelling import label_view
from synthdata_addon.runner.ledger import read_job
from tests.synthetic_dataset import make_dataset

EVIL = "</script><script>alert('x')</script> & \"q\" \u2028 | *b* _i_ `c`"
SPEC = JobSpec(seed=2**60, width=48, height=32, styles=(StyleSpec("Evil", EVIL),))


def labelled(tmp_path, views=3, spec=SPEC):
    folder = make_dataset(tmp_path / "dataset", spec, views)
    job = replace(read_job(folder), scene_file=EVIL, categories=(Category(1, EVIL), Category(2, "box")))
    for view in Journal(folder.views_journal).read(ViewRecord):
        Journal(folder.labels_journal).append(label_view(folder, job, view).record)
    return folder, job, labelled_views(folder, job)


def page_data(text):
    return json.loads(re.search(r"const data = (.*?);\nconst PAGE", text, re.DOTALL).group(1))


def test_the_page_holds_every_view_and_nothing_breaks_out_of_the_script(tmp_path):
    folder, job, views = labelled(tmp_path)
    write_gallery(folder, job, views)
    text = folder.gallery.read_text(encoding="utf-8")
    assert text.count("</script>") == text.count("<script") == 1
    data = page_data(text)
    assert data["job"]["scene"] == EVIL
    assert data["job"]["categories"]["1"] == EVIL
    assert data["job"]["seed"] == str(2**60)
    assert [view["view"] for view in data["views"]] == [0, 1, 2]
    for view in data["views"]:
        assert len(view["things"]) == 3
        for file in [*view["beside"].values(), *(picture["file"] for picture in view["pictures"])]:
            assert folder.full(file).is_file()


def test_the_page_needs_no_network_and_no_other_file(tmp_path):
    folder, job, views = labelled(tmp_path)
    write_gallery(folder, job, views)
    text = folder.gallery.read_text(encoding="utf-8")
    assert not re.search(r"https?://|src=\"|href=|@import|fetch\(|XMLHttpRequest|innerHTML", text)


def test_a_big_dataset_shows_views_spread_evenly_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(gallery, "MAX_VIEWS", 4)
    folder, job, views = labelled(tmp_path, views=10)
    write_gallery(folder, job, views)
    data = page_data(folder.gallery.read_text(encoding="utf-8"))
    assert [view["view"] for view in data["views"]] == [0, 2, 5, 7]
    assert data["job"]["views"] == 10


def test_an_empty_dataset_has_a_page_too(tmp_path):
    folder, job, _ = labelled(tmp_path)
    write_gallery(folder, job, [])
    assert page_data(folder.gallery.read_text(encoding="utf-8"))["views"] == []


def test_the_card_counts_and_escapes(tmp_path):
    folder, job, views = labelled(tmp_path)
    write_card(folder, job, views, annotations=Counter({1: 6, 2: 3}))
    text = (folder.root / "README.md").read_text(encoding="utf-8")
    assert "3 pictures of 3 views with 9 labelled instances" in text
    assert "| 2 | box | 3 |" in text
    assert "<script" not in text.replace("\\<script", "")
    assert f"seed {2**60}" in text
    assert len([line for line in text.splitlines() if line.startswith("| 1 |")]) == 1


def test_the_page_has_the_statistics_of_all_views(tmp_path, monkeypatch):
    monkeypatch.setattr(gallery, "MAX_VIEWS", 1)
    folder, job, views = labelled(tmp_path, views=5)
    write_gallery(folder, job, views)
    text = folder.gallery.read_text(encoding="utf-8")
    assert len(page_data(text)["views"]) == 1
    plot = re.search(r"<figure><h2>Instances by size</h2>(.*?)</figure>", text, re.DOTALL).group(1)
    records = [Journal(folder.labels_journal).at(LabelRecord, view.offset) for view in views]
    things = sum(len(record.annotations) for record in records)
    assert sum(map(int, re.findall(r'class="quiet"[^>]*>(\d+)<', plot))) == things == 15
    assert "Where in the picture" in text
    assert "Camera directions" not in text  # these views do not say what they look at
    assert "<!--STATISTICS-->" not in text
