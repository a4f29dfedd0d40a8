# SPDX-License-Identifier: GPL-3.0-or-later
"""SynthData: turns a Blender scene into a labelled training dataset.

Nothing is imported at the top, so that the runner, plain pytest and ``python -m`` load the package without Blender.
"""

from __future__ import annotations


def register() -> None:
    """Add the panels, operators, properties and the command to Blender."""
    from . import registration

    registration.register()


def unregister() -> None:
    """Take everything ``register`` added out of Blender again."""
    from . import registration

    registration.unregister()
