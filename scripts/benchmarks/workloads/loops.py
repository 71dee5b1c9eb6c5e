"""Event loops: asyncio, and tornado with ZMQStream."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, Callable

from benchmarks.workloads.setup import Loop, Setup, turns, workload

# So many messages are handed to a stream before it is let run.
BATCH = 1000


Half = Callable[[Any, int], Awaitable[None]]


def linked(setup: Setup, first: str, second: str) -> tuple[Any, tuple[Any, Any]]:
    """Return a new event loop and two connected sockets for it."""
    events = asyncio.new_event_loop()
    asyncio.set_event_loop(events)
    setup.use("asyncio")

    async def link() -> tuple[Any, Any]:
        return setup.link(first, second)

    return events, events.run_until_complete(link())


def together(setup: Setup, first: str, second: str, *halves: Half) -> Loop:
    """Return the loop in which two coroutines run, with one of two connected sockets each."""
    events, sockets = linked(setup, first, second)

    async def run(count: int) -> None:
        await asyncio.gather(*(half(socket, count) for half, socket in zip(halves, sockets)))

    def loop(count: int) -> None:
        events.run_until_complete(run(count))

    return loop


@workload
def asyncio_push(setup: Setup) -> Loop:
    """Let one task send to another."""

    async def send(socket: Any, count: int) -> None:
        for _ in range(count):
            await socket.send(setup.payload)

    async def receive(socket: Any, count: int) -> None:
        for _ in range(count):
            await socket.recv()

    return together(setup, "PUSH", "PULL", send, receive)


@workload
def asyncio_request(setup: Setup) -> Loop:
    """Let one task answer, another ask."""

    async def answer(socket: Any, count: int) -> None:
        for _ in range(count):
            await socket.send(await socket.recv())

    async def ask(socket: Any, count: int) -> None:
        for _ in range(count):
            await socket.send(setup.payload)
            await socket.recv()

    return together(setup, "REP", "REQ", answer, ask)


@workload
def asyncio_alone(setup: Setup) -> Loop:
    """Let one task send and receive, which never has to wait."""

    events, (push, pull) = linked(setup, "PUSH", "PULL")

    async def run(count: int) -> None:
        for _ in range(count):
            await push.send(setup.payload)
            await pull.recv()

    def loop(count: int) -> None:
        events.run_until_complete(run(count))

    return loop


class Streams:
    """Two connected streams, and the event loop of both."""

    def __init__(self, setup: Setup, first: str, second: str) -> None:
        from tornado.ioloop import IOLoop

        asyncio.set_event_loop(asyncio.new_event_loop())
        self.events = IOLoop.current()
        stream: Any = setup.submodule("eventloop.zmqstream")
        self.first, self.second = (stream.ZMQStream(s) for s in setup.link(first, second))
        self._left = 0

    def run(self, count: int) -> None:
        """Run the event loop until so many messages have been counted."""
        self._left = count
        self.events.start()

    def count(self) -> bool:
        """Count a message; return whether more are to come."""
        self._left -= 1
        if not self._left:
            self.events.stop()
        return self._left > 0


@workload
def stream_push(setup: Setup) -> Loop:
    """Let one stream send to another, whose callback counts."""
    streams = Streams(setup, "PUSH", "PULL")
    streams.second.on_recv(lambda parts: streams.count())
    send, payload = streams.first.send, setup.payload

    def loop(count: int) -> None:
        for batch in turns(count, BATCH):
            for _ in range(batch):
                send(payload)
            streams.run(batch)

    return loop


@workload
def stream_request(setup: Setup) -> Loop:
    """Let the callback of one stream answer, that of the other ask again."""
    streams = Streams(setup, "REP", "REQ")
    answer, ask, payload = streams.first.send_multipart, streams.second.send, setup.payload
    streams.first.on_recv(answer)

    def again(parts: list[bytes]) -> None:
        if streams.count():
            ask(payload)

    streams.second.on_recv(again)

    def loop(count: int) -> None:
        ask(payload)
        streams.run(count)

    return loop
