# SPDX-License-Identifier: GPL-3.0-or-later
"""The real diffusers pipeline with real classes and small random weights, loaded by the real loading code."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest

from synthdata_addon.core.controls import ControlSpec
from synthdata_addon.core.errors import ModelError
from synthdata_addon.core.models import resolve
from synthdata_addon.core.spec import ModelSpec, StyleSpec
from tests.ldm_file import save_single_file

pytestmark = pytest.mark.slow
RED, BLUE = StyleSpec("Red", "a red room"), StyleSpec("Blue", "blue desk in snow", "red")
HEIGHT, WIDTH = 48, 72


def controls(seed=0):
    rng = np.random.default_rng(seed)
    return {kind: rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8) for kind in ("depth", "normal")}


def sample(images, style, seed):
    from synthdata_addon.stylize.pipeline import SampleInput

    return SampleInput(images, style.prompt, style.negative_prompt, seed)


@pytest.fixture(scope="module")
def stylizer(tiny_model):
    from synthdata_addon.stylize.pipeline import load

    return load(resolve(ModelSpec(path=str(tiny_model), device="cpu")))


def test_same_seed_same_bytes_and_each_input_matters(stylizer):
    base = stylizer.picture(sample(controls(), RED, 1))
    assert base.shape == (HEIGHT, WIDTH, 3)
    assert base.dtype == np.uint8
    assert np.array_equal(base, stylizer.picture(sample(controls(), RED, 1)))
    assert not np.array_equal(base, stylizer.picture(sample(controls(), RED, 2)))
    assert not np.array_equal(base, stylizer.picture(sample(controls(), BLUE, 1)))
    for kind in ("depth", "normal"):
        changed = {**controls(), kind: controls(7)[kind]}
        assert not np.array_equal(base, stylizer.picture(sample(changed, RED, 1))), kind
    assert np.array_equal(base, stylizer.picture(sample(controls(), RED, 1))), (
        "earlier pictures change later ones"
    )


def test_another_loading_gives_the_same_bytes(stylizer, tiny_model):
    from synthdata_addon.stylize.pipeline import load

    again = load(resolve(ModelSpec(path=str(tiny_model), device="cpu")))
    assert np.array_equal(
        again.picture(sample(controls(), RED, 5)), stylizer.picture(sample(controls(), RED, 5))
    )


def test_each_controlnet_gets_its_own_image_at_the_pictures_size(stylizer):
    seen = {}
    nets = stylizer._pipeline.controlnet.nets
    images = controls()

    def watch(kind):
        def hook(_module, args, kwargs, _output):
            # MultiControlNetModel hands on (sample, timestep, encoder_hidden_states, controlnet_cond, ...).
            seen.setdefault(kind, []).append(
                kwargs.get("controlnet_cond", args[3] if len(args) > 3 else None)
            )

        return hook

    handles = [
        net.register_forward_hook(watch(kind), with_kwargs=True)
        for net, kind in zip(nets, stylizer.kinds, strict=True)
    ]
    stylizer.picture(sample(images, RED, 1))
    for handle in handles:
        handle.remove()
    assert stylizer.kinds == ("depth", "normal")
    for kind in stylizer.kinds:
        assert len(seen[kind]) == stylizer.steps
        for tensor in seen[kind]:
            # Twice: without and with the prompt (classifier-free guidance).
            assert tuple(tensor.shape) == (2, 3, HEIGHT, WIDTH)
            got = np.round(tensor[0].permute(1, 2, 0).numpy() * 255).astype(np.uint8)
            assert np.array_equal(got, images[kind])


def test_order_scales_and_shares_of_the_controls_are_the_jobs(tiny_model, stylizer):
    from synthdata_addon.stylize.pipeline import load

    normal = ControlSpec("normal", str(tiny_model / "control_normal"), scale=0.5)
    depth = ControlSpec("depth", str(tiny_model / "control_depth"), scale=0.0)
    swapped = load(resolve(ModelSpec(path=str(tiny_model), device="cpu", controls=(normal, depth))))
    assert swapped.kinds == ("normal", "depth")
    base = swapped.picture(sample(controls(), RED, 1))
    blind = {**controls(), "depth": controls(7)["depth"]}
    assert np.array_equal(base, swapped.picture(sample(blind, RED, 1))), (
        "a scale of 0 must blind the depth ControlNet"
    )
    assert not np.array_equal(
        base, swapped.picture(sample({**controls(), "normal": controls(7)["normal"]}, RED, 1))
    )
    # Of two steps (a half each) neither lies wholly inside the last tenth.
    with pytest.raises(ModelError, match="normal ControlNet steers none of 2 steps"):
        load(ModelSpec(path=str(tiny_model), device="cpu", controls=(replace(normal, start=0.9),)))


def test_a_stop_is_felt_after_the_step_at_hand(stylizer):
    asked = []

    def stop():
        asked.append(1)
        return True

    assert stylizer.picture(sample(controls(), RED, 1), stop) is None
    assert len(asked) == 1
    assert stylizer.picture(sample(controls(), RED, 1)) is not None, "a stop must not spoil the next picture"


def test_prompts_are_encoded_once_a_style(tiny_model):
    from synthdata_addon.stylize.pipeline import load

    fresh = load(resolve(ModelSpec(path=str(tiny_model), device="cpu")))
    calls = []
    assert fresh._pipeline.text_encoder is None, "in between it takes no memory"
    fresh._texts._modules["text_encoder"].register_forward_hook(lambda *_: calls.append(1))
    for seed in range(3):
        fresh.picture(sample(controls(), RED, seed))
    assert len(calls) == 2, "once for the prompt, once for the negative prompt"


def test_a_folder_with_half_precision_files_only(tiny_model, tmp_path):
    from diffusers import ControlNetModel, UNet2DConditionModel

    from synthdata_addon.stylize.pipeline import load

    half = tmp_path / "half"
    shutil.copytree(tiny_model, half)
    for part, cls in (("unet", UNet2DConditionModel), ("control_depth", ControlNetModel)):
        model = cls.from_pretrained(half / part)
        (half / part / "diffusion_pytorch_model.safetensors").unlink()
        model.half().save_pretrained(half / part, variant="fp16")
    picture = load(resolve(ModelSpec(path=str(half), device="cpu"))).picture(sample(controls(), RED, 1))
    assert picture.std() > 0


def test_a_folder_saved_with_its_controlnets(tiny_model, stylizer, tmp_path):
    from diffusers import ControlNetModel, MultiControlNetModel, StableDiffusionControlNetPipeline

    from synthdata_addon.stylize.pipeline import load

    nets = [ControlNetModel.from_pretrained(tiny_model / f"control_{kind}") for kind in ("depth", "normal")]
    whole = StableDiffusionControlNetPipeline.from_pretrained(
        tiny_model, controlnet=MultiControlNetModel(nets), safety_checker=None, requires_safety_checker=False
    )
    whole.save_pretrained(tmp_path / "whole")
    own = (
        ControlSpec("depth", str(tmp_path / "whole" / "controlnet")),
        ControlSpec("normal", str(tmp_path / "whole" / "controlnet_1")),
    )
    model = ModelSpec(path=str(tmp_path / "whole"), controls=own, device="cpu", steps=2, guidance_scale=3.0)
    assert np.array_equal(
        load(resolve(model)).picture(sample(controls(), RED, 1)), stylizer.picture(sample(controls(), RED, 1))
    )


def test_spoilt_weights_are_one_sentence(tiny_model, tmp_path):
    from synthdata_addon.stylize.pipeline import load

    spoilt = tmp_path / "spoilt"
    shutil.copytree(tiny_model, spoilt)
    (spoilt / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ModelError, match=r"not a \.safetensors file") as caught:
        load(resolve(ModelSpec(path=str(spoilt))))
    assert caught.value.code == "model.spoilt"
    assert caught.value.hint
    assert "\n" not in caught.value.message


def test_a_hub_id_that_is_not_on_disk_is_one_sentence_offline(tiny_model, monkeypatch):
    import huggingface_hub.constants

    from synthdata_addon.stylize.pipeline import load

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    model = ModelSpec(path="no-such-org/no-such-model", controls=(ControlSpec("depth", "no-such-org/depth"),))
    with pytest.raises(ModelError, match="no-such-org/no-such-model"):
        load(resolve(model))


def test_a_device_that_is_not_there(tiny_model):
    import torch

    from synthdata_addon.stylize.pipeline import load

    if torch.backends.mps.is_available():
        pytest.skip("this machine has the device")
    with pytest.raises(ModelError, match="'mps'"):
        load(resolve(ModelSpec(path=str(tiny_model), device="mps")))


def test_single_files_with_their_configs_beside_them(tiny_model, stylizer, tmp_path):
    from synthdata_addon.stylize.pipeline import load

    configs_only = shutil.ignore_patterns("*.safetensors")
    save_single_file(tiny_model, tmp_path / "model.safetensors")
    shutil.copytree(tiny_model, tmp_path / "model", ignore=configs_only)
    files = []
    for kind in ("depth", "normal"):
        (weights,) = (tiny_model / f"control_{kind}").glob("*.safetensors")
        shutil.copy(weights, tmp_path / f"{kind}.safetensors")
        shutil.copytree(tiny_model / f"control_{kind}", tmp_path / kind, ignore=configs_only)
        files.append(ControlSpec(kind, str(tmp_path / f"{kind}.safetensors")))
    file = str(tmp_path / "model.safetensors")
    model = ModelSpec(path=file, controls=tuple(files), device="cpu", steps=2, guidance_scale=3.0)
    picture = load(resolve(model)).picture(sample(controls(), RED, 1))
    assert np.array_equal(picture, stylizer.picture(sample(controls(), RED, 1)))


def test_a_single_file_of_something_else_is_one_sentence(tiny_model, tmp_path):
    from safetensors.numpy import save_file

    from synthdata_addon.stylize.pipeline import load

    save_file({"a": np.zeros(3, np.float32)}, tmp_path / "model.safetensors")
    shutil.copytree(tiny_model, tmp_path / "model", ignore=shutil.ignore_patterns("*.safetensors"))
    depth = ControlSpec("depth", str(tiny_model / "control_depth"))
    with pytest.raises(ModelError, match=r"model\.safetensors' cannot be used"):
        load(resolve(ModelSpec(path=str(tmp_path / "model.safetensors"), controls=(depth,), device="cpu")))
