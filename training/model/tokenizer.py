# SPDX-License-Identifier: GPL-3.0-or-later
"""The pipeline's own small CLIP tokenizer: byte-pair merges learned from the training prompts. No torch here.

The merges are counted here and not by the `tokenizers` trainer, whose ties fall differently in every process: a resumed
run must meet the same token numbers.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

from tokenizers import pre_tokenizers
from transformers import CLIPTokenizer

from ..data.prompts import corpus

MAX_TOKENS = 32
MERGES = 460
START, END = "<|startoftext|>", "<|endoftext|>"
WORD_END = "</w>"
Word = tuple[str, ...]


def _words() -> Counter[Word]:
    """How often each word comes up, as letters of which the last is marked. The corpus is plain ASCII."""
    counts: Counter[Word] = Counter()
    for text in corpus():
        for word in re.findall(r"[a-z]+|[0-9]|[^\sa-z0-9]+", text.lower()):
            counts[(*word[:-1], word[-1] + WORD_END)] += 1
    return counts


def _join(word: Word, pair: tuple[str, str]) -> Word:
    joined: list[str] = []
    for piece in word:
        if joined and (joined[-1], piece) == pair:
            joined[-1] += piece
        else:
            joined.append(piece)
    return tuple(joined)


def learn_merges() -> list[tuple[str, str]]:
    """The `MERGES` most frequent pairs, one after the other; ties go by the alphabet."""
    words = _words()
    merges: list[tuple[str, str]] = []
    while len(merges) < MERGES:
        pairs: Counter[tuple[str, str]] = Counter()
        for word, number in words.items():
            for pair in pairwise(word):
                pairs[pair] += number
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        words = Counter({_join(word, best): number for word, number in words.items()})
    return merges


def make_tokenizer(folder: Path) -> CLIPTokenizer:
    """Saves the tokenizer to `folder` and returns it as `CLIPTokenizer.from_pretrained` gives it."""
    merges = learn_merges()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    # CLIP's own order: bytes, bytes that end a word, merges, then the two marks.
    pieces = [*alphabet, *(letter + WORD_END for letter in alphabet), *("".join(pair) for pair in merges)]
    vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys([*pieces, START, END]))}
    tokenizer = CLIPTokenizer(
        vocab=vocabulary,
        merges=merges,
        bos_token=START,
        eos_token=END,
        unk_token=END,
        pad_token=END,
        model_max_length=MAX_TOKENS,
    )
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save_pretrained(folder)
    # Older transformers read these two, newer ones tokenizer.json: the same numbers in both.
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False) + "\n", encoding="utf-8")
    lines = ["#version: 0.2", *(" ".join(pair) for pair in merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return CLIPTokenizer.from_pretrained(folder)


def open_tokenizer(folder: Path) -> CLIPTokenizer:
    """The tokenizer in `folder`, made there first if there is none."""
    if (folder / "tokenizer.json").exists():
        return CLIPTokenizer.from_pretrained(folder)
    return make_tokenizer(folder)
