"""Greenlets that send, receive, poll, are killed and time out, all on the same few sockets.

Every message bears its sender and a number, so that one that is lost, doubled or out of order is
noticed at once; a run in which nothing arrives any more is stuck.
"""

from __future__ import annotations

import importlib
import json
import pickle
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from random import Random
from types import ModuleType
from typing import Any

SENDERS = RECEIVERS = 3  # of each socket
ROOM = 4  # messages that a queue holds
STUCK = 15.0  # seconds without any message
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


def eventlet() -> Flavour:
    """Return eventlet's; raises ImportError where it is not installed."""
    library: Any = importlib.import_module("eventlet")
    zmq = importlib.import_module("ctzmq.green")
    return Flavour(
        name="eventlet",
        zmq=zmq,
        library=library,
        spawn=library.spawn,
        sleep=library.sleep,
        kill=library.kill,
        timeout=library.Timeout,
        expired=library.Timeout,
        wait=lambda greenlet: greenlet.wait(),
    )


def gevent() -> Flavour:
    """Return gevent's; raises ImportError where it is not installed."""
    library: Any = importlib.import_module("gevent")
    zmq = importlib.import_module("ctzmq.green.gevent")
    return Flavour(
        name="gevent",
        zmq=zmq,
        library=library,
        spawn=library.spawn,
        sleep=library.sleep,
        kill=library.kill,
        timeout=library.Timeout,
        expired=library.Timeout,
        wait=lambda greenlet: greenlet.get(),
    )


FLAVOURS = {"eventlet": eventlet, "gevent": gevent}


class BrokenError(Exception):
    """A message was lost, doubled or out of order, or nothing moves any more."""


@dataclass
class Way:
    """One direction between two sockets: what each sender sent, and what of it arrived."""

    source: Any
    target: Any
    sent: Counter[int] = field(default_factory=Counter)
    received: Counter[int] = field(default_factory=Counter)

    def arrived(self, parts: Sequence[bytes]) -> None:
        """Note a message."""
        sender, number = decode(parts)
        if number != self.received[sender]:
            raise BrokenError(f"message {self.received[sender]} of {sender} came as {number}")
        self.received[sender] += 1


def encode(random: Random, sender: int, number: int) -> list[bytes]:
    """Make a message of up to four parts."""
    count = random.randrange(4)
    sizes = [random.choice((0, 1, 30, 200, 3000)) for _ in range(count)]
    return [b"%d %d %d" % (sender, number, count)] + [bytes([sender]) * size for size in sizes]


def decode(parts: Sequence[bytes]) -> tuple[int, int]:
    """Tell sender and number of a message, which must be whole."""
    head = bytes(parts[0])
    if len(parts) == 1 and head[:1] in (b"[", b"\x80"):
        sender, number = json.loads(head) if head[:1] == b"[" else pickle.loads(head)
        return sender, number
    sender, number, count = map(int, head.split())
    if len(parts) != 1 + count or any(bytes(part).strip(bytes([sender])) for part in parts[1:]):
        raise BrokenError(f"a message arrived in pieces: {[bytes(p)[:20] for p in parts]}")
    return sender, number


class Stress:
    """A run over some links of two DEALER sockets each.

    In a ``calm`` one nothing is killed, times out or polls, so that nothing makes good for a
    wake-up that was lost.
    """

    def __init__(
        self, flavour: Flavour, seed: int, transports: Sequence[str], calm: bool = False
    ) -> None:
        self.flavour = flavour
        self.calm = calm
        self.zmq: Any = flavour.zmq
        self.random = Random(seed)
        self.context = self.zmq.Context()
        self.ways: list[Way] = []
        self.sockets: list[Any] = []
        self.operations = 0
        self.kinds: Counter[str] = Counter()
        self.sending = self.receiving = True
        self.failure: BaseException | None = None
        self.workers: list[tuple[Any, Callable[..., None], tuple[Any, ...]]] = []
        for endpoint in transports:
            a, b = (self._socket() for _ in range(2))
            a.bind(endpoint)
            b.connect(a.last_endpoint.decode())
            self.ways += [Way(a, b), Way(b, a)]

    def _socket(self) -> Any:
        socket = self.context.socket(self.zmq.DEALER)
        socket.linger = 0
        socket.set_hwm(ROOM)
        socket.sndbuf = socket.rcvbuf = 4096
        self.sockets.append(socket)
        return socket

    def run(self, operations: int) -> None:
        """Do so many operations, then wait until all that was sent has arrived.

        Raises BrokenError.
        """
        for way in self.ways:
            for sender in range(SENDERS):
                self._start(self._send, way, sender)
            for _ in range(RECEIVERS):
                self._start(self._receive, way)
        for socket in self.sockets if not self.calm else ():
            self._start(self._disturb, socket)
        try:
            self._watch(lambda: self.operations >= operations, chaos=not self.calm)
            self.sending = False
            self._watch(lambda: all(way.sent == way.received for way in self.ways), chaos=False)
        finally:
            self.sending = self.receiving = False
            for greenlet, _, _ in self.workers:
                self.flavour.kill(greenlet)
            for socket in self.sockets:
                socket.close(0)
            self.context.term()

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
        received, moved = -1, time.monotonic()
        while not done():
            self.flavour.sleep(self.random.uniform(0, 0.003))
            if self.failure is not None:
                raise BrokenError(f"a greenlet failed: {self.failure!r}") from self.failure
            total = sum(sum(way.received.values()) for way in self.ways)
            if total != received:
                received, moved = total, time.monotonic()
            elif time.monotonic() - moved > STUCK:
                raise BrokenError(f"stuck after {self.operations} operations: {self.ways}")
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
