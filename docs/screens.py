# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the tutorial's pictures: ``docs/panel.jpg`` and ``docs/gallery.jpg``.

Run with the runner's Python after the lane ``real``, whose screenshots of Blender's window lie in ``.logs/``, with a
dataset whose gallery Chromium is to show: ``.envs/runner/bin/python docs/screens.py demo/dataset``.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

HERE = Path(__file__).resolve().parent
LOGS = HERE.parent / ".logs"
SCREENSHOT = "window-5.2-classes.png"
WINDOW = (1500, 1000)
WIDTH = 1000
QUALITY = 82


def gallery(dataset: Path) -> Image.Image:
    """Return the dataset's gallery as Chromium shows it."""
    browser = shutil.which("chromium")
    if browser is None:
        sys.exit("No Chromium is on PATH: apt install chromium.")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "gallery.png"
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=4000"]
        command += [f"--window-size={WINDOW[0]},{WINDOW[1]}", f"--screenshot={target}"]
        address = (dataset.resolve() / "index.html").as_uri()
        subprocess.run([*command, address], check=True, capture_output=True)
        return Image.open(target).convert("RGB")


def save(picture: Image.Image, name: str) -> None:
    """Write a picture into the documentation, not wider than it shows."""
    if picture.width > WIDTH:
        picture = picture.resize(
            (WIDTH, round(picture.height * WIDTH / picture.width)), Image.Resampling.LANCZOS
        )
    picture.save(HERE / name, quality=QUALITY, optimize=True)


def main() -> None:
    """Write both pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--screenshot", type=Path, default=LOGS / SCREENSHOT)
    arguments = parser.parse_args()
    save(Image.open(arguments.screenshot).convert("RGB"), "panel.jpg")
    save(gallery(arguments.dataset), "gallery.jpg")


if __name__ == "__main__":
    main()
