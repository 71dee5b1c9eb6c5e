"""Binding, connecting and undoing both; random ports; monitors."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any, Callable

import pytest

import ctzmq as zmq
from ctzmq.utils.monitor import parse_monitor_message, recv_monitor_message

Make = Callable[..., zmq.Socket]
Pair = Callable[..., tuple[zmq.Socket, zmq.Socket]]

PATIENCE = 10_000


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


# -- Monitors --------------------------------------------------------------------------------------


def events(monitor: zmq.Socket, last: zmq.Event) -> list[zmq.Event]:
    """Receive from a monitor up to an event."""
    seen: list[zmq.Event] = []
    while last not in seen:
        assert monitor.poll(PATIENCE)
        seen.append(zmq.Event(recv_monitor_message(monitor)["event"]))
    return seen


@pytest.mark.libzmq(4, 3, 2)
def test_a_monitor_tells_the_life_of_a_connection(socket: Make) -> None:
    a, b = socket(zmq.PULL), socket(zmq.PUSH)
    with a.get_monitor_socket() as server, b.get_monitor_socket() as client:
        a.bind("tcp://127.0.0.1:*")
        message = recv_monitor_message(server)
        assert message["event"] == zmq.EVENT_LISTENING
        assert message["endpoint"] == a.last_endpoint
        b.connect(a.last_endpoint)
        assert zmq.EVENT_ACCEPTED in events(server, zmq.Event.HANDSHAKE_SUCCEEDED)
        assert zmq.EVENT_CONNECTED in events(client, zmq.Event.HANDSHAKE_SUCCEEDED)
        b.close()
        events(server, zmq.Event.DISCONNECTED)
        events(client, zmq.Event.MONITOR_STOPPED)
        a.close()
        assert zmq.EVENT_CLOSED in events(server, zmq.Event.MONITOR_STOPPED)


def test_a_monitor_tells_only_what_it_was_asked_for(socket: Make) -> None:
    a, b = socket(zmq.PULL), socket(zmq.PUSH)
    a.bind("tcp://127.0.0.1:*")
    with b.get_monitor_socket(zmq.EVENT_CONNECTED | zmq.EVENT_MONITOR_STOPPED) as monitor:
        b.connect(a.last_endpoint)
        talk(b, a)
        b.close()
        assert events(monitor, zmq.Event.MONITOR_STOPPED) == [
            zmq.Event.CONNECTED,
            zmq.Event.MONITOR_STOPPED,
        ]


def test_a_monitor_is_stopped(socket: Make) -> None:
    a = socket(zmq.PULL)
    monitor = a.get_monitor_socket()
    assert a.get_monitor_socket() is monitor
    a.disable_monitor()
    assert events(monitor, zmq.Event.MONITOR_STOPPED)
    again = a.get_monitor_socket()
    assert again is not monitor
    monitor.close()
    a.bind("tcp://127.0.0.1:*")
    assert recv_monitor_message(again)["event"] == zmq.EVENT_LISTENING
    again.close()


def test_a_monitor_has_the_endpoint_it_is_given(socket: Make) -> None:
    a = socket(zmq.PULL)
    with a.get_monitor_socket(addr="inproc://watch") as monitor:
        assert monitor.last_endpoint == b"inproc://watch"
        a.bind("tcp://127.0.0.1:*")
        assert parse_monitor_message(monitor.recv_multipart())["event"] == zmq.EVENT_LISTENING


def test_a_monitor_ends_when_its_socket_is_closed(socket: Make) -> None:
    a, b = socket(zmq.PULL), socket(zmq.PUSH)
    a.bind("tcp://127.0.0.1:*")
    for _ in range(2):
        with a.get_monitor_socket(zmq.EVENT_ACCEPTED) as monitor:
            b.connect(a.last_endpoint)
            assert recv_monitor_message(monitor)["event"] == zmq.EVENT_ACCEPTED
            b.disconnect(a.last_endpoint)
        a.disable_monitor()
    a.bind("tcp://127.0.0.1:*")


def test_a_monitored_socket_may_be_closed_first_or_last(socket: Make) -> None:
    for order in (1, -1):
        a = socket(zmq.PULL)
        monitor = a.get_monitor_socket()
        a.bind("tcp://127.0.0.1:*")
        for each in (a, monitor)[::order]:
            each.close()


def test_a_monitor_of_ones_own(socket: Make) -> None:
    a, own = socket(zmq.PULL), socket(zmq.PAIR)
    a.monitor(b"inproc://own", zmq.EVENT_LISTENING | zmq.EVENT_MONITOR_STOPPED)
    own.connect("inproc://own")
    a.bind("tcp://127.0.0.1:*")
    a.monitor(None)
    assert events(own, zmq.Event.MONITOR_STOPPED)[0] == zmq.EVENT_LISTENING
    a.monitor(None, 0)


def test_a_monitor_whose_endpoint_is_no_good_is_named(socket: Make) -> None:
    a = socket(zmq.PULL)
    with pytest.raises(zmq.ZMQError, match=r"monitor.*tcp://127\.0\.0\.1:9") as caught:
        a.monitor("tcp://127.0.0.1:9")
    assert caught.value.errno == zmq.EPROTONOSUPPORT
    a.monitor("inproc://mine")
    with pytest.raises(zmq.ZMQError, match="inproc://mine"):
        socket(zmq.PUSH).monitor("inproc://mine")


@pytest.mark.libzmq(4, 3)
def test_a_failed_handshake_is_told_with_its_reason(socket: Make) -> None:
    a, b = socket(zmq.PULL), socket(zmq.PUSH, plain_username=b"user", plain_password=b"pass")
    with a.get_monitor_socket(zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL) as monitor:
        a.bind("tcp://127.0.0.1:*")
        b.connect(a.last_endpoint)
        message = recv_monitor_message(monitor)
    assert message["event"] == zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    assert message["value"] == zmq.PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH


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


# -- What is no port or event ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "ports", [(0, 5), (-5, 5), (5, 5), (10, 5), (60_000, 70_000), (2**70, 2**71)]
)
def test_a_range_that_is_none_of_ports_is_refused(ports: tuple[int, int], socket: Make) -> None:
    with pytest.raises(ValueError, match="not within 1 to 65535"):
        socket(zmq.PAIR).bind_to_random_port("tcp://127.0.0.1", *ports)


@pytest.mark.parametrize("endpoint", ["inproc://name", "ipc:///tmp/name"])
def test_a_transport_without_ports_is_refused(endpoint: str, socket: Make) -> None:
    a = socket(zmq.PAIR)
    with pytest.raises(ValueError, match=f"{endpoint}' has no ports"):
        a.bind_to_random_port(endpoint)
    assert a.last_endpoint == b""


@pytest.mark.parametrize("events", [-1, 0x10000, 2**32 + 1, 2**70])
def test_more_than_16_bits_of_events_are_refused(events: int, socket: Make) -> None:
    a = socket(zmq.PAIR)
    with pytest.raises(zmq.ZMQError, match=f"cannot monitor {events:#x}") as caught:
        a.monitor("inproc://events", events)
    assert caught.value.errno == zmq.EINVAL
