"""The JSON lines of one or more runs, read and put together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.contests import is_pypy, minor
from benchmarks.stats import Comparison, quantity

Record = Mapping[str, Any]


@dataclass
class Results:
    """What was measured with one interpreter; the last row of each name counts."""

    python: str
    headers: list[Record] = field(default_factory=list)
    rows: dict[str, Record] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The interpreter's name for reading: ``CPython 3.11``."""
        return title(self.python)


def title(tag: str) -> str:
    """Make ``CPython 3.11`` of ``cpython-311``."""
    return f"{'PyPy' if is_pypy(tag) else 'CPython'} 3.{minor(tag)}"


def read(files: Iterable[Path]) -> list[Results]:
    """Read files of JSON lines; return the results of each interpreter."""
    found: dict[str, Results] = {}
    for file in files:
        current: Results | None = None
        for line in file.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            if record["kind"] == "header":
                current = found.setdefault(record["python"], Results(record["python"]))
                current.headers.append(record)
            elif current is None:
                raise ValueError(f"{file} does not begin with a header")
            else:
                current.rows[record["name"]] = record
    return sorted(found.values(), key=lambda each: (is_pypy(each.python), minor(each.python)))


def comparison(row: Record) -> Comparison:
    """Return the figures of a row."""
    return Comparison(*(row[name] for name in Comparison._fields))


def failed(row: Record) -> bool:
    """Tell whether a row could not be measured."""
    return bool(row["kind"] == "failure")


def misses(row: Record) -> bool:
    """Tell whether a row is above its goal, or failed."""
    return failed(row) or comparison(row).misses(row["goal"])


def amount(row: Record, side: str) -> str:
    """Format what one side took, and the rate where a payload is large."""
    text = quantity(row[side], row["unit"])
    size = row["args"].get("size", 0) * row["args"].get("parts", 1)
    if row["unit"] == "s" and size >= 64_000:
        text += f" ({size / row[side] / 1e9:.3g} GB/s)"
    return text
