# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes multilayer EXR files under the names that Blender 4.x (one part) and 5.x (a part a pass) give."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def write_exr(
    path: Path,
    depth,
    normal,
    index,
    *,
    layer="ViewLayer",
    modern=False,
    drop=(),
    combined=True,
    packed=True,
    extra=None,
) -> Path:
    """Write one view's passes.

    ``modern`` is Blender 5's naming and multi-part layout, ``drop`` leaves passes out, ``packed`` is ZIP compression,
    ``extra`` are more passes by "layer.pass", each with its channels.
    """
    import OpenEXR

    passes = {
        f"{layer}.Depth": {"Z": depth},
        f"{layer}.Normal": {axis: normal[..., i] for i, axis in enumerate("XYZ")},
        f"{layer}.{'Object Index' if modern else 'IndexOB'}": {"X": index},
    }
    if combined:
        passes[f"{layer}.Combined"] = {c: np.full(depth.shape, 0.5, np.float32) for c in "RGBA"}
    passes |= extra or {}
    kept = {name: channels for name, channels in passes.items() if name.rsplit(".", 1)[1] not in drop}
    compression = OpenEXR.ZIP_COMPRESSION if packed else OpenEXR.NO_COMPRESSION
    header = {"compression": compression, "type": OpenEXR.scanlineimage}

    def named(name, channels):
        return {f"{name}.{c}": np.ascontiguousarray(a, np.float32) for c, a in channels.items()}

    path.parent.mkdir(parents=True, exist_ok=True)
    if modern:
        parts = [
            OpenEXR.Part(dict(header), named(name, channels), name=name) for name, channels in kept.items()
        ]
        with OpenEXR.File(parts) as file:
            file.write(str(path))
    else:
        single = {k: v for name, channels in kept.items() for k, v in named(name, channels).items()}
        with OpenEXR.File(header, single) as file:
            file.write(str(path))
    return path
