# SPDX-License-Identifier: GPL-3.0-or-later
"""A loaded model: batches of control images, prompts and seeds to batches of pictures."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from ...core.arrays import RGBImage
from ...core.families import FACTS, Family
from ...core.model_spec import ModelSpec
from .encoding import TextEncoders, shape, stack
from .extras import Loras, Reference
from .family import Call, Encoded, Text
from .flow_start import Beginning
from .speed import is_compilers, undo_compile
from .table import FAMILIES

log = logging.getLogger(__name__)
T = TypeVar("T")


class _StoppedError(Exception):
    """Leaves the denoising loop from its callback; diffusers' own ``_interrupt`` would still decode the picture."""


@dataclass(frozen=True)
class SampleInput:
    """What one picture is made of.

    ``controls`` are (H, W, 3) uint8 for each kind that the model reads, all of the size the picture shall have.
    ``seed`` is that of the CPU generator which draws the starting noise, ``strength`` a factor of every ControlNet's
    scale. ``style`` is the name that LoRAs go by. Where the model's source is not TEXT, ``picture`` (H, W, 3) is the
    finished picture and ``objects`` (H, W) is True on what is labelled.
    """

    controls: Mapping[str, RGBImage]
    prompt: str
    negative_prompt: str
    seed: int
    strength: float = 1.0
    style: str = ""
    picture: RGBImage | None = None
    objects: NDArray[np.bool_] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        height, width = next(iter(self.controls.values())).shape[:2]
        return height, width


class Stylizer:
    """A loaded model. ``kinds`` are the control images it reads, in the order of its ControlNets."""

    def __init__(
        self,
        pipeline: Any,
        model: ModelSpec,
        family: Family,
        device: str,
        loras: Loras,
        reference: Reference,
    ) -> None:
        self.model = model
        self.kinds = tuple(control.kind for control in model.controls)
        self.steps = model.steps
        self.guidance_scale = model.guidance_scale
        self.device = device
        self.engine = device
        """What the pictures are made by, in words: device, precision, what was done for speed."""
        self._pipeline = pipeline
        self._name = family
        self._family = FAMILIES[family]
        self._loras = loras
        self._reference = reference
        self._texts = TextEncoders(pipeline, self._family, device, lambda text: loras.apply(text.weights))

    def picture(
        self, sample: SampleInput, should_stop: Callable[[], bool] = lambda: False
    ) -> RGBImage | None:
        """Make one picture; see :meth:`pictures`."""
        made = self.pictures([sample], should_stop)
        return None if made is None else made[0]

    def pictures(
        self, samples: Sequence[SampleInput], should_stop: Callable[[], bool] = lambda: False
    ) -> list[RGBImage] | None:
        """Make pictures of one size, in one batch as far as their prompts let them.

        Each sample has its own generator, so that its starting noise is the same in any company. On a CPU they are
        made one by one: equal samples give equal pictures whatever else is made, as oneDNN's last bits depend on the
        size of a batch, which gains nothing there. On a GPU company may change a picture by a level here and there.

        Args:
            samples: what they are made of.
            should_stop: asked after every denoising step.

        Returns:
            (H, W, 3) uint8 for each sample, or None when ``should_stop`` said so.

        Raises:
            ValueError: the model gave pixels that are not numbers, or pictures of another size.
            RuntimeError: what torch raises, out of memory included.
        """
        prompts = self._texts.encode(self._text(sample) for sample in samples)
        made: dict[int, RGBImage] = {}
        try:
            for numbers in self._batches(samples, prompts):
                batch = self._batch_or_plain(
                    [samples[n] for n in numbers], stack([prompts[n] for n in numbers]), should_stop
                )
                made |= dict(zip(numbers, batch, strict=True))
        except _StoppedError:
            return None
        return [made[number] for number in range(len(samples))]

    def prepare(self, texts: Sequence[tuple[str, str, str]]) -> None:
        """Encode (prompt, negative prompt, style) ahead, so that the text encoders come and go once."""
        self._texts.encode(self._text_of(*text) for text in texts)

    def free_memory(self) -> None:
        """Give back what a failed picture left behind."""
        gc.collect()
        if self.device.startswith("cuda"):
            torch.cuda.empty_cache()

    def _text(self, sample: SampleInput) -> Text:
        return self._text_of(sample.prompt, sample.negative_prompt, sample.style)

    def _text_of(self, prompt: str, negative: str, style: str) -> Text:
        guided = self.guidance_scale > self._family.guided_above
        reads_negative = guided and FACTS[self._name].negative
        return Text(prompt, negative if reads_negative else "", guided, self._loras.weights(style))

    def _batches(self, samples: Sequence[SampleInput], prompts: Sequence[Encoded]) -> list[list[int]]:
        """Return the numbers of samples that are made together."""
        if self.device == "cpu":
            return [[number] for number in range(len(prompts))]
        keys = [
            (shape(prompt), sample.strength, self._loras.weights(sample.style))
            for prompt, sample in zip(prompts, samples, strict=True)
        ]
        return [[number for number, key in enumerate(keys) if key == one] for one in dict.fromkeys(keys)]

    def _batch_or_plain(
        self, samples: Sequence[SampleInput], prompts: dict[str, Any], should_stop: Callable[[], bool]
    ) -> list[RGBImage]:
        """Make a batch; if the compiler fails at it, without the compiler from here on."""
        try:
            return self._batch(samples, prompts, should_stop)
        except RuntimeError as error:
            if not is_compilers(error):
                raise
            log.warning("The model cannot be compiled (%s); it runs as it is.", type(error).__name__)
            undo_compile(self._pipeline, self._family)
            self.engine = self.engine.replace(", compiled", ", not compiled")
            return self._batch(samples, prompts, should_stop)

    def _batch(
        self, samples: Sequence[SampleInput], prompts: dict[str, Any], should_stop: Callable[[], bool]
    ) -> list[RGBImage]:
        def after_step(_pipeline: Any, step: int, _time: Any, values: dict[str, Any]) -> dict[str, Any]:
            if should_stop():
                raise _StoppedError
            return values if beginning is None else beginning.after_step(step, values)

        height, width = samples[0].size
        images = [_tensor([sample.controls[kind] for sample in samples], self.device) for kind in self.kinds]
        strength = samples[0].strength
        controls = [replace(control, scale=control.scale * strength) for control in self.model.controls]
        picture, mask = self._start(samples)
        call = Call(
            images,
            controls,
            self.guidance_scale,
            self._modes(),
            picture,
            mask,
            self.model.strength,
            net_reads_kept="Inpaint" in type(self._pipeline).__name__,
        )
        generators = [torch.Generator("cpu").manual_seed(sample.seed) for sample in samples]
        with torch.no_grad(), self._loras.applied(samples[0].style, self._texts):
            beginning = self._beginning(call, generators)
            result = self._pipeline(
                **prompts,
                **self._family.arguments(call),
                **self._reference.arguments(guided=self._text(samples[0]).guided),
                **(beginning.arguments if beginning is not None else {}),
                height=height,
                width=width,
                num_inference_steps=self.steps,
                generator=generators,
                callback_on_step_end=after_step,
                output_type="pt",
            )
        made = _to_bytes(result.images, (height, width))
        return made if mask is None else _kept(made, samples, mask)

    def _beginning(self, call: Call, generators: Sequence[torch.Generator]) -> Beginning | None:
        """Return how the batch begins with pictures, where the pipeline itself does not know how to."""
        if call.picture is None or self._family.flow is None:
            return None
        return Beginning(self._pipeline, self._family.flow, call, self.steps, generators)

    def _start(self, samples: Sequence[SampleInput]) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        """Return what the pictures begin with, and where they are repainted."""
        source = self.model.source
        if source == "TEXT":
            return None, None
        picture = _tensor([_known(sample.picture) for sample in samples], self.device)
        if source == "RENDER":
            return picture, None
        objects = np.stack([_known(sample.objects) for sample in samples])
        repainted = ~objects if source == "KEEP_OBJECTS" else objects
        return picture, torch.from_numpy(repainted[:, None].astype(np.float32)).to(self.device)

    def _modes(self) -> tuple[int | None, ...]:
        """Return how the union ControlNets know the kinds; None for those that are not told."""
        modes = FACTS[self._name].modes
        nets = getattr(self._pipeline, "controlnet", None)
        nets = getattr(nets, "nets", [nets]) if modes else []
        config = nets[0].config if len(nets) else {}
        told = "num_control_type" in config or config.get("num_mode") is not None
        return tuple(modes.get(kind) if told else None for kind in self.kinds)


def _tensor(images: Sequence[RGBImage], device: str) -> torch.Tensor:
    """Return pictures as (N, 3, H, W) float32 in [0, 1], as diffusers makes them of files."""
    levels = np.stack(images).astype(np.float32) / np.float32(255.0)
    return torch.from_numpy(np.ascontiguousarray(levels.transpose(0, 3, 1, 2))).to(device)


def _known(value: T | None) -> T:
    if value is None:
        raise ValueError("the finished picture or the masks of the view are missing")
    return value


def _kept(made: Sequence[RGBImage], samples: Sequence[SampleInput], mask: torch.Tensor) -> list[RGBImage]:
    """Put back what is not repainted, to the pixel: going through latents changes it a little."""
    repainted = mask[:, 0, :, :, None].cpu().numpy() > 0.5
    return [
        np.where(where, picture, _known(sample.picture))
        for where, picture, sample in zip(repainted, made, samples, strict=True)
    ]


def _to_bytes(pictures: torch.Tensor, size: tuple[int, int]) -> list[RGBImage]:
    """Round (N, 3, H, W) levels in [0, 1] to bytes, halves upwards."""
    if tuple(pictures.shape[2:]) != size:
        made = f"{pictures.shape[3]} x {pictures.shape[2]}"
        raise ValueError(f"the model made {made} pixels where {size[1]} x {size[0]} were asked for")
    levels = pictures.float()
    if not torch.isfinite(levels).all():
        raise ValueError("the model gave pixels that are not numbers; try the precision float32")
    levels = (levels.clamp(0.0, 1.0) * 255.0 + 0.5).floor().to(torch.uint8)
    return list(levels.permute(0, 2, 3, 1).contiguous().cpu().numpy())
