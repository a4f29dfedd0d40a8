# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a training run as a model folder with its settings. `python -m training.export RUN FOLDER`."""

from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path
from typing import Any

from .data.styles import STYLES
from .pipeline import export

LOG = logging.getLogger(__name__)
STEPS = 1
GUIDANCE = 1.0
SIZE_PX = 256
LARGEST_MB = 25.0


def settings() -> dict[str, Any]:
    """What the extension reads as the model's recommended settings."""
    return {
        "controls": [
            {"kind": "depth", "model": "controlnet"},
            {"kind": "normal", "model": "controlnet_1"},
        ],
        "steps": STEPS,
        "guidance_scale": GUIDANCE,
        "width": SIZE_PX,
        "height": SIZE_PX,
        "styles": [
            {"name": style.name, "prompt": style.wordings[0], "negative_prompt": ""} for style in STYLES
        ],
    }


def main() -> None:
    """Command line. Raises SystemExit if the folder came out larger than the extension may ship."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    options.folder.parent.mkdir(parents=True, exist_ok=True)
    export(options.run, options.folder)
    text = json.dumps(settings(), indent=2, ensure_ascii=False) + "\n"
    (options.folder / "synthdata.json").write_text(text, encoding="utf-8")
    size = sum(path.stat().st_size for path in options.folder.rglob("*") if path.is_file()) / 1e6
    LOG.info("%s: %.1f MB", options.folder, size)
    if size > LARGEST_MB:
        raise SystemExit(f"{size:.1f} MB is more than {LARGEST_MB:.0f} MB; make the networks narrower.")


if __name__ == "__main__":
    main()
