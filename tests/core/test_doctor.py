# SPDX-License-Identifier: GPL-3.0-or-later
"""The doctor's report: read back as it was written, and without what is nobody's business."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from synthdata_addon.core.doctor import Problem, Report, Section, masked, read_report

REPORT = Report(
    (Section("Runner", (("Python", "3.11"), ("torch", "none"))),),
    (Problem("No torch.", "Set it up."), Problem("No room.", "Make some.", fatal=True)),
)


def test_a_report_comes_back_as_it_was():
    assert read_report(json.loads(json.dumps(REPORT.data()))) == REPORT
    assert not REPORT.works
    assert Report(REPORT.sections, REPORT.problems[:1]).works


def test_its_text_names_everything():
    lines = REPORT.text().splitlines()
    assert lines[:3] == ["Runner", "  Python  3.11", "  torch   none"]
    assert "  Note   No torch." in lines
    assert "  ERROR  No room." in lines
    assert "No problems found." in Report().text()


@pytest.mark.parametrize("home", ["/home/ada", "C:\\Users\\Ada L", "/root"])
def test_homes_are_masked(monkeypatch, home):
    monkeypatch.setattr(Path, "home", lambda: home)
    report = Report(
        (Section("x", (("a", f"{home}/models and {home}, {home}2"),)),), (Problem(f"'{home}'", home),)
    )
    found = masked(report)
    assert found.sections[0].rows[0][1] == f"~/models and ~, {home}2"
    assert found.problems[0] == Problem("'~'", "~")


def test_secrets_are_blotted_out(monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "my-token-of-another-form")
    monkeypatch.setenv("SYNTHDATA_API_KEY", "key/with+odd=letters")
    text = "my-token-of-another-form key/with+odd=letters hf_abcdefghij https://ada:pass@host/x saved-one"
    report = masked(Report((Section("x", (("a", text),)),)), ["saved-one"])
    said = report.sections[0].rows[0][1]
    assert said == "[secret] [secret] [secret] https://[secret]@host/x [secret]"
