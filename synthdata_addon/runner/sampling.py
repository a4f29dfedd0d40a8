# SPDX-License-Identifier: GPL-3.0-or-later
"""The diffusion stage: loads the model when the first picture is due, makes one sample at a time."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from ..core import layout, models
from ..core.errors import ModelError
from ..core.layout import DatasetFolder
from ..core.protocol import Message, Progress
from ..core.records import JobRecord, SampleRecord
from ..core.seeds import sample_seed
from ..stylize.images import read_rgb
from .pace import Pace
from .png import write_png

if TYPE_CHECKING:
    from ..core.arrays import RGBImage
    from ..stylize.pipeline import Stylizer

log = logging.getLogger(__name__)
MAX_FAILURES: Final = 3
"""So many failures in a row, with no picture made, mean that the model does not work at all."""


class Sampler:
    """Makes samples with the job's model. ``usable`` turns False when the model cannot be used."""

    def __init__(
        self, folder: DatasetFolder, job: JobRecord, pace: Pace, send: Callable[[Message], None]
    ) -> None:
        self.usable = bool(job.job.styles)
        self._folder = folder
        self._job = job
        self._pace = pace
        self._send = send
        self._stylizer: Stylizer | None = None
        self._revision = ""
        self._failures = 0

    def make(
        self, view: int, style: int, width: int, height: int, should_stop: Callable[[], bool]
    ) -> SampleRecord | None:
        """Make one sample and return its line of ``samples.jsonl``; None when ``should_stop`` ended it midway.

        A sample that fails comes back with ``skipped`` set.

        Raises:
            ModelError: the model cannot be used at all; ``usable`` is False from then on.
            OSError: the picture cannot be written.
        """
        stylizer = self._loaded()
        if should_stop():
            return None
        start = time.perf_counter()
        skipped = ""
        picture = None
        try:
            picture = self._picture(stylizer, view, style, width, height, should_stop)
        # torch raises RuntimeError for nearly everything, out of memory included; a spoilt control image is an OSError.
        except (RuntimeError, ValueError, TypeError, OSError, MemoryError) as error:
            skipped = _reason(error, stylizer, width, height)
            log.exception("Sample of view %d, style %d failed.", view, style)
        if picture is None and not skipped:
            return None
        record = self._record(view, style, width, height, stylizer, skipped)
        if picture is not None:
            with layout.replacing(self._folder.full(record.picture)) as path:
                write_png(path, picture)
        seconds = time.perf_counter() - start
        self._count(skipped, seconds)
        return SampleRecord(**{**vars(record), "seconds": round(seconds, 3)})

    def _loaded(self) -> Stylizer:
        if self._stylizer is None:
            self.usable = False
            self._send(Progress("model", 0, 1))
            with self._pace.step("model"):
                self._stylizer, self._revision = _load(self._job)
            self.usable = True
            self._send(Progress("model", 1, 1, 0.0))
        return self._stylizer

    def _picture(
        self,
        stylizer: Stylizer,
        view: int,
        style: int,
        width: int,
        height: int,
        should_stop: Callable[[], bool],
    ) -> RGBImage | None:
        controls: dict[str, RGBImage] = {
            kind: read_rgb(self._folder.full(layout.control_file(kind, view))) for kind in stylizer.kinds
        }
        spec = self._job.job.styles[style]
        picture = stylizer.picture(
            controls, spec, sample_seed(self._job.job.seed, view, spec.name), should_stop
        )
        if picture is not None and picture.shape != (height, width, 3):
            made = f"{picture.shape[1]} x {picture.shape[0]}"
            raise ValueError(f"the model made {made} pixels where {width} x {height} were asked for")
        return picture

    def _record(
        self, view: int, style: int, width: int, height: int, stylizer: Stylizer, skipped: str
    ) -> SampleRecord:
        spec = self._job.job.styles[style]
        return SampleRecord(
            sample=layout.sample_id(view, spec.name),
            view=view,
            style=spec.name,
            picture="" if skipped else layout.image_file(view, spec.name),
            prompt=spec.prompt,
            negative_prompt=spec.negative_prompt,
            seed=str(sample_seed(self._job.job.seed, view, spec.name)),
            width=width,
            height=height,
            model=self._job.job.model.path or models.EMBEDDED,
            revision=self._revision,
            steps=stylizer.steps,
            guidance_scale=stylizer.guidance_scale,
            skipped=skipped,
        )

    def _count(self, skipped: str, seconds: float) -> None:
        if not skipped:
            self._failures = -1
            self._pace.add("samples", seconds)
        elif self._failures >= 0:
            self._failures += 1
            if self._failures == MAX_FAILURES:
                self.usable = False
                raise ModelError(
                    "model.failing",
                    f"The model failed on its first {MAX_FAILURES} pictures ({skipped}).",
                    "Labels are kept; mend the model settings and generate again.",
                )


def _load(job: JobRecord) -> tuple[Stylizer, str]:
    model = models.resolve(job.job.model)
    models.check_model(model)
    try:
        from ..stylize.pipeline import load

        return load(model), models.revision(model)
    except ImportError as error:
        raise ModelError(
            "model.no_torch",
            f"The runner's Python cannot import what diffusion needs ({error}), so that no pictures are made.",
            "Run `python3 build.py runner-env` and set the Python it names as Runner Python; labels are kept.",
        ) from error


def _reason(error: Exception, stylizer: Stylizer, width: int, height: int) -> str:
    text = str(error).strip()
    first = text.splitlines()[0] if text else type(error).__name__
    if (
        isinstance(error, MemoryError)
        or "out of memory" in text.lower()
        or "can't allocate memory" in text.lower()
    ):
        stylizer.free_memory()
        return f"out of memory at {width} x {height} pixels; use a smaller size or another device"
    return first
