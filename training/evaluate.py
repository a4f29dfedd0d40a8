# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures a model folder by the stock pipeline and holds it to the gate. `python -m training.evaluate PACKED FOLDER`.

Prints one line for each demand (see `gate`) and writes all measures to a JSON file, if asked. Pictures are made of the
blockouts that were never trained on, or from the example room; the classifier learns on training pictures of the other
held-out scenes. One thread, float32, the settings that the folder recommends. Exit status 1 if a demand is not met.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import StableDiffusionControlNetPipeline

from .classifier import StyleClassifier
from .data.crops import EXAMPLE, FINAL, HELD_OUT, Bytes, load_scenes
from .data.shading import shade
from .data.styles import STYLES
from .gate import gate
from .metrics import Picture, Things, edge_gap
from .pipeline import open_pipeline
from .sheet import sample

LOG = logging.getLogger(__name__)
BOTH, DEPTH_ONLY, NORMAL_ONLY = (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)


@dataclass(frozen=True)
class Subject:
    """A packed view (H, W, 7), and which thing each of its pixels shows."""

    view: Bytes
    things: Things


def render(view: Bytes, style: int) -> Picture:
    """The training picture of a view, 8 bits."""
    return np.asarray(np.round(shade(view, style) * 255), np.uint8)


def final_subjects(packed: Path) -> list[Subject]:
    """One view of each blockout in `FINAL`. FileNotFoundError if none is packed."""
    return [
        _subjects(packed, number)[index % 8]
        for index, number in enumerate(FINAL)
        if (packed / f"{number:06d}.npy").exists()
    ]


def example_subjects(packed: Path) -> list[Subject]:
    """All views of the example room. FileNotFoundError if it is not packed."""
    return _subjects(packed, EXAMPLE)


def _subjects(packed: Path, number: int) -> list[Subject]:
    (views,) = load_scenes(packed, number, number + 1)
    things = np.load(packed / f"{number:06d}_things.npz")["things"]
    return [Subject(view, thing) for view, thing in zip(views, things, strict=True)]


def _training_pictures(packed: Path) -> Iterator[tuple[Picture, int, bool]]:
    """Every second view of the held-out scenes in every style: picture, style, whether it is kept to test with."""
    for number, scene in enumerate(load_scenes(packed, 0, HELD_OUT)):
        for view in scene[number % 2 :: 2]:
            for style in range(len(STYLES)):
                yield render(view, style), style, number % 4 == 3


def trained_classifier(packed: Path) -> tuple[StyleClassifier, float]:
    """A classifier of styles and its accuracy on training pictures that it did not learn from."""
    known = list(_training_pictures(packed))
    classifier = StyleClassifier(len(STYLES))
    learn = [(picture, style) for picture, style, kept in known if not kept]
    classifier.train([picture for picture, _ in learn], [style for _, style in learn])
    test = [(picture, style) for picture, style, kept in known if kept]
    named = classifier.name([picture for picture, _ in test])
    return classifier, float(np.mean(named == [style for _, style in test]))


class Maker:
    """Makes pictures with a folder's recommended settings."""

    def __init__(self, folder: Path) -> None:
        settings = json.loads((folder / "synthdata.json").read_text(encoding="utf-8"))
        self.steps, self.guidance = settings["steps"], settings["guidance_scale"]
        self.pipeline: StableDiffusionControlNetPipeline = open_pipeline(folder)
        self.pipeline.set_progress_bar_config(disable=True)

    def make(self, subjects: Sequence[Subject], scales: tuple[float, float] = BOTH) -> list[list[Picture]]:
        """`pictures[view][style]`. Wordings take turns; a scale of 0 switches a ControlNet off."""
        return [
            [
                sample(
                    self.pipeline,
                    subject.view,
                    style.wordings[row % len(style.wordings)],
                    self.steps,
                    self.guidance,
                    scales,
                )
                for style in STYLES
            ]
            for row, subject in enumerate(subjects)
        ]


def _differences(pictures: list[list[Picture]], subjects: Sequence[Subject]) -> float:
    """Mean absolute difference from the training pictures of the same views, 0..1."""
    each = [
        np.abs(picture.astype(np.float32) - render(subject.view, style)).mean() / 255
        for made, subject in zip(pictures, subjects, strict=True)
        for style, picture in enumerate(made)
    ]
    return float(np.mean(each))


def measure(maker: Maker, subjects: Sequence[Subject], packed: Path) -> dict[str, float]:
    """All measures, the gate's among them."""
    started = time.process_time()
    pictures = maker.make(subjects)
    seconds = (time.process_time() - started) / (len(subjects) * len(STYLES))
    things = [subject.things for subject in subjects]
    some = subjects[: max(2, len(subjects) // 2)]
    measures = {"views": float(len(subjects)), "styles": float(len(STYLES)), "cpu_seconds_a_picture": seconds}
    for name, scales, chosen in (("depth", DEPTH_ONLY, some), ("normal", NORMAL_ONLY, some)):
        own, other = edge_gap(maker.make(chosen, scales), [subject.things for subject in chosen])
        measures |= {f"{name}_only_edges": own, f"{name}_gap": own - other}
    own, other = edge_gap(pictures, things)
    ideal, _ = edge_gap([[render(s.view, style) for style in range(len(STYLES))] for s in subjects], things)
    measures |= {"edges": own, "edges_other_view": other, "edge_gap": own - other, "edges_of_training": ideal}
    classifier, known = trained_classifier(packed)
    right = np.array([classifier.name(made) == np.arange(len(STYLES)) for made in pictures])
    again = maker.make(subjects[:1])[0][0]
    return measures | {
        "difference_from_training": _differences(pictures, subjects),
        "classifier_accuracy": known,
        "style_accuracy": float(right.mean()),
        "worst_style_accuracy": float(right.mean(0).min()),
        "same_seed_same_bytes": float(np.array_equal(again, pictures[0][0])),
    }


def folder_megabytes(folder: Path) -> float:
    """Size of all files of a folder, in millions of bytes."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packed", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--example", action="store_true", help="the example room instead of the blockouts")
    parser.add_argument("--json", type=Path, help="write all measures here")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    torch.set_num_threads(1)
    subjects = example_subjects(options.packed) if options.example else final_subjects(options.packed)
    measures: dict[str, Any] = measure(Maker(options.folder), subjects, options.packed)
    measures["megabytes"] = folder_megabytes(options.folder)
    if options.json:
        options.json.write_text(json.dumps(measures, indent=2) + "\n", encoding="utf-8")
    # The example room has fewer views than the gate asks for: there only the other demands count.
    lines = [line for line in gate(measures) if not (options.example and line.bound.measure == "views")]
    print("\n".join(str(line) for line in lines))
    raise SystemExit(0 if all(line.holds for line in lines) else 1)


if __name__ == "__main__":
    main()
