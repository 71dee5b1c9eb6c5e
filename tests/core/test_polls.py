"""How polls in libzmq are interrupted by threads that close what they wait for."""

from __future__ import annotations

import os
import threading
from typing import Any, Callable

import pytest

import ctzmq as zmq
from ctzmq.core import pollitems, polls

Make = Callable[..., zmq.Socket]

PATIENCE = 10.0
KINDS = (zmq.PULL, zmq.PUSH)

pytestmark = [
    pytest.mark.blocking(reason="greenlets never wait here"),
    pytest.mark.skipif(os.name == "nt", reason="Windows polls sockets only"),
]


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each test begin without a pipe."""
    monkeypatch.setattr(polls, "wakeup", None)


def poll_in_thread(*sockets: zmq.Socket) -> tuple[threading.Thread, list[Any]]:
    """Begin to poll in another thread, and wait until it is in libzmq."""
    outcome: list[Any] = []

    def wait() -> None:
        try:
            outcome.append(zmq.zmq_poll([(socket, zmq.POLLIN) for socket in sockets]))
        except zmq.ZMQError as error:
            outcome.append(error.errno)

    before = len(polls.waiting)
    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    while len(polls.waiting) == before:
        thread.join(0.001)
    return thread, outcome


def test_all_that_poll_a_socket_are_interrupted(socket: Make) -> None:
    gone = socket(zmq.PULL)
    waiting = [poll_in_thread(gone) for _ in range(3)]
    gone.close()
    for thread, outcome in waiting:
        thread.join(PATIENCE)
        assert outcome == [zmq.ENOTSOCK]


def test_others_go_on(socket: Make, pair: Any) -> None:
    gone, (first, push), (second, other) = socket(zmq.PULL), pair(*KINDS), pair(*KINDS)
    waiting = poll_in_thread(first), poll_in_thread(gone, second)
    gone.close()
    push.send(b"x")
    other.send(b"x")
    for (thread, outcome), ready in zip(waiting, (first, second)):
        thread.join(PATIENCE)
        assert outcome == [[(ready, zmq.POLLIN)]]


def test_one_socket_after_another(socket: Make) -> None:
    many = [socket(zmq.PULL) for _ in range(20)]
    thread, outcome = poll_in_thread(*many)
    for gone in many:
        assert thread.is_alive()
        gone.close()
    thread.join(PATIENCE)
    assert outcome == [zmq.ENOTSOCK]


def test_a_pipe_that_nobody_watches_any_more_keeps_no_descriptor(socket: Make) -> None:
    gone = socket(zmq.PULL)
    thread, _ = poll_in_thread(gone)
    assert polls.wakeup is not None
    reader = polls.wakeup.reader
    wakeup = polls.WakeupPipe()
    wakeup.wake()
    wakeup.wake()
    assert os.read(wakeup.reader, 10) == b"!"
    gone.close()
    thread.join(PATIENCE)
    assert polls.wakeup is None or polls.wakeup.reader != reader


def test_without_descriptors_a_poll_waits_all_the_same(
    socket: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pipe() -> tuple[int, int]:
        raise OSError

    monkeypatch.setattr(os, "pipe", pipe)
    a = socket(zmq.PULL)
    assert zmq.zmq_poll([(a, zmq.POLLIN)], 5) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_of_a_fork_has_polls_of_its_own(
    child: Callable[..., Any],
) -> None:
    done = child(
        """
        import os, threading
        import ctzmq as zmq
        from ctzmq.core import pollitems, polls

        context = zmq.Context()
        socket, push = context.socket(zmq.PULL), context.socket(zmq.PUSH)
        socket.bind("inproc://x")
        push.connect("inproc://x")
        thread = threading.Thread(target=socket.poll, daemon=True)
        thread.start()
        while not polls.waiting:
            thread.join(0.001)
        if not os.fork():
            assert not polls.waiting
            assert polls.wakeup is None
            mine = zmq.Context().socket(zmq.PULL)
            assert mine.poll(5) == 0
            print("child", flush=True)
            os._exit(0)
        os.wait()
        push.send(b"x")
        thread.join(10)
        print(thread.is_alive())
        context.destroy(0)
        """,
        "-W",
        "ignore",
    )
    assert done.stdout == "child\nFalse\n", done


def test_a_poll_that_lost_a_socket_holds_up_no_other_at_its_address(socket: Make) -> None:
    one = socket(zmq.PULL)
    items, _ = pollitems.table([(one, zmq.POLLIN)])
    polls.waiting[-1] = items
    try:
        assert polls.interrupt(one.underlying)
        items.forget(one.underlying)
        assert not polls.interrupt(one.underlying)
    finally:
        del polls.waiting[-1]
