# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded model as it is shipped, on two views of the example room, which it was never trained on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("diffusers")

import torch

from synthdata_addon.core.models import embedded_path
from training.data.styles import STYLES
from training.metrics import edge_gap
from training.pipeline import open_pipeline

DATA = Path(__file__).parents[1] / "data" / "embedded"
VIEWS = ("desk", "corner")
SETTINGS = json.loads((embedded_path() / "synthdata.json").read_text(encoding="utf-8"))
PROMPTS = [style["prompt"] for style in SETTINGS["styles"]]


@pytest.fixture(scope="module")
def pipeline():
    torch.set_num_threads(1)
    loaded = open_pipeline(embedded_path())
    loaded.set_progress_bar_config(disable=True)
    return loaded


@pytest.fixture(scope="module")
def make(pipeline):
    """Return a function that makes the picture of a view; equal pictures are made once."""
    made = {}

    def picture(view, prompt, scales=(1.0, 1.0), seed=0, anew=False):
        key = (view, prompt, scales, seed)
        if anew or key not in made:
            controls = [
                Image.open(DATA / f"{view}_{kind}.png").convert("RGB") for kind in ("depth", "normal")
            ]
            result = pipeline(
                prompt,
                image=controls,
                num_inference_steps=SETTINGS["steps"],
                guidance_scale=SETTINGS["guidance_scale"],
                controlnet_conditioning_scale=list(scales),
                width=SETTINGS["width"],
                height=SETTINGS["height"],
                generator=torch.Generator().manual_seed(seed),
                output_type="np",
            )
            made[key] = np.round(result.images[0] * 255).astype(np.uint8)
        return made[key]

    return picture


@pytest.fixture(scope="module")
def things():
    return [np.array(Image.open(DATA / f"{view}_things.png")).astype(np.uint16) for view in VIEWS]


def test_the_folder_is_small_and_says_what_it_is():
    files = [path for path in embedded_path().rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 25e6
    card = (embedded_path() / "README.md").read_text(encoding="utf-8")
    assert all(prompt in card for prompt in PROMPTS)
    assert "GPL-3.0-or-later" in card


def test_it_knows_the_styles_that_it_was_trained_on():
    assert [style.wordings[0] for style in STYLES] == PROMPTS
    assert len(PROMPTS) >= 8


def test_it_follows_its_controls(make, things):
    own, other = edge_gap([[make(view, prompt) for prompt in PROMPTS[:3]] for view in VIEWS], things)
    assert own - other >= 0.25


@pytest.mark.parametrize("scales", [(1.0, 0.0), (0.0, 1.0)], ids=["depth alone", "normals alone"])
def test_each_control_is_followed_alone(make, things, scales):
    own, other = edge_gap([[make(view, prompt, scales) for prompt in PROMPTS[:2]] for view in VIEWS], things)
    assert own - other >= 0.1


def test_a_prompt_gives_the_same_look_to_both_views(make):
    """The mean colour of each picture is nearest to that of the other view in the same style."""
    desk, corner = (np.array([make(view, prompt).mean((0, 1)) for prompt in PROMPTS]) for view in VIEWS)
    distance = np.linalg.norm(desk[:, None] - corner, axis=2)
    right = (distance.argmin(1) == np.arange(len(PROMPTS))).mean()
    assert right >= 0.75


def test_another_wording_of_a_style_gives_its_look(make):
    known = np.array([make("desk", prompt) for prompt in PROMPTS]).astype(float)
    for number, style in enumerate(STYLES):
        other = make("desk", style.wordings[1])
        assert np.abs(known - other).mean((1, 2, 3)).argmin() == number


def test_the_same_seed_gives_the_same_bytes(make):
    first = make("desk", PROMPTS[0])
    assert np.array_equal(first, make("desk", PROMPTS[0], anew=True))
