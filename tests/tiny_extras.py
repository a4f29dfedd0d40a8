# SPDX-License-Identifier: GPL-3.0-or-later
"""Small LoRAs and IP-Adapters with random weights, in the files that users have."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def save_lora(base: Path, file: Path, *, text: bool = False, seed: int = 0) -> Path:
    """Save a LoRA of the attention layers of a folder's UNet (and text encoder), by peft and diffusers."""
    import torch
    from diffusers import StableDiffusionPipeline, UNet2DConditionModel
    from diffusers.utils import convert_state_dict_to_diffusers
    from peft import LoraConfig
    from peft.utils import get_peft_model_state_dict
    from transformers import CLIPTextModel

    torch.manual_seed(seed)

    def layers(model, targets):
        model.add_adapter(LoraConfig(r=2, lora_alpha=2, init_lora_weights=False, target_modules=targets))
        for name, parameter in model.named_parameters():
            if "lora_" in name:
                torch.nn.init.normal_(parameter, std=0.5)
        return convert_state_dict_to_diffusers(get_peft_model_state_dict(model))

    unet = layers(UNet2DConditionModel.from_pretrained(base / "unet"), ["to_q", "to_k", "to_v"])
    encoder = CLIPTextModel.from_pretrained(base / "text_encoder") if text else None
    StableDiffusionPipeline.save_lora_weights(
        file.parent,
        unet_lora_layers=unet,
        text_encoder_lora_layers=layers(encoder, ["q_proj", "v_proj"]) if encoder is not None else None,
        weight_name=file.name,
    )
    return file


def save_denoiser_lora(pipeline: str, base: Path, file: Path) -> Path:
    """Save a LoRA of any family's denoiser, as training scripts do; ``pipeline`` is the family's class."""
    import diffusers
    import torch
    from peft import LoraConfig
    from peft.utils import get_peft_model_state_dict

    torch.manual_seed(0)
    cls = getattr(diffusers, pipeline)
    part = "unet" if (base / "unet").is_dir() else "transformer"
    model = diffusers.AutoModel.from_pretrained(str(base / part))
    model.add_adapter(LoraConfig(r=2, lora_alpha=2, init_lora_weights=False, target_modules=["to_q", "to_v"]))
    for name, parameter in model.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(parameter, std=0.5)
    cls.save_lora_weights(
        file.parent, weight_name=file.name, **{f"{part}_lora_layers": get_peft_model_state_dict(model)}
    )
    return file


def save_ip_adapter(base: Path, folder: Path) -> Path:
    """Save an IP-Adapter for a folder's UNet with its image encoder beside it; return the weights file."""
    import torch
    from diffusers import UNet2DConditionModel
    from safetensors.torch import save_file
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    torch.manual_seed(3)
    unet = UNet2DConditionModel.from_pretrained(base / "unet")
    width, tokens, seen = unet.config.cross_attention_dim, 4, 8
    weights = {
        "image_proj.proj.weight": torch.randn(tokens * width, seen),
        "image_proj.proj.bias": torch.zeros(tokens * width),
        "image_proj.norm.weight": torch.ones(width),
        "image_proj.norm.bias": torch.zeros(width),
    }
    number = 1
    for name in unet.attn_processors:
        if name.endswith("attn2.processor"):
            hidden = unet.get_submodule(name.removesuffix(".processor")).to_q.out_features
            for part in ("to_k_ip", "to_v_ip"):
                weights[f"ip_adapter.{number}.{part}.weight"] = torch.randn(hidden, width)
            number += 2
    folder.mkdir(parents=True)
    save_file(weights, folder / "adapter.safetensors")
    encoder = CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            hidden_size=16,
            intermediate_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            image_size=32,
            patch_size=8,
            projection_dim=seen,
        )
    )
    encoder.save_pretrained(folder / "image_encoder")
    return folder / "adapter.safetensors"


def save_picture(file: Path, colour: tuple[int, int, int]) -> Path:
    """Save a picture of one colour."""
    from PIL import Image

    Image.fromarray(np.full((40, 40, 3), colour, np.uint8)).save(file)
    return file
