# SPDX-License-Identifier: GPL-3.0-or-later
"""Small wheels made by hand, and a package index on this machine that can be slow: for set-ups that are interrupted."""

from __future__ import annotations

import hashlib
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from synthdata_addon.runner.wheel_lock import LockedWheel, write_lock

AS_LARGE = 20_000_000
"""A size that lets the set-up fetch a wheel by itself; that of the file is another matter."""
PIECE = 1024


def make_wheel(folder: Path, name: str, text: str = "") -> LockedWheel:
    """Write a wheel of some kilobytes with one module, and return its line of a lock."""
    path = folder / f"{name}-1.0-py3-none-any.whl"
    about = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.py", f"{text}\n" + "# filler\n" * 4000)
        archive.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{about}/RECORD", "")
    return LockedWheel(name, "1.0", hashlib.sha256(path.read_bytes()).hexdigest(), AS_LARGE, "all")


def make_lock(path: Path, *wheels: LockedWheel) -> Path:
    write_lock(path, wheels)
    return path


class Index:
    """What was asked for, by file name, and whose wheels come slowly."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.slow: set[str] = set()
        self.begun: list[str] = []
        self.address = ""


@contextmanager
def serving(folder: Path) -> Iterator[Index]:
    """Serve the wheels of a folder as a package index."""
    index = Index(folder)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = folder / Path(self.path).name
            if path.suffix != ".whl":
                links = "".join(f'<a href="/files/{p.name}">{p.name}</a>' for p in folder.glob("*.whl"))
                self._answer(f"<!DOCTYPE html><html><body>{links}</body></html>".encode(), "text/html")
                return
            index.begun.append(path.name)
            self._answer(path.read_bytes(), "application/octet-stream", path.name.split("-")[0] in index.slow)

        def _answer(self, data: bytes, kind: str, slowly: bool = False) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            try:
                for start in range(0, len(data), PIECE if slowly else len(data)):
                    self.wfile.write(data[start : start + (PIECE if slowly else len(data))])
                    if slowly:
                        self.wfile.flush()
                        time.sleep(0.5)
            except OSError:
                return  # who asked is gone, as it should be

        def log_message(self, *_args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    index.address = f"http://127.0.0.1:{server.server_address[1]}/simple/"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield index
    finally:
        server.shutdown()
        server.server_close()
