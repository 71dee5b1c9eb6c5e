from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from ctzmq.ssh import forward


class Transport:
    """An SSH connection that opens no channel but a socket to the test itself."""

    def __init__(self) -> None:
        self.opened: list[tuple[Any, ...]] = []
        self.here, self.there = socket.socketpair()
        self.here.settimeout(20)

    def open_channel(self, *request: Any) -> socket.socket | None:
        self.opened.append(request)
        return self.there

    def close(self) -> None:
        self.here.close()
        self.there.close()


class Refusing(Transport):
    def open_channel(self, *request: Any) -> None:
        return None


class Failing(Transport):
    def open_channel(self, *request: Any) -> None:
        raise EOFError("connection lost")


@pytest.fixture
def transport(request: pytest.FixtureRequest) -> Iterator[Transport]:
    transport: Transport = getattr(request, "param", Transport)()
    yield transport
    transport.close()


class Words(logging.Handler):
    """Keeps what is logged, whichever thread logs it and whenever; pytest has gaps."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What the module logs."""
    words = Words()
    monkeypatch.setattr(forward.logger, "level", logging.DEBUG)
    forward.logger.addHandler(words)
    yield words.said
    forward.logger.removeHandler(words)


@pytest.fixture
def client(
    transport: Transport, monkeypatch: pytest.MonkeyPatch, logged: list[str]
) -> Iterator[socket.socket]:
    """A connection to the local end of a tunnel, whose words are logged."""
    started = threading.Event()
    servers: list[forward.ForwardServer] = []

    class Server(forward.ForwardServer):
        def server_activate(self) -> None:
            super().server_activate()
            servers.append(self)
            started.set()

    monkeypatch.setattr(forward, "ForwardServer", Server)
    thread = threading.Thread(target=forward.forward_tunnel, args=(0, "far", 99, transport))
    thread.start()
    assert started.wait(20)
    with socket.create_connection(servers[0].socket.getsockname(), timeout=20) as client:
        yield client
    servers[0].shutdown()
    thread.join(20)
    assert not thread.is_alive()


def test_bytes_go_both_ways(client: socket.socket, transport: Transport) -> None:
    client.sendall(b"there")
    assert transport.here.recv(100) == b"there"
    transport.here.sendall(b"back")
    assert client.recv(100) == b"back"
    assert transport.opened == [("direct-tcpip", ("far", 99), client.getsockname())]


def test_a_lot_of_bytes_arrive_whole(client: socket.socket, transport: Transport) -> None:
    payload = bytes(range(256)) * 8192
    sender = threading.Thread(target=client.sendall, args=(payload,))
    sender.start()
    received = bytearray()
    while len(received) < len(payload):
        received += transport.here.recv(1 << 20)
    sender.join()
    assert received == payload


def test_the_far_end_closes(client: socket.socket, transport: Transport) -> None:
    client.sendall(b"x")
    assert transport.here.recv(1) == b"x"
    transport.here.close()
    assert client.recv(1) == b""


def test_the_near_end_closes(client: socket.socket, transport: Transport) -> None:
    client.sendall(b"x")
    assert transport.here.recv(1) == b"x"
    client.close()
    assert transport.here.recv(1) == b""


@pytest.mark.parametrize(
    ("transport", "words"),
    [(Refusing, "refused a channel to far:99"), (Failing, "connection lost")],
    indirect=["transport"],
)
def test_a_channel_that_does_not_open_closes_the_connection(
    client: socket.socket, logged: list[str], words: str
) -> None:
    assert client.recv(1) == b""
    assert any(words in said for said in logged)
