"""Stubs with wrong arguments, without memory, and over and over; `test_calls` has what they do."""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from typing import Any, Callable

import pytest

from ctzmq.libzmq import prototypes, stubs
from ctzmq.libzmq.stubs.operations import STUBS

Child = Callable[..., "subprocess.CompletedProcess[str]"]

try:
    MADE = stubs.make()
except stubs.Unavailable as error:
    pytest.skip(str(error), allow_module_level=True)

#: What is wrong in each place where it stands.
ODD = [None, "text", 1.5, b"bytes", [b"x"], (), {}, object(), 2**200, -(2**200), bytearray(8), True]
#: SystemError is what Python raises for what is no list; Python 3.9 still takes floats.
REFUSALS = (TypeError, OverflowError, BufferError, SystemError, DeprecationWarning)


@pytest.fixture
def handle() -> Iterator[int]:
    """The handle of a socket that has no peer."""
    context = prototypes.zmq_ctx_new()
    cell = ctypes.c_void_p(prototypes.zmq_socket(context, 0))
    yield ctypes.addressof(cell)
    prototypes.zmq_close(cell)
    prototypes.zmq_ctx_term(context)


def good(name: str, handle: int) -> list[Any]:
    """Return arguments that the stub takes."""
    message = MADE["new"]()
    if name in ("empty", "close", "more", "size", "address", "read"):
        return [message]
    arguments: dict[str, list[Any]] = {
        "new": [],
        "send": [handle, b"data", 1],
        "send_all": [handle, [b"data"], 1],
        "wait_send": [handle, b"data", 1],
        "receive": [handle],
        "receive_all": [handle, []],
        "wait_receive": [handle, 1],
        "look": [handle],
        "get": [handle, 15],
        "send_message": [handle, message, 1],
        "send_copy": [handle, message, 1],
        "receive_message": [handle, message],
        "wait_send_message": [handle, message, 1],
        "wait_receive_message": [handle, message, 1],
    }
    return arguments[name]


@pytest.mark.parametrize("name", STUBS)
def test_wrong_arguments_are_errors_and_no_crash(name: str, handle: int) -> None:
    stub = MADE[name]
    for place, odd in itertools.product(range(len(good(name, handle))), ODD):
        if place == 0 and odd is True:
            # A handle is an address; which ones are good no call can tell.
            continue
        arguments = good(name, handle)
        arguments[place] = odd
        with contextlib.suppress(*REFUSALS):
            stub(*arguments)


@pytest.mark.parametrize("name", STUBS)
def test_a_wrong_number_of_arguments(name: str, handle: int) -> None:
    for count in set(range(6)) - {len(good(name, handle))}:
        with pytest.raises(TypeError, match="argument"):
            MADE[name](*[0] * count)
    with pytest.raises(TypeError, match="keyword"):
        MADE[name](*good(name, handle), flags=1)


@pytest.mark.parametrize("name", STUBS)
def test_no_argument_is_kept_or_given_away(name: str, handle: int) -> None:
    for arguments in (good(name, handle), [b"x"] * len(good(name, handle))):
        before = [*map(sys.getrefcount, arguments)]
        for _ in range(1000):
            with contextlib.suppress(*REFUSALS):
                MADE[name](*arguments)
        assert [*map(sys.getrefcount, arguments)] == before


def test_what_is_received_is_referred_to_once(child: Child) -> None:
    """Nothing grows over a hundred thousand messages of each kind."""
    done = child(
        """
        import ctypes, resource, sys
        from ctzmq.libzmq import prototypes, stubs
        made = stubs.make()
        context = prototypes.zmq_ctx_new()
        cells = [ctypes.c_void_p(prototypes.zmq_socket(context, 0)) for _ in range(2)]
        prototypes.zmq_bind(cells[0], b"inproc://x")
        prototypes.zmq_connect(cells[1], b"inproc://x")
        a, b = map(ctypes.addressof, cells)
        small, large = b"x" * 500, b"x" * 70000
        message = made["new"]()

        def send(name, content):
            # Now and then there is no room until libzmq looks at what was received.
            while made[name](a, content, 0):
                made["look"](a)

        def exchange(count):
            own = bytes(500)
            once = sys.getrefcount(own)  # from 3.14 on, a call's argument does not count
            for number in range(count):
                send("send", small)
                data = made["receive"](b)
                assert sys.getrefcount(data) == once, sys.getrefcount(data)
                send("send_all", [small, b"", small])
                parts = []
                assert made["receive_all"](b, parts) == 0
                assert sys.getrefcount(parts[0]) == 2
                send("send", small)
                made["receive_message"](b, message)
                assert sys.getrefcount(made["read"](message)) == 1
                if number % 100 == 0:
                    made["wait_send"](a, large, 0)
                    (data,) = made["receive"](b)
                    assert len(data) == 70000 and sys.getrefcount(data) == once
                    made["wait_send"](a, large, 0)
                    assert made["receive_all"](b, parts) == 0
                    assert sys.getrefcount(parts[3]) == 2
                    made["wait_send"](a, large, 0)
                    made["receive_message"](b, message)
                    assert sys.getrefcount(made["read"](message)) == 1

        def used():
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

        exchange(5000)
        total = getattr(sys, "gettotalrefcount", int)
        before, references = used(), total()
        exchange(100_000)
        assert abs(total() - references) < 100, total() - references
        assert used() - before < 4000, used() - before
        """
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(sys.platform != "linux", reason="limits memory as Linux does")
@pytest.mark.skipif(
    bool(sysconfig.get_config_var("Py_GIL_DISABLED")), reason="takes its addresses beforehand"
)
def test_without_memory_a_message_is_let_go_of(child: Child) -> None:
    done = child(
        """
        import resource, ctzmq as zmq
        context = zmq.Context()
        a, b = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
        a.bind("inproc://x")
        b.connect("inproc://x")
        size = 300_000_000
        data = bytes(size)
        a.send(data, copy=False)
        a.send_multipart([b"first", data], copy=False)
        a.send(b"after")
        with open("/proc/self/statm") as file:
            held = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (held + size // 2, resource.RLIM_INFINITY))
        for receive in (b.recv, b.recv_multipart):
            try:
                receive()
            except MemoryError:
                print("no memory")
        print(b.recv())
        """,
        CTZMQ_NATIVE_CALLS="1",
    )
    assert (done.stdout, done.stderr) == ("no memory\nno memory\nb'after'\n", "")
