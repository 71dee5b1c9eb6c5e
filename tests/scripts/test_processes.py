"""Running a program to its end, and ending what it leaves running."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, os.fspath(SCRIPTS))

from support import processes  # noqa: E402

STARTS_ANOTHER = """
import subprocess, sys
child = "print('begun', flush=True); import time; time.sleep({})"
process = subprocess.Popen(
    [sys.executable, "-c", child], stdout=subprocess.PIPE, start_new_session=True
)
process.stdout.readline()
print(process.pid)
"""
NEEDS_PROC = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")


def run(source: str, folder: Path, timeout: float = 60) -> processes.Ending:
    command = [sys.executable, "-c", source]
    return processes.run(command, folder / "log", timeout, folder, {"WORD": "told"})


@pytest.mark.parametrize(
    ("source", "code"),
    [("print('one')", 0), ("print('one'); raise SystemExit(3)", 3)],
)
def test_how_a_program_ends(tmp_path: Path, source: str, code: int) -> None:
    ending = run(source, tmp_path)
    assert (ending.code, ending.output, ending.left) == (code, "one", 0)


def test_it_runs_where_and_with_what_it_is_told(tmp_path: Path) -> None:
    ending = run("import os; print(os.getcwd(), os.environ['WORD'])", tmp_path)
    assert ending.output == f"{tmp_path.resolve()} told"


def test_what_does_not_end_is_stopped(tmp_path: Path) -> None:
    ending = run("print('one', flush=True); import time; time.sleep(600)", tmp_path, timeout=2)
    assert ending.code is None
    assert ending.output == "one"


@NEEDS_PROC
def test_a_process_left_running_is_told_and_ended(tmp_path: Path) -> None:
    ending = run(STARTS_ANOTHER.format(600), tmp_path)
    assert (ending.code, ending.left) == (0, 1)
    deadline = time.monotonic() + 30
    while alive(int(ending.output)):
        assert time.monotonic() < deadline
        time.sleep(0.01)


@NEEDS_PROC
def test_a_process_that_soon_ends_by_itself_is_not_left_running(tmp_path: Path) -> None:
    ending = run(STARTS_ANOTHER.format(0.1), tmp_path)
    assert (ending.code, ending.left) == (0, 0)


def alive(pid: int) -> bool:
    """Tell whether a process runs; one that has ended and was not waited for does not."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return False
