# SPDX-License-Identifier: GPL-3.0-or-later
"""A pipeline of each model family: the family's real classes with small random weights, saved as users' models are.

``save(family, folder)`` writes the base model into ``folder`` and ControlNets beside it (``control_<kind>``;
only the first where one reads all kinds), and returns the request that names them.
"""

from __future__ import annotations

import json
from pathlib import Path

from synthdata_addon.core.controls import ControlSpec
from synthdata_addon.core.model_spec import ModelSpec
from tests.tiny_model import WORDS, clip_tokenizer

TEXT = 32
XL_WIDTHS = (24, 40)
"""XL's text encoders differ in width, by which diffusers tells them apart in a single file; together 2 * TEXT."""


def save(family: str, folder: Path, kinds: tuple[str, ...] = ("depth", "canny")) -> ModelSpec:
    """Save a family's pipeline and ControlNets; return a request of two steps with scales as recommended."""
    import torch

    torch.manual_seed(0)
    pipeline, nets = BUILDERS[family](folder.parent / "parts")
    pipeline.save_pretrained(folder)
    controls = []
    for kind, net in zip(kinds, nets or [None] * len(kinds), strict=False):
        if net is None:
            controls.append(ControlSpec(kind, str(folder)))
            continue
        place = folder.parent / f"control_{kind}"
        wake(net)
        net.save_pretrained(place)
        controls.append(ControlSpec(kind, str(place)))
    if family in ONE_NET:
        controls = [ControlSpec(kind, controls[0].model) for kind in kinds]
    if family in ONE_CONTROL:
        controls = controls[:1]
    return ModelSpec(path=str(folder), controls=tuple(controls), steps=2, device="cpu")


class Saved:
    """Saves each family once, under folders of pytest's; called with a family's name, returns its request."""

    def __init__(self, folders, known: dict[str, ModelSpec] | None = None) -> None:
        self._folders, self._made = folders, dict(known or {})

    def __call__(self, name: str) -> ModelSpec:
        if name not in self._made:
            self._made[name] = save(name, self._folders.mktemp(name) / "base")
        return self._made[name]


def wake(net) -> None:
    """A new ControlNet ends in zeros: it would steer nothing."""
    import torch

    torch.manual_seed(1)
    for parameter in net.parameters():
        if parameter.dim() > 1 and not parameter.abs().sum():
            torch.nn.init.normal_(parameter, std=0.5)
    embedding = getattr(net, "controlnet_cond_embedding", None)
    for layer in [embedding.conv_in, *embedding.blocks] if embedding is not None else []:
        layer.weight.data *= 3.0  # it shrinks at each layer


def clip(width: int = TEXT, *, projected: bool = False, tokenizer=None):
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=16,
        projection_dim=width,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return (CLIPTextModelWithProjection if projected else CLIPTextModel)(config)


def t5():
    """A T5 encoder and a word tokenizer in its format."""
    from transformers import T5Config, T5EncoderModel, T5TokenizerFast

    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *((f"\u2581{word}", -1.0) for word in WORDS)]
    tokenizer = T5TokenizerFast(vocab=pieces, extra_ids=0)
    config = T5Config(
        vocab_size=len(tokenizer), d_model=TEXT, d_kv=8, d_ff=64, num_layers=2, num_heads=4, dropout_rate=0.0
    )
    return T5EncoderModel(config), tokenizer


def qwen_tokenizer(folder: Path):
    """A byte-level tokenizer of Qwen's class, with a chat template."""
    from transformers import Qwen2Tokenizer
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    folder.mkdir(parents=True, exist_ok=True)
    letters = {letter: number for number, letter in enumerate(bytes_to_unicode().values())}
    (folder / "vocab.json").write_text(json.dumps(letters), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", encoding="utf-8")
    tokenizer = Qwen2Tokenizer(
        vocab=letters, merges=[], additional_special_tokens=["<|im_start|>", "<|im_end|>"]
    )
    tokenizer.chat_template = (
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    )
    return tokenizer


def kl(channels: int = 4, levels: int = 4, **more):
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        block_out_channels=(16,) * levels,
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        latent_channels=channels,
        norm_num_groups=8,
        **more,
    )


def flow(**more):
    from diffusers import FlowMatchEulerDiscreteScheduler

    return FlowMatchEulerDiscreteScheduler(**more)


def sdxl_parts(folder: Path):
    from diffusers import EulerDiscreteScheduler, StableDiffusionXLPipeline, UNet2DConditionModel

    tokenizer = clip_tokenizer(folder)
    unet = UNet2DConditionModel(
        sample_size=16,
        block_out_channels=(16, 32),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=2 * TEXT,
        attention_head_dim=(2, 4),
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=6 * 8 + XL_WIDTHS[1],
        transformer_layers_per_block=(1, 2),
        norm_num_groups=8,
    )
    return StableDiffusionXLPipeline(
        vae=kl(),
        text_encoder=clip(XL_WIDTHS[0], tokenizer=tokenizer),
        text_encoder_2=clip(XL_WIDTHS[1], projected=True, tokenizer=tokenizer),
        tokenizer=tokenizer,
        tokenizer_2=tokenizer,
        unet=unet,
        scheduler=EulerDiscreteScheduler(beta_schedule="scaled_linear", steps_offset=1),
        add_watermarker=False,
    )


def sdxl(folder: Path):
    from diffusers import ControlNetModel

    pipeline = sdxl_parts(folder)
    nets = [
        ControlNetModel.from_unet(pipeline.unet, conditioning_embedding_out_channels=(8, 8, 16, 16))
        for _ in range(2)
    ]
    return pipeline, nets


def sdxl_union(folder: Path):
    from diffusers import ControlNetUnionModel

    pipeline = sdxl_parts(folder)
    net = ControlNetUnionModel(
        block_out_channels=(16, 32),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        cross_attention_dim=2 * TEXT,
        attention_head_dim=(2, 4),
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=6 * 8 + XL_WIDTHS[1],
        transformer_layers_per_block=(1, 2),
        norm_num_groups=8,
        conditioning_embedding_out_channels=(8, 8, 16, 16),
        num_control_type=6,
        num_trans_channel=16,
        num_trans_head=2,
        num_proj_channel=16,
    )
    return pipeline, [net]


def sd3(folder: Path):
    from diffusers import SD3ControlNetModel, SD3Transformer2DModel, StableDiffusion3Pipeline

    tokenizer = clip_tokenizer(folder)
    encoder, t5_tokenizer = t5()
    same = {
        "sample_size": 16,
        "patch_size": 2,
        "in_channels": 16,
        "num_attention_heads": 4,
        "attention_head_dim": 8,
        "joint_attention_dim": 2 * TEXT,
        "caption_projection_dim": 32,
        "pooled_projection_dim": 2 * TEXT,
        "out_channels": 16,
        "pos_embed_max_size": 16,
    }
    encoder_wide = t5_wide(encoder.config, 2 * TEXT)
    pipeline = StableDiffusion3Pipeline(
        transformer=SD3Transformer2DModel(num_layers=2, **same),
        scheduler=flow(shift=3.0),
        vae=kl(16, shift_factor=0.06, scaling_factor=1.5, use_quant_conv=False, use_post_quant_conv=False),
        text_encoder=clip(projected=True, tokenizer=tokenizer),
        tokenizer=tokenizer,
        text_encoder_2=clip(projected=True, tokenizer=tokenizer),
        tokenizer_2=tokenizer,
        text_encoder_3=encoder_wide,
        tokenizer_3=t5_tokenizer,
    )
    return pipeline, [SD3ControlNetModel(num_layers=1, **same) for _ in range(2)]


def t5_wide(config, width: int):
    """A T5 encoder whose text is as wide as both CLIP encoders' together, as Stable Diffusion 3 joins them."""
    from transformers import T5EncoderModel

    config.d_model = width
    return T5EncoderModel(config)


def flux_parts(folder: Path, cls, channels: int):
    from diffusers import FluxTransformer2DModel

    tokenizer = clip_tokenizer(folder)
    encoder, t5_tokenizer = t5()
    transformer = FluxTransformer2DModel(
        in_channels=channels,
        out_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=TEXT,
        pooled_projection_dim=TEXT,
        guidance_embeds=True,
        axes_dims_rope=(4, 4, 8),
    )
    return cls(
        scheduler=flow(use_dynamic_shifting=True),
        vae=kl(4, shift_factor=0.1, scaling_factor=0.36, use_quant_conv=False, use_post_quant_conv=False),
        text_encoder=clip(tokenizer=tokenizer),
        tokenizer=tokenizer,
        text_encoder_2=encoder,
        tokenizer_2=t5_tokenizer,
        transformer=transformer,
    )


def flux(folder: Path, modes: int | None = None):
    from diffusers import FluxControlNetModel, FluxPipeline

    pipeline = flux_parts(folder, FluxPipeline, 16)
    nets = [
        FluxControlNetModel(
            in_channels=16,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=TEXT,
            pooled_projection_dim=TEXT,
            guidance_embeds=True,
            axes_dims_rope=(4, 4, 8),
            num_mode=modes,
        )
        for _ in range(2)
    ]
    return pipeline, nets


def flux_union(folder: Path):
    return flux(folder, modes=7)


def flux_control(folder: Path):
    from diffusers import FluxControlPipeline

    return flux_parts(folder, FluxControlPipeline, 32), []


def qwen(folder: Path):
    from diffusers import (
        AutoencoderKLQwenImage,
        QwenImageControlNetModel,
        QwenImagePipeline,
        QwenImageTransformer2DModel,
    )
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

    tokenizer = qwen_tokenizer(folder / "qwen")
    config = Qwen2_5_VLConfig(
        text_config={
            "hidden_size": 16,
            "intermediate_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 2,
            "rope_parameters": {"mrope_section": [1, 1, 2], "rope_type": "default", "type": "default"},
            "vocab_size": len(tokenizer),
            "bos_token_id": 0,
            "eos_token_id": 1,
        },
        vision_config={
            "depth": 1,
            "hidden_size": 16,
            "intermediate_size": 16,
            "num_heads": 2,
            "out_hidden_size": 16,
        },
        vocab_size=len(tokenizer),
    )
    same = {
        "in_channels": 16,
        "out_channels": 4,
        "attention_head_dim": 16,
        "num_attention_heads": 2,
        "joint_attention_dim": 16,
        "axes_dims_rope": (4, 4, 8),
    }
    pipeline = QwenImagePipeline(
        scheduler=flow(use_dynamic_shifting=True),
        vae=AutoencoderKLQwenImage(
            base_dim=8, z_dim=4, dim_mult=[1, 1, 1, 1], latents_mean=[0.0] * 4, latents_std=[1.0] * 4
        ),
        text_encoder=Qwen2_5_VLForConditionalGeneration(config),
        tokenizer=tokenizer,
        transformer=QwenImageTransformer2DModel(num_layers=2, **same),
    )
    return pipeline, [QwenImageControlNetModel(num_layers=1, **same)]


def zimage(folder: Path):
    from diffusers import ZImageControlNetModel, ZImagePipeline, ZImageTransformer2DModel
    from transformers import Qwen3Config, Qwen3Model

    tokenizer = qwen_tokenizer(folder / "zimage")
    config = Qwen3Config(
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        head_dim=8,
        vocab_size=len(tokenizer),
        max_position_embeddings=1024,
    )
    same = {"dim": 32, "n_heads": 2, "n_kv_heads": 2, "n_refiner_layers": 1}
    pipeline = ZImagePipeline(
        scheduler=flow(shift=3.0),
        vae=kl(4, shift_factor=0.1, scaling_factor=0.36, use_quant_conv=False, use_post_quant_conv=False),
        text_encoder=Qwen3Model(config),
        tokenizer=tokenizer,
        transformer=ZImageTransformer2DModel(
            in_channels=4,
            n_layers=2,
            cap_feat_dim=16,
            axes_dims=[4, 4, 8],
            axes_lens=[1024, 64, 64],
            **same,
        ),
    )
    net = ZImageControlNetModel(control_layers_places=[0], control_in_dim=4, **same)
    return pipeline, [net]


ONE_NET = {"sdxl_union", "qwen"}
ONE_CONTROL = {"flux_control", "zimage"}
BUILDERS = {
    "sdxl": sdxl,
    "sdxl_union": sdxl_union,
    "sd3": sd3,
    "flux": flux,
    "flux_union": flux_union,
    "flux_control": flux_control,
    "qwen": qwen,
    "zimage": zimage,
}
