"""Connections by paramiko, to a real server."""

from __future__ import annotations

import multiprocessing
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ctzmq import ssh
from ctzmq.ssh import client, tunnel

from .conftest import Echo


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        ("user@host:2222", ("user", "host", 2222)),
        ("user@host", ("user", "host", 22)),
        ("host.example", ("me", "host.example", 22)),
        ("user@[::1]:2222", ("user", "::1", 2222)),
        ("192.0.2.1:23", ("me", "192.0.2.1", 23)),
        ("user@domain@host", ("user@domain", "host", 22)),
    ],
)
def test_servers_are_split(
    server: str, expected: tuple[str, str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "getuser", lambda: "me")
    assert client.split_server(server) == expected


class SSHServer:
    """A real SSH server on a loopback port, which knows one user with the password "secret"."""

    def __init__(self, paramiko: Any) -> None:
        self.paramiko = paramiko
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"user@127.0.0.1:{self.listener.getsockname()[1]}"
        self.key = paramiko.RSAKey.generate(2048)
        self.transports: list[Any] = []
        self.thread = threading.Thread(target=self.accept)
        self.thread.start()

    def accept(self) -> None:
        paramiko = self.paramiko

        class Interface(paramiko.ServerInterface):  # type: ignore[misc, name-defined]
            def check_auth_password(self, username: str, password: str) -> int:
                allowed = (username, password) == ("user", "secret")
                return int(paramiko.AUTH_SUCCESSFUL if allowed else paramiko.AUTH_FAILED)

            def check_channel_direct_tcpip_request(
                self, chanid: int, origin: Any, destination: Any
            ) -> int:
                destinations.append(destination)
                return int(paramiko.OPEN_SUCCEEDED)

        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            destinations: list[tuple[str, int]] = []
            transport = paramiko.Transport(connection)
            transport.add_server_key(self.key)
            self.transports.append(transport)
            transport.start_server(server=Interface())
            threading.Thread(target=self.serve, args=(transport, destinations)).start()

    def serve(self, transport: Any, destinations: list[tuple[str, int]]) -> None:
        from ctzmq.ssh.forward import _relay

        channel = transport.accept(30)
        if channel is not None:
            with socket.create_connection(destinations[0]) as far:
                _relay(channel, far)

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()
        for transport in self.transports:
            transport.close()


@pytest.fixture
def ssh_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SSHServer]:
    paramiko = pytest.importorskip("paramiko")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PYZMQ_PARAMIKO_HOST_KEY_POLICY", "AutoAdd")
    # The children of a program with threads are better not forked.
    monkeypatch.setattr(tunnel, "Process", multiprocessing.get_context("spawn").Process)
    server = SSHServer(paramiko)
    yield server
    server.close()


def test_paramiko_carries_a_socket(ssh_server: SSHServer, echo: Echo, answers: list[str]) -> None:
    answers.append("secret")
    process = ssh.tunnel_connection(
        echo.client, f"tcp://127.0.0.1:{echo.port}", ssh_server.address, paramiko=True
    )
    assert isinstance(process, multiprocessing.process.BaseProcess)
    try:
        assert answers == []
        echo.check()
    finally:
        process.terminate()
        process.join()


def test_paramiko_knows_that_a_password_is_needed(ssh_server: SSHServer) -> None:
    assert ssh.try_passwordless_ssh(ssh_server.address, None, paramiko=True) is False


def test_paramiko_refuses_unknown_hosts_when_trying(
    ssh_server: SSHServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYZMQ_PARAMIKO_HOST_KEY_POLICY")
    with pytest.raises(tunnel.SSHException, match="not found in known_hosts"):
        ssh.try_passwordless_ssh(ssh_server.address, None, paramiko=True)


def test_a_bad_policy_is_named(ssh_server: SSHServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYZMQ_PARAMIKO_HOST_KEY_POLICY", "Trusting")
    with pytest.raises(ValueError, match="Trusting"):
        ssh.try_passwordless_ssh(ssh_server.address, None, paramiko=True)
