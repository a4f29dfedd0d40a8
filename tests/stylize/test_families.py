# SPDX-License-Identifier: GPL-3.0-or-later
"""Each model family with its real classes and small random weights, saved to disk and loaded as a user's model is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from synthdata_addon.core.controls import ControlSpec
from synthdata_addon.core.decode import to_json
from synthdata_addon.core.errors import ModelError
from synthdata_addon.core.families import FACTS
from synthdata_addon.core.model_check import check_model
from synthdata_addon.core.models import family, resolve

pytestmark = pytest.mark.slow
HEIGHT, WIDTH = 48, 64
REVISION = "0123456789abcdef" * 2 + "01234567"
CLASSES = {
    "sdxl": "StableDiffusionXLControlNetPipeline",
    "sdxl_union": "StableDiffusionXLControlNetUnionPipeline",
    "sd3": "StableDiffusion3ControlNetPipeline",
    "flux": "FluxControlNetPipeline",
    "flux_union": "FluxControlNetPipeline",
    "flux_control": "FluxControlPipeline",
    "qwen": "QwenImageControlNetPipeline",
    "zimage": "ZImageControlNetPipeline",
}
ARGUMENTS = {
    "sdxl": {"image": list, "controlnet_conditioning_scale": [0.5, 0.5], "guidance_scale": 5.0},
    "sdxl_union": {
        "control_image": list,
        "control_mode": [1, 3],
        "controlnet_conditioning_scale": [1.0, 1.0],
    },
    "sd3": {"control_image": list, "guidance_scale": 3.5, "control_guidance_end": [1.0, 1.0]},
    "flux": {
        "control_image": list,
        "control_mode": [None, None],
        "controlnet_conditioning_scale": [0.8, 0.7],
    },
    "flux_union": {"control_image": list, "control_mode": [2, 0], "control_guidance_end": [0.8, 0.8]},
    "flux_control": {"control_image": "tensor", "guidance_scale": 10.0},
    "qwen": {"control_image": list, "true_cfg_scale": 4.0, "control_guidance_start": [0.0, 0.0]},
    "zimage": {"control_image": "tensor", "controlnet_conditioning_scale": 0.75, "guidance_scale": 0.0},
}


@pytest.fixture(scope="module")
def loaded(saved):
    made = {}

    def stylizer(name):
        from synthdata_addon.stylize.pipeline import load

        if name not in made:
            made[name] = load(saved(name))
        return made[name]

    return stylizer


def images(kinds, number=0):
    rng = np.random.default_rng(number)
    return {kind: rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8) for kind in kinds}


def sample(stylizer, number=0, seed=1, prompt="a red room", negative="blue"):
    from synthdata_addon.stylize.pipeline import SampleInput

    return SampleInput(images(stylizer.kinds, number), prompt, negative, seed)


@pytest.mark.parametrize("name", CLASSES)
def test_the_right_class_is_called_with_the_right_arguments(name, loaded, monkeypatch):
    import torch

    stylizer = loaded(name)
    cls = type(stylizer._pipeline)
    assert cls.__name__ == CLASSES[name]
    assert family(stylizer.model) == name.replace("flux_union", "flux")
    seen = {}
    real = cls.__call__

    def call(self, *arguments, **named):
        assert not arguments
        seen.update(named)
        return real(self, **named)

    monkeypatch.setattr(cls, "__call__", call)
    picture = stylizer.picture(sample(stylizer))
    assert (picture.shape, picture.dtype) == ((HEIGHT, WIDTH, 3), np.uint8)
    assert (seen["height"], seen["width"], seen["num_inference_steps"]) == (HEIGHT, WIDTH, 2)
    assert "prompt" not in seen
    assert seen["prompt_embeds"] is not None
    for key, value in ARGUMENTS[name].items():
        if value is list:
            assert [tuple(item.shape) for item in seen[key]] == [(1, 3, HEIGHT, WIDTH)] * len(stylizer.kinds)
        elif value == "tensor":
            assert tuple(seen[key].shape) == (1, 3, HEIGHT, WIDTH)
        else:
            assert seen[key] == value, key
    tensor = seen.get("control_image", seen.get("image"))
    tensor = tensor[0] if isinstance(tensor, list) else tensor
    low = 0.0 if name.startswith("sdxl") else -1.0
    assert torch.all(tensor >= low)
    assert tensor.min() < low + 0.02
    assert tensor.max() > 0.98


@pytest.mark.parametrize("name", CLASSES)
def test_equal_samples_are_equal_pictures_in_any_company_and_each_input_matters(name, loaded):
    stylizer = loaded(name)
    base, other = stylizer.pictures([sample(stylizer), sample(stylizer, 1, 2, "blue snow")])
    assert np.array_equal(base, stylizer.picture(sample(stylizer)))
    assert np.array_equal(other, stylizer.picture(sample(stylizer, 1, 2, "blue snow")))
    three = stylizer.pictures([sample(stylizer, 2), sample(stylizer), sample(stylizer, 3)])
    assert np.array_equal(three[1], base)
    assert not np.array_equal(base, stylizer.picture(sample(stylizer, seed=2)))
    assert not np.array_equal(base, stylizer.picture(sample(stylizer, prompt="blue snow")))
    for kind in stylizer.kinds:
        one = sample(stylizer)
        changed = replace(one, controls={**one.controls, kind: images([kind], 7)[kind]})
        assert not np.array_equal(base, stylizer.picture(changed)), kind
    reads_negative = FACTS[name.replace("flux_union", "flux")].negative and name != "zimage"
    unlike = stylizer.picture(sample(stylizer, negative="wood in snow"))
    assert np.array_equal(base, unlike) != reads_negative


@pytest.mark.parametrize("name", CLASSES)
def test_a_batch_makes_what_its_samples_make_alone(name, loaded):
    from synthdata_addon.stylize.pipeline.encoding import stack

    stylizer = loaded(name)
    batch = [sample(stylizer, 0, 1, "a red room"), sample(stylizer, 1, 2, "a snow room"[:10])]
    batch[1] = replace(batch[1], prompt="a red wood"[: len(batch[0].prompt)])
    prompts = stylizer._texts.encode([stylizer._text(item) for item in batch])
    together = stylizer._batch(batch, stack(prompts), lambda: False)
    for item, picture in zip(batch, together, strict=True):
        far = np.abs(picture.astype(int) - stylizer.picture(item)).max()
        assert far <= 1, "rounding of the last bit, not another picture"


@pytest.mark.parametrize("name", [name for name in CLASSES if name != "flux_control"])
def test_a_scale_of_zero_blinds_a_control(name, saved):
    from synthdata_addon.stylize.pipeline import load

    model = saved(name)
    first, *rest = model.controls
    stylizer = load(replace(model, controls=(replace(first, scale=0.0), *rest)))
    one = sample(stylizer)
    changed = replace(one, controls={**one.controls, first.kind: images([first.kind], 7)[first.kind]})
    assert np.array_equal(stylizer.picture(one), stylizer.picture(changed))


@pytest.mark.parametrize("name", CLASSES)
def test_sizes_that_a_family_cannot_make_are_refused_before_loading(name, saved):
    multiple = FACTS[family(saved(name))].multiple
    check_model(saved(name), (16 * multiple, 3 * multiple))
    with pytest.raises(ModelError, match=f"not divisible by {multiple}") as caught:
        check_model(saved(name), (16 * multiple, 3 * multiple + 1))
    assert caught.value.code == "model.size"
    assert str(3 * multiple) in caught.value.hint


@pytest.mark.parametrize(
    ("base", "control"),
    [
        ("sdxl", "flux"),
        ("flux", "sd3"),
        ("sd3", "sdxl"),
        ("qwen", "zimage"),
        ("zimage", "qwen"),
        ("flux", "qwen"),
    ],
)
def test_a_controlnet_of_another_family_is_refused_before_loading(base, control, saved):
    wrong = replace(saved(base), controls=saved(control).controls[:1])
    with pytest.raises(ModelError, match="ControlNetModel") as caught:
        check_model(wrong)
    assert caught.value.code == "model.control_mismatch"
    assert FACTS[base].label in caught.value.message


def test_a_controlnet_of_stable_diffusion_1_is_refused_by_xl_for_its_width(saved, tiny_model):
    depth = ControlSpec("depth", str(tiny_model / "control_depth"))
    with pytest.raises(ModelError, match=r"32 wide.*64 wide"):
        check_model(replace(saved("sdxl"), controls=(depth,)))


def test_what_a_family_cannot_combine_is_refused(saved, tmp_path):
    one = saved("zimage").controls[0]
    with pytest.raises(ModelError, match=r"takes 1 control image, not 2 \(depth, canny\)"):
        check_model(replace(saved("zimage"), controls=(one, replace(one, kind="canny"))))
    copy = tmp_path / "copy"
    shutil.copytree(saved("qwen").controls[0].model, copy)
    two = (saved("qwen").controls[0], ControlSpec("canny", str(copy)))
    with pytest.raises(ModelError, match="one ControlNet that reads all kinds"):
        check_model(replace(saved("qwen"), controls=two))
    union = replace(saved("flux_union").controls[0], kind="softedge")
    with pytest.raises(ModelError, match="does not read softedge"):
        check_model(replace(saved("flux_union"), controls=(union,)))
    foreign = replace(saved("flux_control"), controls=saved("flux").controls[:1])
    with pytest.raises(ModelError, match="reads the depth image itself"):
        check_model(foreign)


def test_steps_and_guidance_are_the_familys_unless_said(saved):
    for name in CLASSES:
        facts = FACTS[family(saved(name))]
        found = resolve(replace(saved(name), steps=0))
        assert (found.steps, found.guidance_scale) == (facts.steps, facts.guidance_scale), name
    canny = replace(saved("flux_control").controls[0], kind="canny")
    assert resolve(replace(saved("flux_control"), controls=(canny,))).guidance_scale == 30.0


@pytest.mark.parametrize("variant", ["fp16", "bf16"])
def test_a_folder_that_has_half_precision_files_only(variant, saved, loaded, tmp_path):
    import torch
    from diffusers import SD3ControlNetModel, SD3Transformer2DModel

    from synthdata_addon.stylize.pipeline import load

    half = {"fp16": torch.float16, "bf16": torch.bfloat16}[variant]
    base, net = tmp_path / "base", tmp_path / "control"
    shutil.copytree(saved("sd3").path, base)
    shutil.copytree(saved("sd3").controls[0].model, net)
    for folder, cls in ((base / "transformer", SD3Transformer2DModel), (net, SD3ControlNetModel)):
        part = cls.from_pretrained(folder)
        (folder / "diffusion_pytorch_model.safetensors").unlink()
        part.to(half).save_pretrained(folder, variant=variant)
    stylizer = load(replace(saved("sd3"), path=str(base), controls=(ControlSpec("depth", str(net)),)))
    assert stylizer._pipeline.transformer.dtype == torch.float32, "files in half, work on a CPU in full"
    assert stylizer.picture(sample(stylizer)).std() > 0


def test_a_hub_id_is_found_in_the_hubs_cache_offline(saved, loaded, tmp_path, monkeypatch):
    def cached(name, folder):
        place = tmp_path / "cache" / f"models--{name.replace('/', '--')}"
        shutil.copytree(folder, place / "snapshots" / REVISION)
        (place / "refs").mkdir()
        (place / "refs" / "main").write_text(REVISION)

    model = saved("sdxl_union")
    cached("org/base", model.path)
    cached("org/union", model.controls[0].model)
    named = replace(
        model, path="org/base", controls=tuple(replace(item, model="org/union") for item in model.controls)
    )
    assert family(named) is None
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    assert family(named) == "sdxl_union"
    # A process of its own, as the hub's client reads its environment once.
    script = """
import json, sys
import numpy as np
from synthdata_addon.core.decode import from_json
from synthdata_addon.core.model_spec import ModelSpec
from synthdata_addon.stylize.pipeline import load
from tests.stylize.test_families import sample
stylizer = load(from_json(ModelSpec, json.loads(sys.argv[1]), "model"))
np.save(sys.argv[2], stylizer.picture(sample(stylizer)))
"""
    subprocess.run(
        [sys.executable, "-c", script, json.dumps(to_json(named)), str(tmp_path / "made.npy")],
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        cwd=Path(__file__).parents[2],
        check=True,
    )
    same = loaded("sdxl_union")
    assert np.array_equal(np.load(tmp_path / "made.npy"), same.picture(sample(same)))


def test_a_single_file_of_a_controlnet_where_diffusers_reads_one(saved, loaded, tmp_path):
    from synthdata_addon.stylize.pipeline import load

    model = saved("zimage")
    folder = tmp_path / "control"
    shutil.copytree(model.controls[0].model, folder, ignore=shutil.ignore_patterns("*.safetensors"))
    weights = f"{model.controls[0].model}/diffusion_pytorch_model.safetensors"
    shutil.copy(weights, tmp_path / "control.safetensors")
    control = replace(model.controls[0], model=str(tmp_path / "control.safetensors"))
    stylizer = load(replace(model, controls=(control,)))
    same = loaded("zimage")
    assert np.array_equal(stylizer.picture(sample(stylizer)), same.picture(sample(same)))
    weights = f"{saved('flux').controls[0].model}/diffusion_pytorch_model.safetensors"
    shutil.copy(weights, tmp_path / "flux.safetensors")
    control = ControlSpec("depth", str(tmp_path / "flux.safetensors"))
    with pytest.raises(ModelError, match="no single file"):
        check_model(replace(saved("flux"), controls=(control,)))


def test_a_spoilt_or_cut_file_is_one_sentence_before_loading(saved, tmp_path):
    model = saved("flux")
    shutil.copytree(model.controls[0].model, tmp_path / "net")
    file = tmp_path / "net" / "diffusion_pytorch_model.safetensors"
    whole = file.read_bytes()
    control = (ControlSpec("depth", str(tmp_path / "net")),)
    for spoilt, words in (
        (whole[:-1000], "cut short: 1000 bytes are missing"),
        (b"junk" * 40, "not a .safetensors"),
    ):
        file.write_bytes(spoilt)
        with pytest.raises(ModelError, match=words) as caught:
            check_model(replace(model, controls=control))
        assert caught.value.code == "model.spoilt"
        assert str(file) in caught.value.message
