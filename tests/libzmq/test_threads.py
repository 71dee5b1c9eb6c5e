from __future__ import annotations

import ctypes
import signal
import sys
import threading
from typing import Any, Callable

import pytest

from ctzmq.libzmq import callbacks, prototypes, threads

Eventually = Callable[[Callable[[], object]], None]


def test_a_function_runs_in_a_thread_of_its_own() -> None:
    got: list[Any] = []
    done = threading.Event()

    def run(argument: int) -> None:
        got.append((argument, threading.get_ident()))
        done.set()

    callback = callbacks.zmq_thread_fn(run)
    assert threads.detached(callback, 2**40 + 7)
    assert done.wait(10)
    assert got[0][0] == 2**40 + 7
    assert got[0][1] != threading.get_ident()


def test_it_need_not_be_waited_for() -> None:
    context = prototypes.zmq_ctx_new()
    socket = prototypes.zmq_socket(context, 0)
    assert threads.detached(prototypes.zmq_ctx_term, context)  # waits for the socket
    assert prototypes.zmq_close(socket) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal masks")
def test_it_gets_no_signals_and_the_caller_still_does(eventually: Eventually) -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    masks: list[set[int]] = []
    callback = callbacks.zmq_thread_fn(
        lambda _: masks.append(set(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, ()))))
    )
    assert threads.detached(callback, 0)
    eventually(lambda: masks)
    assert {signal.SIGINT, signal.SIGTERM, signal.SIGCHLD} <= masks[0]
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before


@pytest.mark.skipif(sys.platform != "linux", reason="counts mappings in /proc")
def test_nothing_is_left_of_threads_that_ended(eventually: Eventually) -> None:
    def mappings() -> int:
        with open("/proc/self/maps") as file:
            return len(file.readlines())

    def count() -> int:
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("Threads:"))

    def start(number: int) -> None:
        for _ in range(number):
            data = ctypes.create_string_buffer(b"some text")
            assert threads.detached(prototypes.zmq_has, ctypes.addressof(data))
            running.append(data)

    running: list[Any] = []
    before = count()
    start(20)
    eventually(lambda: count() <= before)
    size = mappings()
    for _ in range(10):
        start(20)
        eventually(lambda: count() <= before)
    assert mappings() < size + 100
