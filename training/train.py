# SPDX-License-Identifier: GPL-3.0-or-later
"""Second stage: trains text encoder, UNet and both ControlNets together. `python -m training.train PACKED RUN`.

Resumes from RUN/checkpoint.pt. One CPU thread is the intended machine; everything is seeded by the step's number.
"""

from __future__ import annotations

import argparse
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .data.crops import HELD_OUT, Bytes, controls_of, draw_batch, load_scenes, load_training, make_batch
from .data.styles import STYLES
from .held_out import HeldOut
from .model.detail import start_detail
from .model.latents import Patches
from .model.networks import LAST_STEP, Networks, count
from .model.start import load_warm, wake
from .model.tokenizer import open_tokenizer

LOG = logging.getLogger(__name__)
LATENT_WEIGHT = 0.4
THING_WEIGHT = 3.0
"""How much more a pixel of a thing counts than one of a wall, a floor or a ceiling."""
CONTROL_OFF = (0.05, 0.14)
"""How often a step runs with the depth net off, and with the normal net off."""
WARM_STEPS = 100
COOL_SHARE = 0.6
EMA_DECAY = 0.995
AVERAGE_EVERY = 4
SAVE_SECONDS = 180.0
NOTE_SECONDS = 900.0


@dataclass
class Clock:
    """Where the run is: steps and crops done, seconds trained (over all resumes).

    `total` is the run's length in steps, or in seconds if `timed`: only a run by steps makes the same weights twice.
    """

    total: float
    timed: bool = False
    small_until: float = 0.3
    """The share of the run whose crops are mostly small; 0 for a warm start."""
    step: int = 0
    crops: int = 0
    seconds: float = 0.0

    @property
    def share(self) -> float:
        """0..1 of the run."""
        return (self.seconds if self.timed else self.step) / self.total

    def rate(self, peak: float) -> float:
        """The learning rate now: warm-up, flat, then straight down to 3 %."""
        cool = 1.0 if self.share < 1 - COOL_SHARE else max(0.03, (1 - self.share) / COOL_SHARE)
        return peak * min(1.0, (self.step + 1) / WARM_STEPS) * cool

    def crop(self, rng: np.random.Generator) -> tuple[int, int]:
        """Crop size (pixels) and batch size of the next step: small crops first, whole 256 px pictures at the end."""
        if self.share < self.small_until:
            shares = (0.7, 0.3, 0.0)
        elif self.share < 0.75:
            shares = (0.2, 0.7, 0.1)
        else:
            shares = (0.0, 0.7, 0.3)
        return ((64, 8), (128, 3), (256, 1))[int(rng.choice(3, p=shares))]


def picture_loss(predicted: Tensor, clean: Tensor, things: Tensor, patches: Patches) -> tuple[Tensor, Tensor]:
    """The loss, and the plain picture error in 0..1 units; `things` (B, 1, H, W) marks the pixels that count more.

    L1 on pixels (through the linear decode) sets the colours; squared error on latents, which weighs a patch's fine
    detail like its mean colour, sets the edges. L1 alone leaves them out: while unsure, no edge is its best guess.
    Walls and floors fill most of a picture: unless things weigh more, their colours are learned last.
    """
    error = patches.decode_difference(predicted - clean)
    edges = error.diff(dim=-1).abs().mean() + error.diff(dim=-2).abs().mean()
    weight = 1 + (THING_WEIGHT - 1) * things
    colours = (weight * error.abs()).sum() / (3 * weight.sum())
    loss = colours + 0.3 * edges + LATENT_WEIGHT * (predicted - clean).square().mean()
    return loss, error.detach().abs().mean() / 2


class Trainer:
    """Networks, optimizer, averaged weights and clock; all of it goes into one checkpoint file."""

    def __init__(
        self, scenes: list[Bytes], run: Path, clock: Clock, peak: float, warm: Path | None = None
    ) -> None:
        self.scenes, self.run, self.peak, self.clock = scenes, run, peak, clock
        self.patches = Patches(**torch.load(run / "patches.pt"))
        self.tokenizer = open_tokenizer(run / "tokenizer")
        torch.manual_seed(0)
        self.networks = Networks(self.tokenizer).to(memory_format=torch.channels_last)
        self.weights = list(self.networks.parameters())
        self._start([scene[view] for scene in scenes[:12] for view in (1, 5)], warm)
        self.average = [weight.detach().clone() for weight in self.weights]
        self.optimizer = torch.optim.AdamW(
            self.weights, lr=peak, betas=(0.9, 0.98), weight_decay=0.01, fused=True
        )
        LOG.info("%s", count(self.networks))

    def _start(self, views: list[Bytes], warm: Path | None) -> None:
        """Starts the networks on an earlier run, or on the controls and the pictures in every style of some views."""
        if warm is not None:
            load_warm(self.networks, self.tokenizer, warm)
            return
        controls = controls_of(np.stack(views))
        wake(self.networks, controls)
        styled, texts = [], []
        for style, (first, *_) in enumerate(known.wordings for known in STYLES):
            batch = make_batch(views, [style] * len(views), [first] * len(views))
            styled.append(batch.pictures)
            texts.append(self._ids(batch.prompts))
        start_detail(self.networks, self.patches, controls, styled, texts)

    def _ids(self, prompts: list[str]) -> Tensor:
        ids: Tensor = self.tokenizer(
            prompts, padding="max_length", truncation=True, return_tensors="pt"
        ).input_ids
        return ids

    def step(self) -> tuple[float, float]:
        """One optimizer step; returns the loss and the mean picture error."""
        clock = self.clock
        rng = np.random.default_rng((7, clock.step))
        torch.manual_seed(clock.step)
        size, number = clock.crop(rng)
        batch = draw_batch(self.scenes, rng, size, number)
        off = int(np.searchsorted(np.cumsum(CONTROL_OFF), rng.random()))
        controls = [None if kind == off else control for kind, control in enumerate(batch.controls)]
        clean = self.patches.encode(batch.pictures)
        # The last step is pure noise (zero terminal SNR): the picture can only come from controls and prompt.
        noisy, steps = torch.randn_like(clean), torch.full((number,), LAST_STEP)
        ids = self.tokenizer(
            batch.prompts, padding="max_length", truncation=True, return_tensors="pt"
        ).input_ids
        predicted = self.networks(noisy, steps, self.networks.encode_text(ids), controls)
        loss, error = picture_loss(predicted, clean, batch.things, self.patches)
        for group in self.optimizer.param_groups:
            group["lr"] = clock.rate(self.peak)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.weights, 1.0)
        self.optimizer.step()
        if clock.step % AVERAGE_EVERY == 0:
            self._update_average()
        clock.step += 1
        clock.crops += number
        return loss.item(), error.item()

    def _update_average(self) -> None:
        decay = min(EMA_DECAY**AVERAGE_EVERY, (1 + self.clock.step) / (10 + self.clock.step))
        with torch.no_grad():
            torch._foreach_lerp_(self.average, [weight.detach() for weight in self.weights], 1 - decay)

    def averaged(self) -> Networks:
        """A copy of the networks with the averaged weights."""
        copy = Networks(self.tokenizer)
        copy.to(memory_format=torch.channels_last)
        with torch.no_grad():
            for weight, mean in zip(copy.parameters(), self.average, strict=True):
                weight.copy_(mean)
        copy.eval()
        return copy

    def save(self) -> None:
        """Writes RUN/checkpoint.pt (to resume) and RUN/averaged.pt (to export), each replaced whole."""
        state: dict[str, Any] = {
            "networks": self.networks.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": self.average,
            "clock": vars(self.clock),
        }
        for name, value in (("checkpoint.pt", state), ("averaged.pt", self.averaged().state_dict())):
            torch.save(value, self.run / (name + ".part"))
            (self.run / (name + ".part")).replace(self.run / name)

    def resume(self) -> None:
        """Goes on from RUN/checkpoint.pt if there is one; the new total length counts."""
        path = self.run / "checkpoint.pt"
        if not path.exists():
            return
        state = torch.load(path)
        self.networks.load_state_dict(state["networks"])
        self.optimizer.load_state_dict(state["optimizer"])
        for group in self.optimizer.param_groups:
            group["fused"] = True
        self.average = state["average"]
        self.clock = Clock(**{**state["clock"], "total": self.clock.total})
        LOG.info("resumed at step %d, %.0f s", self.clock.step, self.clock.seconds)


def train(trainer: Trainer, held_out: HeldOut | None) -> None:
    """Runs the clock to its end; a checkpoint every `SAVE_SECONDS`, a note every `NOTE_SECONDS`."""
    clock, notes = trainer.clock, []
    saved = noted = clock.seconds
    while clock.share < 1:
        started = time.monotonic()
        notes.append(trainer.step())
        clock.seconds += time.monotonic() - started
        over = clock.share >= 1
        if clock.seconds - saved > SAVE_SECONDS or over:
            saved = clock.seconds
            trainer.save()
            loss, error = np.mean(notes[-200:], axis=0)
            LOG.info(
                "step %d, %d crops, %.0f s, loss %.4f, picture error %.4f",
                clock.step,
                clock.crops,
                clock.seconds,
                loss,
                error,
            )
        if held_out is not None and (
            clock.seconds - noted > NOTE_SECONDS or clock.step in (200, 600) or over
        ):
            noted = clock.seconds
            LOG.info("held out %s", held_out.measure(trainer.averaged()))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packed", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--seconds", type=float, default=4500, help="length of the whole run")
    parser.add_argument("--steps", type=int, default=0, help="length in steps instead: exactly repeatable")
    parser.add_argument("--rate", type=float, default=5e-4)
    parser.add_argument("--warm", type=Path, help="an earlier run whose weights to begin with")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    scenes = load_training(options.packed)
    small_until = 0.0 if options.warm else 0.3
    clock = Clock(options.steps or options.seconds, timed=not options.steps, small_until=small_until)
    trainer = Trainer(scenes, options.run, clock, options.rate, options.warm)
    trainer.resume()
    held_out = HeldOut(load_scenes(options.packed, 0, HELD_OUT)[:12], trainer.tokenizer, trainer.patches)
    train(trainer, held_out)


if __name__ == "__main__":
    main()
