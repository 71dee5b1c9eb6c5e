"""Endpoints as bytes, and what is said of a refused one."""

from __future__ import annotations

import errno
import os
import sys
from typing import Any, Callable

import pytest

import ctzmq as zmq
from ctzmq.core import endpoint

Make = Callable[..., zmq.Socket]


@pytest.mark.parametrize(
    ("addr", "encoded"),
    [
        ("tcp://127.0.0.1:5", b"tcp://127.0.0.1:5"),
        (b"inproc://bytes", b"inproc://bytes"),
        ("ipc:///tmp/ünïcödé", "ipc:///tmp/ünïcödé".encode()),
        ("", b""),
    ],
)
def test_an_endpoint_becomes_bytes(addr: Any, encoded: bytes) -> None:
    assert endpoint.encode(addr) == encoded


@pytest.mark.parametrize("addr", [None, 5555, ["tcp://127.0.0.1:5"], bytearray(b"inproc://x")])
def test_something_else_is_no_endpoint(addr: Any) -> None:
    with pytest.raises(TypeError, match=r"an endpoint is str, such as 'tcp:.*, got"):
        endpoint.encode(addr)


def test_other_text_is_named_as_what_it_is() -> None:
    assert endpoint.encode("people", "a group", "news") == b"people"
    with pytest.raises(TypeError, match="a group is str, such as 'news', got 5"):
        endpoint.encode(5, "a group", "news")
    with pytest.raises(ValueError, match="a group cannot have a NUL"):
        endpoint.encode("a\0", "a group", "news")


@pytest.mark.parametrize("addr", ["inproc://a\0b", b"inproc://a\0"])
def test_a_nul_would_cut_an_endpoint_short(addr: Any) -> None:
    with pytest.raises(ValueError, match="cannot have a NUL"):
        endpoint.encode(addr)


@pytest.mark.parametrize(
    ("verb", "number", "words"),
    [
        ("bind", zmq.EADDRINUSE, "address already in use"),
        ("bind", zmq.EINVAL, "not a valid endpoint"),
        ("bind", zmq.EPROTONOSUPPORT, "this libzmq has no transport 'ipc'"),
        ("bind", errno.ENAMETOOLONG, "longer than the .* bytes"),
        ("bind", errno.ENOENT, "the folder of '/no/where' must exist"),
        ("bind", errno.EACCES, os.strerror(errno.EACCES)),
        ("unbind", errno.ENOENT, "no such endpoint to unbind"),
        ("disconnect", errno.ENOENT, "no such endpoint to disconnect"),
        ("connect", zmq.ENOCOMPATPROTO, "not compatible"),
        ("bind", zmq.EMTHREAD, "No thread available"),
    ],
)
@pytest.mark.parametrize("addr", ["ipc:///no/where", b"ipc:///no/where"])
def test_a_refusal_tells_what_where_and_why(verb: str, number: int, words: str, addr: Any) -> None:
    error = endpoint.refused(verb, addr, number)
    assert error.errno == number
    assert str(error).startswith(f"cannot {verb}: ")
    assert str(error).endswith("(addr='ipc:///no/where')")
    with pytest.raises(zmq.ZMQError, match=words):
        raise error


@pytest.mark.parametrize(("transport", "release"), [("ws", "4.3.3"), ("vmci", "4.2.0")])
def test_a_transport_that_is_lacking_names_its_release(transport: str, release: str) -> None:
    error = endpoint.refused("bind", f"{transport}://127.0.0.1:1", zmq.EPROTONOSUPPORT)
    assert f"no transport '{transport}' (since {release}," in str(error)


@pytest.mark.parametrize(
    ("addr", "words"),
    [
        ("tcp://nosuch.invalid:5", "no interface and no host 'nosuch.invalid'"),
        (b"tcp://nosuch.invalid:5", "no interface and no host 'nosuch.invalid'"),
        ("tcp://[::1]:5", "'::1' is no IPv4 address"),
    ],
)
def test_an_unknown_host_is_named(addr: Any, words: str) -> None:
    error = endpoint.refused("bind", addr, errno.ENODEV)
    assert error.errno == errno.ENODEV
    assert words in str(error)


def test_a_refusal_tells_what_a_name_was_taken_for() -> None:
    error = endpoint.refused("bind", "tcp://vm:5", zmq.EADDRINUSE, b"tcp://127.0.0.1:5")
    assert str(error).endswith("(addr='tcp://vm:5', which is 'tcp://127.0.0.1:5')")


@pytest.mark.parametrize(
    ("number", "cls"), [(zmq.ETERM, zmq.ContextTerminated), (zmq.EAGAIN, zmq.Again)]
)
def test_a_refusal_keeps_its_class(number: int, cls: type[zmq.ZMQError]) -> None:
    assert type(endpoint.refused("bind", "inproc://x", number)) is cls


def test_a_refusal_shows_bytes_that_are_no_text() -> None:
    assert "�" in str(endpoint.refused("bind", b"ipc:///\xff", zmq.EINVAL))


def test_a_binding_tells_what_it_is(socket: Make) -> None:
    a = socket(zmq.PAIR)
    assert repr(a.bind("inproc://shown")) == "<Binding(bind='inproc://shown')>"
    assert repr(a.connect(b"tcp://127.0.0.1:9")) == "<Binding(connect='tcp://127.0.0.1:9')>"


def test_a_binding_knows_the_endpoint_that_the_system_chose(socket: Make) -> None:
    a = socket(zmq.PAIR)
    binding = a.bind("tcp://127.0.0.1:*")
    assert binding.addr == a.last_endpoint.decode()
    assert binding.socket is a


@pytest.mark.skipif(not zmq.has("ipc"), reason="this libzmq has no ipc")
def test_the_longest_path_is_the_longest_that_the_system_takes(
    socket: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    longest = "p" * zmq.IPC_PATH_MAX_LEN
    socket(zmq.PAIR).bind(f"ipc://{longest}")
    with pytest.raises(zmq.ZMQError, match=f"{zmq.IPC_PATH_MAX_LEN} bytes") as caught:
        socket(zmq.PAIR).bind(f"ipc://{longest}p")
    assert caught.value.errno == errno.ENAMETOOLONG
    with pytest.raises(zmq.ZMQError, match="IPC_PATH_MAX_LEN"):
        socket(zmq.PAIR).connect(f"ipc://{longest}p")


def test_the_longest_path_is_that_of_the_platform() -> None:
    on_linux = sys.platform.startswith(("linux", "win", "cygwin"))
    assert (107 if on_linux else 103) == zmq.IPC_PATH_MAX_LEN
