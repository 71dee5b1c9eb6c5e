"""How the scripts read, count and compare the ends of tests."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, os.fspath(SCRIPTS))

from support import outcomes, venvs  # noqa: E402

REPORT = """<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest" tests="7">
<testcase classname="tests.test_x" name="good" time="0.1"/>
<testcase classname="tests.test_x" name="skipped"><skipped message="no"/></testcase>
<testcase classname="tests.test_x.TestY" name="bad"><failure message="no"/></testcase>
<testcase classname="tests.test_x" name="torn"><error message="in the teardown"/></testcase>
<testcase classname="tests.test_x" name="again"><failure message="first"/></testcase>
<testcase classname="tests.test_x" name="again"/>
<testcase classname="" name="tests.test_z"><skipped message="the whole file"/></testcase>
</testsuite></testsuites>
"""


def test_a_report_tells_how_each_test_ended() -> None:
    assert outcomes.read_junit(REPORT) == {
        "test_x::good": "passed",
        "test_x::skipped": "skipped",
        "test_x::TestY::bad": "failed",
        "test_x::torn": "failed",
        "test_x::again": "passed",
        "tests.test_z": "skipped",
    }


def test_a_failure_that_is_meant_is_none() -> None:
    case = '<testcase classname="tests.test_x.TestY" name="test">{}</testcase>'
    test = "test_x::TestY::test"
    ends = {
        kind: outcomes.read_junit(f"<testsuite>{case.format(kind)}</testsuite>", {test})[test]
        for kind in ("", "<failure/>", "<skipped/>")
    }
    assert ends == {"": "passed", "<failure/>": "differs", "<skipped/>": "skipped"}


def test_results_are_counted() -> None:
    ends = {"a": "passed", "b": "failed", "c": "passed", "d": "skipped", "e": "differs"}
    counts = outcomes.Result(ends, "slow").counts
    assert counts == outcomes.Counts(2, 1, 1, 1, "slow")
    assert outcomes.total([counts, counts]) == outcomes.Counts(4, 2, 2, 2)


def test_failures_and_notes_are_not_ok() -> None:
    assert outcomes.Counts(passed=1, skipped=3, differs=1).ok
    assert not outcomes.Counts(passed=1, failed=1).ok
    assert not outcomes.Counts(note="did not end").ok


def test_what_is_worse_than_with_pyzmq_is_named() -> None:
    ours = {"a": "failed", "b": "skipped", "c": "failed", "d": "passed", "f": "skipped"}
    theirs = {"a": "passed", "b": "passed", "c": "failed", "d": "failed", "e": "passed"}
    assert outcomes.worse(outcomes.Result(ours), outcomes.Result(theirs)) == [
        "failed, and passed with pyzmq: a",
        "skipped, and passed with pyzmq: b",
        "absent, and passed with pyzmq: e",
    ]


def test_a_test_that_only_ctzmq_fails_is_worse_even_if_pyzmq_has_it_not() -> None:
    ours = outcomes.Result({"a": "failed", "b": "passed"})
    assert outcomes.worse(ours, outcomes.Result({})) == ["failed, and absent with pyzmq: a"]


def test_of_a_run_without_tests_only_itself_is_named() -> None:
    theirs = outcomes.Result({"test_x::a": "passed", "test_x::b": "passed"})
    ours = outcomes.Result({"thing": "failed"}, "did not end")
    faults = ["did not end", "failed, and absent with pyzmq: thing"]
    assert outcomes.worse(ours, theirs) == faults


@pytest.mark.parametrize(
    ("ours", "theirs", "faults"),
    [
        ("did not end", "", ["did not end"]),
        ("did not end", "did not end", []),
        ("", "did not end", []),
    ],
)
def test_a_bad_end_counts_where_pyzmq_has_it_not(ours: str, theirs: str, faults: list[str]) -> None:
    mine, peer = outcomes.Result({}, ours), outcomes.Result({}, theirs)
    assert outcomes.worse(mine, peer) == faults


def test_the_peer_runs_a_file_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ran: list[str] = []

    def run(stem: str) -> outcomes.Result:
        ran.append(stem)
        return outcomes.Result({f"{stem}::test": "passed"}, "slowly")

    monkeypatch.setattr(venvs, "CHECKOUT", tmp_path)
    for _ in range(2):
        result = outcomes.Peer("tag", run, "made so").run("test_x")
        assert result == outcomes.Result({"test_x::test": "passed"}, "slowly")
    assert ran == ["test_x"]
    outcomes.Peer("tag", run, "made otherwise").run("test_x")
    outcomes.Peer("tag", run, "made otherwise", anew=True).run("test_x")
    assert len(ran) == 3
