from __future__ import annotations

from collections.abc import Iterator

import pytest

import ctzmq as zmq
from ctzmq import devices


@pytest.fixture
def context() -> Iterator[zmq.Context]:
    with zmq.Context() as context:
        yield context


@pytest.fixture
def ends(context: zmq.Context) -> Iterator[list[zmq.Socket]]:
    """Two PAIR sockets and a PULL socket for the three sides of a queue."""
    sockets = [context.socket(kind) for kind in (zmq.PAIR, zmq.PAIR, zmq.PULL)]
    for socket in sockets:
        socket.linger = 0
        socket.rcvtimeo = socket.sndtimeo = 20_000
    yield sockets
    for socket in sockets:
        socket.close()


@pytest.mark.parametrize("prefixes", [(), (b"foo", b"bar")])
def test_a_queue_in_a_thread(
    context: zmq.Context, ends: list[zmq.Socket], prefixes: tuple[bytes, ...]
) -> None:
    queue = devices.ThreadMonitoredQueue(zmq.PAIR, zmq.PAIR, zmq.PUSH, *prefixes)
    queue.context_factory = lambda: context
    queue.setsockopt_mon(zmq.LINGER, 0)
    alice, bob, monitor = ends
    for socket, connect in zip(ends, (queue.connect_in, queue.connect_out, queue.connect_mon)):
        endpoint = f"inproc://{connect.__name__}"
        socket.bind(endpoint)
        connect(endpoint)
    queue.start()
    in_prefix, out_prefix = prefixes or (b"in", b"out")
    alice.send_multipart([b"hello", b"bob"])
    assert bob.recv_multipart() == [b"hello", b"bob"]
    assert monitor.recv_multipart() == [in_prefix, b"hello", b"bob"]
    bob.send(b"hi")
    assert alice.recv() == b"hi"
    assert monitor.recv_multipart() == [out_prefix, b"hi"]
    for socket in ends:
        socket.close()
    context.term()
    queue.join(20)
    assert queue.done


@pytest.mark.parametrize(
    ("queue", "proxy"),
    [
        (devices.MonitoredQueue, devices.Proxy),
        (devices.ThreadMonitoredQueue, devices.ThreadProxy),
        (devices.ProcessMonitoredQueue, devices.ProcessProxy),
    ],
)
def test_each_kind_is_a_proxy_of_its_kind(
    queue: type[devices.MonitoredQueue], proxy: type[devices.Proxy]
) -> None:
    assert issubclass(queue, proxy)
    assert queue(zmq.ROUTER, zmq.DEALER).mon_type == zmq.PUB
