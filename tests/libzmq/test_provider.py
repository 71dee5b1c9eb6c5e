from __future__ import annotations

import subprocess
import sys
from typing import Callable

import pytest

Child = Callable[..., "subprocess.CompletedProcess[str]"]

WHICH = "from ctzmq.libzmq.provider import calls; print(calls.__name__)"
PYPY = sys.implementation.name == "pypy"


@pytest.mark.parametrize("value", ["0", "1", ""])
def test_the_variable_matters_to_pypy_only(child: Child, value: str) -> None:
    done = child(WHICH, CTZMQ_NATIVE_CALLS=value)
    name = "native" if PYPY and value != "0" else "calls"
    assert done.stdout.strip() == f"ctzmq.libzmq.{name}"
    assert done.stderr == ""


@pytest.mark.parametrize("value", ["0", "1"])
def test_messages_flow_either_way(child: Child, value: str) -> None:
    done = child(
        """
        import ctzmq
        with ctzmq.Context() as context:
            a, b = context.socket(ctzmq.PAIR), context.socket(ctzmq.PAIR)
            with a, b:
                a.bind("inproc://x")
                b.connect("inproc://x")
                a.send_multipart([b"one", b"", b"x" * 100000])
                print([len(part) for part in b.recv_multipart()])
        """,
        CTZMQ_NATIVE_CALLS=value,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "[3, 0, 100000]\n", "")


@pytest.mark.skipif(PYPY, reason="PyPy uses its own FFI")
def test_nothing_but_ctypes_is_loaded_on_cpython(child: Child) -> None:
    done = child("import sys, ctzmq; print({'cffi', '_cffi_backend'} & set(sys.modules))")
    assert done.stdout.strip() == "set()"
