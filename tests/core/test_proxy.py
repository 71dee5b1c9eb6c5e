"""Proxies without a control: both directions, a capture, and every way to end."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any, Callable

import pytest

import ctzmq as zmq
from ctzmq.libzmq import prototypes

Make = Callable[..., zmq.Socket]
PATIENCE = 10_000


class Background:
    """Runs a proxy beside the test, with sockets of its own, and keeps how it ended."""

    def __init__(self, context: zmq.Context, spawn: Any, run: Any, types: dict[str, int]) -> None:
        self.run_proxy = run
        self.outcome: Any = None
        self.sockets = {}
        for name, socket_type in types.items():
            self.sockets[name] = context.socket(socket_type)
            self.sockets[name].linger = 0
            self.sockets[name].bind(f"inproc://{name}")
        self.task = spawn(self.run)

    def run(self) -> None:
        try:
            self.outcome = self.run_proxy(*self.sockets.values())
        except zmq.ZMQError as error:
            self.outcome = error
        finally:
            for socket in self.sockets.values():
                socket.close()


@pytest.fixture
def background(spawn: Callable[..., Any]) -> Iterator[Callable[..., Background]]:
    """Start a proxy in a context that is terminated after the test."""
    context = zmq.Context()
    started: list[Background] = []

    def start(run: Any, **types: int) -> Background:
        started.append(Background(context, spawn, run, types))
        return started[-1]

    yield start
    context.destroy(0)
    for each in started:
        each.task.join(PATIENCE / 1000)
        assert not each.task.is_alive()


def peer(running: Background, socket_type: int, name: str) -> zmq.Socket:
    """Make a socket that is connected to one of the proxy's."""
    socket: zmq.Socket = running.sockets[name].context.socket(socket_type)
    socket.rcvtimeo = socket.sndtimeo = PATIENCE
    socket.connect(f"inproc://{name}")
    return socket


def ask(client: zmq.Socket, worker: zmq.Socket) -> None:
    """Send a question through and an answer back."""
    client.send_multipart([b"question", b"of two parts"])
    assert worker.recv_multipart() == [b"question", b"of two parts"]
    worker.send(b"answer")
    assert client.recv() == b"answer"


# -- proxy -----------------------------------------------------------------------------------------


def test_a_proxy_passes_questions_and_answers(background: Callable[..., Background]) -> None:
    running = background(zmq.proxy, frontend=zmq.ROUTER, backend=zmq.DEALER)
    with peer(running, zmq.REQ, "frontend") as client, peer(running, zmq.REP, "backend") as worker:
        for _ in range(3):
            ask(client, worker)


@pytest.mark.parametrize("capture", [zmq.PUB, zmq.PUSH, zmq.DEALER, zmq.PAIR])
def test_a_capture_gets_a_copy_of_both(capture: int, background: Callable[..., Background]) -> None:
    running = background(zmq.proxy, frontend=zmq.ROUTER, backend=zmq.DEALER, capture=capture)
    ear = {zmq.PUB: zmq.SUB, zmq.PUSH: zmq.PULL, zmq.DEALER: zmq.DEALER, zmq.PAIR: zmq.PAIR}
    with (
        peer(running, zmq.REQ, "frontend") as client,
        peer(running, zmq.REP, "backend") as worker,
        peer(running, ear[zmq.SocketType(capture)], "capture") as listener,
    ):
        if capture == zmq.PUB:
            listener.subscribe(b"")
            while not listener.poll(5):
                ask(client, worker)
        else:
            ask(client, worker)
        assert listener.recv_multipart()[1:] == [b"", b"question", b"of two parts"]
        assert listener.recv_multipart()[1:] == [b"", b"answer"]


def test_a_proxy_between_publishers_and_subscribers(
    background: Callable[..., Background],
) -> None:
    running = background(zmq.proxy, frontend=zmq.XSUB, backend=zmq.XPUB)
    with peer(running, zmq.XPUB, "frontend") as pub, peer(running, zmq.SUB, "backend") as sub:
        sub.subscribe(b"topic")
        assert pub.recv() == b"\1topic"
        pub.send(b"topic and more")
        assert sub.recv() == b"topic and more"


def test_a_terminated_context_ends_a_proxy(background: Callable[..., Background]) -> None:
    running = background(zmq.proxy, frontend=zmq.ROUTER, backend=zmq.DEALER)
    running.sockets["frontend"].context.term()
    running.task.join(PATIENCE / 1000)
    assert isinstance(running.outcome, zmq.ContextTerminated)


@pytest.mark.parametrize("kind", [zmq.QUEUE, zmq.FORWARDER, zmq.STREAMER])
def test_a_device_is_a_proxy(kind: int, background: Callable[..., Background]) -> None:
    running = background(
        lambda frontend, backend: zmq.device(kind, frontend, backend),
        frontend=zmq.PULL,
        backend=zmq.PUSH,
    )
    with peer(running, zmq.PUSH, "frontend") as push, peer(running, zmq.PULL, "backend") as pull:
        push.send(b"through")
        assert pull.recv() == b"through"


# -- What is no socket -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["proxy", "proxy_steerable"])
def test_a_proxy_needs_two_sockets(name: str, socket: Make) -> None:
    run: Any = getattr(zmq, name)
    a, b = socket(zmq.PULL), socket(zmq.PUSH)
    lacking: list[Any] = [(None, b), (a, None)]
    for sockets in lacking:
        with pytest.raises(TypeError, match="a proxy needs a frontend and a backend"):
            run(*sockets)
    wrong: dict[str, Any] = {"frontend": (5, b), "backend": (a, "b"), "capture": (a, b, object())}
    for role, sockets in wrong.items():
        with pytest.raises(TypeError, match=f"{role} of a proxy is a zmq socket, got"):
            run(*sockets)


def test_a_control_is_a_socket_too(socket: Make) -> None:
    with pytest.raises(TypeError, match="control of a proxy is a zmq socket, got 5"):
        zmq.proxy_steerable(socket(zmq.PULL), socket(zmq.PUSH), control=5)


def test_a_closed_socket_is_named(socket: Make) -> None:
    a, b, closed = socket(zmq.PULL), socket(zmq.PUSH), socket(zmq.PUB)
    closed.close()
    for sockets, name in (
        ((closed, b), "frontend"),
        ((a, closed), "backend"),
        ((a, b, closed), "capture"),
    ):
        with pytest.raises(zmq.ZMQError, match=f"{name} of the proxy is closed") as caught:
            zmq.proxy(*sockets)
        assert caught.value.errno == zmq.ENOTSOCK


@pytest.mark.blocking("greenlets have a proxy of their own, in Python")
def test_a_socket_that_is_closed_just_before_the_call(
    socket: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signal handler may come in where libzmq is about to get its address, and gets NULL."""
    frontend, backend = socket(zmq.PULL), socket(zmq.PUSH)

    def begin(*_: Any) -> int:
        backend.close()
        ctypes.set_errno(zmq.EFAULT)
        return -1

    monkeypatch.setattr(prototypes, "zmq_proxy", begin)
    with pytest.raises(zmq.ZMQError) as caught:
        zmq.proxy(frontend, backend)
    assert caught.value.errno == zmq.ENOTSOCK
