"""The `ssh` program: how it is called, and what is made of its words."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import pytest

from ctzmq import ssh
from ctzmq.ssh import program, tunnel

from .conftest import Echo, FakeSSH

SERVER = "user@host:2222"


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
    monkeypatch.setattr(program, "CONNECT_SECONDS", 0.3)
    fake_ssh.behave("silent")
    with pytest.raises(tunnel.MaxRetryExceeded, match="neither"):
        ssh.openssh_tunnel(1, 2, SERVER)


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
    assert "SSH_ASKPASS" not in program.environment()
    assert program.environment()["FAKE_SSH_MODE"] == "open"
