# SPDX-License-Identifier: GPL-3.0-or-later
"""Base models in single files of every family, offline: the same pictures as from the folder they were packed from."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from synthdata_addon.core.errors import ModelError
from synthdata_addon.core.model_check import check_model
from synthdata_addon.core.models import family, revision
from synthdata_addon.core.single_file import BASES
from tests.ldm_file import save_single_file, save_transformer

pytestmark = pytest.mark.slow
HEIGHT, WIDTH = 48, 64
TRANSFORMERS = ("sd3", "flux", "flux_control", "qwen", "zimage")
REVISION = "0123456789abcdef" * 2 + "01234567"


@pytest.fixture(autouse=True)
def offline(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))


def picture(model):
    from synthdata_addon.stylize.pipeline import SampleInput, load

    stylizer = load(model)
    rng = np.random.default_rng(0)
    controls = {k: rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8) for k in stylizer.kinds}
    return stylizer.picture(SampleInput(controls, "a red room", "blue", 1))


def file_of(model, file, name):
    """Save a model's transformer as a file; return the request that names the file."""
    save_transformer(Path(model.path), file, name)
    own = {model.path: str(file)}
    controls = tuple(replace(item, model=own.get(item.model, item.model)) for item in model.controls)
    return replace(model, path=str(file), controls=controls)


def refused(model, code):
    with pytest.raises(ModelError) as caught:
        check_model(model)
    assert caught.value.code == code
    return caught.value


@pytest.mark.parametrize("name", ["sdxl", "sdxl_union"])
def test_xl_with_its_configs_beside_it(name, saved, tmp_path):
    model = saved(name)
    save_single_file(Path(model.path), tmp_path / "film.safetensors")
    named = replace(model, path=str(tmp_path / "film.safetensors"))
    assert family(named) == name
    error = refused(named, "model.incomplete")
    assert "stable-diffusion-xl-base-1.0" in error.hint
    shutil.copytree(model.path, tmp_path / "film", ignore=shutil.ignore_patterns("*.safetensors"))
    assert np.array_equal(picture(named), picture(model))


def test_xl_with_the_configs_of_the_hubs_cache(saved, tmp_path):
    model = saved("sdxl")
    save_single_file(Path(model.path), tmp_path / "film.safetensors")
    cached(BASES["sdxl"][0], Path(model.path), tmp_path)
    assert np.array_equal(picture(replace(model, path=str(tmp_path / "film.safetensors"))), picture(model))


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_a_transformer_with_a_folder_of_its_family_beside_it(name, saved, tmp_path):
    model = saved(name)
    named = file_of(model, tmp_path / "look.safetensors", name)
    if name == "flux_control":
        named = replace(named, family=name)  # told by its 128 channels, of which the small one has 32
    assert family(named) == name
    assert BASES[name][0] in refused(named, "model.incomplete").hint
    lonely = revision(named)
    # Its own transformer is not needed, and must not be what is loaded.
    shutil.copytree(model.path, tmp_path / "look")
    shutil.rmtree(tmp_path / "look" / "vae")
    assert "(vae)" in refused(named, "model.incomplete").message
    shutil.copytree(Path(model.path) / "vae", tmp_path / "look" / "vae")
    (weights,) = (tmp_path / "look" / "transformer").glob("*.safetensors")
    weights.unlink()
    assert np.array_equal(picture(named), picture(model))
    assert revision(named) != lonely


def test_a_controlnet_without_a_config(saved, tmp_path):
    model = saved("zimage")
    folder = Path(model.controls[0].model)
    shutil.copy(folder / "diffusion_pytorch_model.safetensors", tmp_path / "net.safetensors")
    named = replace(model, controls=(replace(model.controls[0], model=str(tmp_path / "net.safetensors")),))
    assert "config.json" in refused(named, "model.incomplete").hint
    (tmp_path / "net").mkdir()
    shutil.copy(folder / "config.json", tmp_path / "net")
    check_model(named)
    assert np.array_equal(picture(named), picture(model))


def cached(name, folder, tmp_path):
    place = tmp_path / "cache" / f"models--{name.replace('/', '--')}"
    shutil.copytree(folder, place / "snapshots" / REVISION)
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text(REVISION)


def test_a_transformer_with_the_makers_model_in_the_hubs_cache_that_has_as_many_blocks(saved, tmp_path):
    model = saved("sd3")
    named = file_of(model, tmp_path / "look.safetensors", "sd3")
    large, medium = BASES["sd3"]
    cached(large, Path(model.path), tmp_path)
    cached(medium, Path(model.path), tmp_path)
    config = tmp_path / "cache" / f"models--{large.replace('/', '--')}" / "snapshots" / REVISION
    file = config / "transformer" / "config.json"
    text = file.read_text()
    assert '"num_layers": 2' in text
    file.write_text(text.replace('"num_layers": 2', '"num_layers": 3'))
    assert np.array_equal(picture(named), picture(model))
    shutil.rmtree(tmp_path / "cache" / f"models--{medium.replace('/', '--')}")
    refused(named, "model.incomplete")


def test_a_transformer_that_lacks_weights_is_one_sentence(saved, tmp_path):
    from safetensors.torch import load_file, save_file

    named = file_of(saved("qwen"), tmp_path / "look.safetensors", "qwen")
    shutil.copytree(saved("qwen").path, tmp_path / "look")
    weights = load_file(named.path)
    del weights["proj_out.weight"]
    save_file(weights, named.path)
    with pytest.raises(
        ModelError, match=r"it lacks weights of a QwenImageTransformer2DModel as '.*look' describes it"
    ):
        picture(named)


def test_weights_scaled_to_8_bits_are_refused(saved, tmp_path):
    from safetensors.torch import load_file, save_file

    named = file_of(saved("flux"), tmp_path / "look.safetensors", "flux")
    shutil.copytree(saved("flux").path, tmp_path / "look")
    weights = load_file(named.path)
    save_file({**weights, "scaled_fp8": weights["proj_out.bias"].clone()}, named.path)
    assert "16 bits" in refused(named, "model.scaled").hint
