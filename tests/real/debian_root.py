# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian roots that hold a real Blender with a window: make one once, enter it as often as wanted.

Standard library only, so that a root can be made before anything is installed:
`python3 tests/real/debian_root.py CACHE_DIR [--suite sid]`.

The rule of this file: every mount lives in a mount namespace of the one command that needs it and is gone when
that command ends, however it ends. The host never sees a mount, so removing a root cannot reach the host's /dev.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

logger = logging.getLogger(__name__)

COMMON_PACKAGES = (
    "blender",
    "python3-numpy",
    "python3-requests",
    "libgl1-mesa-dri",
    "libegl1",
    "libegl-mesa0",
    "libgl1",
    "libglx-mesa0",
    "libopengl0",
    "fonts-dejavu-core",
)
INSTALL = "apt-get install -y --no-install-recommends"
TOOLS = ("debootstrap", "unshare", "chroot", "apt-config")
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# Run by `sh` inside the new namespaces: $1 is the root, then (mode, path) pairs up to "--", then the command.
ENTER = """
set -e
root=$1; shift
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
while [ "$1" != -- ]; do
    if [ -d "$2" ]; then mkdir -p "$root$2"; else mkdir -p "$root${2%/*}"; touch "$root$2"; fi
    mount -o "bind,$1" "$2" "$root$2"
    shift 2
done
shift
exec chroot "$root" "$@"
"""


class RootError(RuntimeError):
    """A root could not be made here; the message is one sentence with what to do."""


@dataclass(frozen=True)
class Release:
    """One Debian suite and the Blender it carries; `blender` is major.minor."""

    suite: str
    blender: str
    packages: tuple[str, ...]

    @property
    def recipe(self) -> str:
        """Short hash of what goes in: a cached root with another recipe is made anew."""
        return hashlib.sha256(repr((self.suite, self.packages)).encode()).hexdigest()[:12]


# bl_pkg of sid's 5.2 imports cattrs, which that package forgets to depend on.
RELEASES = {
    "trixie": Release("trixie", "4.3", COMMON_PACKAGES),
    "sid": Release("sid", "5.2", (*COMMON_PACKAGES, "python3-cattr")),
}


@dataclass(frozen=True)
class Root:
    """A finished root; `readable` and `writable` host folders appear inside it at the same path."""

    path: Path
    readable: tuple[Path, ...] = ()
    writable: tuple[Path, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)

    def command(self, *command: str, **variables: str) -> list[str]:
        """The host command line that runs `command` inside; when it is killed, so is all inside."""
        binds = [part for path in self.readable for part in ("ro", str(path))]
        binds += [part for path in self.writable for part in ("rw", str(path))]
        inside = {
            "HOME": "/root",
            "LANG": "C.UTF-8",
            "PATH": SYSTEM_PATH,
            "DEBIAN_FRONTEND": "noninteractive",
            "PYTHONDONTWRITEBYTECODE": "1",
            **self.variables,
            **variables,
        }
        namespaces = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"]
        environment = ["/usr/bin/env", "-i", *(f"{name}={value}" for name, value in inside.items())]
        return [*namespaces, "sh", "-c", ENTER, "enter", str(self.path), *binds, "--", *environment, *command]

    def run(
        self, *command: str, timeout: float | None = None, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run to the end; stdout and stderr come back together as `.stdout`."""
        return subprocess.run(
            self.command(*command, **variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )


def why_not() -> str | None:
    """The reason why no root can be made or entered here, or None."""
    if not sys.platform.startswith("linux"):
        return "Debian roots need Linux"
    if os.geteuid() != 0:
        return "Debian roots need root (chroot)"
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        return f"missing {', '.join(missing)}: apt install debootstrap util-linux"
    probe = ["unshare", "--mount", "--propagation", "private", "true"]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        return "this machine does not let a process have mounts of its own (unshare --mount)"
    return None


def make_root(release: Release, cache: Path) -> Path:
    """Return the root of `release` under `cache`, made there if it is not yet: 4 to 5 minutes, 1.5 GB.

    Raises RootError when Debian's tools fail; their output is in `<cache>/<suite>.log`.
    """
    root = cache / release.suite
    stamp = cache / f"{release.suite}.ready"
    if stamp.is_file() and stamp.read_text() == release.recipe and root.is_dir():
        return root
    stamp.unlink(missing_ok=True)
    remove_root(root)
    root.mkdir(parents=True)
    with (cache / f"{release.suite}.log").open("w") as log:
        logger.info("making a Debian %s root with Blender %s in %s", release.suite, release.blender, root)
        bootstrap = ["debootstrap", "--variant=minbase", release.suite, str(root)]
        _logged(["unshare", "--mount", "--propagation", "private", *bootstrap], log, release)
        _configure(root)
        inside = Root(root)
        for line in ("apt-get update", f"{INSTALL} {' '.join(release.packages)}", "apt-get clean"):
            _logged(inside.command("sh", "-c", line), log, release)
    stamp.write_text(release.recipe)
    return root


def remove_root(root: Path) -> None:
    """Delete a root. Refuses while something is mounted below it, which this file never does on the host."""
    mounted = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    below = [point for point in mounted if Path(point).is_relative_to(root.resolve())]
    if below:
        raise RootError(f"{root} has mounts below it ({', '.join(below)}): unmount them first (umount -R)")
    if root.exists():
        shutil.rmtree(root)


def _logged(command: Sequence[str], log: TextIO, release: Release) -> None:
    streams = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": subprocess.STDOUT}
    if subprocess.run(command, check=False, **streams).returncode:
        raise RootError(f"making the Debian {release.suite} root failed: see {release.suite}.log beside it")


def _configure(root: Path) -> None:
    """Give the root the host's network and apt settings; nothing in it may start a service."""
    for name in ("resolv.conf", "hosts"):
        shutil.copyfile(Path("/etc") / name, root / "etc" / name)
    policy = root / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    mtab = root / "etc/mtab"
    mtab.unlink(missing_ok=True)
    mtab.symlink_to("/proc/self/mounts")
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
    wanted = ("Acquire::Check-", "Acquire::http", "Acquire::Languages")
    lines = [line for line in dump.splitlines() if line.startswith(wanted)]
    (root / "etc/apt/apt.conf.d/90host").write_text("\n".join(lines) + "\n")
    # A root is thrown away after a crash, so dpkg need not wait for the disk.
    (root / "etc/dpkg/dpkg.cfg.d/unsafe-io").write_text("force-unsafe-io\n")


def main() -> None:
    """Make the named roots (all by default), one after another."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--suite", action="append", choices=list(RELEASES), help="default: all")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    reason = why_not()
    if reason:
        raise SystemExit(reason)
    for suite in arguments.suite or RELEASES:
        logger.info("%s is ready", make_root(RELEASES[suite], arguments.cache.resolve()))


if __name__ == "__main__":
    main()
