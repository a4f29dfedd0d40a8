# SPDX-License-Identifier: GPL-3.0-or-later
"""How a loaded pipeline is put onto its device, and what makes it faster there."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final

import torch

from ...core.model_spec import SpeedSpec
from .family import PipelineFamily

log = logging.getLogger(__name__)
WORTH_COMPILING: Final = 200
"""So many pictures pay for the minute that compiling takes."""
BLOCKS: Final = "TransformerBlock"
"""What the classes of repeated blocks end in, in denoisers and ControlNets of all families."""
Backend = str | Callable[..., Any]


def place(pipeline: Any, family: PipelineFamily, speed: SpeedSpec, device: str, samples: int) -> list[str]:
    """Move a pipeline to its device, all of it or part by part, and make it fast; say what was done.

    Args:
        pipeline: loaded, on the CPU.
        family: of the model.
        speed: what the request wants.
        device: "cpu", "cuda", "mps", or one of several as "cuda:1".
        samples: how many pictures the job has, as compiling must pay.
    """
    if device == "cpu":
        return []
    done = []
    if family.transformer == "unet":
        channels_last(pipeline)
        done.append("channels last")
    if not device.startswith("cuda"):
        pipeline.to(device)
        return done
    if speed.offload == "MODEL":
        pipeline.enable_model_cpu_offload(device=device)
        return [*done, "parts offloaded"]
    if speed.offload == "SEQUENTIAL":
        pipeline.enable_sequential_cpu_offload(device=device)
        return [*done, "layers offloaded"]
    pipeline.to(device)
    if speed.compile == "ON" or (speed.compile == "AUTO" and samples >= WORTH_COMPILING):
        compile_blocks(pipeline, family)
        done.append("compiled")
    return done


def channels_last(pipeline: Any) -> None:
    """Let convolutions find the channels of a pixel side by side, as a GPU's tensor cores want them."""
    for name in ("unet", "controlnet", "vae"):
        part = getattr(pipeline, name, None)
        if isinstance(part, torch.nn.Module):
            part.to(memory_format=torch.channels_last)


def blocks(pipeline: Any, family: PipelineFamily) -> Iterator[torch.nn.Module]:
    """Yield the blocks that the denoiser and the ControlNets repeat, each once."""
    seen: set[int] = set()
    for name in (family.transformer, "controlnet"):
        part = getattr(pipeline, name, None)
        for module in part.modules() if isinstance(part, torch.nn.Module) else ():
            if type(module).__name__.endswith(BLOCKS) and id(module) not in seen:
                seen.add(id(module))
                yield module


def compile_blocks(pipeline: Any, family: PipelineFamily, backend: Backend = "inductor") -> None:
    """Compile the repeated blocks: as fast as compiling the whole, in a tenth of the time.

    diffusers' ``compile_repeated_blocks`` does so for denoisers, and knows no blocks of ControlNets.
    """
    for block in blocks(pipeline, family):
        block.compile(backend=backend)


def is_compilers(error: RuntimeError) -> bool:
    """Tell whether an error came from torch's compiler; it is not imported for this, which takes a while."""
    known = sys.modules.get("torch._dynamo.exc")
    return known is not None and isinstance(error, known.TorchDynamoException)


def undo_compile(pipeline: Any, family: PipelineFamily) -> None:
    """Run the blocks as they were."""
    for block in blocks(pipeline, family):
        block._compiled_call_impl = None  # noqa: SLF001 - torch has no other way back
