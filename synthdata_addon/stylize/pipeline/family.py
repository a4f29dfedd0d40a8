# SPDX-License-Identifier: GPL-3.0-or-later
"""What a model family's file says: the diffusers classes, and how to call them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch

from ...core.controls import ControlSpec
from ...core.model_spec import Source

if TYPE_CHECKING:
    from .flow_start import FlowStart

Encoded = Mapping[str, Any]
"""The arguments that a prompt becomes: tensors (1, ...), lists of one tensor, or None."""


@dataclass(frozen=True)
class Text:
    """A prompt to encode; ``negative`` counts only where ``guided`` (classifier-free guidance) is set.

    ``weights`` are those of the LoRAs, which may change what text encoders say.
    """

    prompt: str
    negative: str
    guided: bool
    weights: tuple[float, ...] = ()


@dataclass(frozen=True)
class Call:
    """A batch of N pictures of one size, as every family gets it.

    ``images`` has a tensor (N, 3, H, W), float32 in [0, 1], for each of ``controls``, in their order; ``modes`` are the
    numbers that a union ControlNet knows their kinds by, None for a ControlNet that is not told. Where pictures are not
    made of noise alone, ``picture`` (N, 3, H, W) in [0, 1] is what they begin with, ``strength`` how much noise goes
    over it, and ``mask`` (N, 1, H, W) is 1 where it is repainted (None: everywhere); ``net_reads_kept`` tells that the
    pipeline shows its ControlNet what is kept.
    """

    images: Sequence[torch.Tensor]
    controls: Sequence[ControlSpec]
    guidance_scale: float
    modes: Sequence[int | None] = ()
    picture: torch.Tensor | None = None
    mask: torch.Tensor | None = None
    strength: float = 1.0
    net_reads_kept: bool = False


def same(pipeline: Any) -> Any:
    """Return a pipeline as it is."""
    return pipeline


@dataclass(frozen=True)
class PipelineFamily:
    """A family's classes and calls.

    ``pipeline``, ``redraw`` (begins with a picture), ``inpaint`` (repaints a part of it) and ``control`` name diffusers
    classes; ``control`` is empty where the base model reads the control image itself. ``join`` makes one module of the
    ControlNets, one a control, in order; the same may come twice. ``half`` is the precision of a GPU. ``encoders`` are
    the parts that only prompts need, ``transformer`` is the part that denoises. A guidance scale above
    ``guided_above`` costs a second, unguided pass. Where there are no ``redraw`` and ``inpaint``, ``flow`` begins with
    a picture; ``repainting`` makes of a loaded pipeline the one that repaints a part.
    """

    pipeline: str
    control: str
    join: Callable[[list[Any]], Any]
    encode: Callable[[Any, Text, str], Encoded]
    arguments: Callable[[Call], dict[str, Any]]
    encoders: tuple[str, ...]
    half: torch.dtype
    transformer: str = "transformer"
    guided_above: float = 1.0
    options: Mapping[str, Any] = field(default_factory=dict)
    redraw: str = ""
    inpaint: str = ""
    flow: FlowStart | None = None
    repainting: Callable[[Any], Any] = same

    def class_of(self, source: Source) -> str:
        """Return the diffusers class that makes pictures from such a start."""
        if self.flow is not None:
            return self.pipeline
        return {"TEXT": self.pipeline, "RENDER": self.redraw}.get(source, self.inpaint)


def strengths(call: Call) -> dict[str, Any]:
    """Return how strongly and when each ControlNet steers, as most families take it."""
    return {
        "controlnet_conditioning_scale": [control.scale for control in call.controls],
        "control_guidance_start": [control.start for control in call.controls],
        "control_guidance_end": [control.end for control in call.controls],
    }


def start(call: Call) -> dict[str, Any]:
    """Return what pictures begin with, for all families alike; nothing where that is noise."""
    if call.picture is None:
        return {}
    mask = {} if call.mask is None else {"mask_image": call.mask}
    return {"image": call.picture, "strength": call.strength, **mask}


def signed(images: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """Return images in [-1, 1], as autoencoders read them; such pipelines take tensors as they are."""
    return [image * 2.0 - 1.0 for image in images]


def first(nets: list[Any]) -> Any:
    """Join ControlNets that are one and the same."""
    return nets[0]
