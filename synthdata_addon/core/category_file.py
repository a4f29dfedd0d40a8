# SPDX-License-Identifier: GPL-3.0-or-later
"""Categories in files: the mapping file a user keeps, a COCO annotation file's list, and the presets we ship."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from .categories import Category, check_categories
from .decode import from_json, parse_json, to_json
from .errors import SpecError
from .layout import replacing

FIELDS: Final = frozenset(field.name for field in fields(Category))
PRESETS: Final = Path(__file__).resolve().parent / "presets"


def read_categories(path: Path) -> tuple[Category, ...]:
    """Read a mapping file, ``{"categories": [{"id": 1, "name": "chair"}, ...]}``, or a COCO annotation file.

    A bare list is taken too. Whatever else a COCO file says of the file or of a category is passed over.

    Returns:
        The categories as the file orders them.

    Raises:
        SpecError: ``spec.categories_file``: the file cannot be read or has no categories; ``spec.json``,
            ``spec.type`` or ``spec.missing_key``: it is spoilt; ``spec.categories``: see :func:`check_categories`.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise SpecError(
            "spec.categories_file",
            f"The category file '{path}' cannot be read ({reason}).",
            "Choose a JSON file with a list of categories.",
        ) from error
    try:
        categories = tuple(_decode(parse_json(text, path.name), path.name))
    except SpecError as error:
        raise SpecError(error.code, error.message, f"Correct it in '{path.name}'.") from error
    check_categories(categories)
    return categories


def _decode(data: Any, source: str) -> Iterable[Category]:
    entries = data.get("categories") if isinstance(data, dict) else data
    if not entries:
        raise SpecError("spec.categories_file", f"'{source}' has no categories.")
    if not isinstance(entries, list):
        raise SpecError("spec.type", f"The categories of '{source}' must be a list.")
    for number, entry in enumerate(entries):
        yield from_json(Category, _known(entry), f"{source}: categories[{number}]")


def _known(entry: Any) -> Any:
    """Drop what other tools add (colours and the like), and the null they write for what a category does not have."""
    if not isinstance(entry, dict):
        return entry
    return {key: value for key, value in entry.items() if key in FIELDS and value is not None}


def write_categories(path: Path, categories: Iterable[Category]) -> None:
    """Write a mapping file, one category a line, whole or not at all; :func:`read_categories` reads it back.

    Raises:
        SpecError: ``spec.categories`` as :func:`check_categories`; ``spec.categories_file``: the file cannot be
            written, or there is nothing to write.
    """
    kept = tuple(categories)
    check_categories(kept)
    if not kept:
        raise SpecError("spec.categories_file", "There are no categories to save.", "Add some to the list.")
    entries = ({key: value for key, value in to_json(category).items() if value} for category in kept)
    lines = ",\n".join(f"  {json.dumps(entry, ensure_ascii=False)}" for entry in entries)
    try:
        with replacing(path) as part:
            part.write_text(f'{{"categories": [\n{lines}\n]}}\n', encoding="utf-8")
    except OSError as error:
        raise SpecError(
            "spec.categories_file",
            f"The category file '{path}' cannot be written ({error.strerror or error}).",
            "Choose a folder of your own.",
        ) from error


def preset_names() -> tuple[str, ...]:
    """Return the names of the presets that come with this package, such as ``coco``."""
    return tuple(sorted(path.stem for path in PRESETS.glob("*.json")))


def preset_categories(name: str) -> tuple[Category, ...]:
    """Read a preset. ``coco``: the 80 categories of COCO's instances under their own ids, with the person's keypoints.

    Raises:
        SpecError: ``spec.preset``: there is none of that name.
    """
    if name not in preset_names():
        known = ", ".join(preset_names())
        raise SpecError("spec.preset", f"There is no category preset '{name}'.", f"Known are: {known}.")
    return read_categories(PRESETS / f"{name}.json")
