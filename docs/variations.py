# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the contact sheet of every blockout under every kind of variation, by real jobs: ``docs/variations.jpg``.

Run with the Python that has ``bpy``, the runner's Python in ``SYNTHDATA_RUNNER_PYTHON``:
``.envs/blender-4.5/bin/python docs/variations.py`` (some minutes of two cores).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import synthdata_addon
from synthdata_addon.blender.blockouts.spec import KINDS
from synthdata_addon.core.spec import JobSpec, PassesSpec
from synthdata_addon.core.variation import (
    CameraVariation,
    LightsVariation,
    MaterialsVariation,
    ObjectsVariation,
    SensorVariation,
    VariationSpec,
    WorldVariation,
)
from synthdata_addon.ui.job import GenerateJob
from synthdata_addon.ui.settings import job_from_scene

GAP = 4
SEEDS = 5
SKY = WorldVariation(use=True, source="SKY", strength=(0.1, 0.25))
LIGHTS = LightsVariation(use=True, energy=(0.3, 2.0), use_temperature=True, use_sun=True, extra=(1, 2))
COLUMNS = {
    "as it is": VariationSpec(),
    "lights and sky": VariationSpec(lights=LIGHTS, world=SKY),
    "materials": VariationSpec(
        materials=MaterialsVariation(use=True, hue=0.5, saturation=(0.8, 1.4), use_roughness=True)
    ),
    "objects": VariationSpec(
        objects=ObjectsVariation(
            use=True, location=(0.05, 0.05, 0.0), rotation=25.0, scale=(0.9, 1.2), hidden=0.2
        )
    ),
    "camera": VariationSpec(
        camera=CameraVariation(use_lens=True, lens=(20.0, 50.0), use_exposure=True, use_dof=True)
    ),
    "sensor": VariationSpec(
        sensor=SensorVariation(
            use_noise=True,
            shot=(0.03, 0.06),
            read=(0.01, 0.02),
            use_distortion=True,
            k1=(0.15, 0.25),
            precision=1,
        )
    ),
}


def picture(
    kind: str, variation: VariationSpec, folder: Path, size: tuple[int, int], samples: int
) -> np.ndarray:
    """Return one view of a blockout under a variation, (H, W, 3) float32, the first row at the top."""
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    bpy.ops.synthdata.add_blockout(kind=kind, seed=3)
    spec: JobSpec = replace(
        job_from_scene(scene),
        width=size[0],
        height=size[1],
        styles=(),
        passes=PassesSpec(beauty=True, beauty_samples=samples),
        variation=variation,
    )
    # The blockout's own camera shows it best. A draw may put a thing in its way: such a view is left out.
    spec = replace(spec, sweep=replace(spec.sweep, kind="CAMERAS", views=1))
    for seed in range(SEEDS):
        place = folder / str(seed)
        job = GenerateJob(scene, bpy.context.view_layer, replace(spec, seed=seed), place)
        while job.step():
            pass
        if job.status.complete:
            break
    assert job.status.complete, (kind, job.status.warnings)
    image = bpy.data.images.load(str(place / "renders" / "000000.png"))
    pixels = np.empty(size[0] * size[1] * image.channels, np.float32)
    image.pixels.foreach_get(pixels)
    shown: np.ndarray = pixels.reshape(size[1], size[0], -1)[::-1, :, :3]
    return shown


def save(sheet: np.ndarray, path: Path) -> None:
    """Write (H, W, 3) float32 pixels as JPEG."""
    height, width, _ = sheet.shape
    image = bpy.data.images.new("sheet", width, height)
    image.pixels.foreach_set(np.dstack([sheet, np.ones((height, width), np.float32)])[::-1].ravel())
    image.filepath_raw, image.file_format = str(path), "JPEG"
    image.save(quality=85)


def main() -> None:
    """Make all pictures and write the sheet: a row a blockout, a column a variation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, nargs=2, default=(176, 132))
    parser.add_argument("--samples", type=int, default=24)
    parser.add_argument("--output", type=Path, default=HERE / "variations.jpg")
    arguments = parser.parse_args()
    width, height = arguments.size
    synthdata_addon.register()
    sheet = np.ones(((height + GAP) * len(KINDS) - GAP, (width + GAP) * len(COLUMNS) - GAP, 3), np.float32)
    try:
        with tempfile.TemporaryDirectory() as folder:
            for y, kind in enumerate(KINDS):
                for x, (name, variation) in enumerate(COLUMNS.items()):
                    place = Path(folder) / f"{kind} {name}"
                    top, left = y * (height + GAP), x * (width + GAP)
                    sheet[top : top + height, left : left + width] = picture(
                        kind, variation, place, (width, height), arguments.samples
                    )
        save(sheet, arguments.output)
    finally:
        bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
        synthdata_addon.unregister()


if __name__ == "__main__":
    main()
