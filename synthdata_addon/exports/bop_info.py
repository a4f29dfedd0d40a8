# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of BOP's ``dataset_info.md``: what the numbers of this dataset mean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ..core.categories import Category

WORDS: Final = """\
# About this dataset

Made by SynthData in BOP's scene-wise format.

- Folders: `train` and `val`; picture *n* of the COCO files is `rgb/` *n* mod 1000 of the scene *n* div 1000.
- Units are millimetres, one scene unit being {unit:.6g} of them. The centre of the top-left pixel is (0, 0).
- `obj_id` is the COCO category id. Things of one category may differ in shape, so that there is no `models` folder.
- The model coordinate system is the object's own in Blender, with its origin where Blender has it.
- A pose has no scale: `stretch` in `scene_gt.json` (3 x 3, by rows) holds it. A point *p* of the object in scene units
  is the model's point {unit:.6g} `stretch` *p*, which `cam_R_m2c` and `cam_t_m2c` take to the camera. For an object
  that is only moved, turned and scaled, the diagonal of `stretch` is its scale.
- `mask` shows what each thing would cover alone, `mask_visib` what is seen of it. `px_count_all`, `bbox_obj` and
  `visib_fract` are about `mask`, which ends at the picture's edges. Things that no pixel shows are not listed.
- There are no depth images; `depth_scale` is 1.

| obj_id | category |
|---|---|
"""


def dataset_info(categories: Iterable[Category], unit: float) -> str:
    """Return the text of ``dataset_info.md``, a scene unit being ``unit`` millimetres."""
    rows = [f"| {item.id} | {_cell(item.name)} |\n" for item in sorted(categories, key=lambda item: item.id)]
    return WORDS.format(unit=unit) + "".join(rows)


def _cell(name: str) -> str:
    return " ".join(name.split()).replace("\\", "\\\\").replace("|", "\\|")
