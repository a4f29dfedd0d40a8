# SPDX-License-Identifier: GPL-3.0-or-later
"""The rooms and who may import whom, read from the source: the architecture's walls."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "synthdata_addon"
FILES = sorted(PACKAGE.rglob("*.py"))
MAY_IMPORT = {
    "core": {"core"},
    "blender": {"core", "blender"},
    "labels": {"core", "labels"},
    "stylize": {"core", "stylize"},
    "exports": {"core", "labels", "exports"},
    "runner": {"core", "labels", "exports", "stylize", "runner"},
    "ui": {"core", "blender", "runner", "ui"},
    "farm": {"core", "runner", "farm"},
}
BLENDER = {"bpy", "bmesh", "mathutils", "bpy_extras", "gpu", "blf"}
ONLY_IN = {
    "torch": {"stylize"},
    "diffusers": {"stylize"},
    "transformers": {"stylize"},
    "threading": {"runner"},
    "subprocess": {"runner"},
    "multiprocessing": set(),
    "ray": {"farm"},
    "fsspec": {"farm"},
    **{name: {"blender", "ui"} for name in BLENDER},
}
CLIENT_SIDE = {
    "asking",
    "command_process",
    "client",
    "fetching",
    "restarts",
    "own_environment",
    "setting_up",
    "torch_build",
    "wheel_lock",
}
"""What Blender's side of the runner is: standard library and core only."""
STANDARD = sys.stdlib_module_names
MAX_LINES = 400


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0] if path.parent != PACKAGE else ""


def imports(path: Path) -> Iterator[tuple[str, ast.stmt]]:
    """Absolute dotted names; names of ours start with "synthdata_addon."."""
    parts = ("synthdata_addon", *path.relative_to(PACKAGE).with_suffix("").parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module or "", node
        elif isinstance(node, ast.ImportFrom):
            base = parts[: -node.level]
            stem = ".".join([*base, *([node.module] if node.module else [])])
            yield from ((f"{stem}.{alias.name}", node) for alias in node.names)


def test_the_rooms_are_those_of_the_architecture():
    assert {room(path) for path in FILES} == {"", *MAY_IMPORT}


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_a_file_keeps_to_its_rooms_walls(path):
    here = room(path)
    for name, node in imports(path):
        top, *rest = name.split(".")
        if top == "synthdata_addon" and here and rest:
            assert rest[0] in MAY_IMPORT[here] or rest[0] == "__package__", f"line {node.lineno}: {name}"
            if here == "ui" and rest[0] == "runner":
                assert rest[1] in CLIENT_SIDE, f"line {node.lineno}: ui may use {CLIENT_SIDE} of runner only"
        if top in ONLY_IN and here:
            assert here in ONLY_IN[top], f"line {node.lineno}: {top} in {here}/"
        if here == "core":
            assert top in {"synthdata_addon", "numpy", "__future__"} or top in STANDARD, (
                f"line {node.lineno}: {name}"
            )


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_a_file_is_short_and_says_what_it_is(path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# SPDX-License-Identifier: GPL-3.0-or-later\n")
    assert ast.get_docstring(ast.parse(text))
    assert len(text.splitlines()) <= MAX_LINES


def calls(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            yield ast.unparse(node)


def test_the_version_is_looked_at_in_one_file_and_reports_come_from_ui():
    for path in FILES:
        used = set(calls(path))
        if path.name != "compat.py":
            assert "bpy.app.version" not in used, path
        if room(path) != "ui":
            assert "self.report" not in used, path


def test_the_package_imports_nothing_at_the_top():
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    names = [ast.unparse(node) for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert names == ["from __future__ import annotations"]


def test_no_file_names_the_repository_it_may_be_installed_from():
    for path in FILES:
        assert "bl_ext." not in path.read_text(encoding="utf-8"), path
