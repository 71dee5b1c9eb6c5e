"""Options by number: each one that libzmq has, on every type of socket it works on."""

from __future__ import annotations

import json
import os
import socket as sockets
import sys
from pathlib import Path
from typing import Any, Callable

import pytest

import ctzmq as zmq

OPTIONS: dict[str, Any] = json.loads(
    Path(__file__).parents[1].joinpath("data", "socket_options.json").read_text("utf-8")
)
STABLE = [zmq.SocketType(number) for number in range(12)]

KEY = b"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"

#: What to set where 1 or a word will not do.
SAMPLES: dict[str, Any] = {
    "AFFINITY": 2**62,
    "BINDTODEVICE": b"lo",
    "CURVE_PUBLICKEY": KEY,
    "CURVE_SECRETKEY": KEY,
    "CURVE_SERVERKEY": KEY,
    "HEARTBEAT_TTL": 200,
    "MAXMSGSIZE": 2**40,
    "METADATA": b"X-key:value",
    "MULTICAST_MAXTPDU": 1400,
    "SOCKS_PROXY": b"127.0.0.1:1080",
    "SUBSCRIBE": b"topic",
    "TCP_ACCEPT_FILTER": b"127.0.0.1",
    "USE_FD": -1,
}

#: What cannot be read back as it was set, and why.
UNLIKE = {
    "CURVE_SERVER": "the mechanism becomes that of the last option that was set",
    "GSSAPI_SERVER": "as CURVE_SERVER",
    "PLAIN_SERVER": "as CURVE_SERVER",
}


def has(name: str) -> bool:
    """Tell if the loaded libzmq has the option."""
    needs = OPTIONS[name].get("needs", "4.1.0")
    if needs == "gssapi":
        return zmq.has(needs)
    return zmq.zmq_version_info() >= tuple(map(int, needs.split(".")))


def types(name: str, access: str) -> list[zmq.SocketType]:
    """List the types of socket that an option can be read from or written to."""
    if not has(name):
        return []
    told = OPTIONS[name][access]
    return STABLE if told == "all" else [zmq.SocketType[each] for each in told]


def sample(name: str) -> Any:
    """Give a value that an option takes."""
    return SAMPLES.get(name, b"word" if OPTIONS[name]["type"] == "bytes" else 1)


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_is_read_where_libzmq_has_it(
    name: str, socket: Callable[..., zmq.Socket]
) -> None:
    readable = types(name, "get")
    option = zmq.SocketOption[name]
    for socket_type in STABLE:
        a = socket(socket_type)
        if socket_type in readable:
            value = a.get(option)
            assert isinstance(value, bytes if OPTIONS[name]["type"] == "bytes" else int)
            assert a.getsockopt(option) == value
        elif not zmq.DRAFT_API:
            with pytest.raises(zmq.ZMQError, match=rf"cannot get {option.name}") as caught:
                a.get(option)
            assert caught.value.errno == zmq.EINVAL


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_is_set_where_libzmq_has_it(name: str, socket: Callable[..., zmq.Socket]) -> None:
    readable, writable = types(name, "get"), types(name, "set")
    option = zmq.SocketOption[name]
    value = sample(name)
    for socket_type in STABLE:
        a = socket(socket_type)
        if socket_type in writable:
            if name == "UNSUBSCRIBE":
                a.subscribe(value)
            a.set(option, value)
            a.setsockopt(option, value)
            if socket_type in readable and name not in UNLIKE:
                assert a.get(option) == value
        elif not zmq.DRAFT_API:
            with pytest.raises(zmq.ZMQError, match=rf"cannot set {option.name}") as caught:
                a.set(option, value)
            assert caught.value.errno == zmq.EINVAL


def test_the_types_come_from_the_option_and_not_from_the_value(
    socket: Callable[..., zmq.Socket],
) -> None:
    a = socket(zmq.DEALER)
    a.set(zmq.LINGER, True)
    assert a.get(zmq.LINGER) == 1
    assert type(a.get(zmq.LINGER)) is int
    a.set(zmq.ROUTING_ID, bytearray(b"dealer"))
    assert a.get(zmq.ROUTING_ID) == b"dealer"
    a.set(zmq.ROUTING_ID, memoryview(b"other"))
    assert a.get(zmq.ROUTING_ID) == b"other"


def test_numbers_keep_all_their_bits(socket: Callable[..., zmq.Socket]) -> None:
    a = socket(zmq.PUSH)
    for value in (0, 1, 2**31, 2**62):
        a.set(zmq.MAXMSGSIZE, value)
        assert a.get(zmq.MAXMSGSIZE) == value
    a.set(zmq.MAXMSGSIZE, -1)
    assert a.get(zmq.MAXMSGSIZE) == -1
    for value in (-1, 0, 2**31 - 1):
        a.set(zmq.LINGER, value)
        assert a.get(zmq.LINGER) == value
    a.set(zmq.LINGER, 0)


def test_a_routing_id_keeps_its_nuls(socket: Callable[..., zmq.Socket]) -> None:
    a = socket(zmq.DEALER)
    a.set(zmq.ROUTING_ID, b"a\0b\0")
    assert a.get(zmq.ROUTING_ID) == b"a\0b\0"
    longest = b"r" * 255
    a.set(zmq.ROUTING_ID, longest)
    assert a.get(zmq.ROUTING_ID) == longest


def test_text_comes_without_the_nul_of_c(socket: Callable[..., zmq.Socket]) -> None:
    a = socket(zmq.PULL)
    assert a.get(zmq.LAST_ENDPOINT) == b""
    a.bind("inproc://text")
    assert a.get(zmq.LAST_ENDPOINT) == b"inproc://text"


@pytest.mark.skipif(not zmq.has("curve"), reason="this libzmq has no CURVE")
def test_a_key_is_set_in_either_form_and_read_as_text(socket: Callable[..., zmq.Socket]) -> None:
    from ctzmq.utils import z85

    public, _ = zmq.curve_keypair()
    a = socket(zmq.DEALER)
    a.set(zmq.CURVE_PUBLICKEY, public)
    assert a.get(zmq.CURVE_PUBLICKEY) == public
    a.set(zmq.CURVE_PUBLICKEY, z85.decode(public))
    assert a.get(zmq.CURVE_PUBLICKEY) == public


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no descriptors of sockets")
@pytest.mark.libzmq(4, 2)
def test_a_descriptor_to_bind_to_must_be_one_that_listens(
    socket: Callable[..., zmq.Socket],
) -> None:
    pull, push = socket(zmq.PULL), socket(zmq.PUSH)
    reading, writing = os.pipe()
    with sockets.socket() as idle, sockets.socket(type=sockets.SOCK_DGRAM) as datagram:
        for wrong in (0x7FFFFFF, reading, idle.fileno(), datagram.fileno()):
            with pytest.raises(zmq.ZMQError, match=f"USE_FD to {wrong}: it takes a socket that"):
                pull.set(zmq.USE_FD, wrong)
    os.close(reading)
    os.close(writing)
    listening = sockets.create_server(("127.0.0.1", 0))
    listening.setblocking(False)
    pull.use_fd = listening.detach()
    pull.bind("tcp://127.0.0.1:*")
    push.connect(pull.last_endpoint)
    push.send(b"through the socket that was there")
    assert pull.recv() == b"through the socket that was there"


@pytest.mark.parametrize(
    ("option", "verb", "why"),
    [
        (zmq.EVENTS, "set", "it is read-only"),
        (zmq.SUBSCRIBE, "get", "it is write-only"),
        (zmq.XPUB_VERBOSE, "set", "only an XPUB or PUB socket"),
        (zmq.HWM, "get", "SNDHWM and RCVHWM"),
    ],
)
def test_a_refused_option_says_why(
    option: zmq.SocketOption, verb: str, why: str, socket: Callable[..., zmq.Socket]
) -> None:
    a = socket(zmq.PAIR)
    arguments = (option, 1) if verb == "set" else (option,)
    with pytest.raises(zmq.ZMQError, match=f"cannot {verb} {option.name}.*{why}"):
        getattr(a, verb)(*arguments)


def test_a_value_that_libzmq_refuses_is_named(socket: Callable[..., zmq.Socket]) -> None:
    a = socket(zmq.DEALER)
    with pytest.raises(zmq.ZMQError, match="cannot set SNDHWM to -5: a high-water mark"):
        a.set(zmq.SNDHWM, -5)
    with pytest.raises(zmq.ZMQError, match="cannot set ROUTING_ID to b'rrrrr"):
        a.set(zmq.ROUTING_ID, b"r" * 256)


@pytest.mark.parametrize("name", ["RCVHWM", "SNDHWM", "LINGER", "RCVTIMEO", "BACKLOG"])
def test_defaults_are_libzmqs(name: str, context: zmq.Context) -> None:
    defaults = {"RCVHWM": 1000, "SNDHWM": 1000, "LINGER": -1, "RCVTIMEO": -1, "BACKLOG": 100}
    with context.socket(zmq.PAIR) as a:
        assert a.get(zmq.SocketOption[name]) == defaults[name]
