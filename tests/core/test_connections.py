"""Binding, connecting and undoing both; random ports."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from pathlib import Path
from typing import Any, Callable

import pytest

import ctzmq as zmq
from ctzmq.core import names

Make = Callable[..., zmq.Socket]
Pair = Callable[..., tuple[zmq.Socket, zmq.Socket]]


def talk(a: zmq.Socket, b: zmq.Socket) -> None:
    """Send a message from one to the other."""
    a.send(b"hello")
    assert b.recv() == b"hello"


# -- bind and connect ------------------------------------------------------------------------------


@pytest.mark.parametrize("convert", [str, str.encode])
def test_an_endpoint_is_str_or_bytes(convert: Any, socket: Make) -> None:
    a, b = socket(zmq.PAIR), socket(zmq.PAIR)
    a.bind(convert("inproc://either"))
    b.connect(convert("inproc://either"))
    talk(a, b)
    b.disconnect(convert("inproc://either"))
    a.unbind(convert("inproc://either"))


def test_the_system_chooses_a_port(socket: Make) -> None:
    a, b = socket(zmq.PULL), socket(zmq.PUSH)
    a.bind("tcp://127.0.0.1:*")
    assert a.last_endpoint.startswith(b"tcp://127.0.0.1:")
    assert int(a.last_endpoint.rpartition(b":")[2]) > 0
    b.connect(a.last_endpoint)
    talk(b, a)


def test_a_socket_has_several_endpoints(socket: Make) -> None:
    pull = socket(zmq.PULL)
    pull.bind("inproc://first")
    pull.bind("tcp://127.0.0.1:*")
    pushes = [socket(zmq.PUSH) for _ in range(2)]
    for push, endpoint in zip(pushes, (b"inproc://first", pull.last_endpoint)):
        push.connect(endpoint)
        talk(push, pull)


def test_connect_comes_before_bind(socket: Make, tmp_path: Path) -> None:
    endpoints = ["inproc://later"] + ([f"ipc://{tmp_path}/later"] if zmq.has("ipc") else [])
    for endpoint in endpoints:
        a, b = socket(zmq.PAIR), socket(zmq.PAIR)
        a.connect(endpoint)
        b.bind(endpoint)
        talk(a, b)


def test_bind_unbinds_at_the_end_of_its_block(socket: Make) -> None:
    a, b = socket(zmq.PAIR), socket(zmq.PAIR)
    with a.bind("tcp://127.0.0.1:*") as bound:
        assert bound is a
        endpoint = a.last_endpoint
    assert not a.closed
    with pytest.raises(zmq.ZMQError, match="no such endpoint to unbind"):
        a.unbind(endpoint)
    with b.bind("inproc://block"):
        assert "bind" in repr(b.bind("inproc://other"))
    a.bind("inproc://block")


def test_connect_disconnects_at_the_end_of_its_block(socket: Make) -> None:
    a, b = socket(zmq.PULL), socket(zmq.PUSH)
    a.bind("tcp://127.0.0.1:*")
    with b.connect(a.last_endpoint) as connected:
        assert connected is b
        talk(b, a)
    with pytest.raises(zmq.ZMQError, match="no such endpoint to disconnect"):
        b.disconnect(a.last_endpoint)


def test_a_block_may_close_its_socket(socket: Make) -> None:
    a, b = socket(zmq.PAIR), socket(zmq.PAIR)
    with a.bind("inproc://closing"):
        a.close()
    with b.connect("tcp://127.0.0.1:9"):
        b.close()
    assert a.closed
    assert b.closed


def test_a_block_lets_its_own_error_through(socket: Make) -> None:
    a = socket(zmq.PAIR)
    with pytest.raises(ZeroDivisionError), a.bind("inproc://failing"):
        1 / 0
    a.bind("inproc://failing")


def test_an_address_is_free_again_after_unbind(socket: Make, tmp_path: Path) -> None:
    endpoints = ["inproc://again"] + ([f"ipc://{tmp_path}/again"] if zmq.has("ipc") else [])
    for endpoint in endpoints:
        a, b = socket(zmq.PAIR), socket(zmq.PAIR)
        a.bind(endpoint)
        a.unbind(endpoint)
        a.bind(endpoint)
        a.unbind(endpoint)
    b.bind("inproc://again")


# -- Host names ------------------------------------------------------------------------------------


LOCAL = pytest.mark.parametrize("ipv6", [0, 1])


def address_of(endpoint: bytes) -> str:
    """Return the host of an endpoint."""
    return endpoint.decode().partition("://")[2].rpartition(":")[0]


@LOCAL
@pytest.mark.parametrize("port", ["*", "0"])
def test_a_host_name_is_one_of_its_addresses(ipv6: int, port: str, socket: Make) -> None:
    a, b = socket(zmq.PULL, ipv6=ipv6), socket(zmq.PUSH, ipv6=1)
    a.bind(f"tcp://localhost:{port}")
    assert address_of(a.last_endpoint) in (
        ("[::1]", "[::ffff:127.0.0.1]") if ipv6 else ("127.0.0.1",)
    )
    b.connect(a.last_endpoint)
    talk(b, a)


@LOCAL
def test_a_host_name_in_every_way_of_binding(ipv6: int, socket: Make) -> None:
    a, b = socket(zmq.PULL, ipv6=ipv6), socket(zmq.PULL, ipv6=ipv6)
    port = a.bind_to_random_port("tcp://localhost")
    assert a.last_endpoint.endswith(b":%d" % port)
    with pytest.raises(zmq.ZMQError, match=f"in use.*tcp://localhost:{port}") as caught:
        b.bind(f"tcp://localhost:{port}")
    assert caught.value.errno == zmq.EADDRINUSE
    assert 20_000 <= b.bind_to_random_port("tcp://localhost", 20_000, 30_000) < 30_000
    with b.bind(b"tcp://localhost:*"):
        endpoint = b.last_endpoint
    with pytest.raises(zmq.ZMQError, match="no such endpoint"):
        b.unbind(endpoint)
    shadow = zmq.Socket.shadow(a)
    shadow.bind("tcp://localhost:*")
    assert shadow.last_endpoint == a.last_endpoint


@LOCAL
@pytest.mark.parametrize("host", ["localhost", "LocalHost", "[localhost]"])
def test_what_was_bound_by_name_is_unbound_by_either(ipv6: int, host: str, socket: Make) -> None:
    a = socket(zmq.PAIR, ipv6=ipv6)
    for name in (True, False):
        a.bind(f"tcp://{host}:*")
        endpoint = a.last_endpoint
        named = b"tcp://%b:%b" % (host.encode(), endpoint.rpartition(b":")[2])
        a.unbind(named if name else endpoint)
        for gone in (named, endpoint):
            with pytest.raises(zmq.ZMQError, match="no such endpoint to unbind") as caught:
                a.unbind(gone)
            assert caught.value.errno == errno.ENOENT


@pytest.mark.skipif(not zmq.has("WS"), reason="this libzmq has no ws")
@pytest.mark.parametrize("path", ["", "/", "/path"])
def test_a_host_name_of_a_websocket(path: str, socket: Make) -> None:
    a, b = socket(zmq.PULL), socket(zmq.PUSH)
    a.bind(f"ws://localhost:*{path}")
    endpoint = a.last_endpoint.decode()
    assert endpoint.startswith("ws://127.0.0.1:")
    b.connect(endpoint)
    talk(b, a)
    a.unbind(endpoint.replace("127.0.0.1", "localhost") if path else endpoint)
    if not path:
        port = a.bind_to_random_port("ws://localhost")
        a.unbind(f"ws://localhost:{port}")


@LOCAL
@pytest.mark.parametrize("verb", ["bind", "bind_to_random_port"])
def test_a_host_that_is_not_known_is_named(ipv6: int, verb: str, socket: Make) -> None:
    a = socket(zmq.PAIR, ipv6=ipv6)
    addr = "tcp://nosuch.invalid" + (":5555" if verb == "bind" else "")
    with pytest.raises(zmq.ZMQError, match=r"host 'nosuch\.invalid'") as caught:
        getattr(a, verb)(addr)
    assert caught.value.errno == errno.ENODEV


def test_what_is_no_host_name_is_left_to_libzmq(
    socket: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_up(*args: object) -> None:
        pytest.fail(f"looked up {args}")

    monkeypatch.setattr(names, "look_up", look_up)
    a = socket(zmq.PAIR)
    monkeypatch.setattr(zmq.Socket, "_looks_up", True)
    interface = "lo0" if sys.platform == "darwin" else "lo"
    for host in ("*", "127.0.0.1", "127.1", "[::ffff:127.0.0.1]", interface):
        a.ipv6 = ":" in host
        with a.bind(f"tcp://{host}:*"):
            pass
    for addr in ("inproc://localhost:5", "tcp://127.0.0.1", "tcp://:5555"):
        with contextlib.suppress(zmq.ZMQError):
            a.bind(addr)


def test_a_closed_socket_binds_to_no_name(socket: Make) -> None:
    a = socket(zmq.PAIR)
    a.close()
    for call, name in (
        (a.bind, "tcp://localhost:5555"),
        (a.unbind, "tcp://localhost:5555"),
        (a.bind_to_random_port, "tcp://localhost"),
    ):
        with pytest.raises(zmq.ZMQError) as caught:
            call(name)
        assert caught.value.errno == zmq.ENOTSOCK


# -- Random ports ----------------------------------------------------------------------------------


def test_a_random_port_of_the_whole_range_is_the_systems_choice(socket: Make) -> None:
    a, b = socket(zmq.PULL), socket(zmq.PUSH)
    port = a.bind_to_random_port("tcp://127.0.0.1")
    assert a.last_endpoint == b"tcp://127.0.0.1:%d" % port
    b.connect(f"tcp://127.0.0.1:{port}")
    talk(b, a)


def test_a_random_port_lies_in_the_range(socket: Make) -> None:
    a, b = socket(zmq.PULL), socket(zmq.PUSH)
    port = a.bind_to_random_port("tcp://127.0.0.1", min_port=20_000, max_port=30_000)
    assert 20_000 <= port < 30_000
    b.connect(f"tcp://127.0.0.1:{port}")
    talk(b, a)


def test_a_range_without_a_free_port_is_told(socket: Make) -> None:
    a = socket(zmq.PAIR)
    port = a.bind_to_random_port("tcp://127.0.0.1")
    with pytest.raises(
        zmq.ZMQBindError, match=rf"tcp://127.0.0.1 from {port} to {port} in 3 tries"
    ):
        socket(zmq.PAIR).bind_to_random_port("tcp://127.0.0.1", port, port + 1, max_tries=3)


@pytest.mark.parametrize("convert", [str, str.encode])
@pytest.mark.parametrize("transport", ["inproc", "ipc"])
def test_a_random_number_becomes_a_part_of_a_name(
    convert: Any, transport: str, socket: Make, tmp_path: Path
) -> None:
    if not zmq.has(transport) and transport == "ipc":
        pytest.skip("this libzmq has no ipc")
    name = f"{transport}://{tmp_path if transport == 'ipc' else ''}/pipe"
    a, b = socket(zmq.PULL), socket(zmq.PUSH)
    number = a.bind_to_random_port(convert(name), min_port=70_000, max_port=80_000)
    assert 70_000 <= number < 80_000
    assert a.last_endpoint == f"{name}:{number}".encode()
    b.connect(f"{name}:{number}")
    talk(b, a)
    assert 12_345 <= a.bind_to_random_port(convert(name), min_port=12_345) < 65_536


def test_a_range_without_a_free_name_is_told(socket: Make) -> None:
    a = socket(zmq.PAIR)
    for number in {a.bind_to_random_port("inproc://few", 5, 6)}:
        assert number == 5
    with pytest.raises(zmq.ZMQBindError, match=r"inproc://few from 5 to 5 in 100 tries"):
        socket(zmq.PAIR).bind_to_random_port("inproc://few", 5, 6)


@pytest.mark.parametrize(
    "addr", ["inproc://pipe", "ipc:///tmp/pipe", b"inproc://pipe", "udp://127.0.0.1"]
)
def test_the_system_has_no_numbers_for_names(addr: Any, socket: Make) -> None:
    a = socket(zmq.PAIR)
    with pytest.raises(ValueError, match=r"has no ports .* give min_port or max_port"):
        a.bind_to_random_port(addr)
    assert a.last_endpoint == b""


@pytest.mark.parametrize(
    ("addr", "first", "end"),
    [
        ("tcp://127.0.0.1", 0, 10),
        ("tcp://127.0.0.1", -5, 5),
        ("tcp://127.0.0.1", 5, 5),
        ("tcp://127.0.0.1", 10, 5),
        ("tcp://127.0.0.1", 60_000, 65_537),
        ("tcp://localhost", 60_000, 70_000),
        ("tcp://127.0.0.1", 2**70, 2**71),
        ("inproc://pipe", 10, 10),
        ("inproc://pipe", 10, 5),
    ],
)
def test_a_range_is_none_or_none_of_ports(addr: str, first: int, end: int, socket: Make) -> None:
    why = "not within 1 to 65535" if addr.startswith("tcp") else "there is no number"
    with pytest.raises(ValueError, match=why) as caught:
        socket(zmq.PAIR).bind_to_random_port(addr, first, end)
    assert f"from {first} to {end - 1}" in str(caught.value)


def test_another_failure_than_a_port_in_use_is_not_tried_again(socket: Make) -> None:
    a = socket(zmq.PAIR)
    with pytest.raises(zmq.ZMQError, match="no transport 'nonsense'") as caught:
        a.bind_to_random_port("nonsense://127.0.0.1", 20_000, 20_100)
    assert caught.value.errno == zmq.EPROTONOSUPPORT


# -- Errors name the endpoint ----------------------------------------------------------------------


def test_an_address_in_use_is_named(socket: Make) -> None:
    a, b = socket(zmq.PAIR), socket(zmq.PAIR)
    a.bind("inproc://taken")
    a.bind("tcp://127.0.0.1:*")
    for endpoint in ("inproc://taken", a.last_endpoint.decode()):
        with pytest.raises(zmq.ZMQError, match=f"in use.*{endpoint}") as caught:
            b.bind(endpoint)
        assert caught.value.errno == zmq.EADDRINUSE


@pytest.mark.parametrize("verb", ["unbind", "disconnect"])
def test_an_endpoint_that_the_socket_does_not_have_is_named(verb: str, socket: Make) -> None:
    a = socket(zmq.PAIR)
    with pytest.raises(zmq.ZMQError, match=f"{verb}.*tcp://127.0.0.1:9") as caught:
        getattr(a, verb)("tcp://127.0.0.1:9")
    assert caught.value.errno == errno.ENOENT


# -- The descriptor --------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="select of Windows takes Python's own sockets only")
def test_the_descriptor_becomes_readable(pair: Pair) -> None:
    import select

    a, b = pair(zmq.PAIR, zmq.PAIR, "tcp")
    while b.events & zmq.POLLIN:
        b.recv()
    a.send(b"wake")
    while not b.events & zmq.POLLIN:
        ready, _, _ = select.select([b], [], [], 10)
        assert ready == [b]
    assert b.recv() == b"wake"


@pytest.mark.parametrize(("verb", "undo"), [("bind", "unbind"), ("connect", "disconnect")])
def test_what_ends_with_the_block_is_made_by_a_method(
    verb: str, undo: str, socket: Any, flavour: Any
) -> None:
    one = socket(zmq.PAIR)
    made = getattr(one, f"_{verb}_cm")("inproc://made")
    assert (made.kind, made.addr, made.socket) == (verb, "inproc://made", one)

    class Own(flavour.zmq.Socket):  # type: ignore[misc]
        pass

    def instead(self: Any, addr: str) -> Any:
        return self, addr

    setattr(Own, f"_{verb}_cm", instead)
    with Own(one.context, zmq.PAIR) as other:
        assert getattr(other, verb)("inproc://other") == (other, "inproc://other")
