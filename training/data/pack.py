# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns rendered scenes into compact training files: `NNNNNN.npy`, (views, H, W, 7) uint8. No bpy, no torch here.

Beside each lies `NNNNNN_things.npz`, (views, H, W) uint16 `things`: which thing a pixel shows, for the measures. Run
beside or after the render: `python -m training.data.pack EXR_FOLDER OUT`. The EXRs of a packed scene are removed.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from pathlib import Path

import cv2
import numpy as np
import OpenEXR
from numpy.typing import NDArray

from synthdata_addon.stylize.depth import disparity
from synthdata_addon.stylize.normal import normal_bae

from ..roles import ROLE_STRIDE

LOG = logging.getLogger(__name__)
Float = NDArray[np.float32]
Bytes = NDArray[np.uint8]

CHANNELS = ("disparity", "normal_r", "normal_g", "normal_b", "role", "occlusion", "up")
"""A packed file's last axis. occlusion: 255 is open; up: the world normal's z, 0 is down and 255 is up."""
BACKGROUND_Z = 1e9
_RING = [
    (0, 4),
    (4, 0),
    (0, -4),
    (-4, 0),
    (6, 6),
    (-6, 6),
    (6, -6),
    (-6, -6),
    (0, 14),
    (14, 0),
    (0, -14),
    (-14, 0),
]


def read_passes(path: Path) -> dict[str, Float]:
    """Reads one view: z (H, W), normal and position (H, W, 3), index (H, W); world space, metres."""
    channels = OpenEXR.File(str(path), separate_channels=True).channels()
    flat = {name.split(".", 1)[1]: channel.pixels for name, channel in channels.items()}
    stack = {
        name: np.stack([flat[f"{name}.{axis}"] for axis in "XYZ"], axis=-1) for name in ("Normal", "Position")
    }
    return {
        "z": flat["Depth.Z"],
        "normal": stack["Normal"],
        "position": stack["Position"],
        "index": flat["IndexOB.X"],
    }


def _shift(values: Float, rows: int, columns: int) -> Float:
    """The neighbour `rows` down and `columns` right of each pixel; the border repeats."""
    height, width = values.shape[:2]
    ys = np.clip(np.arange(height) + rows, 0, height - 1)
    xs = np.clip(np.arange(width) + columns, 0, width - 1)
    return values[ys[:, None], xs[None, :]]


def occlusion(passes: dict[str, Float]) -> Float:
    """(H, W) in 0..1, 1 is open: how little of a ring of neighbours rises above each pixel's plane."""
    position, normal, z = passes["position"], passes["normal"], passes["z"]
    reach = 0.12 * np.minimum(z, 20.0)
    blocked = np.zeros_like(z)
    for rows, columns in _RING:
        toward = _shift(position, rows, columns) - position
        distance = np.sqrt(np.einsum("ijk,ijk->ij", toward, toward)) + 1e-6
        rise = np.einsum("ijk,ijk->ij", toward, normal) / distance
        hit = _shift(z, rows, columns) < BACKGROUND_Z
        blocked += np.clip(rise - 0.08, 0, 1) / (1 + (distance / reach) ** 2) * hit
    open_part = np.clip(1 - 3.0 * blocked / len(_RING), 0, 1)
    return np.asarray(cv2.GaussianBlur(open_part, (0, 0), 0.8), np.float32)


def pack_view(passes: dict[str, Float], camera: NDArray[np.float64], near: float, far: float) -> Bytes:
    """One view as (H, W, 7) uint8, see `CHANNELS`; `camera` is camera to world, `near` and `far` are metres."""
    index = np.round(passes["index"]).astype(np.int64)
    role = (index % ROLE_STRIDE).astype(np.uint8)
    hit = passes["z"] < BACKGROUND_Z
    planes = [np.where(hit, occlusion(passes), 1.0), np.where(hit, passes["normal"][..., 2] * 0.5 + 0.5, 0.5)]
    rest = np.stack([np.clip(plane * 255 + 0.5, 0, 255).astype(np.uint8) for plane in planes], axis=-1)
    depth = disparity(passes["z"], near, far)[..., None]
    return np.concatenate([depth, normal_bae(passes["normal"], camera), role[..., None], rest], axis=-1)


def pack_scene(folder: Path, number: int) -> tuple[Bytes, NDArray[np.uint16]]:
    """All views of one scene, and their things (0 is the background).

    Near and far are the 1st and 99th depth percentile over all views, as in a sweep.
    """
    record = json.loads((folder / f"{number:06d}.json").read_text(encoding="utf-8"))
    views = [read_passes(folder / f"{number:06d}_{view}.exr") for view in range(len(record["cameras"]))]
    depths = np.concatenate([view["z"][view["z"] < BACKGROUND_Z] for view in views])
    near, far = (float(value) for value in np.percentile(depths, (1, 99)))
    cameras = [np.array(camera) for camera in record["cameras"]]
    packed = np.stack([pack_view(v, c, near, far) for v, c in zip(views, cameras, strict=True)])
    things = np.stack([np.round(view["index"]) // ROLE_STRIDE for view in views])
    return packed, things.astype(np.uint16)


def main() -> None:
    """Command line: packs scenes as they appear; waits for the render, ends after a while without a new one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--scenes", type=int, default=10000, help="leave out scenes from this number on")
    parser.add_argument(
        "--wait", type=float, default=60, help="seconds without a new scene after which to end"
    )
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    cv2.setNumThreads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    last = time.monotonic()
    while True:
        for found in sorted(options.folder.glob("[0-9]*.json")):
            number = int(found.stem)
            target = options.out / f"{number:06d}.npy"
            if number >= options.scenes or target.exists():
                continue
            packed, things = pack_scene(options.folder, number)
            np.savez_compressed(options.out / f"{number:06d}_things.npz", things=things)
            np.save(target.with_suffix(".part.npy"), packed)
            target.with_suffix(".part.npy").rename(target)
            for view in options.folder.glob(f"{number:06d}_*.exr"):
                view.unlink()
            last = time.monotonic()
        if time.monotonic() - last >= options.wait:
            break
        time.sleep(2)
    LOG.info("packed %d scenes", len(list(options.out.glob("[0-9]*.npy"))))


if __name__ == "__main__":
    main()
