"""The sockets of asyncio, in each kind of loop."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import os
import socket as sockets
import sys
import threading
import time
import weakref
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

import ctzmq as zmq
import ctzmq.asyncio.sockets
from ctzmq.asyncio import Context, Poller, Socket, ZMQEventLoop, install, pace
from ctzmq.asyncio.hub import LoopHub

PATIENCE = 20.0

Run = Callable[[Callable[[], Awaitable[Any]]], Any]
Interruptions = Callable[..., bool]


class Blind(asyncio.SelectorEventLoop):
    """A loop that cannot watch descriptors, such as Windows' Proactor."""

    def _refuse(self, *_: Any) -> Any:
        raise NotImplementedError

    add_reader: Any = _refuse
    add_writer: Any = _refuse
    remove_reader: Any = _refuse
    remove_writer: Any = _refuse


def eager() -> asyncio.AbstractEventLoop:
    """Make a loop whose tasks begin at once."""
    if sys.version_info < (3, 12):
        pytest.skip("eager tasks need Python 3.12")
    loop = asyncio.SelectorEventLoop()
    loop.set_task_factory(asyncio.eager_task_factory)
    return loop


def uvloop() -> asyncio.AbstractEventLoop:
    """Make a loop of uvloop."""
    loop: asyncio.AbstractEventLoop = pytest.importorskip("uvloop").new_event_loop()
    return loop


LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "selector": asyncio.SelectorEventLoop,
    "blind": Blind,
    "eager": eager,
    "uvloop": uvloop,
}


def run_in(loop: asyncio.AbstractEventLoop, main: Callable[[], Awaitable[Any]]) -> Any:
    """Run a coroutine to its end; nothing may be left behind that asyncio complains of."""
    complaints: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: complaints.append(context))

    async def limited() -> Any:
        return await asyncio.wait_for(main(), PATIENCE)

    try:
        result = loop.run_until_complete(limited())
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        gc.collect()
        loop.run_until_complete(asyncio.sleep(0))
    finally:
        loop.close()
    assert complaints == []
    return result


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no call let others run first, however slow the machine is."""
    monkeypatch.setattr(pace, "SHARE", 3600.0)


@pytest.fixture(params=LOOPS)
def run(request: pytest.FixtureRequest) -> Run:
    """Run a coroutine in one kind of loop."""
    return lambda main: run_in(LOOPS[request.param](), main)


@pytest.fixture
def plain_run() -> Run:
    """Run a coroutine in the usual loop."""
    return lambda main: run_in(asyncio.SelectorEventLoop(), main)


@pytest.fixture
def aio(context: zmq.Context) -> Context:
    """A context that is ended after the test, with all its sockets."""
    return Context(shadow=context)


@pytest.fixture
def link(aio: Context) -> Iterator[Callable[..., tuple[Any, Any]]]:
    """Make two connected sockets: `link(type_a, type_b, transport, **options)`."""
    made: list[Any] = []

    def make(
        type_a: int = zmq.PUSH, type_b: int = zmq.PULL, transport: str = "inproc", **options: Any
    ) -> tuple[Any, Any]:
        pair = [aio.socket(kind) for kind in (type_a, type_b)]
        for socket in pair:
            for name, value in options.items():
                setattr(socket, name, value)
        pair[1].bind("tcp://127.0.0.1:*" if transport == "tcp" else f"inproc://{len(made)}")
        pair[0].connect(pair[1].last_endpoint.decode())
        made.extend(pair)
        return pair[0], pair[1]

    yield make
    for socket in made:
        socket.close(0)


async def until(condition: Callable[[], object]) -> None:
    """Let others run until a condition holds."""
    while not condition():
        await asyncio.sleep(0.001)


async def fill(push: Any) -> int:
    """Send until there is no room; return how many messages went."""
    count = 0
    while await push.poll(0, zmq.POLLOUT):
        await push.send(b"full")
        count += 1
    return count


async def turns(count: int = 5) -> None:
    """Let the loop turn a few times."""
    for _ in range(count):
        await asyncio.sleep(0)


def wake(socket: Any) -> None:
    """Wake the first that waits to receive, once there is a message for it."""
    while not socket.getsockopt(zmq.EVENTS) & zmq.POLLIN:
        pass


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


# -- Order -----------------------------------------------------------------------------------------


def test_receivers_take_turns(run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link()
        got: list[tuple[int, bytes]] = []

        async def receive(number: int) -> None:
            got.append((number, await pull.recv()))

        tasks = [asyncio.ensure_future(receive(number)) for number in range(5)]
        await turns()
        for number in range(5):
            await push.send(b"%d" % number)
        await asyncio.gather(*tasks)
        assert got == [(number, b"%d" % number) for number in range(5)]

    run(main)


def test_futures_that_nobody_awaits_take_turns_too(run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link()
        first, second, third = pull.recv(), pull.recv_multipart(), pull.recv_string()
        await push.send_multipart([b"a", b"b", b"c"])
        await push.send(b"d")
        assert await third == "d"
        assert first.result() == b"a"
        assert second.result() == [b"b", b"c"]

    run(main)


def test_senders_take_turns(run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link(sndhwm=1, rcvhwm=1)
        count = 0
        while push.send(b"full", zmq.DONTWAIT).exception() is None:
            count += 1
        waiting = [push.send(b"%d" % number) for number in range(3)]
        waiting += [push.send_json(3), push.send_multipart([b"4"])]
        assert not any(future.done() for future in waiting)
        received = [await pull.recv() for _ in range(count + 5)]
        assert received == [b"full"] * count + [b"%d" % number for number in range(5)]
        await asyncio.gather(*waiting)

    run(main)


def test_messages_of_several_senders_do_not_mix(run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link(sndhwm=1, rcvhwm=1)

        async def send(name: bytes) -> None:
            for _ in range(10):
                await push.send(name, zmq.SNDMORE)
                await push.send(name, zmq.SNDMORE)
                await push.send(name)

        tasks = [asyncio.ensure_future(send(b"%d" % number)) for number in range(4)]
        received = [await pull.recv_multipart() for _ in range(40)]
        await asyncio.gather(*tasks)
        assert all(len(parts) == 3 and len(set(parts)) == 1 for parts in received)
        assert {parts[0] for parts in received} == {b"0", b"1", b"2", b"3"}

    run(main)


@pytest.mark.parametrize("room", [1, 0])
def test_messages_of_several_senders_that_limit_their_waits_do_not_mix(
    run: Run, link: Any, room: int
) -> None:
    async def main() -> None:
        push, pull = link(sndhwm=room, rcvhwm=room)

        async def send(name: bytes) -> None:
            for _ in range(10):
                await asyncio.wait_for(push.send(name, zmq.SNDMORE), PATIENCE)
                await asyncio.wait_for(push.send(name, zmq.SNDMORE), PATIENCE)
                await asyncio.wait_for(push.send(name), PATIENCE)
                await asyncio.wait_for(push.send_multipart([name] * 3), PATIENCE)

        tasks = [asyncio.ensure_future(send(b"%d" % number)) for number in range(4)]
        received = [await pull.recv_multipart() for _ in range(80)]
        await asyncio.gather(*tasks)
        assert all(len(parts) == 3 and len(set(parts)) == 1 for parts in received)
        assert {parts[0] for parts in received} == {b"0", b"1", b"2", b"3"}

    run(main)


def test_a_message_that_another_task_ends(run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link()
        await push.send(b"a", zmq.SNDMORE)
        await asyncio.ensure_future(end(push))
        assert await pull.recv_multipart() == [b"a", b"end"]
        await push.send(b"b")
        assert await pull.recv_multipart() == [b"b"]

    async def end(push: Any) -> None:
        await push.send(b"end")

    run(main)


def test_a_message_that_is_never_ended_holds_nobody_up(run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link(sndhwm=1, rcvhwm=1)
        count = await fill(push)
        first = push.send(b"a", zmq.SNDMORE)
        others = [asyncio.ensure_future(send(push)) for _ in range(3)]
        received = [await pull.recv_multipart() for _ in range(count + 3)]
        assert received[count:] == [[b"a", b"x"], [b"x"], [b"x"]]
        await asyncio.gather(first, *others)

    async def send(push: Any) -> None:
        await asyncio.wait_for(push.send(b"x"), PATIENCE)

    run(main)


def test_parts_go_to_who_got_the_first(run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link()

        async def receive() -> list[bytes]:
            return [await pull.recv() for _ in range(3)]

        tasks = [asyncio.ensure_future(receive()) for _ in range(3)]
        await turns()
        for number in range(3):
            await push.send_multipart([b"%d" % number] * 3)
        assert await asyncio.gather(*tasks) == [[b"%d" % number] * 3 for number in range(3)]

    run(main)


def test_both_directions_wait_at_once(run: Run, link: Any) -> None:
    async def main() -> None:
        a, b = link(zmq.DEALER, zmq.DEALER, "tcp", sndhwm=2, rcvhwm=2)

        async def send(socket: Any) -> None:
            for number in range(300):
                await socket.send(b"%d" % number)

        async def receive(socket: Any) -> None:
            for number in range(300):
                assert await socket.recv() == b"%d" % number

        await asyncio.gather(send(a), send(b), receive(a), receive(b))

    run(main)


@pytest.mark.parametrize("transport", ["inproc", "tcp"])
def test_requests_and_replies(run: Run, link: Any, transport: str) -> None:
    async def main() -> None:
        client, server = link(zmq.REQ, zmq.REP, transport)

        async def serve() -> None:
            while True:
                await server.send(await server.recv() + b"!")

        serving = asyncio.ensure_future(serve())
        for number in range(100):
            await client.send(b"%d" % number)
            assert await client.recv() == b"%d!" % number
        serving.cancel()
        await asyncio.wait([serving])

    run(main)


# -- Cancelling ------------------------------------------------------------------------------------


def test_a_cancelled_receiver_takes_nothing(run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link()
        first, second = pull.recv(), pull.recv()
        assert first.cancel()
        assert first.cancelled()
        await push.send(b"x")
        assert await second == b"x"
        assert pull._recv_futures == []

    run(main)


def test_a_task_cancelled_when_it_was_woken_passes_its_turn_on(run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link()
        first = asyncio.ensure_future(pull_text(pull))
        second = asyncio.ensure_future(pull_text(pull))
        await turns()
        await push.send(b"x")
        # From here on the first one is to go on, but has not yet.
        wake(pull)
        first.cancel()
        assert await second == "x"
        with pytest.raises(asyncio.CancelledError):
            await first

    run(main)


async def pull_text(pull: Any) -> str:
    """Receive in a coroutine of its own."""
    text: str = await pull.recv_string()
    return text


def test_the_last_task_cancelled_when_it_was_woken_leaves_the_message(run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link()
        task = asyncio.ensure_future(pull_text(pull))
        await turns()
        await push.send(b"x")
        wake(pull)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert pull._recv_futures == []
        assert await pull.recv() == b"x"

    run(main)


def test_a_future_cancelled_under_a_task_that_awaits_it(run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link()
        future = pull.recv()

        async def receive() -> Any:
            return await future

        task = asyncio.ensure_future(receive())
        await turns()
        future.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        await push.send(b"x")
        assert await pull.recv() == b"x"

    run(main)


def test_a_coroutine_that_is_closed_takes_nothing(plain_run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link()
        coroutine = pull_text(pull)
        coroutine.send(None)
        assert len(pull._recv_futures) == 1
        coroutine.close()
        assert pull._recv_futures == []
        await push.send(b"x")
        assert await pull.recv() == b"x"

    plain_run(main)


def test_two_tasks_may_await_one_future(run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link()
        future = pull.recv()

        async def receive() -> Any:
            return await future

        tasks = [asyncio.ensure_future(receive()) for _ in range(3)]
        await turns()
        await push.send(b"x")
        assert await asyncio.gather(*tasks) == [b"x"] * 3

    run(main)


@pytest.mark.parametrize("seconds", [0, 0.001])
def test_wait_for_loses_nothing(run: Run, link: Any, seconds: float) -> None:
    async def main() -> None:
        push, pull = link()
        for call in (pull.recv, pull.recv_multipart, pull.recv_json, pull.recv_string):
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(call(), seconds)
        await push.send(b"x")
        assert await asyncio.wait_for(pull.recv(), PATIENCE) == b"x"
        assert pull._recv_futures == []

    run(main)


def test_a_cancelled_sender_sends_nothing(run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link(sndhwm=1, rcvhwm=1)
        count = 0
        while push.send(b"full", zmq.DONTWAIT).exception() is None:
            count += 1
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(push.send_multipart([b"a", b"b"]), 0.001)
        waiting = push.send(b"late")
        assert waiting.cancel()
        last = push.send(b"last")
        assert [await pull.recv() for _ in range(count + 1)] == [b"full"] * count + [b"last"]
        await last
        assert push._send_futures == []

    run(main)


def test_what_asyncio_has_to_wait_with(run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link()
        shielded, later = pull.recv(), pull.recv()
        task = asyncio.ensure_future(asyncio.wait_for(asyncio.shield(shielded), 0.001))
        await asyncio.wait([task])
        assert isinstance(task.exception(), asyncio.TimeoutError)
        assert not shielded.done()
        await push.send(b"a")
        await push.send(b"b")
        assert list(await asyncio.gather(shielded, later)) == [b"a", b"b"]
        done, pending = await asyncio.wait([pull.recv(), pull.recv()], timeout=0.001)
        assert len(pending) == 2
        await push.send(b"c")
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        assert [future.result() for future in done] == [b"c"]
        for future in pending:
            future.cancel()
        await push.send(b"d")
        for first in asyncio.as_completed([pull.recv()]):
            assert await first == b"d"

    run(main)


def test_time_outs_of_asyncio(run: Run, link: Any) -> None:
    timeout: Any = getattr(asyncio, "timeout", None)
    if timeout is None:
        pytest.skip("asyncio.timeout needs Python 3.11")

    async def main() -> None:
        push, pull = link()
        for seconds in (0, 0.001):
            with pytest.raises(asyncio.TimeoutError):
                async with timeout(seconds):
                    await pull.recv()
        await push.send(b"x")
        async with timeout(PATIENCE):
            assert await pull.recv() == b"x"

    run(main)


# -- Time-outs of the socket -----------------------------------------------------------------------


def test_rcvtimeo(run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link(rcvtimeo=5)
        soon = pull.recv()
        pull.rcvtimeo = 10_000
        late = pull.recv_multipart()
        with pytest.raises(zmq.Again):
            await soon
        pull.rcvtimeo = 0
        assert isinstance(pull.recv().exception(), zmq.Again)
        await push.send(b"x")
        assert await late == [b"x"]
        pull.rcvtimeo = 5
        unawaited = pull.recv()
        await until(unawaited.done)
        assert isinstance(unawaited.exception(), zmq.Again)

    run(main)


def test_sndtimeo(run: Run, aio: Context) -> None:
    async def main() -> None:
        with aio.socket(zmq.PUSH) as push:
            push.sndtimeo = 5
            with pytest.raises(zmq.Again):
                await push.send(b"x")
            with pytest.raises(zmq.Again):
                await push.send_multipart([b"x"])
            push.sndtimeo = 0
            assert isinstance(push.send(b"x").exception(), zmq.Again)

    run(main)


def test_a_peer_without_room_among_others(plain_run: Run, link: Any, aio: Context) -> None:
    async def main() -> None:
        full, router = link(zmq.DEALER, zmq.ROUTER, sndhwm=1, rcvhwm=1)
        router.router_mandatory = 1
        other: Any = aio.socket(zmq.DEALER)
        with other:
            other.connect(router.last_endpoint.decode())
            await full.send(b"hello")
            name, _ = await router.recv_multipart()
            count = 0
            while router.send_multipart([name, b"x"], zmq.DONTWAIT).exception() is None:
                count += 1
            # There may be room for others, so EVENTS says that the socket can send.
            waiting = router.send_multipart([name, b"last"])
            await turns()
            assert not waiting.done()
            router.sndtimeo = 20
            with pytest.raises(zmq.Again):
                await router.send_multipart([name, b"never"])
            for _ in range(count):
                assert await full.recv() == b"x"
            await waiting
            assert await full.recv() == b"last"

    plain_run(main)


@pytest.fixture
def crowd(link: Any, aio: Context) -> Iterator[Any]:
    """A ROUTER that has room for its peer "idle", none for "slow"; and both peers."""
    slow, router = link(zmq.DEALER, zmq.ROUTER, sndhwm=1, rcvhwm=1)
    router.router_mandatory = 1
    idle: Any = aio.socket(zmq.DEALER)
    with idle:
        idle.connect(router.last_endpoint.decode())
        yield router, slow, idle


async def fill_slow(router: Any, slow: Any, idle: Any) -> tuple[bytes, bytes]:
    """Send to the slow peer until it has no room; return the names of both."""
    names = []
    for peer in (slow, idle):
        await peer.send(b"hello")
        names.append((await router.recv_multipart())[0])
    while router.send_multipart([names[0], b"full"], zmq.DONTWAIT).exception() is None:
        pass
    assert router.events & zmq.POLLOUT
    return names[0], names[1]


def test_a_send_without_room_for_one_peer_is_cancelled(plain_run: Run, crowd: Any) -> None:
    router, slow, idle = crowd

    async def main() -> None:
        full, other = await fill_slow(router, slow, idle)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(router.send_multipart([full, b"never"]), 0.03)
        waiting = asyncio.ensure_future(send_text(router, full))
        await asyncio.sleep(0.02)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await router.send_multipart([other, b"ok"])
        assert await idle.recv() == b"ok"
        assert await slow.recv() == b"full"
        while await slow.poll(20):
            assert await slow.recv() == b"full"

    plain_run(main)


async def send_text(router: Any, name: bytes) -> None:
    await router.send_multipart([name, b"text"])


@pytest.mark.parametrize("awaited", [True, False])
def test_a_send_without_room_for_one_peer_waits_at_rest(
    plain_run: Run, crowd: Any, awaited: bool
) -> None:
    """However often others use the socket meanwhile."""
    router, slow, idle = crowd

    async def main() -> None:
        full, _ = await fill_slow(router, slow, idle)
        router.sndtimeo = 2000
        began = time.monotonic()
        if awaited:
            sending = asyncio.ensure_future(send_text(router, full))
        else:
            sending = router.send_multipart([full, b"x"])
        for _ in range(300):
            await idle.send(b"x")
            await router.recv_multipart()
            await asyncio.sleep(0)
        spent = time.process_time()
        await asyncio.sleep(0.5)
        assert time.process_time() - spent < 0.15
        with pytest.raises(zmq.Again):
            await sending
        assert time.monotonic() - began > 1.99

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


def test_a_socket_goes_from_loop_to_loop(link: Any) -> None:
    push, pull = link()

    async def main() -> None:
        pull.recv()
        await asyncio.sleep(0)

    run_in(asyncio.SelectorEventLoop(), main)

    async def again() -> None:
        task = asyncio.ensure_future(pull_text(pull))
        await turns()
        await push.send(b"x")
        assert await task == "x"

    for make in (asyncio.SelectorEventLoop, Blind, asyncio.SelectorEventLoop):
        run_in(make(), again)


def test_loops_in_several_threads(link: Any) -> None:
    links = [link(zmq.DEALER, zmq.DEALER, "tcp") for _ in range(3)]
    failures: list[BaseException] = []

    def work(a: Any, b: Any) -> None:
        async def main() -> None:
            for number in range(100):
                received = asyncio.ensure_future(pull_text(b))
                await turns(2)
                await a.send(b"%d" % number)
                assert await received == str(number)

        try:
            run_in(asyncio.SelectorEventLoop(), main)
        except BaseException as problem:
            failures.append(problem)

    threads = [threading.Thread(target=work, args=pair) for pair in links]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_socket_that_is_waited_for_in_another_loop(link: Any) -> None:
    _, pull = link()
    waits, ends = threading.Event(), threading.Event()

    def work() -> None:
        async def main() -> None:
            future = pull.recv()
            waits.set()
            await until(ends.is_set)
            future.cancel()

        run_in(asyncio.SelectorEventLoop(), main)

    async def main() -> None:
        with pytest.raises(RuntimeError, match="another"):
            await pull.recv()

    thread = threading.Thread(target=work)
    thread.start()
    assert waits.wait(PATIENCE)
    try:
        run_in(asyncio.SelectorEventLoop(), main)
    finally:
        ends.set()
        thread.join()


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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_child_leaves_the_loop_of_its_parent_alone(plain_run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link(transport="tcp")
        task = asyncio.ensure_future(pull_text(pull))
        await turns()
        child = os.fork()
        if not child:
            # What it inherits counts as closed.
            pull.close()
            os._exit(0 if pull.closed else 1)
        assert os.waitpid(child, 0)[1] == 0
        await push.send(b"x")
        assert await task == "x"

    plain_run(main)


# -- What is kept and what is let go ---------------------------------------------------------------


def test_a_wait_keeps_its_task_alive(plain_run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link()
        got: list[bytes] = []

        async def receive(socket: Any) -> None:
            got.append(await socket.recv())

        name = pull._shadow_sock
        task = asyncio.ensure_future(receive(Socket.from_socket(name)))
        await turns()
        alive = weakref.ref(task)
        del task
        gc.collect()
        assert alive() is not None
        await push.send(b"x")
        await until(lambda: got)

    plain_run(main)


def test_a_socket_that_nobody_refers_to_is_collected(
    plain_run: Run, link: Any, eventually: Callable[[Callable[[], object]], None]
) -> None:
    async def main() -> Any:
        push, pull = link()
        shadow: Any = Socket(pull._shadow_sock)
        received = asyncio.ensure_future(pull_text(shadow))
        await turns()
        await push.send(b"x")
        assert await received == "x"
        return weakref.ref(shadow)

    alive = plain_run(main)
    eventually(lambda: alive() is None)


def test_a_future_lets_its_socket_go(plain_run: Run, link: Any) -> None:
    async def main() -> None:
        _, pull = link()
        pull.rcvtimeo = 1
        futures = [pull.recv(), pull.poll(1)]
        await asyncio.wait(futures)
        futures[0].exception()
        assert pull._recv_futures == []
        assert pull._handle is pull._pointer

    plain_run(main)


def test_tasks_keep_their_context(run: Run, link: Any) -> None:
    name: contextvars.ContextVar[int] = contextvars.ContextVar("name")

    async def main() -> None:
        push, pull = link()

        async def receive(number: int) -> None:
            name.set(number)
            await pull.recv()
            assert name.get() == number

        tasks = [asyncio.ensure_future(receive(number)) for number in range(3)]
        await turns()
        for _ in tasks:
            await push.send(b"x")
        await asyncio.gather(*tasks)

    run(main)


class Counting(asyncio.SelectorEventLoop):
    """A loop that counts what it is asked for."""

    readers = timers = 0

    def add_reader(self, *arguments: Any) -> Any:  # type: ignore[override]
        self.readers += 1
        return super().add_reader(*arguments)

    def call_at(self, *arguments: Any, **keywords: Any) -> Any:  # type: ignore[override]
        self.timers += 1
        return super().call_at(*arguments, **keywords)


def test_the_loop_is_told_once_of_a_socket(link: Any) -> None:
    loop = Counting()

    async def main() -> None:
        client, server = link(zmq.REQ, zmq.REP)
        timers = loop.timers

        async def serve() -> None:
            for _ in range(50):
                await server.send(await server.recv())

        serving = asyncio.ensure_future(serve())
        for _ in range(50):
            await client.send(b"x")
            await client.recv()
        await serving
        assert loop.readers == 2
        assert loop.timers == timers

    run_in(loop, main)


def test_a_message_that_nobody_waits_for_keeps_no_loop_busy(
    plain_run: Run, link: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes: list[Any] = []
    changed = LoopHub._changed

    def count(self: Any, key: Any) -> None:
        changes.append(key)
        changed(self, key)

    monkeypatch.setattr(LoopHub, "_changed", count)

    async def main() -> None:
        push, pull = link()
        first = pull.recv()
        for _ in range(5):
            await push.send(b"x")
        await first
        await asyncio.sleep(0.02)
        assert 1 <= len(changes) <= 20

    plain_run(main)


# -- Polling ---------------------------------------------------------------------------------------


def test_polling_a_socket(run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link()
        assert pull.poll(0).result() == 0
        assert await pull.poll(1) == 0
        assert await push.poll(None, zmq.POLLOUT) == zmq.POLLOUT
        waiting = [pull.poll(), pull.poll(10_000), pull.poll(-1, zmq.POLLIN | zmq.POLLOUT)]
        assert not any(future.done() for future in waiting)
        await push.send(b"x")
        assert await asyncio.gather(*waiting) == [zmq.POLLIN] * 3
        assert pull.poll(0).result() == zmq.POLLIN
        assert pull._recv_futures == []

    run(main)


def test_polling_sockets_of_all_kinds(run: Run, link: Any, socket: Any) -> None:
    async def main() -> None:
        push, pull = link()
        blocking_push, blocking_pull = socket(zmq.PUSH), socket(zmq.PULL)
        blocking_pull.bind("inproc://blocking")
        blocking_push.connect("inproc://blocking")
        near, far = sockets.socketpair()
        with near, far:
            poller = Poller()
            for each in (pull, blocking_pull, near, far.fileno()):
                poller.register(each, zmq.POLLIN)
            assert await poller.poll(1) == []
            for act, expected in (
                (lambda: push.send(b"x"), pull),
                (lambda: blocking_push.send(b"x"), blocking_pull),
                (lambda: far.send(b"x"), near.fileno()),
            ):
                waiting = [poller.poll(), poller.poll(10_000)]
                await turns()
                assert not any(future.done() for future in waiting)
                act()
                assert await asyncio.gather(*waiting) == [[(expected, zmq.POLLIN)]] * 2
                poller.unregister(near if expected == near.fileno() else expected)
            poller.modify(far.fileno(), zmq.POLLOUT)
            assert await poller.poll() == [(far.fileno(), zmq.POLLOUT)]

    run(main)


def test_polling_beside_receiving(run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link()
        task, polled = asyncio.ensure_future(pull_text(pull)), pull.poll()
        await turns()
        await push.send(b"a")
        await push.send(b"b")
        assert await task == "a"
        assert await polled == zmq.POLLIN
        assert await pull.recv() == b"b"

    run(main)


def test_a_cancelled_poll(run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link()
        poller = Poller()
        poller.register(pull, zmq.POLLIN)
        near, far = sockets.socketpair()
        with near, far:
            poller.register(near, zmq.POLLIN | zmq.POLLOUT)
            poller.modify(near, zmq.POLLIN)
            cancelled, kept = poller.poll(), poller.poll(10_000)
            assert cancelled.cancel()
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(poller.poll(), 0.001)
            await push.send(b"x")
            assert await kept == [(pull, zmq.POLLIN)]
        assert pull._recv_futures == []

    run(main)


#: Closes a socket: here, in another thread, or its blocking twin.
CLOSINGS: dict[str, Callable[[Any], object]] = {
    "here": lambda socket: socket.close(),
    "in a thread": lambda socket: in_thread(socket.close),
    "by a shadow": lambda socket: zmq.Socket.shadow(socket).close(),
}


def in_thread(function: Callable[[], object]) -> None:
    thread = threading.Thread(target=function)
    thread.start()
    thread.join(PATIENCE)


@pytest.mark.parametrize("blocking", [False, True])
@pytest.mark.parametrize("close", CLOSINGS.values(), ids=CLOSINGS)
def test_a_socket_that_is_closed_under_a_poll(
    plain_run: Run, link: Any, aio: Context, socket: Any, close: Any, blocking: bool
) -> None:
    async def main() -> None:
        push, pull = link()
        first, second = [socket(zmq.PULL) if blocking else aio.socket(zmq.PULL) for _ in range(2)]
        poller = Poller()
        for each in (first, pull, second):
            poller.register(each, zmq.POLLIN)
        polled, limited = poller.poll(), poller.poll(20)
        await turns()
        close(first)
        await turns()
        assert not polled.done()
        assert await limited == []
        assert await poller.poll(0) == await poller.poll(1) == []
        close(second)
        await push.send(b"x")
        assert await polled == await poller.poll() == [(pull, zmq.POLLIN)]
        assert await pull.recv() == b"x"
        polled, limited = poller.poll(), poller.poll(20)
        await turns()
        close(pull)
        with pytest.raises(zmq.ZMQError, match="would wait for ever") as caught:
            await polled
        assert caught.value.errno == zmq.ENOTSOCK
        assert await limited == []
        with pytest.raises(zmq.ZMQError, match="would wait for ever"):
            await poller.poll()
        assert await poller.poll(0) == await poller.poll(1) == []
        assert first in poller
        poller.unregister(first)

    plain_run(main)


def test_a_closed_socket_does_not_make_a_poll_spin(plain_run: Run, aio: Context) -> None:
    async def main() -> None:
        poller = Poller()
        with aio.socket(zmq.PULL) as pull, aio.socket(zmq.PULL) as gone:
            for each in (pull, gone):
                poller.register(each, zmq.POLLIN)
            polled = poller.poll()
            await turns()
            gone.close()
            began = time.process_time()
            await asyncio.sleep(0.3)
            assert time.process_time() - began < 0.1
            polled.cancel()

    plain_run(main)


def test_a_poll_goes_on_when_its_loop_does(aio: Context, link: Any) -> None:
    push, pull = link()
    gone: Any = aio.socket(zmq.PULL)
    poller = Poller()
    for each in (gone, pull):
        poller.register(each, zmq.POLLIN)
    loop = asyncio.SelectorEventLoop()

    async def begin() -> Any:
        return asyncio.ensure_future(poller.poll())

    async def end() -> Any:
        await push.send(b"x")
        return await asyncio.wait_for(polled, PATIENCE)

    polled = loop.run_until_complete(begin())
    gone.close()
    assert loop.run_until_complete(end()) == [(pull, zmq.POLLIN)]
    loop.close()


def test_closing_cancels_the_poll_of_a_socket_alone(plain_run: Run, aio: Context) -> None:
    async def main() -> None:
        socket: Any = aio.socket(zmq.PULL)
        waiting = [socket.poll(), socket.poll(10_000)]
        await turns()
        socket.close()
        await asyncio.wait(waiting)
        assert all(future.cancelled() for future in waiting)
        with pytest.raises(zmq.ZMQError, match="a closed socket"):
            await socket.poll()

    plain_run(main)


def test_descriptors_that_are_closed_are_never_ready(plain_run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link()
        near, far = sockets.socketpair()
        near.close()
        far.close()
        poller = Poller()
        for each in (near, -1, pull):
            poller.register(each, zmq.POLLIN)
        assert await poller.poll(5) == []
        await push.send(b"x")
        assert await poller.poll() == [(pull, zmq.POLLIN)]
        poller.unregister(pull)
        assert await poller.poll(5) == []
        with pytest.raises(zmq.ZMQError, match="would wait for ever"):
            await poller.poll()

    plain_run(main)


def test_a_poll_of_nothing(plain_run: Run) -> None:
    async def main() -> None:
        assert await Poller().poll(1) == []
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(Poller().poll(), 0.001)

    plain_run(main)


# -- Blocking sockets that share one ---------------------------------------------------------------


SHARERS: dict[str, Callable[[Any], Any]] = {
    "behind it": lambda a: a._shadow_sock,
    "a shadow": zmq.Socket.shadow,
    "a shadow of the address": lambda a: zmq.Socket.shadow(a.underlying),
}

SWALLOWS: dict[str, Callable[[Any], Any]] = {
    "EVENTS": lambda s: s.EVENTS,
    "send": lambda s: s.send(b"x", zmq.DONTWAIT),
    "large send": lambda s: s.send(bytes(100_000), copy=False),
    "send_multipart": lambda s: s.send_multipart([b"x", b"y"]),
    "recv": lambda s: s.recv(),
    "recv_into": lambda s: s.recv_into(bytearray(1)),
    "poll": lambda s: s.poll(0, zmq.POLLOUT),
    "zmq_poll": lambda s: zmq.zmq_poll([(s, zmq.POLLOUT)], 0),
    "Poller": lambda s: poller_of(s).poll(0),
    "bind": lambda s: s.bind("inproc://another"),
}


def poller_of(socket: Any) -> Any:
    """Make a poller for one socket."""
    poller = zmq.Poller()
    poller.register(socket)
    return poller


def swallow(name: str, socket: Any) -> None:
    """Have a call take note of all changes, of which libzmq does so a millisecond later only."""
    time.sleep(0.01)
    SWALLOWS[name](socket)


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("kind", SHARERS)
@pytest.mark.parametrize("name", SWALLOWS)
def test_what_a_blocking_sharer_swallows_wakes_the_receiver(
    plain_run: Run, link: Any, name: str, kind: str, late: bool
) -> None:
    async def main() -> None:
        a, b = link(zmq.DEALER, zmq.DEALER)
        early = SHARERS[kind](a)
        task = asyncio.ensure_future(pull_text(a))
        await turns()
        sharer = SHARERS[kind](a) if late else early
        await b.send(b"1")
        await b.send(b"1")
        swallow(name, sharer)
        assert await task == "1"

    plain_run(main)


@pytest.mark.parametrize("name", SWALLOWS)
def test_what_the_original_swallows_wakes_the_poller(
    plain_run: Run, socket: Any, name: str
) -> None:
    async def main() -> None:
        original, peer = socket(zmq.DEALER), socket(zmq.DEALER)
        peer.bind("inproc://peer")
        original.connect("inproc://peer")
        polled = Socket.from_socket(original).poll()
        await turns()
        peer.send(b"1")
        peer.send(b"2")
        swallow(name, original)
        assert await polled == zmq.POLLIN

    plain_run(main)


def test_a_blocking_sharer_makes_room_for_the_sender(plain_run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link(sndhwm=1, rcvhwm=1)
        blocking = pull._shadow_sock
        count = await fill(push)
        task = asyncio.ensure_future(send(push))
        waiting = pull.poll(flags=zmq.POLLERR)
        await turns()
        assert [blocking.recv() for _ in range(count)] == [b"full"] * count
        await task
        assert blocking.recv() == b"last"
        assert not waiting.done()
        waiting.cancel()

    async def send(push: Any) -> None:
        await push.send(b"last")

    plain_run(main)


def test_a_blocking_sharer_in_another_thread_wakes_the_task(plain_run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link()
        task = asyncio.ensure_future(pull_text(pull))
        await turns()
        await push.send(b"1")
        thread = threading.Thread(target=swallow, args=("EVENTS", pull._shadow_sock))
        thread.start()
        thread.join()
        assert await task == "1"

    plain_run(main)


def test_a_blocking_sharer_works_when_the_loop_is_closed(link: Any) -> None:
    push, pull = link()
    loop = asyncio.SelectorEventLoop()
    task = loop.create_task(pull_text(pull))
    loop.run_until_complete(turns())
    blocking, sender = pull._shadow_sock, push._shadow_sock
    sender.send(b"1")
    assert blocking.poll(PATIENCE * 1000) == zmq.POLLIN
    assert loop.run_until_complete(task) == "1"
    task = loop.create_task(pull_text(pull))
    loop.run_until_complete(turns())
    task.cancel()
    loop.run_until_complete(turns())
    loop.close()
    sender.send(b"2")
    assert blocking.recv() == b"2"


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
