# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m synthdata_addon validate`` and ``export``: what a user can do with a finished dataset."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import get_args

from ..core.errors import SynthDataError
from ..core.layout import DatasetFolder
from ..core.spec import ExportKind
from ..exports.registry import parse_kind, write_exports
from ..labels.coco import labelled_views
from .keeper import keeping
from .ledger import read_job
from .validation.check import validate


def validate_main(argv: list[str]) -> int:
    """Check a dataset and say what is wrong; return 0 when nothing is, else 1."""
    parser = argparse.ArgumentParser(
        prog="synthdata_addon validate",
        description="Re-read a dataset and prove it: every file, mask, area, box and id. Exit status 0: no fault.",
    )
    parser.add_argument("dataset", type=Path, help="the dataset's folder (it holds job.json)")
    found = validate(parser.parse_args(argv).dataset)
    sys.stdout.write("\n".join(found.lines()) + "\n")
    return 1 if found.counts else 0


def export_main(argv: list[str]) -> int:
    """Write exports of a dataset, whether its job asked for them or not; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="synthdata_addon export", description="Write a labelled dataset in other formats, into exports/."
    )
    parser.add_argument("dataset", type=Path, help="the dataset's folder (it holds job.json)")
    kinds = ", ".join(kind.lower() for kind in get_args(ExportKind))
    parser.add_argument("kind", nargs="+", help=f"what to write: {kinds}")
    arguments = parser.parse_args(argv)
    folder = DatasetFolder(arguments.dataset)
    try:
        job = read_job(folder)
        wanted = list(dict.fromkeys(parse_kind(name) for name in arguments.kind))
        with keeping(folder):
            exports = write_exports(folder, job, labelled_views(folder, job), wanted)
        for export in exports:
            lines = [f"{export.pictures} pictures in {export.folder}", *export.notes]
            sys.stdout.write("\n".join(lines) + "\n")
    except (SynthDataError, OSError) as error:
        sys.stderr.write(f"Error: {error}\n")
        return 1
    return 0
