"""The command line of the benchmarks."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from support import load, venvs

from benchmarks import pages, report, session
from benchmarks.cases import Case, all_cases, matching
from benchmarks.contests import CONTESTS, is_pypy
from benchmarks.options import parse

QUICK = session.Effort(launches=1, rounds=3, sample=0.04, warm_up=0.08)
FULL = session.Effort(launches=2, rounds=6, sample=0.05, warm_up=0.1)
JIT_WARM_UP = {True: 0.2, False: 0.4}  # seconds that PyPy gets at least; less for a quick run
EVERY = (*(f"3.{minor}" for minor in range(9, 14)), "pypy3")
DOCS = venvs.CHECKOUT / "docs"


def effort(options: argparse.Namespace, tag: str, case: Case | None = None) -> session.Effort:
    """Return how much to measure, as the options, the interpreter and the case want it."""
    base = QUICK if options.quick else FULL
    launches = options.launches or base.launches
    repeat = case.repeat if case and not options.quick else 1
    return session.Effort(
        launches=launches * repeat,
        rounds=1 if case and case.count else options.rounds or base.rounds,
        sample=base.sample,
        warm_up=max(base.warm_up, JIT_WARM_UP[options.quick]) if is_pypy(tag) else base.warm_up,
        clock="cpu" if options.cpu else "wall",
    )


def progress_bar(console: Console) -> Progress:
    """Return the progress bar, which counts pairs of samples."""
    columns = (TextColumn("{task.description:28}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), console=console, transient=True)


def runnable(cases: list[Case], tag: str) -> list[Case]:
    """Leave out what an interpreter has no library for."""
    return [case for case in cases if CONTESTS[case.contest].held(tag)]


def interpreters(names: Sequence[str] | None) -> list[tuple[str, str]]:
    """Return path and tag of each interpreter that is named; of ``all``, those that are here."""
    found: list[tuple[str, str]] = []
    if not names:
        return [venvs.find_interpreter(None)]
    for name in names:
        if name != "all":
            found.append(venvs.find_interpreter(name))
            continue
        for each in EVERY:
            with contextlib.suppress(venvs.SetupError):
                found.append(venvs.find_interpreter(each))
    return list(dict.fromkeys(found))


def run_interpreter(
    options: argparse.Namespace,
    interpreter: str,
    tag: str,
    cases: list[Case],
    console: Console,
    json_file: TextIO | None,
) -> list[str]:
    """Measure all cases with one interpreter; return the names of those that missed a goal."""
    cases = runnable(cases, tag)
    if not cases:
        return []
    wheel = None
    if options.control:
        cases = [replace(case, goal="") for case in cases]
    else:
        wheel = venvs.checkout_wheel(venvs.CHECKOUT / ".venv-bench-wheels")
    environments = session.Environments(interpreter, tag, options.library, wheel)
    first = environments.sides("plain")
    head = report.header(tag, first, effort(options, tag), options.library)
    console.print(report.header_text(head), highlight=False, markup=False, soft_wrap=True)
    rows = report.Report(head, json_file)
    with progress_bar(console) as bar:
        task = bar.add_task("", total=sum(effort(options, tag, case).pairs for case in cases))
        for case in cases:
            bar.update(task, description=case.name)
            try:
                sides = environments.sides(case.contest)
                much = effort(options, tag, case)
                samples = session.measure(sides, case, much, lambda: bar.advance(task))
            except (session.WorkerError, venvs.SetupError) as problem:
                console.print(f"{case.name}: {problem}", style="red", markup=False)
                rows.add_failure(case, str(problem).splitlines()[-1])
            else:
                rows.add(case, *samples)
    console.print(rows.table)
    return rows.missed


def run(options: argparse.Namespace, cases: list[Case], console: Console) -> None:
    """Measure with each interpreter, and publish if that is wanted."""
    results = Path(options.json) if options.json else None
    if options.publish and results is None:
        results = DOCS / "performance" / "results.jsonl"
        results.parent.mkdir(exist_ok=True)
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(results.open("w", encoding="utf-8")) if results else None
        for interpreter, tag in interpreters(options.python):
            missed = run_interpreter(options, interpreter, tag, cases, console, file)
            if missed:
                console.print(f"above the goal: {', '.join(missed)}\n")
    if options.publish and results:
        pages.publish([results], DOCS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks; return 0 unless a workload is unknown or an environment fails."""
    options = parse(arguments)
    if options.report is not None:
        files = [Path(name) for name in options.report]
        pages.publish(files or sorted((DOCS / "performance").glob("*.jsonl")), DOCS)
        print(f"The tables and plots are in {DOCS / 'performance'}.")
        return 0
    cases = matching(all_cases(), options.only)
    if options.list or not cases:
        print("\n".join(case.name for case in cases or all_cases()))
        return 0 if options.list else 2
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, 110)
    busy = load.warning("the times will scatter, and --cpu may be the better clock")
    if busy:
        console.print(busy, style="yellow")
    run(options, cases, console)
    console.print(outcome(options), markup=False, soft_wrap=True)
    return 0


def outcome(options: argparse.Namespace) -> str:
    """Say where what was measured is."""
    kept = f"The samples are in {Path(options.json).resolve()}." if options.json else ""
    if options.publish:
        return f"{kept} The tables and plots are in {DOCS / 'performance'}.".lstrip()
    return kept or "The table above is all: --json FILE keeps the samples, --publish makes pages."
