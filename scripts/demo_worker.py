"""A worker of the demo: a process with one blocking socket, which examines what it is sent.

python scripts/demo_worker.py ENDPOINT: serve the broker there until the standard input ends. So
no worker outlives the process that started it, however that one ends.
"""

from __future__ import annotations

import hashlib
import sys

import ctzmq as zmq


def examine(content: bytes) -> tuple[int, str]:
    """Count the lines of a file's content and compute its SHA-256."""
    return len(content.splitlines()), hashlib.sha256(content).hexdigest()


def serve(broker: str, lifeline: int) -> None:
    """Answer each file with its name and what is found, until a descriptor ends."""
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.linger = 0
        socket.connect(broker)
        poller = zmq.Poller()
        poller.register(socket, zmq.POLLIN)
        poller.register(lifeline, zmq.POLLIN | zmq.POLLERR)
        while lifeline not in (ready := dict(poller.poll())):
            if socket in ready:
                name, content = socket.recv_multipart()
                lines, sha256 = examine(content)
                socket.send_multipart([name, b"%d" % lines, sha256.encode()])


if __name__ == "__main__":
    serve(sys.argv[1], sys.stdin.fileno())
