"""Greenlets that send, receive, poll, are killed and time out, all on the same few sockets.

Every message bears its sender and a number, so that one that is lost, doubled or out of order is
noticed at once; a run in which nothing arrives any more is stuck.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from stress.links import Links, Way, encode

BREATH = 50  # operations in a row that need not wait


@dataclass(frozen=True)
class Flavour:
    """A library of greenlets, and the module of sockets for it."""

    name: str
    zmq: ModuleType
    library: ModuleType
    spawn: Callable[..., Any]
    sleep: Callable[[float], Any]
    kill: Callable[..., Any]
    timeout: Callable[[float], AbstractContextManager[Any]]
    expired: type[BaseException]
    wait: Callable[[Any], Any]


def _flavour(name: str, home: str, wait: str) -> Flavour:
    library: Any = importlib.import_module(name)
    return Flavour(
        name=name,
        zmq=importlib.import_module(home),
        library=library,
        spawn=library.spawn,
        sleep=library.sleep,
        kill=library.kill,
        timeout=library.Timeout,
        expired=library.Timeout,
        wait=lambda greenlet: getattr(greenlet, wait)(),
    )


def eventlet() -> Flavour:
    """Return eventlet's; raises ImportError where it is not installed."""
    return _flavour("eventlet", "ctzmq.green", "wait")


def gevent() -> Flavour:
    """Return gevent's; raises ImportError where it is not installed."""
    return _flavour("gevent", "ctzmq.green.gevent", "get")


FLAVOURS = {"eventlet": eventlet, "gevent": gevent}


class Stress(Links):
    """A run over some links of two DEALER sockets each, by greenlets of one library."""

    def __init__(
        self, flavour: Flavour, seed: int, transports: Sequence[str], calm: bool = False
    ) -> None:
        super().__init__(flavour.zmq, flavour.zmq.Context(), seed, transports, calm)
        self.flavour = flavour

    def run(self, operations: int) -> None:
        """Do so many operations, then wait until all that was sent has arrived.

        Raises BrokenError.
        """
        self.start()
        try:
            self._watch(lambda: self.operations >= operations, chaos=not self.calm)
            self.sending = False
            self._watch(self.complete, chaos=False)
        finally:
            self.sending = self.receiving = False
            for greenlet, _, _ in self.workers:
                self.flavour.kill(greenlet)
            self.close()

    def _start(self, work: Callable[..., None], *arguments: Any) -> None:
        greenlet = self.flavour.spawn(self._guard, work, *arguments)
        self.workers.append((greenlet, work, arguments))

    def _guard(self, work: Callable[..., None], *arguments: Any) -> None:
        try:
            work(*arguments)
        except Exception as problem:
            self.failure = self.failure or problem

    def _watch(self, done: Callable[[], bool], chaos: bool) -> None:
        """Kill a greenlet now and then, until something is done."""
        steps = self.watch()
        while not done():
            self.flavour.sleep(self.random.uniform(0, 0.003))
            next(steps)
            if chaos:
                victim = self.random.randrange(len(self.workers))
                greenlet, work, arguments = self.workers.pop(victim)
                self.flavour.kill(greenlet)
                self.kinds["kill"] += 1
                self._start(work, *arguments)

    def _try(self, kind: str, operation: Callable[[], Any]) -> Any:
        """Do something that may come to nothing; return None then."""
        self.operations += 1
        self.kinds[kind] += 1
        if self.operations % BREATH == 0:
            self.flavour.sleep(0)
        limit = None if self.calm else self.random.choice((None, None, 0.0005, 0.005))
        try:
            if limit is None:
                return operation()
            with self.flavour.timeout(limit):
                return operation()
        except self.zmq.Again:
            self.kinds["Again"] += 1
        except self.flavour.expired:
            self.kinds["Timeout"] += 1
        return None

    def _choose(self, operations: dict[str, Any]) -> str:
        calm = [kind for kind in operations if "when" not in kind and "DONTWAIT" not in kind]
        return self.random.choice(calm if self.calm else list(operations))

    def _send(self, way: Way, sender: int) -> None:
        socket, zmq = way.source, self.zmq
        operations: dict[str, Callable[..., Any]] = {
            "send_multipart": lambda parts, pair: socket.send_multipart(parts),
            "send_multipart copy=False": lambda parts, pair: socket.send_multipart(
                parts, copy=False
            ),
            "send by parts": lambda parts, pair: self._send_parts(socket, parts),
            "send DONTWAIT": lambda parts, pair: socket.send_multipart(parts, zmq.DONTWAIT),
            "send_json": lambda parts, pair: socket.send_json(pair),
            "send_pyobj": lambda parts, pair: socket.send_pyobj(pair),
            "send when ready": lambda parts, pair: (
                socket.poll(5, zmq.POLLOUT) and self._note(way, sender, socket, parts)
            ),
        }
        while self.sending:
            kind = self._choose(operations)
            number = way.sent[sender]
            parts = encode(self.random, sender, number)

            def operation(kind: str = kind, number: int = number, parts: Any = parts) -> None:
                operations[kind](parts, [sender, number])
                if kind != "send when ready":
                    # Before anything else can run or be thrown.
                    way.sent[sender] += 1

            self._try(kind, operation)

    def _note(self, way: Way, sender: int, socket: Any, parts: list[bytes]) -> bool:
        socket.send_multipart(parts, self.zmq.DONTWAIT)
        way.sent[sender] += 1
        return True

    def _send_parts(self, socket: Any, parts: list[bytes]) -> None:
        for part in parts[:-1]:
            socket.send(part, self.zmq.SNDMORE)
        socket.send(parts[-1])

    def _receive(self, way: Way) -> None:
        socket, zmq = way.target, self.zmq
        poller = zmq.Poller()
        poller.register(socket, zmq.POLLIN)
        operations: dict[str, Callable[..., Any]] = {
            "recv_multipart": lambda: socket.recv_multipart(),
            "recv_multipart copy=False": lambda: socket.recv_multipart(copy=False),
            "recv by parts": lambda: self._receive_parts(socket),
            "recv_into": lambda: self._receive_into(socket),
            "recv DONTWAIT": lambda: socket.recv_multipart(zmq.DONTWAIT),
            "recv when polled": lambda: socket.poll(5) and socket.recv_multipart(zmq.DONTWAIT),
            "recv when ready": lambda: poller.poll(5) and socket.recv_multipart(zmq.DONTWAIT),
        }
        while self.receiving:
            kind = self._choose(operations)

            def operation(kind: str = kind) -> None:
                parts = operations[kind]()
                if parts:
                    way.arrived(parts)

            self._try(kind, operation)

    def _receive_parts(self, socket: Any) -> list[bytes]:
        parts = [socket.recv()]
        while socket.rcvmore:
            parts.append(socket.recv())
        return parts

    def _receive_into(self, socket: Any) -> list[bytes]:
        memory = bytearray(4000)
        parts = [bytes(memory[: socket.recv_into(memory)])]
        while socket.rcvmore:
            parts.append(bytes(memory[: socket.recv_into(memory)]))
        return parts

    def _disturb(self, socket: Any) -> None:
        """Do what swallows the edges that others wait for, and change the time-outs."""
        zmq = self.zmq
        shadow = type(socket).shadow(socket)
        poller = zmq.Poller()
        for other in self.sockets:
            poller.register(other, zmq.POLLOUT)

        def change() -> None:
            socket.rcvtimeo = self.random.choice((-1, -1, 0, 1, 7))
            socket.sndtimeo = self.random.choice((-1, -1, 0, 1, 7))

        operations: dict[str, Callable[..., Any]] = {
            "EVENTS": lambda: socket.getsockopt(zmq.EVENTS),
            "EVENTS of a shadow": lambda: shadow.getsockopt(zmq.EVENTS),
            "poll POLLOUT": lambda: socket.poll(2, zmq.POLLOUT),
            "poll both": lambda: socket.poll(2, zmq.POLLIN | zmq.POLLOUT),
            "Poller over all": lambda: poller.poll(2),
            "poll of a shadow": lambda: shadow.poll(2),
            "time-outs": change,
        }
        while self.receiving:
            kind = self.random.choice(list(operations))
            self._try(kind, operations[kind])
            self.flavour.sleep(self.random.choice((0, 0.0005, 0.002)))
