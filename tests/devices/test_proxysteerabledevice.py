from __future__ import annotations

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
    """A PUSH socket, two PULL sockets and a PAIR socket for the four sides of a proxy."""
    sockets = [context.socket(kind) for kind in (zmq.PUSH, zmq.PULL, zmq.PULL, zmq.PAIR)]
    for socket in sockets:
        socket.linger = 0
        socket.rcvtimeo = socket.sndtimeo = 20_000
    yield sockets
    for socket in sockets:
        socket.close()


def test_terminate_ends_the_proxy(context: zmq.Context, ends: list[zmq.Socket]) -> None:
    proxy = devices.ThreadProxySteerable(zmq.PULL, zmq.PUSH, zmq.PUSH, zmq.PAIR)
    proxy.context_factory = lambda: context
    proxy.setsockopt_ctrl(zmq.LINGER, 0)
    ports = [
        proxy.bind_in_to_random_port(LOOPBACK),
        proxy.bind_out_to_random_port(LOOPBACK),
        proxy.bind_mon_to_random_port(LOOPBACK),
        proxy.bind_ctrl_to_random_port(LOOPBACK),
    ]
    assert len(set(ports)) == 4
    proxy.start()
    for socket, port in zip(ends, ports):
        socket.connect(f"{LOOPBACK}:{port}")
    push, pull, monitor, control = ends
    push.send(b"hello")
    assert pull.recv() == b"hello"
    assert monitor.recv() == b"hello"
    control.send(b"TERMINATE")
    proxy.join(20)
    assert proxy.done


@pytest.mark.parametrize(("control", "hand"), [(zmq.REP, zmq.REQ), (zmq.PULL, zmq.PUSH)])
def test_a_control_of_any_type(control: int, hand: int, context: zmq.Context) -> None:
    proxy = devices.ThreadProxySteerable(zmq.PULL, zmq.PUSH, zmq.PUB, control)
    proxy.context_factory = lambda: context
    port = proxy.bind_ctrl_to_random_port(LOOPBACK)
    proxy.start()
    with context.socket(hand) as steering:
        steering.rcvtimeo = 20_000
        steering.connect(f"{LOOPBACK}:{port}")
        for command in (b"PAUSE", b"RESUME", b"TERMINATE"):
            steering.send(command)
            if hand == zmq.REQ:
                assert steering.recv() == b""
        proxy.join(20)
    assert proxy.done


def test_pause_and_resume(context: zmq.Context, ends: list[zmq.Socket]) -> None:
    push, pull, monitor, control = ends
    proxy = devices.ThreadProxySteerable(zmq.PULL, zmq.PUSH, zmq.PUSH, zmq.PAIR)
    proxy.context_factory = lambda: context
    for socket, connect in zip(
        ends, (proxy.connect_in, proxy.connect_out, proxy.connect_mon, proxy.connect_ctrl)
    ):
        endpoint = f"inproc://{connect.__name__}"
        socket.bind(endpoint)
        connect(endpoint)
    proxy.start()
    push.send(b"before")
    assert pull.recv() == monitor.recv() == b"before"
    control.send(b"PAUSE")
    control.send(b"RESUME")
    push.send(b"after")
    assert pull.recv() == b"after"
    assert monitor.recv() == b"after"
    control.send(b"TERMINATE")
    proxy.join(20)
    assert proxy.done


def test_without_a_control_socket_it_is_a_plain_proxy(
    context: zmq.Context, ends: list[zmq.Socket]
) -> None:
    push, pull, monitor, _ = ends
    proxy = devices.ThreadProxySteerable(zmq.PULL, zmq.PUSH, zmq.PUSH)
    assert proxy.ctrl_type is None
    proxy.context_factory = lambda: context
    for socket, connect in zip(
        (push, pull, monitor), (proxy.connect_in, proxy.connect_out, proxy.connect_mon)
    ):
        endpoint = f"inproc://{connect.__name__}"
        socket.bind(endpoint)
        connect(endpoint)
    proxy.start()
    push.send(b"hello")
    assert pull.recv() == monitor.recv() == b"hello"
    for socket in ends:
        socket.close()
    context.term()
    proxy.join(20)
    assert proxy.done


@pytest.mark.parametrize(
    ("steerable", "plain"),
    [
        (devices.ProxySteerable, devices.Proxy),
        (devices.ThreadProxySteerable, devices.ThreadProxy),
        (devices.ProcessProxySteerable, devices.ProcessProxy),
    ],
)
def test_each_kind_is_a_proxy_of_its_kind(
    steerable: type[devices.ProxySteerable], plain: type[devices.Proxy]
) -> None:
    assert issubclass(steerable, plain)
    assert steerable(zmq.PULL, zmq.PUSH, ctrl_type=zmq.PAIR).mon_type == zmq.PUB
