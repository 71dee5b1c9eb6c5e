"""EMFILE tells which limit it was, and comes in place of an abort."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from types import SimpleNamespace
from typing import Any, Callable

import pytest

import ctzmq as zmq
from ctzmq.core import shortage

Child = Callable[..., subprocess.CompletedProcess[str]]
Make = Callable[..., zmq.Socket]

limited = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
own_process = pytest.mark.blocking("runs in a process of its own")


def test_a_full_context_tells_its_number_of_sockets(context: zmq.Context) -> None:
    context.max_sockets = 3
    sockets = [context.socket(zmq.PAIR) for _ in range(3)]
    with pytest.raises(zmq.ZMQError, match=r"raise MAX_SOCKETS .* close some \(it is 3") as caught:
        context.socket(zmq.PAIR)
    assert type(caught.value) is zmq.ZMQError
    assert caught.value.errno == errno.EMFILE
    with pytest.raises(zmq.ZMQError, match="raise MAX_SOCKETS"):
        sockets[0].monitor("inproc://events")
    for socket in sockets:
        socket.close()


@pytest.mark.parametrize("room", [0, 1])
def test_a_monitor_needs_two_sockets_or_leaves_none(room: int, context: zmq.Context) -> None:
    context.max_sockets = 1 + room
    with context.socket(zmq.PAIR) as monitored:
        with pytest.raises(zmq.ZMQError, match="raise MAX_SOCKETS") as caught:
            monitored.get_monitor_socket()
        assert caught.value.errno == errno.EMFILE
        # Nobody would take the events of a monitor, and libzmq would wait for that.
        monitored.bind("inproc://x")


def test_sockets_of_others_count(context: zmq.Context) -> None:
    context.max_sockets = 2
    with zmq.Context.shadow(context.underlying) as shadow:
        sockets = [context.socket(zmq.PAIR), shadow.socket(zmq.PAIR)]
        for full in (context, shadow):
            with pytest.raises(zmq.ZMQError, match="raise MAX_SOCKETS"):
                full.socket(zmq.PAIR)
        for socket in sockets:
            socket.close()


@limited
@own_process
@pytest.mark.parametrize("left", range(10))
def test_a_process_without_descriptors_is_told_and_not_aborted(child: Child, left: int) -> None:
    done = child(
        f"""
        import os, resource
        import ctzmq as zmq
        kind = zmq.PAIR
        zmq.Context().term()
        opened = [os.dup(1) for _ in range(20)]
        resource.setrlimit(resource.RLIMIT_NOFILE, (opened[-1] + 1,) * 2)
        for descriptor in opened[: {left}]:
            os.close(descriptor)
        sockets = []
        try:
            context = zmq.Context()
            while True:
                sockets.append(context.socket(kind))
        except zmq.ZMQError as error:
            print(type(error).__name__, error.errno, opened[-1] + 1, error)
        for socket in sockets:
            socket.close()
        if {left}:
            for descriptor in opened[{left} :]:
                os.close(descriptor)
            with context, context.socket(kind):
                print("again")
        """
    )
    assert done.returncode == 0, done.stderr
    kind, number, limit, *text = done.stdout.split()
    assert (kind, int(number)) == ("ZMQError", errno.EMFILE)
    assert f"limit of {limit} open files" in " ".join(text)
    assert "ulimit -n" in " ".join(text)
    assert ("again" in text) == bool(left)


@limited
@own_process
def test_an_endpoint_without_a_descriptor_is_named(child: Child) -> None:
    done = child(
        """
        import os, resource
        import ctzmq as zmq
        with zmq.Context() as context, context.socket(zmq.PULL) as socket:
            top = os.dup(1)
            resource.setrlimit(resource.RLIMIT_NOFILE, (top + 1, top + 1))
            try:
                socket.bind("tcp://127.0.0.1:*")
            except zmq.ZMQError as error:
                print(error.errno, error)
        """
    )
    assert done.stdout.startswith(f"{errno.EMFILE} cannot bind: "), done.stderr
    assert "ulimit -n" in done.stdout
    assert "tcp://127.0.0.1:*" in done.stdout


# -- Looking for descriptors -----------------------------------------------------------------------


@limited
def test_descriptors_are_given_back() -> None:
    before = os.dup(1)
    os.close(before)
    assert shortage.descriptors(10)
    after = os.dup(1)
    os.close(after)
    assert before == after


@limited
@pytest.mark.parametrize(
    ("number", "enough"), [(errno.EMFILE, False), (errno.ENFILE, False), (errno.EPERM, True)]
)
@pytest.mark.parametrize("call", ["pipe", "dup"])
def test_only_a_limit_is_a_lack_of_descriptors(
    call: str, number: int, enough: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, refuse)
        assert shortage.descriptors(5) is enough


def test_windows_has_no_such_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "platform", "win32")
        patch.setattr(os, "pipe", None)
        assert shortage.descriptors(5)


@pytest.mark.parametrize(
    ("mailbox", "threads", "asked"), [(1, 1, 5), (1, 4, 11), (2, 0, 5), (2, 1, 8)]
)
def test_each_thread_needs_its_share(
    mailbox: int, threads: int, asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts: list[int] = []

    def lack(count: int) -> bool:
        counts.append(count)
        return False

    monkeypatch.setattr(shortage, "_MAILBOX", mailbox)
    monkeypatch.setattr(shortage, "descriptors", lack)
    context: Any = SimpleNamespace(get=lambda option: threads)
    with pytest.raises(zmq.ZMQError, match="first socket of a context") as caught:
        shortage.check_start(context)
    assert caught.value.errno == errno.EMFILE
    assert counts == [asked]


def test_where_the_limit_is_not_known_it_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sysconf_names", raising=False)
    error = shortage.of_descriptors("a context")
    assert "at its limit of open files and has none left for a context" in str(error)
