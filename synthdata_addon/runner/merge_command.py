# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m synthdata_addon merge``: the shards of a job become one dataset."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from ..core.errors import SynthDataError
from .merge import found_shards, merge


def merge_main(argv: list[str]) -> int:
    """Join shards and say what came of it; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="synthdata_addon merge",
        description="Join the shards of a job into the dataset that one machine would have made. Files become hard "
        "links where the disk has them. A merge that was stopped goes on.",
    )
    parser.add_argument("dataset", type=Path, help="folder of the whole dataset")
    parser.add_argument("shard", nargs="*", type=Path, help="folders to join (default: all in shards/ of it)")
    parser.add_argument("--partial", action="store_true", help="join what is there, though some is missing")
    parser.add_argument("--remove", action="store_true", help="delete the shards when the dataset is whole")
    arguments = parser.parse_args(argv)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    shards = arguments.shard or found_shards(arguments.dataset)
    try:
        merged = merge(arguments.dataset, shards, partial_ok=arguments.partial, remove=arguments.remove)
    except (SynthDataError, OSError) as error:
        sys.stderr.write(f"Error: {error}\n")
        return 1
    counts = merged.counts
    sys.stdout.write(
        f"{len(shards)} shards joined, {merged.files} new files. {counts.views} views labelled, {counts.samples} "
        f"pictures, {counts.annotations} annotations, {counts.skipped} left out.\n"
    )
    sys.stdout.writelines(f"Warning: {text}\n" for text in (*merged.lacks, *counts.notes))
    return 0
