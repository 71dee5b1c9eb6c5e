"""The table of a poll: how it keeps the time, and what is closed while it waits."""

from __future__ import annotations

import errno
import os
import struct
import sys
import threading
from _thread import get_ident
from math import inf
from typing import Any, Callable

import pytest

import ctzmq as zmq
from ctzmq.core import pollitems, polls, registry
from ctzmq.libzmq import provider

Make = Callable[..., zmq.Socket]
Pair = Callable[..., tuple[zmq.Socket, zmq.Socket]]

PATIENCE = 10_000

pytestmark = pytest.mark.blocking(reason="greenlets never wait here")


class Poll:
    """A poll of one item, in which zmq_poll is replaced: it notes each time-out and answers."""

    def __init__(self, *answers: int) -> None:
        self.answers = iter(answers)
        self.timeouts: list[int] = []
        self.items = pollitems.PollItems([(0, 0, zmq.POLLIN)], False, registry.closings)

    def __call__(self, table: Any, count: int, timeout: int) -> int:
        self.timeouts.append(timeout)
        ready = next(self.answers)
        if ready > 0:
            self.items._memory[pollitems._REVENTS] = zmq.POLLIN
        return ready

    def wait(self, timeout: float) -> Any:
        """Wait for the item, which is called "it"."""
        keys = ["it"]
        return pollitems.wait(self.items, keys, lambda items: (items, keys), timeout)


# -- What keeps the time ---------------------------------------------------------------------------


def test_a_wait_longer_than_a_c_long_is_sliced(monkeypatch: pytest.MonkeyPatch) -> None:
    poll = Poll(0, 0, 1)
    monkeypatch.setattr(provider.calls, "poll", poll)
    assert poll.wait(10.0**15) == [("it", zmq.POLLIN)]
    assert poll.timeouts == [2**31 - 1] * 3


def test_a_signal_does_not_begin_the_time_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([100.0, 100.4, 100.7, 101.0])
    poll = Poll(-1, -1, 0)
    monkeypatch.setattr(pollitems, "monotonic", lambda: next(now))
    monkeypatch.setattr(provider.calls, "errno", lambda: errno.EINTR)
    monkeypatch.setattr(provider.calls, "poll", poll)
    assert poll.wait(1000) == []
    assert poll.timeouts == [1000, 600, 300]


def test_on_windows_the_main_thread_looks_up_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    poll = Poll(0, 0, 1)
    monkeypatch.setattr(provider.calls, "poll", poll)
    assert poll.wait(inf) == [("it", zmq.POLLIN)]
    assert all(0 < timeout <= 100 for timeout in poll.timeouts)
    assert len(poll.timeouts) == 3


def test_a_failure_is_believed_when_it_comes_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler's calls may have left their errno, in place of that of the interruption."""
    monkeypatch.setattr(provider.calls, "errno", lambda: errno.EINVAL)
    poll = Poll(-1, 0, -1, 1)
    monkeypatch.setattr(provider.calls, "poll", poll)
    assert poll.wait(inf) == [("it", zmq.POLLIN)]
    assert poll.timeouts == [-1, 0, -1, 0]
    monkeypatch.setattr(provider.calls, "poll", Poll(-1, -1))
    with pytest.raises(zmq.ZMQError) as caught:
        poll.wait(inf)
    assert caught.value.errno == errno.EINVAL


# -- What is ready ---------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="Windows polls sockets only")
def test_items_that_another_poll_has_emptied_meanwhile_are_not_listed() -> None:
    reader, writer = os.pipe()
    try:
        os.write(writer, b".")
        items, keys = pollitems.table([(reader, zmq.POLLIN)])
        assert provider.calls.poll(items.table, 1, 1000) == 1
        assert items.ready(1, keys) == [(reader, zmq.POLLIN)]
        os.read(reader, 1)
        assert provider.calls.poll(items.table, 1, 0) == 0
        assert items.ready(1, keys) == []
    finally:
        os.close(reader)
        os.close(writer)


# -- What is closed while libzmq waits -------------------------------------------------------------


class Closing:
    """Does something in place of the first signal that interrupts zmq_poll."""

    def __init__(self, action: Callable[[], object], errno: int = errno.EINTR) -> None:
        self.poll = provider.calls.poll
        self.errno = provider.calls.errno
        self.action = action
        self.mine: int | None = errno

    def __call__(self, *arguments: Any) -> int:
        if self.mine is None:
            return self.poll(*arguments)
        self.action()
        return -1

    def tell(self) -> int:
        """Stand for `errno`."""
        mine, self.mine = self.mine, None
        return self.errno() if mine is None else mine

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Replace libzmq's calls."""
        monkeypatch.setattr(provider.calls, "poll", self)
        monkeypatch.setattr(provider.calls, "errno", self.tell)


@pytest.mark.parametrize("number", [errno.EINTR, zmq.ENOTSOCK])
@pytest.mark.parametrize("timeout", [None, PATIENCE])
def test_a_handler_closes_a_socket(
    number: int, timeout: Any, socket: Make, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = pair(zmq.PULL, zmq.PUSH)
    gone = socket(zmq.PULL)
    poller = zmq.Poller()
    poller.register(a, zmq.POLLIN)
    poller.register(gone, zmq.POLLIN)

    def handler() -> None:
        gone.close()
        b.send(b"x")

    Closing(handler, number).install(monkeypatch)
    assert poller.poll(timeout) == [(a, zmq.POLLIN)]


@pytest.mark.parametrize("number", [errno.EINTR, zmq.ENOTSOCK])
def test_a_handler_closes_all_sockets(
    number: int, socket: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = [socket(zmq.PULL) for _ in range(3)]
    poller = zmq.Poller()
    for each in gone:
        poller.register(each, zmq.POLLIN)

    def handler() -> None:
        for each in gone:
            each.close()

    Closing(handler, number).install(monkeypatch)
    with pytest.raises(zmq.ZMQError, match="a closed socket") as caught:
        poller.poll()
    assert caught.value.errno == zmq.ENOTSOCK
    assert not polls.waiting


def test_a_handler_closes_what_is_waited_for_in_time(
    socket: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = socket(zmq.PULL)
    Closing(gone.close).install(monkeypatch)
    with pytest.raises(zmq.ZMQError, match="a closed socket") as caught:
        zmq.zmq_poll([(gone, zmq.POLLIN)], PATIENCE)
    assert caught.value.errno == zmq.ENOTSOCK


@pytest.mark.parametrize("timeout", [None, PATIENCE])
def test_a_handler_closes_the_socket_that_polls(
    timeout: Any, socket: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = socket(zmq.PULL)
    Closing(gone.close).install(monkeypatch)
    with pytest.raises(zmq.ZMQError, match="a closed socket") as caught:
        gone.poll(timeout)
    assert caught.value.errno == zmq.ENOTSOCK


def test_a_handler_closes_a_socket_at_the_last_moment(
    socket: Make, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it frees must not be handed to libzmq any more."""
    a, b = pair(zmq.PULL, zmq.PUSH)
    gone = socket(zmq.PULL)
    address = gone.underlying.to_bytes(struct.calcsize("P"), sys.byteorder)
    tables: list[bytes] = []
    measure, poll = pollitems._slice, provider.calls.poll

    def handler(left: float) -> int:
        tables.append(bytes(polls.waiting[get_ident()]._memory))
        gone.close()
        return measure(left)

    def look(*arguments: Any) -> int:
        tables.append(bytes(polls.waiting[get_ident()]._memory))
        b.send(b"x")
        return poll(*arguments)

    monkeypatch.setattr(pollitems, "_slice", handler)
    monkeypatch.setattr(provider.calls, "poll", look)
    assert zmq.zmq_poll([(gone, zmq.POLLIN), (a, zmq.POLLIN)]) == [(a, zmq.POLLIN)]
    assert [address in table for table in tables[:2]] == [True, False]


@pytest.mark.parametrize("timeout", [-1, PATIENCE])
def test_a_handler_closes_all_sockets_at_the_last_moment(
    timeout: int, socket: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """libzmq, which no signal would interrupt any more, must not begin to wait."""
    gone = [socket(zmq.PULL) for _ in range(2)]
    measure = pollitems._slice

    def handler(left: float) -> int:
        for each in gone:
            each.close()
        return measure(left)

    monkeypatch.setattr(pollitems, "_slice", handler)
    with pytest.raises(zmq.ZMQError, match="a closed socket") as caught:
        zmq.zmq_poll([(each, zmq.POLLIN) for each in gone], timeout)
    assert caught.value.errno == zmq.ENOTSOCK


def test_a_handler_registers_another_socket(
    socket: Make, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = pair(zmq.PULL, zmq.PUSH)
    gone = socket(zmq.PULL)
    poller = zmq.Poller()
    poller.register(gone, zmq.POLLIN)

    def handler() -> None:
        gone.close()
        poller.unregister(gone)
        poller.register(a, zmq.POLLIN)
        b.send(b"x")

    Closing(handler).install(monkeypatch)
    assert poller.poll() == [(a, zmq.POLLIN)]


def test_a_handler_takes_everything_out(socket: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = socket(zmq.PULL)
    poller = zmq.Poller()
    poller.register(gone, zmq.POLLIN)

    def handler() -> None:
        gone.close()
        poller.unregister(gone)

    Closing(handler).install(monkeypatch)
    assert poller.poll() == []


def test_an_exception_out_of_a_poll_leaves_nothing_behind(
    socket: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = socket(zmq.PULL)

    def handler() -> None:
        raise KeyboardInterrupt

    Closing(handler).install(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        zmq.zmq_poll([(a, zmq.POLLIN)])
    assert not polls.waiting


@pytest.mark.parametrize("way", ["Poller.poll", "Socket.poll"])
def test_a_context_that_ends_under_a_poll_in_another_thread(way: str) -> None:
    """The socket is closed there before, which must not keep the context from ending."""
    context = zmq.Context()
    a = context.socket(zmq.PULL)
    poller = zmq.Poller()
    poller.register(a, zmq.POLLIN)
    outcome: list[zmq.ZMQError] = []

    def wait() -> None:
        try:
            poller.poll() if way == "Poller.poll" else a.poll()
        except zmq.ZMQError as error:
            outcome.append(error)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    while not polls.waiting:
        thread.join(0.001)
    context.destroy(0)
    thread.join(PATIENCE / 1000)
    assert next(error.errno for error in outcome) in (zmq.ETERM, zmq.ENOTSOCK)
    assert context.closed
    assert not polls.waiting


def test_libzmq_frees_no_socket_that_it_polls_in_another_thread(
    socket: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, left, freed = socket(zmq.SUB), threading.Event(), threading.Event()
    close = provider.calls.close_socket

    def free(address: int) -> int:
        freed.set()
        return close(address)

    monkeypatch.setattr(provider.calls, "close_socket", free)
    began = threading.Event()

    def wait(*_: Any) -> int:
        began.set()
        left.wait(PATIENCE / 1000)
        return 0

    monkeypatch.setattr(provider.calls, "poll", wait)
    thread = threading.Thread(target=zmq.zmq_poll, args=([(gone, zmq.POLLIN)], 1), daemon=True)
    thread.start()
    assert began.wait(PATIENCE / 1000)
    try:
        gone.close()
        assert gone.closed
        assert not freed.is_set()
    finally:
        left.set()
    assert freed.wait(PATIENCE / 1000)
    thread.join(PATIENCE / 1000)
