# SPDX-License-Identifier: GPL-3.0-or-later
"""Drag a file onto a window of an X server, as a file manager does: the source's side of the XDND protocol, version 5.

It talks to libX11 through ctypes, so that the test needs no library more than xdotool does.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import time
from ctypes import POINTER, Structure, Union, byref, c_char_p, c_int, c_long, c_uint, c_ulong, c_void_p
from pathlib import Path

VERSION = 5
URI_LIST = "text/uri-list"
SELECTION_REQUEST, SELECTION_NOTIFY, CLIENT_MESSAGE = 30, 31, 33
"""Event numbers of X.h, as those below."""
PROP_MODE_REPLACE = 0
BITS = 8


class ClientMessage(Structure):
    """XClientMessageEvent with its five longs."""

    _fields_ = [
        ("type", c_int),
        ("serial", c_ulong),
        ("send_event", c_int),
        ("display", c_void_p),
        ("window", c_ulong),
        ("message_type", c_ulong),
        ("format", c_int),
        ("data", c_long * 5),
    ]


class SelectionRequest(Structure):
    """XSelectionRequestEvent."""

    _fields_ = [
        ("type", c_int),
        ("serial", c_ulong),
        ("send_event", c_int),
        ("display", c_void_p),
        ("owner", c_ulong),
        ("requestor", c_ulong),
        ("selection", c_ulong),
        ("target", c_ulong),
        ("property", c_ulong),
        ("time", c_ulong),
    ]


class SelectionNotify(Structure):
    """XSelectionEvent."""

    _fields_ = [
        ("type", c_int),
        ("serial", c_ulong),
        ("send_event", c_int),
        ("display", c_void_p),
        ("requestor", c_ulong),
        ("selection", c_ulong),
        ("target", c_ulong),
        ("property", c_ulong),
        ("time", c_ulong),
    ]


class Event(Union):
    """XEvent."""

    _fields_ = [
        ("type", c_int),
        ("client", ClientMessage),
        ("request", SelectionRequest),
        ("notify", SelectionNotify),
        ("pad", c_long * 24),
    ]


class Drag:
    """A file in the hand of a user. Coordinates are pixels of the screen, from its upper left corner."""

    def __init__(self, display: str, target: int, file: Path) -> None:
        """Take the file up, for the window with the X id `target`."""
        self._x = _library()
        self._display = self._x.XOpenDisplay(display.encode())
        assert self._display, f"no display {display}"
        root = self._x.XDefaultRootWindow(self._display)
        self._source = self._x.XCreateSimpleWindow(self._display, root, 0, 0, 1, 1, 0, 0, 0)
        self._target, self._data = target, f"{file.as_uri()}\r\n".encode()
        self._x.XSetSelectionOwner(self._display, self._atom("XdndSelection"), self._source, 0)

    def drop(self, x: int, y: int, limit: float = 20.0) -> bool:
        """Carry it to a place and let go there; whether the window said that it took it."""
        here = (x << 16) | y
        self._send("XdndEnter", VERSION << 24, self._atom(URI_LIST))
        copy = self._atom("XdndActionCopy")
        self._send("XdndPosition", 0, here, 0, copy)
        status = self._answer("XdndStatus", limit)
        self._send("XdndPosition", 0, here, 0, copy)  # a hand that moves
        self._answer("XdndStatus", limit)
        if status is None:
            return False
        self._send("XdndDrop")
        return self._answer("XdndFinished", limit) is not None

    def _send(self, message: str, *data: int) -> None:
        event = Event()
        event.client = ClientMessage(
            type=CLIENT_MESSAGE,
            display=self._display,
            window=self._target,
            message_type=self._atom(message),
            format=32,
            data=(c_long * 5)(self._source, *data),
        )
        self._x.XSendEvent(self._display, self._target, 0, 0, byref(event))
        self._x.XFlush(self._display)

    def _answer(self, message: str, limit: float) -> list[int] | None:
        """Wait for a message of the window; hand out the file's address when it asks for it."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if not self._x.XPending(self._display):
                time.sleep(0.02)
                continue
            event = Event()
            self._x.XNextEvent(self._display, byref(event))
            if event.type == SELECTION_REQUEST:
                self._hand_out(event.request)
            elif event.type == CLIENT_MESSAGE and event.client.message_type == self._atom(message):
                return list(event.client.data)
        return None

    def _hand_out(self, asked: SelectionRequest) -> None:
        size = len(self._data)
        where = (self._display, asked.requestor, asked.property)
        self._x.XChangeProperty(*where, asked.target, BITS, PROP_MODE_REPLACE, self._data, size)
        event = Event()
        event.notify = SelectionNotify(
            type=SELECTION_NOTIFY,
            display=self._display,
            requestor=asked.requestor,
            selection=asked.selection,
            target=asked.target,
            property=asked.property,
            time=asked.time,
        )
        self._x.XSendEvent(self._display, asked.requestor, 0, 0, byref(event))
        self._x.XFlush(self._display)

    def _atom(self, name: str) -> int:
        return int(self._x.XInternAtom(self._display, name.encode(), 0))


def _library() -> ctypes.CDLL:
    """libX11 with the types that ctypes cannot guess."""
    library = ctypes.CDLL(ctypes.util.find_library("X11") or "libX11.so.6")
    shown, window = c_void_p, c_ulong
    library.XOpenDisplay.restype, library.XOpenDisplay.argtypes = c_void_p, [c_char_p]
    library.XDefaultRootWindow.restype, library.XDefaultRootWindow.argtypes = c_ulong, [shown]
    library.XCreateSimpleWindow.restype = c_ulong
    sizes = [c_int, c_int, c_uint, c_uint, c_uint, c_ulong, c_ulong]
    library.XCreateSimpleWindow.argtypes = [shown, window, *sizes]
    library.XInternAtom.restype, library.XInternAtom.argtypes = c_ulong, [shown, c_char_p, c_int]
    library.XSetSelectionOwner.argtypes = [shown, c_ulong, window, c_ulong]
    library.XSendEvent.argtypes = [shown, window, c_int, c_long, POINTER(Event)]
    property_of = [c_ulong, c_ulong, c_int, c_int, c_char_p, c_int]
    library.XChangeProperty.argtypes = [shown, window, *property_of]
    library.XNextEvent.argtypes = [shown, POINTER(Event)]
    for name in ("XPending", "XFlush"):
        getattr(library, name).argtypes = [shown]
    return library
