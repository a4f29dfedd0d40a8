# SPDX-License-Identifier: GPL-3.0-or-later
"""Loads the transformers models that look at pictures: safetensors only, no code that comes with a model."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from ...core.errors import ModelError

log = logging.getLogger(__name__)


def load(name: str, model_class: Any, processor_class: Any, device: str, what: str) -> tuple[Any, Any]:
    """Return a model, ready to be asked, and its processor.

    Args:
        name: a folder or a hub id.
        model_class: an ``AutoModel...`` of transformers.
        processor_class: ``AutoProcessor`` or ``AutoImageProcessor``.
        device: "cpu", "cuda" or "mps".
        what: what it is for, as messages say it.

    Raises:
        ModelError: ``model.cannot_load``.
    """
    path = Path(name).expanduser()
    source = str(path) if path.is_dir() else name
    try:
        model = model_class.from_pretrained(source, use_safetensors=True, trust_remote_code=False)
        processor = processor_class.from_pretrained(source, trust_remote_code=False)
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError, SafetensorError) as error:
        log.exception("The %s '%s' cannot be loaded.", what, name)
        text = str(error).strip()
        reason = text.splitlines()[0] if text else type(error).__name__
        raise ModelError(
            "model.cannot_load",
            f"The {what} '{name}' cannot be loaded ({reason}).",
            "Choose one in transformers' layout with safetensors weights, or leave it empty.",
        ) from error
    return model.eval().to(device), processor
