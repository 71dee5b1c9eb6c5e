from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any, Callable

import pytest

import ctzmq as zmq
from ctzmq.core import polls
from ctzmq.devices import monitored_queue


class Bench:
    """A monitored queue that runs in a thread, between test sockets that talk to it."""

    def __init__(self) -> None:
        self.context = zmq.Context()
        self.sockets: list[zmq.Socket] = []
        self.thread: threading.Thread | None = None
        self.error: BaseException | None = None

    def socket(self, socket_type: int) -> zmq.Socket:
        socket = self.context.socket(socket_type)
        socket.linger = 0
        socket.rcvtimeo = socket.sndtimeo = 20_000
        self.sockets.append(socket)
        return socket

    def pair(self, name: str, inner_type: int, outer_type: int) -> tuple[zmq.Socket, zmq.Socket]:
        """Make a socket for the queue, and the test's socket that talks to it."""
        inner, outer = self.context.socket(inner_type), self.socket(outer_type)
        inner.linger = 0
        inner.bind(f"inproc://{name}")
        outer.connect(f"inproc://{name}")
        return inner, outer

    def run(self, *sockets: zmq.Socket, owned: Sequence[zmq.Socket] = (), **prefixes: Any) -> None:
        """Start the queue, which closes its sockets in its own thread, and `owned` ones too."""

        def target() -> None:
            try:
                monitored_queue(*sockets, **prefixes)  # type: ignore[arg-type]
            except zmq.ZMQError as error:
                self.error = error
            finally:
                for socket in (*sockets, *owned):
                    socket.close()

        self.thread = threading.Thread(target=target, daemon=True)
        self.thread.start()

    def close(self) -> None:
        for socket in self.sockets:
            socket.close()
        self.context.term()
        if self.thread is not None:
            self.thread.join(20)
            assert not self.thread.is_alive()


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.close()


def test_messages_go_both_ways_and_show_on_the_monitor(bench: Bench) -> None:
    ins, alice = bench.pair("in", zmq.PAIR, zmq.PAIR)
    outs, bob = bench.pair("out", zmq.PAIR, zmq.PAIR)
    mons, watcher = bench.pair("mon", zmq.PUSH, zmq.PULL)
    bench.run(ins, outs, mons)
    alice.send_multipart([b"hello", b"", b"bob"])
    assert bob.recv_multipart() == [b"hello", b"", b"bob"]
    assert watcher.recv_multipart() == [b"in", b"hello", b"", b"bob"]
    bob.send(b"hello alice")
    assert alice.recv_multipart() == [b"hello alice"]
    assert watcher.recv_multipart() == [b"out", b"hello alice"]


def test_order_is_kept(bench: Bench) -> None:
    ins, alice = bench.pair("in", zmq.PAIR, zmq.PAIR)
    outs, bob = bench.pair("out", zmq.PAIR, zmq.PAIR)
    mons, watcher = bench.pair("mon", zmq.PUSH, zmq.PULL)
    bench.run(ins, outs, mons)
    for number in range(500):
        alice.send_multipart([b"%d" % number, bytes(number)])
    for number in range(500):
        assert bob.recv_multipart() == [b"%d" % number, bytes(number)]
        assert watcher.recv_multipart() == [b"in", b"%d" % number, bytes(number)]


def test_large_parts_arrive_whole(bench: Bench) -> None:
    ins, alice = bench.pair("in", zmq.PAIR, zmq.PAIR)
    outs, bob = bench.pair("out", zmq.PAIR, zmq.PAIR)
    mons, watcher = bench.pair("mon", zmq.PUSH, zmq.PULL)
    bench.run(ins, outs, mons)
    payload = bytes(range(256)) * 4096
    alice.send_multipart([payload, b"end"])
    assert bob.recv_multipart() == [payload, b"end"]
    assert watcher.recv_multipart() == [b"in", payload, b"end"]


@pytest.mark.parametrize("wrap", [bytes, bytearray, memoryview])
def test_prefixes_are_the_callers(bench: Bench, wrap: type) -> None:
    ins, alice = bench.pair("in", zmq.PAIR, zmq.PAIR)
    outs, bob = bench.pair("out", zmq.PAIR, zmq.PAIR)
    mons, watcher = bench.pair("mon", zmq.PUSH, zmq.PULL)
    bench.run(ins, outs, mons, in_prefix=wrap(b"foo"), out_prefix=wrap(b""))
    alice.send(b"1")
    bob.send(b"2")
    assert sorted([watcher.recv_multipart(), watcher.recv_multipart()]) == [
        [b"", b"2"],
        [b"foo", b"1"],
    ]


def test_two_routers_swap_the_routing_ids(bench: Bench) -> None:
    ins, outs = bench.context.socket(zmq.ROUTER), bench.context.socket(zmq.ROUTER)
    mons, watcher = bench.pair("mon", zmq.PUSH, zmq.PULL)
    a, b = bench.socket(zmq.DEALER), bench.socket(zmq.DEALER)
    for router, name, dealer in ((ins, "a", a), (outs, "b", b)):
        router.linger = 0
        router.bind(f"inproc://{name}")
        dealer.routing_id = name.encode()
        dealer.connect(f"inproc://{name}")
    bench.run(ins, outs, mons)
    # A ROUTER drops what is addressed to a peer that it has not met yet.
    while not b.poll(50):
        a.send_multipart([b"b", b"hello", b"there"])
    received = b.recv_multipart()
    assert received == [b"a", b"hello", b"there"]
    assert watcher.recv_multipart() == [b"in", b"b", b"a", b"hello", b"there"]
    b.send_multipart(received)
    assert a.recv_multipart() == [b"b", b"hello", b"there"]


def test_a_router_beside_another_type_swaps_nothing(bench: Bench) -> None:
    ins, client = bench.pair("in", zmq.ROUTER, zmq.REQ)
    outs, server = bench.pair("out", zmq.DEALER, zmq.REP)
    mons, watcher = bench.pair("mon", zmq.PUSH, zmq.PULL)
    client.routing_id = b"unused after connecting"
    bench.run(ins, outs, mons)
    client.send(b"question")
    assert server.recv() == b"question"
    server.send(b"answer")
    assert client.recv() == b"answer"
    asked, answered = watcher.recv_multipart(), watcher.recv_multipart()
    assert (asked[0], asked[2:]) == (b"in", [b"", b"question"])
    assert answered == [b"out", asked[1], b"", b"answer"]


def test_one_socket_may_be_both_sides(bench: Bench) -> None:
    echo, client = bench.pair("echo", zmq.REP, zmq.REQ)
    mons, watcher = bench.pair("mon", zmq.PUSH, zmq.PULL)
    bench.run(echo, echo, mons)
    for text in (b"one", b"two"):
        client.send(text)
        assert client.recv() == text
        assert watcher.recv_multipart() == [b"in", text]


def test_termination_ends_it(bench: Bench) -> None:
    ins, _ = bench.pair("in", zmq.PAIR, zmq.PAIR)
    outs, _ = bench.pair("out", zmq.PAIR, zmq.PAIR)
    mons, _ = bench.pair("mon", zmq.PUSH, zmq.PULL)
    bench.run(ins, outs, mons)
    bench.close()
    assert isinstance(bench.error, zmq.ContextTerminated)


@pytest.mark.parametrize("number", range(2))
def test_closing_one_of_its_sides_ends_it(
    bench: Bench, number: int, eventually: Callable[[Callable[[], object]], None]
) -> None:
    sockets = [bench.socket(zmq.PAIR) for _ in range(3)]
    bench.run(*sockets)
    eventually(lambda: polls.waiting)
    sockets[number].close()
    assert bench.thread is not None
    bench.thread.join(20)
    assert isinstance(bench.error, zmq.ZMQError)
    assert bench.error.errno == zmq.ENOTSOCK


class Loud(zmq.Socket):
    """A socket of another flavour: its methods must not be called by the queue."""

    def recv_multipart(self, *args: Any, **kwargs: Any) -> Any:
        raise AssertionError("the queue works below the flavours")


def test_sockets_of_other_flavours_are_used_blocking(bench: Bench) -> None:
    ins, alice = bench.pair("in", zmq.PAIR, zmq.PAIR)
    outs, bob = bench.pair("out", zmq.PAIR, zmq.PAIR)
    mons, _ = bench.pair("mon", zmq.PUSH, zmq.PULL)
    bench.run(Loud(shadow=ins), Loud(shadow=outs), mons, owned=[ins, outs])
    alice.send(b"through")
    assert bob.recv() == b"through"


def test_text_prefixes_are_refused(bench: Bench) -> None:
    sockets = [bench.socket(zmq.PAIR) for _ in range(3)]
    with pytest.raises(TypeError, match="bytes-like"):
        monitored_queue(*sockets, in_prefix="in")  # type: ignore[misc, arg-type]
    with pytest.raises(TypeError, match="bytes-like"):
        monitored_queue(*sockets, out_prefix="out")  # type: ignore[misc, arg-type]


def test_what_is_no_socket_is_refused(bench: Bench) -> None:
    socket = bench.socket(zmq.PAIR)
    with pytest.raises(TypeError, match="expected a Socket, not str"):
        monitored_queue(socket, "out", socket)  # type: ignore[arg-type]


def test_closed_sockets_are_refused(bench: Bench) -> None:
    sockets = [bench.socket(zmq.PAIR) for _ in range(3)]
    sockets[1].close()
    with pytest.raises(zmq.ZMQError) as caught:
        monitored_queue(sockets[0], sockets[1], sockets[2])
    assert caught.value.errno == zmq.ENOTSOCK
