"""Polls of one socket that wait in a loop of asyncio."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from stress.loops import Run, pull_text, turns

import ctzmq as zmq
import ctzmq.asyncio.sockets
from ctzmq.asyncio import Context


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
