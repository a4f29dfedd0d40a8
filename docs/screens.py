# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the documentation's pictures of Blender's window and the gallery: all of them, in one command.

``docs/panel.jpg`` and ``docs/gallery.jpg`` for the tutorial, ``docs/panels/*.png`` for the page of the panel. Run with
the runner's Python and a dataset whose gallery Chromium is to show:
``.envs/runner/bin/python docs/screens.py demo/dataset``. The tests of the lane ``real`` that take the screenshots are
run first; without a dataset the gallery's picture stays as it is, with ``--taken`` the screenshots in ``.logs/`` are
used as they are.
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
BLENDER = "5.2"
SCREENSHOT = f"window-{BLENDER}-classes.png"
TESTS = ("tests/real/test_panels.py", "tests/real/test_window.py")
WANTED = "sid and (panels or viewport)"
"""The tests that take the pictures, in the Debian release with the Blender above."""
WINDOW = (1500, 1000)
WIDTH = 1000
QUALITY = 82
COLOURS = 96
"""Of a picture of a panel: text on grey needs few, the squares of classes keep theirs."""
PANELS = HERE / "panels"


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


def take_screenshots() -> None:
    """Have the tests open Blender's window and take its pictures; they need what the lane ``real`` needs."""
    command = [sys.executable, "-m", "pytest", "-q", *TESTS, "-k", WANTED]
    if subprocess.run(command, cwd=HERE.parent, check=False).returncode:
        sys.exit("The screenshots could not be taken; see above.")


def save(picture: Image.Image, name: str) -> None:
    """Write a picture into the documentation, not wider than it shows."""
    if picture.width > WIDTH:
        picture = picture.resize(
            (WIDTH, round(picture.height * WIDTH / picture.width)), Image.Resampling.LANCZOS
        )
    picture.save(HERE / name, quality=QUALITY, optimize=True)


def save_panels() -> None:
    """Write the pictures of all panels, in few colours, at their size on the screen: text stays sharp."""
    PANELS.mkdir(exist_ok=True)
    prefix = f"panel-{BLENDER}-"
    for file in sorted(LOGS.glob(f"{prefix}*.png")):
        picture = Image.open(file).convert("RGB")
        few = picture.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        few.save(PANELS / file.name.removeprefix(prefix), optimize=True)


def main() -> None:
    """Write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path, nargs="?")
    parser.add_argument("--taken", action="store_true", help="use the screenshots in .logs/ as they are")
    arguments = parser.parse_args()
    if not arguments.taken:
        take_screenshots()
    save(Image.open(LOGS / SCREENSHOT).convert("RGB"), "panel.jpg")
    save_panels()
    if arguments.dataset is not None:
        save(gallery(arguments.dataset), "gallery.jpg")


if __name__ == "__main__":
    main()
