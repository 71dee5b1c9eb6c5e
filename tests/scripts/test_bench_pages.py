"""The tables and pictures that are made of the benchmarks' JSON lines."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rich", reason="the table")

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, os.fspath(SCRIPTS))

from benchmarks import pages, plots, results  # noqa: E402

BOX = {"system": "Linux", "processor": "a processor", "cores": 2, "load": 0.1}
EFFORT = {"launches": 2, "rounds": 8, "sample": 0.1, "warm_up": 0.2, "clock": "wall"}
ABOUT = {"version": "1", "libzmq": "4.3.5"}


def header(python: str = "cpython-311", date: str = "2026-01-31T00:00:00") -> dict[str, Any]:
    return {
        "kind": "header",
        "date": date,
        "machine": BOX,
        "python": python,
        "ours": {"name": "ctzmq", **ABOUT, "library": "libzmq.so.5"},
        "theirs": {"name": "pyzmq", **ABOUT},
        "effort": EFFORT,
    }


def row(name: str, ratio: float = 0.5, goal: float | None = 1.0, **args: Any) -> dict[str, Any]:
    return {
        "kind": "case",
        "name": name,
        "group": "A group",
        "workload": "inproc",
        "args": args,
        "contest": "plain",
        "unit": "s",
        "ours": ratio * 1e-6,
        "theirs": 1e-6,
        "ratio": ratio,
        "low": ratio - 0.1,
        "high": ratio + 0.1,
        "goal": goal,
    }


FAILURE = {**{key: row("broken")[key] for key in ("name", "group", "workload", "args")}}
FAILURE.update(kind="failure", contest="plain", unit="s", problem="why")


def lines(path: Path, *records: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("tag", "title"),
    [("cpython-39", "CPython 3.9"), ("cpython-313", "CPython 3.13"), ("pypy39", "PyPy 3.9")],
)
def test_interpreters_have_names(tag: str, title: str) -> None:
    assert results.title(tag) == title


def test_the_last_of_several_rows_counts(tmp_path: Path) -> None:
    first = lines(tmp_path / "1", header(), row("a", 0.5), row("b", 0.5))
    second = lines(tmp_path / "2", header(), row("a", 0.7), header("pypy39"), row("a", 0.1))
    cpython, pypy = results.read([first, second])
    assert {name: each["ratio"] for name, each in cpython.rows.items()} == {"a": 0.7, "b": 0.5}
    assert len(cpython.headers) == 2
    assert pypy.rows["a"]["ratio"] == 0.1


def test_a_file_without_a_header_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="does not begin with a header"):
        results.read([lines(tmp_path / "1", row("a"))])


def test_a_row_above_its_goal_is_marked() -> None:
    assert pages.ratio(row("a", 1.004, 1.0)) == "1.00"
    assert pages.ratio(row("a", 1.006, 1.0)) == "**1.01** (> 1)"
    assert pages.ratio(row("a", 9.0, None)) == "9.00"
    assert pages.ratio(FAILURE) == "**failed**"
    assert pages.ratio(None) == ""
    assert pages.detail_row(row("a", 1.2, 1.0))[-1] == "**above**"
    assert pages.detail_row(row("a", 0.9, 1.0))[-1] == ""


def test_large_payloads_have_a_rate() -> None:
    assert results.amount(row("a", size=100), "theirs") == "1.00 µs"
    assert results.amount(row("a", size=100_000, parts=3), "theirs") == "1.00 µs (300 GB/s)"


def test_no_row_is_left_out(tmp_path: Path) -> None:
    file = lines(tmp_path / "1", header(), row("a", 2.0), row("b"), row("c", 3.0, None), FAILURE)
    (found,) = results.read([file])
    text = "\n".join(pages.detail(found))
    for name in ("a", "b", "c", "broken"):
        assert f"\n| {name} |" in text
    assert "ctzmq 1, libzmq 4.3.5 (libzmq.so.5)" in text
    assert pages.verdict(found) == "4 rows, 3 with a goal, 2 of them above it"


def test_curves_are_made_of_the_rows_that_vary_one_argument() -> None:
    found = results.Results("cpython-311")
    for name, args in {
        "one": {"size": 1000, "parts": 1},
        "two": {"size": 10, "parts": 1},
        "three": {"size": 10, "parts": 3},
    }.items():
        found.rows[name] = row(name, **args)
    found.rows["elsewhere"] = {**row("elsewhere", size=5, parts=1), "contest": "pyomq"}
    found.rows["broken"] = {**FAILURE, "args": {"size": 7, "parts": 1}}
    size = next(curve for curve in plots.CURVES if curve.name == "size")
    drawn = {line: [each["name"] for each in rows] for line, rows in size.points(found).items()}
    assert drawn == {"1": ["two", "one"]}


def test_the_page_is_rewritten_between_its_marks(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    page = tmp_path / "performance.md"
    page.write_text(f"before\n\n{pages.BEGIN}\nold\n{pages.END}\n\nafter\n", encoding="utf-8")
    points = [row(str(size), size=size, parts=1) for size in (10, 100, 1000)]
    file = lines(tmp_path / "1", header(), *points, row("slow", 2.0), FAILURE, header("pypy39"))
    pages.publish([file], tmp_path)
    text = page.read_text(encoding="utf-8")
    pages.publish([file], tmp_path)
    assert page.read_text(encoding="utf-8") == text
    assert text.startswith("before\n")
    assert text.endswith("\n\nafter\n")
    assert "old" not in text
    for name in ("cpython-311.md", "pypy39.md", "ratios.svg", "size.svg"):
        assert f"performance/{name}" in text
        assert (tmp_path / "performance" / name).is_file()
