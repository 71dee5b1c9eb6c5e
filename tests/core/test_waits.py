"""Sends and receives that EVENTS says would not wait, and that have to wait all the same."""

from __future__ import annotations

import errno
import signal
import socket as sockets
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Callable
from unittest import mock

import pytest

import ctzmq as zmq
from ctzmq.core import receiving
from ctzmq.libzmq.provider import calls

Make = Callable[..., zmq.Socket]
#: A socket that shows POLLOUT and has no room, how to send by it, and how to make room.
Full = tuple[zmq.Socket, list[Any], Callable[[], object]]

PATIENCE = 10_000

#: How long sends wait that are to give up, in milliseconds.
SNDTIMEO = 80

WAYS: dict[str, Callable[[zmq.Socket, list[bytes]], object]] = {
    "parts": lambda s, parts: s.send_multipart(parts),
    "parts without a copy": lambda s, parts: s.send_multipart(parts, copy=False),
    "frames": lambda s, parts: s.send_multipart([zmq.Frame(part) for part in parts]),
    "one by one": lambda s, parts: [
        s.send(part, zmq.SNDMORE if number < len(parts) else 0)
        for number, part in enumerate(parts, 1)
    ],
    "large parts": lambda s, parts: s.send_multipart([*parts[:-1], bytes(100_000)]),
    "serialized": lambda s, parts: s.send_serialized(parts, lambda parts: parts),
}
ways = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


def fill(socket: zmq.Socket, parts: list[bytes]) -> None:
    """Send until there is no room; I/O threads may make some at first."""
    refused = 0
    while refused < 3:
        try:
            socket.send_multipart(parts, zmq.DONTWAIT)
            refused = 0
        except zmq.Again:
            refused += 1
            time.sleep(0.01)
    assert socket.poll(0, zmq.POLLOUT) == zmq.POLLOUT


@pytest.fixture
def full(socket: Make, request: pytest.FixtureRequest) -> Iterator[Full]:
    """A socket of one kind, one peer of which has no room."""
    if request.param == "STREAM":
        yield from full_stream(socket)
    else:
        yield full_socket(socket, request.param)


def full_socket(socket: Make, kind: str) -> Full:
    if kind == "ROUTER":
        a = socket(zmq.ROUTER, router_mandatory=1, sndhwm=1)
        a.bind("inproc://full")
        peers = [socket(zmq.DEALER, routing_id=name, rcvhwm=1) for name in (b"slow", b"idle")]
        for peer in peers:
            peer.connect("inproc://full")
            peer.send(b"hello")
            a.recv_multipart()
        parts = [b"slow", b"", b"x"]
    else:
        a = socket(getattr(zmq, kind), sndhwm=1)
        a.set(zmq.XPUB_NODROP, 1)
        a.bind("inproc://full")
        peers = [socket(zmq.SUB, rcvhwm=1)]
        peers[0].subscribe(b"")
        peers[0].connect("inproc://full")
        parts = [b"topic", b"x"]
        assert a.poll(PATIENCE, zmq.POLLIN if kind == "XPUB" else zmq.POLLOUT)
    fill(a, parts)
    return a, parts, lambda: peers[0].recv_multipart(zmq.DONTWAIT)


def full_stream(socket: Make) -> Iterator[Full]:
    a = socket(zmq.STREAM, sndhwm=1, sndbuf=4096)
    port = a.bind_to_random_port("tcp://127.0.0.1")
    with sockets.socket() as peer:
        peer.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
        peer.connect(("127.0.0.1", port))
        name, _ = a.recv_multipart()
        parts = [name, bytes(100_000)]
        fill(a, parts)
        peer.setblocking(False)
        yield a, parts, lambda: peer.recv(100_000)


every = pytest.mark.parametrize("full", ["ROUTER", "XPUB", "PUB", "STREAM"], indirect=True)
some = pytest.mark.parametrize("full", ["ROUTER", "XPUB"], indirect=True)


def take_all(take: Callable[[], object]) -> None:
    """Take from the slow peer what is there."""
    with suppress(zmq.Again, BlockingIOError):
        while True:
            take()


def spent(call: Callable[[], object]) -> tuple[float, float]:
    """Return how long a send takes that gives up, and the processor time of it, in seconds."""
    wall, cpu = time.monotonic(), time.process_time()
    with pytest.raises(zmq.Again):
        call()
    return time.monotonic() - wall, time.process_time() - cpu


@every
@ways
def test_a_send_gives_up_in_time(full: Full, way: Any) -> None:
    socket, parts, _ = full
    socket.sndtimeo = SNDTIMEO
    assert spent(lambda: way(socket, parts))[0] >= SNDTIMEO / 1000
    socket.sndtimeo = 0
    spent(lambda: way(socket, parts))
    spent(lambda: socket.send_multipart(parts, zmq.DONTWAIT))


@every
def test_a_send_waits_at_rest(full: Full) -> None:
    socket, parts, _ = full
    socket.sndtimeo = 500
    wall, cpu = spent(lambda: socket.send_multipart(parts))
    assert cpu < wall / 3


@every
def test_room_ends_the_wait(full: Full, spawn: Any, flavour: Any) -> None:
    socket, parts, take = full
    socket.sndtimeo = -1
    task = spawn(socket.send_multipart, parts)
    flavour.sleep(0.03)
    assert task.is_alive()
    deadline = time.monotonic() + PATIENCE / 1000
    while task.is_alive():
        take_all(take)
        flavour.sleep(0.005)
        assert time.monotonic() < deadline


@pytest.fixture
def alarms() -> Iterator[list[int]]:
    """Signals, again and again; their number grows."""
    if not hasattr(signal, "pthread_kill"):
        pytest.skip("no signal interrupts a call on this system")
    rung: list[int] = []
    over = threading.Event()
    main = threading.main_thread().ident
    assert main is not None

    def ring() -> None:
        while not over.wait(0.005):
            signal.pthread_kill(main, signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, lambda number, _: rung.append(number))
    thread = threading.Thread(target=ring)
    thread.start()
    yield rung
    over.set()
    thread.join()
    signal.signal(signal.SIGUSR1, before)


@every
@ways
def test_signals_do_not_begin_the_time_of_a_send_anew(
    full: Full, way: Any, alarms: list[int]
) -> None:
    socket, parts, _ = full
    socket.sndtimeo = SNDTIMEO
    rung = 0
    while not rung:
        before = len(alarms)
        assert spent(lambda: way(socket, parts))[0] >= SNDTIMEO / 1000
        rung = len(alarms) - before


@every
def test_a_send_waits_at_rest_between_signals(full: Full, alarms: list[int]) -> None:
    socket, parts, _ = full
    socket.sndtimeo = 500
    wall, cpu = spent(lambda: socket.send_multipart(parts))
    assert cpu < wall / 3


@some
@pytest.mark.blocking(reason="greenlets do not wait in libzmq")
def test_room_ends_the_wait_between_signals(full: Full, alarms: list[int]) -> None:
    socket, parts, take = full
    socket.sndtimeo = -1

    def make_room() -> None:
        while len(alarms) < 10:
            time.sleep(0.001)
        take_all(take)

    thread = threading.Thread(target=make_room)
    thread.start()
    socket.send_multipart(parts)
    thread.join()
    assert len(alarms) >= 10


@every
@pytest.mark.blocking(reason="greenlets do not wait in libzmq")
def test_on_windows_the_main_thread_waits_in_time_and_at_rest(
    full: Full, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no signal interrupts libzmq it must not wait itself."""
    socket, parts, take = full
    monkeypatch.setattr("sys.platform", "win32")
    socket.sndtimeo = 500
    wall, cpu = spent(lambda: socket.send_multipart(parts))
    assert wall >= 0.499
    assert cpu < wall / 3
    socket.sndtimeo = -1
    sent = threading.Event()

    def make_room() -> None:
        while not sent.wait(0.02):
            take_all(take)

    thread = threading.Thread(target=make_room)
    thread.start()
    socket.send_multipart(parts)
    sent.set()
    thread.join()


@some
@pytest.mark.blocking(reason="greenlets do not wait in libzmq")
@pytest.mark.parametrize("end", ["close", "exception"])
def test_a_handler_ends_a_send(full: Full, end: str, alarms: list[int]) -> None:
    socket, parts, _ = full
    socket.sndtimeo = PATIENCE

    class Bell(Exception):
        pass

    def handler(number: int, _: Any) -> None:
        alarms.append(number)
        if len(alarms) == 20:
            if end == "exception":
                raise Bell
            socket.close()

    signal.signal(signal.SIGUSR1, handler)
    if end == "exception":
        with pytest.raises(Bell):
            socket.send_multipart(parts)
    else:
        with pytest.raises(zmq.ZMQError) as caught:
            socket.send_multipart(parts)
        assert caught.value.errno == zmq.ENOTSOCK


@some
@pytest.mark.blocking(reason="greenlets have tests of their own for that")
def test_room_of_which_another_call_has_taken_note(
    full: Full, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The descriptor does not tell of it any more."""
    socket, parts, take = full
    monkeypatch.setattr("sys.platform", "win32")
    pauses: list[float] = []
    pause = type(socket)._pause

    def rest(self: Any, timeout: float) -> None:
        pauses.append(timeout)
        if len(pauses) == 3:
            take_all(take)
            assert socket.events & zmq.POLLOUT
        pause(self, timeout)

    monkeypatch.setattr(type(socket), "_pause", rest)
    socket.send_multipart(parts)
    assert len(pauses) == 3
    assert all(0 < timeout <= 10 for timeout in pauses)


@pytest.mark.blocking(reason="greenlets have tests of their own for that")
@pytest.mark.parametrize("ready", [True, False])
def test_a_receive_that_finds_nothing_though_there_was_something(
    ready: bool, pair: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another thread may always be quicker, of those that share a thread-safe socket."""
    a, b = pair(zmq.PULL, zmq.PUSH)
    b.send(b"x")
    assert a.poll(PATIENCE)
    tries: list[int] = []

    wait_receive = calls.wait_receive

    def receive(handle: Any, flags: int) -> Any:
        tries.append(flags)
        if len(tries) == 50 and ready:
            return wait_receive(handle, flags)
        return -errno.EAGAIN

    monkeypatch.setattr(receiving, "try_receive", lambda _: -errno.EAGAIN)
    monkeypatch.setattr(calls, "wait_receive", receive)
    a.rcvtimeo = 5000 if ready else 500
    if ready:
        assert a.recv() == b"x"
        return
    wall, cpu = spent(a.recv)
    assert wall >= 0.499
    assert cpu < wall / 3
    assert len(tries) < 200


# -- Pollers of other classes ----------------------------------------------------------------------


@pytest.mark.parametrize("where", ["the socket", "a class made before", "a derived class"])
def test_a_poll_uses_the_class_of_pollers_that_the_socket_has(
    where: str, context: zmq.Context, flavour: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    class Poller(flavour.zmq.Poller):  # type: ignore[misc]
        def register(self, socket: Any, flags: int = zmq.POLLIN) -> None:
            asked.append(("register", flags))
            super().register(socket, flags)

        def poll(self, timeout: float | None = None) -> Any:
            asked.append(("poll", timeout))
            return super().poll(timeout)

    kind = flavour.zmq.Socket
    if where == "a class made before":
        monkeypatch.setattr(kind, "_poller_class", Poller)
    elif where == "a derived class":
        kind = type("Derived", (kind,), {"_poller_class": Poller})
    with kind(context, zmq.PAIR) as a, context.socket(zmq.PAIR) as b:
        if where == "the socket":
            a._poller_class = Poller
        a.bind("inproc://polled")
        b.connect("inproc://polled")
        assert a.poll(0) == 0
        assert a.poll(PATIENCE, zmq.POLLIN | zmq.POLLOUT) == zmq.POLLOUT
        b.send(b"x")
        assert a.poll(PATIENCE) == zmq.POLLIN
    assert asked == [
        ("register", zmq.POLLIN),
        ("poll", 0),
        ("register", zmq.POLLIN | zmq.POLLOUT),
        ("poll", PATIENCE),
        ("register", zmq.POLLIN),
        ("poll", PATIENCE),
    ]
    with pytest.raises(zmq.ZMQError):
        a.poll(0)


@pytest.mark.blocking("greenlets have a poller of their own")
def test_a_poll_that_is_replaced_in_the_class_of_pollers_is_heard(socket: Any) -> None:
    one = socket(zmq.PAIR)
    with mock.patch.object(zmq.Poller, "poll", return_value=[(one, 5)]) as poll:
        assert one.poll(7) == 5
    poll.assert_called_once_with(7)
    assert one.poll(0) == 0
