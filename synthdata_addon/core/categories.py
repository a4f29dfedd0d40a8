# SPDX-License-Identifier: GPL-3.0-or-later
"""COCO categories of a dataset: names to ids from 1, in a fixed order; keypoints and skeletons as text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from .errors import SpecError

MAX_CATEGORY_ID: Final = 65535
"""What a 16-bit mask can hold."""
SEPARATOR: Final = ","
LIMB: Final = "-"


@dataclass(frozen=True)
class Category:
    """A COCO category; ``id`` starts at 1, as COCO's do, because 0 means background to many trainers."""

    id: int
    name: str
    supercategory: str = ""
    keypoints: tuple[str, ...] = ()
    """Names of the keypoints, in the order of every annotation's ``keypoints``."""
    skeleton: tuple[tuple[int, int], ...] = ()
    """Pairs of keypoints that a limb joins, numbered from 1 as COCO numbers them."""


def check_categories(categories: Iterable[Category]) -> None:
    """Refuse categories that no trainer could use.

    Raises:
        SpecError: ``spec.categories``: an id below 1 or twice, a name that is empty or twice, a keypoint without a name
            of its own, a limb between keypoints that are not there.
    """
    ids: dict[int, str] = {}
    names: set[str] = set()
    for category in categories:
        if not category.name.strip():
            raise SpecError("spec.categories", f"Category {category.id} has no name.", "Name it.")
        if not 1 <= category.id <= MAX_CATEGORY_ID:
            raise SpecError(
                "spec.categories",
                f"Category '{category.name}' has the id {category.id}, outside 1 to {MAX_CATEGORY_ID}.",
                "Number categories from 1; 0 is the background.",
            )
        if category.id in ids:
            raise SpecError(
                "spec.categories",
                f"The categories '{ids[category.id]}' and '{category.name}' both have the id {category.id}.",
                "Give one of them another id.",
            )
        if category.name in names:
            raise SpecError(
                "spec.categories",
                f"There are two categories called '{category.name}'.",
                "Rename one of them.",
            )
        _check_keypoints(category)
        ids[category.id] = category.name
        names.add(category.name)


def _check_keypoints(category: Category) -> None:
    count = len(category.keypoints)
    for name in category.keypoints:
        if not name or name != name.strip() or SEPARATOR in name:
            raise SpecError(
                "spec.categories",
                f"Category '{category.name}' has a keypoint called '{name}'.",
                f"Give it a name without a '{SEPARATOR}' or spaces at its ends.",
            )
        if category.keypoints.count(name) > 1:
            raise SpecError(
                "spec.categories",
                f"Category '{category.name}' has two keypoints called '{name}'.",
                "Rename one of them.",
            )
    for limb in category.skeleton:
        if not all(1 <= end <= count for end in limb):
            raise SpecError(
                "spec.categories",
                f"Category '{category.name}' joins keypoints {limb[0]} and {limb[1]}, but has {count}.",
                "Number its keypoints from 1.",
            )


def keypoints_from_text(text: str) -> tuple[str, ...]:
    """Read keypoints as the panel shows them: ``nose, left_eye``."""
    return tuple(name.strip() for name in text.split(SEPARATOR) if name.strip())


def keypoints_to_text(keypoints: Iterable[str]) -> str:
    """Write keypoints as the panel shows them; :func:`keypoints_from_text` reads them back."""
    return f"{SEPARATOR} ".join(keypoints)


def skeleton_from_text(text: str) -> tuple[tuple[int, int], ...]:
    """Read limbs as the panel shows them, by the numbers of their keypoints from 1: ``16-14, 14-12``.

    Raises:
        SpecError: ``spec.skeleton``.
    """
    return tuple(_limb_from_text(part) for part in text.split(SEPARATOR) if part.strip())


def _limb_from_text(text: str) -> tuple[int, int]:
    try:
        first, second = (int(end) for end in text.split(LIMB))
    except ValueError as error:
        raise SpecError(
            "spec.skeleton",
            f"'{text.strip()}' is not a limb of a skeleton.",
            f"Write the numbers of two keypoints, like 1{LIMB}2.",
        ) from error
    return first, second


def skeleton_to_text(skeleton: Iterable[tuple[int, int]]) -> str:
    """Write limbs as the panel shows them; :func:`skeleton_from_text` reads them back."""
    return f"{SEPARATOR} ".join(f"{first}{LIMB}{second}" for first, second in skeleton)


def number_categories(names: Iterable[str], fixed: Iterable[Category] = ()) -> tuple[Category, ...]:
    """Return the categories of a dataset, by id: all ``fixed`` ones, then the other names alphabetically.

    New ids follow the highest fixed one (or start at 1), so that equal scenes give equal ids.
    """
    given = sorted(fixed, key=lambda category: category.id)
    taken = {category.name for category in given}
    first = given[-1].id + 1 if given else 1
    new = sorted(set(names) - taken)
    return (*given, *(Category(id=i, name=name) for i, name in enumerate(new, start=first)))
