"""The benchmarks: ratios, goals, and workers that measure what they are told to."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import pytest

pytest.importorskip("rich", reason="the table")

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, os.fspath(SCRIPTS))

from bench import cli, report, stats  # noqa: E402
from bench.cases import FLAVOURS, SIZES, Case, all_cases, matching  # noqa: E402
from bench.session import Effort, FreshImport, Side, Worker, WorkerError, measure  # noqa: E402
from bench.workloads import WORKLOADS  # noqa: E402

SIDE = Side("ctzmq", Path(sys.executable), "ctzmq", {})
BRIEF = Effort(launches=2, rounds=3, sample=0.001, warm_up=0.001)
HEAD = {"kind": "header", "python": "cpython-311", "ours": {"name": "A"}, "theirs": {"name": "B"}}


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
    ("seconds", "text"),
    [
        (4.321e-7, "432 ns"),
        (9.99e-7, "999 ns"),
        (9.996e-7, "1.00 µs"),
        (1.25e-6, "1.25 µs"),
        (3.1e-2, "31.0 ms"),
        (1234.0, "1234 s"),
    ],
)
def test_durations_have_three_digits(seconds: float, text: str) -> None:
    assert stats.duration(seconds) == text


def test_every_case_names_a_workload_and_a_flavour() -> None:
    names = [case.name for case in all_cases()]
    assert len(set(names)) == len(names)
    for case in all_cases():
        assert case.flavour in FLAVOURS
        assert case.fresh or case.workload in WORKLOADS


def test_pypy_runs_no_case_of_gevent() -> None:
    assert cli.runnable(all_cases(), "cpython-311") == all_cases()
    flavours = {case.flavour for case in cli.runnable(all_cases(), "pypy39-pp73")}
    assert flavours == {"plain", "eventlet"}


def test_throughput_has_a_goal_at_every_size() -> None:
    rows = [case for case in all_cases() if case.workload == "throughput"]
    assert {case.size for case in rows} == set(SIZES.values())
    assert all(case.goals["cpython"] == pytest.approx(1 / 0.9) for case in rows)


def test_cases_are_picked_by_part_of_their_name() -> None:
    assert [case.name for case in matching(all_cases(), ["import", "trip"])] == [
        "tcp round trip 100 B",
        "import",
    ]
    assert matching(all_cases(), []) == all_cases()
    assert matching(all_cases(), ["no such"]) == []


def test_pypy_gets_its_warm_up() -> None:
    options = cli.parse(["--quick", "--rounds", "7"])
    assert cli.effort(options, "pypy39").warm_up >= cli.JIT_WARM_UP
    assert cli.effort(options, "cpython-311").warm_up < cli.JIT_WARM_UP
    noisy = Case("noisy", "latency", repeat=3)
    assert cli.effort(options, "cpython-311", noisy).pairs == cli.QUICK.launches * 3 * 7


def test_rows_are_written_as_json_lines_and_misses_are_kept() -> None:
    lines = io.StringIO()
    rows = report.Report(HEAD, lines)
    rows.add(Case("slow", "inproc", goals={"cpython": 1.0, "pypy": 9.0}), [3.0], [2.0])
    rows.add(Case("fast", "inproc", goals={"cpython": 2.0}), [3.0], [2.0])
    rows.add_failure(Case("broken", "inproc"), "why")
    records = [json.loads(text) for text in lines.getvalue().splitlines()]
    assert rows.missed == ["slow", "broken"]
    assert [record["kind"] for record in records] == ["header", "case", "case", "failure"]
    assert records[1]["ratio"] == 1.5
    assert records[1]["samples"] == {"ours": [3.0], "theirs": [2.0]}
    assert rows.table.row_count == 3


@pytest.mark.parametrize(
    ("name", "parts"),
    [("inproc", 1), ("inproc", 3), ("poll", 1), ("throughput", 1), ("latency", 1)],
)
def test_a_worker_times_its_workload(name: str, parts: int) -> None:
    worker = Worker(SIDE, Case("row", name, size=10, parts=parts))
    try:
        assert worker.sample(3) > 0
        assert worker.sample(1) > 0
    finally:
        worker.close()


def test_both_sides_are_sampled_in_turn() -> None:
    ticks: list[int] = []
    ours, theirs = measure(SIDE, SIDE, Case("row", "inproc"), BRIEF, lambda: ticks.append(1))
    assert len(ours) == len(theirs) == len(ticks) == BRIEF.pairs == 6
    assert min(ours + theirs) > 0


def test_import_is_timed_in_new_interpreters() -> None:
    assert 0 < FreshImport(SIDE).sample(2) < 60


def test_a_worker_that_fails_says_why() -> None:
    with pytest.raises(WorkerError, match="No module named 'no_such_zmq'"):
        Worker(Side("none", Path(sys.executable), "no_such_zmq", {}), Case("row", "inproc"))


@pytest.mark.parametrize("flavour", ["eventlet", "gevent"])
@pytest.mark.parametrize("workload", ["green-inproc", "green-tcp", "green-latency"])
def test_a_worker_times_greenlets(flavour: str, workload: str) -> None:
    pytest.importorskip(flavour)
    side = Side("ctzmq", Path(sys.executable), FLAVOURS[flavour].ours, {})
    worker = Worker(side, Case("row", workload, size=10, flavour=flavour))
    try:
        assert worker.sample(3) > 0
        assert worker.sample(1) > 0
    finally:
        worker.close()
