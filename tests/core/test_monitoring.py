"""Monitors: what they tell, and how they end."""

from __future__ import annotations

from typing import Callable

import pytest

import ctzmq as zmq
from ctzmq.utils.monitor import parse_monitor_message, recv_monitor_message

Make = Callable[..., zmq.Socket]

PATIENCE = 10_000


def talk(a: zmq.Socket, b: zmq.Socket) -> None:
    """Send a message from one to the other."""
    a.send(b"hello")
    assert b.recv() == b"hello"


def events(monitor: zmq.Socket, last: zmq.Event) -> list[zmq.Event]:
    """Receive from a monitor up to an event."""
    seen: list[zmq.Event] = []
    while last not in seen:
        assert monitor.poll(PATIENCE)
        seen.append(zmq.Event(recv_monitor_message(monitor)["event"]))
    return seen


@pytest.mark.libzmq(4, 3, 2)
def test_a_monitor_sees_a_host_name_bound_at_once(socket: Make) -> None:
    a = socket(zmq.PULL)
    with a.get_monitor_socket() as monitor:
        a.bind("tcp://localhost:*")
        message = recv_monitor_message(monitor)
        assert message["event"] == zmq.EVENT_LISTENING
        assert message["endpoint"] == a.last_endpoint
        with pytest.raises(zmq.ZMQError):
            a.bind("tcp://nosuch.invalid:*")
        assert recv_monitor_message(monitor)["event"] == zmq.EVENT_BIND_FAILED


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


@pytest.mark.filterwarnings("ignore:unclosed socket:ResourceWarning")
def test_a_monitor_is_stopped_whose_socket_nobody_keeps(socket: Make) -> None:
    """Its last event needs somebody who is connected, or the call never returns."""
    a = socket(zmq.PULL)
    # One that is closed too soon is in time now and then.
    for _ in range(100):
        a.get_monitor_socket()
        a.disable_monitor()
        assert a._monitor_socket is None


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


@pytest.mark.parametrize("events", [-1, 0x10000, 2**32 + 1, 2**70])
def test_more_than_16_bits_of_events_are_refused(events: int, socket: Make) -> None:
    a = socket(zmq.PAIR)
    with pytest.raises(zmq.ZMQError, match=f"cannot monitor {events:#x}") as caught:
        a.monitor("inproc://events", events)
    assert caught.value.errno == zmq.EINVAL
