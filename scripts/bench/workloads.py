"""What is timed, written once against pyzmq's API and given the module that implements it.

A workload is made once in a worker process and then run many times. ``run(count)`` does ``count``
operations and returns the seconds they took. A workload that needs a second process starts a
partner: another worker, of the same module, which does its half when told so. Nothing is closed:
a worker's process ends when its standard input does, and its partner's with it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from types import ModuleType
from typing import Any, Protocol

from bench import greenlets

Spec = Mapping[str, Any]


class Workload(Protocol):
    """What a worker process needs of the thing it times."""

    def __init__(self, zmq: ModuleType, spec: Spec) -> None:
        """Get ready, with ``zmq`` as the binding."""

    def run(self, count: int) -> float:
        """Do ``count`` operations; return the seconds they took."""


class Partner:
    """The process on the other side of a connection."""

    def __init__(self, spec: Spec, workload: str, endpoint: str) -> None:
        partner = {**spec, "workload": workload, "endpoint": endpoint}
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("worker.py")), json.dumps(partner)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._read()

    def _read(self) -> None:
        assert self._process.stdout is not None
        if not self._process.stdout.readline():
            raise RuntimeError("the partner process ended early")

    def begin(self, count: int) -> None:
        """Let the partner do its half of ``count`` operations."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{count}\n")
        self._process.stdin.flush()

    def end(self) -> None:
        """Wait until the partner has done its half."""
        self._read()


class Inproc:
    """A message of one or more parts from one PAIR socket to another in the same thread."""

    def __init__(self, zmq: ModuleType, spec: Spec) -> None:
        self.zmq = zmq
        self.context = zmq.Context()
        self.sender = self.context.socket(zmq.PAIR)
        self.receiver = self.context.socket(zmq.PAIR)
        for socket in (self.sender, self.receiver):
            socket.set_hwm(0)
        self.receiver.bind("inproc://bench")
        self.sender.connect("inproc://bench")
        self.payload = bytes(spec["size"])
        self.parts = [self.payload] * spec["parts"]
        self.sender.send_multipart(self.parts)
        assert self.receiver.recv_multipart() == self.parts

    def run(self, count: int) -> float:
        """Send and receive ``count`` messages, one after the other."""
        if len(self.parts) > 1:
            return self._run_parts(count)
        send, recv, payload = self.sender.send, self.receiver.recv, self.payload
        start = perf_counter()
        for _ in range(count):
            send(payload)
            recv()
        return perf_counter() - start

    def _run_parts(self, count: int) -> float:
        send, recv, parts = self.sender.send_multipart, self.receiver.recv_multipart, self.parts
        start = perf_counter()
        for _ in range(count):
            send(parts)
            recv()
        return perf_counter() - start


class Poll(Inproc):
    """Send, wait with a Poller, receive."""

    def run(self, count: int) -> float:
        """Send, poll and receive ``count`` messages."""
        poller = self.zmq.Poller()
        poller.register(self.receiver, self.zmq.POLLIN)
        poll = poller.poll
        send, recv, payload = self.sender.send, self.receiver.recv, self.payload
        start = perf_counter()
        for _ in range(count):
            send(payload)
            poll(1000)
            recv()
        return perf_counter() - start


class _Connection:
    """One socket and a payload; the side that measures binds, its partner connects."""

    kind: str
    partner_workload: str | None = None

    def __init__(self, zmq: ModuleType, spec: Spec) -> None:
        self.context = zmq.Context()
        self.socket = self.context.socket(getattr(zmq, self.kind))
        self.payload = bytes(spec["size"])
        self.partner: Partner | None = None
        if self.partner_workload is None:
            self.socket.connect(spec["endpoint"])
        else:
            self.socket.bind("tcp://127.0.0.1:*")
            endpoint = self.socket.getsockopt_string(zmq.LAST_ENDPOINT)
            self.partner = Partner(spec, self.partner_workload, endpoint)


class Throughput(_Connection):
    """Receive messages that another process sends as fast as it can."""

    kind = "PULL"
    partner_workload = "sender"

    def run(self, count: int) -> float:
        """Receive ``count`` messages after a first one, which starts the clock."""
        assert self.partner is not None
        recv = self.socket.recv
        self.partner.begin(count + 1)
        first = recv()
        start = perf_counter()
        for _ in range(count):
            recv()
        seconds = perf_counter() - start
        self.partner.end()
        assert first == self.payload
        return seconds


class Sender(_Connection):
    """The partner of Throughput."""

    kind = "PUSH"

    def run(self, count: int) -> float:
        """Send ``count`` messages."""
        send, payload = self.socket.send, self.payload
        start = perf_counter()
        for _ in range(count):
            send(payload)
        return perf_counter() - start


class Latency(_Connection):
    """Send to another process and wait for what it sends back."""

    kind = "PAIR"
    partner_workload = "echo"

    def run(self, count: int) -> float:
        """Do ``count`` round trips."""
        assert self.partner is not None
        send, recv, payload = self.socket.send, self.socket.recv, self.payload
        self.partner.begin(count)
        start = perf_counter()
        for _ in range(count):
            send(payload)
            recv()
        seconds = perf_counter() - start
        self.partner.end()
        return seconds


class Echo(_Connection):
    """The partner of Latency."""

    kind = "PAIR"

    def run(self, count: int) -> float:
        """Send ``count`` messages back."""
        send, recv = self.socket.send, self.socket.recv
        start = perf_counter()
        for _ in range(count):
            send(recv())
        return perf_counter() - start


WORKLOADS: dict[str, type[Workload]] = {
    "inproc": Inproc,
    "poll": Poll,
    "throughput": Throughput,
    "sender": Sender,
    "latency": Latency,
    "echo": Echo,
    "green-inproc": greenlets.GreenInproc,
    "green-tcp": greenlets.GreenTcp,
    "green-latency": greenlets.GreenLatency,
}
