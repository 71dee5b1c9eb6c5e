"""Pollers of asyncio: sockets of all kinds, descriptors, and what is closed meanwhile."""

from __future__ import annotations

import asyncio
import socket as sockets
import threading
import time
from typing import Any, Callable

import pytest
from stress.loops import PATIENCE, Run, turns

import ctzmq as zmq
import ctzmq.asyncio.sockets
from ctzmq.asyncio import Context, Poller


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


@pytest.mark.parametrize("timeout", [1e300, 10**400, 2**70])
def test_absurd_time_outs_wait_and_leave_nothing_behind(run: Run, link: Any, timeout: Any) -> None:
    async def main() -> None:
        _, pull = link()
        poller = Poller()
        poller.register(pull, zmq.POLLIN)
        for polling in (pull.poll(timeout), poller.poll(timeout)):
            await turns()
            assert not polling.done()
            polling.cancel()
        assert not pull._sharers.edge or not pull._sharers.edge.observers

    run(main)
