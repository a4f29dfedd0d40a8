# SPDX-License-Identifier: GPL-3.0-or-later
"""SynthData's one command for everything around the package: `python3 build.py --help`.

Needs only the standard library; everything else it installs itself, into `.envs/`.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - whoever runs an older Python shall be told
    sys.exit("build.py needs Python 3.11 or newer: run it with python3.11 or python3.13.")

from builder.command_line import main

if __name__ == "__main__":
    sys.exit(main())
