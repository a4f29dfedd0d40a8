# SPDX-License-Identifier: GPL-3.0-or-later
"""A language model of transformers that is asked one question. Imports torch: load it late."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging as transformers_logging

from .fidelity.loading import load
from .pipeline.loading import available

MOST_TOKENS: Final = 1024
"""So long an answer may be."""


def ask(name: str, messages: Sequence[dict[str, str]]) -> str:
    """Return a model's answer to a chat; the likeliest word each time, so that it is the same every time.

    Args:
        name: a folder or a hub id.
        messages: ``role`` and ``content`` each. A model without a chat template gets the contents as text.

    Raises:
        ModelError: ``model.cannot_load``.
        RuntimeError: what torch raises, out of memory included.
    """
    transformers_logging.disable_progress_bar()
    device = available("auto")
    model, tokenizer = load(name, AutoModelForCausalLM, AutoTokenizer, device, "language model")
    if tokenizer.chat_template:
        inputs: Any = tokenizer.apply_chat_template(
            list(messages), add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
    else:
        text = "\n\n".join(message["content"] for message in messages) + "\n\n"
        inputs = tokenizer(text, return_tensors="pt")
    with torch.no_grad():
        tokens = model.generate(**inputs.to(device), max_new_tokens=MOST_TOKENS, do_sample=False)
    answer = tokens[0, inputs["input_ids"].shape[1] :]
    return str(tokenizer.decode(answer, skip_special_tokens=True))
