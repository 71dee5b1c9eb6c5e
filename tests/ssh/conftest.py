"""An `ssh` that only pretends, and sockets to reach through it."""

from __future__ import annotations

import atexit
import json
import os
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

import ctzmq as zmq
from ctzmq.ssh import tunnel

FAKE = Path(__file__).with_name("fake_ssh.py")


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


@pytest.fixture
def at_exit(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], Any]]:
    registered: list[Callable[[], Any]] = []
    monkeypatch.setattr(
        atexit, "register", lambda function, *args: registered.append(lambda: function(*args))
    )
    return registered
