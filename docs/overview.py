# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the README's picture from the demo's dataset: two views, each with its control images, its styles and labels.

Run after ``python3 build.py demo`` with the runner's Python: ``.envs/runner/bin/python docs/overview.py``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

HERE = Path(__file__).resolve().parent
GAP = 6
TITLE = 20
OPACITY = 0.45


def colours(count: int) -> np.ndarray:
    """Return (count, 3) uint8 colours, well apart in hue."""
    hues = (np.arange(count) * 0.61803398875) % 1.0
    rgb = 0.5 + 0.5 * np.cos(2 * np.pi * (hues[:, None] + np.array([0.0, 1 / 3, 2 / 3])))
    return (60 + 195 * rgb).astype(np.uint8)


def with_labels(picture: Image.Image, mask: np.ndarray, boxes: list[list[float]]) -> Image.Image:
    """Return the picture with instance masks and boxes drawn over it."""
    palette = colours(int(mask.max()) + 1)
    pixels = np.array(picture).astype(float)
    tinted = pixels * (1 - OPACITY) + palette[mask] * OPACITY
    shown = Image.fromarray(np.where(mask[..., None] > 0, tinted, pixels * 0.6).astype(np.uint8))
    draw = ImageDraw.Draw(shown)
    for x, y, width, height in boxes:
        draw.rectangle((x, y, x + width - 1, y + height - 1), outline=(255, 255, 255))
    return shown


def row(dataset: Path, view: int, styles: list[dict[str, str]]) -> list[tuple[str, Image.Image]]:
    """Return the titled pictures of one view."""
    labels = [json.loads(line) for line in (dataset / "labels.jsonl").read_text().splitlines()]
    samples = [json.loads(line) for line in (dataset / "samples.jsonl").read_text().splitlines()]
    label = next(item for item in labels if item["view"] == view)
    pictures = {
        s["style"]: Image.open(dataset / s["picture"]).convert("RGB") for s in samples if s["view"] == view
    }
    found = [
        ("depth", Image.open(dataset / label["depth_file"])),
        ("normals", Image.open(dataset / label["normal_file"])),
    ]
    found += [(style["prompt"], pictures[style["name"]]) for style in styles]
    mask = np.array(Image.open(dataset / label["mask_file"]))
    boxes = [annotation["bbox"] for annotation in label["annotations"]]
    return [*found, ("labels", with_labels(found[2][1], mask, boxes))]


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", type=Path, default=HERE.parent / "demo" / "dataset")
    parser.add_argument("--views", type=int, nargs="+", default=[6, 2])
    parser.add_argument("--output", type=Path, default=HERE / "overview.png")
    arguments = parser.parse_args()
    styles = json.loads((arguments.dataset / "job.json").read_text())["job"]["styles"]
    rows = [row(arguments.dataset, view, styles) for view in arguments.views]
    width, height = rows[0][0][1].size
    sheet = Image.new(
        "RGB", ((width + GAP) * len(rows[0]) - GAP, TITLE + (height + GAP) * len(rows) - GAP), "white"
    )
    draw = ImageDraw.Draw(sheet)
    for y, pictures in enumerate(rows):
        for x, (title, picture) in enumerate(pictures):
            sheet.paste(picture, (x * (width + GAP), TITLE + y * (height + GAP)))
            if y == 0:
                draw.text((x * (width + GAP) + 4, 4), title, fill="black")
    sheet.save(arguments.output, optimize=True)


if __name__ == "__main__":
    main()
