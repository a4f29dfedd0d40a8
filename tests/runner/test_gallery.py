# SPDX-License-Identifier: GPL-3.0-or-later
"""The gallery and the dataset card: whole, local, and safe with any name or prompt."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from dataclasses import replace

import numpy as np
from PIL import Image

from synthdata_addon.core.categories import Category
from synthdata_addon.core.journal import Journal
from synthdata_addon.core.layout import DatasetFolder
from synthdata_addon.core.records import InstanceFidelity, LabelRecord, SampleRecord, ViewRecord
from synthdata_addon.core.spec import JobSpec, StyleSpec
from synthdata_addon.labels.coco import labelled_views
from synthdata_addon.runner import gallery
from synthdata_addon.runner.card import write_card
from synthdata_addon.runner.gallery import write_gallery
from synthdata_addon.runner.labelling import label_view
from synthdata_addon.runner.ledger import read_job
from synthdata_addon.runner.png import write_png
from synthdata_addon.runner.thumbnails import make_thumbnails, remove_others
from tests.synthetic_dataset import make_dataset

EVIL = "</script><script>alert('x')</script> & \"q\" \u2028 | *b* _i_ `c`"
SPEC = JobSpec(seed=2**60, width=48, height=32, styles=(StyleSpec("Evil", EVIL),))


def labelled(tmp_path, views=3, spec=SPEC):
    folder = make_dataset(tmp_path / "dataset", spec, views)
    job = replace(read_job(folder), scene_file=EVIL, categories=(Category(1, EVIL), Category(2, "box")))
    for view in Journal(folder.views_journal).read(ViewRecord):
        Journal(folder.labels_journal).append(label_view(folder, job, view).record)
    return folder, job, labelled_views(folder, job)


def page_data(folder):
    """Return the page's own data, with what its files know of each view as a fifth entry of the view's row."""
    text = folder.gallery.read_text(encoding="utf-8")
    data = json.loads(re.search(r"^const data = (.*?\});$", text, re.DOTALL | re.MULTILINE).group(1))
    details = []
    for number, file in enumerate(data["files"]):
        script = folder.full(file).read_text(encoding="ascii")
        assert "<" not in script
        assert script.startswith(f"galleryData({number},")
        details += json.loads(script[script.index("[") : script.rindex(")")])
    assert len(details) == len(data["views"])
    return data, details


def hidden_files(folder):
    hidden = folder.root / ".gallery"
    return {path.relative_to(hidden).as_posix() for path in hidden.rglob("*") if path.is_file()}


def test_the_page_holds_every_view_and_nothing_breaks_out_of_the_script(tmp_path):
    folder, job, views = labelled(tmp_path)
    write_gallery(folder, job, views)
    text = folder.gallery.read_text(encoding="utf-8")
    assert text.count("</script>") == text.count("<script") == 1
    data, details = page_data(folder)
    assert data["job"]["scene"] == EVIL
    assert data["job"]["categories"]["1"] == {"name": EVIL}
    assert data["job"]["seed"] == str(2**60)
    assert [row[0] for row in data["views"]] == [0, 1, 2]
    assert all(row[4] == [1, 2] for row in data["views"])
    for row, about in zip(data["views"], details, strict=True):
        assert len(about["things"]) == 3
        for file in [*about["beside"].values(), *(picture[0] for picture in row[5])]:
            assert folder.full(file).is_file()


def test_exact_prompts_and_seeds_are_told(tmp_path):
    folder, job, _ = labelled(tmp_path, views=1)
    line = SampleRecord(
        "s", 0, "Evil", "images/000000_evil.png", EVIL, "not this", str(2**63), 48, 32, "m", "r", 7, 1.5
    )
    Journal(folder.samples_journal).append(
        replace(line, fidelity=0.25, scores=(InstanceFidelity(2, 0.5, 1.0, 1.0),))
    )
    write_gallery(folder, job, labelled_views(folder, job))
    data, details = page_data(folder)
    assert data["styles"] == ["Evil"]
    assert data["views"][0][5] == [["images/000000_evil.png", 0, 0.25]]
    told = details[0]["pictures"][0]
    assert (told["prompt"], told["negative"], told["seed"]) == (EVIL, "not this", str(2**63))
    assert (told["model"], told["steps"], told["guidance"], told["scores"]) == ("m", 7, 1.5, {"2": 0.5})


def test_the_page_needs_no_network_and_no_other_file(tmp_path):
    folder, job, views = labelled(tmp_path)
    write_gallery(folder, job, views)
    text = folder.gallery.read_text(encoding="utf-8")
    assert not re.search(r"https?://|src=\"|href=|@import|fetch\(|XMLHttpRequest|innerHTML", text)


def test_a_big_dataset_shows_views_spread_evenly_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(gallery, "MAX_VIEWS", 4)
    folder, job, views = labelled(tmp_path, views=10)
    write_gallery(folder, job, views)
    data, _ = page_data(folder)
    assert [row[0] for row in data["views"]] == [0, 2, 5, 7]
    assert data["job"]["views"] == 10


def test_an_empty_dataset_has_a_page_too(tmp_path):
    folder, job, _ = labelled(tmp_path)
    write_gallery(folder, job, [])
    assert page_data(folder)[0]["views"] == []


def test_what_a_page_loads_is_there_before_it_and_old_files_go(tmp_path):
    folder, job, views = labelled(tmp_path, views=40)
    write_gallery(folder, job, views[:20])
    first = hidden_files(folder)
    assert len(first) == 2
    write_gallery(folder, job, views)
    second = hidden_files(folder)
    assert len(second) == 3
    assert len(first & second) == 1, "the file of the first 16 views is the same"
    times = {name: (folder.root / ".gallery" / name).stat().st_mtime_ns for name in second}
    before = folder.gallery.read_bytes()
    write_gallery(folder, job, views)
    assert folder.gallery.read_bytes() == before
    assert times == {
        name: (folder.root / ".gallery" / name).stat().st_mtime_ns for name in hidden_files(folder)
    }


def big_picture(folder, grey):
    picture = np.full((400, 600, 3), grey, np.uint8)
    path = folder.full("images/000000_a.png")
    path.parent.mkdir(exist_ok=True)
    write_png(path, picture)


def test_thumbnails_are_small_fresh_and_removed_with_their_pictures(tmp_path):
    folder = DatasetFolder(tmp_path)
    big_picture(folder, 40)
    files = ["images/000000_a.png", "images/gone.png"]
    make_thumbnails(folder, files)
    assert hidden_files(folder) == {"thumbs/images/000000_a.jpg"}
    thumb = tmp_path / ".gallery" / "thumbs" / "images" / "000000_a.jpg"
    with Image.open(thumb) as made:
        assert (made.format, made.size) == ("JPEG", (320, 213))
        assert abs(np.asarray(made).astype(int) - 40).max() <= 2
    changed = thumb.stat().st_ctime_ns
    make_thumbnails(folder, files)
    assert thumb.stat().st_ctime_ns == changed, "not made twice"
    big_picture(folder, 200)
    make_thumbnails(folder, files)
    with Image.open(thumb) as made:
        assert abs(np.asarray(made).astype(int) - 200).max() <= 2
    thumb.write_bytes(b"")  # as a power cut leaves it
    stamp = folder.full(files[0]).stat().st_mtime_ns
    os.utime(thumb, ns=(stamp, stamp))
    make_thumbnails(folder, files)
    assert thumb.stat().st_size > 100
    remove_others(folder, [])
    assert hidden_files(folder) == set()


def test_a_spoilt_picture_leaves_no_stale_thumbnail(tmp_path):
    folder = DatasetFolder(tmp_path)
    big_picture(folder, 40)
    make_thumbnails(folder, ["images/000000_a.png"])
    folder.full("images/000000_a.png").write_bytes(b"no picture")
    make_thumbnails(folder, ["images/000000_a.png"])
    assert hidden_files(folder) == set()


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
    assert len(page_data(folder)[0]["views"]) == 1
    plot = re.search(r"<figure><h2>Instances by size</h2>(.*?)</figure>", text, re.DOTALL).group(1)
    records = [Journal(folder.labels_journal).at(LabelRecord, view.offset) for view in views]
    things = sum(len(record.annotations) for record in records)
    assert sum(map(int, re.findall(r'class="quiet"[^>]*>(\d+)<', plot))) == things == 15
    assert "Where in the picture" in text
    assert "Camera directions" not in text  # these views do not say what they look at
    assert "<!--STATISTICS-->" not in text
