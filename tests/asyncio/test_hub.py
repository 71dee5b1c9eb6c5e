"""What the sockets of asyncio ask of a loop, and how often."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from stress.loops import Run, run_in

import ctzmq as zmq
import ctzmq.asyncio.sockets
from ctzmq.asyncio.hub import LoopHub


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
