# SPDX-License-Identifier: GPL-3.0-or-later
"""Every format by its name in the job, and the one way to write them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, get_args

from ..core.errors import DatasetError
from ..core.layout import DatasetFolder
from ..core.records import JobRecord
from ..core.spec import ExportKind, check_export
from ..core.variation import check_lens
from ..labels.coco import LabelledView
from .bop import write_bop
from .imagefolder import write_imagefolder
from .source import Files, Source, replacing_folder
from .yolo import write_yolo_detect, write_yolo_segment

EXPORTS: Final[dict[ExportKind, Callable[[Path, Source], int]]] = {
    "YOLO_DETECT": write_yolo_detect,
    "YOLO_SEGMENT": write_yolo_segment,
    "BOP": write_bop,
    "IMAGEFOLDER": write_imagefolder,
}
"""Each writes into an empty folder and returns the number of its pictures."""


@dataclass(frozen=True)
class Exported:
    """One finished export: its folder, its number of pictures, and sentences on what it had to leave out."""

    kind: ExportKind
    folder: Path
    pictures: int
    notes: tuple[str, ...] = ()


def export_folder(folder: DatasetFolder, kind: ExportKind) -> Path:
    """Return where an export lies: ``exports/yolo_detect`` and so on."""
    return folder.root / "exports" / kind.lower()


def parse_kind(name: str) -> ExportKind:
    """Return the export that a user names, in any case and with hyphens or underscores.

    Raises:
        DatasetError: ``dataset.export``: there is no such export.
    """
    wanted = name.upper().replace("-", "_")
    for kind in EXPORTS:
        if kind == wanted:
            return kind
    known = ", ".join(kind.lower() for kind in get_args(ExportKind))
    raise DatasetError("dataset.export", f"There is no export called '{name}'.", f"Known are: {known}.")


def write_exports(
    folder: DatasetFolder,
    job: JobRecord,
    views: Sequence[LabelledView],
    kinds: Sequence[ExportKind] | None = None,
    files: Files | None = None,
) -> list[Exported]:
    """Write the exports that the job asks for (or ``kinds``); each replaces its older self when it is whole.

    ``files`` are the dataset's pictures, where these do not lie in its folder.

    Equal journals give equal files.

    Raises:
        SpecError: the job lacks what a format needs.
        OSError: a file cannot be written.
    """
    wanted = job.job.exports if kinds is None else kinds
    for kind in wanted:
        check_export(kind, job.job.labels)
        check_lens(job.job.variation.sensor, (kind,))
    finished = []
    for kind in wanted:
        source = Source(folder, job, views, files)
        target = export_folder(folder, kind)
        with replacing_folder(target) as part:
            pictures = EXPORTS[kind](part, source)
        notes = tuple(
            f"The export {kind.lower()} leaves out {reason} ({count})."
            for reason, count in sorted(source.left_out.items())
            if count
        )
        finished.append(Exported(kind, target, pictures, notes))
    return finished
