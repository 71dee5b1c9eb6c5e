"""ctypes comes without `traceback` on PyPy, and nobody can tell."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ctzmq.libzmq import lean


def run(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize("first", ["", "import traceback; ", "import ctypes; "])
def test_whoever_imports_traceback_gets_the_real_one(first: str) -> None:
    program = (
        f"{first}import sys, ctzmq, traceback\n"
        "print(traceback is sys.modules['traceback'], type(traceback) is type(sys))\n"
        "print(traceback.format_exception_only(KeyError, KeyError(7)))"
    )
    assert run(program).split("\n") == ["True True", "['KeyError: 7\\n']"]


def test_an_import_leaves_no_stand_in() -> None:
    program = (
        "import sys, ctzmq\n"
        "from ctzmq.libzmq.lean import Later\n"
        "print([name for name, module in sys.modules.items() if isinstance(module, Later)])"
    )
    assert run(program) == "[]"


def test_the_stand_in_becomes_the_module_when_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    import textwrap

    later = lean.Later("textwrap")
    monkeypatch.setitem(sys.modules, "textwrap", later)
    assert later.dedent("  a") == "a"
    assert sys.modules["textwrap"] is not later
    monkeypatch.setitem(sys.modules, "textwrap", textwrap)
    assert later.dedent is textwrap.dedent


def test_what_a_callback_raises_is_still_printed() -> None:
    program = (
        "import ctypes, sys, ctzmq\n"
        "sys.stderr = sys.stdout\n"
        "ctypes.CFUNCTYPE(None)(lambda: 1 / 0)()"
    )
    assert "ZeroDivisionError" in run(program)
