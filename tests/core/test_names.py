"""Host names of endpoints: where they stand, which address they are, who looks them up."""

from __future__ import annotations

import _socket
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from ctzmq.core import names
from ctzmq.libzmq import loader

LOOPBACK = "lo0" if sys.platform == "darwin" else "lo"


@pytest.mark.parametrize(
    ("endpoint", "parts"),
    [
        ("tcp://localhost:5", ("tcp://", "localhost", ":5")),
        ("tcp://localhost:*", ("tcp://", "localhost", ":*")),
        ("tcp://[localhost]:0", ("tcp://", "localhost", ":0")),
        ("tcp://a-b.example_c:5", ("tcp://", "a-b.example_c", ":5")),
        ("tcp://4host:5", ("tcp://", "4host", ":5")),
        ("udp://localhost:5", ("udp://", "localhost", ":5")),
        ("ws://localhost:5", ("ws://", "localhost", ":5/")),
        ("ws://localhost:*/a/path:1", ("ws://", "localhost", ":*/a/path:1")),
        ("wss://localhost:5/", ("wss://", "localhost", ":5/")),
    ],
)
def test_a_name_is_found(endpoint: str, parts: tuple[str, str, str]) -> None:
    found = names.find(endpoint.encode(), everywhere=True)
    assert found == tuple(part.encode() for part in parts)


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "localhost:5",
        "inproc://localhost:5",
        "ipc://localhost:5",
        "pgm://localhost:5",
        "tcp://localhost",
        "tcp://localhost:",
        "tcp://:5",
        "tcp://*:5",
        "tcp://127.0.0.1:5",
        "tcp://127.1:5",
        "tcp://[::1]:5",
        "tcp://::1:5",
        "tcp://fe80::1%lo:5",
        "tcp://localhost%lo:5",
        "tcp://127.0.0.1:0;localhost:5",
        f"tcp://{LOOPBACK}:5",
    ],
)
def test_there_is_no_name(endpoint: str) -> None:
    assert names.find(endpoint.encode(), everywhere=True) is None


@pytest.mark.parametrize(
    ("version", "found"),
    [
        ((4, 1, 0), ["tcp", "udp", "ws", "wss"]),
        ((4, 3, 4), ["tcp", "udp", "ws", "wss"]),
        ((4, 3, 5), ["ws", "wss"]),
        ((5, 0, 0), ["ws", "wss"]),
    ],
)
def test_libzmq_looks_up_what_it_can(
    version: tuple[int, int, int], found: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loader, "load", lambda: SimpleNamespace(version=version))
    transports = ["tcp", "udp", "ws", "wss", "ipc"]
    assert [t for t in transports if names.find(f"{t}://localhost:5".encode())] == found


def test_an_interface_is_known_by_its_name() -> None:
    assert names.is_interface(LOOPBACK.encode())
    assert not names.is_interface(b"localhost")
    assert not names.is_interface(b"\xff" * 300)


def test_an_address_is_of_the_kind_that_the_socket_wants() -> None:
    assert names.look_up(b"localhost", False) == b"127.0.0.1"
    assert names.look_up(b"localhost", True) in (b"::1", b"::ffff:127.0.0.1")
    assert names.look_up(b"nosuch.invalid", False) is None
    assert names.look_up(b"x" * 300 + b"\xff..", True) is None


class Resolver:
    """Stands in for the system's."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[int, int]] = []

    def __call__(self, host: bytes, port: None, family: int, kind: int, _: int, flags: int) -> Any:
        assert (host, port, kind) == (b"name", None, _socket.SOCK_STREAM)
        self.asked.append((family, flags))
        answer = self.answers.pop(0)
        if isinstance(answer, int):
            raise _socket.gaierror(answer, "refused")
        return [(family, kind, 6, "", (answer, 0)), (family, kind, 6, "", ("second", 0))]


V4, V6 = _socket.AF_INET, _socket.AF_INET6
PASSIVE, MAPPED = _socket.AI_PASSIVE, _socket.AI_PASSIVE | _socket.AI_V4MAPPED
NONAME, BADFLAGS = _socket.EAI_NONAME, _socket.EAI_BADFLAGS


@pytest.mark.parametrize(
    ("platform", "ipv6", "answers", "address", "asked"),
    [
        ("linux", False, ["192.0.2.1"], b"192.0.2.1", [(V4, PASSIVE)]),
        ("linux", False, [NONAME], None, [(V4, PASSIVE)]),
        ("linux", False, [BADFLAGS], None, [(V4, PASSIVE)]),
        ("linux", True, ["2001:db8::1"], b"2001:db8::1", [(V6, MAPPED)]),
        ("linux", True, [NONAME], None, [(V6, MAPPED)]),
        ("freebsd", True, [BADFLAGS, "::1"], b"::1", [(V6, MAPPED), (V6, PASSIVE)]),
        ("freebsd", True, [BADFLAGS, NONAME], None, [(V6, MAPPED), (V6, PASSIVE)]),
        ("win32", True, [NONAME, "192.0.2.1"], b"192.0.2.1", [(V6, MAPPED), (V4, PASSIVE)]),
        ("win32", False, [NONAME], None, [(V4, PASSIVE)]),
    ],
)
def test_the_first_address_is_asked_for_as_libzmq_does(
    platform: str,
    ipv6: bool,
    answers: list[Any],
    address: bytes | None,
    asked: list[tuple[int, int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolver = Resolver(*answers)
    monkeypatch.setattr(_socket, "getaddrinfo", resolver)
    monkeypatch.setattr(sys, "platform", platform)
    assert names.look_up(b"name", ipv6) == address
    assert resolver.asked == asked
