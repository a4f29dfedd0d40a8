# SPDX-License-Identifier: GPL-3.0-or-later
"""No call of the package can run code that comes with data: no pickle, no eval, no code of a model."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "synthdata_addon"
MODULES = {
    "pickle",
    "cPickle",
    "dill",
    "cloudpickle",
    "joblib",
    "shelve",
    "marshal",
    "http.server",
    "socketserver",
}
NAMES = {"eval", "exec", "compile", "__import__"}
ARGUMENTS = {"trust_remote_code": True, "allow_pickle": True, "shell": True, "use_safetensors": False}


def unsafe(source: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name in MODULES]
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
            found.append(node.module)
        elif isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in NAMES:
                found.append(node.func.id)
            if isinstance(node.func, ast.Attribute) and ast.unparse(node.func) == "torch.load":
                found.append("torch.load")
            for keyword in node.keywords:
                if keyword.arg in ARGUMENTS and ast.unparse(keyword.value) == str(ARGUMENTS[keyword.arg]):
                    found.append(f"{keyword.arg}={ARGUMENTS[keyword.arg]}")
    return found


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_a_file_of_the_package_runs_no_data(path):
    assert unsafe(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from marshal import loads",
        "eval('1')",
        "torch.load('x.bin')",
        "f.from_pretrained('x', trust_remote_code=True)",
        "numpy.load('x.npy', allow_pickle=True)",
        "subprocess.run('ls', shell=True)",
        "f.from_pretrained('x', use_safetensors=False)",
    ],
)
def test_each_of_these_would_be_found(source):
    assert len(unsafe(source)) == 1
