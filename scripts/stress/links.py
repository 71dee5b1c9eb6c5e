"""What stress runs share: sockets in pairs, and messages that tell when one of them goes astray."""

from __future__ import annotations

import json
import pickle
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

SENDERS = RECEIVERS = 3  # of each socket
ROOM = 4  # messages that a queue holds
STUCK = 15.0  # seconds without any message


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


class Links:
    """Some links of two DEALER sockets each, and what is done with them.

    In a ``calm`` run nothing is ended, times out or polls, so that nothing makes good for a wake-up
    that was lost.

    Parameters
    ----------
    zmq : module
        The names of pyzmq.
    context : Context
        Where the sockets belong.
    seed : int
        Of the random choices.
    transports : sequence of str
        An endpoint to bind for each link.
    calm : bool
        Whether it is a calm run.
    way : type
        What notes the messages of one direction.
    """

    def __init__(
        self,
        zmq: Any,
        context: Any,
        seed: int,
        transports: Sequence[str],
        calm: bool,
        way: type[Way] = Way,
    ) -> None:
        self.zmq = zmq
        self.calm = calm
        self.random = Random(seed)
        self.context = context
        self.ways: list[Any] = []
        self.sockets: list[Any] = []
        self.operations = 0
        self.kinds: Counter[str] = Counter()
        self.sending = self.receiving = True
        self.failure: BaseException | None = None
        self.workers: list[tuple[Any, Callable[..., Any], tuple[Any, ...]]] = []
        for endpoint in transports:
            a, b = (self._socket() for _ in range(2))
            a.bind(endpoint)
            b.connect(a.last_endpoint.decode())
            self.ways += [way(a, b), way(b, a)]

    def _socket(self) -> Any:
        socket = self.context.socket(self.zmq.DEALER)
        socket.linger = 0
        socket.set_hwm(ROOM)
        socket.sndbuf = socket.rcvbuf = 4096
        self.sockets.append(socket)
        return socket

    @property
    def received(self) -> int:
        """How many messages have arrived."""
        return sum(sum(way.received.values()) for way in self.ways)

    def complete(self) -> bool:
        """Tell whether all that was sent has arrived."""
        return all(way.sent == way.received for way in self.ways)

    def start(self) -> None:
        """Start all who send, receive, and disturb those; a subclass has each of their works."""
        for way in self.ways:
            for sender in range(SENDERS):
                self._start(self._send, way, sender)
            for _ in range(RECEIVERS):
                self._start(self._receive, way)
        for socket in self.sockets if not self.calm else ():
            self._start(self._disturb, socket)

    def _start(self, work: Callable[..., Any], *arguments: Any) -> None:
        raise NotImplementedError

    def _send(self, way: Any, sender: int) -> Any:
        raise NotImplementedError

    def _receive(self, way: Any) -> Any:
        raise NotImplementedError

    def _disturb(self, socket: Any) -> Any:
        raise NotImplementedError

    def watch(self) -> Iterator[None]:
        """Raise BrokenError at the first step after something failed, or when nothing moves."""
        received, moved = -1, time.monotonic()
        while True:
            if self.failure is not None:
                raise BrokenError(f"a worker failed: {self.failure!r}") from self.failure
            if self.received != received:
                received, moved = self.received, time.monotonic()
            elif time.monotonic() - moved > STUCK:
                raise BrokenError(f"stuck after {self.operations} operations: {self.ways}")
            yield

    def close(self) -> None:
        """Put the sockets and the context away."""
        for socket in self.sockets:
            socket.close(0)
        self.context.term()
