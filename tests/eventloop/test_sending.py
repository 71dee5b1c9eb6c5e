"""What streams send: to whom it is told, and when it waits."""

from __future__ import annotations

import asyncio
import json
import pickle
import time
from typing import Any, Callable

import pytest

import ctzmq as zmq
import ctzmq.asyncio

pytest.importorskip("tornado")


from ctzmq.eventloop.zmqstream import ZMQStream

from .inbox import Inbox, next_of, turns

NewSocket = Callable[..., zmq.Socket]
Pair = Callable[..., tuple[zmq.Socket, zmq.Socket]]


def crowd(socket: NewSocket) -> tuple[zmq.Socket, zmq.Socket]:
    """Return a ROUTER, and its peer "slow" that takes few messages.

    Another peer takes more, so that the ROUTER never stops to show POLLOUT.
    """
    router = socket(zmq.ROUTER, router_mandatory=True, sndhwm=1)
    router.bind("inproc://crowd")
    peers = [socket(zmq.DEALER, routing_id=name, rcvhwm=1) for name in (b"slow", b"idle")]
    for peer in peers:
        peer.connect("inproc://crowd")
        peer.send(b"hello")
        router.recv_multipart()
    return router, peers[0]


def test_a_send_does_not_swallow_what_came_in_meanwhile(run: Any, pair: Pair) -> None:
    a, b = pair(zmq.DEALER, zmq.DEALER)

    async def main() -> None:
        inbox: Inbox = asyncio.Queue()
        stream = ZMQStream(b)
        stream.on_recv(inbox.put_nowait)
        await turns()
        a.send(b"hello")
        # This reads the news off the descriptor before the loop sees it.
        stream.send(b"answer")
        assert await next_of(inbox) == [b"hello"]
        stream.close()
        assert a.recv() == b"answer"

    run(main)


def test_the_send_callback_gets_message_and_tracker(run: Any, pair: Pair) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL)

    async def main() -> None:
        inbox: Inbox = asyncio.Queue()
        push = ZMQStream(a)
        push.send(b"x", callback=lambda *args: inbox.put_nowait(args))
        assert await next_of(inbox) == ([b"x"], None)
        push.send_multipart([b"y", b"z"], copy=False, track=True)
        message, tracker = await next_of(inbox)
        assert message == [b"y", b"z"]
        assert isinstance(tracker, zmq.MessageTracker)
        push.stop_on_send()
        push.send(b"silent")
        while push.sending():
            await asyncio.sleep(0)
        assert inbox.empty()
        push.close()

    run(main)
    assert [b.recv_multipart() for _ in range(3)] == [[b"x"], [b"y", b"z"], [b"silent"]]


def test_errors_of_a_send_reach_its_callback(
    run: Any, socket: NewSocket, caplog: pytest.LogCaptureFixture
) -> None:
    router, _ = crowd(socket)

    async def main() -> None:
        inbox: Inbox = asyncio.Queue()
        stream = ZMQStream(router)
        stream.on_send(lambda *args: inbox.put_nowait(args))
        stream.send_multipart([b"nobody", b"hello"])
        message, error = await next_of(inbox)
        assert message == [b"nobody", b"hello"]
        assert error.errno == zmq.EHOSTUNREACH
        stream.close()

    run(main)
    assert "cannot send" in caplog.text


def test_a_full_peer_of_a_router_is_waited_for(run: Any, socket: NewSocket) -> None:
    router, dealer = crowd(socket)

    async def main() -> None:
        stream = ZMQStream(router)
        for number in range(20):
            stream.send_multipart([b"slow", b"%d" % number])
        await turns(200)
        assert stream.sending()
        for number in range(20):
            while not dealer.poll(0):
                await asyncio.sleep(0.001)
            assert dealer.recv() == b"%d" % number
        assert not stream.sending()
        stream.close()

    run(main)


def test_a_full_peer_of_a_router_is_waited_for_at_rest(run: Any, socket: NewSocket) -> None:
    router, _ = crowd(socket)

    async def main() -> None:
        stream = ZMQStream(router)
        stream.on_recv(lambda message: None)
        for _ in range(20):
            stream.send_multipart([b"slow", b"x"])
        await turns(200)
        spent = time.process_time()
        await asyncio.sleep(0.5)
        assert time.process_time() - spent < 0.15
        assert stream.sending()
        stream.close()

    run(main)


def test_news_of_a_peer_that_takes_more_may_be_swallowed(run: Any, socket: NewSocket) -> None:
    router, dealer = crowd(socket)

    async def main() -> None:
        stream = ZMQStream(router)
        for number in range(20):
            stream.send_multipart([b"slow", b"%d" % number])
        await turns(200)
        assert stream.sending()
        for number in range(20):
            while not dealer.poll(0):
                # Nothing but time is left to tell the stream that it can go on.
                router.get(zmq.EVENTS)
                await asyncio.sleep(0.001)
            assert dealer.recv() == b"%d" % number
        stream.close()

    run(main)


def test_a_full_peer_is_an_error_for_those_who_do_not_wait(run: Any, socket: NewSocket) -> None:
    router, _ = crowd(socket)

    async def main() -> None:
        statuses: list[Any] = []
        stream = ZMQStream(router)
        stream.on_send(lambda message, status: statuses.append(status))
        for _ in range(20):
            stream.send_multipart([b"slow", b"x"], zmq.DONTWAIT)
        while stream.sending():
            await asyncio.sleep(0)
        assert statuses[0] is None
        assert isinstance(statuses[-1], zmq.Again)
        stream.close()

    run(main)


def test_what_cannot_be_sent_yet_waits(run: Any, socket: NewSocket) -> None:
    a, b = socket(zmq.PUSH), socket(zmq.PULL)

    async def main() -> None:
        push = ZMQStream(a)
        push.send(b"patient")
        await turns()
        assert push.sending()
        port = push.bind_to_random_port("tcp://127.0.0.1")
        b.connect(f"tcp://127.0.0.1:{port}")
        while push.sending():
            await asyncio.sleep(0.001)
        push.close(linger=10_000)

    run(main)
    assert b.recv() == b"patient"


def test_text_json_and_objects(run: Any, pair: Pair) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL)

    async def main() -> None:
        push = ZMQStream(a)
        push.send_string("é")
        push.send_unicode("é", encoding="utf-16")
        push.send_json({"a": [1, None]})
        push.send_pyobj({1, 2}, protocol=2)
        with pytest.raises(TypeError, match="bytes"):
            push.send_string(b"bytes")  # type: ignore[arg-type]
        while push.sending():
            await asyncio.sleep(0)
        push.close()

    run(main)
    assert b.recv() == "é".encode()
    assert b.recv() == "é".encode("utf-16")
    assert json.loads(b.recv()) == {"a": [1, None]}
    assert pickle.loads(b.recv()) == {1, 2}
