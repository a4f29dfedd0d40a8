# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of models, which files of a model are fetched, and when it counts as there."""

from __future__ import annotations

import json
import os

import pytest

from synthdata_addon.core.errors import ModelError, SpecError
from synthdata_addon.core.families import FACTS
from synthdata_addon.core.few_steps import preset
from synthdata_addon.core.hub_cache import choose_hub_cache, hub_cache, is_hub_id, repo_folder, snapshot
from synthdata_addon.core.machine import default_device, memory_share
from synthdata_addon.core.model_list import by_repo, format_bytes, listed_models, nets_of, to_fetch
from synthdata_addon.core.model_pick import has_weights, parts_of, wanted_files
from synthdata_addon.core.model_store import is_whole, remove, stored

SD15 = {
    "_class_name": "StableDiffusionPipeline",
    "feature_extractor": ["transformers", "CLIPImageProcessor"],
    "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
    "scheduler": ["diffusers", "PNDMScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
    "image_encoder": [None, None],
}
SD15_FILES = [
    "README.md",
    "model_index.json",
    "v1-5-pruned.safetensors",
    "feature_extractor/preprocessor_config.json",
    "safety_checker/config.json",
    "safety_checker/model.fp16.safetensors",
    "scheduler/scheduler_config.json",
    "text_encoder/config.json",
    "text_encoder/model.fp16.safetensors",
    "text_encoder/model.safetensors",
    "text_encoder/pytorch_model.bin",
    "tokenizer/merges.txt",
    "tokenizer/vocab.json",
    "unet/config.json",
    "unet/diffusion_pytorch_model.bin",
    "unet/diffusion_pytorch_model.fp16.safetensors",
    "unet/diffusion_pytorch_model.non_ema.safetensors",
    "unet/diffusion_pytorch_model.safetensors",
    "unet/model.py",
    "vae/config.json",
    "vae/diffusion_pytorch_model.safetensors",
]
"""As stable-diffusion-v1-5 lies on the hub, but for a VAE without half precision."""


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def put(folder, *names, content=b"x"):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def test_a_pipelines_files_are_those_that_are_loaded_in_half_precision():
    assert set(wanted_files(SD15_FILES, SD15)) == {
        "model_index.json",
        "feature_extractor/preprocessor_config.json",
        "scheduler/scheduler_config.json",
        "text_encoder/config.json",
        "text_encoder/model.fp16.safetensors",
        "tokenizer/merges.txt",
        "tokenizer/vocab.json",
        "unet/config.json",
        "unet/diffusion_pytorch_model.fp16.safetensors",
        "vae/config.json",
        "vae/diffusion_pytorch_model.safetensors",
    }


def test_the_denoiser_decides_the_precision_of_all():
    """diffusers asks for one variant of the whole pipeline: a half text encoder beside a full UNet is not found."""
    names = [name for name in SD15_FILES if name != "unet/diffusion_pytorch_model.fp16.safetensors"]
    found = wanted_files(names, SD15)
    assert "text_encoder/model.safetensors" in found
    assert "text_encoder/model.fp16.safetensors" not in found


def test_weights_in_several_files_come_with_what_tells_which_lie_where():
    names = [
        "transformer/config.json",
        "transformer/diffusion_pytorch_model-00001-of-00002.safetensors",
        "transformer/diffusion_pytorch_model-00002-of-00002.safetensors",
        "transformer/diffusion_pytorch_model.safetensors.index.json",
        "text_encoder_3/config.json",
        "text_encoder_3/model-00001-of-00002.safetensors",
        "text_encoder_3/model-00002-of-00002.safetensors",
        "text_encoder_3/model.fp16-00001-of-00002.safetensors",
        "text_encoder_3/model.fp16-00002-of-00002.safetensors",
        "text_encoder_3/model.safetensors.index.fp16.json",
        "text_encoder_3/model.safetensors.index.json",
        "text_encoder_3/pytorch_model.bin.index.json",
        "tokenizer_3/spiece.model",
        "tokenizer_3/tokenizer.json",
        "tokenizer_2/spiece.model",
    ]
    index = {
        "transformer": ["diffusers", "T"],
        "text_encoder_3": ["transformers", "T5EncoderModel"],
        "tokenizer_3": ["transformers", "T5TokenizerFast"],
        "tokenizer_2": ["transformers", "T5TokenizerFast"],
    }
    left = set(names) - set(wanted_files(names, index))
    assert left == {
        "text_encoder_3/model.fp16-00001-of-00002.safetensors",
        "text_encoder_3/model.fp16-00002-of-00002.safetensors",
        "text_encoder_3/model.safetensors.index.fp16.json",
        "text_encoder_3/pytorch_model.bin.index.json",
        "tokenizer_3/spiece.model",
    }


def test_a_union_controlnet_comes_without_its_other_version():
    names = [
        "README.md",
        "config.json",
        "config_promax.json",
        "diffusion_pytorch_model.safetensors",
        "diffusion_pytorch_model_promax.safetensors",
        "images/0.jpg",
        "sub/diffusion_pytorch_model.safetensors",
    ]
    assert wanted_files(names, None) == (
        "config.json",
        "config_promax.json",
        "diffusion_pytorch_model.safetensors",
    )


def test_small_files_come_first_and_the_order_is_fixed():
    found = wanted_files(SD15_FILES[::-1], SD15)
    assert found == wanted_files(SD15_FILES, SD15)
    weights = [name.endswith(".safetensors") for name in found]
    assert weights == sorted(weights)


def test_odd_indexes_name_no_parts():
    assert parts_of({"_class_name": "X", "a": [None, None], "b": 3, "c": ["x"], "d": [1, {"y": 2}]}) == {}


@pytest.mark.parametrize(
    ("names", "shards", "whole"),
    [
        ({"model.safetensors"}, {}, True),
        ({"diffusion_pytorch_model.fp16.safetensors"}, {}, True),
        ({"model-00001-of-00002.safetensors"}, {}, False),
        ({"a", "b"}, {"i": ["a", "b"]}, True),
        ({"a"}, {"i": ["a", "b"]}, False),
        ({"pytorch_model.bin"}, {"i": []}, False),
    ],
)
def test_whole_weights(names, shards, whole):
    assert has_weights(names, shards) is whole


def test_a_pipeline_is_there_when_each_part_is(cache):
    folder = cache / "model"
    put(folder, *wanted_files(SD15_FILES, SD15))
    (folder / "model_index.json").write_text(json.dumps(SD15))
    assert is_whole(folder)
    for name in wanted_files(SD15_FILES, SD15):
        part = name.partition("/")[0]
        if part in ("unet", "vae", "text_encoder") and name.endswith(".json"):
            continue  # their weights are what is looked for
        if part == "tokenizer":
            continue  # it has two files
        moved = folder / name
        content = moved.read_bytes()
        moved.unlink()
        assert not is_whole(folder), name
        moved.write_bytes(content)


def test_a_link_to_nowhere_is_not_there(cache):
    folder = cache / "net"
    put(folder, "config.json")
    (folder / "diffusion_pytorch_model.safetensors").symlink_to("nothing")
    assert not is_whole(folder)


def test_what_is_stored_and_removed(cache):
    repo = "org/net"
    assert stored(repo).presence == "MISSING"
    folder = repo_folder(repo)
    put(folder / "blobs", "abc.incomplete", content=b"12345")
    assert (stored(repo).presence, stored(repo).size) == ("PARTLY", 5)
    put(folder, "snapshots/123/config.json", "refs/main")
    (folder / "refs" / "main").write_text("123")
    (folder / "blobs" / "abc.incomplete").rename(folder / "blobs" / "abc")
    weights = folder / "snapshots" / "123" / "model.safetensors"
    weights.symlink_to(os.path.relpath(folder / "blobs" / "abc", weights.parent))
    assert snapshot(repo) == weights.parent
    assert (stored(repo).presence, stored(repo).size) == ("READY", 5)
    remove(repo)
    assert not folder.exists()
    with pytest.raises(ModelError, match="not on this disk"):
        remove(repo)


@pytest.mark.parametrize("name", ["../..", "a/..", "a", "/etc/passwd", "a/b/c", "..", "a\\b/c", "a/b\n"])
def test_what_is_no_hub_id_is_neither_found_nor_removed(cache, name):
    put(cache.parent, "kept")
    assert not is_hub_id(name)
    assert stored(name).presence == "MISSING"
    with pytest.raises(ModelError):
        remove(name)
    assert (cache.parent / "kept").exists()


def test_the_environment_wins_over_the_chosen_folder(cache, monkeypatch, tmp_path):
    try:
        choose_hub_cache(str(tmp_path / "chosen"))
        assert hub_cache() == cache
        monkeypatch.delenv("HF_HUB_CACHE")
        assert hub_cache() == tmp_path / "chosen"
        choose_hub_cache("")
        monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
        assert hub_cache() == tmp_path / "home" / "hub"
    finally:
        choose_hub_cache("")


def test_the_list_says_what_is_needed_of_each_model():
    assert len(by_repo()) == len(listed_models())
    for model in listed_models():
        assert is_hub_id(model.repo)
        assert model.size > 10_000_000
        assert model.licence
        assert bool(model.families) == (model.role in ("base", "controlnet", "lora", "ip_adapter"))
        assert bool(model.files) == (model.role in ("lora", "ip_adapter"))
        if model.few_steps != "NONE":
            assert all(preset(model.few_steps, family) for family in model.families)
        if model.role == "ip_adapter":
            assert all(FACTS[family].ip_adapter for family in model.families)
        if model.role == "controlnet":
            assert model.kinds
            modes = FACTS[model.families[0]].modes
            assert model.families[0] != "sdxl_union" or set(model.kinds) <= set(modes)
        if model.role == "base":
            assert nets_of(model) or model.kinds, "its pictures would not follow the labels"


def test_a_model_of_which_some_files_are_fetched_is_whole_with_these(cache):
    adapter = by_repo()["h94/IP-Adapter"]
    assert adapter.path == "h94/IP-Adapter/models/ip-adapter_sd15.safetensors"
    assert to_fetch([adapter.path]) == (adapter.repo,)
    folder = repo_folder(adapter.repo)
    put(folder, "refs/main", content=b"123")
    for name in adapter.files:
        assert stored(adapter.repo).presence != "READY"
        put(folder / "snapshots" / "123", name)
        put(folder / "blobs", name.replace("/", "_"))
    assert stored(adapter.repo).presence == "READY"


def test_what_a_job_would_fetch(tmp_path):
    put(tmp_path, "net/config.json")
    names = [
        "org/base",
        str(tmp_path / "net"),
        "org/base",
        "h94/IP-Adapter/models/x.safetensors",
        "",
        "/gone/model",
    ]
    assert to_fetch(names) == ("org/base", "h94/IP-Adapter")


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (940, "940 B"), (1000, "1.0 kB"), (43e6, "43 MB"), (4.24e9, "4.2 GB"), (1e16, "10000 TB")],
)
def test_sizes_as_people_write_them(count, text):
    assert format_bytes(count) == text


def test_the_machines_device_and_memory_share(monkeypatch):
    assert (default_device(), memory_share()) == ("auto", 1.0)
    monkeypatch.setenv("SYNTHDATA_DEVICE", "cuda:1")
    monkeypatch.setenv("SYNTHDATA_GPU_MEMORY", "0.5")
    assert (default_device(), memory_share()) == ("cuda:1", 0.5)
    monkeypatch.setenv("SYNTHDATA_DEVICE", "gpu; rm")
    with pytest.raises(SpecError, match="is no device"):
        default_device()
    for text in ("0", "1.5", "half", "nan"):
        monkeypatch.setenv("SYNTHDATA_GPU_MEMORY", text)
        with pytest.raises(SpecError, match="not a share"):
            memory_share()
