# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes ``docs/errors.md``, every error by its code, from the sentences in the source: ``python docs/errors.py``.

Needs nothing but the standard library. A test holds the page against the source.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "errors.md"
PACKAGE = ROOT / "synthdata_addon"
ROOMS = {
    "spec": "The request: a setting, a job file",
    "scene": "The scene",
    "dataset": "The dataset's folder and files",
    "model": "Diffusion models, and models that are asked for an opinion",
    "runner": "The runner",
    "farm": "Many machines",
    "labels": "Warnings: labels",
    "samples": "Warnings: pictures",
    "exports": "Warnings: other formats",
}
FINDINGS = ("captions", "coco", "export", "file", "job", "journal", "label", "panoptic", "pycocotools")
"""What ``validate`` sorts its findings by; the sentence is the last argument there."""
CODE = re.compile(rf"({'|'.join((*ROOMS, *FINDINGS))})\.[a-z_]+")
VALUE = "…"
"""Stands where the error shows a value."""
HEAD = """# Errors by code

Every error has one sentence with the offending value, a hint, and at its end a code in brackets. … stands for the
value. Written by `docs/errors.py` from the source. What to do about what is not an error is in
[Troubleshooting](troubleshooting.md).
"""


class Sentence(NamedTuple):
    """One error as the source says it."""

    message: str
    hint: str


def main() -> None:
    """Write the page anew."""
    PAGE.write_text(page(), encoding="utf-8", newline="\n")


def page() -> str:
    """Return the page's text."""
    errors = _errors()
    parts = [HEAD]
    for room, title in ROOMS.items():
        parts += _section(title, (room,), errors)
    parts += _section("What `validate` finds", FINDINGS, errors)
    return "".join(parts)


def _section(title: str, rooms: Iterable[str], errors: Mapping[str, list[Sentence]]) -> list[str]:
    codes = sorted(code for code in errors if code.split(".")[0] in rooms)
    return [f"\n## {title}\n", *(_entry(code, errors[code]) for code in codes)] if codes else []


def _entry(code: str, sentences: list[Sentence]) -> str:
    lines = [f"- {item.message}" + (f" *{item.hint}*" if item.hint else "") for item in sentences]
    return f"\n### `{code}`\n\n" + "\n".join(dict.fromkeys(lines)) + "\n"


def _errors() -> dict[str, list[Sentence]]:
    """Return the sentences of each code, in the order of the files."""
    found: dict[str, list[Sentence]] = defaultdict(list)
    for path in sorted(PACKAGE.rglob("*.py")):
        for call in _calls(ast.parse(path.read_text(encoding="utf-8"))):
            sentence = _sentence(call)
            if sentence.message.strip(VALUE):
                found[_code(call)].append(sentence)
    return found


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    """Yield what makes an error or a message of one: a call with a code and then a sentence."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and CODE.fullmatch(_code(node)):
            yield node


def _code(call: ast.Call) -> str:
    first = call.args[0] if len(call.args) > 1 else None
    return str(first.value) if isinstance(first, ast.Constant) else ""


def _sentence(call: ast.Call) -> Sentence:
    if _code(call).split(".")[0] in FINDINGS:
        return Sentence(_shown(call.args[-1]), "")
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    hint = call.args[2] if len(call.args) > 2 else named.get("hint")
    return Sentence(_shown(call.args[1]), _shown(hint))


def _shown(node: ast.expr | None) -> str:
    return re.sub(f"{VALUE}+", VALUE, _text(node))


def _text(node: ast.expr | None) -> str:
    """Return what an expression says, with :data:`VALUE` for every part that is only known when it happens."""
    if node is None:
        return ""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _text(node.left) + _text(node.right)
    if isinstance(node, ast.IfExp):
        return _text(node.body)
    return VALUE


if __name__ == "__main__":
    main()
