# SPDX-License-Identifier: GPL-3.0-or-later
"""What the model gets of a view: its control images and, where pictures begin with it, the finished picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core import layout
from ..core.arrays import RGBImage
from ..core.controls import ControlKind
from ..core.layout import DatasetFolder
from ..core.model_spec import Source
from ..stylize.images import read_ids, read_rgb


@dataclass(frozen=True)
class ViewInputs:
    """The pictures of one view, (H, W, 3) uint8; ``objects`` (H, W) is True on what is labelled."""

    controls: Mapping[str, RGBImage]
    picture: RGBImage | None = None
    objects: NDArray[np.bool_] | None = None


def read_inputs(folder: DatasetFolder, view: int, kinds: Sequence[ControlKind], source: Source) -> ViewInputs:
    """Read what is needed of a labelled view.

    Raises:
        OSError: a file is missing or spoilt.
    """
    controls: dict[str, RGBImage] = {
        kind: read_rgb(folder.full(layout.control_file(kind, view))) for kind in kinds
    }
    if source == "TEXT":
        return ViewInputs(controls)
    picture = read_rgb(folder.full(layout.render_file(view)))
    if source == "RENDER":
        return ViewInputs(controls, picture)
    return ViewInputs(controls, picture, read_ids(folder.full(layout.mask_file(view))) != 0)
