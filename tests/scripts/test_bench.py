"""The benchmarks: ratios, goals, and workers that measure what they are told to."""

from __future__ import annotations

import io
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rich", reason="the table")

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, os.fspath(SCRIPTS))

from benchmarks import cli, report, stats  # noqa: E402
from benchmarks.cases import GOALS, SIZES, Case, all_cases, matching  # noqa: E402
from benchmarks.contests import CONTESTS, requirements  # noqa: E402
from benchmarks.options import parse  # noqa: E402
from benchmarks.session import Effort, Side, Worker, WorkerError, measure  # noqa: E402
from benchmarks.workloads import WORKLOADS, Setup  # noqa: E402
from support import load, venvs  # noqa: E402

MODULES = {"plain": "ctzmq", "eventlet": "ctzmq.green", "gevent": "ctzmq.green.gevent"}
BRIEF = Effort(launches=2, rounds=3, sample=0.001, warm_up=0.001)
HEAD = {"kind": "header", "python": "cpython-311", "ours": {"name": "A"}, "theirs": {"name": "B"}}


def side(contest: str = "plain", **settings: Any) -> Side:
    """Return ctzmq's side of a contest, in this interpreter."""
    spec = {"module": MODULES[contest], "library": CONTESTS[contest].library, **settings}
    return Side("ctzmq", Path(sys.executable), spec)


SIDE = side()


def smaller(case: Case) -> Case:
    """Return a case that takes no time, of the same kind."""
    few = {name: min(case.args[name], most) for name, most in LIMITS.items() if name in case.args}
    return replace(case, args={**case.args, **few}, count=min(case.count, 2))


LIMITS = {"size": 1000, "sockets": 3, "subscribers": 2, "clients": 3, "waiting": 2, "parts": 3}


def one_of_each() -> dict[str, Case]:
    """Return a small case for every workload and every library that it can run with."""
    found: dict[str, Case] = {}
    for case in all_cases():
        if case.contest in MODULES:
            detail = case.args.get("kind") or case.args.get("transport") or ""
            several = "parts" if case.args.get("parts", 1) > 1 else ""
            name = " ".join(filter(None, (case.contest, case.workload, detail, several)))
            found.setdefault(name, smaller(case))
    return found


NEEDED = {"stream_push": "tornado", "stream_request": "tornado"}
CASES = one_of_each()


def test_the_ratio_is_the_median_of_the_pairs() -> None:
    result = stats.compare([2.0, 6.0, 12.0], [4.0, 4.0, 4.0])
    assert result == stats.Comparison(ours=6.0, theirs=4.0, ratio=1.5, low=1.0, high=2.25)


def test_one_pair_has_no_spread() -> None:
    assert stats.compare([1.0], [2.0])[2:] == (0.5, 0.5, 0.5)


@pytest.mark.parametrize(
    ("ratio", "goal", "missed"),
    [(1.6, 1.6, False), (1.604, 1.6, False), (1.606, 1.6, True), (9.0, None, False)],
)
def test_a_goal_is_missed_when_the_shown_ratio_is_above_it(
    ratio: float, goal: float | None, missed: bool
) -> None:
    assert stats.compare([ratio], [1.0]).misses(goal) is missed


def test_counts_grow_until_a_sample_takes_as_long_as_wanted() -> None:
    assert stats.next_count(1, 1e-6, wanted=1.0) == 10
    assert stats.next_count(1000, 0.5, wanted=1.0) == 2000
    assert stats.next_count(1000, 0.0, wanted=1.0) == 10_000
    assert stats.next_count(10, 60.0, wanted=0.1) == 1


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (4.321e-7, "s", "432 ns"),
        (9.99e-7, "s", "999 ns"),
        (9.996e-7, "s", "1.00 µs"),
        (1.25e-6, "s", "1.25 µs"),
        (3.1e-2, "s", "31.0 ms"),
        (1234.0, "s", "1234 s"),
        (512.0, "B", "512 B"),
        (-512.0, "B", "-512 B"),
        (4710.0, "B", "4.71 kB"),
    ],
)
def test_quantities_have_three_digits(value: float, unit: str, text: str) -> None:
    assert stats.quantity(value, unit) == text


def test_every_case_names_what_there_is() -> None:
    names = [case.name for case in all_cases()]
    assert len(set(names)) == len(names)
    for case in all_cases():
        assert case.contest in CONTESTS
        assert case.workload in WORKLOADS
        assert case.unit in stats.SCALES
        assert not case.goal or case.goal in GOALS
    assert {case.goal for case in all_cases()} >= set(GOALS)


def test_goals_are_those_of_the_implementation() -> None:
    case = Case("row", "group", "inproc", goal="one part")
    assert case.limit("cpython-313") == 0.6
    assert case.limit("pypy39") == 0.5
    assert replace(case, goal="").limit("cpython-313") is None


def test_interpreters_run_what_they_have_libraries_for() -> None:
    def contests(tag: str) -> set[str]:
        return {case.contest for case in cli.runnable(all_cases(), tag)}

    assert contests("cpython-311") == set(CONTESTS)
    assert contests("cpython-39") == set(CONTESTS) - {"pyomq"}
    held = {"plain", "own libzmq", "eventlet", "yielding to asyncio", "yielding to eventlet"}
    assert contests("pypy39-pp73") == held
    assert "gevent" in requirements("ctzmq", "cpython-39")
    assert "gevent" not in requirements("ctzmq", "pypy39-pp73")


def test_interpreters_are_named_or_all_that_are_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str | None) -> tuple[str, str]:
        if name in ("3.10", "3.12"):
            raise venvs.SetupError("not here")
        return f"/{name}", f"tag of {name}"

    monkeypatch.setattr(venvs, "find_interpreter", find)
    assert cli.interpreters(None) == [("/None", "tag of None")]
    assert [path for path, _ in cli.interpreters(["3.11", "all"])] == [
        "/3.11",
        "/3.9",
        "/3.13",
        "/pypy3",
    ]


def test_throughput_has_a_goal_at_every_size() -> None:
    for transport in ("tcp", "ipc"):
        rows = [
            case
            for case in all_cases()
            if case.name.startswith(f"{transport} ") and case.workload == "throughput"
        ]
        assert {case.args["size"] for case in rows} == set(SIZES.values())
        assert all(case.goal == "throughput" for case in rows)


def test_cases_are_picked_by_part_of_their_name() -> None:
    assert [case.name for case in matching(all_cases(), ["ipc round", "import"])] == [
        "ipc round trip",
        "import",
    ]
    assert matching(all_cases(), []) == all_cases()
    assert matching(all_cases(), ["no such"]) == []


def test_how_much_is_measured() -> None:
    full, quick = parse(["--rounds", "7"]), parse(["--quick"])
    plain, noisy = Case("plain", "", "inproc"), Case("noisy", "", "latency", repeat=3)
    assert cli.effort(full, "cpython-311", plain).pairs == cli.FULL.launches * 7
    assert cli.effort(full, "cpython-311", noisy).pairs == cli.FULL.launches * 3 * 7
    assert cli.effort(quick, "cpython-311", noisy).pairs == cli.QUICK.pairs
    assert cli.effort(quick, "cpython-311", replace(plain, count=5)).rounds == 1
    assert cli.effort(full, "pypy39").warm_up > cli.effort(full, "cpython-311").warm_up
    assert cli.effort(parse(["--cpu"]), "cpython-311").clock == "cpu"


def test_rows_are_written_as_json_lines_and_misses_are_kept() -> None:
    lines = io.StringIO()
    rows = report.Report(HEAD, lines)
    rows.add(Case("slow", "", "inproc", goal="large"), [3.0000004], [2.0])
    rows.add(Case("fast", "", "inproc", goal="one part"), [1.1], [2.0])
    rows.add_failure(Case("broken", "", "inproc"), "why")
    records = [json.loads(text) for text in lines.getvalue().splitlines()]
    assert rows.missed == ["slow", "broken"]
    assert [record["kind"] for record in records] == ["header", "case", "case", "failure"]
    assert records[1]["ratio"] == pytest.approx(1.5)
    assert records[1]["samples"] == {"ours": [3.0], "theirs": [2.0]}
    assert rows.table.row_count == 3


@pytest.mark.parametrize("name", CASES)
def test_a_worker_times_its_workload(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    for library in filter(None, (CONTESTS[case.contest].library, NEEDED.get(case.workload))):
        pytest.importorskip(library)
    if case.args.get("transport") == "ipc" and not hasattr(os, "fork"):
        pytest.skip("no ipc here")
    worker = Worker(side(case.contest), case, "wall", str(tmp_path))
    try:
        worker.begin()
        for count in (3, 1):
            measured = worker.sample(count)
            assert measured > 0 or case.unit == "B"
    finally:
        worker.close()


def test_both_sides_are_sampled_in_turn() -> None:
    ticks: list[int] = []
    case = Case("row", "", "inproc")
    ours, theirs = measure((SIDE, SIDE), case, BRIEF, lambda: ticks.append(1))
    assert len(ours) == len(theirs) == len(ticks) == BRIEF.pairs == 6
    assert min(ours + theirs) > 0


def test_a_case_with_a_count_gets_new_processes_for_each_sample() -> None:
    case = Case("row", "", "socket_memory", unit="B", count=20)
    ours, theirs = measure((SIDE, SIDE), case, BRIEF, lambda: None)
    assert len(ours) == len(theirs) == BRIEF.launches


def test_the_cost_of_yielding_is_that_of_a_setting() -> None:
    engine = pytest.importorskip("ctzmq.green.engine")
    pace = pytest.importorskip("ctzmq.asyncio.pace")
    before = engine.TURNS, pace.SHARE
    try:
        Setup({"module": "ctzmq", "turns": 10**9})
        assert before[0] < engine.TURNS == 10**9
        Setup({"module": "ctzmq", "share": 3600.0})
        assert before[1] < pace.SHARE == 3600.0
    finally:
        engine.TURNS, pace.SHARE = before


def test_a_worker_that_fails_says_why(tmp_path: Path) -> None:
    none = Side("none", Path(sys.executable), {"module": "no_such_zmq"})
    worker = Worker(none, Case("row", "", "inproc"), "wall", str(tmp_path))
    try:
        with pytest.raises(WorkerError, match="No module named 'no_such_zmq'"):
            worker.begin()
    finally:
        worker.close()


def test_the_end_says_where_the_results_are(tmp_path: Path) -> None:
    file = tmp_path / "here.jsonl"
    assert "--json FILE keeps the samples" in cli.outcome(parse([]))
    assert cli.outcome(parse(["--json", str(file)])) == f"The samples are in {file}."
    published = cli.outcome(parse(["--publish"]))
    assert published == f"The tables and plots are in {cli.DOCS / 'performance'}."


@pytest.mark.skipif(not hasattr(os, "getloadavg"), reason="Windows tells no load")
def test_a_busy_machine_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    monkeypatch.setattr(os, "getloadavg", lambda: (2.0, 9.0, 9.0))
    assert load.warning("it takes longer") == ""
    monkeypatch.setattr(os, "getloadavg", lambda: (2.13, 0.0, 0.0))
    warning = "This machine is busy (load 2.1 on 4 cores): it takes longer."
    assert load.warning("it takes longer") == warning


@pytest.mark.parametrize("less", ["--quick", "--cpu", "--control", "--only=poll", "--rounds=1"])
def test_nothing_less_than_the_whole_is_published(
    less: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        parse(["--publish", less])
    assert left.value.code == 2
    assert f"--publish goes without {less.partition('=')[0]}" in capsys.readouterr().err
