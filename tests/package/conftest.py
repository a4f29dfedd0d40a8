# SPDX-License-Identifier: GPL-3.0-or-later
"""What these tests share."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.extension import blender_python, extension_zip

__all__ = ["blender_python", "extension_zip", "run_inside"]


def run_inside(
    python: Path,
    script: Path,
    arguments: Sequence[object],
    folder: Path,
    *,
    limit: int,
    forget: tuple[str, ...],
) -> tuple[dict[str, Any], str]:
    """Run a script with Blender's Python and user folders of its own below `folder`.

    Environment variables that begin with one of `forget` are not passed on; torch has one thread. The script gets
    `arguments` and the file for its result; returned are that and all it printed.
    """
    result = folder / "result.json"
    variables = {name: value for name, value in os.environ.items() if not name.startswith(forget)}
    variables |= {"BLENDER_USER_RESOURCES": str(folder / "user"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [str(python), "-I", str(script), *map(str, arguments), str(result)],
        env=variables,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=limit,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(result.read_text()), done.stdout + done.stderr
