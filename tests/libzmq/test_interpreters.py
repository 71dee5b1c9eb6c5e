from __future__ import annotations

import subprocess
import sys
from typing import Callable

import pytest

from ctzmq.libzmq import interpreters

Child = Callable[..., "subprocess.CompletedProcess[str]"]

ISOLATED = sys.implementation.name == "cpython" and sys.version_info >= (3, 12)


def test_the_tests_run_in_the_first_and_only_one() -> None:
    assert interpreters.is_main()
    assert interpreters.is_alone()


def test_since_when_they_can_have_a_lock_of_their_own() -> None:
    assert interpreters.CAN_BE_ISOLATED is ISOLATED


@pytest.mark.skipif(
    sys.implementation.name != "cpython" or sys.version_info < (3, 13),
    reason="needs an interpreter in which ctypes works",
)
def test_another_one_is_neither(child: Child) -> None:
    done = child(
        """
        try:
            import _interpreters
        except ImportError:
            import _xxsubinterpreters as _interpreters
        from ctzmq.libzmq import interpreters
        ask = '''
        from ctzmq.libzmq import interpreters
        print(interpreters.is_main(), interpreters.is_alone(), flush=True)
        '''
        other = _interpreters.create()
        print(interpreters.is_main(), interpreters.is_alone(), flush=True)
        _interpreters.run_string(other, ask.replace("        ", ""))
        _interpreters.destroy(other)
        print(interpreters.is_main(), interpreters.is_alone(), flush=True)
        """
    )
    assert done.stdout.splitlines() == ["True False", "False False", "True True"]
    assert (done.returncode, done.stderr) == (0, "")
