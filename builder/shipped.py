# SPDX-License-Identifier: GPL-3.0-or-later
"""What Blender brings for its own Python. A wheel of the same name in an extension would replace it for all add-ons.

Source: what the `bpy` modules ask for (`Requires-Dist`), which are the packages that Blender's releases are built with,
and what those need in turn. A test compares this list with the environments.
"""

from __future__ import annotations

from collections.abc import Iterable

from synthdata_addon.runner.wheel_lock import canonical

from .console import BuildError

_ALWAYS = frozenset(
    {"numpy", "requests", "certifi", "charset-normalizer", "idna", "urllib3", "zstandard", "cython", "bpy"}
)
_SINCE_5_1 = _ALWAYS | {"cattrs", "attrs", "typing-extensions"}
SHIPPED = {"3.11": _ALWAYS, "3.13": _SINCE_5_1, "3.14": _SINCE_5_1}
"""By Python."""
NUMPY = {"3.11": ("1.24.3", "1.26.4"), "3.13": ("2.2.0", "2.5.5"), "3.14": ("2.2.0", "2.5.5")}
"""The oldest and the newest numpy of Blenders with that Python (4.2 has the oldest)."""


def is_shipped(name: str, python: str) -> bool:
    """Whether Blender on that Python has the package."""
    return canonical(name) in SHIPPED[python]


def refuse_shipped(names: Iterable[str], python: str) -> None:
    """Raise BuildError naming every package that Blender has already."""
    double = sorted(name for name in set(names) if is_shipped(name, python))
    if double:
        raise BuildError(
            f"Blender on Python {python} ships {', '.join(double)} itself.",
            "Take it out of the lock: an extension's copy would replace Blender's for every add-on.",
        )
