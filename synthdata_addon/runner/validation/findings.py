# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a dataset: a few of each kind in words, all of them counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

MOST: Final = 10
"""Findings of one code that are kept in words."""


@dataclass(frozen=True)
class Finding:
    """One fault: a stable code, a sentence, and the file it is in, relative to the dataset."""

    code: str
    sentence: str
    file: str


@dataclass
class Findings:
    """All that a check found. ``notes`` are no faults: what could not be checked, what the dataset still lacks."""

    kept: list[Finding] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    checked: Counter[str] = field(default_factory=Counter)
    """How many things of each kind were looked at."""

    def add(self, code: str, file: str, sentence: str) -> None:
        """Note a fault."""
        self.counts[code] += 1
        if self.counts[code] <= MOST:
            self.kept.append(Finding(code, sentence, file))

    def lines(self) -> list[str]:
        """Return the findings as text, and a summary last."""
        lines = [f"{finding.file}: {finding.sentence} [{finding.code}]" for finding in self.kept]
        lines += [
            f"... and {count - MOST} more of [{code}]"
            for code, count in sorted(self.counts.items())
            if count > MOST
        ]
        lines += self.notes
        seen = ", ".join(f"{count} {name}" for name, count in self.checked.items()) or "nothing"
        total = self.counts.total()
        verdict = f"{total or 'no'} fault{'s' if total > 1 else ''}"
        return [*lines, f"Checked {seen}: {verdict}."]
