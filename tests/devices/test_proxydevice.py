from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator

import pytest

import ctzmq as zmq
from ctzmq import devices

LOOPBACK = "tcp://127.0.0.1"


@pytest.fixture
def context() -> Iterator[zmq.Context]:
    with zmq.Context() as context:
        yield context


@pytest.fixture
def ends(context: zmq.Context) -> Iterator[list[zmq.Socket]]:
    """A PUSH socket and two PULL sockets for the three sides of a proxy."""
    sockets = [context.socket(kind) for kind in (zmq.PUSH, zmq.PULL, zmq.PULL)]
    for socket in sockets:
        socket.linger = 0
        socket.rcvtimeo = socket.sndtimeo = 20_000
    yield sockets
    for socket in sockets:
        socket.close()


def test_a_copy_of_each_message_goes_to_the_monitor(
    context: zmq.Context, ends: list[zmq.Socket]
) -> None:
    proxy = devices.ThreadProxy(zmq.PULL, zmq.PUSH, zmq.PUSH)
    proxy.context_factory = lambda: context
    proxy.setsockopt_mon(zmq.SNDHWM, 5)
    ports = [
        proxy.bind_in_to_random_port(LOOPBACK),
        proxy.bind_out_to_random_port(LOOPBACK),
        proxy.bind_mon_to_random_port(LOOPBACK),
    ]
    assert len(set(ports)) == 3
    proxy.start()
    for socket, port in zip(ends, ports):
        socket.connect(f"{LOOPBACK}:{port}")
    push, pull, monitor = ends
    push.send_multipart([b"hello", b"there"])
    assert pull.recv_multipart() == [b"hello", b"there"]
    assert monitor.recv_multipart() == [b"hello", b"there"]
    for socket in ends:
        socket.close()
    context.term()
    proxy.join(20)
    assert proxy.done


def test_the_monitor_socket_may_connect(context: zmq.Context, ends: list[zmq.Socket]) -> None:
    push, pull, monitor = ends
    proxy = devices.ThreadProxy(zmq.PULL, zmq.PUSH, zmq.PUSH)
    proxy.context_factory = lambda: context
    push.bind("inproc://in")
    pull.bind("inproc://out")
    monitor.bind("inproc://mon")
    proxy.connect_in("inproc://in")
    proxy.connect_out("inproc://out")
    proxy.connect_mon("inproc://mon")
    proxy.start()
    push.send(b"hello")
    assert pull.recv() == b"hello"
    assert monitor.recv() == b"hello"
    for socket in ends:
        socket.close()
    context.term()
    proxy.join(20)


def test_the_monitor_publishes_when_nothing_else_is_said() -> None:
    assert devices.Proxy(zmq.PULL, zmq.PUSH).mon_type == zmq.PUB


def test_a_proxy_in_the_calling_thread(context: zmq.Context, ends: list[zmq.Socket]) -> None:
    push, pull, _ = ends
    proxy = devices.Proxy(zmq.PULL, zmq.PUSH)
    proxy.context_factory = lambda: context
    push.bind("inproc://in")
    pull.bind("inproc://out")
    proxy.connect_in("inproc://in")
    proxy.connect_out("inproc://out")
    thread = threading.Thread(target=proxy.start)
    thread.start()
    push.send(b"hello")
    assert pull.recv() == b"hello"
    for socket in ends:
        socket.close()
    context.term()
    thread.join(20)
    assert proxy.done


def test_a_proxy_in_a_process(ends: list[zmq.Socket], monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = devices.ProcessProxy(zmq.PULL, zmq.PUSH, zmq.PUSH)
    monkeypatch.setattr(proxy, "_launch_class", multiprocessing.get_context("spawn").Process)
    ports = [
        proxy.bind_in_to_random_port(LOOPBACK),
        proxy.bind_out_to_random_port(LOOPBACK),
        proxy.bind_mon_to_random_port(LOOPBACK),
    ]
    proxy.start()
    assert isinstance(proxy.launcher, multiprocessing.process.BaseProcess)
    try:
        for socket, port in zip(ends, ports):
            socket.connect(f"{LOOPBACK}:{port}")
        push, pull, monitor = ends
        push.send(b"hello")
        assert pull.recv() == b"hello"
        assert monitor.recv() == b"hello"
    finally:
        proxy.launcher.terminate()
        proxy.join(20)
