"""No read or write of memory that is not ours, as valgrind sees it.

It runs the tests of frames, views and payloads under valgrind, with Python's own allocator off, so
that each block of memory is watched on its own. That takes minutes and needs valgrind; ask for it:

    pytest -m valgrind tests/test_valgrind.py
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.valgrind,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(shutil.which("valgrind") is None, reason="needs valgrind"),
    pytest.mark.skipif(
        sys.implementation.name != "cpython", reason="PyPy's allocator cannot be turned off"
    ),
]

ROOT = Path(__file__).parents[1]
TESTS = ["libzmq/test_exporter.py", "libzmq/test_memory.py", "core/test_frame.py"]
TESTS += ["core/test_payload.py", "core/test_tracker.py", "libzmq/test_calls.py"]

# What the dynamic loader, and the C library's comparison of text, read beyond the end on purpose.
NOISE = """
{
   loader
   Memcheck:Addr8
   ...
   obj:*/ld-*.so*
}
{
   loader, seen from its caller
   Memcheck:Addr8
   fun:strncmp
   fun:is_dst
}
{
   text
   Memcheck:Addr32
   fun:*wmemcmp*
   fun:unicode_compare
}
"""


Completed = subprocess.CompletedProcess


def errors(arguments: list[str], folder: Path) -> tuple[Completed[str], list[str]]:
    """Run Python under valgrind; return how it ended, and each invalid access with its place."""
    report, noise = folder / "report.xml", folder / "noise.supp"
    noise.write_text(NOISE)
    done = subprocess.run(
        [
            "valgrind",
            "--quiet",
            "--undef-value-errors=no",
            "--num-callers=40",
            f"--suppressions={noise}",
            "--xml=yes",
            f"--xml-file={report}",
            sys.executable,
            *arguments,
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONMALLOC": "malloc"},
        capture_output=True,
        text=True,
        check=False,
    )
    found = []
    for error in ElementTree.parse(report).iter("error"):
        kind = error.findtext("kind") or ""
        if not kind.startswith(("Invalid", "Mismatched")):  # leaks, which Python has many of
            continue
        frames = list(error.iter("frame"))[:12]
        places = [frame.findtext("fn") or frame.findtext("obj") or "?" for frame in frames]
        found.append(f"{kind}: " + " < ".join(places))
    return done, found


def test_an_access_that_is_wrong_is_seen(tmp_path: Path) -> None:
    program = """
from ctzmq.libzmq import memory
import ctypes
block = ctypes.create_string_buffer(1000)
view = memory.view(ctypes.addressof(block), 1000, None)
del block
view.tobytes()
"""
    done, found = errors(["-c", program], tmp_path)
    assert done.returncode == 0, done.stderr
    assert [line for line in found if line.startswith("InvalidRead")]


def test_none_is_wrong_in_the_tests_of_memory(tmp_path: Path) -> None:
    files = [str(ROOT / "tests" / name) for name in TESTS]
    options = ["-q", "-p", "no:cacheprovider", "-o", "faulthandler_timeout=0", "--timeout", "0"]
    # Each example has a deadline there, and children are not followed.
    choice = "not any_bytes and not last_message_only"
    done, found = errors(["-m", "pytest", *options, "-k", choice, *files], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
    assert found == []
