"""``scripts/bench``: see ``scripts/bench --help``."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

NEEDED = ("matplotlib", "rich")


def start() -> int:
    """Run the command line here, or where its libraries are if they are not here."""
    from support import venvs

    from benchmarks import options

    options.parse()  # so that help and mistakes need no environment
    try:
        return run(lambda: venvs.environment("bench-tools", venvs.own_interpreter(), NEEDED))
    except venvs.SetupError as problem:
        print(f"bench cannot go on: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def run(tools: Callable[[], Path]) -> int:
    """Run the command line with an interpreter that has what it needs."""
    if any(importlib.util.find_spec(name) is None for name in NEEDED):
        command = [os.fspath(tools()), os.path.dirname(os.path.abspath(__file__))]
        return subprocess.run([*command, *sys.argv[1:]]).returncode
    from benchmarks import cli

    return cli.main()


if __name__ == "__main__":
    sys.exit(start())
