"""Calls that wait in a loop of asyncio: cancelled, limited in time, kept alive and let go."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import time
import weakref
from collections.abc import Iterator
from typing import Any, Callable

import pytest
from stress.loops import PATIENCE, Run, pull_text, turns, until, wake

import ctzmq as zmq
import ctzmq.asyncio.sockets
from ctzmq.asyncio import Context, Socket


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
