"""Tasks of asyncio that send, receive, poll, are cancelled and time out, all on the same sockets.

Every message bears its sender and a number, so that one that is lost or doubled is noticed; a run
in which nothing arrives any more is stuck.
"""

from __future__ import annotations

import asyncio
import importlib
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from stress.links import BrokenError, Links, Way, decode, encode

RECEIVING = (
    "recv_multipart",
    "recv_multipart copy=False",
    "recv by parts",
    "recv_into",
    "recv DONTWAIT",
    "recv when polled",
    "recv when ready",
)


@dataclass
class Road(Way):
    """One direction between two sockets; what two tasks took may be noted in any order."""

    early: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))

    def arrived(self, parts: Sequence[bytes]) -> None:
        sender, number = decode(parts)
        early = self.early[sender]
        if number < self.received[sender] or number in early:
            raise BrokenError(f"message {number} of {sender} came twice")
        early.add(number)
        while self.received[sender] in early:
            early.remove(self.received[sender])
            self.received[sender] += 1


class Tasks(Links):
    """A run over some links of two DEALER sockets each, in the loop that runs."""

    def __init__(self, seed: int, transports: Sequence[str], calm: bool = False) -> None:
        flavour = importlib.import_module("ctzmq.asyncio")
        zmq = importlib.import_module("ctzmq")
        super().__init__(zmq, flavour.Context(), seed, transports, calm, Road)
        self.leaving: set[Any] = set()

    async def run(self, operations: int) -> None:
        """Do so many operations, then wait until all that was sent has arrived.

        Raises BrokenError.
        """
        self.start()
        try:
            await self._watch(lambda: self.operations >= operations, chaos=not self.calm)
            self.sending = False
            await self._watch(self.complete, chaos=False)
        finally:
            self.sending = self.receiving = False
            await self._end()
            self.close()

    async def _end(self) -> None:
        tasks = {task for task, _, _ in self.workers} | self.leaving
        while tasks:
            # Before 3.12 `wait_for` may keep a cancellation to itself.
            for task in tasks:
                task.cancel()
            _, tasks = await asyncio.wait(tasks, timeout=1)

    def _start(self, work: Callable[..., Any], *arguments: Any) -> None:
        task = asyncio.ensure_future(self._guard(work, *arguments))
        self.workers.append((task, work, arguments))

    async def _guard(self, work: Callable[..., Any], *arguments: Any) -> None:
        try:
            await work(*arguments)
        except asyncio.CancelledError:
            pass
        except Exception as problem:
            self.failure = self.failure or problem

    async def _watch(self, done: Callable[[], bool], chaos: bool) -> None:
        """Cancel a task now and then, until something is done."""
        steps = self.watch()
        while not done():
            await asyncio.sleep(self.random.uniform(0, 0.003))
            next(steps)
            if chaos:
                victim = self.random.randrange(len(self.workers))
                task, work, arguments = self.workers.pop(victim)
                task.cancel()
                self.kinds["cancel"] += 1
                self.leaving.add(task)
                # Two senders of the same numbers must not run at once.
                while not task.done():
                    await asyncio.wait([task], timeout=0.01)
                    task.cancel()
                self.leaving.remove(task)
                self._start(work, *arguments)

    async def _try(self, kind: str, operation: Callable[[], Awaitable[None]]) -> None:
        """Do something that may come to nothing."""
        self.operations += 1
        self.kinds[kind] += 1
        if self.random.random() < 0.1:
            await asyncio.sleep(0)
        limit = None if self.calm else self.random.choice((None, None, 0, 0.0005, 0.005))
        timer = None
        task: Any = asyncio.current_task()
        if limit is not None:
            # As `asyncio.timeout` does, which older Pythons lack.
            timer = asyncio.get_running_loop().call_later(limit, task.cancel)
        try:
            await operation()
        except self.zmq.Again:
            self.kinds["Again"] += 1
        except asyncio.CancelledError:
            if timer is None or timer.when() > asyncio.get_running_loop().time() + 0.001:
                raise
            self.kinds["time-out"] += 1
        finally:
            if timer is not None:
                timer.cancel()

    async def _await(self, future: Any, done: Callable[[Any], None]) -> None:
        """Await a call in one of many ways, and note its result at once, whatever comes."""
        ways = {
            "plain": self._plain,
            "inner": self._inner,
            "wait_for": self._wait_for,
            "wait": self._wait,
            "shield": self._shield,
            "gather": self._gather,
            "twice": self._twice,
            "callback": self._callback,
            "asked": self._asked,
        }
        how = "plain" if self.calm else self.random.choice(list(ways))
        self.kinds[how] += 1
        await ways[how](future, done)

    async def _plain(self, future: Any, done: Callable[[Any], None]) -> None:
        done(await future)

    async def _inner(self, future: Any, done: Callable[[Any], None]) -> None:
        begun = False

        async def take() -> None:
            nonlocal begun
            begun = True
            done(await future)

        try:
            await asyncio.ensure_future(take())
        finally:
            if not begun:
                self._settle(future, done)

    async def _wait_for(self, future: Any, done: Callable[[Any], None]) -> None:
        limit = self.random.choice((0, 0.0005, 0.005, 10))
        try:
            done(await asyncio.wait_for(future, limit))
        except asyncio.TimeoutError:
            self.kinds["TimeoutError"] += 1

    async def _wait(self, future: Any, done: Callable[[Any], None]) -> None:
        limit = self.random.choice((0, 0.0005, 0.005, 10))
        try:
            await asyncio.wait([future], timeout=limit)
        finally:
            self._settle(future, done)

    async def _shield(self, future: Any, done: Callable[[Any], None]) -> None:
        try:
            await asyncio.shield(future)
        finally:
            self._settle(future, done)

    async def _gather(self, future: Any, done: Callable[[Any], None]) -> None:
        try:
            await asyncio.gather(future, asyncio.sleep(0))
        finally:
            self._settle(future, done)

    async def _twice(self, future: Any, done: Callable[[Any], None]) -> None:
        async def other() -> None:
            await future

        task = asyncio.ensure_future(other())
        try:
            await future
        finally:
            self._settle(future, done)
            task.cancel()
            await asyncio.wait([task])
            if not task.cancelled():
                task.exception()

    async def _callback(self, future: Any, done: Callable[[Any], None]) -> None:
        future.add_done_callback(lambda _: None)
        try:
            await future
        finally:
            self._settle(future, done)

    async def _asked(self, future: Any, done: Callable[[Any], None]) -> None:
        try:
            for _ in range(self.random.randrange(20)):
                if future.done():
                    break
                await asyncio.sleep(0)
        finally:
            self._settle(future, done)

    def _settle(self, future: Any, done: Callable[[Any], None]) -> None:
        """Cancel a call that is not wanted any more, unless it has its result."""
        if not future.cancel() and not future.cancelled() and future.exception() is None:
            done(future.result())

    async def _send(self, way: Road, sender: int) -> None:
        socket, zmq = way.source, self.zmq
        operations: dict[str, Callable[..., Any]] = {
            "send_multipart": lambda parts, pair: socket.send_multipart(parts),
            "send_multipart copy=False": lambda parts, pair: socket.send_multipart(
                parts, copy=False
            ),
            "send DONTWAIT": lambda parts, pair: socket.send_multipart(parts, zmq.DONTWAIT),
            "send_json": lambda parts, pair: socket.send_json(pair),
            "send_pyobj": lambda parts, pair: socket.send_pyobj(pair),
        }
        while self.sending:
            kind = self._choose([*operations, "send by parts", "send when ready"])
            number = way.sent[sender]
            parts = encode(self.random, sender, number)

            def sent(_: Any = None) -> None:
                way.sent[sender] += 1

            async def operation(kind: str = kind, number: int = number, parts: Any = parts) -> None:
                if kind == "send by parts":
                    for part in parts[:-1]:
                        await socket.send(part, zmq.SNDMORE)
                    await socket.send(parts[-1])
                    sent()
                elif kind == "send when ready":
                    if await socket.poll(5, zmq.POLLOUT):
                        await socket.send_multipart(parts, zmq.DONTWAIT)
                        sent()
                else:
                    await self._await(operations[kind](parts, [sender, number]), sent)

            await self._try(kind, operation)

    def _choose(self, kinds: Sequence[str]) -> str:
        calm = [kind for kind in kinds if "when" not in kind and "DONTWAIT" not in kind]
        return self.random.choice(calm if self.calm else kinds)

    async def _receive(self, way: Road) -> None:
        socket, zmq = way.target, self.zmq
        poller = importlib.import_module("ctzmq.asyncio").Poller()
        poller.register(socket, zmq.POLLIN)

        async def receive(kind: str) -> None:
            if kind == "recv by parts":
                parts = [await socket.recv()]
                while socket.rcvmore:
                    parts.append(await socket.recv())
                way.arrived(parts)
            elif kind == "recv_into":
                memory = bytearray(4000)
                parts = [bytes(memory[: await socket.recv_into(memory)])]
                while socket.rcvmore:
                    parts.append(bytes(memory[: await socket.recv_into(memory)]))
                way.arrived(parts)
            elif kind == "recv DONTWAIT":
                way.arrived(await socket.recv_multipart(zmq.DONTWAIT))
            elif kind == "recv when polled":
                if await socket.poll(5):
                    way.arrived(await socket.recv_multipart(zmq.DONTWAIT))
            elif kind == "recv when ready":
                if await poller.poll(5):
                    way.arrived(await socket.recv_multipart(zmq.DONTWAIT))
            else:
                copy = kind == "recv_multipart"
                await self._await(socket.recv_multipart(copy=copy), way.arrived)

        while self.receiving:
            kind = self._choose(RECEIVING)
            await self._try(kind, lambda kind=kind: receive(kind))  # type: ignore[misc]

    async def _disturb(self, socket: Any) -> None:
        """Do what swallows the edges that others wait for, and change the time-outs."""
        zmq = self.zmq
        shadow = type(socket).shadow(socket)
        poller = importlib.import_module("ctzmq.asyncio").Poller()
        for other in self.sockets:
            poller.register(other, zmq.POLLOUT)

        async def change() -> None:
            socket.rcvtimeo = self.random.choice((-1, -1, 0, 1, 7))
            socket.sndtimeo = self.random.choice((-1, -1, 0, 1, 7))

        async def ask(which: Any) -> None:
            which.getsockopt(zmq.EVENTS)

        operations: dict[str, Callable[..., Awaitable[Any]]] = {
            "EVENTS": lambda: ask(socket),
            "EVENTS of a shadow": lambda: ask(shadow),
            "poll POLLOUT": lambda: socket.poll(2, zmq.POLLOUT),
            "poll both": lambda: socket.poll(2, zmq.POLLIN | zmq.POLLOUT),
            "Poller over all": lambda: poller.poll(2),
            "poll of a shadow": lambda: shadow.poll(2),
            "time-outs": change,
        }
        while self.receiving:
            kind = self.random.choice(list(operations))
            await self._try(kind, operations[kind])
            await asyncio.sleep(self.random.choice((0, 0.0005, 0.002)))
