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

from bench.cases import Case
from bench.session import Effort, Side
from bench.stats import Comparison, compare, duration


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
        where = f" ({about['library']})" if "library" in about else ""
        lines.append(f"{about['name']} {about['version']}, libzmq {about['libzmq']}{where}")
    pairs = f"at least {effort['launches']} x {effort['rounds']} pairs of samples"
    lines.append(f"{pairs} of {effort['sample']} s, in turn")
    lines.append("ratio: median of the pairs, with quartiles; below 1 is faster")
    return "\n".join(lines)


class Report:
    """Collects rows; writes each one as a JSON line when it is known, and the table at last."""

    def __init__(self, head: dict[str, Any], json_file: TextIO | None) -> None:
        self._json = json_file
        self._pypy = head["python"].startswith("pypy")
        names = head["ours"]["name"], head["theirs"]["name"]
        self.table = Table(title=f"{names[0]} relative to {names[1]}, {head['python']}")
        self.table.add_column("workload", no_wrap=True)
        for name in (names[1], names[0], "ratio", "quartiles", "goal", ""):
            self.table.add_column(name, justify="right", no_wrap=True)
        self.missed: list[str] = []
        self._write(head)

    def _write(self, record: dict[str, Any]) -> None:
        if self._json is not None:
            self._json.write(json.dumps(record) + "\n")
            self._json.flush()

    def goal(self, case: Case) -> float | None:
        """Return the goal of a case for the measured interpreter."""
        return case.goals.get("pypy" if self._pypy else "cpython")

    def add(self, case: Case, ours: list[float], theirs: list[float]) -> Comparison:
        """Add the row of a case from its samples."""
        result, goal = compare(ours, theirs), self.goal(case)
        missed = result.misses(goal)
        if missed:
            self.missed.append(case.name)
        mark = "" if goal is None else "[bold red]over[/]" if missed else "[green]ok[/]"
        self.table.add_row(
            case.name,
            duration(result.theirs),
            duration(result.ours),
            f"[bold]{result.ratio:.2f}[/]",
            f"\\[{result.low:.2f}, {result.high:.2f}]",
            "" if goal is None else f"≤ {goal:.2f}",
            mark,
        )
        record = {"kind": "case", "name": case.name, **case.spec(case.flavour)}
        record["flavour"] = record.pop("module")
        samples = {"ours": ours, "theirs": theirs}
        self._write({**record, **result._asdict(), "goal": goal, "samples": samples})
        return result

    def add_failure(self, case: Case, problem: str) -> None:
        """Add the row of a case that could not be measured."""
        self.missed.append(case.name)
        self.table.add_row(case.name, "", "", "", "", "", "[bold red]failed[/]")
        self._write({"kind": "failure", "name": case.name, "problem": problem})
