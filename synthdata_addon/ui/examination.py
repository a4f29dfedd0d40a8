# SPDX-License-Identifier: GPL-3.0-or-later
"""The doctor inside Blender: Blender's own facts, and those of the runner's Python, which is asked in a process."""

from __future__ import annotations

import json
import logging
import platform
from dataclasses import dataclass
from typing import Final

import bpy

from ..blender.compat import software
from ..core.doctor import Problem, Report, Section, masked, read_report
from ..core.errors import RunnerError, SpecError, SynthDataError
from ..core.spec import JobSpec
from ..runner.command_process import Command
from .machine_preferences import hub_token
from .request import resolve_output, resolve_request
from .sidebar import redraw_areas

log = logging.getLogger(__name__)
TICK: Final = 0.3
TEXT: Final = "SynthData Doctor"


def needed_models(spec: JobSpec) -> list[str]:
    """Return the models that a job names, by path or hub id; the embedded one is none."""
    names = list(spec.fidelity.models)
    if any(style.kind == "DIFFUSION" for style in spec.styles):
        model = spec.model
        controls = (control.model for control in model.controls)
        names += [model.path, *controls, *(lora.path for lora in model.loras), model.ip_adapter.path]
    return [name for name in dict.fromkeys(names) if name]


class Examining:
    """An examination that runs: poll until there is a report.

    Raises:
        RunnerError: ``runner.cannot_start``.
    """

    def __init__(self, scene: bpy.types.Scene) -> None:
        from .preferences import RunnerSettings  # it draws the button, and so needs this

        runner = RunnerSettings.current()
        self._own, arguments = _own_report(scene)
        self._command = Command(
            runner.python,
            ["doctor", "--json", *arguments],
            site_dirs=runner.site_dirs,
            environment=runner.environment,
        )
        self._said: list[str] = []

    def poll(self) -> Report | None:
        """Return the report, None while there is none yet."""
        status = self._command.poll()  # before the lines: what it said last is then there
        self._said += self._command.lines()
        if status is None:
            return None
        try:
            report = read_report(json.loads("\n".join(self._said)))
        except (ValueError, SpecError):
            said = f"The runner's Python gives no report ({self._command.complaint()})."
            report = Report(problems=(Problem(said, "Set up the runner in the preferences.", fatal=True),))
        return masked(self._own.joined(report), [hub_token()])

    def wait(self, seconds: float) -> None:
        """Block until it is done, at most so long; for scripts."""
        self._command.wait(seconds)

    def close(self) -> None:
        """End it. Safe to call twice."""
        self._command.close()


def examine(scene: bpy.types.Scene) -> Report:
    """Examine and wait for the report; for scripts and the terminal."""
    try:
        examining = Examining(scene)
    except RunnerError as error:
        return masked(_own_report(scene)[0].joined(_failure(error)))
    try:
        while (report := examining.poll()) is None:
            examining.wait(0.2)
        return report
    finally:
        examining.close()


@dataclass
class Doctor:
    """The last report of this session, and the examination that runs."""

    examining: Examining | None = None
    report: Report | None = None

    def start(self, scene: bpy.types.Scene) -> None:
        """Begin; Blender stays usable."""
        if self.examining is not None:
            return
        try:
            self.examining = Examining(scene)
        except RunnerError as error:
            self.show(masked(_own_report(scene)[0].joined(_failure(error))))
            return
        bpy.app.timers.register(_tick, first_interval=TICK, persistent=True)

    def show(self, report: Report) -> None:
        """Keep a report, and write it into a text of this file."""
        self.report = report
        text = bpy.data.texts.get(TEXT) or bpy.data.texts.new(TEXT)
        text.from_string(report.text())

    def stop(self) -> None:
        """End what runs. For Blender's end and for `unregister`."""
        if bpy.app.timers.is_registered(_tick):
            bpy.app.timers.unregister(_tick)
        if self.examining is not None:
            self.examining.close()
        self.examining = self.report = None

    def tick(self) -> float | None:
        """Take a step; return the seconds to the next, None after the last. For the timer."""
        if self.examining is None:
            return None
        report = self.examining.poll()
        if report is None:
            return TICK
        self.examining.close()
        self.examining = None
        self.show(report)
        redraw_areas("PREFERENCES")
        return None


doctor: Final = Doctor()


def _tick() -> float | None:
    """Be found by Blender's timers, which know functions by identity: a method would be another at each look."""
    return doctor.tick()


def _failure(error: SynthDataError) -> Report:
    return Report(problems=(Problem(error.message, error.hint, fatal=True),))


def _own_report(scene: bpy.types.Scene) -> tuple[Report, list[str]]:
    """Return Blender's part, and the arguments of the runner's: what the scene's settings need."""
    rows = (
        ("Blender", f"{bpy.app.version_string} ({software()['blender_hash']})"),
        ("Blender's Python", platform.python_version()),
        ("Online access", "allowed" if bpy.app.online_access else "not allowed"),
    )
    own = Report((Section("Blender", rows),))
    arguments: list[str] = []
    try:
        arguments += ["--output", str(resolve_output(scene, ""))]
    except SynthDataError as error:
        own = own.joined(Report(problems=(Problem(error.message, error.hint),)))
    try:
        spec = resolve_request(scene)
    except SynthDataError as error:
        return own.joined(_failure(error)), arguments
    if not any(style.kind == "DIFFUSION" for style in spec.styles):
        arguments.append("--labels-only")
    return own, [*arguments, "--needs", *needed_models(spec)]


def attach() -> None:
    """Nothing runs yet."""


def detach() -> None:
    """End what runs."""
    doctor.stop()
