# SPDX-License-Identifier: GPL-3.0-or-later
"""The gallery in a real browser, opened from disk: labels in their places, filters, keys, and no request outside."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from synthdata_addon.core import layout
from synthdata_addon.core.categories import Category
from synthdata_addon.core.decode import to_json
from synthdata_addon.core.journal import Journal
from synthdata_addon.core.layout import DatasetFolder
from synthdata_addon.core.palette import category_colour
from synthdata_addon.core.records import KeypointRecord, LabelRecord, SampleRecord, ViewRecord
from synthdata_addon.core.spec import JobSpec, StyleSpec
from synthdata_addon.labels.labelled import labelled_views
from synthdata_addon.runner.gallery import write_gallery
from synthdata_addon.runner.labelling import label_view
from synthdata_addon.runner.ledger import read_job
from synthdata_addon.runner.png import write_png
from tests.gallery.browser import Browser, chromium
from tests.synthetic_dataset import make_dataset

EVIL = "<img src=x onerror=\"document.title='owned'\"></script><script>document.title='owned'</script>"
STYLES = ("office", "witch")
VIEWS = 34
WIDTH, HEIGHT = 448, 320
GREY = 128
POINT = (100.0, 200.0)


@dataclass
class Shown:
    """The page in its browser, and the dataset that it shows."""

    page: Browser
    folder: DatasetFolder
    labels: list[LabelRecord]


def make(root: Path) -> tuple[DatasetFolder, list[LabelRecord]]:
    """Write a dataset of grey pictures; of each view the picture of the second style is fifty times as faithful."""
    spec = JobSpec(
        seed=3, width=WIDTH, height=HEIGHT, styles=tuple(StyleSpec(name, f"{EVIL} {name}") for name in STYLES)
    )
    folder = make_dataset(root, spec, VIEWS)
    categories = (Category(1, EVIL, keypoints=("tip",)), Category(2, "box <b>&"))
    job = dataclasses.replace(read_job(folder), scene_file=EVIL, categories=categories)
    folder.job_file.write_text(json.dumps(to_json(job)), encoding="utf-8")
    for view in Journal(folder.views_journal).read(ViewRecord):
        label = label_view(folder, job, view).record
        first = dataclasses.replace(label.annotations[0], keypoints=(KeypointRecord(*POINT, 2),))
        label = dataclasses.replace(label, annotations=(first, *label.annotations[1:]))
        if view.view == VIEWS - 1:  # the last one shows no box
            label = dataclasses.replace(label, annotations=(first,))
        Journal(folder.labels_journal).append(label)
        for number, style in enumerate(STYLES):
            add_picture(folder, view.view, style, 0.01 + number * 0.5)
    views = labelled_views(folder, job)
    write_gallery(folder, job, views)
    return folder, list(Journal(folder.labels_journal).read(LabelRecord))


def add_picture(folder: DatasetFolder, view: int, style: str, fidelity: float) -> None:
    file = layout.image_file(view, style)
    folder.full(file).parent.mkdir(exist_ok=True)
    write_png(folder.full(file), np.full((HEIGHT, WIDTH, 3), GREY, np.uint8))
    Journal(folder.samples_journal).append(
        SampleRecord(
            sample=layout.sample_id(view, style),
            view=view,
            style=style,
            picture=file,
            prompt=f"{EVIL} {style} {view}",
            negative_prompt="",
            seed=str(2**60 + view),
            width=WIDTH,
            height=HEIGHT,
            model="made up",
            revision="",
            steps=4,
            guidance_scale=2.5,
            fidelity=fidelity + view / 1000,
        )
    )


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    if chromium() is None:
        pytest.skip("no Chromium on PATH: apt install chromium")
    folder, labels = make(tmp_path_factory.mktemp("set") / "a # dataset?")
    with Browser(tmp_path_factory.mktemp("profile")) as page:
        page.open(folder.gallery)
        yield Shown(page, folder, labels)
        # Whatever the tests did: nothing but files of the dataset was asked for, and nothing went wrong.
        assert len(page.requests) > 10
        assert [
            address for address in page.requests if not address.startswith(folder.root.as_uri() + "/")
        ] == []
        assert page.said == []
        assert page.evaluate("document.title") == EVIL


@pytest.fixture
def page(shown: Shown) -> Browser:
    """The page with no filter, its labels shown, no picture large."""
    shown.page.evaluate(
        "large.close(); compare.checked = false; for (const id in control) { const item = control[id];"
        " if (item.type === 'checkbox') item.checked = true; else item.value = ''; } find(); turn(0)"
    )
    return shown.page


def count(page: Browser) -> int:
    return int(page.evaluate("document.getElementById('count').textContent").split()[0])


def choose(page: Browser, name: str, value: str) -> None:
    page.evaluate(
        f"control[{name!r}].value = {value!r}; control[{name!r}].dispatchEvent(new Event('change'))"
    )


def large(page: Browser, selector: str = "main .frame") -> np.ndarray:
    """Open a picture and return the pixels that the screen has of it, as large as its masks."""
    page.click(selector)
    return stage(page)


def on_screen(page: Browser) -> np.ndarray:
    """Return the screen's pixels of the large picture."""
    page.wait_for(
        "document.querySelector('#stage canvas')?.dataset.painted && document.querySelector('#stage img').complete"
    )
    page.settle()
    x, y, wide, high = page.evaluate(
        "(() => { const box = document.querySelector('#stage img').getBoundingClientRect();"
        " return [box.x, box.y, box.width, box.height].map(Math.round); })()"
    )
    pixels = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB")).astype(int)
    return pixels[y : y + high, x : x + wide]


def stage(page: Browser) -> np.ndarray:
    """Return what the screen shows in the middle of each pixel of the large picture, (HEIGHT, WIDTH, 3)."""
    pixels = on_screen(page)
    rows = ((np.arange(HEIGHT) + 0.5) * pixels.shape[0] / HEIGHT).astype(int)
    columns = ((np.arange(WIDTH) + 0.5) * pixels.shape[1] / WIDTH).astype(int)
    return pixels[rows[:, None], columns[None, :]]


def is_plain(pixels: np.ndarray) -> bool:
    return bool((pixels[12:-12, 12:-12] == GREY).all())  # the corners are rounded


def only(page: Browser, *labels: str) -> None:
    page.evaluate(
        f"for (const id of ['boxes', 'masks', 'keypoints']) control[id].checked = {list(labels)}.includes(id)"
    )


def test_masks_lie_where_the_labels_say(shown, page):
    only(page, "masks")
    pixels = large(page)
    ids = np.asarray(Image.open(shown.folder.full(shown.labels[0].mask_file)))
    drawn = abs(pixels - GREY).max(axis=2) > 12
    assert 0.02 < (ids > 0).mean() < 0.5
    # On a screen of another scale the outline's own pixels go either way.
    assert (drawn != (ids > 0)).mean() < 0.004
    for instance, category in ((1, 1), (3, 2)):
        inside = pixels[ids == instance]
        hue = np.array(category_colour(category)) * 255 - GREY
        shift = np.median(inside, axis=0) - GREY
        cosine = (hue - hue.mean()) @ (shift - shift.mean())
        assert cosine > 0.97 * np.linalg.norm(hue - hue.mean()) * np.linalg.norm(shift - shift.mean())


def test_boxes_and_keypoints_lie_where_the_labels_say(shown, page):
    only(page, "keypoints")
    changed = np.argwhere(abs(large(page) - GREY).max(axis=2)[12:-12, 12:-12] > 40) + 12
    assert np.allclose(changed.mean(axis=0), POINT[::-1], atol=1.5)
    page.press("k")
    page.press("b")
    x, y, w, h = shown.labels[0].annotations[2].bbox
    pixels = abs(on_screen(page) - GREY).max(axis=2) > 40
    scale = pixels.shape[1] / WIDTH
    for down, right in ((y + h / 2, x), (y + h / 2, x + w), (y + h, x + w / 2)):
        row, column = round(down * scale), round(right * scale)
        assert pixels[row - 1 : row + 2, column - 1 : column + 2].any()
    assert not pixels[round((y + h / 2) * scale), round((x + w / 2) * scale)]


def test_labels_go_when_they_are_switched_off(page):
    only(page)
    assert is_plain(large(page))
    page.press("m")
    page.wait_for("document.querySelector('#stage canvas').dataset.painted === '3'")
    assert not is_plain(stage(page))


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("style", "witch", VIEWS),
        ("category", "2", 2 * (VIEWS - 1)),
        ("low", "0.5", VIEWS),
        ("high", "0.0195", 10),
    ],
)
def test_filters(page, name, value, expected):
    assert count(page) == 2 * VIEWS
    choose(page, name, value)
    assert count(page) == expected


def test_a_filter_by_split(shown, page):
    choose(page, "split", "val")
    assert count(page) == 2 * sum(label.split == "val" for label in shown.labels) > 0


def test_sorting_by_fidelity(page):
    choose(page, "sort", "high")
    shown = page.evaluate("[...document.querySelectorAll('main figcaption')].map((node) => node.textContent)")
    scores = [float(text.split("fidelity ")[1][:4]) for text in shown]
    assert scores == sorted(scores, reverse=True)
    assert f"view {VIEWS - 1}" in shown[0]


def test_pages_are_turned_by_keys_and_hold_few_pictures(page):
    assert page.evaluate("document.querySelectorAll('main figure').length") == 60
    page.press("ArrowRight")
    assert page.evaluate("document.querySelectorAll('main figure').length") == 2 * VIEWS - 60
    page.press("ArrowLeft")
    assert page.evaluate("page") == 0


def test_keys_go_from_picture_to_picture_and_over_pages(page):
    page.click("main .frame")
    for key, view, number in (
        ("ArrowRight", 0, 1),
        ("ArrowRight", 1, 0),
        ("ArrowDown", 2, 0),
        ("ArrowUp", 1, 1),
    ):
        page.press(key)
        assert page.evaluate("[here[0].view, here[1]]") == [view, number], key
    page.press("Escape")
    assert not page.evaluate("large.open")
    page.evaluate("enlarge(...found[59])")
    page.press("ArrowRight")
    assert page.evaluate("[here[0].view, here[1], page]") == [30, 0, 1]


def test_styles_stand_side_by_side(page):
    page.click("main .frame")
    page.press("c")
    page.wait_for("document.querySelectorAll('#stage figure').length === 2")
    names = page.evaluate(
        "[...document.querySelectorAll('#stage figcaption')].map((node) => node.textContent)"
    )
    assert names == list(STYLES)


def test_prompt_and_seed_are_told_exactly_and_stay_text(page):
    page.click("main .frame")
    page.wait_for("document.querySelector('#facts dd')")
    facts = page.evaluate("[...document.querySelectorAll('#facts dd')].map((node) => node.textContent)")
    assert f"{EVIL} office 0" in facts
    assert str(2**60) in facts
    assert page.evaluate("document.querySelector('#facts li b').textContent") == EVIL
    assert page.evaluate("document.querySelectorAll('img[src=x], main script, #facts script').length") == 0


def test_thumbnails_are_shown_where_pictures_are_small(page):
    assert ".gallery/thumbs/images/000000_office.jpg" in page.evaluate(
        "document.querySelector('main img').src"
    )
    page.click("main .frame")
    page.wait_for("document.querySelector('#stage img')")
    assert page.evaluate("document.querySelector('#stage img').src").endswith("/images/000000_office.png")


def test_statistics_are_plots(page):
    page.evaluate("document.getElementById('statistics').open = true")
    assert page.evaluate("document.querySelectorAll('#statistics svg').length") >= 3
