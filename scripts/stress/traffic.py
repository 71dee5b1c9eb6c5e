"""Messages of mixed sizes, sent and received in every way, and checked."""

from __future__ import annotations

import gc
import os
import sys
from collections import deque
from collections.abc import Callable, Iterator
from random import Random
from types import ModuleType
from typing import Any

LARGEST = 1_000_000
BATCH_BYTES = 2_000_000
BATCH_MESSAGES = 100
LATE_FINALIZERS = 3 if sys.implementation.name == "pypy" else 0
KEPT = 20  # received views that are looked at again later
KEPT_BYTES = 20_000

# Bytes and weight: most messages are small, most bytes are in large ones.
SIZES = {
    0: 50,
    1: 50,
    20: 250,
    100: 350,
    300: 150,
    1_000: 100,
    10_000: 30,
    70_000: 5,
    200_000: 2,
    LARGEST: 1,
}


class LostError(Exception):
    """A message arrived changed, or not at all, or a payload was never let go."""


class Channel:
    """A connected pair of sockets, whose messages go one way."""

    def __init__(
        self, zmq: ModuleType, context: Any, kinds: tuple[str, str], endpoint: str, threshold: int
    ) -> None:
        self.name = f"{kinds[0]} over {endpoint.partition(':')[0]}, copy_threshold {threshold}"
        self.shares = endpoint.startswith("inproc:")  # receives the sender's own memory
        self.receiver = context.socket(getattr(zmq, kinds[1]))
        self.sender = context.socket(getattr(zmq, kinds[0]))
        self.sender.copy_threshold = threshold
        for socket in (self.sender, self.receiver):
            socket.set_hwm(0)
            socket.linger = 0
            socket.rcvtimeo = 20_000
        self.receiver.bind(endpoint)
        self.sender.connect(self.receiver.getsockopt_string(zmq.LAST_ENDPOINT))


def channels(zmq: ModuleType, context: Any, folder: str) -> list[Channel]:
    """Return connected channels over every transport, with and without zero copy."""
    default = 65_536
    made = [
        Channel(zmq, context, ("PAIR", "PAIR"), "inproc://small", 0),
        Channel(zmq, context, ("PUSH", "PULL"), "inproc://default", default),
        Channel(zmq, context, ("PUSH", "PULL"), "tcp://127.0.0.1:*", 0),
        Channel(zmq, context, ("DEALER", "DEALER"), "tcp://127.0.0.1:*", default),
    ]
    if zmq.has("ipc"):
        made.append(Channel(zmq, context, ("DEALER", "DEALER"), f"ipc://{folder}/soak", 0))
    return made


class Traffic:
    """Makes batches of messages, sends and receives them."""

    def __init__(self, zmq: ModuleType, random: Random) -> None:
        self.zmq = zmq
        self.random = random
        self._noise = os.urandom(2 * LARGEST)
        self._buffer = bytearray(LARGEST)
        self._trackers: list[Any] = []
        self._kept: deque[tuple[memoryview, bytes]] = deque()
        self._senders: list[Callable[[Any, list[bytes]], None]] = [
            self._send_copy,
            self._send_copy,
            self._send_copy,
            self._send_zero_copy,
            self._send_zero_copy,
            self._send_views,
            self._send_tracked,
            self._send_frames,
        ]
        self._receivers: list[Callable[[Any], list[bytes]]] = [
            self._receive_copy,
            self._receive_copy,
            self._receive_parts,
            self._receive_frames,
            self._receive_frame_parts,
            self._receive_into,
        ]

    def batch(self) -> Iterator[list[bytes]]:
        """Yield the messages of one batch, each a list of parts, within the limits of a batch."""
        room = BATCH_BYTES
        choose = self.random.random
        sizes = self.random.choices(list(SIZES), [*SIZES.values()], k=BATCH_MESSAGES)
        while sizes:
            count = 1 if choose() < 0.8 else min(len(sizes), self.random.randrange(2, 6))
            parts = [self._payload(sizes.pop()) for _ in range(count)]
            yield parts
            room -= sum(map(len, parts))
            if room < 0:
                return

    def _payload(self, size: int) -> bytes:
        start = int(self.random.random() * LARGEST)
        return self._noise[start : start + size]

    def run_batch(self, channel: Channel) -> int:
        """Send one batch, receive and check it; return the number of messages.

        Raises LostError when what arrives is not what was sent.
        """
        choice = self.random.choice
        messages = list(self.batch())
        for message in messages:
            choice(self._senders)(channel.sender, message)
        for number, message in enumerate(messages):
            receive = choice(self._receivers)
            try:
                got = receive(channel.receiver)
            except self.zmq.Again:
                raise LostError(f"{channel.name}: message {number} did not arrive") from None
            if got != message:
                sizes = [len(part) for part in message], [len(part) for part in got]
                raise LostError(
                    f"{channel.name}: {receive.__name__} changed {sizes[0]} to {sizes[1]}"
                )
        del messages, message, got
        self._drop_kept(0 if channel.shares else KEPT)
        for tracker in self._trackers:
            for _ in range(LATE_FINALIZERS):
                # What a view kept is collected only after the view.
                if not tracker.done:
                    gc.collect()
            try:
                tracker.wait(timeout=20)
            except self.zmq.NotDone:
                raise LostError(f"{channel.name}: a payload is still in use") from None
        self._trackers.clear()
        return number + 1

    def _send_copy(self, socket: Any, parts: list[bytes]) -> None:
        if len(parts) == 1:
            socket.send(parts[0])
        else:
            socket.send_multipart(parts)

    def _send_zero_copy(self, socket: Any, parts: list[bytes]) -> None:
        if len(parts) == 1:
            socket.send(parts[0], copy=False)
        else:
            socket.send_multipart(parts, copy=False)

    def _send_views(self, socket: Any, parts: list[bytes]) -> None:
        *first, last = parts
        for part in first:
            socket.send(memoryview(part), self.zmq.SNDMORE, copy=False)
        socket.send(bytearray(last))

    def _send_tracked(self, socket: Any, parts: list[bytes]) -> None:
        self._trackers.append(socket.send_multipart(parts, copy=False, track=True))

    def _send_frames(self, socket: Any, parts: list[bytes]) -> None:
        socket.send_multipart([self.zmq.Frame(part) for part in parts])

    def _receive_copy(self, socket: Any) -> list[bytes]:
        parts = [socket.recv()]
        while socket.rcvmore:
            parts.append(socket.recv())
        return parts

    def _receive_parts(self, socket: Any) -> list[bytes]:
        parts: list[bytes] = socket.recv_multipart()
        return parts

    def _receive_frames(self, socket: Any) -> list[bytes]:
        frame = socket.recv(copy=False)
        parts = [frame.bytes]
        while frame.more:
            frame = socket.recv(copy=False)
            parts.append(frame.bytes)
        return parts

    def _receive_frame_parts(self, socket: Any) -> list[bytes]:
        views = [memoryview(frame.buffer) for frame in socket.recv_multipart(copy=False)]
        parts = [bytes(view) for view in views]
        if len(parts[0]) < KEPT_BYTES:
            self._kept.append((views[0], parts[0]))
        return parts

    def _drop_kept(self, most: int) -> None:
        while len(self._kept) > most:
            view, content = self._kept.popleft()
            if view != content:
                raise LostError("a received view changed while it was kept")

    def _receive_into(self, socket: Any) -> list[bytes]:
        parts = []
        while True:
            size = socket.recv_into(self._buffer)
            parts.append(bytes(memoryview(self._buffer)[:size]))
            if not socket.rcvmore:
                return parts
