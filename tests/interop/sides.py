"""The two sides of a test: ctzmq in this process, and a zmq module in another one.

A remote object stands for one of the other process: its attributes and calls are those of that
object, so that a test can work a socket without knowing on which side it is.
"""

from __future__ import annotations

import json
import queue
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Callable

import ctzmq

from .peer import pack, unpack

SCRIPT = Path(__file__).with_name("peer.py")
#: Seconds until the other process counts as stuck; milliseconds until a socket's call does.
PATIENCE = 20.0
SOCKET_PATIENCE = 10_000


class RemoteError(Exception):
    """What the other process raised: its class by name, and its errno."""

    def __init__(self, kind: str, errno: int | None, text: str) -> None:
        super().__init__(f"{kind} (errno {errno}): {text}")
        self.kind = kind
        self.errno = errno


class Remote:
    """An object of the other process."""

    def __init__(self, peer: Peer, number: int) -> None:
        self._peer = peer
        self._number = number

    def __getattr__(self, name: str) -> Any:
        return self._peer.do("get", of=self._number, name=name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._peer.do(
            "call",
            of=self._number,
            args=[pack(value, _number) for value in args],
            kwargs={name: pack(value, _number) for name, value in kwargs.items()},
        )


def _number(value: Any) -> int:
    assert isinstance(value, Remote), f"{value!r} cannot go to the other process"
    return value._number


class Peer:
    """A process that works a zmq module for this one."""

    def __init__(
        self, command: Sequence[str | Path], module: str, env: dict[str, str] | None = None
    ) -> None:
        self._stderr = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self._process = subprocess.Popen(
            [*map(str, command), str(SCRIPT), module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
            env=env,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.greeting = self._answer("its start")
        self.zmq: Any = Remote(self, 0)

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def do(self, what: str, **command: Any) -> Any:
        """Have a command carried out; raise RemoteError for what it raised there."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"do": what, **command}) + "\n")
        self._process.stdin.flush()
        answer = self._answer(f"{what} {command!s:.200}")
        if "error" in answer:
            raise RemoteError(answer["error"], answer["errno"], answer["text"])
        return unpack(answer["result"], lambda number: Remote(self, number))

    def _answer(self, what: str) -> dict[str, Any]:
        try:
            line = self._lines.get(timeout=PATIENCE)
        except queue.Empty:
            line = ""
        if not line:
            self.kill()
            self._stderr.seek(0)
            printed = self._stderr.read()
            self.stop()
            raise AssertionError(f"no answer to {what}; it printed: {printed}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.wait(PATIENCE)

    def stop(self) -> None:
        """End the process in good order; whatever state it is in, it is gone afterwards."""
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.close()
            self._process.wait(PATIENCE)
        except (OSError, subprocess.TimeoutExpired):
            self.kill()
        self._reader.join(PATIENCE)
        self._process.stdout.close()
        self._stderr.close()


class Side:
    """One side of a connection: a zmq module, here or in the other process, and a context."""

    def __init__(self, name: str, zmq: Any, load: Callable[[str], Any]) -> None:
        self.name = name
        self.zmq = zmq
        self._load = load
        self.context = zmq.Context()
        self._sockets: list[Any] = []

    def __repr__(self) -> str:
        return self.name

    def socket(self, kind: int, **options: Any) -> Any:
        """Make a socket with options by name, none of whose calls waits for ever."""
        socket = self.context.socket(int(kind))
        self._sockets.append(socket)
        patience = {"rcvtimeo": SOCKET_PATIENCE, "sndtimeo": SOCKET_PATIENCE}
        for name, value in {"linger": 0, **patience, **options}.items():
            socket.set(int(getattr(ctzmq, name.upper())), value)
        return socket

    def module(self, name: str) -> Any:
        """Return a module of the side's package, such as "utils.monitor"."""
        return self._load(name)

    def monitor(self, socket: Any) -> Monitor:
        """Watch what happens to a socket of this side."""
        return Monitor(self, socket)

    def close(self) -> None:
        """Close all sockets and end the context."""
        self.context.destroy(linger=0)
        self._sockets.clear()


class Monitor:
    """What happens to the connections of a socket."""

    def __init__(self, side: Side, socket: Any) -> None:
        self._receive = side.module("utils.monitor").recv_monitor_message
        self._socket = socket.get_monitor_socket()
        self._socket.set(ctzmq.RCVTIMEO, SOCKET_PATIENCE)

    def wait(self, event: int) -> dict[str, Any]:
        """Return the next report of an event, and skip others."""
        while True:
            report: dict[str, Any] = self._receive(self._socket)
            if report["event"] == event:
                return report

    def until(self, event: int) -> list[int]:
        """Return the events up to the next one of a kind."""
        seen = [self._receive(self._socket)["event"]]
        while seen[-1] != event:
            seen.append(self._receive(self._socket)["event"])
        return seen


def failure(call: Callable[[], Any]) -> tuple[str, int | None]:
    """Return class name and errno of what a call raises, on either side."""
    try:
        value = call()
    except RemoteError as error:
        return error.kind, error.errno
    except Exception as error:
        return type(error).__name__, getattr(error, "errno", None)
    raise AssertionError(f"it raised nothing and returned {value!r}")
