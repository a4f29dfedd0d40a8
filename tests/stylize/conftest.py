# SPDX-License-Identifier: GPL-3.0-or-later
"""Small pipelines for the tests of this folder; without torch they are left out by name, not silently passed."""

from __future__ import annotations

import pytest

from tests import tiny_families


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory):
    pytest.importorskip("diffusers")
    import torch

    from tests.tiny_model import save_tiny_model

    torch.set_num_threads(1)
    return save_tiny_model(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Return a function from a family's name to a request of its pipeline, saved once."""
    return tiny_families.Saved(tmp_path_factory)
