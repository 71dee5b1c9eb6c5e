"""Each libzmq object has one owner: whatever comes in between, it is born and ended whole."""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

import ctzmq as zmq
from ctzmq.core import payload, registry
from ctzmq.core.handle import late
from ctzmq.libzmq.provider import calls

Interruptions = Callable[..., bool]

pytestmark = [
    pytest.mark.blocking("greenlets share the owner, and their hubs are no part of it"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
#: Others are too slow for so many rounds, or tell of lines only.
every_instruction = pytest.mark.skipif(
    sys.implementation.name != "cpython" or sys.version_info[:2] not in ((3, 11), (3, 13)),
    reason="one older and one newer interpreter are enough",
)
LARGE = b"x" * 100_000


class Interruption(BaseException):
    """What a signal handler raises."""


class Bench:
    """A context with two connected sockets, and one that nobody must touch."""

    def __init__(self) -> None:
        self.context = zmq.Context()
        self.a, self.b, self.other = (self.context.socket(zmq.PAIR) for _ in range(3))
        self.a.bind("inproc://here")
        self.b.connect("inproc://here")
        self.a.linger = self.b.linger = 0

    def check(self) -> None:
        """All can be ended, and what was lent is given back."""
        assert not self.other.closed
        assert self.other.poll(0) == 0
        del self.a, self.b, self.other
        # A test that goes on for too long is ended, and so fails.
        self.context.destroy(0)
        deadline = time.monotonic() + 10
        while payload.payloads and time.monotonic() < deadline:
            if sys.implementation.name == "pypy":
                # Frames that could not be sent still have theirs.
                gc.collect()
            time.sleep(0.0005)
        assert not payload.payloads


def use(bench: Bench) -> None:
    with bench.context.socket(zmq.PUSH) as socket:
        socket.linger = 0


OPERATIONS: dict[str, Callable[[Bench], object]] = {
    "Context": lambda bench: zmq.Context().term(),
    "socket": lambda bench: bench.context.socket(zmq.PUSH),
    "with": use,
    "shadow": lambda bench: zmq.Socket.shadow(bench.a).get(zmq.TYPE),
    "bind": lambda bench: bench.a.bind("inproc://there"),
    "connect": lambda bench: bench.a.connect("inproc://there"),
    "options": lambda bench: bench.a.set(zmq.SNDHWM, bench.a.get(zmq.RCVHWM)),
    "monitor": lambda bench: bench.a.get_monitor_socket().close(),
    "poll": lambda bench: bench.a.poll(1),
    "send": lambda bench: bench.a.send(b"x", zmq.DONTWAIT),
    "send large": lambda bench: bench.a.send(LARGE, zmq.DONTWAIT),
}


def in_callback() -> bool:
    frame = sys._getframe()
    while frame.f_back is not None and frame.f_code is not payload._release.__code__:
        frame = frame.f_back
    return frame.f_code is payload._release.__code__


@every_instruction
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_exception_at_each_instruction(
    name: str, interruptions: Interruptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Finalizers are interrupted by the hundred, and pytest would keep each with its traceback.
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: None)
    fired = True
    while fired:
        bench = Bench()
        fired = False

        def interrupt() -> None:
            nonlocal fired
            fired = True
            # libzmq's own threads run this, which no signal handler interrupts.
            if not in_callback():
                raise Interruption

        with suppress(Interruption, zmq.ZMQError):
            interruptions(lambda: OPERATIONS[name](bench), interrupt)  # noqa: B023
        bench.check()


#: What a handler closes the socket in the middle of: what `a` does, or `b` with what is there.
CLOSED: dict[str, Callable[[Bench], object]] = {
    "send": lambda bench: bench.a.send(b"x", zmq.DONTWAIT),
    "send large": lambda bench: bench.a.send(LARGE, zmq.DONTWAIT),
    "send frame": lambda bench: bench.a.send(zmq.Frame(b"x" * 100, copy=False), copy=False),
    "send parts": lambda bench: bench.a.send_multipart([b"x", LARGE, b"y"], zmq.DONTWAIT),
    "send frames": lambda bench: bench.a.send_multipart([b"x", LARGE], copy=False),
    "recv": lambda bench: bench.b.recv(zmq.DONTWAIT),
    "recv frame": lambda bench: bench.b.recv(zmq.DONTWAIT, copy=False),
    "recv into": lambda bench: bench.b.recv_into(bytearray(9), flags=zmq.DONTWAIT),
    "recv parts": lambda bench: bench.b.recv_multipart(zmq.DONTWAIT),
    "recv frames": lambda bench: bench.b.recv_multipart(zmq.DONTWAIT, copy=False),
    "poll": lambda bench: bench.b.poll(0, zmq.POLLERR),
    "option": lambda bench: bench.b.set(zmq.SNDHWM, bench.b.get(zmq.RCVHWM)),
}


@pytest.mark.parametrize("name", CLOSED)
def test_a_handler_closes_the_socket_at_each_instruction(
    name: str, interruptions: Interruptions
) -> None:
    fired = True
    while fired:
        bench = Bench()
        bench.a.send_multipart([b"old", b"old", b"old"])
        new = Bench()

        def interrupt() -> None:
            bench.a.close(0)  # noqa: B023
            bench.b.close(0)  # noqa: B023
            # libzmq frees them here, and may have others at their addresses.
            bench.context.socket(zmq.PAIR).close()  # noqa: B023
            new.a.send(b"new")  # noqa: B023

        stride = 1 if sys.version_info[:2] in ((3, 11), (3, 13)) else 4
        with suppress(zmq.ZMQError):
            fired = interruptions(lambda: CLOSED[name](bench), interrupt, stride)  # noqa: B023
        if new.a.poll(0) or new.b.poll(0):
            assert new.b.recv_multipart() == [b"new"]
            assert not new.a.poll(0)
        bench.check()
        new.check()


@pytest.mark.parametrize("how", ["close", "disable", "destroy", "close the monitor"])
def test_a_monitor_that_nobody_reads_holds_nothing_up(how: str) -> None:
    context = zmq.Context()
    socket, peer = context.socket(zmq.DEALER), context.socket(zmq.ROUTER)
    endpoint = f"tcp://127.0.0.1:{peer.bind_to_random_port('tcp://127.0.0.1')}"
    monitor = socket.get_monitor_socket()
    for _ in range(1200):
        socket.connect(endpoint)
        socket.disconnect(endpoint)
    if how == "close":
        socket.close(0)
    elif how == "disable":
        socket.disable_monitor()
    elif how == "close the monitor":
        monitor.close(0)
    context.destroy(0)
    assert context.closed


def test_one_thread_closes_what_another_binds_and_connects() -> None:
    context = zmq.Context()
    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        socket = context.socket(zmq.PAIR)
        socket.linger = 0
        errors: list[zmq.ZMQError] = []

        def work(socket: zmq.Socket = socket, errors: list[zmq.ZMQError] = errors) -> None:
            try:
                while True:
                    socket.bind("tcp://127.0.0.1:*")
                    socket.connect("tcp://127.0.0.1:1")
            except zmq.ZMQError as error:
                errors.append(error)  # noqa: B023

        worker = threading.Thread(target=work, daemon=True)
        worker.start()
        time.sleep(0.002)
        socket.close(0)
        worker.join(10)
        assert not worker.is_alive()
        assert [error.errno for error in errors] == [zmq.ENOTSOCK]
    context.term()


#: What one thread does again and again, without waiting, while another closes the socket.
BUSY: dict[str, Callable[[zmq.Socket], Any]] = {
    "recv": lambda a: a.recv(zmq.DONTWAIT),
    "send": lambda a: a.send(b"x", zmq.DONTWAIT),
    "frame": lambda a: a.send(LARGE, zmq.DONTWAIT, copy=False),
    "parts": lambda a: a.send_multipart([b"x", b"y"], zmq.DONTWAIT),
    "poll": lambda a: a.poll(0),
    "poller": lambda a: zmq.zmq_poll([(a, zmq.POLLIN), (0, zmq.POLLIN)], 0),
    "option": lambda a: a.get(zmq.RCVMORE),
}


@pytest.mark.skipif(
    sys.implementation.name == "pypy" and not calls.NATIVE,
    reason="PyPy's ctypes lets others close a socket in the middle of a quick call",
)
@pytest.mark.parametrize("name", BUSY)
def test_one_thread_closes_what_another_is_busy_with(name: str) -> None:
    context = zmq.Context()
    until = time.monotonic() + 0.3
    number = 0
    while time.monotonic() < until:
        number += 1
        a, b = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
        a.linger = b.linger = 0
        a.bind(f"inproc://busy {number}")
        b.connect(f"inproc://busy {number}")
        errors: list[zmq.ZMQError] = []

        def work(a: zmq.Socket = a, errors: list[zmq.ZMQError] = errors) -> None:
            try:
                while not a.closed:
                    with suppress(zmq.Again):
                        BUSY[name](a)
            except zmq.ZMQError as error:
                errors.append(error)  # noqa: B023

        worker = threading.Thread(target=work, daemon=True)
        worker.start()
        time.sleep(number % 7 / 5000)
        a.close()
        context.socket(zmq.PAIR).close()
        worker.join(10)
        assert not worker.is_alive()
        assert {error.errno for error in errors} <= {zmq.ENOTSOCK}
        b.close()
    context.term()


def test_contexts_end_while_other_threads_use_them() -> None:
    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        context = zmq.Context()

        def work(context: zmq.Context = context) -> None:
            with suppress(zmq.ZMQError, RuntimeError):
                while True:
                    context.set(zmq.MAX_SOCKETS, context.get(zmq.MAX_SOCKETS))
                    context.socket(zmq.PUSH).close(0)
                    zmq.Context.shadow(context)

        workers = [threading.Thread(target=work, daemon=True) for _ in range(2)]
        workers.append(threading.Thread(target=context.destroy, args=(0,), daemon=True))
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(10)
            assert not worker.is_alive()
        assert context.closed


class Liar(bytearray):
    """Says that it is bytes, and long."""

    __class__ = bytes  # type: ignore[assignment]

    def __len__(self) -> int:
        return 200_000


@pytest.mark.parametrize("copy", [True, False])
def test_what_lies_about_itself_is_sent_as_it_is(copy: bool) -> None:
    with zmq.Context() as context, context.socket(zmq.PAIR) as a, context.socket(zmq.PAIR) as b:
        a.bind("inproc://here")
        b.connect("inproc://here")
        a.send_multipart([Liar(b"abc"), Liar(b"de")], copy=copy)
        assert b.recv_multipart() == [b"abc", b"de"]


def test_numbers_are_not_cut() -> None:
    frame = zmq.Frame(b"x")
    with zmq.Context() as context:
        for call in (context.get, frame.get):
            with pytest.raises(zmq.ZMQError) as caught:
                call(2**32 + 1)
            assert caught.value.errno == zmq.EINVAL
        for change in (context.set, frame.set):
            with pytest.raises(zmq.ZMQError) as caught:
                change(2**32 + 1, 1)
            assert caught.value.errno == zmq.EINVAL


class Closer(bytearray):
    """Memory whose finalizer closes a socket."""

    closes: Any = None

    def __del__(self) -> None:
        if self.closes is not None:
            self.closes()


#: Quick calls, in which libzmq lets go of what nobody has read.
QUICK: dict[str, Callable[[zmq.Socket], Any]] = {
    "poll": lambda y: y.poll(0),
    "recv": lambda y: y.recv(zmq.DONTWAIT),
    "recv_multipart": lambda y: y.recv_multipart(zmq.DONTWAIT),
    "frame": lambda y: y.recv(zmq.DONTWAIT, copy=False),
    "send": lambda y: y.send(b"x", zmq.DONTWAIT),
    "send_multipart": lambda y: y.send_multipart([b"x", b"y"], zmq.DONTWAIT),
    "option": lambda y: y.get(zmq.EVENTS),
}


@pytest.mark.parametrize("name", QUICK)
@pytest.mark.parametrize("who", ["this thread", "another thread"])
@pytest.mark.skipif(sys.implementation.name == "pypy", reason="finalizers come later there")
def test_the_end_of_a_loan_closes_the_socket_that_a_quick_call_is_in(name: str, who: str) -> None:
    context = zmq.Context()
    for number in range(20):
        x, y = context.socket(zmq.DEALER), context.socket(zmq.DEALER)
        x.linger = 0
        x.bind(f"inproc://loan {number}")
        y.connect(f"inproc://loan {number}")

        def close(y: zmq.Socket = y) -> None:
            if who == "this thread":
                y.close()
                return
            thread = threading.Thread(target=y.close)
            thread.start()
            thread.join(10)

        for _ in range(20):
            data = Closer(b"x" * 200)
            data.closes = close
            x.send(zmq.Frame(data, copy=False))
            del data
        y.poll(1000)
        y.disconnect(f"inproc://loan {number}")
        for _ in range(3):
            with suppress(zmq.ZMQError):
                x.get(zmq.EVENTS)
        for _ in range(30):
            with suppress(zmq.ZMQError):
                QUICK[name](y)
        x.close()
        y.close()
    context.term()
    assert context.closed
    assert not late


@pytest.mark.skipif(sys.implementation.name == "pypy", reason="finalizers come later there")
def test_the_end_of_a_loan_ends_the_context_of_the_call_that_it_interrupts() -> None:
    context = zmq.Context()
    x, y = context.socket(zmq.DEALER), context.socket(zmq.DEALER)
    x.linger = 0
    x.bind("inproc://loan")
    y.connect("inproc://loan")
    for _ in range(20):
        data = Closer(b"x" * 200)
        data.closes = lambda: context.destroy(0)
        x.send(zmq.Frame(data, copy=False))
        del data
    y.poll(1000)
    y.disconnect("inproc://loan")
    for _ in range(30):
        with suppress(zmq.ZMQError):
            x.get(zmq.EVENTS)
        with suppress(zmq.ZMQError):
            y.poll(0)
    assert context.closed
    assert x.closed
    zmq.Context().term()


@pytest.mark.parametrize("name", ["destroy", "term"])
def test_a_handler_ends_the_context_in_the_making_of_a_socket(
    name: str, interruptions: Interruptions
) -> None:
    fired = True
    while fired:
        context = zmq.Context()
        made: list[zmq.Socket] = []
        end = getattr(context, name)

        def interrupt() -> None:
            # What is made already is the program's to close.
            if name == "destroy" or not any(socket._address for socket in registry.sockets):
                end()  # noqa: B023

        with suppress(zmq.ZMQError, RuntimeError):
            fired = interruptions(
                lambda: made.append(context.socket(zmq.PUSH)),  # noqa: B023
                interrupt,
                1 if sys.implementation.name == "cpython" else 3,
            )
        made.clear()
        context.destroy(0)
        assert context.closed


def test_the_end_of_a_loan_ends_the_context_in_a_thread_of_libzmq() -> None:
    for _ in range(20):
        context = zmq.Context()
        x, y = context.socket(zmq.PUSH), context.socket(zmq.PULL)
        y.bind("inproc://loan")
        x.connect("inproc://loan")
        data = Closer(LARGE)
        ended = threading.Event()

        def end(context: zmq.Context = context, ended: threading.Event = ended) -> None:
            context.destroy(0)
            ended.set()

        data.closes = end
        x.send(data, copy=False)
        del data
        x.close(0)
        y.close(0)
        context.destroy(0)
        gc.collect()
        assert ended.wait(10)
        assert context.closed


def test_a_shadow_of_what_another_thread_closes_is_refused() -> None:
    with zmq.Context() as context, context.socket(zmq.PUSH) as socket:
        socket._sharers.pointer.value = None
        with pytest.raises(zmq.ZMQError, match="closed"):
            zmq.Socket.shadow(socket)
