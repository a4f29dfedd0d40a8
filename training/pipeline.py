# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts the trained parts together as the stock `StableDiffusionControlNetPipeline`, in memory or in a folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch
from diffusers import AutoencoderTiny, MultiControlNetModel, StableDiffusionControlNetPipeline
from transformers import CLIPTokenizer

from .model.networks import Networks, make_scheduler


def load_networks(run: Path) -> Networks:
    """The averaged networks of a training run."""
    networks = Networks(CLIPTokenizer.from_pretrained(run / "tokenizer"))
    networks.load_state_dict(torch.load(run / "averaged.pt"))
    networks.eval()
    return networks


def make_pipeline(run: Path) -> StableDiffusionControlNetPipeline:
    """The pipeline of a training run, float32."""
    networks = load_networks(run)
    return StableDiffusionControlNetPipeline(
        vae=AutoencoderTiny.from_pretrained(run / "vae"),
        text_encoder=networks.text_encoder,
        tokenizer=CLIPTokenizer.from_pretrained(run / "tokenizer"),
        unet=networks.unet,
        controlnet=MultiControlNetModel(list(networks.controlnets)),
        scheduler=make_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def open_pipeline(folder: Path) -> StableDiffusionControlNetPipeline:
    """An exported folder, loaded as any user would, in float32."""
    return StableDiffusionControlNetPipeline.from_pretrained(folder, safety_checker=None, dtype=torch.float32)


def export(run: Path, folder: Path) -> None:
    """Writes the run's pipeline to `folder` as float16 safetensors; the old one goes only once the new is whole.

    Files in `folder` which are not the pipeline's (its card, its settings) are kept.
    """
    fresh = folder.with_name(folder.name + ".part")
    shutil.rmtree(fresh, ignore_errors=True)
    make_pipeline(run).to(torch.float16).save_pretrained(fresh, safe_serialization=True)
    for name in ("vocab.json", "merges.txt"):
        shutil.copyfile(run / "tokenizer" / name, fresh / "tokenizer" / name)
    for path in fresh.rglob("*.safetensors"):
        path.chmod(0o644)
    for config in fresh.rglob("*.json"):
        _drop_settings(config)
    _load_as_float32(fresh / "text_encoder" / "config.json")
    if folder.exists():
        for path in folder.iterdir():
            if path.is_file() and not (fresh / path.name).exists():
                shutil.copy2(path, fresh)
        old = folder.with_name(folder.name + ".old")
        folder.rename(old)
        fresh.rename(folder)
        shutil.rmtree(old)
    else:
        fresh.rename(folder)


def _drop_settings(config: Path) -> None:
    """Takes out what does not belong in a shipped file.

    That is the folder a part was read from, and one setting that AutoencoderTiny works out itself and then warns about.
    """
    settings = json.loads(config.read_text(encoding="utf-8"))
    unwanted = {"_name_or_path"} | ({"block_out_channels"} if config.parent.name == "vae" else set())
    if unwanted & settings.keys():
        kept = {name: value for name, value in settings.items() if name not in unwanted}
        config.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _load_as_float32(config: Path) -> None:
    """Makes transformers load its float16 file as float32 by default, as diffusers does with the other parts."""
    settings = json.loads(config.read_text(encoding="utf-8"))
    settings["dtype"] = "float32"
    config.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
