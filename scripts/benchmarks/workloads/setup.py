"""What every workload is made of: the binding, its arguments, connected sockets, a partner.

A workload is a function that is called once in a worker process. It gets a `Setup`, and returns a
loop, which is called many times with the number of operations to do. A loop returns nothing, and
its whole call is timed; or what it measured itself: seconds, or bytes. Nothing is closed: a
worker's process ends when its standard input does, and its partner's with it.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Callable, Optional

Loop = Callable[[int], Optional[float]]
Workload = Callable[["Setup"], Loop]

WORKLOADS: dict[str, Workload] = {}

# So much may wait in a queue; of small messages, libzmq's own limit of a thousand.
QUEUED_BYTES = 100_000_000
# So many sockets a process can have.
MANY = 20_000


def workload(function: Workload) -> Workload:
    """Give a workload its place in the table, under its own name."""
    WORKLOADS[function.__name__] = function
    return function


class Partner:
    """The process on the other side of a connection: a worker of the same binding."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        script = Path(__file__).parent.with_name("worker.py")
        self._process = subprocess.Popen(
            [sys.executable, os.fspath(script), json.dumps(spec)],
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


class Setup:
    """The binding, the arguments of the workload, and what can be made with them."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.spec = spec
        self.args: Mapping[str, Any] = spec.get("args", {})
        self.zmq: Any = importlib.import_module(spec["module"])
        if "turns" in spec:
            engine: Any = importlib.import_module("ctzmq.green.engine")
            engine.TURNS = spec["turns"]
        if "share" in spec:
            pace: Any = importlib.import_module("ctzmq.asyncio.pace")
            pace.SHARE = spec["share"]
        #: Whose sockets are made; the constants are those of ``zmq`` in any case.
        self.flavour: Any = self.zmq
        self.transport: str = self.args.get("transport", "inproc")
        self.size: int = self.args.get("size", 100)
        self.payload = bytes(self.size)
        self.parts = [self.payload] * self.args.get("parts", 1)
        #: How many messages a socket queues; 0 means no limit.
        self.queued = max(2, min(1000, QUEUED_BYTES // max(self.size, 1)))
        #: What has to live as long as the process.
        self.kept: Any = None
        self._context: Any = None
        self._endpoints = 0

    def submodule(self, name: str) -> ModuleType:
        """Import a module of the binding."""
        return importlib.import_module(f"{self.spec['module']}.{name}")

    def use(self, name: str) -> None:
        """Let sockets be made by a submodule such as ``asyncio``."""
        self.flavour = self.submodule(name)

    @property
    def context(self) -> Any:
        """The one context, with room for thousands of sockets."""
        if self._context is None:
            self._context = self.flavour.Context()
            if hasattr(self.zmq, "MAX_SOCKETS"):
                self._context.set(self.zmq.MAX_SOCKETS, MANY)
            more_descriptors()
        return self._context

    def socket(self, kind: str) -> Any:
        """Make a socket."""
        socket = self.context.socket(getattr(self.zmq, kind))
        socket.setsockopt(self.zmq.SNDHWM, self.queued)
        socket.setsockopt(self.zmq.RCVHWM, self.queued)
        return socket

    def bind(self, socket: Any) -> str:
        """Bind a socket where nobody else is; return the endpoint to connect to."""
        self._endpoints += 1
        if self.transport == "inproc":
            endpoint = f"inproc://bench-{self._endpoints}"
            socket.bind(endpoint)
            return endpoint
        if self.transport == "ipc":
            socket.bind(f"ipc://{self.spec['folder']}/{os.getpid()}-{self._endpoints}")
        else:
            socket.bind("tcp://127.0.0.1:*")
        endpoint = socket.getsockopt(self.zmq.LAST_ENDPOINT)
        return bytes(endpoint).rstrip(b"\0").decode()

    def link(self, first: str, second: str) -> tuple[Any, Any]:
        """Make two connected sockets of these kinds."""
        one, other = self.socket(first), self.socket(second)
        other.connect(self.bind(one))
        return one, other

    def serve(self, kind: str, partner: str) -> tuple[Any, Partner]:
        """Make a bound socket, and a process which connects to it and runs ``partner``."""
        socket = self.socket(kind)
        spec = {**self.spec, "workload": partner, "endpoint": self.bind(socket)}
        return socket, Partner(spec)

    def join(self, kind: str) -> Any:
        """Make the partner's socket, connected to the one that serves."""
        socket = self.socket(kind)
        socket.connect(self.spec["endpoint"])
        return socket


def more_descriptors() -> None:
    """Raise the limit of open files: each socket needs one."""
    try:
        import resource
    except ImportError:
        return  # no such limit on Windows
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MANY if most == resource.RLIM_INFINITY else min(MANY, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def exchange(send: Callable[[Any], Any], recv: Callable[[], Any], message: Any) -> Loop:
    """Return the loop that sends and receives, one after the other, and try it."""
    send(message)
    assert recv() == message

    def loop(count: int) -> None:
        for _ in range(count):
            send(message)
            recv()

    return loop


def sent(send: Callable[[Any], Any], message: Any, count: int) -> None:
    """Send a message many times."""
    for _ in range(count):
        send(message)


def received(recv: Callable[[], Any], count: int) -> None:
    """Receive many messages."""
    for _ in range(count):
        recv()


def turns(total: int, most: int) -> Sequence[int]:
    """Split a number of operations into rounds of at most ``most``."""
    whole, rest = divmod(total, most)
    return [most] * whole + [rest] * bool(rest)
