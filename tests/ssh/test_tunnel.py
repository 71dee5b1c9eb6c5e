"""Tunnels: what is refused before anything runs, and what goes through them."""

from __future__ import annotations

import socket
import sys
from typing import Any, Callable

import pytest

from ctzmq import ssh
from ctzmq.ssh import tunnel

from .conftest import Echo, FakeSSH

SERVER = "user@host:2222"


def test_random_ports_differ_and_are_free() -> None:
    ports = tunnel.select_random_ports(10)
    assert len(set(ports)) == 10
    for port in ports:
        with socket.create_server(("127.0.0.1", port)):
            pass


HOSTILE_SERVERS = [
    "",
    "host:",
    "two hosts",
    "-oProxyCommand=touch x",
    "[-oProxyCommand=touch]",
    "[-oProxyCommand=touch x]:22",
    "me@[-oProxyCommand=touch]",
    "-oProxyCommand=touch@host",
    "me@$(touch x)",
    "`touch`@host",
    "ssh://me@host",
    "host;touch",
    "host\n",
]


@pytest.mark.parametrize("server", HOSTILE_SERVERS)
@pytest.mark.parametrize("paramiko", [False, True])
def test_what_is_no_server_is_refused(
    server: str, paramiko: bool, fake_ssh: FakeSSH, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing is looked at before: neither if paramiko is there, nor if the server answers.
    monkeypatch.setitem(sys.modules, "paramiko", None)
    with pytest.raises(ValueError, match=r"\[user@\]host\[:port\]"):
        tunnel.try_passwordless_ssh(server, None, paramiko=paramiko)
    with pytest.raises(ValueError, match=r"\[user@\]host\[:port\]"):
        tunnel.open_tunnel("tcp://127.0.0.1:5555", server, password="x", paramiko=paramiko)
    assert fake_ssh.calls == []


HOSTILE_ARGUMENTS: list[dict[str, Any]] = [
    {"keyfile": "-oProxyCommand=touch x"},
    {"keyfile": "key\nfile"},
    {"remoteip": "-oProxyCommand=touch"},
    {"remoteip": "127.0.0.1:22 -oProxyCommand=touch"},
    {"remoteip": "a:1:b"},
    {"remoteip": "/run/socket"},
    {"remoteip": ""},
    {"lport": "1 -oProxyCommand=touch"},
    {"lport": 0},
    {"rport": 65536},
    {"rport": "22:host"},
]


@pytest.mark.parametrize("arguments", HOSTILE_ARGUMENTS, ids=str)
@pytest.mark.parametrize("open_tunnel", [ssh.openssh_tunnel, ssh.paramiko_tunnel])
def test_what_no_tunnel_has_is_refused(
    open_tunnel: Callable[..., Any],
    arguments: dict[str, Any],
    fake_ssh: FakeSSH,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "paramiko", None)
    rest = {"lport": 1111, "rport": 2222, "server": SERVER, "password": "x"}
    with pytest.raises(ValueError, match=r"host|port|key file"):
        open_tunnel(**{**rest, **arguments})
    assert fake_ssh.calls == []


@pytest.mark.parametrize("timeout", ["1; touch x", -1, float("inf")])
def test_what_is_no_time_out_never_reaches_the_shell_of_the_server(
    timeout: Any, fake_ssh: FakeSSH
) -> None:
    with pytest.raises(ValueError, match=r"timeout|int\(\)"):
        ssh.openssh_tunnel(1111, 2222, SERVER, timeout=timeout)
    assert fake_ssh.calls == []


@pytest.mark.parametrize("password", ["first\nsecond", "\x03", "nul\0"])
def test_a_password_that_presses_keys_is_refused_and_not_shown(
    password: str, fake_ssh: FakeSSH
) -> None:
    with pytest.raises(ValueError, match="control characters") as caught:
        ssh.openssh_tunnel(1111, 2222, SERVER, password=password)
    assert password not in str(caught.value)
    assert fake_ssh.calls == []


@pytest.mark.parametrize("keyfile", ["-key", "key\nfile"])
def test_a_key_file_that_looks_like_an_option_is_refused(keyfile: str, fake_ssh: FakeSSH) -> None:
    for paramiko in (False, True):
        with pytest.raises(ValueError, match="key file"):
            tunnel.try_passwordless_ssh(SERVER, keyfile, paramiko=paramiko)
    assert fake_ssh.calls == []


NO_TCP_ENDPOINTS = ["", "host:1", "ipc:///tmp/x", "tcp://host", "tcp://host:http"]


NO_TCP_ENDPOINTS += [
    "tcp://-oProxyCommand=x:1",
    "tcp://a b:1",
    "tcp://a:b:1",
    "tcp://a:0",
    "tcp://a\n:1",
]


@pytest.mark.parametrize("addr", NO_TCP_ENDPOINTS)
def test_what_is_no_tcp_endpoint_is_refused(addr: str) -> None:
    with pytest.raises(ValueError, match="tcp://host:port"):
        tunnel.open_tunnel(addr, SERVER)


def test_a_socket_connects_through_the_tunnel(fake_ssh: FakeSSH, echo: Echo) -> None:
    pid = ssh.tunnel_connection(
        echo.client,
        f"tcp://127.0.0.1:{echo.port}",
        SERVER,
        keyfile="key",
        paramiko=False,
        timeout=7,
    )
    assert isinstance(pid, int)
    echo.check()
    check, start = fake_ssh.calls
    options = ["-i", "key", "-p", "2222"]
    assert check == [*options, "-O", "check", "--", "user@host"]
    lport = start[start.index("-L") + 1].split(":")[1]
    assert start == [
        "-f",
        "-S",
        "none",
        *options,
        "-L",
        f"127.0.0.1:{lport}:127.0.0.1:{echo.port}",
        "--",
        "user@host",
        "sleep",
        "7",
    ]


def test_the_password_is_typed_in(fake_ssh: FakeSSH, echo: Echo) -> None:
    fake_ssh.behave("password")
    endpoint, _ = tunnel.open_tunnel(
        f"tcp://127.0.0.1:{echo.port}", SERVER, password="secret", paramiko=False
    )
    echo.client.connect(endpoint)
    echo.check()


def test_a_wrong_password_is_asked_for_again(
    fake_ssh: FakeSSH, echo: Echo, answers: list[str]
) -> None:
    fake_ssh.behave("password")
    answers += ["wrong too", "secret"]
    endpoint, _ = tunnel.open_tunnel(
        f"tcp://127.0.0.1:{echo.port}", SERVER, password="wrong", paramiko=False
    )
    assert answers == []
    echo.client.connect(endpoint)
    echo.check()


def test_too_many_wrong_passwords_are_an_error(fake_ssh: FakeSSH, answers: list[str]) -> None:
    fake_ssh.behave("password")
    answers += ["wrong"] * 3
    with pytest.raises(RuntimeError, match="failed to start"):
        ssh.openssh_tunnel(1, 2, SERVER)
    assert answers == []
