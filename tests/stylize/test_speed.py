# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done for speed, as far as it can be seen without a GPU: it changes no picture, and fails softly."""

from __future__ import annotations

import numpy as np
import pytest

from synthdata_addon.core.model_spec import ModelSpec, SpeedSpec
from tests import tiny_families

pytestmark = pytest.mark.slow
FAMILIES = ("sd15", "sdxl", "sdxl_union", "sd3", "flux", "flux_control", "qwen", "zimage")
IN_CONTROLNETS = {"sdxl_union": True, "flux_control": False}


@pytest.fixture(scope="module")
def saved(tmp_path_factory, tiny_model):
    return tiny_families.Saved(
        tmp_path_factory, {"sd15": ModelSpec(path=str(tiny_model), device="cpu", steps=2)}
    )


def load(model):
    from synthdata_addon.stylize.pipeline import load

    return load(model)


def sample(stylizer, seed=1):
    from synthdata_addon.stylize.pipeline import SampleInput

    rng = np.random.default_rng(0)
    controls = {k: rng.integers(0, 256, (48, 64, 3), dtype=np.uint8) for k in stylizer.kinds}
    return SampleInput(controls, "a red room", "blue", seed)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_repeated_blocks_of_denoiser_and_controlnets_are_found(name, saved):
    from synthdata_addon.stylize.pipeline.speed import blocks

    stylizer = load(saved(name))
    pipeline, family = stylizer._pipeline, stylizer._family
    found = list(blocks(pipeline, family))
    inside = set(map(id, getattr(pipeline, family.transformer).modules()))
    assert any(id(block) in inside for block in found)
    assert len({id(block) for block in found}) == len(found)
    net = getattr(pipeline, "controlnet", None)
    if net is not None:
        of_net = set(map(id, net.modules()))
        assert any(id(block) in of_net for block in found)


def test_compiled_blocks_make_the_same_pictures_and_a_compiler_that_fails_is_left_out(saved):
    from synthdata_addon.stylize.pipeline.speed import compile_blocks

    plain = load(saved("sd15"))
    expected = plain.picture(sample(plain))
    compiled = load(saved("sd15"))
    compile_blocks(compiled._pipeline, compiled._family, "eager")
    assert np.array_equal(compiled.picture(sample(compiled)), expected)

    def broken(_graph, _inputs):
        raise NotImplementedError("no compiler")

    failing = load(saved("sd15"))
    failing.engine += ", compiled"
    compile_blocks(failing._pipeline, failing._family, broken)
    assert np.array_equal(failing.picture(sample(failing)), expected)
    assert failing.engine.endswith(", not compiled")
    assert np.array_equal(failing.picture(sample(failing)), expected)


def test_channels_last_rounds_at_most(saved):
    from synthdata_addon.stylize.pipeline.speed import channels_last

    plain, other = load(saved("sd15")), load(saved("sd15"))
    channels_last(other._pipeline)
    far = np.abs(plain.picture(sample(plain)).astype(int) - other.picture(sample(other)))
    assert far.max() <= 1


def test_prompts_are_encoded_ahead_and_remembered(saved):
    stylizer = load(saved("sdxl"))
    calls = []
    for module in stylizer._texts._modules.values():
        module.register_forward_hook(lambda *_: calls.append(1))
    stylizer.prepare([("a red room", "blue", "a"), ("a desk", "", "b"), ("a red room", "blue", "a")])
    encoded = len(calls)
    assert encoded == 6, "two encoders; two prompts, one of them with a negative prompt"
    stylizer.picture(sample(stylizer))
    assert len(calls) == encoded
    assert stylizer._pipeline.text_encoder is stylizer._pipeline.text_encoder_2 is None


def test_what_was_chosen_is_said(saved):
    assert load(saved("sd15")).engine == "cpu, float32"
    model = ModelSpec(
        saved("sd15").path, device="cpu", speed=SpeedSpec(4, "ON", "MODEL"), precision="bfloat16"
    )
    assert load(model).engine == "cpu, bfloat16"
