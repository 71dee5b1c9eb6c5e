"""What calls of asyncio sockets return, in each kind of loop, and how they end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from stress.loops import Run, pull_text, run_in, turns, until, wake

import ctzmq as zmq
import ctzmq.asyncio.sockets
from ctzmq.asyncio import Context, Poller, Socket, ZMQEventLoop, install

Interruptions = Callable[..., bool]


# -- What calls return -----------------------------------------------------------------------------


def test_what_need_not_wait_is_done(run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link()
        sent = push.send(b"x")
        assert isinstance(sent, asyncio.Future)
        assert sent.done()
        assert sent.result() is None
        wake(pull)
        received = pull.recv()
        assert isinstance(received, asyncio.Future)
        assert received.done()
        assert await received == b"x"

    run(main)


def test_what_waits_is_a_future(run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link()
        waiting = pull.recv()
        assert isinstance(waiting, asyncio.Future)
        assert not waiting.done()
        called: list[Any] = []
        waiting.add_done_callback(called.append)
        await push.send(b"x")
        await until(waiting.done)
        assert waiting.result() == b"x"
        await until(lambda: called)
        assert called == [waiting]
        assert not waiting.cancel()

    run(main)


CALLS: dict[str, Any] = {
    "recv": (lambda s: s.send(b"x"), lambda s: s.recv(), b"x"),
    "large": (lambda s: s.send(bytes(100_000)), lambda s: s.recv(), bytes(100_000)),
    "large parts": (
        lambda s: s.send_multipart([bytes(100_000), b"x"]),
        lambda s: s.recv_multipart(),
        [bytes(100_000), b"x"],
    ),
    "tuple": (lambda s: s.send_multipart((b"a", b"b")), lambda s: s.recv_multipart(), [b"a", b"b"]),
    "iterator": (
        lambda s: s.send_multipart(iter([b"a", memoryview(b"b")])),
        lambda s: s.recv_multipart(),
        [b"a", b"b"],
    ),
    "buffers": (
        lambda s: s.send_multipart([bytearray(b"a"), zmq.Frame(b"b")], copy=False),
        lambda s: s.recv_multipart(),
        [b"a", b"b"],
    ),
    "text": (lambda s: s.send_string("zażółć"), lambda s: s.recv_string(), "zażółć"),
    "json": (lambda s: s.send_json({"a": [1]}), lambda s: s.recv_json(), {"a": [1]}),
    "object": (lambda s: s.send_pyobj({1, 2}), lambda s: s.recv_pyobj(), {1, 2}),
    "serialized": (
        lambda s: s.send_serialized([1, 2], lambda items: [b"%d" % item for item in items]),
        lambda s: s.recv_serialized(lambda parts: [int(part) for part in parts]),
        [1, 2],
    ),
}


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("kind", CALLS)
def test_messages_of_all_kinds(plain_run: Run, link: Any, kind: str, waits: bool) -> None:
    send, receive, expected = CALLS[kind]

    async def main() -> None:
        push, pull = link()
        if waits:
            received = receive(pull)
            assert not received.done()
            await send(push)
        else:
            await send(push)
            wake(pull)
            received = receive(pull)
            assert received.done()
        assert await received == expected
        assert received.result() == expected

    plain_run(main)


@pytest.mark.parametrize("waits", [False, True])
def test_frames(plain_run: Run, link: Any, waits: bool) -> None:
    async def main() -> None:
        push, pull = link()
        one, many = pull.recv(copy=False), pull.recv_multipart(copy=False)
        if waits:
            await turns()
        await push.send(b"x")
        await push.send_multipart([b"a", b"b"])
        assert (await one).bytes == b"x"
        assert [frame.bytes for frame in await many] == [b"a", b"b"]

    plain_run(main)


def test_receiving_into_memory(run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link()
        memory = bytearray(4)
        waiting = pull.recv_into(memory)
        await push.send(b"abcdef")
        assert await waiting == 6
        assert memory == b"abcd"
        with pytest.raises(ValueError, match="nbytes"):
            await pull.recv_into(memory, nbytes=5)

    run(main)


def test_a_tracker(plain_run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link(copy_threshold=0)
        tracker = await push.send(b"x" * 100, copy=False, track=True)
        assert not tracker.done
        assert await pull.recv() == b"x" * 100

    plain_run(main)


def test_mistakes_are_told_by_the_future(plain_run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link()
        for wrong in (push.send("text"), push.send_multipart([b"a", 1]), push.send_multipart([])):
            with pytest.raises((TypeError, ValueError)):
                await wrong
        with pytest.raises(zmq.ZMQError) as caught:
            await push.recv()
        assert caught.value.errno == zmq.ENOTSUP
        broken = pull.recv_json()
        await push.send(b"{")
        with pytest.raises(ValueError, match="char 1"):
            await broken
        with pytest.raises(zmq.Again):
            await pull.recv(zmq.DONTWAIT)

    plain_run(main)


class _OddError(BaseException):
    """What no `except Exception` catches."""


@pytest.mark.parametrize("awaited", [False, True])
@pytest.mark.parametrize(
    ("raised", "told"),
    [(_OddError, _OddError), (StopIteration, (TypeError, RuntimeError))],
)
def test_a_deserializer_that_fails_oddly_leaves_the_socket_working(
    run: Run, link: Any, raised: type[BaseException], told: Any, awaited: bool
) -> None:
    def load(parts: list[bytes]) -> None:
        raise raised

    async def main() -> None:
        push, pull = link()
        received = pull.recv_serialized(load)
        outcome = asyncio.gather(receive(received) if awaited else received, return_exceptions=True)
        after = pull.recv()
        await turns()
        await push.send(b"odd")
        await push.send(b"next")
        assert isinstance((await outcome)[0], told)
        assert await after == b"next"

    async def receive(future: Any) -> Any:
        return await future

    run(main)


def test_a_call_that_may_not_wait(run: Run, aio: Context) -> None:
    async def main() -> None:
        with aio.socket(zmq.DEALER) as socket:
            for call in (
                socket.recv(zmq.DONTWAIT),
                socket.recv(zmq.DONTWAIT, copy=False),
                socket.recv_multipart(zmq.DONTWAIT),
                socket.recv_into(bytearray(1), flags=zmq.DONTWAIT),
                socket.send(b"x", zmq.DONTWAIT),
                socket.send_multipart([b"x"], zmq.DONTWAIT),
            ):
                assert call.done()
                with pytest.raises(zmq.Again):
                    await call
            assert socket._recv_futures == socket._send_futures == []

    run(main)


def test_a_closed_socket(plain_run: Run, aio: Context) -> None:
    async def main() -> None:
        socket: Any = aio.socket(zmq.DEALER)
        poller = Poller()
        poller.register(socket)
        socket.close()
        for call in (socket.send, socket.recv, socket.recv_multipart):
            with pytest.raises(zmq.ZMQError, match="closed"):
                await (call(b"x") if call == socket.send else call())
        with pytest.raises(zmq.ZMQError, match="closed"):
            await socket.poll()
        with pytest.raises(zmq.ZMQError, match="closed"):
            Poller().register(socket)
        with pytest.raises(zmq.ZMQError, match="closed"):
            await poller.poll()
        assert socket._fd == -1

    plain_run(main)


# -- Ends ------------------------------------------------------------------------------------------


def test_closing_cancels_what_waits(run: Run, aio: Context) -> None:
    async def main() -> None:
        socket: Any = aio.socket(zmq.DEALER)
        awaited = asyncio.ensure_future(pull_text(socket))
        await turns()
        waiting = [socket.recv(), socket.send(b"x"), socket.poll(), awaited]
        socket.close()
        await asyncio.wait(waiting)
        assert all(future.cancelled() for future in waiting)

    run(main)


def test_closing_in_another_thread_cancels_what_waits(run: Run, aio: Context) -> None:
    async def main() -> None:
        socket: Any = aio.socket(zmq.DEALER)
        task, polled = asyncio.ensure_future(pull_text(socket)), socket.poll()
        await turns()
        thread = threading.Thread(target=socket.close)
        thread.start()
        await asyncio.wait([task, polled])
        assert task.cancelled()
        assert polled.cancelled()
        thread.join()

    run(main)


@pytest.mark.parametrize(
    "call",
    [
        lambda socket: socket.recv(),
        lambda socket: socket.recv_multipart(),
        lambda socket: socket.recv_string(),
        lambda socket: socket.send(b"x"),
        lambda socket: socket.poll(),
        lambda socket: watcher(socket).poll(),
    ],
    ids=["recv", "recv_multipart", "recv_string", "send", "poll", "Poller.poll"],
)
def test_a_signal_handler_closes_it_at_any_moment(
    plain_run: Run, aio: Context, interruptions: Interruptions, call: Callable[[Any], Any]
) -> None:
    async def main() -> None:
        calls: list[Any] = []
        errors: list[int | None] = []
        goes_on = True
        while goes_on:
            calls.clear()
            socket = aio.socket(zmq.DEALER)
            try:
                goes_on = interruptions(
                    lambda: calls.append(call(socket)),  # noqa: B023
                    socket.close,
                    stride=3,
                )
            except zmq.ZMQError as error:
                errors.append(error.errno)
                continue
            socket.close()
            done, _ = await asyncio.wait(calls, timeout=10)
            assert done
            if not calls[0].cancelled():
                errors.append(calls[0].exception().errno)
        assert set(errors) == {zmq.ENOTSOCK}

    plain_run(main)


def watcher(socket: Any) -> Poller:
    poller = Poller()
    poller.register(socket, zmq.POLLIN)
    return poller


def test_a_context_that_is_terminated(run: Run) -> None:
    async def main() -> None:
        context = Context()
        socket: Any = context.socket(zmq.DEALER)
        waiting = [socket.recv(), socket.recv(), socket.send(b"x"), socket.poll()]
        task = asyncio.ensure_future(pull_text(socket))
        await turns()
        thread = threading.Thread(target=context.term)
        thread.start()
        for future in (*waiting, task):
            with pytest.raises(zmq.ContextTerminated):
                await future
        with pytest.raises(zmq.ContextTerminated):
            await socket.recv()
        socket.close()
        thread.join()

    run(main)


def test_a_loop_that_is_closed_before_the_socket(aio: Context) -> None:
    with aio.socket(zmq.DEALER) as socket:
        left: list[Any] = []

        async def main() -> None:
            left.extend([socket.recv(), socket.poll()])
            left[0].add_done_callback(lambda _: None)

        run_in(asyncio.SelectorEventLoop(), main)
    assert all(future.cancelled() for future in left)


def test_calls_before_the_loop_runs(link: Any) -> None:
    push, pull = link()
    loop = asyncio.SelectorEventLoop()
    asyncio.set_event_loop(loop)
    try:
        with pytest.warns(RuntimeWarning, match="no event loop runs"):
            waiting = pull.recv()
        push.send(b"x")
        assert loop.run_until_complete(waiting) == b"x"
    finally:
        asyncio.set_event_loop(None)
        loop.close()


def test_nothing_is_taken_where_there_is_no_loop(link: Any) -> None:
    push, pull = link()
    failures: list[type[BaseException]] = []

    def work() -> None:
        for call in (lambda: push.send(b"x"), pull.recv):
            try:
                call()
            except RuntimeError as problem:
                failures.append(type(problem))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert failures == [RuntimeError] * 2
    assert not pull._shadow_sock.poll(0)


# -- Names -----------------------------------------------------------------------------------------


def test_classes(aio: Context) -> None:
    with aio.socket(zmq.PULL) as socket:
        assert type(socket) is Socket
        assert isinstance(socket, zmq.Socket)
        assert isinstance(socket, ctzmq.asyncio.sockets._AsyncSocket)
        assert isinstance(Poller(), ctzmq.asyncio.sockets._AsyncPoller)
        assert type(socket._shadow_sock) is zmq.Socket
        assert socket._shadow_sock is socket._shadow_sock
        assert socket._shadow_sock.underlying == socket.underlying
        assert socket._fd == socket.fd


def test_the_blocking_socket_behind(context: zmq.Context) -> None:
    blocking = context.socket(zmq.PULL)
    for socket in (Socket(blocking), Socket.from_socket(blocking), Socket.shadow(blocking)):
        assert socket.underlying == blocking.underlying
        assert socket.type == zmq.PULL
    assert Socket.from_socket(blocking)._shadow_sock is blocking
    socket.close()
    assert blocking.closed


def test_contexts_of_the_process() -> None:
    mine, blocking = Context.instance(), zmq.Context.instance()
    assert type(mine) is Context
    assert type(blocking) is zmq.Context
    assert Context.instance() is mine
    mine.term()
    blocking.term()


def test_the_loop_of_a_socket(plain_run: Run, aio: Context) -> None:
    async def main() -> None:
        with aio.socket(zmq.PULL) as socket:
            assert socket._get_loop() is asyncio.get_running_loop()
            assert Poller()._get_loop() is asyncio.get_running_loop()

    plain_run(main)


def test_names_of_old_programs(aio: Context) -> None:
    with pytest.warns(DeprecationWarning, match="install"):
        install()
    with pytest.warns(DeprecationWarning, match="ZMQEventLoop"):
        loop = ZMQEventLoop()
    with pytest.warns(DeprecationWarning, match="io_loop"):
        aio.socket(zmq.PULL, io_loop=loop).close()
    loop.close()
