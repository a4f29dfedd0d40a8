# SPDX-License-Identifier: GPL-3.0-or-later
"""A question to a real server on this machine and to a real, tiny language model, by the command that Blender runs."""

from __future__ import annotations

import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from synthdata_addon.core.errors import ModelError, RunnerError
from synthdata_addon.core.place_question import messages
from synthdata_addon.runner.asking import PlacesQuestion
from synthdata_addon.runner.places import ask_address, places_main

ANSWER = "scissors: on an office desk; in a sewing room\ncup: in a café"
FOUND = {"scissors": ("on an office desk", "in a sewing room"), "cup": ("in a café",)}


class Server(BaseHTTPRequestHandler):
    """Answers as the path says, and remembers what it was asked."""

    asked: list[tuple[str, dict[str, str], dict]] = []

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append((self.path, dict(self.headers), body))
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", "/v1/chat/completions")
            self.end_headers()
            return
        status = 401 if self.path.startswith("/locked") else 200
        said = (
            {"choices": [{"message": {"content": ANSWER}}]}
            if self.path.startswith("/v1")
            else {"error": "no"}
        )
        data = b"<html>" if self.path.startswith("/page") else json.dumps(said).encode()
        self.send_response(status)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def address():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def answer(question):
    while (found := question.poll()) is None:
        question.wait(60.0)
    return found


def test_a_server_is_asked_in_openais_form(address, monkeypatch):
    monkeypatch.setenv("SYNTHDATA_API_KEY", "secret")
    question = PlacesQuestion(
        sys.executable, ["scissors", "cup"], model="some-model", address=f"{address}/v1/"
    )
    assert answer(question) == FOUND
    path, headers, body = Server.asked[-1]
    assert path == "/v1/chat/completions"
    assert headers["Authorization"] == "Bearer secret"
    assert (body["model"], body["stream"]) == ("some-model", False)
    assert body["messages"] == messages(["scissors", "cup"])


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/locked/v1", r"status 401 .* SYNTHDATA_API_KEY"),
        ("/moved", "status 302"),
        ("/page", "gives no answer"),
        ("/other", "does not answer in OpenAI's form"),
    ],
)
def test_a_server_that_gives_no_answer_is_said_to(address, path, words):
    with pytest.raises(ModelError) as caught:
        ask_address(address + path, "m", messages(["cup"]), key="secret")
    assert re.search(words, str(caught.value))


def test_an_address_that_is_none_or_where_nobody_is():
    with pytest.raises(ModelError, match="is not an http address"):
        ask_address("file:///etc/passwd", "m", [])
    with pytest.raises(ModelError, match="gives no answer"):
        ask_address("http://127.0.0.1:9", "m", [])


def test_a_question_that_fails_tells_why(address):
    question = PlacesQuestion(sys.executable, ["cup"], model="m", address=f"{address}/other")
    with pytest.raises(RunnerError, match="does not answer in OpenAI's form"):
        answer(question)
    question.close()


@pytest.fixture(scope="module")
def language_model(tmp_path_factory):
    """A GPT-2 of two layers that has learned one answer by heart, letter by letter."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

    torch.set_num_threads(1)
    torch.manual_seed(0)
    text = messages(["scissors", "cup"])[0]["content"] + "\n\n"
    letters = ["<end>", *sorted(set(text + ANSWER))]
    tokenizer = Tokenizer(
        models.WordLevel({letter: i for i, letter in enumerate(letters)}, unk_token="<end>")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("[\\s\\S]"), "isolated")
    tokenizer.decoder = decoders.Fuse()
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>")
    config = transformers.GPT2Config(
        vocab_size=len(letters), n_positions=1600, n_embd=64, n_layer=2, n_head=2, bos_token_id=0, eos_token_id=0,
        attn_pdrop=0.0, embd_pdrop=0.0, resid_pdrop=0.0,
    )  # fmt: skip
    model = transformers.GPT2LMHeadModel(config)
    tokens = torch.tensor([fast(text)["input_ids"] + fast(ANSWER)["input_ids"] + [0]])
    labels = tokens.clone()
    labels[:, : len(fast(text)["input_ids"])] = -100
    optimizer = torch.optim.Adam(model.parameters(), 5e-3)
    for _ in range(120):
        loss = model(input_ids=tokens, labels=labels).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    assert loss.item() < 0.05
    folder = tmp_path_factory.mktemp("language")
    model.save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder


@pytest.mark.slow
def test_a_model_on_this_disk_is_asked(language_model, capsys):
    assert places_main(["--model", str(language_model), "--", "scissors", "cup"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {name: tuple(places) for name, places in found.items()} == FOUND


@pytest.mark.slow
def test_a_model_that_is_none_or_has_nothing_to_say(language_model, tmp_path, capsys):
    assert places_main(["--model", str(tmp_path), "cup"]) == 1
    assert "The language model" in capsys.readouterr().err
    assert places_main(["--model", str(language_model), "elephant"]) == 1
    assert "named no places" in capsys.readouterr().err
