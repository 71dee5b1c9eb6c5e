"""The monitors of both ends report the same connection."""

from __future__ import annotations

import pytest

import ctzmq as zmq

from .conftest import Link, address
from .sides import SOCKET_PATIENCE


@pytest.mark.libzmq(4, 3, 2)
def test_both_ends_report_the_connection(link: Link) -> None:
    bound, connected = link.binder.socket(zmq.PULL), link.connector.socket(zmq.PUSH)
    at_bound, at_connected = link.binder.monitor(bound), link.connector.monitor(connected)
    bound.bind(link.endpoint)
    endpoint = address(bound).encode()
    assert at_bound.wait(zmq.EVENT_LISTENING)["endpoint"] == endpoint
    connected.connect(endpoint.decode())
    for monitor, event in (
        (at_bound, zmq.EVENT_ACCEPTED),
        (at_bound, zmq.EVENT_HANDSHAKE_SUCCEEDED),
        (at_connected, zmq.EVENT_CONNECTED),
        (at_connected, zmq.EVENT_HANDSHAKE_SUCCEEDED),
    ):
        assert monitor.wait(event)["endpoint"] == endpoint
    connected.send(b"hello")
    assert bound.recv() == b"hello"
    connected.close()
    assert at_bound.wait(zmq.EVENT_DISCONNECTED)["endpoint"] == endpoint
    assert at_connected.wait(zmq.EVENT_MONITOR_STOPPED)["event"] == zmq.EVENT_MONITOR_STOPPED


@pytest.mark.libzmq(4, 3, 2)
def test_an_unbound_endpoint_takes_no_more_peers(link: Link) -> None:
    bound, connected = link.binder.socket(zmq.PAIR), link.connector.socket(zmq.PAIR)
    at_bound, late = link.binder.monitor(bound), link.connector.socket(zmq.PAIR)
    bound.bind(link.endpoint)
    endpoint = address(bound)
    connected.connect(endpoint)
    connected.send(b"early")
    assert bound.recv() == b"early"
    bound.unbind(endpoint)
    assert at_bound.wait(zmq.EVENT_CLOSED)["endpoint"] == endpoint.encode()
    at_late = link.connector.monitor(late)
    late.connect(endpoint)
    assert at_late.wait(zmq.EVENT_CONNECT_RETRIED)["endpoint"] == endpoint.encode()


def test_only_the_chosen_events_are_reported(link: Link) -> None:
    bound = link.bind(zmq.PULL)
    receive = link.binder.module("utils.monitor").recv_monitor_message
    monitor = bound.get_monitor_socket(zmq.EVENT_DISCONNECTED)
    monitor.set(zmq.RCVTIMEO, SOCKET_PATIENCE)
    connected = link.connect(bound, zmq.PUSH)
    connected.send(b"hello")
    assert bound.recv() == b"hello"
    connected.close()
    assert receive(monitor)["event"] == zmq.EVENT_DISCONNECTED
    bound.disable_monitor()
    monitor.close()
