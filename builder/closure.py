# SPDX-License-Identifier: GPL-3.0-or-later
"""Run by the runner's Python, which has `packaging`: is everything that some packages need among them?

Standard input is JSON: platform (Blender's name), python, packages (metadata as pip reports it), given (versions of
what is there anyway by name; "" stands for any). What is lacking goes to standard output, a line each, and the exit
status is 1.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

SYSTEMS = {
    "linux": ("linux", "Linux", "posix"),
    "windows": ("win32", "Windows", "nt"),
    "macos": ("darwin", "Darwin", "posix"),
}
MACHINES = {
    "linux-x64": "x86_64",
    "windows-x64": "AMD64",
    "macos-arm64": "arm64",
    "macos-x64": "x86_64",
}


def lacking(
    platform: str, python: str, packages: list[dict[str, Any]], given: dict[str, str]
) -> Iterator[str]:
    """Yield a line for each requirement that is not met; extras that are asked for count."""
    sys_platform, system, os_name = SYSTEMS[platform.partition("-")[0]]
    environment = {
        "sys_platform": sys_platform,
        "platform_system": system,
        "os_name": os_name,
        "platform_machine": MACHINES[platform],
        "python_version": python,
        "python_full_version": f"{python}.0",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    versions: dict[str, str] = dict(given)
    versions.update((canonicalize_name(item["name"]), item["version"]) for item in packages)
    needs = {canonicalize_name(item["name"]): item.get("requires_dist", []) for item in packages}
    open_ends = [(name, "") for name in needs]
    seen = set(open_ends)
    while open_ends:
        name, extra = open_ends.pop()
        for text in needs.get(name, ()):
            wanted = Requirement(text)
            if wanted.marker and not wanted.marker.evaluate({**environment, "extra": extra}):
                continue
            other = canonicalize_name(wanted.name)
            if not _is_met(wanted, versions.get(other)):
                yield f"{name} needs {text}; locked: {versions.get(other, 'nothing')}"
                continue
            new = {(other, extra) for extra in wanted.extras} - seen
            seen |= new
            open_ends += new


def _is_met(wanted: Requirement, version: str | None) -> bool:
    return version is not None and (not version or wanted.specifier.contains(version, prereleases=True))


def main() -> int:
    """Read, check, tell."""
    found = sorted(set(lacking(**json.load(sys.stdin))))
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
