"""Streams: their callbacks, flush, and how they are closed."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any, Callable

import pytest

import ctzmq as zmq
import ctzmq.asyncio

pytest.importorskip("tornado")

from tornado.ioloop import IOLoop

from ctzmq.eventloop import zmqstream
from ctzmq.eventloop.zmqstream import ZMQStream

from .inbox import PATIENCE, Inbox, next_of, turns

NewSocket = Callable[..., zmq.Socket]
Pair = Callable[..., tuple[zmq.Socket, zmq.Socket]]


def test_messages_reach_the_callback(run: Any, pair: Pair) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL, "tcp")

    async def main() -> None:
        inbox: Inbox = asyncio.Queue()
        push, pull = ZMQStream(a), ZMQStream(b)
        pull.on_recv(inbox.put_nowait)
        assert pull.receiving()
        push.send_multipart([b"two", b"parts"])
        assert push.sending()
        push.send(b"one")
        assert await next_of(inbox) == [b"two", b"parts"]
        assert await next_of(inbox) == [b"one"]
        assert not push.sending()
        push.close()
        pull.close()

    run(main)


@pytest.mark.parametrize("transport", ["inproc", "tcp"])
def test_many_messages_at_once_all_arrive_in_order(run: Any, pair: Pair, transport: str) -> None:
    a, b = pair(zmq.DEALER, zmq.DEALER, transport)

    async def main() -> None:
        inboxes: list[Inbox] = [asyncio.Queue(), asyncio.Queue()]
        streams = [ZMQStream(a), ZMQStream(b)]
        for stream, inbox in zip(streams, inboxes):
            stream.on_recv(inbox.put_nowait)
        for number in range(300):
            for stream in streams:
                stream.send(b"%d" % number)
        for number in range(300):
            for inbox in inboxes:
                assert await next_of(inbox) == [b"%d" % number]
        for stream in streams:
            stream.close()

    run(main)


def test_what_came_before_the_callback_is_delivered(run: Any, pair: Pair) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL)

    async def main() -> None:
        inbox: Inbox = asyncio.Queue()
        pull = ZMQStream(b)
        a.send(b"early")
        # The descriptor tells its news now, and nobody wants it yet.
        await turns()
        pull.on_recv(inbox.put_nowait)
        assert await next_of(inbox) == [b"early"]
        pull.close()

    run(main)


def test_receiving_stops_at_once(run: Any, pair: Pair) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL)

    async def main() -> None:
        received: list[list[bytes]] = []
        pull = ZMQStream(b)

        def once(message: list[bytes]) -> None:
            received.append(message)
            pull.stop_on_recv()

        for number in range(3):
            a.send(b"%d" % number)
        pull.on_recv(once)
        await turns()
        assert received == [[b"0"]]
        assert not pull.receiving()
        pull.on_recv(received.append)
        while len(received) < 3:
            await asyncio.sleep(0)
        assert received == [[b"0"], [b"1"], [b"2"]]
        pull.close()

    run(main)


def test_callbacks_that_get_the_stream(run: Any, pair: Pair) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL)

    async def main() -> None:
        inbox: Inbox = asyncio.Queue()
        push, pull = ZMQStream(a), ZMQStream(b)
        pull.on_recv_stream(lambda *args: inbox.put_nowait(args), copy=False)
        push.on_send_stream(lambda *args: inbox.put_nowait(args))
        push.send(b"x")
        assert await next_of(inbox) == (push, [b"x"], None)
        stream, (frame,) = await next_of(inbox)
        assert stream is pull
        assert isinstance(frame, zmq.Frame)
        assert frame.bytes == b"x"
        pull.on_recv_stream(None)
        push.on_send_stream(None)
        assert not pull.receiving()
        push.close()
        pull.close()

    run(main)


def test_a_linger_that_is_no_number_leaves_the_stream_open(run: Any, pair: Pair) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL)

    async def main() -> None:
        inbox: Inbox = asyncio.Queue()
        stream = ZMQStream(b)
        stream.on_recv(inbox.put_nowait)
        with pytest.raises(TypeError):
            stream.close("soon")  # type: ignore[arg-type]
        assert not stream.closed()
        a.send(b"x")
        assert await next_of(inbox) == [b"x"]
        stream.close()

    run(main)


def test_methods_hear_each_other(run: Any, pair: Pair) -> None:
    a, _ = pair(zmq.PUSH, zmq.PULL)

    async def main() -> None:
        calls: list[str] = []
        stream: Any = ZMQStream(a)
        for name in ("send_multipart", "on_recv", "on_send", "stop_on_recv", "stop_on_send"):
            method = getattr(stream, name)

            def heard(*args: Any, name: str = name, method: Any = method, **kwargs: Any) -> None:
                calls.append(name)
                method(*args, **kwargs)

            setattr(stream, name, heard)
        expected: dict[Callable[[], Any], list[str]] = {
            lambda: stream.send(b"x"): ["send_multipart"],
            lambda: stream.send_string("x"): ["send_multipart"],
            lambda: stream.send_json(1): ["send_multipart"],
            lambda: stream.send_pyobj(1, callback=print): ["send_multipart", "on_send"],
            lambda: stream.on_recv_stream(print): ["on_recv"],
            lambda: stream.on_recv_stream(None): ["stop_on_recv", "on_recv"],
            lambda: stream.on_send_stream(print): ["on_send"],
            lambda: stream.on_send_stream(None): ["stop_on_send", "on_send"],
        }
        for call, heard_of in expected.items():
            calls.clear()
            call()
            assert calls == heard_of
        stream.close()

    run(main)


def test_flush_receives_and_sends_without_the_loop(run: Any, pair: Pair) -> None:
    a, b = pair(zmq.DEALER, zmq.DEALER)

    async def main() -> None:
        received: list[list[bytes]] = []
        stream = ZMQStream(b)
        stream.on_recv(received.append)
        for number in range(3):
            a.send(b"%d" % number)
            stream.send(b"%d" % number)
        assert stream.flush() == 6
        assert received == [[b"0"], [b"1"], [b"2"]]
        assert [a.recv() for _ in range(3)] == [b"0", b"1", b"2"]
        assert stream.flush() == 0
        stream.close()

    run(main)


def test_flush_one_direction_up_to_a_limit(run: Any, pair: Pair) -> None:
    a, b = pair(zmq.DEALER, zmq.DEALER)

    async def main() -> None:
        received: list[list[bytes]] = []
        stream = ZMQStream(b)
        stream.on_recv(received.append)
        for number in range(3):
            a.send(b"%d" % number)
            stream.send(b"%d" % number)
        assert stream.flush(zmq.POLLIN, limit=2) == 2
        assert received == [[b"0"], [b"1"]]
        assert stream.flush(zmq.POLLOUT) == 3
        assert not stream.sending()
        assert stream.flush(0) == 0
        while len(received) < 3:
            await asyncio.sleep(0)
        stream.close()

    run(main)


def test_flush_without_a_callback_drops_what_came_in(run: Any, pair: Pair) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL)

    async def main() -> None:
        a.send(b"dropped")
        stream = ZMQStream(b)
        assert stream.flush() == 1
        assert not b.poll(0)
        stream.close()

    run(main)


def test_a_callback_may_close_the_stream(run: Any, pair: Pair) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL)

    async def main() -> None:
        received: list[list[bytes]] = []
        stream = ZMQStream(b)

        def last(message: list[bytes]) -> None:
            received.append(message)
            stream.close()

        stream.on_recv(last)
        a.send(b"1")
        a.send(b"2")
        assert stream.flush() == 1
        await turns()
        assert received == [[b"1"]]
        assert stream.closed()

    run(main)


def test_a_coroutine_function_as_callback(run: Any, pair: Pair) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL)

    async def main() -> None:
        inbox: Inbox = asyncio.Queue()
        stream = ZMQStream(b)

        async def later(message: list[bytes]) -> None:
            await asyncio.sleep(0)
            await inbox.put(message)

        stream.on_recv(later)
        a.send(b"x")
        assert await next_of(inbox) == [b"x"]
        stream.close()

    run(main)


def test_what_a_callback_raises_is_logged_and_stops_nothing(
    run: Any, pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL)

    async def main() -> None:
        inbox: Inbox = asyncio.Queue()
        stream = ZMQStream(b)

        def fragile(message: list[bytes]) -> None:
            inbox.put_nowait(message)
            if message == [b"bad"]:
                raise KeyError("theirs")

        stream.on_recv(fragile)
        for text in (b"bad", b"good"):
            a.send(text)
        assert await next_of(inbox) == [b"bad"]
        assert await next_of(inbox) == [b"good"]
        stream.close()

    run(main, expected=1)
    assert "Uncaught exception in ZMQStream callback" in caplog.text
    assert "theirs" in caplog.text


def test_what_a_coroutine_raises_is_logged(
    run: Any, pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL)

    async def main() -> None:
        inbox: Inbox = asyncio.Queue()
        stream = ZMQStream(b)

        async def fragile(message: list[bytes]) -> None:
            inbox.put_nowait(message)
            raise KeyError("theirs")

        stream.on_recv(fragile)
        a.send(b"x")
        await next_of(inbox)
        await turns()
        stream.close()

    run(main)
    assert "Uncaught exception in ZMQStream callback" in caplog.text
    assert "theirs" in caplog.text


@pytest.mark.parametrize("method", ["on_recv", "on_send", "on_recv_stream", "on_send_stream"])
def test_callbacks_must_be_callable(run: Any, socket: NewSocket, method: str) -> None:
    async def main() -> None:
        stream = ZMQStream(socket(zmq.PULL))
        with pytest.raises(AssertionError, match="callable"):
            getattr(stream, method)(1)
        stream.close()

    run(main)


def test_closing(run: Any, socket: NewSocket) -> None:
    pull = socket(zmq.PULL)

    async def main() -> None:
        calls: list[str] = []
        stream = ZMQStream(pull)
        stream.set_close_callback(lambda: calls.append("closed"))
        stream.on_recv(lambda message: None)
        assert not stream.closed()
        stream.close()
        stream.close()
        assert calls == ["closed"]
        assert stream.closed()
        assert pull.closed
        for refused in (
            lambda: stream.on_recv(print),
            lambda: stream.on_send(print),
            lambda: stream.send(b"x"),
            stream.flush,
        ):
            with pytest.raises(OSError, match="closed"):
                refused()
        await turns()

    run(main)


def test_a_socket_closed_behind_the_streams_back(run: Any, socket: NewSocket) -> None:
    pull = socket(zmq.PULL)

    async def main() -> None:
        stream = ZMQStream(pull)
        pull.close()
        with pytest.warns(UserWarning, match="after closing socket"):
            assert stream.closed()
        await turns()

    run(main)


def test_the_end_of_the_context_closes_the_stream(
    run: Any, caplog: pytest.LogCaptureFixture
) -> None:
    context = zmq.Context()
    pull = context.socket(zmq.PULL)

    async def main() -> None:
        closed = asyncio.Event()
        stream = ZMQStream(pull)
        stream.on_recv(lambda message: None)
        stream.set_close_callback(closed.set)
        ending = threading.Thread(target=context.term)
        ending.start()
        await asyncio.wait_for(closed.wait(), PATIENCE)
        ending.join(PATIENCE)
        assert not ending.is_alive()

    run(main)
    assert "terminated" in caplog.text


def test_a_socket_that_returns_futures_is_shadowed(run: Any, context: zmq.Context) -> None:
    async def main() -> None:
        with ctzmq.asyncio.Context(shadow=context).socket(zmq.PULL) as future_socket:
            with pytest.warns(RuntimeWarning, match="blocking sockets"):
                stream = ZMQStream(future_socket)
            assert type(stream.socket) is zmq.Socket
            assert stream.socket.underlying == future_socket.underlying
            stream.close()

    run(main)


def test_a_loop_that_closes_all_it_watches_closes_the_socket(socket: NewSocket) -> None:
    pull = socket(zmq.PULL)
    loop = IOLoop(make_current=False)
    stream = ZMQStream(pull, loop)
    assert stream.io_loop is loop
    loop.close(all_fds=True)
    assert pull.closed
    stream.socket = None  # type: ignore[assignment]


def test_the_sockets_own_methods(run: Any, socket: NewSocket) -> None:
    pull = socket(zmq.PULL)

    async def main() -> None:
        stream = ZMQStream(pull)
        assert stream.io_loop is IOLoop.current()
        assert isinstance(stream.poller, zmq.Poller)
        assert stream.socket is pull
        stream.setsockopt(zmq.RCVHWM, 7)
        assert stream.getsockopt(zmq.RCVHWM) == 7
        for name in ("bind", "connect", "bind_to_random_port", "getsockopt_string"):
            assert getattr(stream, name) == getattr(pull, name)
        stream.close()

    run(main)


def test_error_callbacks_do_nothing(
    run: Any, socket: NewSocket, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        stream = ZMQStream(socket(zmq.PULL))
        with caplog.at_level(logging.WARNING):
            stream.on_err(print)
            stream.stop_on_err()
        stream.close()

    run(main)
    assert "on_err has no effect" in caplog.text
    assert "stop_on_err has no effect" in caplog.text


def test_the_package_is_found_in_the_module_of_streams() -> None:
    assert zmqstream.zmq is zmq
