# SPDX-License-Identifier: GPL-3.0-or-later
"""Small JPEG files of the dataset's pictures for its gallery, in a hidden folder, made again when a picture changed.

A thumbnail has its picture's time of change, to the nanosecond: another time says that it is stale.
"""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from ..core.layout import DatasetFolder, gallery_folder
from .png import cv2

log = logging.getLogger(__name__)
SMALL: Final = 384
"""Pictures of no more pixels a side are shown as they are."""
SIDE: Final = 320
QUALITY: Final = 85
THREADS: Final = 8
AT_ONCE: Final = 256


def thumbnail_file(picture: str) -> str:
    """Return the relative path of a picture's thumbnail."""
    return f"{gallery_folder()}/thumbs/{picture.rpartition('.')[0]}.jpg"


def make_thumbnails(folder: DatasetFolder, pictures: Iterable[str]) -> None:
    """Make the thumbnails that are missing or stale; a picture that cannot be read has none, and the log says so.

    Args:
        folder: the dataset.
        pictures: relative paths, each once.
    """
    stale = [picture for picture in pictures if not _is_fresh(folder, picture)]
    if not stale:
        return
    for parent in {folder.full(thumbnail_file(picture)).parent for picture in stale}:
        parent.mkdir(parents=True, exist_ok=True)
    if len(stale) == 1:  # not worth threads
        _warn_of(int(not _make(folder, stale[0])))
        return
    failed = 0
    # Decoding and packing let go of Python's lock.
    with ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1)) as pool:
        for start in range(0, len(stale), AT_ONCE):
            part = stale[start : start + AT_ONCE]
            failed += sum(pool.map(lambda picture: not _make(folder, picture), part))
    _warn_of(failed)


def _warn_of(failed: int) -> None:
    if failed:
        log.warning("%d pictures could not be read, so that the gallery has no thumbnails of them.", failed)


def remove_others(folder: DatasetFolder, pictures: Iterable[str]) -> None:
    """Remove the thumbnails of all but these pictures."""
    kept = {folder.full(thumbnail_file(picture)) for picture in pictures}
    thumbs = folder.root / gallery_folder() / "thumbs"
    for path in thumbs.rglob("*.jpg"):
        if path not in kept:
            path.unlink(missing_ok=True)


def _is_fresh(folder: DatasetFolder, picture: str) -> bool:
    try:
        made, source = folder.full(thumbnail_file(picture)).stat(), folder.full(picture).stat()
    except OSError:
        return False
    # A power cut can leave a name without content.
    return made.st_mtime_ns == source.st_mtime_ns and made.st_size > 0


def _make(folder: DatasetFolder, picture: str) -> bool:
    source, target = folder.full(picture), folder.full(thumbnail_file(picture))
    part = target.with_name(f".{target.stem}.{os.getpid()}.part.jpg")
    try:
        time = source.stat().st_mtime_ns
        part.write_bytes(_packed(source))
        os.utime(part, ns=(time, time))
        part.replace(target)
    except (OSError, ValueError) as error:
        log.info("%s has no thumbnail: %s", picture, error)
        target.unlink(missing_ok=True)
        return False
    finally:
        part.unlink(missing_ok=True)
    return True


def _size(width: int, height: int) -> tuple[int, int]:
    scale = min(1.0, SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _packed(source: Path) -> bytes:
    """Return a picture, small, as JPEG.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no picture.
    """
    if cv2 is None:
        return _packed_by_pillow(source)
    picture = cv2.imread(str(source), cv2.IMREAD_COLOR)
    if picture is None:
        raise ValueError("it cannot be read as a picture.")
    small = cv2.resize(picture, _size(picture.shape[1], picture.shape[0]), interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return bytes(data)


def _packed_by_pillow(source: Path) -> bytes:
    from PIL import Image

    data = io.BytesIO()
    with Image.open(source) as picture:
        small = picture.convert("RGB").resize(_size(*picture.size), Image.Resampling.BOX)
    small.save(data, format="JPEG", quality=QUALITY)
    return data.getvalue()
