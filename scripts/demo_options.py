"""The command line of scripts/demo, apart from what needs more than a plain Python."""

from __future__ import annotations

import argparse
import sysconfig
from pathlib import Path

#: The module of sockets for each library; all three things that the demo wants of the library
#: itself, `spawn`, `sleep` and `kill`, have the same names in both.
FLAVOURS = {"eventlet": "ctzmq.green", "gevent": "ctzmq.green.gevent"}


def positive(text: str) -> int:
    """Read an option's value that has to be 1 or more."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="Have greenlets send Python's source files to worker processes and back.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--flavour", choices=sorted(FLAVOURS), default="eventlet", help="whose greenlets")
    add("--clients", type=positive, default=500, help="greenlets, each with a socket")
    add("--workers", type=positive, default=2, help="processes that answer them")
    add("--rounds", type=positive, default=5, help="how often each file travels")
    add("--files", type=positive, default=argparse.SUPPRESS, help="no more than so many files")
    add("--timeout", type=positive, default=30, help="seconds until standstill is an error")
    add(
        "--root",
        type=Path,
        default=Path(sysconfig.get_path("stdlib")),
        help="folder with the .py files",
    )
    return parser.parse_args(arguments, argparse.Namespace(files=None))


if __name__ == "__main__":
    parse(None)
