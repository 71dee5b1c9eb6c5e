"""Waiting for sockets, descriptors and files together."""

from __future__ import annotations

import os
import socket as sockets
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from math import inf, nan
from typing import Any, Callable

import pytest

import ctzmq as zmq
from ctzmq.core import poll as core_poll
from ctzmq.libzmq import prototypes

Make = Callable[..., zmq.Socket]
Pair = Callable[..., tuple[zmq.Socket, zmq.Socket]]

PATIENCE = 10_000
BOTH = zmq.POLLIN | zmq.POLLOUT


@pytest.fixture
def tcp() -> Iterator[tuple[sockets.socket, sockets.socket]]:
    """Two connected sockets of Python's own."""
    with sockets.create_server(("127.0.0.1", 0)) as server:
        a = sockets.create_connection(server.getsockname())
        b, _ = server.accept()
    with a, b:
        yield a, b


Tcp = tuple[sockets.socket, sockets.socket]


# -- The poller ------------------------------------------------------------------------------------


def test_a_poller_tells_who_is_ready_for_what(pair: Pair) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    poller = zmq.Poller()
    poller.register(a, BOTH)
    poller.register(b, zmq.POLLIN)
    assert poller.poll(0) == [(a, zmq.POLLOUT)]
    a.send(b"x")
    assert dict(poller.poll(PATIENCE)) == {a: zmq.POLLOUT, b: zmq.POLLIN}
    b.recv()
    assert dict(poller.poll(0)) == {a: zmq.POLLOUT}


def test_a_poller_is_edited(pair: Pair) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    poller = zmq.Poller()
    poller.register(a)
    poller.register(b)
    assert poller.sockets == [(a, BOTH), (b, BOTH)]
    assert a in poller
    assert b in poller
    poller.modify(a, zmq.POLLIN)
    assert poller.sockets == [(a, zmq.POLLIN), (b, BOTH)]
    assert poller.poll(0) == [(b, zmq.POLLOUT)]
    poller.register(b, zmq.POLLIN)
    assert poller.poll(0) == []
    poller.unregister(a)
    assert a not in poller
    assert poller.sockets == [(b, zmq.POLLIN)]
    poller.modify(b, zmq.POLLOUT)
    assert poller.poll(0) == [(b, zmq.POLLOUT)]
    poller.modify(b, 0)
    assert b not in poller
    poller.register(b, 0)
    assert poller.sockets == []
    with pytest.raises(KeyError):
        poller.unregister(b)


def test_sockets_taken_out_in_any_order_leave_the_others(socket: Make) -> None:
    many = [socket(zmq.PUSH) for _ in range(6)]
    poller = zmq.Poller()
    for each in many:
        poller.register(each, zmq.POLLIN)
    left = list(many)
    for position in (2, 0, 3, 1, 1, 0):
        gone = left.pop(position)
        poller.unregister(gone)
        assert [each for each, _ in poller.sockets] == left
        for each in left:
            poller.modify(each, zmq.POLLOUT)
        assert poller.sockets == [(each, zmq.POLLOUT) for each in left]


def test_a_poller_without_sockets_has_nothing_to_wait_for() -> None:
    assert zmq.Poller().poll(0) == []
    assert zmq.Poller().poll(5) == []


def test_a_message_from_another_thread_ends_the_wait(pair: Pair) -> None:
    a, b = pair(zmq.PULL, zmq.PUSH, "tcp")
    poller = zmq.Poller()
    poller.register(a, zmq.POLLIN)
    thread = threading.Thread(target=b.send, args=(b"x",))
    thread.start()
    assert poller.poll() == [(a, zmq.POLLIN)]
    thread.join()


# -- Time-outs -------------------------------------------------------------------------------------


@pytest.mark.parametrize("timeout", [0, 1, 0.4, 1.6, True])
def test_the_time_is_over(timeout: float, socket: Make) -> None:
    a = socket(zmq.PULL)
    poller = zmq.Poller()
    poller.register(a, zmq.POLLIN)
    assert poller.poll(timeout) == []
    assert zmq.zmq_poll([(a, zmq.POLLIN)], timeout) == []
    assert a.poll(timeout) == 0


@pytest.mark.parametrize("timeout", [None, -1, -0.5, -1000, 2**31, 2**63, 1e20, 10**400, inf])
def test_a_wait_without_end_ends_with_a_message(timeout: Any, pair: Pair) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    poller = zmq.Poller()
    poller.register(a, zmq.POLLIN)
    b.send(b"x")
    assert poller.poll(timeout) == [(a, zmq.POLLIN)]
    assert zmq.zmq_poll([(a, zmq.POLLIN)], timeout) == [(a, zmq.POLLIN)]
    assert a.poll(timeout) == zmq.POLLIN


@pytest.mark.parametrize("timeout", ["5", b"5", [5], nan])
@pytest.mark.parametrize("ready", [False, True])
def test_what_is_no_time_is_refused_whether_or_not_there_is_a_wait(
    timeout: Any, ready: bool, socket: Make, pair: Pair
) -> None:
    a = pair(zmq.PAIR, zmq.PAIR)[0] if ready else socket(zmq.PUSH)
    poller = zmq.Poller()
    poller.register(a, zmq.POLLOUT)
    poller.poll(0)
    for wait in (
        lambda timeout: a.poll(timeout, zmq.POLLOUT),
        lambda timeout: zmq.zmq_poll([(a, zmq.POLLOUT)], timeout),
        lambda timeout: zmq.zmq_poll([], timeout),
        lambda timeout: zmq.select([], [a], [], timeout),
        lambda timeout: zmq.select([], [], [], timeout),
        poller.poll,
        zmq.Poller().poll,
    ):
        with pytest.raises((TypeError, ValueError), match=r"a time-out is a number of .*, got "):
            wait(timeout)


@pytest.mark.parametrize("events", ["", "POLLIN", 1.5, [1]])
def test_what_is_no_mask_of_events_is_refused(events: Any, socket: Make) -> None:
    a = socket(zmq.PULL)
    for wait in (
        lambda: a.poll(0, events),
        lambda: zmq.zmq_poll([(a, events)], 0),
        lambda: zmq.Poller().register(a, events),
    ):
        with pytest.raises(TypeError, match=r"what to wait for is a number, such as zmq\.POLLIN"):
            wait()


# -- Descriptors and files -------------------------------------------------------------------------


def test_descriptors_and_objects_with_one_are_watched_too(tcp: Tcp, pair: Pair) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    one, other = tcp
    poller = zmq.Poller()
    poller.register(a, zmq.POLLIN)
    poller.register(one, zmq.POLLIN)
    poller.register(other.fileno(), BOTH)
    assert one in poller
    assert poller.poll(0) == [(other.fileno(), zmq.POLLOUT)]
    other.send(b"x")
    b.send(b"y")
    poller.modify(other.fileno(), zmq.POLLIN)
    ready: dict[Any, int] = {}
    while len(ready) < 2:
        ready.update(poller.poll(PATIENCE))
    assert ready == {a: zmq.POLLIN, one.fileno(): zmq.POLLIN}


@pytest.mark.skipif(os.name == "nt", reason="Windows polls sockets only")
def test_a_pipe_and_its_file_are_watched() -> None:
    reading, writing = os.pipe()
    with open(reading, "rb", 0) as reader, open(writing, "wb", 0) as writer:
        assert zmq.zmq_poll([(reader, zmq.POLLIN), (writer, zmq.POLLOUT)], 0) == [
            (writing, zmq.POLLOUT)
        ]
        writer.write(b"x")
        assert zmq.zmq_poll([(reading, zmq.POLLIN)], PATIENCE) == [(reading, zmq.POLLIN)]


def test_a_peer_that_hangs_up_is_noticed(tcp: Tcp) -> None:
    one, other = tcp
    other.close()
    ready = dict(zmq.zmq_poll([(one, zmq.POLLIN | zmq.POLLERR)], PATIENCE))
    assert ready[one.fileno()] & zmq.POLLIN


def test_what_has_no_descriptor_is_refused() -> None:
    for wrong in (object(), None, "text", 1.5):
        with pytest.raises(TypeError, match="expected a zmq socket, a descriptor or"):
            zmq.zmq_poll([(wrong, zmq.POLLIN)], 0)


def test_a_descriptor_that_is_no_good_is_refused() -> None:
    class Odd:
        def __init__(self, answer: Any) -> None:
            self.answer = answer

        def fileno(self) -> Any:
            if isinstance(self.answer, Exception):
                raise self.answer
            return self.answer

    for answer in ("text", None, OSError("it is gone")):
        with pytest.raises(ValueError, match=r"fileno\(\) of .* gave no valid descriptor"):
            zmq.zmq_poll([(Odd(answer), zmq.POLLIN)], 0)


@pytest.mark.parametrize("number", [2**31, 2**64])
def test_a_number_that_is_no_descriptor_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match=str(number)):
        zmq.zmq_poll([(number, zmq.POLLIN)], 0)


def test_only_sockets_are_taken_for_sockets(
    child: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    done = child(
        """
        import ctzmq as zmq

        class Listener:
            _address = 4096
            def fileno(self):
                return 0

        print(zmq.zmq_poll([(Listener(), zmq.POLLERR)], 0))
        """
    )
    assert done.stdout == "[]\n", done


# -- What is closed --------------------------------------------------------------------------------

#: Every poll of several, by a mask for each.
POLLS: dict[str, Callable[[list[tuple[Any, int]], Any], list[Any]]] = {
    "Poller.poll": lambda items, timeout: poller_of(items).poll(timeout),
    "zmq_poll": lambda items, timeout: zmq.zmq_poll(items, -1 if timeout is None else timeout),
    "select": lambda items, timeout: [
        (item, zmq.POLLIN)
        for item in zmq.select(
            [item for item, _ in items], [], [], None if timeout is None else timeout / 1000
        )[0]
    ],
}
polls = pytest.mark.parametrize("poll", POLLS.values(), ids=POLLS)


def poller_of(items: Sequence[tuple[Any, int]]) -> zmq.Poller:
    poller = zmq.Poller()
    for item, events in items:
        if getattr(item, "closed", False) and isinstance(item, zmq.Socket):
            # As if it had been closed since; a closed one cannot be registered.
            poller.sockets.append((item, events))
        else:
            poller.register(item, events)
    return poller


def test_a_closed_socket_cannot_be_registered(socket: Make) -> None:
    gone, closing = socket(zmq.PULL), socket(zmq.PULL)
    gone.close()
    poller = zmq.Poller()
    poller.register(closing)
    closing.close()
    poller.modify(closing, zmq.POLLIN)
    with pytest.raises(zmq.ZMQError, match="closed") as caught:
        poller.register(gone)
    assert caught.value.errno == zmq.ENOTSOCK
    poller.register(gone, 0)
    assert gone not in poller


class Gone:
    """A file that is closed, and says so."""

    def fileno(self) -> int:
        return -1


def closed_kinds(socket: Make) -> dict[str, Any]:
    """Make one of each that can be closed."""
    original, shared = socket(zmq.PULL), socket(zmq.PULL)
    shadow, closing = zmq.Socket.shadow(original), zmq.Socket.shadow(shared)
    closed = {"a socket": socket(zmq.PULL), "a shadow": closing, "what a shadow closed": shared}
    for each in closed.values():
        each.close()
    original.close()
    with sockets.socket() as python:
        pass
    return {**closed, "a closed one's shadow": shadow, "a file": Gone(), "python": python, "-1": -1}


@polls
@pytest.mark.parametrize("beside", [0, 1, 5])
def test_what_is_closed_is_never_ready(poll: Any, beside: int, socket: Make, pair: Pair) -> None:
    closed = [(gone, zmq.POLLIN) for gone in closed_kinds(socket).values()]
    pairs = [pair(zmq.PULL, zmq.PUSH) for _ in range(beside)]
    items = closed[:3] + [(pull, zmq.POLLIN) for pull, _ in pairs] + closed[3:]
    assert poll(items, 0) == []
    assert poll(items, 1) == []
    for pull, push in pairs:
        push.send(b"x")
        assert poll(items, 0) == poll(items, PATIENCE) == poll(items, None) == [(pull, zmq.POLLIN)]
        pull.recv()
        assert poll(items, 5) == []


@polls
def test_the_time_of_a_poll_of_what_is_closed_is_waited_out(poll: Any, socket: Make) -> None:
    for gone in closed_kinds(socket).values():
        began = time.monotonic()
        assert poll([(gone, zmq.POLLIN)], 20) == []
        assert time.monotonic() - began > 0.019


@polls
def test_a_poll_of_what_is_closed_does_not_wait_for_ever(poll: Any, socket: Make) -> None:
    kinds = closed_kinds(socket)
    for gone in kinds.values():
        with pytest.raises(zmq.ZMQError, match=r"would wait for ever: .*closed") as caught:
            poll([(gone, zmq.POLLIN)], None)
        assert caught.value.errno == zmq.ENOTSOCK
    with pytest.raises(zmq.ZMQError, match="closed") as caught:
        poll([(gone, zmq.POLLIN) for gone in kinds.values()], None)
    assert caught.value.errno == zmq.ENOTSOCK


def test_a_socket_that_is_closed_between_two_polls(socket: Make, pair: Pair) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    gone = socket(zmq.SUB)
    poller = poller_of([(gone, zmq.POLLIN), (a, zmq.POLLIN)])
    assert poller.poll(0) == []
    gone.close()
    assert gone in poller
    assert poller.poll(0) == poller.poll(2) == []
    b.send(b"x")
    assert poller.poll(0) == poller.poll() == [(a, zmq.POLLIN)]
    poller.modify(gone, zmq.POLLOUT)
    assert (gone, zmq.POLLOUT) in poller.sockets
    assert poller.poll(0) == poller.poll() == [(a, zmq.POLLIN)]
    again = socket(zmq.PUSH)  # it may lie where the closed one was
    again.bind("inproc://again")
    with socket(zmq.PULL) as peer:
        peer.connect("inproc://again")
        assert again.poll(PATIENCE, zmq.POLLOUT)
        assert poller.poll(0) == [(a, zmq.POLLIN)]
    poller.unregister(gone)
    assert gone not in poller
    assert poller.poll() == [(a, zmq.POLLIN)]
    a.close()
    assert poller.poll(0) == []
    with pytest.raises(zmq.ZMQError, match="closed"):
        poller.poll()
    poller.register(a, 0)
    assert poller.poll() == []


def test_a_socket_itself_says_that_it_is_closed(socket: Make) -> None:
    gone = socket(zmq.PULL)
    gone.poll(0)
    gone.close()
    for timeout in (0, 1, None):
        with pytest.raises(zmq.ZMQError, match="a closed socket") as caught:
            gone.poll(timeout)
        assert caught.value.errno == zmq.ENOTSOCK


def test_a_terminated_context_beside_a_closed_socket(socket: Make) -> None:
    with zmq.Context() as other:
        a = other.socket(zmq.PULL)
        gone = socket(zmq.PULL)
        gone.close()
        prototypes.zmq_ctx_shutdown(other.underlying)
        for items in ([(gone, zmq.POLLIN), (a, zmq.POLLIN)], [(a, zmq.POLLIN), (gone, zmq.POLLIN)]):
            for timeout in (0, 1, None):
                with pytest.raises(zmq.ContextTerminated):
                    poller_of(items).poll(timeout)
        a.close()
        assert poller_of(items).poll(1) == []


@polls
@pytest.mark.parametrize("way", ["ready", "in time", "nothing left"])
def test_a_socket_that_is_closed_while_a_poll_waits(
    poll: Any, way: str, socket: Make, pair: Pair, spawn: Any, flavour: Any
) -> None:
    """Of blocking sockets, in another thread."""
    a, b = pair(zmq.PULL, zmq.PUSH)
    gone = socket(zmq.SUB)
    if way == "nothing left":
        a = gone
    outcome: list[Any] = []

    def wait() -> None:
        timeout = 200 if way == "in time" else None
        try:
            outcome.append(poll([(a, zmq.POLLIN), (gone, zmq.POLLIN)], timeout))
        except zmq.ZMQError as error:
            outcome.append(error)

    task = spawn(wait)
    flavour.sleep(0.05)
    gone.close(0)
    if way == "ready":
        b.send(b"x")
    task.join(PATIENCE / 1000)
    if way == "nothing left":
        assert outcome[0].errno == zmq.ENOTSOCK
    else:
        assert outcome == [[(a, zmq.POLLIN)] if way == "ready" else []]


def test_the_endpoint_of_a_socket_that_is_closed_while_a_poll_waits(
    socket: Make, pair: Pair, spawn: Any, flavour: Any
) -> None:
    """It is free although the poll goes on."""
    a, b = pair(zmq.PULL, zmq.PUSH)
    gone = socket(zmq.PULL)
    port = gone.bind_to_random_port("tcp://127.0.0.1")
    task = spawn(lambda: zmq.zmq_poll([(a, zmq.POLLIN), (gone, zmq.POLLIN)]))
    flavour.sleep(0.05)
    gone.close(0)
    another = socket(zmq.PULL)
    deadline = time.monotonic() + PATIENCE / 1000
    while True:
        try:
            another.bind(f"tcp://127.0.0.1:{port}")
            break
        except zmq.ZMQError:
            assert time.monotonic() < deadline
            flavour.sleep(0.01)
    assert task.is_alive()
    b.send(b"x")
    task.join(PATIENCE / 1000)
    assert not task.is_alive()


# -- zmq_poll and select ---------------------------------------------------------------------------


def test_zmq_poll_takes_pairs(pair: Pair) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    assert zmq.zmq_poll([]) == []
    assert zmq.zmq_poll([(a, zmq.POLLIN), (b, zmq.POLLOUT)], 0) == [(b, zmq.POLLOUT)]
    assert zmq.zmq_poll(((a, zmq.POLLOUT),), timeout=0) == [(a, zmq.POLLOUT)]
    b.send(b"x")
    assert zmq.zmq_poll([(a, zmq.POLLIN)]) == [(a, zmq.POLLIN)]


def test_select_sorts_who_is_ready(pair: Pair, tcp: Tcp) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    one, _ = tcp
    assert zmq.select([a, one], [], [], 0) == ([], [], [])
    assert zmq.select([a, b], [a, b], [a, b], 0) == ([], [a, b], [])
    b.send(b"x")
    assert zmq.select([a, b], [a, b], [a, b]) == ([a], [a, b], [])
    assert zmq.select([], [one.fileno()], []) == ([], [one.fileno()], [])
    assert zmq.select([], [], [], 0) == ([], [], [])
    assert zmq.select([b], [], [], timeout=0.001) == ([], [], [])


def test_a_terminated_context_ends_the_wait(spawn: Callable[..., Any]) -> None:
    context = zmq.Context()
    a = context.socket(zmq.PULL)
    outcome: list[BaseException] = []

    def wait() -> None:
        try:
            a.poll(PATIENCE)
            a.recv()
        except zmq.ContextTerminated as error:
            outcome.append(error)
        finally:
            a.close()

    task = spawn(wait)
    context.term()
    task.join(PATIENCE / 1000)
    assert outcome[0].errno == zmq.ETERM  # type: ignore[attr-defined]
    assert context.closed


@pytest.mark.parametrize("count", [1, 2, 3, 4, 8, 9, 10, 20])
def test_few_sockets_and_many_tell_all_that_are_ready(count: int, pair: Pair) -> None:
    pairs = [pair(zmq.PULL, zmq.PUSH) for _ in range(count)]
    poller = zmq.Poller()
    for pull, _ in pairs:
        poller.register(pull, zmq.POLLIN)
    assert poller.poll(0) == []
    for _, push in pairs[1::2]:
        push.send(b"")
    assert poller.poll(0) == [(pull, zmq.POLLIN) for pull, _ in pairs[1::2]]
    assert pairs[0][1].poll(0, zmq.POLLIN | zmq.POLLOUT) == zmq.POLLOUT


def test_a_context_that_is_shut_down_ends_every_poll(pair: Pair, context: zmq.Context) -> None:
    pull, _ = pair(zmq.PULL, zmq.PUSH)
    poller = zmq.Poller()
    poller.register(pull, zmq.POLLIN)
    assert poller.poll(0) == []
    assert pull.poll(0) == 0
    prototypes.zmq_ctx_shutdown(context.underlying)
    with pytest.raises(zmq.ContextTerminated):
        poller.poll(0)
    with pytest.raises(zmq.ContextTerminated):
        pull.poll(0)


def test_a_replaced_zmq_poll_is_heard(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    poller = zmq.Poller()
    poller.register(b, zmq.POLLIN)
    a.send(b"x")
    assert poller.poll(10_000) == [(b, zmq.POLLIN)]
    with monkeypatch.context() as patch:
        calls: list[Any] = []

        def instead(sockets: Any, timeout: int) -> list[Any]:
            calls.append(list(sockets))
            return [(b, 7)]

        patch.setattr(core_poll, "zmq_poll", instead)
        assert poller.poll(0) == [(b, 7)]
        assert calls == [[(b, zmq.POLLIN)]]
    assert poller.poll(0) == [(b, zmq.POLLIN)]
