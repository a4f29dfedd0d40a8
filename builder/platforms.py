# SPDX-License-Identifier: GPL-3.0-or-later
"""The platforms and Pythons that the extension is packaged for, and how their wheels are told apart. Names only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from synthdata_addon.runner.wheel_lock import this_platform

from .console import BuildError

# Blender 4.2 to 5.0 run on 3.11, 5.1 on 3.13; Debian's Blenders on the system's own, 3.13 and 3.14.
PYTHONS = ("3.11", "3.13", "3.14")
NEWER_BLENDER = {"3.11": ("4.2.0", "5.1.0"), "3.13": ("5.1.0", ""), "3.14": ("5.1.0", "")}
"""The first Blender with each Python, and the first that has another one."""
OLDEST_GLIBC, BLENDERS_GLIBC = 5, 28
"""Blender asks for glibc 2.28; a wheel may be made for any older one."""


@dataclass(frozen=True)
class Platform:
    """A platform by Blender's name, and what its wheels are tagged with (for pip, and as their names end)."""

    name: str
    tags: tuple[str, ...]
    ending: tuple[str, str]
    has_torch: bool = True

    def fits(self, wheel: Path) -> bool:
        """Whether the wheel is for this platform, or for all."""
        tag = wheel.stem.rsplit("-", 1)[-1]
        return tag == "any" or (tag.startswith(self.ending[0]) and tag.endswith(self.ending[1]))


def _manylinux() -> tuple[str, ...]:
    numbered = (f"manylinux_2_{minor}_x86_64" for minor in range(BLENDERS_GLIBC, OLDEST_GLIBC - 1, -1))
    return (*numbered, "manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64")


PLATFORMS = {
    item.name: item
    for item in (
        Platform("linux-x64", _manylinux(), ("manylinux", "x86_64")),
        Platform("windows-x64", ("win_amd64",), ("win", "amd64")),
        # torch asks for macOS 14; pip takes what is made for older ones, too.
        Platform("macos-arm64", ("macosx_14_0_arm64",), ("macosx", "arm64")),
        # torch is made for Apple's own processors only since 2.3.
        Platform("macos-x64", ("macosx_12_0_x86_64",), ("macosx", "x86_64"), has_torch=False),
    )
}


def chosen_platforms(name: str | None) -> list[Platform]:
    """The platform of that name, all for "all", this machine's for None.

    Raises BuildError for one that no wheels are locked for.
    """
    if name == "all":
        return list(PLATFORMS.values())
    wanted = name or this_platform()
    if wanted not in PLATFORMS:
        raise BuildError(
            f"No wheels are locked for the platform {wanted}.", f"Known: {', '.join(PLATFORMS)}, all."
        )
    return [PLATFORMS[wanted]]
