# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m synthdata_addon places``: asks a language model where things are found."""

from __future__ import annotations

import argparse
import http.client
import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from ..core.errors import ModelError, SynthDataError
from ..core.place_question import messages, parse_answer

KEY_VARIABLE: Final = "SYNTHDATA_API_KEY"
"""The key of the address, where it wants one; it is kept in no file of ours."""
TIMEOUT: Final = 120.0
LONGEST_ANSWER: Final = 1 << 20


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would take the key to an address that nobody named."""

    def redirect_request(self, *_arguments: Any, **_options: Any) -> None:
        return None


def places_main(argv: list[str]) -> int:
    """Print places by category as JSON; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="synthdata_addon places", description="Ask a language model where things are found; prints JSON."
    )
    parser.add_argument("category", nargs="+", help="what to ask for")
    parser.add_argument("--model", required=True, help="folder or hub id; with --address, the name it knows")
    parser.add_argument(
        "--address", default="", help="such as http://localhost:11434/v1 (OpenAI's interface)"
    )
    arguments = parser.parse_args(argv)
    question = messages(arguments.category)
    try:
        if arguments.address:
            text = ask_address(arguments.address, arguments.model, question, os.environ.get(KEY_VARIABLE, ""))
        else:
            text = _ask_model(arguments.model, question)
        found = parse_answer(text, arguments.category)
    except SynthDataError as error:
        sys.stderr.write(f"Error: {error}\n")
        return 1
    sys.stdout.write(json.dumps(found, ensure_ascii=True) + "\n")
    return 0


def ask_address(address: str, model: str, question: Sequence[dict[str, str]], key: str = "") -> str:
    """Return the answer of an OpenAI-compatible server.

    Args:
        address: up to and without ``/chat/completions``.
        model: the name that it knows the model by.
        question: ``role`` and ``content`` of each message.
        key: sent as a bearer token; empty: none.

    Raises:
        ModelError: ``model.address``: it is none, or gives no answer that can be read.
    """
    if urlsplit(address).scheme not in ("http", "https") or not urlsplit(address).netloc:
        raise _fault(address, "is not an http address", "Write it like http://localhost:11434/v1")
    body = {"model": model, "messages": list(question), "temperature": 0, "stream": False}
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    request = urllib.request.Request(
        address.rstrip("/") + "/chat/completions", json.dumps(body).encode(), headers, method="POST"
    )
    try:
        with urllib.request.build_opener(_NoRedirects).open(request, timeout=TIMEOUT) as response:
            data = json.loads(response.read(LONGEST_ANSWER))
        return str(data["choices"][0]["message"]["content"])
    except urllib.error.HTTPError as error:
        hint = f"Check the address, the model's name, and the key in {KEY_VARIABLE}."
        raise _fault(address, f"answers with status {error.code} ({error.reason})", hint) from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise _fault(address, f"gives no answer ({reason})", "Is the server running?") from error
    except (KeyError, IndexError, TypeError) as error:
        raise _fault(
            address, "does not answer in OpenAI's form", "Give the address of its /v1 interface."
        ) from error


def _ask_model(name: str, question: Sequence[dict[str, str]]) -> str:
    try:
        from ..stylize.language import ask

        return ask(name, question)
    except ImportError as error:
        raise ModelError(
            "model.no_torch",
            f"The runner's Python cannot import what a language model needs ({error}).",
            "Set up the runner in the preferences, or name a Python that has torch and diffusers there.",
        ) from error
    except RuntimeError as error:
        text = str(error).strip().splitlines() or [type(error).__name__]
        raise ModelError(
            "model.failing", f"The language model '{name}' failed ({text[0]}).", "Choose a smaller one."
        ) from error


def _fault(address: str, what: str, hint: str) -> ModelError:
    return ModelError("model.address", f"The language model's address '{address}' {what}.", hint)
