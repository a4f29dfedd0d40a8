# SPDX-License-Identifier: GPL-3.0-or-later
"""Prompts are encoded once; in between, the text encoders are taken out of the pipeline and off the GPU."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import torch

from .family import Encoded, PipelineFamily, Text

KEPT: Final = 512
"""So many encoded prompts are remembered; those of Flux take 4 MB each."""


class TextEncoders:
    """The text encoders of a pipeline, which has none while nothing is encoded."""

    def __init__(
        self, pipeline: Any, family: PipelineFamily, device: str, before: Callable[[Text], None]
    ) -> None:
        """``before`` is called before a prompt is encoded, with the encoders in place."""
        self._before = before
        self._pipeline = pipeline
        self._family = family
        self._device = device
        self._known: OrderedDict[Text, Encoded] = OrderedDict()
        self._modules = {name: getattr(pipeline, name) for name in family.encoders}
        self._take_out()

    def encode(self, texts: Iterable[Text]) -> list[Encoded]:
        """Return the arguments that prompts become, each encoded by itself, so that they do not depend on company."""
        texts = list(texts)
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            with self.in_place(), torch.no_grad():
                for text in new:
                    self._before(text)
                    self._known[text] = self._family.encode(self._pipeline, text, self._device)
        found = [self._known[text] for text in texts]
        for text in texts:
            self._known.move_to_end(text)
        while len(self._known) > max(KEPT, len(new)):
            self._known.popitem(last=False)
        return found

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Put the encoders into the pipeline and onto the device, for as long as this lasts."""
        for name, module in self._modules.items():
            setattr(self._pipeline, name, module if module is None else module.to(self._device))
        try:
            yield
        finally:
            self._take_out()

    @contextmanager
    def attached(self) -> Iterator[None]:
        """Put the encoders into the pipeline where they are, to be changed and not used."""
        for name, module in self._modules.items():
            setattr(self._pipeline, name, module)
        try:
            yield
        finally:
            for name in self._modules:
                setattr(self._pipeline, name, None)

    def _take_out(self) -> None:
        for name, module in self._modules.items():
            setattr(self._pipeline, name, None)
            if module is not None and self._device != "cpu":
                module.to("cpu")
        if self._device.startswith("cuda"):
            torch.cuda.empty_cache()


def shape(encoded: Encoded) -> tuple[Any, ...]:
    """Return what must be equal for prompts to share a batch."""
    return tuple(
        (name, tuple(value.shape[1:]) if _is_tensor(value) else None) for name, value in encoded.items()
    )


def stack(prompts: Sequence[Encoded]) -> dict[str, Any]:
    """Join the arguments of single prompts into those of a batch."""
    return {name: _joined([prompt[name] for prompt in prompts]) for name in prompts[0]}


def _joined(values: list[Any]) -> Any:
    if values[0] is None:
        return None
    if _is_tensor(values[0]):
        return torch.cat(values)
    return [item for value in values for item in value]


def _is_tensor(value: Any) -> bool:
    return isinstance(value, torch.Tensor)
