"""A side whose peer's process dies goes on with the one that follows it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

import ctzmq as zmq

from .conftest import address, launch
from .sides import PATIENCE, Peer, Side

Start = Callable[[], tuple[Peer, Side]]


@pytest.fixture(params=["pyzmq restarts", "ctzmq restarts"])
def sides(
    request: pytest.FixtureRequest, pyzmq_python: Path, ours: Side, theirs: Side
) -> Iterator[tuple[Side, Start]]:
    """The side that stays, and a function that starts the other one as a process of its own."""
    peers = []

    def start() -> tuple[Peer, Side]:
        pyzmq = request.param.startswith("pyzmq")
        peer = launch(pyzmq_python, "zmq") if pyzmq else launch(sys.executable, "ctzmq")
        peers.append(peer)
        return peer, Side(request.param, peer.zmq, lambda name: peer.do("import", name=name))

    yield (ours if request.param.startswith("pyzmq") else theirs), start
    for peer in peers:
        peer.stop()


def exchange(asks: Any, answers: Any, word: bytes) -> None:
    """Send a message there and back."""
    asks.send(word)
    assert answers.recv_multipart()[-1] == word
    answers.send(b"re: " + word)
    assert asks.recv() == b"re: " + word


def test_a_server_that_comes_back_is_found_again(sides: tuple[Side, Start], endpoint: str) -> None:
    stays, start = sides
    peer, server_side = start()
    server = server_side.socket(zmq.REP)
    server.bind(endpoint)
    bound = address(server)
    client = stays.socket(zmq.REQ, reconnect_ivl=5)
    monitor = stays.monitor(client)
    client.connect(bound)
    exchange(client, server, b"before")
    peer.kill()
    monitor.wait(zmq.EVENT_DISCONNECTED)
    _, server_side = start()
    server = server_side.socket(zmq.REP)
    server.bind(bound)
    exchange(client, server, b"after")


def test_what_was_sent_meanwhile_arrives(sides: tuple[Side, Start], endpoint: str) -> None:
    stays, start = sides
    peer, server_side = start()
    pull = server_side.socket(zmq.PULL)
    pull.bind(endpoint)
    bound = address(pull)
    push = stays.socket(zmq.PUSH, reconnect_ivl=5)
    monitor = stays.monitor(push)
    push.connect(bound)
    push.send(b"before")
    assert pull.recv() == b"before"
    peer.kill()
    monitor.wait(zmq.EVENT_CONNECT_RETRIED)
    push.send(b"meanwhile")
    push.send_multipart([b"in", b"parts"])
    _, server_side = start()
    pull = server_side.socket(zmq.PULL)
    pull.bind(bound)
    assert pull.recv() == b"meanwhile"
    assert pull.recv_multipart() == [b"in", b"parts"]


def test_a_client_that_comes_back_keeps_its_name(sides: tuple[Side, Start], endpoint: str) -> None:
    stays, start = sides
    router = stays.socket(zmq.ROUTER, router_mandatory=1, router_handover=1)
    monitor = stays.monitor(router)
    router.bind(endpoint)
    for word in (b"before", b"after"):
        peer, client_side = start()
        dealer = client_side.socket(zmq.DEALER, routing_id=b"client")
        dealer.connect(address(router))
        dealer.send(word)
        assert router.recv_multipart() == [b"client", word]
        router.send_multipart([b"client", b"re", word])
        assert dealer.recv_multipart() == [b"re", word]
        peer.kill()
        monitor.wait(zmq.EVENT_DISCONNECTED)


def test_a_subscription_outlives_the_publisher(sides: tuple[Side, Start], endpoint: str) -> None:
    stays, start = sides
    peer, server_side = start()
    publisher = server_side.socket(zmq.XPUB)
    publisher.bind(endpoint)
    bound = address(publisher)
    subscriber = stays.socket(zmq.SUB, reconnect_ivl=5)
    subscriber.subscribe(b"news")
    subscriber.connect(bound)
    assert publisher.recv() == b"\x01news"
    peer.kill()
    _, server_side = start()
    publisher = server_side.socket(zmq.XPUB)
    publisher.bind(bound)
    deadline = time.monotonic() + PATIENCE
    while not publisher.poll(5):
        assert time.monotonic() < deadline, "the subscription did not arrive again"
        subscriber.poll(5)  # libzmq subscribes anew in the course of the socket's own calls
    assert publisher.recv() == b"\x01news"
    publisher.send(b"news of the new one")
    assert subscriber.recv() == b"news of the new one"
