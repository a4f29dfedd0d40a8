# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation: pages that scripts write are up to date, links lead somewhere, every error is told."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("*/README.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")


@pytest.fixture
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("errors_page", ROOT / "docs" / "errors.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as they are made from them on GitHub and elsewhere."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link} in {page.name}"
        if anchor:
            assert anchor in anchors(target), f"{link} in {page.name}"


def test_every_page_is_linked_from_the_readme():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in ROOT.glob("docs/*.md") if f"docs/{page.name}" not in text] == []


def test_errors_are_up_to_date(script):
    assert script.page() == script.PAGE.read_text(encoding="utf-8"), "run docs/errors.py again"


def test_every_code_in_the_source_has_an_entry(script):
    """Found another way than the page's: by the text of the source alone."""
    page = script.page()
    codes = set()
    for path in (ROOT / "synthdata_addon").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        codes |= set(re.findall(r'(?:Spec|Scene|Dataset|Model|Runner)Error\(\s*"([a-z]+\.[a-z_]+)"', text))
    assert len(codes) > 70
    # What a language model's own words are the sentence of has no sentence of ours.
    assert {code for code in codes if f"### `{code}`" not in page} <= {"runner.command"}


def test_every_error_has_a_code_of_a_room(script):
    assert set(re.findall(r"### `([a-z]+)\.", script.page())) <= {*script.ROOMS, *script.FINDINGS}
