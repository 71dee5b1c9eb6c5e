from __future__ import annotations

import multiprocessing
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Callable

import pytest

import ctzmq as zmq
from ctzmq import devices

LOOPBACK = "tcp://127.0.0.1"


NewSocket = Callable[[int], zmq.Socket]


@pytest.fixture
def context() -> Iterator[zmq.Context]:
    context = zmq.Context()
    yield context
    context.destroy(linger=0)


@pytest.fixture
def new_socket(context: zmq.Context) -> Iterator[NewSocket]:
    """Make sockets that give up after 20 s, and close them after the test."""
    sockets: list[zmq.Socket] = []

    def make(socket_type: int) -> zmq.Socket:
        socket = context.socket(socket_type)
        socket.linger = 0
        socket.rcvtimeo = socket.sndtimeo = 20_000
        sockets.append(socket)
        return socket

    yield make
    for socket in sockets:
        socket.close()


@pytest.fixture
def thread_device(context: zmq.Context) -> Iterator[type[devices.ThreadDevice]]:
    """A ThreadDevice on the test's context, whose termination must end all of them."""
    started: list[devices.ThreadDevice] = []

    class TestDevice(devices.ThreadDevice):
        def context_factory(self) -> zmq.Context:
            return context

        def start(self) -> None:
            started.append(self)
            super().start()

    yield TestDevice
    context.term()
    for device in started:
        device.join(20)
        assert device.done


def test_a_device_needs_both_types() -> None:
    with pytest.raises(TypeError, match="in_type"):
        devices.Device()
    with pytest.raises(TypeError, match="out_type"):
        devices.Device(zmq.QUEUE, zmq.PULL)


def test_attributes_before_the_start() -> None:
    device = devices.Device(zmq.FORWARDER, zmq.SUB, zmq.PUB)
    assert (device.device_type, device.in_type, device.out_type) == (
        zmq.FORWARDER,
        zmq.SUB,
        zmq.PUB,
    )
    assert device.daemon is True
    assert device.done is False
    assert devices.ThreadDevice(zmq.QUEUE, zmq.SUB, zmq.PUB).launcher is None


def test_context_factories() -> None:
    assert devices.Device.context_factory == zmq.Context.instance
    assert devices.ThreadDevice.context_factory == zmq.Context.instance
    assert devices.ProcessDevice.context_factory is zmq.Context


def test_a_queue_between_clients_and_a_server(
    thread_device: type[devices.ThreadDevice], new_socket: NewSocket
) -> None:
    device = thread_device(zmq.QUEUE, zmq.ROUTER, zmq.DEALER)
    port_in = device.bind_in_to_random_port(LOOPBACK)
    server = new_socket(zmq.REP)
    device.connect_out(f"{LOOPBACK}:{server.bind_to_random_port(LOOPBACK)}")
    device.start()
    client = new_socket(zmq.REQ)
    client.connect(f"{LOOPBACK}:{port_in}")
    for number in range(3):
        client.send_multipart([b"question", b"%d" % number])
        assert server.recv_multipart() == [b"question", b"%d" % number]
        server.send(b"answer")
        assert client.recv() == b"answer"


@pytest.mark.parametrize("side", ["in", "out"])
def test_one_socket_for_both_sides(
    thread_device: type[devices.ThreadDevice], new_socket: NewSocket, side: str
) -> None:
    device = thread_device(zmq.QUEUE, zmq.REP, -1)
    port = getattr(device, f"bind_{side}_to_random_port")(LOOPBACK)
    device.start()
    client = new_socket(zmq.REQ)
    client.connect(f"{LOOPBACK}:{port}")
    client.send(b"echo")
    assert client.recv() == b"echo"


def test_options_are_set_before_the_endpoints(
    thread_device: type[devices.ThreadDevice], new_socket: NewSocket
) -> None:
    device = thread_device(zmq.QUEUE, zmq.DEALER, zmq.DEALER)
    device.setsockopt_in(zmq.ROUTING_ID, b"inner")
    device.setsockopt_out(zmq.ROUTING_ID, b"outer")
    peers = []
    for connect in (device.connect_in, device.connect_out):
        router = new_socket(zmq.ROUTER)
        router.router_mandatory = True
        port = router.bind_to_random_port(LOOPBACK)
        connect(f"{LOOPBACK}:{port}")
        peers.append(router)
    device.start()
    inner, outer = peers

    def sent() -> bool:
        try:
            inner.send_multipart([b"inner", b"hello"])
        except zmq.ZMQError as error:
            if error.errno != zmq.EHOSTUNREACH:
                raise
            return False
        return True

    while not sent():
        inner.poll(10)
    assert outer.recv_multipart() == [b"outer", b"hello"]


def test_bind_out_and_connect_in(
    thread_device: type[devices.ThreadDevice], new_socket: NewSocket
) -> None:
    device = thread_device(zmq.STREAMER, zmq.PULL, zmq.PUSH)
    push, pull = new_socket(zmq.PUSH), new_socket(zmq.PULL)
    push.bind("inproc://source")
    device.connect_in("inproc://source")
    device.bind_out("inproc://drain")
    device.bind_in("inproc://unused")
    pull.connect("inproc://drain")
    device.start()
    push.send(b"downstream")
    assert pull.recv() == b"downstream"


def test_random_ports_stay_in_the_range() -> None:
    device = devices.Device(zmq.QUEUE, zmq.PULL, zmq.PUSH)
    ports = {
        device.bind_in_to_random_port(LOOPBACK, min_port=21_000, max_port=21_500),
        device.bind_out_to_random_port(LOOPBACK, min_port=21_000, max_port=21_500),
        device.bind_in_to_random_port(LOOPBACK, 21_000, 21_500),
    }
    assert len(ports) == 3
    assert all(21_000 <= port < 21_500 for port in ports)


def test_a_device_never_reserves_a_port_twice() -> None:
    device = devices.Device(zmq.QUEUE, zmq.PULL, zmq.PUSH)
    ports = []

    def reserve_more_than_there_are() -> None:
        for _ in range(4):
            ports.append(device.bind_in_to_random_port(LOOPBACK, 22_000, 22_003, 1000))

    with pytest.raises(zmq.ZMQBindError):
        reserve_more_than_there_are()
    assert len(ports) == len(set(ports))


def test_a_bad_endpoint_ends_the_device_and_closes_its_sockets(context: zmq.Context) -> None:
    device = devices.Device(zmq.QUEUE, zmq.PULL, zmq.PUSH)
    device.context_factory = lambda: context
    device.bind_in("inproc://fine")
    device.bind_out("nonsense://here")
    with pytest.raises(zmq.ZMQError, match="nonsense"):
        device.start()
    assert device.done
    context.term()  # would wait for ever for a socket left open


def test_join_waits_for_a_device_in_another_thread(
    context: zmq.Context, new_socket: NewSocket
) -> None:
    device = devices.Device(zmq.QUEUE, zmq.REP, -1)
    device.context_factory = lambda: context
    device.bind_in("inproc://echo")
    thread = threading.Thread(target=device.start)
    thread.start()
    client = new_socket(zmq.REQ)
    client.connect("inproc://echo")
    client.send(b"echo")
    assert client.recv() == b"echo"
    device.join(0.01)
    assert device.done is False
    client.close()
    context.term()
    device.join(20)
    assert device.done is True
    thread.join()


def test_join_before_the_start_says_so() -> None:
    device = devices.ThreadDevice(zmq.QUEUE, zmq.PULL, zmq.PUSH)
    with pytest.raises(RuntimeError, match=r"start\(\)"):
        device.join()


@pytest.mark.parametrize("daemon", [True, False])
def test_the_launcher_takes_the_daemon_flag(
    thread_device: type[devices.ThreadDevice], new_socket: NewSocket, daemon: bool
) -> None:
    device = thread_device(zmq.QUEUE, zmq.REP, -1)
    device.daemon = daemon
    device.bind_in("inproc://echo")
    device.start()
    assert isinstance(device.launcher, threading.Thread)
    assert device.launcher.daemon is daemon
    client = new_socket(zmq.REQ)
    client.connect("inproc://echo")
    client.send(b"echo")
    assert client.recv() == b"echo"


def test_a_context_that_is_gone_before_the_start_ends_the_device(context: zmq.Context) -> None:
    device = devices.Device(zmq.QUEUE, zmq.PULL, zmq.PUSH)
    device.context_factory = lambda: context
    context.term()
    device.start()
    assert device.done


def test_configuration_survives_pickling() -> None:
    device = devices.ProcessDevice(zmq.QUEUE, zmq.PULL, zmq.PUSH)
    device.setsockopt_in(zmq.LINGER, 0)
    device.bind_in("inproc://a")
    device.connect_out("inproc://b")
    copy = pickle.loads(pickle.dumps(device))
    assert (copy.in_type, copy.out_type) == (zmq.PULL, zmq.PUSH)
    assert copy.__getstate__() == device.__getstate__()
    assert copy.done is False


def test_a_process_that_is_spawned(new_socket: NewSocket, monkeypatch: pytest.MonkeyPatch) -> None:
    device = devices.ProcessDevice(zmq.QUEUE, zmq.REP, -1)
    monkeypatch.setattr(device, "_launch_class", multiprocessing.get_context("spawn").Process)
    port = device.bind_in_to_random_port(LOOPBACK)
    device.start()
    assert isinstance(device.launcher, multiprocessing.process.BaseProcess)
    try:
        client = new_socket(zmq.REQ)
        client.connect(f"{LOOPBACK}:{port}")
        client.send(b"echo")
        assert client.recv() == b"echo"
    finally:
        device.launcher.terminate()
        device.join(20)


FORKED = """
import ctzmq as zmq
from ctzmq import devices

with zmq.Context.instance() as context, context.socket(zmq.REQ) as client:
    device = devices.ProcessDevice(zmq.QUEUE, zmq.REP, -1)
    port = device.bind_in_to_random_port("tcp://127.0.0.1")
    device.start()
    client.linger = 0
    client.rcvtimeo = 20000
    client.connect(f"tcp://127.0.0.1:{port}")
    client.send(b"echo")
    print(client.recv().decode())
"""


@pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="this system has no fork"
)
def test_a_process_that_is_forked_while_the_parent_has_sockets() -> None:
    code = f"import multiprocessing\nmultiprocessing.set_start_method('fork')\n{FORKED}"
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=50
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "echo\n", "")
