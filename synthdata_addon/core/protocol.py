# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages between Blender and the runner: one JSON object a line, one frozen dataclass a message.

Blender sends ``start``, then ``view`` for each rendered view, then ``finish``; or ``cancel``. The runner answers
``hello`` first, then ``progress``, ``sample``, ``warning`` and ``error`` as they come (``alive`` when none did for a
while), and ``done`` as its last word.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

from .decode import from_json, parse_json, to_json
from .errors import RunnerError, SpecError
from .records import SeenInstance, ViewRecord

VERSION: Final = 1


@dataclass(frozen=True)
class Start:
    """Work on this dataset; ``job.json`` and the journals in it say the rest.

    ``lock`` is the token of the lock that Blender holds on it; empty lets the runner take it itself. ``again`` are
    views that are to be made as if they had no labels and pictures yet, ``views`` how many of the job's there will be
    (0: all), and ``pictures`` tells whether samples are made or left to another run.
    """

    dataset: str
    lock: str = ""
    again: tuple[int, ...] = ()
    views: int = 0
    pictures: bool = True


@dataclass(frozen=True)
class View:
    """A view is rendered: its line of ``views.jsonl``.

    ``as_before`` tells that its instances, which are left out, are those of the message before.
    """

    record: ViewRecord
    as_before: bool = False


@dataclass(frozen=True)
class Finish:
    """No more views will come; do what is left, then say ``done``."""


@dataclass(frozen=True)
class Cancel:
    """Stop after the step at hand, keep what is done, then say ``done``."""


@dataclass(frozen=True)
class Hello:
    """The runner is up."""

    version: int
    pid: int
    python: str


@dataclass(frozen=True)
class Alive:
    """The runner has nothing to say and is well: it waits for views, or is in a long step."""


@dataclass(frozen=True)
class Progress:
    """``done`` of ``total`` of a stage ("labels", "samples", "model"); ``eta`` in seconds, -1 while unknown."""

    stage: str
    done: int
    total: int
    eta: float = -1.0


@dataclass(frozen=True)
class Sample:
    """A picture is finished; ``picture`` is relative to the dataset."""

    sample: str
    picture: str


@dataclass(frozen=True)
class Warning:
    """Something the user should know; the job goes on."""

    code: str
    message: str
    hint: str = ""


@dataclass(frozen=True)
class Error:
    """Something ended the job or one of its stages."""

    code: str
    message: str
    hint: str = ""


@dataclass(frozen=True)
class Done:
    """The runner's last word: counts of the whole dataset and the seconds each stage took in this run."""

    labelled: int = 0
    samples: int = 0
    skipped: int = 0
    annotations: int = 0
    dropped: int = 0
    """Instances that the job's filters left out."""
    rejected: int = 0
    """Pictures that the job's fidelity policy left out."""
    unfaithful: int = 0
    """Annotations that it left out."""
    cancelled: bool = False
    seconds: dict[str, float] = field(default_factory=dict)


Message: TypeAlias = (
    Start | View | Finish | Cancel | Hello | Alive | Progress | Sample | Warning | Error | Done
)
_TYPES: Final[dict[str, type[Message]]] = {
    cls.__name__.lower(): cls
    for cls in (Start, View, Finish, Cancel, Hello, Alive, Progress, Sample, Warning, Error, Done)
}


def encode(message: Message) -> bytes:
    """Return the message as one line, newline included; non-ASCII is escaped, so that no codec can spoil it."""
    body: dict[str, Any] = {"type": type(message).__name__.lower(), **to_json(message)}
    return json.dumps(body, separators=(",", ":"), allow_nan=False).encode("ascii") + b"\n"


class ViewSender:
    """Makes the messages of views for one runner, which take up what is as in the view before."""

    def __init__(self) -> None:
        self._instances: tuple[SeenInstance, ...] = ()

    def message(self, record: ViewRecord) -> View:
        """Return the message of a view."""
        if record.instances and record.instances is self._instances:
            return View(replace(record, instances=()), as_before=True)
        self._instances = record.instances
        return View(record)


class ViewTaker:
    """Understands the messages of one :class:`ViewSender`."""

    def __init__(self) -> None:
        self._instances: tuple[SeenInstance, ...] = ()

    def record(self, message: View) -> ViewRecord:
        """Return the whole record of a view."""
        record = message.record
        if message.as_before:
            return replace(record, instances=self._instances)
        self._instances = record.instances
        return record


def decode(line: bytes) -> Message:
    """Read one line.

    Raises:
        RunnerError: ``runner.protocol``: not a message of this protocol.
    """
    shown = line[:80].decode(errors="replace").strip()
    try:
        body = parse_json(line.decode(), "A runner message")
        cls = _TYPES[body.pop("type")]
        return from_json(cls, body, cls.__name__.lower())
    except (SpecError, UnicodeDecodeError, KeyError, AttributeError, TypeError) as error:
        raise RunnerError(
            "runner.protocol", f"'{shown}' is not a message of the runner.", "See runner.log."
        ) from error
