# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m synthdata_addon doctor``: what the runner's Python and this machine have, and what is amiss."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ..core.doctor import Problem, Report, Section, masked
from ..core.errors import SynthDataError
from ..core.hub_cache import hub_cache, is_offline
from ..core.machine import TOKEN_VARIABLE, default_device, memory_share
from ..core.model_list import by_repo, format_bytes, listed_models, to_fetch
from ..core.model_store import stored
from ..core.version import version
from .client import NEEDED
from .torch_build import has_nvidia_gpu

PACKAGES: Final = (
    "numpy",
    "openexr",
    "pillow",
    "torch",
    "diffusers",
    "transformers",
    "accelerate",
    "peft",
    "safetensors",
    "huggingface-hub",
    "opencv-python-headless",
)
FOR_PICTURES: Final = ("torch", "diffusers", "transformers", "safetensors")
OLDEST: Final = (3, 11)
LITTLE_MEMORY: Final = 8_000_000_000
LITTLE_GPU: Final = 6_000_000_000
LITTLE_DISK: Final = 2_000_000_000
SET_UP: Final = "Press Set Up Runner in the preferences, or run `python3 build.py runner-env`."


@dataclass
class Examination:
    """What is asked (``needs``: models of a job; ``labels_only``: no pictures), and what was found so far."""

    needs: Sequence[str] = ()
    labels_only: bool = False
    output: str = ""
    sections: list[Section] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def report(self) -> Report:
        """Look at everything, part by part."""
        self._versions()
        self._devices()
        self._memory()
        self._models()
        self._network()
        return masked(Report(tuple(self.sections), tuple(self.problems)), _saved_token())

    def add(self, title: str, rows: Sequence[tuple[str, str]]) -> None:
        """Add a section."""
        self.sections.append(Section(title, tuple(rows)))

    def amiss(self, message: str, hint: str, *, fatal: bool = False) -> None:
        """Add a problem."""
        self.problems.append(Problem(message, hint, fatal))

    def _versions(self) -> None:
        rows = [
            ("SynthData", version()),
            ("Runner's Python", f"{platform.python_version()} ({sys.executable})"),
            ("System", platform.platform()),
        ]
        self.add("Runner", [*rows, *((name, _version(name)) for name in PACKAGES)])
        if sys.version_info < OLDEST:
            self.amiss(
                f"The runner's Python is {platform.python_version()}; it must be 3.11 or newer.",
                SET_UP,
                fatal=True,
            )
        for names, what, fatal in (
            (NEEDED, "labels", True),
            (FOR_PICTURES, "pictures", not self.labels_only),
        ):
            missing = [name for name in names if importlib.util.find_spec(name) is None]
            if missing:
                self.amiss(
                    f"The runner's Python has no {', '.join(missing)}: no {what}.", SET_UP, fatal=fatal
                )

    def _devices(self) -> None:
        rows = [("Processor", f"{os.cpu_count()} threads, {platform.machine()}")]
        if importlib.util.find_spec("torch") is not None:
            try:
                rows += self._torch_devices()
            except (ImportError, OSError, RuntimeError) as error:
                reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
                self.amiss(f"torch cannot be loaded ({reason}).", SET_UP, fatal=not self.labels_only)
        self.add("Devices", rows)

    def _torch_devices(self) -> list[tuple[str, str]]:
        from ..stylize.machine import build, gpus

        found = gpus()
        rows = [("torch is for", build())]
        for gpu in found:
            free = f", {format_bytes(gpu.free)} free" if gpu.free else ""
            rows.append((gpu.name, f"{gpu.title}, {format_bytes(gpu.total)}{free}"))
            if gpu.total * memory_share() < LITTLE_GPU:
                self.amiss(
                    f"{gpu.title} has {format_bytes(gpu.total * memory_share())} for pictures.",
                    "Use Stable Diffusion 1.5 at 512 pixels, or Offload under Styles, Model Details, GPU.",
                )
        if has_nvidia_gpu() and not any(gpu.name.startswith("cuda") for gpu in found):
            built = build()
            self.amiss(
                f"There is an NVIDIA driver, and this torch ({built}) does not use its GPU: pictures take very long.",
                "Update the driver."
                if built.startswith("CUDA")
                else "Set up the runner again with a CUDA build.",
            )
        rows.append(("Preferred", self._preferred([gpu.name for gpu in found])))
        return rows

    def _preferred(self, found: Sequence[str]) -> str:
        wanted = default_device()
        share = memory_share()
        there = {"auto", "cpu", *found, *(name.partition(":")[0] for name in found)}
        if wanted not in there:
            self.amiss(
                f"The preferences ask for '{wanted}', which is not there.",
                "Choose Automatic as Device in the preferences.",
                fatal=not self.labels_only,
            )
        return wanted + (f", at most {share:.0%} of its memory" if share < 1.0 else "")

    def _memory(self) -> None:
        total, free = _memory()
        rows = [("RAM", f"{format_bytes(total)}, {format_bytes(free)} free")] if total else []
        if 0 < total < LITTLE_MEMORY and not self.labels_only:
            self.amiss(
                f"The machine has {format_bytes(total)} of RAM.", "Models may not fit; use small ones."
            )
        for name, folder in (("Output", self.output), ("Models", str(hub_cache()))):
            if folder:
                left = _free(Path(folder))
                rows.append((f"Disk: {name}", f"{format_bytes(left)} free at {folder}"))
                if left < LITTLE_DISK:
                    self.amiss(
                        f"{folder} has {format_bytes(left)} free.", "Free some space, or choose another disk."
                    )
        self.add("Memory", rows)

    def _models(self) -> None:
        there = [model.repo for model in listed_models() if stored(model.repo).presence == "READY"]
        sizes = [(repo, format_bytes(stored(repo).size)) for repo in there]
        self.add("Models on this disk", sizes or [("none", "of the list under Styles, Models")])
        if not self.needs:
            return
        for name in self.needs:
            if not Path(name).expanduser().exists() and not to_fetch([name]):
                self.amiss(
                    f"The model '{name}' does not exist.", "Choose a folder, a file or a hub id.", fatal=True
                )
        rows, missing = [], 0
        for repo in to_fetch(self.needs):
            row, size = self._needed(repo)
            rows.append((repo, row))
            missing += size
        self.add("Models of these settings", rows or [("all", "folders and files of this disk")])
        free = _free(hub_cache())
        if missing > free:
            self.amiss(
                f"{format_bytes(missing)} are to be downloaded, and {hub_cache()} has {format_bytes(free)} free.",
                "Free some space, or choose another model folder.",
                fatal=True,
            )

    def _needed(self, repo: str) -> tuple[str, int]:
        """Return what is to be said of a model, and about how many bytes of it are to be fetched."""
        state, listed = stored(repo), by_repo().get(repo)
        if state.presence == "READY":
            return f"ready, {format_bytes(state.size)}", 0
        if is_offline():
            self.amiss(
                f"The model '{repo}' is not on this disk, and Blender or HF_HUB_OFFLINE allows no online access.",
                "Download it under Styles, Models, or turn on Allow Online Access.",
                fatal=True,
            )
        if listed is not None and listed.gated and not _has_token():
            self.amiss(
                f"The makers of '{repo}' want their terms accepted.",
                "Accept them on its page, and put a token into the preferences.",
            )
        if listed is None:
            return "to be downloaded; its size is not known here", 0
        size = max(0, listed.size - state.size)
        return f"to be downloaded: about {format_bytes(size)}, {listed.licence}", size

    def _network(self) -> None:
        rows = [("Online access", "no" if is_offline() else "yes")]
        if os.environ.get("HF_ENDPOINT"):
            rows.append(("Hub", os.environ["HF_ENDPOINT"]))
        rows.append(("Token of the hub", "set" if _has_token() else "none"))
        self.add("Network", rows)


def doctor_main(argv: list[str]) -> int:
    """Print the report; return 0 where all that was asked for will work, else 1."""
    parser = argparse.ArgumentParser(
        prog="synthdata_addon doctor",
        description="What this machine has, and what is amiss. Exit status 0: it works.",
    )
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--needs", nargs="*", default=[], metavar="MODEL", help="models that a job is to use")
    parser.add_argument("--labels-only", action="store_true", help="no pictures are wanted")
    parser.add_argument("--output", default="", help="the dataset's folder")
    arguments = parser.parse_args(argv)
    try:
        report = Examination(arguments.needs, arguments.labels_only, arguments.output).report()
    except SynthDataError as error:
        report = Report(problems=(Problem(error.message, error.hint, fatal=True),))
    sys.stdout.write(json.dumps(report.data(), indent=1) + "\n" if arguments.json else report.text())
    return 0 if report.works else 1


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "none"


def _saved_token() -> Iterator[str]:
    """Yield the token that huggingface_hub's own login saved, so that it can be blotted out. Nothing goes online."""
    if importlib.util.find_spec("huggingface_hub") is None:
        return
    constants = importlib.import_module("huggingface_hub.constants")
    with contextlib.suppress(OSError, UnicodeDecodeError):
        if token := Path(constants.HF_TOKEN_PATH).read_text(encoding="utf-8").strip():
            yield token


def _has_token() -> bool:
    return bool(os.environ.get(TOKEN_VARIABLE)) or any(True for _ in _saved_token())


def _free(folder: Path) -> int:
    """Return the bytes that are free where a folder is, or will be."""
    place = folder.expanduser().absolute()
    there = next((path for path in (place, *place.parents) if path.exists()), Path.cwd())
    return shutil.disk_usage(there).free


def _memory() -> tuple[int, int]:
    """Return the machine's memory and what is free of it, in bytes; zeros where nobody tells."""
    if importlib.util.find_spec("psutil") is not None:
        memory: Any = importlib.import_module("psutil").virtual_memory()
        return int(memory.total), int(memory.available)
    try:
        page = os.sysconf("SC_PAGE_SIZE")
        return os.sysconf("SC_PHYS_PAGES") * page, os.sysconf("SC_AVPHYS_PAGES") * page
    except (AttributeError, ValueError, OSError):
        return 0, 0
