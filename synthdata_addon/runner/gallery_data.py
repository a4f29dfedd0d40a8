# SPDX-License-Identifier: GPL-3.0-or-later
"""What the gallery knows of each view: one short row in the page, all else in files of some views each.

The files are scripts, as a page that is opened from disk may load nothing else. Their names tell their content, so that
a page never meets files of another state of the dataset, and equal ones are not written again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

from ..core import layout
from ..core.layout import DatasetFolder, gallery_folder, replacing
from ..labels.labelled import LabelledView, Picture

TOGETHER: Final = 16
"""Views in one file: a page of pictures in any order needs few and small ones."""


def script(value: Any) -> str:
    """Return JSON that is safe inside a script element, whatever names and prompts hold."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


class GalleryData:
    """Writes the files of a dataset: :meth:`rows` first, then the lists are known.

    Memory holds what one file has, whatever the size of the dataset.
    """

    def __init__(self, folder: DatasetFolder) -> None:
        """Write into a dataset."""
        self._folder = folder
        self.styles: list[str] = []
        self.splits: list[str] = []
        """What the numbers in rows stand for."""
        self.files: list[str] = []
        """Relative paths, in the order of the views."""
        self.kinds: list[str] = []
        """The images that views have beside their pictures, each kind once."""

    def rows(self, views: Sequence[LabelledView]) -> Iterator[list[Any]]:
        """Yield ``[view, split, width, height, categories, [[file, style, fidelity], ...]]`` of each view."""
        with _Lines(self._folder.labels_journal) as labels, _Lines(self._folder.samples_journal) as samples:
            for start in range(0, len(views), TOGETHER):
                details = []
                for view in views[start : start + TOGETHER]:
                    record = labels.at(view.offset)
                    details.append(_details(view, record, samples))
                    self.kinds += [kind for kind in details[-1]["beside"] if kind not in self.kinds]
                    yield self._row(view, record)
                self._write(details)

    def remove_others(self) -> None:
        """Remove what an earlier state of the dataset had."""
        kept = {self._folder.full(file) for file in self.files}
        for path in (self._folder.root / gallery_folder() / "data").glob("*.js"):
            if path not in kept:
                path.unlink(missing_ok=True)

    def _row(self, view: LabelledView, record: dict[str, Any]) -> list[Any]:
        categories = sorted({item["category_id"] for item in record.get("annotations", ())})
        pictures = [[item.file, _place(item.style, self.styles), item.fidelity] for item in view.pictures]
        split = _place(view.split, self.splits)
        return [view.view, split, view.width, view.height, categories, pictures]

    def _write(self, details: list[dict[str, Any]]) -> None:
        text = f"galleryData({len(self.files)},[\n" + ",\n".join(map(script, details)) + "\n]);\n"
        data = text.encode("ascii")
        file = f"{gallery_folder()}/data/{hashlib.sha256(data).hexdigest()[:20]}.js"
        path = self._folder.full(file)
        if not path.is_file() or path.stat().st_size != len(data):
            with replacing(path) as part:
                part.write_bytes(data)
        self.files.append(file)


def _place(value: str, known: list[str]) -> int:
    """Return the place of a value in a list, to which it is added where it is not there."""
    if value not in known:
        known.append(value)
    return known.index(value)


class _Lines:
    """A journal whose lines are read at any place. Not as records: whoever reads them whole has checked them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def at(self, offset: int) -> dict[str, Any]:
        """Return the JSON object of the line at an offset."""
        if self._file is None:
            self._file = self._path.open("rb")
        self._file.seek(offset)
        found: dict[str, Any] = json.loads(self._file.readline())
        return found


def _details(view: LabelledView, record: dict[str, Any], samples: _Lines) -> dict[str, Any]:
    control = record.get("control_files", ())
    return {
        "beside": {
            **({"render": record["render_file"]} if record.get("render_file") else {}),
            "depth": layout.control_file("depth", view.view),
            "normal": layout.control_file("normal", view.view),
            **{file.split("/")[1]: file for file in control},
        },
        "things": [_thing(item) for item in record.get("annotations", ())],
        "pictures": [_picture(item, samples) for item in view.pictures],
    }


def _thing(item: dict[str, Any]) -> list[Any]:
    """Return ``[instance, category, x, y, width, height, counts, visible share, keypoints]``."""
    share, points = item.get("visible_fraction"), item.get("keypoints") or ()
    return [
        item["instance_id"],
        item["category_id"],
        *item["bbox"],
        item["counts"],
        None if share is None else round(share, 4),
        [[round(point["x"], 2), round(point["y"], 2), point["v"]] for point in points] or None,
    ]


def _picture(item: Picture, samples: _Lines) -> dict[str, Any]:
    """Return how a picture was made, without what does not apply."""
    dropped = {"dropped": sorted(item.dropped)} if item.dropped else {}
    if item.offset < 0:
        return dropped
    sample = samples.at(item.offset)
    scores = {str(one["instance_id"]): round(one["fidelity"], 4) for one in sample.get("scores", ())}
    said = {
        "prompt": sample.get("prompt"),
        "negative": sample.get("negative_prompt"),
        "seed": sample.get("seed"),
        "model": sample.get("model"),
        "steps": sample.get("steps"),
        "guidance": sample.get("guidance_scale"),
        "strength": None if sample.get("strength", 1.0) == 1.0 else sample["strength"],
        "background": sample.get("background"),
        "scores": scores,
    }
    return {name: value for name, value in said.items() if value not in (None, "", {})} | dropped
