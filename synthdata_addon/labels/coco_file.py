# SPDX-License-Identifier: GPL-3.0-or-later
"""What COCO's files have in common: info, licences, and lists that are written item by item as they are made."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from ..core.categories import Category
from ..core.decode import to_json
from ..core.layout import replacing
from ..core.records import JobRecord


def write_file(path: Path, job: JobRecord, lists: dict[str, Iterable[str]]) -> None:
    """Write ``info``, ``licenses`` and the lists, whose items are JSON text, one a line; replaces the file whole."""
    with replacing(path) as part, part.open("w", encoding="utf-8", newline="\n") as file:
        file.write('{\n"info": ' + as_text(_info(job)) + ',\n"licenses": ' + as_text(_licenses(job)))
        for name, items in lists.items():
            file.write(f',\n"{name}": ')
            _write_list(file, items)
        file.write("\n}\n")


def as_text(value: Any) -> str:
    """Return an item of a list as JSON text.

    Raises:
        ValueError: NaN or infinity, which JSON does not have.
    """
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "), allow_nan=False)


def category_entry(category: Category) -> dict[str, Any]:
    """Return COCO's form of a category; keypoints and skeleton only where it has them."""
    entry = {"id": category.id, "name": category.name, "supercategory": category.supercategory}
    if category.keypoints:
        entry |= {"keypoints": list(category.keypoints), "skeleton": to_json(category.skeleton)}
    return entry


def has_license(job: JobRecord) -> bool:
    """Tell whether the user named a licence; its id is then 1."""
    return bool(job.job.info.license_name or job.job.info.license_url)


def _info(job: JobRecord) -> dict[str, Any]:
    said = job.job.info
    return {
        "description": said.description or f"SynthData dataset of {job.scene_file or 'a scene'}",
        "url": said.url,
        "version": str(job.software.get("synthdata", "")),
        "year": int(job.created[:4]) if job.created[:4].isdigit() else 0,
        "contributor": said.contributor,
        "date_created": job.created,
        # A text, because JSON readers round whole numbers above 2**53.
        "seed": str(job.job.seed),
        "software": job.software,
        "job": to_json(job.job),
    }


def _licenses(job: JobRecord) -> list[dict[str, Any]]:
    said = job.job.info
    return [{"id": 1, "name": said.license_name, "url": said.license_url}] if has_license(job) else []


def _write_list(file: IO[str], items: Iterable[str]) -> None:
    opening = "[\n"
    for item in items:
        file.write(opening + item)
        opening = ",\n"
    file.write("[]" if opening == "[\n" else "\n]")
