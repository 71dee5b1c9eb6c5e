from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

import ctzmq as zmq


class Watcher:
    """`python -m ctzmq.log` in a process of its own, and the socket that it watches."""

    def __init__(self, *options: str) -> None:
        self.context = zmq.Context()
        self.pub = self.context.socket(zmq.XPUB)
        self.pub.linger = 0
        self.pub.rcvtimeo = 20_000
        port = self.pub.bind_to_random_port("tcp://127.0.0.1")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ctzmq.log", f"tcp://127.0.0.1:{port}", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.subscription = self.pub.recv()

    def shown(self, *parts: bytes) -> str:
        self.pub.send_multipart(parts)
        assert self.process.stdout is not None
        return self.process.stdout.readline().decode().rstrip("\r\n")

    def interrupt(self) -> tuple[int, bytes]:
        self.process.send_signal(signal.SIGINT)
        _, errors = self.process.communicate(timeout=30)
        return self.process.returncode, errors

    def close(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=30)
        self.pub.close()
        self.context.term()


@pytest.fixture
def watcher(request: pytest.FixtureRequest) -> Iterator[Watcher]:
    watcher = Watcher(*getattr(request, "param", ()))
    yield watcher
    watcher.close()


def options(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("watcher", [names], indirect=True)


def test_plain_lines(watcher: Watcher) -> None:
    assert watcher.subscription == b"\x01"
    assert watcher.shown(b"INFO", b"hello\n") == "INFO | hello"
    assert watcher.shown(b"app.ERROR.x", "é\n".encode()) == "app.ERROR.x | é"


@options("--topic", "app", "--separator", " -> ")
def test_topic_and_separator(watcher: Watcher) -> None:
    assert watcher.subscription == b"\x01app"
    assert watcher.shown(b"app.INFO", b"hello\n") == "app.INFO -> hello"


@options("--align")
def test_alignment(watcher: Watcher) -> None:
    assert watcher.shown(b"app.INFO", b"1") == "app.INFO | 1"
    assert watcher.shown(b"app.WARNING.sub", b"2") == "app.WARNING.sub | 2"
    assert watcher.shown(b"app.INFO", b"3") == "app.INFO   .    | 3"


@options("--color")
def test_color(watcher: Watcher) -> None:
    assert watcher.shown(b"app.WARNING", b"1") == "\033[33mapp.WARNING | 1\033[0m"
    assert watcher.shown(b"ERROR.sub", b"2") == "\033[91mERROR.sub | 2\033[0m"
    assert watcher.shown(b"other", b"3") == "other | 3\033[0m"


@options("--timestamp", "--dateformat", "[%%]")
def test_timestamp(watcher: Watcher) -> None:
    assert watcher.shown(b"INFO", b"1") == "[%] INFO | 1"


def test_other_messages_do_not_stop_it(watcher: Watcher) -> None:
    assert watcher.shown(b"alone") == "alone | "
    assert watcher.shown(b"a", b"b", b"\xff") == "a | b \ufffd"


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT reaches no single process there")
def test_ctrl_c_ends_it_quietly(watcher: Watcher) -> None:
    assert watcher.shown(b"INFO", b"ready") == "INFO | ready"
    assert watcher.interrupt() == (0, b"")


def test_help_names_the_options() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "ctzmq.log", "-h"], capture_output=True, text=True, timeout=50
    )
    assert result.returncode == 0
    for option in ("--topic", "--timestamp", "--separator", "--dateformat", "--align", "--color"):
        assert option in result.stdout
