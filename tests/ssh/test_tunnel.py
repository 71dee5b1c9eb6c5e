from __future__ import annotations

import atexit
import json
import multiprocessing
import os
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

import ctzmq as zmq
from ctzmq import ssh
from ctzmq.ssh import tunnel

FAKE = Path(__file__).with_name("fake_ssh.py")
SERVER = "user@host:2222"


class FakeSSH:
    """The `ssh` on the PATH while a test runs."""

    def __init__(self, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._log = log
        self._monkeypatch = monkeypatch

    def behave(self, mode: str) -> None:
        self._monkeypatch.setenv("FAKE_SSH_MODE", mode)

    @property
    def calls(self) -> list[list[str]]:
        return [json.loads(line) for line in self._log.read_text().splitlines()]


@pytest.fixture
def fake_ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeSSH:
    pytest.importorskip("pexpect")
    program = tmp_path / "ssh"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I "{FAKE}" "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    log = tmp_path / "calls"
    log.touch()
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("FAKE_SSH_LOG", str(log))
    fake = FakeSSH(log, monkeypatch)
    fake.behave("open")
    return fake


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the user types when asked for a password; each question takes one."""
    typed: list[str] = []
    monkeypatch.setattr(tunnel, "getpass", lambda prompt: typed.pop(0))
    return typed


class Echo:
    """A REP socket that answers in a thread, and a REQ socket to reach it with."""

    def __init__(self) -> None:
        self.context = zmq.Context()
        self.server = self.context.socket(zmq.REP)
        self.server.linger = 0
        self.port = self.server.bind_to_random_port("tcp://127.0.0.1")
        self.client = self.context.socket(zmq.REQ)
        self.client.linger = 0
        self.client.rcvtimeo = self.client.sndtimeo = 20_000
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self) -> None:
        try:
            while True:
                self.server.send(self.server.recv())
        except zmq.ContextTerminated:
            self.server.close()

    def check(self) -> None:
        self.client.send(b"through")
        assert self.client.recv() == b"through"

    def close(self) -> None:
        self.client.close()
        self.context.term()
        self.thread.join()


@pytest.fixture
def echo() -> Iterator[Echo]:
    echo = Echo()
    yield echo
    echo.close()


def test_random_ports_differ_and_are_free() -> None:
    ports = tunnel.select_random_ports(10)
    assert len(set(ports)) == 10
    for port in ports:
        with socket.create_server(("127.0.0.1", port)):
            pass


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
    monkeypatch.setattr(tunnel, "getuser", lambda: "me")
    assert tunnel._split_server(server) == expected


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


def test_a_key_file_is_one_argument(fake_ssh: FakeSSH, tmp_path: Path) -> None:
    assert ssh.try_passwordless_ssh("host", str(tmp_path / "a -o b"), paramiko=False) is True
    assert fake_ssh.calls == [["-f", "-i", str(tmp_path / "a -o b"), "--", "host", "exit"]]


@pytest.mark.parametrize("remoteip", ["fe80::1%eth0", "[fe80::1%eth0]"])
def test_an_address_with_colons_is_forwarded_in_brackets(
    fake_ssh: FakeSSH, at_exit: list[Callable[[], Any]], remoteip: str
) -> None:
    fake_ssh.behave("master")
    ssh.openssh_tunnel(1111, 2222, "me@[::1]:22", remoteip=remoteip)
    start = ["-p", "22", "-O", "forward", "-L", "127.0.0.1:1111:[fe80::1%eth0]:2222"]
    assert fake_ssh.calls[1] == [*start, "--", "me@::1"]


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


def test_a_connection_without_password(fake_ssh: FakeSSH) -> None:
    assert ssh.try_passwordless_ssh(SERVER, "key file", paramiko=False) is True
    assert fake_ssh.calls == [["-f", "-i", "key file", "-p", "2222", "--", "user@host", "exit"]]


def test_a_question_for_a_password_is_noticed(fake_ssh: FakeSSH) -> None:
    fake_ssh.behave("password")
    assert ssh.try_passwordless_ssh("host", None, paramiko=False) is False
    assert fake_ssh.calls == [["-f", "--", "host", "exit"]]


def test_an_unknown_host_is_an_error(fake_ssh: FakeSSH) -> None:
    fake_ssh.behave("unknown host")
    with pytest.raises(tunnel.SSHException, match="authenticity"):
        ssh.try_passwordless_ssh(SERVER, None, paramiko=False)
    with pytest.raises(tunnel.SSHException, match="authenticity"):
        ssh.openssh_tunnel(1, 2, SERVER)


def test_a_failure_has_the_words_of_ssh(fake_ssh: FakeSSH) -> None:
    fake_ssh.behave("unreachable")
    with pytest.raises(tunnel.SSHException, match="Connection refused"):
        ssh.try_passwordless_ssh(SERVER, None, paramiko=False)
    with pytest.raises(RuntimeError, match=r"failed to start: .*Connection refused"):
        ssh.openssh_tunnel(1, 2, SERVER)


def test_waiting_has_an_end(fake_ssh: FakeSSH, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tunnel, "_CONNECT_SECONDS", 0.3)
    fake_ssh.behave("silent")
    with pytest.raises(tunnel.MaxRetryExceeded, match="neither"):
        ssh.openssh_tunnel(1, 2, SERVER)


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


@pytest.mark.parametrize("delay", ["0", "0.5"])
def test_no_error_shows_a_password(
    fake_ssh: FakeSSH, monkeypatch: pytest.MonkeyPatch, delay: str
) -> None:
    monkeypatch.setenv("FAKE_SSH_DELAY", delay)
    fake_ssh.behave("denied")
    with pytest.raises(RuntimeError, match="failed to start") as caught:
        ssh.openssh_tunnel(1, 2, SERVER, password="hunter2")
    assert "hunter2" not in str(caught.value)
    assert "Permission denied (publickey,password)" in str(caught.value)


@pytest.fixture
def at_exit(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], Any]]:
    registered: list[Callable[[], Any]] = []
    monkeypatch.setattr(
        atexit, "register", lambda function, *args: registered.append(lambda: function(*args))
    )
    return registered


def test_a_shared_connection_is_used_until_the_end(
    fake_ssh: FakeSSH, at_exit: list[Callable[[], Any]]
) -> None:
    fake_ssh.behave("master")
    assert ssh.openssh_tunnel(1111, 2222, "host", "inner") == 4242
    (cancel,) = at_exit
    cancel()
    forward = ["-L", "127.0.0.1:1111:inner:2222"]
    assert fake_ssh.calls == [
        ["-O", "check", "--", "host"],
        ["-O", "forward", *forward, "--", "host"],
        ["-O", "cancel", *forward, "--", "host"],
    ]


def test_a_shared_connection_that_refuses_is_passed_by(
    fake_ssh: FakeSSH, at_exit: list[Callable[[], Any]], echo: Echo
) -> None:
    fake_ssh.behave("stubborn master")
    endpoint, pid = tunnel.open_tunnel(f"tcp://127.0.0.1:{echo.port}", "host", paramiko=False)
    assert pid != 4242
    assert at_exit == []
    echo.client.connect(endpoint)
    echo.check()


def test_no_askpass_program_gets_the_question(
    fake_ssh: FakeSSH, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_ASKPASS", "/bin/false")
    assert "SSH_ASKPASS" not in tunnel._environment()
    assert tunnel._environment()["FAKE_SSH_MODE"] == "open"


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pexpect", None)
    monkeypatch.setitem(sys.modules, "paramiko", None)
    assert tunnel.pexpect is None
    assert tunnel.paramiko is None
    assert issubclass(tunnel.SSHException, Exception)
    with pytest.raises(ImportError, match="pip install pexpect"):
        tunnel.openssh_tunnel(1, 2, SERVER)
    with pytest.raises(ImportError, match="pip install paramiko"):
        tunnel.paramiko_tunnel(1, 2, SERVER)
    with pytest.raises(ImportError, match="pip install paramiko"):
        tunnel.try_passwordless_ssh(SERVER, None, paramiko=True)


def test_unknown_attributes_are_still_errors() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        tunnel.nonsense


def test_nothing_is_imported_before_it_is_needed() -> None:
    code = (
        "import sys\n"
        "import ctzmq.ssh.tunnel\n"
        "assert not {'pexpect', 'paramiko'} & set(sys.modules), 'imported'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=50)


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
