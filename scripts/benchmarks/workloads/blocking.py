"""One thread sends and receives within its process."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from benchmarks.workloads.setup import Loop, Setup, exchange, workload

DOCUMENT = {
    "id": 48151623,
    "name": "a document of ordinary size",
    "tags": ["alpha", "beta", "gamma"],
    "position": {"x": 12.5, "y": -7.25, "valid": True, "note": None},
    "values": list(range(20)),
}


@workload
def inproc(setup: Setup) -> Loop:
    """Send a message of one or more parts, receive it."""
    setup.queued = 0
    sender, receiver = setup.link("PAIR", "PAIR")
    if len(setup.parts) == 1:
        return exchange(sender.send, receiver.recv, setup.payload)
    return exchange(sender.send_multipart, receiver.recv_multipart, setup.parts)


@workload
def frames(setup: Setup) -> Loop:
    """Send bytes, receive them as a frame."""
    setup.queued = 0
    sender, receiver = setup.link("PAIR", "PAIR")
    send, recv, payload = sender.send, receiver.recv, setup.payload
    send(payload)
    assert recv(copy=False).bytes == payload

    def loop(count: int) -> None:
        for _ in range(count):
            send(payload)
            recv(copy=False)

    return loop


@workload
def encoded(setup: Setup) -> Loop:
    """Send and receive by the methods for text, JSON, objects or whatever is serialized."""
    setup.queued = 0
    sender, receiver = setup.link("PAIR", "PAIR")
    kind = setup.args["kind"]
    send, recv = getattr(sender, f"send_{kind}"), getattr(receiver, f"recv_{kind}")
    if kind == "serialized":
        send, recv = partial(send, serialize=to_parts), partial(recv, deserialize=from_parts)
    return exchange(send, recv, "text " * 20 if kind == "string" else DOCUMENT)


def to_parts(document: Any) -> list[bytes]:
    """Make a header and a body of a document."""
    return [b"document", json.dumps(document).encode()]


def from_parts(parts: list[bytes]) -> Any:
    """Make a document of a header and a body."""
    return json.loads(parts[1])


@workload
def poll(setup: Setup) -> Loop:
    """Send, wait with a Poller that watches this socket among others, receive."""
    setup.queued = 0
    sender, receiver = setup.link("PUSH", "PULL")
    idle = [setup.socket("PULL") for _ in range(setup.args.get("sockets", 1) - 1)]
    poller = setup.zmq.Poller()
    for socket in [*idle[::2], receiver, *idle[1::2]]:
        poller.register(socket, setup.zmq.POLLIN)
    send, wait, recv, payload = sender.send, poller.poll, receiver.recv, setup.payload

    def loop(count: int) -> None:
        for _ in range(count):
            send(payload)
            wait(1000)
            recv()

    return loop
