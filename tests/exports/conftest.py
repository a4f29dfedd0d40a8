# SPDX-License-Identifier: GPL-3.0-or-later
"""One finished dataset with every export, for the tests that only read it."""

from __future__ import annotations

from typing import get_args

import pytest

from synthdata_addon.core.spec import ExportKind
from tests.exports.scene import make_scene


@pytest.fixture(scope="package")
def scene(tmp_path_factory):
    made = make_scene(tmp_path_factory.mktemp("scene") / "dataset", get_args(ExportKind))
    assert made.finish().notes == ()
    return made
