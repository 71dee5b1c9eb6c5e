"""The command line, apart from what needs more than a plain Python."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

#: The options with which less is measured than the pages tell of.
PARTIAL = ("quick", "only", "control", "cpu", "launches", "rounds")


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Run ctzmq and its peers side by side, each in its own virtual environment and "
        "its own process, in turn, and compare their times.",
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="fewer and shorter samples: under two minutes")
    add("--python", action="append", metavar="PYTHON",
        help="interpreter: a path, a command, a version like 3.12, or all; repeatable")  # fmt: skip
    add("--only", action="append", default=[], metavar="TEXT",
        help="only the workloads whose name contains this; may be repeated")  # fmt: skip
    add("--library", default="same", metavar="same|own|PATH",
        help="the libzmq that ctzmq loads: the one inside pyzmq's wheel (default), the one it "
        "finds by itself, or a path")  # fmt: skip
    add("--control", action="store_true",
        help="the peer on both sides, to see the noise of this machine")  # fmt: skip
    add("--cpu", action="store_true",
        help="count processor time where one process does it all: for a busy machine")  # fmt: skip
    add("--launches", type=int, metavar="N", help="pairs of processes for each workload")
    add("--rounds", type=int, metavar="N", help="pairs of samples for each pair of processes")
    add("--json", metavar="FILE", help="write every sample there, as JSON lines")
    add("--list", action="store_true", help="print the names of the workloads and end")
    add("--report", nargs="*", metavar="FILE",
        help="measure nothing: make docs/performance of such files, or of those that are there; "
        "of rows that are in several, the last counts")  # fmt: skip
    add("--publish", action="store_true",
        help="measure, and make docs/performance: samples, tables and plots")  # fmt: skip
    options = parser.parse_args(arguments)
    less = [name for name in PARTIAL if getattr(options, name)]
    if options.publish and less:
        parser.error(f"the pages show the whole measurement: --publish goes without --{less[0]}")
    return options
