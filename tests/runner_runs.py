# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the runner on a dataset, as a process or here, and looks at what it left."""

from __future__ import annotations

import sys
import time

from pycocotools.coco import COCO

from synthdata_addon.core.journal import Journal
from synthdata_addon.core.layout import gallery_folder
from synthdata_addon.core.protocol import Finish, Start
from synthdata_addon.core.records import LabelRecord, SampleRecord
from synthdata_addon.core.spec import JobSpec, PassesSpec, StyleSpec
from synthdata_addon.runner.client import RunnerClient
from synthdata_addon.runner.inbox import Inbox
from synthdata_addon.runner.worker import Worker

LABELS = JobSpec(seed=1, width=64, height=48, passes=PassesSpec(keep=True))
STYLES = (StyleSpec("Red", "a red room"), StyleSpec("Blue", "blue desk in snow"))


def run(folder, *messages, on_message=None, site_dirs=()):
    """Run the runner on a dataset to its end; return all it said."""
    client = RunnerClient(sys.executable, folder, site_dirs=site_dirs)
    for message in (Start(str(folder.root)), *(messages or (Finish(),))):
        client.send(message)
    said, end = [], time.monotonic() + 120
    while not client.finished:
        assert time.monotonic() < end, f"no end after {said}"
        client.wait(0.5)
        for message in client.poll():
            said.append(message)
            if on_message:
                on_message(client, message)
    client.close()
    return said


def run_here(folder):
    """Run the worker in this process: the same code without another start of torch."""
    inbox, said = Inbox(), []
    inbox.put(Start(str(folder.root)))
    inbox.put(Finish())
    Worker(inbox, said.append).run()
    return said


def of(kind, messages):
    return [message for message in messages if isinstance(message, kind)]


def state(folder):
    """Every file's content time, the derived files left out."""
    derived = {
        folder.gallery,
        folder.root / "README.md",
        folder.runner_log,
        folder.annotations("train"),
        folder.annotations("val"),
    }
    hidden = folder.root / gallery_folder()
    files = (
        path
        for path in folder.root.rglob("*")
        if path.is_file() and path not in derived and not path.is_relative_to(hidden)
    )
    return {str(path.relative_to(folder.root)): path.stat().st_mtime_ns for path in files}


def annotations(folder):
    for split in ("train", "val"):
        coco = COCO(str(folder.annotations(split)))
        for annotation in coco.loadAnns(coco.getAnnIds()):
            assert int(coco.annToMask(annotation).sum()) == annotation["area"] > 0
        for image in coco.dataset["images"]:
            assert (folder.root / image["file_name"]).is_file()
    return [folder.annotations(split).read_bytes() for split in ("train", "val")]


def labels(folder):
    return list(Journal(folder.labels_journal).read(LabelRecord))


def samples(folder):
    return list(Journal(folder.samples_journal).read(SampleRecord))
