from __future__ import annotations

import subprocess
import sys
from typing import Callable

import pytest

from ctzmq.libzmq import stubs

Child = Callable[..., "subprocess.CompletedProcess[str]"]

PYPY = sys.implementation.name == "pypy"


def fastest() -> str:
    if PYPY:
        return "PyPy's FFI"
    try:
        stubs.make()
    except stubs.Unavailable:
        return "ctypes"
    return "stubs"


@pytest.mark.parametrize("value", ["0", "1", ""])
def test_the_variable_chooses_ctypes_or_the_fastest(child: Child, value: str) -> None:
    done = child(
        "from ctzmq.libzmq import provider; print(provider.calls.NAME, provider.reason, sep=';')",
        CTZMQ_NATIVE_CALLS=value,
    )
    expected = "ctypes;CTZMQ_NATIVE_CALLS is 0" if value == "0" else f"{fastest()};"
    assert done.stdout.strip().startswith(expected)
    assert done.stderr == ""


@pytest.mark.skipif(fastest() != "stubs", reason="there are no stubs here")
def test_for_another_processor_ctypes_does_it(child: Child) -> None:
    done = child(
        """
        import os
        from types import SimpleNamespace
        os.uname = lambda: SimpleNamespace(machine="vax")
        import ctzmq
        from ctzmq.libzmq import provider
        print(provider.calls.NAME, provider.reason)
        with ctzmq.Context() as context, context.socket(ctzmq.PAIR) as a:
            with context.socket(ctzmq.PAIR) as b:
                a.bind("inproc://x")
                b.connect("inproc://x")
                a.send(b"hello")
                print(b.recv())
        """,
        CTZMQ_NATIVE_CALLS="1",
    )
    assert done.stdout == "ctypes there are no stubs for vax\nb'hello'\n"
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
