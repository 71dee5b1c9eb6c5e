"""The conformance run: what it picks, what it counts."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, os.fspath(SCRIPTS))

from support import conformance, outcomes, projects, venvs  # noqa: E402

PRESENT = ["test_cython", "test_socket", "test_z85"]


def options(**changes: Any) -> argparse.Namespace:
    chosen = conformance.parse([])
    for name, value in changes.items():
        setattr(chosen, name, value)
    return chosen


def test_a_skip_counts_only_where_the_peer_runs_the_test() -> None:
    ours = {"a": "skipped", "b": "skipped", "c": "skipped", "d": "passed", "e": "differs"}
    theirs = {"a": "passed", "b": "skipped", "d": "skipped", "e": "passed"}
    assert conformance.faults(ours, theirs) == ["skipped, and pyzmq runs it: a"]


def test_a_failure_counts_whatever_the_peer_does() -> None:
    ours = {"a": "failed", "b": "failed", "c": "failed"}
    theirs = {"a": "passed", "b": "failed"}
    assert conformance.faults(ours, theirs) == [
        "failed: a",
        "failed, as with pyzmq: b",
        "failed: c",
    ]


@pytest.mark.parametrize(
    ("names", "targets"),
    [
        (["test_z85"], ["test_z85"]),
        (["tests/test_socket.py::TestSocket::test_bind"], ["test_socket::TestSocket::test_bind"]),
        (["all"], ["test_socket", "test_z85"]),
        ([], ["test_socket", "test_z85"]),
        (["test_cython.py"], ["test_cython"]),
    ],
)
def test_files_are_picked_by_name(names: list[str], targets: list[str]) -> None:
    assert conformance.chosen(names, PRESENT) == targets


def test_an_unknown_file_is_named_with_what_there_is() -> None:
    with pytest.raises(venvs.SetupError, match=r"no test file 'test_q'; it has test_cython, "):
        conformance.chosen(["test_q"], PRESENT)


def test_a_line_shows_both_sides_and_what_went_wrong() -> None:
    ours, theirs = outcomes.Counts(3, 1, 0, 2), outcomes.Counts(4, note="crashed")
    text = " ".join(conformance.line("test_x", [ours, theirs], 1.25).split())
    assert text == "test_x 3 1 0 2 | 4 0 0 0 1.2 s crashed"


def test_what_runs_on_which_interpreter(capsys: pytest.CaptureFixture[str]) -> None:
    assert conformance.interpreters(options(python=["3.12", "x"])) == ["3.12", "x"]
    assert conformance.interpreters(options(files=["test_z85"])) == [None]
    found = conformance.interpreters(options())
    missing = capsys.readouterr().out
    for name in conformance.PYTHONS:
        assert (name in found) != (f"Python {name}: not found" in missing)


# -- Running ---------------------------------------------------------------------------------------

SUITE = """
import os, pytest

class TestPubLog:
    def test_blank_root_topic(self):
        with open("tries", "a") as tries:
            tries.write("x")
        assert os.path.getsize("tries") == int(os.environ["PASSES_AT"])

def test_good():
    assert not os.path.exists("tries")

def test_no():
    pytest.skip("no")
"""


@pytest.fixture
def side(tmp_path: Path) -> conformance.Side:
    """A suite of one file, run by this interpreter."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_log.py").write_text(SUITE, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    return conformance.Side("ctzmq", Path(sys.executable), tmp_path, options())


def test_a_flaky_test_runs_by_itself_until_it_passes(
    side: conformance.Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSES_AT", "2")
    assert side.run("test_log").outcomes == {
        "test_log::test_good": "passed",
        "test_log::test_no": "skipped",
        "test_log::TestPubLog::test_blank_root_topic": "passed",
    }


def test_a_flaky_test_that_never_passes_has_failed(
    side: conformance.Side, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PASSES_AT", "0")
    monkeypatch.setattr(conformance, "TRIES", 2)
    result = side.run("test_log")
    assert result.outcomes["test_log::TestPubLog::test_blank_root_topic"] == "failed"
    assert not result.counts.ok
    assert capsys.readouterr().out.count("test session starts") == 1


def test_a_file_that_does_not_end_is_stopped(side: conformance.Side) -> None:
    endless = "import time\n\ndef test_it():\n    time.sleep(600)\n"
    (side.suite / "tests" / "test_x.py").write_text(endless, encoding="utf-8")
    result = side._replace(options=options(timeout=3.0)).run("test_x")
    assert result == outcomes.Result({}, "did not end within 3 s")


@pytest.mark.skipif(os.name != "posix", reason="POSIX shell script")
def test_help_lists_what_is_left_out_and_why(tmp_path: Path) -> None:
    command = [os.fspath(SCRIPTS / "conformance"), "--help"]
    environment = {**os.environ, "PYTHON": sys.executable}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for table in (conformance.EXCLUDED, conformance.FLAKY, conformance.DIFFERENT):
        for name, reason in table.items():
            assert f"{name}: {reason}" in done.stdout
    for name, project in projects.PROJECTS.items():
        for test, reason in project.deselected.items():
            assert f"{name} {test}: {reason}" in done.stdout


def test_an_interpreter_is_found_by_path_and_else_named() -> None:
    path, tag = venvs.find_interpreter(sys.executable)
    assert path == sys.executable
    assert tag.startswith(str(sys.implementation.cache_tag))
    with pytest.raises(venvs.SetupError, match=r"no Python interpreter '9\.99' runs"):
        venvs.find_interpreter("9.99")


def test_another_interpreter_does_not_inherit_import_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    environment = venvs.clean_environment({"CTZMQ_LIBRARY": "x"})
    assert "PYTHONPATH" not in environment
    assert environment["CTZMQ_LIBRARY"] == "x"
    assert environment["PATH"] == os.environ["PATH"]


def test_a_failing_command_is_shown_with_its_output() -> None:
    script = "print('the end'); raise SystemExit(3)"
    with pytest.raises(venvs.SetupError, match=r"(?s)trying failed \(exit code 3\).*the end"):
        venvs.run([sys.executable, "-c", script], "trying")
