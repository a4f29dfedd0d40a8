# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts other than noise, LoRAs, reference pictures, schedulers and few-step presets, with real diffusers and peft."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from synthdata_addon.core.controls import ControlSpec
from synthdata_addon.core.errors import ModelError, SpecError
from synthdata_addon.core.few_steps import PRESETS
from synthdata_addon.core.model_check import check_model
from synthdata_addon.core.model_spec import IPAdapterSpec, LoraSpec, ModelSpec, check_model_spec
from synthdata_addon.core.models import resolve, revision
from tests import tiny_families
from tests.tiny_extras import save_denoiser_lora, save_ip_adapter, save_lora, save_picture

pytestmark = pytest.mark.slow
HEIGHT, WIDTH = 48, 64
DEPTH = (ControlSpec("depth", "org/depth"),)
# The other families are in test_flow_start.py.
REDRAWN = ("sd15", "sdxl", "sdxl_union", "flux", "flux_union", "flux_control")


@pytest.fixture(scope="module")
def saved(tmp_path_factory, tiny_model):
    return tiny_families.Saved(
        tmp_path_factory, {"sd15": ModelSpec(path=str(tiny_model), device="cpu", steps=2)}
    )


@pytest.fixture(scope="module")
def loras(tmp_path_factory, tiny_model):
    folder = tmp_path_factory.mktemp("loras")
    return [
        str(save_lora(tiny_model, folder / "look.safetensors")),
        str(save_lora(tiny_model, folder / "words.safetensors", text=True, seed=1)),
    ]


def load(model):
    from synthdata_addon.stylize.pipeline import load

    return load(model)


def sample(stylizer, **more):
    from synthdata_addon.stylize.pipeline import SampleInput

    rng = np.random.default_rng(0)
    controls = {k: rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8) for k in stylizer.kinds}
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    picture[:, : WIDTH // 2] = (200, 40, 40)
    objects = np.zeros((HEIGHT, WIDTH), bool)
    objects[8:40, 16:32] = True
    given = {"style": "a", "picture": picture, "objects": objects, **more}
    return SampleInput(controls, "a red room", "blue", 1, **given)


def far(one, other):
    return float(np.abs(one.astype(float) - other).mean())


@pytest.mark.parametrize("name", REDRAWN)
def test_pictures_that_begin_with_the_finished_picture_stay_near_it_by_strength(name, saved):
    model = replace(saved(name), source="RENDER", steps=8)
    distances = {}
    for strength in (0.25, 0.5, 1.0):
        stylizer = load(replace(model, strength=strength))
        assert "Img2Img" in type(stylizer._pipeline).__name__
        one = sample(stylizer)
        made = stylizer.picture(one)
        assert made.shape == (HEIGHT, WIDTH, 3)
        assert np.array_equal(made, stylizer.pictures([one, one])[1])
        other = stylizer.picture(replace(one, picture=255 - one.picture))
        distances[strength] = far(made, other)
        changed = {**one.controls, stylizer.kinds[0]: 255 - one.controls[stylizer.kinds[0]]}
        assert not np.array_equal(made, stylizer.picture(replace(one, controls=changed))), (
            "control still steers"
        )
    # The autoencoder is random: what the picture shares with the start is seen in how much the start matters.
    assert distances[0.25] > distances[1.0]
    assert distances[0.25] > 1.0


@pytest.mark.parametrize("source", ["KEEP_OBJECTS", "KEEP_BACKGROUND"])
@pytest.mark.parametrize("name", REDRAWN)
def test_what_is_kept_stays_to_the_pixel(name, source, saved):
    stylizer = load(replace(saved(name), source=source))
    assert "Inpaint" in type(stylizer._pipeline).__name__
    one = sample(stylizer)
    made = stylizer.picture(one)
    kept = one.objects if source == "KEEP_OBJECTS" else ~one.objects
    assert np.array_equal(made[kept], one.picture[kept])
    assert (made[~kept] != one.picture[~kept]).any(axis=1).mean() > 0.9
    assert np.array_equal(made, stylizer.picture(one))


def test_what_a_start_needs_is_checked_with_the_request(saved):
    model = replace(saved("sd15"), source="RENDER", controls=DEPTH)
    with pytest.raises(SpecError, match="not rendered"):
        check_model_spec(model, beauty=False, styles=())
    check_model_spec(model, beauty=True, styles=())
    model = replace(model, controls=())
    with pytest.raises(ModelError, match=r"strength of 0\.3 leaves none of 2 steps"):
        check_model(replace(model, strength=0.3))
    assert resolve(model).strength == 0.6
    assert resolve(replace(model, source="KEEP_OBJECTS")).strength == 1.0


def test_loras_work_by_weight_and_only_in_their_style(saved, loras):
    base = load(saved("sd15"))
    look = load(replace(saved("sd15"), loras=(LoraSpec(loras[0], 0.8, "a"),)))
    plain = base.picture(sample(base))
    styled = look.picture(sample(look))
    assert not np.array_equal(styled, plain)
    assert np.array_equal(look.picture(sample(look, style="b")), plain), "not in another style"
    assert np.array_equal(look.picture(sample(look)), styled), "back again"
    half = load(replace(saved("sd15"), loras=(LoraSpec(loras[0], 0.4),)))
    assert far(half.picture(sample(half)), plain) < far(styled, plain)
    none = load(replace(saved("sd15"), loras=(LoraSpec(loras[0], 0.0),)))
    assert np.array_equal(none.picture(sample(none)), plain)


@pytest.mark.parametrize(
    ("name", "pipeline"),
    [
        ("sdxl", "StableDiffusionXLPipeline"),
        ("sdxl_union", "StableDiffusionXLPipeline"),
        ("sd3", "StableDiffusion3Pipeline"),
        ("flux", "FluxPipeline"),
        ("flux_control", "FluxControlPipeline"),
        ("qwen", "QwenImagePipeline"),
        ("zimage", "ZImagePipeline"),
    ],
)
def test_loras_of_every_family(name, pipeline, saved, tmp_path):
    lora = save_denoiser_lora(pipeline, Path(saved(name).path), tmp_path / "lora.safetensors")
    plain = load(saved(name))
    styled = load(replace(saved(name), loras=(LoraSpec(str(lora), 0.8, "a"),)))
    expected = plain.picture(sample(plain))
    assert not np.array_equal(styled.picture(sample(styled)), expected)
    assert np.array_equal(styled.picture(sample(styled, style="b")), expected)


def test_several_loras_and_one_that_changes_the_text_encoder(saved, loras):
    both = load(replace(saved("sd15"), loras=(LoraSpec(loras[0], 0.5, "a"), LoraSpec(loras[1], 0.7))))
    first, second, third = (both.picture(sample(both, style=style)) for style in ("a", "b", "a"))
    assert not np.array_equal(first, second)
    assert np.array_equal(first, third)
    alone = load(replace(saved("sd15"), loras=(LoraSpec(loras[1], 0.7),)))
    assert np.array_equal(alone.picture(sample(alone, style="b")), second)
    made = both.pictures([sample(both), sample(both, style="b")])
    assert np.array_equal(made[0], first)
    assert np.array_equal(made[1], second)
    assert both._pipeline.text_encoder is None


def test_loras_that_are_not_there_or_not_safe_are_refused(saved, tmp_path):
    (tmp_path / "old.bin").write_bytes(b"pickle")
    (tmp_path / "cut.safetensors").write_bytes(b"x" * 100)
    for path, code in (
        ("/no/such/lora.safetensors", "model.not_found"),
        (str(tmp_path / "old.bin"), "model.not_a_lora"),
        (str(tmp_path / "cut.safetensors"), "model.spoilt"),
    ):
        with pytest.raises(ModelError) as caught:
            check_model(replace(saved("sd15"), loras=(LoraSpec(path),)))
        assert (caught.value.code, path in caught.value.message) == (code, True)
    check_model(replace(saved("sd15"), loras=(LoraSpec("org/lora"), LoraSpec("org/lora/file.safetensors"))))
    with pytest.raises(SpecError, match="'snow', which the job has not"):
        check_model_spec(
            replace(saved("sd15"), controls=(), path="", loras=(LoraSpec("a/b", style="snow"),)),
            beauty=False,
            styles=["a"],
        )


def test_a_lora_of_another_family_is_one_sentence(saved, loras):
    with pytest.raises(ModelError, match="cannot be loaded"):
        load(replace(saved("sdxl"), loras=(LoraSpec(loras[0]),)))


@pytest.mark.parametrize("name", ["sd15", "sdxl", "sdxl_union"])
def test_a_reference_picture_steers_by_scale(name, saved, tmp_path):
    weights = str(save_ip_adapter(Path(saved(name).path), tmp_path / "adapter"))
    red, blue = save_picture(tmp_path / "r.png", (255, 0, 0)), save_picture(tmp_path / "b.png", (0, 0, 255))

    def made(image, scale):
        stylizer = load(replace(saved(name), ip_adapter=IPAdapterSpec(weights, str(image), scale)))
        one = stylizer.picture(sample(stylizer))
        assert np.array_equal(one, stylizer.pictures([sample(stylizer)] * 2)[1])
        return one

    plain = load(saved(name))
    assert np.array_equal(made(red, 0.0), plain.picture(sample(plain)))
    assert not np.array_equal(made(red, 1.0), made(blue, 1.0))
    with pytest.raises(ModelError, match="does not exist"):
        check_model(replace(saved(name), ip_adapter=IPAdapterSpec(weights, "/no/picture.png")))


def test_families_without_a_reference_picture_say_so(saved, tmp_path):
    image = str(save_picture(tmp_path / "r.png", (255, 0, 0)))
    adapter = IPAdapterSpec("org/name/file.safetensors", image)
    with pytest.raises(ModelError, match="cannot take a reference picture"):
        check_model(replace(saved("flux"), ip_adapter=adapter))
    check_model(replace(saved("sd15"), ip_adapter=adapter))
    with pytest.raises(SpecError, match="need each other"):
        check_model_spec(
            replace(saved("sd15"), controls=DEPTH, ip_adapter=IPAdapterSpec("a/b/c.safetensors")),
            beauty=True,
            styles=(),
        )


@pytest.mark.parametrize(
    "scheduler", ["DDIM", "EULER", "EULER_A", "DPMPP_2M", "DPMPP_2M_KARRAS", "UNIPC", "LCM", "TCD"]
)
def test_schedulers_are_diffusers_own_and_keep_samples_equal(scheduler, saved):
    from synthdata_addon.stylize.pipeline.extras import SCHEDULERS

    stylizer = load(replace(saved("sd15"), scheduler=scheduler, steps=3))
    assert type(stylizer._pipeline.scheduler).__name__ == SCHEDULERS[scheduler][0]
    assert stylizer._pipeline.scheduler.config.beta_schedule == "scaled_linear", (
        "what the model learned stays"
    )
    one = stylizer.picture(sample(stylizer))
    assert np.array_equal(one, stylizer.pictures([sample(stylizer, style="b"), sample(stylizer)])[1])


@pytest.mark.parametrize(("few", "family"), PRESETS)
def test_few_step_presets_set_steps_guidance_and_scheduler(few, family, saved):
    row = PRESETS[few, family]
    model = resolve(replace(saved(family), few_steps=few, steps=0))
    assert (model.steps, model.guidance_scale) == (row.steps, row.guidance_scale)
    assert model.scheduler == row.scheduler
    own = resolve(replace(saved(family), few_steps=few, steps=6, guidance_scale=2.0))
    assert (own.steps, own.guidance_scale) == (6, 2.0)
    if row.trailing and family == "sd15":
        stylizer = load(model)
        assert stylizer._pipeline.scheduler.config.timestep_spacing == "trailing"
        assert stylizer.picture(sample(stylizer)).shape == (HEIGHT, WIDTH, 3)


def test_what_a_family_has_no_few_step_models_or_schedulers_for_is_refused(saved):
    with pytest.raises(ModelError, match=r"Qwen-Image cannot be a LCM model"):
        check_model(replace(saved("qwen"), few_steps="LCM"))
    with pytest.raises(ModelError, match="cannot use the scheduler DDIM"):
        check_model(replace(saved("sd3"), scheduler="DDIM"))


def test_the_revision_changes_with_a_lora(saved, loras):
    plain = revision(saved("sd15"))
    assert revision(replace(saved("sd15"), loras=(LoraSpec(loras[0]),))) != plain
    assert revision(replace(saved("sd15"), loras=(LoraSpec(loras[1]),))) != plain


def test_a_share_that_holds_no_step_is_refused(saved):
    model = replace(saved("flux"), steps=4, source="RENDER", strength=0.25)
    with pytest.raises(ModelError, match=r"steers none of 1 steps from 0 to 0\.8"):
        check_model(model)
    check_model(replace(model, steps=8))
