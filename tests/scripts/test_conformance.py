"""The conformance run: what it picks, what it counts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, os.fspath(SCRIPTS))

from support import conformance, venvs  # noqa: E402

REPORT = """<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest" tests="5">
<testcase classname="tests.test_x" name="good" time="0.1"/>
<testcase classname="tests.test_x" name="skipped"><skipped message="no"/></testcase>
<testcase classname="tests.test_x" name="bad"><failure message="no"/></testcase>
<testcase classname="tests.test_x" name="torn"><error message="in the teardown"/></testcase>
<testcase classname="tests.test_x" name="again"><failure message="first"/></testcase>
<testcase classname="tests.test_x" name="again"/>
</testsuite></testsuites>
"""
PRESENT = ["test_cython", "test_socket", "test_z85"]


def test_a_test_that_passes_when_run_again_has_passed() -> None:
    assert conformance.read_junit(REPORT) == conformance.Counts(passed=2, failed=2, skipped=1)


def test_failures_and_notes_are_not_ok() -> None:
    assert conformance.Counts(passed=1, skipped=3).ok
    assert not conformance.Counts(passed=1, failed=1).ok
    assert not conformance.Counts(note="did not end").ok


@pytest.mark.parametrize(
    ("names", "targets"),
    [
        (["test_z85"], ["test_z85"]),
        (["tests/test_socket.py::TestSocket::test_bind"], ["test_socket::TestSocket::test_bind"]),
        (["all"], ["test_socket", "test_z85"]),
        (["test_cython.py"], ["test_cython"]),
    ],
)
def test_files_are_picked_by_name(names: list[str], targets: list[str]) -> None:
    assert conformance.chosen(names, PRESENT) == targets


def test_without_files_the_default_ones_are_picked() -> None:
    assert conformance.chosen([], conformance.FILES) == conformance.FILES
    assert not set(conformance.FILES) & set(conformance.EXCLUDED)


def test_an_unknown_file_is_named_with_what_there_is() -> None:
    with pytest.raises(venvs.SetupError, match=r"no test file 'test_q'; it has test_cython, "):
        conformance.chosen(["test_q"], PRESENT)


def test_a_line_shows_both_sides_and_what_went_wrong() -> None:
    ours, theirs = conformance.Counts(3, 1, 0), conformance.Counts(4, 0, 0, "crashed")
    text = " ".join(conformance.line("test_x", [ours, theirs], 1.25).split())
    assert text == "test_x 3 1 0 | 4 0 0 1.2 s crashed"


@pytest.mark.skipif(os.name != "posix", reason="POSIX shell script")
def test_help_lists_what_is_left_out_and_why(tmp_path: Path) -> None:
    command = [os.fspath(SCRIPTS / "conformance"), "--help"]
    environment = {**os.environ, "PYTHON": sys.executable}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for name, reason in conformance.EXCLUDED.items():
        assert f"{name}: {reason}" in done.stdout


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
