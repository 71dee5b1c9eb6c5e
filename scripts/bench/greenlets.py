"""Workloads whose two halves are greenlets of one process."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from time import perf_counter
from types import ModuleType
from typing import Any

ENDPOINTS = {"inproc": "inproc://bench", "tcp": "tcp://127.0.0.1:*"}


class _Greenlets:
    """Two connected sockets, and a greenlet for each."""

    kinds = ("PUSH", "PULL")
    transport = "tcp"

    def __init__(self, zmq: ModuleType, spec: Mapping[str, Any]) -> None:
        library: Any = importlib.import_module(spec["library"])
        self._spawn = library.spawn
        self._end = "wait" if spec["library"] == "eventlet" else "get"
        self.context = zmq.Context()
        self.first, self.second = (self.context.socket(getattr(zmq, k)) for k in self.kinds)
        self.first.bind(ENDPOINTS[self.transport])
        endpoint = self.first.getsockopt(zmq.LAST_ENDPOINT).rstrip(b"\0").decode()
        self.second.connect(endpoint)
        self.payload = bytes(spec["size"])

    def run(self, count: int) -> float:
        """Let each greenlet do its half of ``count`` operations."""
        start = perf_counter()
        greenlets = [self._spawn(half, count) for half in self._halves()]
        for greenlet in greenlets:
            getattr(greenlet, self._end)()
        return perf_counter() - start

    def _halves(self) -> tuple[Callable[[int], None], Callable[[int], None]]:
        return self._receive, self._send

    def _send(self, count: int) -> None:
        send, payload = self.first.send, self.payload
        for _ in range(count):
            send(payload)

    def _receive(self, count: int) -> None:
        recv = self.second.recv
        for _ in range(count):
            recv()


class GreenTcp(_Greenlets):
    """One greenlet sends to another over TCP."""


class GreenInproc(_Greenlets):
    """One greenlet sends to another within the process."""

    transport = "inproc"


class GreenLatency(_Greenlets):
    """One greenlet asks, another answers, over TCP."""

    kinds = ("REP", "REQ")

    def _halves(self) -> tuple[Callable[[int], None], Callable[[int], None]]:
        return self._answer, self._ask

    def _answer(self, count: int) -> None:
        send, recv = self.first.send, self.first.recv
        for _ in range(count):
            send(recv())

    def _ask(self, count: int) -> None:
        send, recv, payload = self.second.send, self.second.recv, self.payload
        for _ in range(count):
            send(payload)
            recv()
