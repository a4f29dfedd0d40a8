# SPDX-License-Identifier: GPL-3.0-or-later
"""A small hub on this machine: its interface as far as huggingface_hub asks, with the faults that real ones have.

Big files (``.safetensors``) come from a second address, as the hub's come from a content network; that one refuses a
token that is not meant for it.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, unquote, urlsplit

COMMIT = "c0ffee" * 6 + "c0ff"
TOKEN = "hf_a_token_of_nobody"


def blob_of(data: bytes) -> str:
    """git's hash of a file."""
    return hashlib.sha1(f"blob {len(data)}\0".encode() + data).hexdigest()


@dataclass
class HubFaults:
    """What goes wrong; ``cut`` is how many bytes of a big file a connection brings, for ``cuts`` connections."""

    cut: int = 0
    cuts: int = 0
    flip: bool = False
    flips: int = 1 << 30
    no_ranges: bool = False
    status: int = 0
    gated: bool = False
    claim: int = 0
    rename: str = ""
    hold: threading.Event | None = None


@dataclass
class Hub:
    """A running hub: ``models`` are name to file name to bytes; ``asked`` is every request, with its headers."""

    models: dict[str, dict[str, bytes]] = field(default_factory=dict)
    faults: HubFaults = field(default_factory=HubFaults)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    sent: int = 0
    address: str = ""
    store: str = ""
    servers: list[ThreadingHTTPServer] = field(default_factory=list)

    def start(self) -> Hub:
        for name in ("address", "store"):
            handler = type("Handler", (HubHandler,), {"hub": self, "is_store": name == "store"})
            server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, daemon=True).start()
            setattr(self, name, f"http://127.0.0.1:{server.server_port}")
            self.servers.append(server)
        return self

    def stop(self) -> None:
        for server in self.servers:
            server.shutdown()
            server.server_close()

    def add(self, repo: str, folder) -> None:
        """Serve a folder, as its makers would have uploaded it."""
        files = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }
        self.models[repo] = files

    def fetched(self) -> list[str]:
        """Names of the files that were asked for, each once, in order."""
        found = [
            re.search(r"/(?:resolve/[^/]+|store/[^/]+/[^/]+)/(.*)", path)
            for kind, path, _ in self.asked
            if kind == "GET"
        ]
        return list(dict.fromkeys(unquote(match[1]) for match in found if match))


class HubHandler(BaseHTTPRequestHandler):
    hub: Hub
    is_store: bool
    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer(body=True)

    def answer(self, *, body: bool) -> None:
        path = urlsplit(self.path).path
        self.hub.asked.append((self.command, path, dict(self.headers)))
        if self.is_store:
            return self.give_store(path)
        if match := re.fullmatch(r"/api/models/([^/]+/[^/]+)(/revision/\w+|/tree/\w+)?", path):
            return self.give_api(match[1], match[2] or "")
        if match := re.fullmatch(r"/([^/]+/[^/]+)/resolve/(\w+)/(.*)", path):
            return self.give_file(match[1], unquote(match[3]), body=body)
        return self.say(404, {"error": "no such page"})

    def refused(self, repo: str, *, of_file: bool) -> bool:
        """Answer as the hub does to those who may not have it."""
        faults, token = self.hub.faults, self.headers.get("Authorization")
        if faults.status:
            self.say(faults.status, {"error": "fault"})
        elif token is not None and token != f"Bearer {TOKEN}":
            self.say(401, {"error": "no"}, {"X-Error-Message": "Invalid credentials in Authorization header"})
        elif repo not in self.hub.models:
            self.say(401 if token is None else 404, {"error": "no"}, {"X-Error-Code": "RepoNotFound"})
        elif faults.gated and of_file and token is None:
            self.say(401, {"error": "no"}, {"X-Error-Code": "GatedRepo"})
        else:
            return False
        return True

    def give_api(self, repo: str, rest: str) -> None:
        if self.refused(repo, of_file=False):
            return
        faults = self.hub.faults
        siblings, tree = [], []
        for name, data in sorted(self.hub.models[repo].items()):
            size = faults.claim or len(data)
            if name.endswith(".safetensors"):
                digest = hashlib.sha256(data).hexdigest()
                siblings.append(
                    {
                        "rfilename": name,
                        "size": size,
                        "blobId": "1" * 40,
                        "lfs": {"sha256": digest, "size": size, "pointerSize": 130},
                    }
                )
                tree.append(
                    {
                        "type": "file",
                        "path": name,
                        "size": size,
                        "oid": "1" * 40,
                        "lfs": {"oid": digest, "size": size, "pointerSize": 130},
                    }
                )
            else:
                shown = faults.rename or name
                siblings.append({"rfilename": shown, "size": len(data), "blobId": blob_of(data)})
                tree.append({"type": "file", "path": shown, "size": len(data), "oid": blob_of(data)})
        if rest.startswith("/tree"):
            self.say(200, tree)
            return
        info = {
            "_id": "0",
            "id": repo,
            "modelId": repo,
            "sha": COMMIT,
            "private": False,
            "gated": False,
            "tags": [],
            "downloads": 0,
            "likes": 0,
        }
        self.say(200, info | {"siblings": siblings})

    def give_file(self, repo: str, name: str, *, body: bool) -> None:
        if self.refused(repo, of_file=True):
            return
        data = self.hub.models[repo].get(name)
        headers = {"X-Repo-Commit": COMMIT}
        if data is None:
            self.say(404, {"error": "no"}, headers | {"X-Error-Code": "EntryNotFound"})
        elif name.endswith(".safetensors"):
            digest = hashlib.sha256(data).hexdigest()
            linked = {"X-Linked-Etag": f'"{digest}"', "X-Linked-Size": str(len(data))}
            self.say(
                302, None, headers | linked | {"Location": f"{self.hub.store}/store/{repo}/{quote(name)}"}
            )
        else:
            self.send_response(200)
            for key, value in (
                headers | {"ETag": f'"{blob_of(data)}"', "Content-Length": str(len(data))}
            ).items():
                self.send_header(key, value)
            self.end_headers()
            if body:
                self.wfile.write(data)

    def give_store(self, path: str) -> None:
        _, _, org, repo, name = path.split("/", 4)
        faults = self.hub.faults
        if "Authorization" in self.headers:
            self.say(400, {"error": "a token that is not for me"})
            return
        data = self.hub.models[f"{org}/{repo}"][unquote(name)]
        start, wanted = 0, self.headers.get("Range")
        if wanted and not faults.no_ranges:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
        if faults.flip and faults.flips > 0 and len(data) - start > 100:
            faults.flips -= 1
            spot = start + 50
            data = data[:spot] + bytes([data[spot] ^ 1]) + data[spot + 1 :]
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        if self.command == "HEAD":
            return
        piece = data[start:]
        if faults.cuts > 0 and faults.cut:
            faults.cuts -= 1
            piece = piece[: faults.cut]
            self.close_connection = True
        self.hub.sent += len(piece)
        try:
            self.wfile.write(piece)
            if len(piece) < len(data) - start:
                self.wfile.flush()
                if faults.hold is not None:
                    faults.hold.wait(60.0)
                self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            self.close_connection = True  # whoever asked is gone

    def say(self, status: int, body, headers: dict[str, str] | None = None) -> None:
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for key, value in (
            {"Content-Type": "application/json", "Content-Length": str(len(data))} | (headers or {})
        ).items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *_):
        pass
