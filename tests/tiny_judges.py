# SPDX-License-Identifier: GPL-3.0-or-later
"""Depth, CLIP and OWL-ViT models of transformers' real classes with small random weights, saved to disk."""

from __future__ import annotations

from pathlib import Path

from tests.tiny_model import clip_tokenizer

TEXT = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
SIDE = 32


def save_depth_model(folder: Path) -> Path:
    """Save a DPT, as MiDaS 3 is."""
    import torch
    from transformers import DPTConfig, DPTForDepthEstimation, DPTImageProcessor

    torch.manual_seed(0)
    config = DPTConfig(
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=2,
        intermediate_size=37,
        image_size=SIDE,
        patch_size=8,
        backbone_out_indices=[0, 1, 2, 3],
        neck_hidden_sizes=[16, 16, 16, 16],
        fusion_hidden_size=16,
        is_hybrid=False,
    )
    DPTForDepthEstimation(config).save_pretrained(folder)
    DPTImageProcessor(size={"height": SIDE, "width": SIDE}).save_pretrained(folder)
    return folder


def save_clip(folder: Path) -> Path:
    """Save a CLIP."""
    import torch
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPProcessor

    torch.manual_seed(1)
    tokenizer = clip_tokenizer(folder / "tokenizer_source")
    text = TEXT | {"vocab_size": len(tokenizer), "max_position_embeddings": 16, "projection_dim": 24}
    text |= {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}
    vision = TEXT | {"image_size": SIDE, "patch_size": 8, "projection_dim": 24}
    config = CLIPConfig(text_config=text, vision_config=vision, projection_dim=24)
    CLIPModel(config).save_pretrained(folder)
    images = CLIPImageProcessor(size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE})
    CLIPProcessor(images, tokenizer).save_pretrained(folder)
    return folder


def save_detector(folder: Path) -> Path:
    """Save an OWL-ViT."""
    import torch
    from transformers import (
        OwlViTConfig,
        OwlViTForObjectDetection,
        OwlViTImageProcessor,
        OwlViTProcessor,
    )

    torch.manual_seed(2)
    tokenizer = clip_tokenizer(folder / "tokenizer_source")
    text = TEXT | {
        "vocab_size": len(tokenizer),
        "max_position_embeddings": 16,
        "pad_token_id": tokenizer.pad_token_id,
    }
    text |= {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}
    vision = TEXT | {"image_size": SIDE, "patch_size": 8}
    # As in the published ones: the text tower is as wide as what both towers are projected to.
    config = OwlViTConfig(text_config=text, vision_config=vision, projection_dim=TEXT["hidden_size"])
    model = OwlViTForObjectDetection(config)
    model.box_head.dense2.weight.data *= 0.01  # else every box is as large as can be, or nothing
    model.save_pretrained(folder)
    images = OwlViTImageProcessor(size={"height": SIDE, "width": SIDE})
    OwlViTProcessor(images, tokenizer).save_pretrained(folder)
    return folder
