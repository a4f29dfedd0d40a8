# SPDX-License-Identifier: GPL-3.0-or-later
"""Flow models that begin with a picture, against diffusers' own image-to-image and inpainting of the same weights.

diffusers has those without ControlNets only, so that they are what ours must be with a ControlNet at a scale of 0.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from synthdata_addon.core.controls import ControlSpec
from tests import tiny_families

pytestmark = pytest.mark.slow
HEIGHT, WIDTH = 48, 64
STEPS = 6
REFERENCES = {
    "sd3": ("StableDiffusion3Img2ImgPipeline", "StableDiffusion3InpaintPipeline"),
    "qwen": ("QwenImageImg2ImgPipeline", "QwenImageInpaintPipeline"),
    "zimage": ("ZImageImg2ImgPipeline", "ZImageInpaintPipeline"),
}
FLOW = tuple(REFERENCES)
SHIFT_FORGOTTEN = "StableDiffusion3InpaintPipeline"
"""It decodes latents without the autoencoder's shift (diffusers 0.42), which no other pipeline of the family does."""


@pytest.fixture(autouse=True)
def encoding_draws_nothing(monkeypatch):
    """diffusers draws noise to encode, which is then multiplied by 0 here: without it a seed means the same noise."""
    from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution

    monkeypatch.setattr(DiagonalGaussianDistribution, "sample", lambda self, generator=None: self.mode())


def load(model, *, blind=False, **more):
    from synthdata_addon.stylize.pipeline import load

    scale = {"scale": 0.0} if blind else {}
    controls = tuple(replace(control, **scale) for control in model.controls)
    return load(replace(model, steps=STEPS, controls=controls, **more))


def sample(stylizer):
    from synthdata_addon.stylize.pipeline import SampleInput

    rng = np.random.default_rng(0)
    controls = {k: rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8) for k in stylizer.kinds}
    picture = rng.integers(0, 256, (HEIGHT // 8, WIDTH // 8, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
    objects = np.zeros((HEIGHT, WIDTH), bool)
    objects[16:40, 16:32] = True  # on the borders of latents, where there is no doubt what is kept
    return SampleInput(controls, "a red room", "blue", 1, picture=picture, objects=objects)


def reference(stylizer, cls, one, **more):
    """The picture that diffusers' pipeline without ControlNets makes of the same weights, prompt, start and seed."""
    import diffusers
    import torch

    parts = {name: part for name, part in stylizer._pipeline.components.items() if name != "controlnet"}
    pipeline = getattr(diffusers, cls)(**parts)
    (prompt,) = stylizer._texts.encode([stylizer._text(one)])
    guidance = "true_cfg_scale" if cls.startswith("Qwen") else "guidance_scale"
    start = torch.from_numpy(one.picture.astype(np.float32) / 255.0).permute(2, 0, 1)[None]
    pipeline.set_progress_bar_config(disable=True)
    made = pipeline(
        **prompt,
        **{guidance: stylizer.guidance_scale},
        image=start,
        height=HEIGHT,
        width=WIDTH,
        num_inference_steps=STEPS,
        generator=[torch.Generator("cpu").manual_seed(one.seed)],
        output_type="latent" if cls == SHIFT_FORGOTTEN else "pt",
        **more,
    ).images
    if cls == SHIFT_FORGOTTEN:
        config = pipeline.vae.config
        with torch.no_grad():
            made = pipeline.vae.decode(made / config.scaling_factor + config.shift_factor).sample
        made = (made / 2.0 + 0.5).clamp(0.0, 1.0)
    return (made[0].permute(1, 2, 0).numpy() * 255.0 + 0.5).astype(np.uint8)


@pytest.mark.parametrize("strength", [0.3, 0.6])
@pytest.mark.parametrize("name", FLOW)
def test_it_is_diffusers_image_to_image_with_control(name, strength, saved):
    blind = load(saved(name), blind=True, source="RENDER", strength=strength)
    one = sample(blind)
    made = blind.picture(one).astype(int)
    assert np.abs(made - reference(blind, REFERENCES[name][0], one, strength=strength)).max() <= 1
    seeing = load(saved(name), source="RENDER", strength=strength)
    assert np.abs(made - seeing.picture(one)).max() > 1


@pytest.mark.parametrize("strength", [0.5, 1.0])
@pytest.mark.parametrize("source", ["KEEP_OBJECTS", "KEEP_BACKGROUND"])
@pytest.mark.parametrize("name", FLOW)
def test_it_is_diffusers_inpainting_with_control(name, source, strength, saved):
    import torch

    stylizer = load(saved(name), blind=True, source=source, strength=strength)
    one = sample(stylizer)
    repainted = ~one.objects if source == "KEEP_OBJECTS" else one.objects
    mask = torch.from_numpy(repainted.astype(np.float32))[None, None]
    expected = reference(stylizer, REFERENCES[name][1], one, strength=strength, mask_image=mask)
    made = stylizer.picture(one)
    assert np.array_equal(made[~repainted], one.picture[~repainted])
    assert np.abs(made[repainted].astype(int) - expected[repainted]).max() <= 1


@pytest.mark.parametrize("name", FLOW)
def test_all_noise_is_no_start_at_all(name, saved):
    redrawn = load(saved(name), source="RENDER", strength=1.0)
    one = sample(redrawn)
    plain = load(saved(name))
    assert np.abs(redrawn.picture(one).astype(int) - plain.picture(one)).max() <= 1


@pytest.mark.parametrize("name", FLOW)
def test_a_batch_with_starts_makes_what_its_samples_make_alone(name, saved):
    from synthdata_addon.stylize.pipeline.encoding import stack

    stylizer = load(saved(name), source="KEEP_OBJECTS", strength=0.5)
    one = sample(stylizer)
    batch = [one, replace(one, seed=2, picture=255 - one.picture, objects=one.objects[::-1].copy())]
    prompts = stylizer._texts.encode([stylizer._text(item) for item in batch])
    together = stylizer._batch(batch, stack(prompts), lambda: False)
    for item, picture in zip(batch, together, strict=True):
        assert np.abs(picture.astype(int) - stylizer.picture(item)).max() <= 1


def test_latents_of_which_any_pixel_is_repainted_are_free():
    import torch

    from synthdata_addon.stylize.pipeline.flow_start import _cells

    mask = torch.zeros(1, 1, 16, 24)
    mask[0, 0, 7, 8] = 1.0
    assert _cells(mask, torch.zeros(1, 4, 2, 3))[0, 2].tolist() == [[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]


def test_a_controlnet_of_z_image_that_reads_what_is_kept_is_shown_it(saved, tmp_path):
    import torch
    from diffusers import ZImageControlNetModel

    torch.manual_seed(0)
    net = ZImageControlNetModel(
        control_layers_places=[0], control_in_dim=9, dim=32, n_heads=2, n_kv_heads=2, n_refiner_layers=1
    )
    tiny_families.wake(net)
    net.save_pretrained(tmp_path / "net")
    model = replace(saved("zimage"), controls=(ControlSpec("depth", str(tmp_path / "net")),))
    assert type(load(model)._pipeline).__name__ == "ZImageControlNetPipeline"
    stylizer = load(model, source="KEEP_OBJECTS")
    assert type(stylizer._pipeline).__name__ == "ZImageControlNetInpaintPipeline"
    one = sample(stylizer)
    made = stylizer.picture(one)
    assert np.array_equal(made[one.objects], one.picture[one.objects])
    seen = []
    real = type(stylizer._pipeline.controlnet).forward

    def forward(self, x, t, cap, cond, **more):
        seen.append(cond)
        return real(self, x, t, cap, cond, **more)

    stylizer._pipeline.controlnet.forward = forward.__get__(stylizer._pipeline.controlnet)
    stylizer.picture(one)
    told = seen[0][0, 4, 0]
    assert torch.equal(told, torch.from_numpy(one.objects[::8, ::8].astype(np.float32)))
    other = stylizer.picture(
        replace(one, picture=np.where(one.objects[..., None], 255 - one.picture, one.picture))
    )
    assert not np.array_equal(other[~one.objects], made[~one.objects])
