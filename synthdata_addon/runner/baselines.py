# SPDX-License-Identifier: GPL-3.0-or-later
"""Styles that need no model, for comparison: the finished render as it is, and its things cut out and pasted."""

from __future__ import annotations

import logging
import time
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from ..core import layout
from ..core.arrays import RGBImage
from ..core.errors import SynthDataError, cause
from ..core.layout import DatasetFolder
from ..core.records import JobRecord, SampleRecord
from ..core.seeds import Purpose, generator
from ..core.style_spec import background_style
from ..stylize.images import read_ids, read_rgb
from .judging import Judge
from .png import write_png
from .requests import SampleRequest, SampleRequests

log = logging.getLogger(__name__)
FAULTS: Final = (OSError, ValueError, RuntimeError, TypeError, MemoryError)
"""What a spoilt picture, or a model that looks at it, can fail with."""
SUFFIXES: Final = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")


class Baselines:
    """Makes samples of the kinds RENDER and PASTE, one at a time."""

    def __init__(self, folder: DatasetFolder, job: JobRecord) -> None:
        self._folder = folder
        self._job = job
        self._requests = SampleRequests(folder, job)
        self._judge = Judge(folder, job)
        self._files: dict[str, list[Path]] = {}

    def needs_pictures(self, slot: int) -> bool:
        """Tell whether a slot is pasted onto another style's pictures, which have to be there first."""
        style = self._requests.style(slot)
        return style.kind == "PASTE" and bool(background_style(self._job.job.styles, style))

    def make(self, view: int, slot: int, size: tuple[int, int]) -> SampleRecord:
        """Make one sample and write its picture; one that cannot be made comes back with ``skipped`` set.

        Args:
            view: a labelled view.
            slot: one of its slots, of a kind that needs no model.
            size: the view's width and height.

        Raises:
            OSError: the picture cannot be written.
        """
        start = time.perf_counter()
        request = self._requests.request(view, slot)
        record = self._record(request, size)
        try:
            picture, background = self._picture(request, size)
            verdict = self._judge.judge(request, picture, replace(record, background=background))
        except (SynthDataError, *FAULTS) as error:
            log.warning("Sample %s is not made: %s", request.sample, error)
            return replace(record, picture="", skipped=cause(error))
        with layout.replacing(self._folder.full(verdict.record.picture)) as path:
            write_png(path, verdict.picture)
        return replace(verdict.record, seconds=round(time.perf_counter() - start, 3))

    def _picture(self, request: SampleRequest, size: tuple[int, int]) -> tuple[RGBImage, str]:
        """Return the picture, and what its things were pasted onto."""
        render = self._read(layout.render_file(request.view), size)
        if request.style.kind == "RENDER":
            return render, ""
        things = read_ids(self._folder.full(layout.mask_file(request.view))) != 0
        below, name = self._background(request, size)
        return np.where(things[..., None], render, below), name

    def _background(self, request: SampleRequest, size: tuple[int, int]) -> tuple[RGBImage, str]:
        style = background_style(self._job.job.styles, request.style)
        if style:
            file = layout.image_file(request.view, style, request.number)
            return self._read(file, size), layout.sample_id(request.view, style, request.number)
        files = self._listed(request.style.background)
        key = zlib.crc32(request.style.name.encode())
        rng = generator(self._job.job.seed, request.view, Purpose.BACKGROUND, key, request.number)
        path = files[int(rng.random() * len(files))]
        return covering(read_rgb(path), size), path.name

    def _listed(self, name: str) -> list[Path]:
        """Return the pictures of a folder by name, looked up once."""
        if name not in self._files:
            folder = Path(name).expanduser()
            found = folder.iterdir() if folder.is_dir() else ()
            self._files[name] = sorted(path for path in found if path.suffix.lower() in SUFFIXES)
        if not self._files[name]:
            raise ValueError(f"there is no picture in the folder of backgrounds '{name}'")
        return self._files[name]

    def _read(self, file: str, size: tuple[int, int]) -> RGBImage:
        if not self._folder.full(file).is_file():
            raise ValueError(f"'{file}' is not there")
        picture = read_rgb(self._folder.full(file))
        if picture.shape[:2] != size[::-1]:
            raise ValueError(
                f"'{file}' has {picture.shape[1]} x {picture.shape[0]} pixels, not {size[0]} x {size[1]}"
            )
        return picture

    def _record(self, request: SampleRequest, size: tuple[int, int]) -> SampleRecord:
        return SampleRecord(
            sample=request.sample,
            view=request.view,
            style=request.style.name,
            picture=request.picture,
            prompt="",
            negative_prompt="",
            seed="",
            width=size[0],
            height=size[1],
            model=request.style.kind.lower(),
            revision="",
            steps=0,
            guidance_scale=0.0,
            number=request.number,
        )


def covering(picture: RGBImage, size: tuple[int, int]) -> RGBImage:
    """Return the middle of a picture, scaled so that it fills ``size`` (width, height) without being stretched."""
    from PIL import Image, ImageOps

    return np.array(ImageOps.fit(Image.fromarray(picture), size, Image.Resampling.LANCZOS))
