# SPDX-License-Identifier: GPL-3.0-or-later
"""A short real training: it resumes to the same weights, hears its controls, and exports what diffusers loads."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("diffusers")

import torch
from safetensors import safe_open

from tests.training import planted
from training.data.crops import controls_of, draw_batch
from training.data.pack import pack_view
from training.data.styles import STYLES
from training.export import settings
from training.held_out import HeldOut
from training.model.latents import fit, make_autoencoder
from training.model.networks import LAST_STEP
from training.model.tokenizer import make_tokenizer
from training.pipeline import export, make_pipeline, open_pipeline
from training.sheet import sample
from training.train import Clock, Trainer, train

STEPS = 20
SIZE = 64


def scene(number):
    """Eight views of a ball that wanders, (8, 64, 64, 7)."""
    rng = np.random.default_rng(number)
    spots = rng.uniform((-0.8, -0.4, 1.8), (0.8, 0.4, 3.0), (8, 3))
    return np.stack([pack_view(planted.passes(SIZE, tuple(spot)), np.eye(4), 1.3, 4.0) for spot in spots])


@pytest.fixture(scope="module")
def scenes():
    torch.set_num_threads(1)
    return [scene(number) for number in range(3)]


def new_run(folder: Path, scenes) -> Path:
    """What a training finds: latents, an autoencoder, a tokenizer."""
    folder.mkdir()
    patches = fit(draw_batch(scenes, np.random.default_rng(0), SIZE, 16).pictures)
    torch.save(vars(patches), folder / "patches.pt")
    torch.manual_seed(0)
    make_autoencoder(patches).save_pretrained(folder / "vae")
    make_tokenizer(folder / "tokenizer")
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory, scenes):
    """A run of `STEPS` steps in one go."""
    run = new_run(tmp_path_factory.mktemp("training") / "whole", scenes)
    trainer = Trainer(scenes, run, Clock(STEPS), 1e-3)
    train(trainer, None)
    return trainer


def test_a_run_that_was_stopped_ends_with_the_same_weights(whole, scenes, tmp_path):
    run = new_run(tmp_path / "stopped", scenes)
    first = Trainer(scenes, run, Clock(STEPS), 1e-3)
    for _ in range(STEPS // 2):
        first.step()
    first.save()
    second = Trainer(scenes, run, Clock(STEPS), 1e-3)
    second.resume()
    assert second.clock.step == STEPS // 2
    train(second, None)
    assert second.clock.step == whole.clock.step == STEPS
    for mine, other in ((second.weights, whole.weights), (second.average, whole.average)):
        assert all(torch.equal(a, b) for a, b in zip(mine, other, strict=True))


def test_the_controls_are_heard_from_the_start(whole, scenes):
    """The fault that ends most trainings from scratch: with the usual start this share is below a thousandth."""
    networks = whole.averaged()
    views = np.stack([scene[0] for scene in scenes])
    controls = controls_of(views)
    ids = whole.tokenizer(
        ["an office"] * 3, padding="max_length", truncation=True, return_tensors="pt"
    ).input_ids
    noise = torch.randn((3, 12, SIZE // 4, SIZE // 4), generator=torch.Generator().manual_seed(1))
    steps = torch.full((3,), LAST_STEP)
    with torch.no_grad():
        text = networks.encode_text(ids)
        own = networks(noise, steps, text, controls)
        for kind in range(2):
            turned = [c.roll(1, 0) if number == kind else c for number, c in enumerate(controls)]
            other = networks(noise, steps, text, turned)
            assert (own - other).std() > 0.03 * own.std()


def test_the_loss_falls_and_the_held_out_measures_are_numbers(whole, scenes, tmp_path):
    run = new_run(tmp_path / "fresh", scenes)
    before = HeldOut(scenes, whole.tokenizer, whole.patches)
    fresh = Trainer(scenes, run, Clock(STEPS), 1e-3)
    start, end = before.measure(fresh.networks), before.measure(whole.networks)
    assert end.true < start.true
    assert all(np.isfinite(value) for value in vars(end).values())


def test_a_warm_start_keeps_the_weights_and_the_known_tokens(whole, scenes, tmp_path):
    run = new_run(tmp_path / "next", scenes)
    warm = Trainer(scenes, run, Clock(STEPS), 1e-3, whole.run)
    assert all(torch.equal(a, b) for a, b in zip(warm.weights, whole.average, strict=True))


def test_the_exported_folder_is_a_stock_pipeline(whole, scenes, tmp_path):
    from diffusers import StableDiffusionControlNetPipeline

    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "README.md").write_text("kept", encoding="utf-8")
    export(whole.run, folder)
    (folder / "synthdata.json").write_text(json.dumps(settings()), encoding="utf-8")
    assert (folder / "README.md").read_text(encoding="utf-8") == "kept"
    loaded = StableDiffusionControlNetPipeline.from_pretrained(folder, safety_checker=None)
    assert [type(net).__name__ for net in loaded.controlnet.nets] == ["ControlNetModel"] * 2
    assert {p.dtype for p in loaded.unet.parameters()} == {torch.float32}
    assert {p.dtype for p in loaded.text_encoder.parameters()} == {torch.float32}
    for path in folder.rglob("*.safetensors"):
        with safe_open(path, "pt") as file:
            assert all(file.get_slice(key).get_dtype() in ("F16", "I64") for key in file.keys())  # noqa: SIM118
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < 25e6
    assert not [p for p in folder.rglob("*.json") if str(whole.run) in p.read_text(encoding="utf-8")]


def test_the_folder_makes_the_runs_pictures(whole, scenes, tmp_path):
    folder = tmp_path / "model"
    export(whole.run, folder)
    made = []
    for pipeline in (make_pipeline(whole.run), open_pipeline(folder)):
        pipeline.set_progress_bar_config(disable=True)
        made.append(sample(pipeline, scenes[0][0], STYLES[2].wordings[0], 1, 1.0).astype(int))
    assert made[0].shape == (SIZE, SIZE, 3)
    assert np.abs(made[0] - made[1]).max() <= 6  # half precision
    assert np.abs(made[0] - made[1]).mean() < 0.5


def test_the_settings_name_every_style_by_its_first_wording():
    assert [style["prompt"] for style in settings()["styles"]] == [style.wordings[0] for style in STYLES]
    assert settings()["styles"][0]["prompt"] == "an office"
