"""The header, the table and the JSON lines."""

from __future__ import annotations

import datetime
import json
import os
import platform
import re
from pathlib import Path
from typing import Any, TextIO

from rich.table import Table

from benchmarks.cases import Case
from benchmarks.session import Effort, Side
from benchmarks.stats import Comparison, compare, quantity


def machine() -> dict[str, Any]:
    """Return what is known of the machine."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        match = re.search(r"model name\s*:\s*(.+)", cpuinfo.read_text(encoding="utf-8"))
        model = match[1] if match else model
    return {
        "system": platform.platform(),
        "processor": model,
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def header(tag: str, sides: tuple[Side, Side], effort: Effort, library: str) -> dict[str, Any]:
    """Return what a reader needs to know to repeat the run."""
    return {
        "kind": "header",
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "machine": machine(),
        "python": tag,
        "library": library,
        "ours": {"name": sides[0].name, **sides[0].about()},
        "theirs": {"name": sides[1].name, **sides[1].about()},
        "effort": vars(effort),
    }


def header_text(head: dict[str, Any]) -> str:
    """Format the header for reading."""
    box, effort = head["machine"], head["effort"]
    lines = [
        f"{head['date']}  {head['python']}  {box['system']}",
        f"{box['processor']}, {box['cores']} cores, load {box['load']}",
    ]
    for about in (head["ours"], head["theirs"]):
        lines.append(contestant(about))
    lines.append(sampling(effort))
    lines.append("ratio: median of the pairs, with quartiles; below 1 is faster")
    return "\n".join(lines)


def contestant(about: dict[str, Any]) -> str:
    """Name a contestant and its libzmq."""
    where = f" ({about['library']})" if "library" in about else ""
    return f"{about['name']} {about['version']}, libzmq {about['libzmq']}{where}"


def sampling(effort: dict[str, Any]) -> str:
    """Tell how much was measured."""
    launches, rounds, sample = (effort[key] for key in ("launches", "rounds", "sample"))
    text = f"at least {launches} x {rounds} pairs of samples of {sample} s, in turn"
    return text + (", processor time" if effort["clock"] == "cpu" else "")


class Report:
    """Collects rows; writes each one as a JSON line when it is known, and the table at last."""

    def __init__(self, head: dict[str, Any], json_file: TextIO | None) -> None:
        self._json = json_file
        self._tag: str = head["python"]
        names = head["ours"]["name"], head["theirs"]["name"]
        self.table = Table(title=f"{names[0]} relative to {names[1]}, {self._tag}")
        self.table.add_column("workload", no_wrap=True)
        for name in (names[1], names[0], "ratio", "quartiles", "goal", ""):
            self.table.add_column(name, justify="right", no_wrap=True)
        self.missed: list[str] = []
        self._write(head)

    def _write(self, record: dict[str, Any]) -> None:
        if self._json is not None:
            self._json.write(json.dumps(record) + "\n")
            self._json.flush()

    def add(self, case: Case, ours: list[float], theirs: list[float]) -> Comparison:
        """Add the row of a case from its samples."""
        result, goal = compare(ours, theirs), case.limit(self._tag)
        missed = result.misses(goal)
        if missed:
            self.missed.append(case.name)
        mark = "" if goal is None else "[bold red]above[/]" if missed else "[green]ok[/]"
        self.table.add_row(
            case.name,
            quantity(result.theirs, case.unit),
            quantity(result.ours, case.unit),
            f"[bold]{result.ratio:.2f}[/]",
            f"\\[{result.low:.2f}, {result.high:.2f}]",
            "" if goal is None else f"≤ {goal:.2f}",
            mark,
        )
        samples = {"ours": rounded(ours), "theirs": rounded(theirs)}
        self._write(
            {"kind": "case", **about(case), **result._asdict(), "goal": goal, "samples": samples}
        )
        return result

    def add_failure(self, case: Case, problem: str) -> None:
        """Add the row of a case that could not be measured."""
        self.missed.append(case.name)
        self.table.add_row(case.name, "", "", "", "", "", "[bold red]failed[/]")
        self._write({"kind": "failure", **about(case), "problem": problem})


def about(case: Case) -> dict[str, Any]:
    """Return what a reader of the JSON lines needs to know of a case."""
    keys = ("name", "group", "workload", "args", "contest", "unit")
    return {key: getattr(case, key) for key in keys}


def rounded(samples: list[float]) -> list[float]:
    """Leave out the digits that say nothing."""
    return [float(f"{sample:.5g}") for sample in samples]
