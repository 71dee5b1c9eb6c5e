"""The command line of the benchmarks."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Sequence
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from support import venvs

from bench import report, session
from bench.cases import FLAVOURS, Case, all_cases, matching

QUICK = session.Effort(launches=2, rounds=4, sample=0.08, warm_up=0.15)
FULL = session.Effort(launches=4, rounds=10, sample=0.25, warm_up=0.5)
JIT_WARM_UP = 0.8  # seconds that PyPy gets at least, in every process


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python scripts/bench",
        description="Run ctzmq and pyzmq side by side, each in its own virtual environment and "
        "its own process, in turn, and compare their times.",
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="fewer and shorter samples: under two minutes")
    add("--python", action="append", metavar="PYTHON",
        help="interpreter: a path, a command or a version like 3.12; may be repeated")  # fmt: skip
    add("--only", action="append", default=[], metavar="TEXT",
        help="only the workloads whose name contains this; may be repeated")  # fmt: skip
    add("--library", default="same", metavar="same|own|PATH",
        help="the libzmq that ctzmq loads: the one inside pyzmq's wheel (default), the one it "
        "finds by itself, or a path")  # fmt: skip
    add("--control", action="store_true",
        help="pyzmq on both sides, to see the noise of this machine")  # fmt: skip
    add("--launches", type=int, metavar="N", help="pairs of processes for each workload")
    add("--rounds", type=int, metavar="N", help="pairs of samples for each pair of processes")
    add("--json", metavar="FILE", help="write every sample there, as JSON lines")
    add("--list", action="store_true", help="print the names of the workloads and end")
    return parser.parse_args(arguments)


def effort(options: argparse.Namespace, tag: str, case: Case | None = None) -> session.Effort:
    """Return how much to measure, as the options, the interpreter and the case want it."""
    base = QUICK if options.quick else FULL
    return session.Effort(
        launches=(options.launches or base.launches) * (case.repeat if case else 1),
        rounds=options.rounds or base.rounds,
        sample=base.sample,
        warm_up=max(base.warm_up, JIT_WARM_UP) if tag.startswith("pypy") else base.warm_up,
    )


def progress_bar(console: Console) -> Progress:
    """Return the progress bar, which counts pairs of samples."""
    columns = (TextColumn("{task.description:28}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), console=console, transient=True)


def runnable(cases: list[Case], tag: str) -> list[Case]:
    """Leave out what an interpreter has no library for."""
    return [c for c in cases if FLAVOURS[c.flavour].pypy or not tag.startswith("pypy")]


def run_interpreter(
    options: argparse.Namespace,
    name: str | None,
    cases: list[Case],
    console: Console,
    json_file: TextIO | None,
) -> list[str]:
    """Measure all cases with one interpreter; return the names of those that missed a goal."""
    interpreter, tag = venvs.find_interpreter(name)
    cases = runnable(cases, tag)
    if not cases:
        return []
    wheel = None
    if not options.control:
        wheel = venvs.checkout_wheel(venvs.CHECKOUT / ".venv-bench-wheels")
    sides = {
        flavour: session.contestants(interpreter, tag, flavour, options.library, wheel)
        for flavour in dict.fromkeys(case.flavour for case in cases)
    }
    first = sides[cases[0].flavour]
    head = report.header(tag, first, effort(options, tag), options.library)
    console.print(report.header_text(head), highlight=False, markup=False, soft_wrap=True)
    rows = report.Report(head, json_file)
    with progress_bar(console) as bar:
        task = bar.add_task("", total=sum(effort(options, tag, case).pairs for case in cases))
        for case in cases:
            bar.update(task, description=case.name)
            try:
                samples = session.measure(
                    *sides[case.flavour],
                    case,
                    effort(options, tag, case),
                    lambda: bar.advance(task),
                )
            except session.WorkerError as problem:
                console.print(f"{case.name}: {problem}", style="red", markup=False)
                rows.add_failure(case, str(problem))
            else:
                rows.add(case, *samples)
    console.print(rows.table)
    return rows.missed


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks; return 0 unless a workload is unknown or an environment fails."""
    options = parse(arguments)
    cases = matching(all_cases(), options.only)
    if options.list or not cases:
        print("\n".join(case.name for case in cases or all_cases()))
        return 0 if options.list else 2
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, 110)
    with contextlib.ExitStack() as stack:
        file = None
        if options.json:
            file = stack.enter_context(open(options.json, "w", encoding="utf-8"))
        for name in options.python or [None]:
            missed = run_interpreter(options, name, cases, console, file)
            if missed:
                console.print(f"above the goal: {', '.join(missed)}\n")
    return 0
