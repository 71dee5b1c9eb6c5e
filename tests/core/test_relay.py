"""Proxies that take commands: from every kind of control socket, at every moment."""

from __future__ import annotations

import struct
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, Callable

import pytest

import ctzmq as zmq

Child = Callable[..., subprocess.CompletedProcess[str]]
PATIENCE = 10_000

#: What steers each type of control socket.
HANDS = {
    zmq.REP: zmq.REQ,
    zmq.PAIR: zmq.PAIR,
    zmq.DEALER: zmq.DEALER,
    zmq.ROUTER: zmq.DEALER,
    zmq.PULL: zmq.PUSH,
    zmq.SUB: zmq.XPUB,
    zmq.XSUB: zmq.XPUB,
}
ANSWERING = [zmq.REP, zmq.PAIR, zmq.DEALER, zmq.ROUTER]


class Steered:
    """A proxy from `push` to `pull` that runs beside the test and is steered by `hand`."""

    def __init__(
        self,
        context: zmq.Context,
        spawn: Callable[..., Any],
        control: Any = zmq.PAIR,
        frontend: Any = (zmq.PULL, zmq.PUSH),
        backend: Any = (zmq.PUSH, zmq.PULL),
        capture: Any = None,
        **options: int,
    ) -> None:
        self.outcome: Any = None
        self.sockets: dict[str, zmq.Socket] = {}
        pairs = {"frontend": frontend, "backend": backend, "capture": capture}
        pairs["control"] = (control, HANDS[zmq.SocketType(control)])
        peers = {}
        for name, kinds in pairs.items():
            if kinds is not None:
                mine, theirs = (context.socket(kind) for kind in kinds)
                for socket in (mine, theirs):
                    socket.linger = 0
                    socket.rcvtimeo = socket.sndtimeo = PATIENCE
                    for option, value in options.items():
                        setattr(socket, option, value)
                mine.bind(f"inproc://{name}")
                theirs.connect(f"inproc://{name}")
                self.sockets[name], peers[name] = mine, theirs
        self.push, self.pull, self.hand = (peers[n] for n in ("frontend", "backend", "control"))
        self.ear = peers.get("capture")
        if control == zmq.SUB:
            self.sockets["control"].subscribe(b"")
        elif control == zmq.XSUB:
            self.sockets["control"].send(b"\1")
        self.task = spawn(self.run)
        if HANDS[zmq.SocketType(control)] == zmq.XPUB:
            assert self.hand.recv() == b"\1"

    def run(self) -> None:
        get = self.sockets.get
        try:
            self.outcome = zmq.proxy_steerable(
                *map(get, ("frontend", "backend", "capture", "control"))
            )
        except zmq.ZMQError as error:
            self.outcome = error
        finally:
            for socket in self.sockets.values():
                socket.close()

    def tell(self, command: bytes) -> None:
        """Give a command that only a REP answers, with nothing."""
        self.hand.send(command)
        if self.hand.type == zmq.REQ:
            assert self.hand.recv_multipart() == [b""]

    def statistics(self) -> list[int]:
        self.hand.send(b"STATISTICS")
        return [struct.unpack("=Q", part)[0] for part in self.hand.recv_multipart()]

    def ended(self) -> Any:
        self.task.join(PATIENCE / 1000)
        assert not self.task.is_alive(), "the proxy did not end"
        return self.outcome


@pytest.fixture
def steered(spawn: Callable[..., Any]) -> Iterator[Callable[..., Steered]]:
    """Start a proxy in a context that is terminated after the test."""
    context = zmq.Context()
    started: list[Steered] = []

    def start(*args: Any, **kwargs: Any) -> Steered:
        started.append(Steered(context, spawn, *args, **kwargs))
        return started[-1]

    yield start
    context.destroy(0)
    for each in started:
        each.ended()


def kinds(controls: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("control", controls, ids=lambda kind: kind.name)


# -- Commands --------------------------------------------------------------------------------------


@kinds(HANDS)
def test_terminate_ends_it(control: int, steered: Callable[..., Steered]) -> None:
    proxy = steered(control)
    proxy.push.send(b"one")
    assert proxy.pull.recv() == b"one"
    proxy.tell(b"TERMINATE")
    assert proxy.ended() == 0


@kinds(HANDS)
def test_pause_holds_messages_and_resume_lets_them_go(
    control: int, steered: Callable[..., Steered]
) -> None:
    proxy = steered(control)
    proxy.tell(b"PAUSE")
    proxy.tell(b"PAUSE")
    proxy.push.send(b"one")
    assert not proxy.pull.poll(50)
    proxy.tell(b"RESUME")
    assert proxy.pull.recv() == b"one"
    proxy.tell(b"RESUME")
    proxy.push.send(b"two")
    assert proxy.pull.recv() == b"two"
    proxy.tell(b"PAUSE")
    proxy.tell(b"TERMINATE")
    assert proxy.ended() == 0


@kinds(ANSWERING)
def test_statistics_count_parts_and_bytes(control: int, steered: Callable[..., Steered]) -> None:
    proxy = steered(control, frontend=(zmq.DEALER, zmq.DEALER), backend=(zmq.DEALER, zmq.DEALER))
    assert proxy.statistics() == [0] * 8
    proxy.push.send_multipart([b"12345", b"", b"678"])
    assert proxy.pull.recv_multipart() == [b"12345", b"", b"678"]
    proxy.pull.send(b"90")
    assert proxy.push.recv() == b"90"
    assert proxy.statistics() == [3, 8, 1, 2, 1, 2, 3, 8]
    proxy.tell(b"PAUSE")
    assert proxy.statistics() == [3, 8, 1, 2, 1, 2, 3, 8]


@kinds([zmq.PULL, zmq.SUB, zmq.XSUB])
def test_who_cannot_be_answered_gets_no_statistics(
    control: int, steered: Callable[..., Steered]
) -> None:
    proxy = steered(control)
    proxy.tell(b"STATISTICS")
    proxy.push.send(b"one")
    assert proxy.pull.recv() == b"one"
    proxy.tell(b"TERMINATE")
    assert proxy.ended() == 0


@kinds(HANDS)
def test_what_is_no_command_changes_nothing(control: int, steered: Callable[..., Steered]) -> None:
    proxy = steered(control)
    for command in (b"", b"pause", b"PAUSE ", b"\0", b"STOP", b"x" * 100_000):
        proxy.tell(command)
    proxy.push.send(b"one")
    assert proxy.pull.recv() == b"one"
    proxy.tell(b"TERMINATE")
    assert proxy.ended() == 0


@kinds([zmq.PAIR, zmq.DEALER, zmq.ROUTER])
def test_only_a_rep_acknowledges(control: int, steered: Callable[..., Steered]) -> None:
    proxy = steered(control)
    for command in (b"PAUSE", b"RESUME", b"nonsense"):
        proxy.tell(command)
    proxy.hand.send(b"STATISTICS")
    assert len(proxy.hand.recv_multipart()) == 8
    assert not proxy.hand.poll(0)


def test_what_stands_before_a_command_stands_before_its_answer(
    steered: Callable[..., Steered],
) -> None:
    proxy = steered(zmq.DEALER)
    proxy.hand.send_multipart([b"id", b"", b"STATISTICS"])
    assert proxy.hand.recv_multipart()[:2] == [b"id", b""]
    proxy.hand.send_multipart([b"id", b"TERMINATE"])
    assert proxy.ended() == 0


def test_who_does_not_read_answers_holds_nothing_up(steered: Callable[..., Steered]) -> None:
    proxy = steered(zmq.PAIR, sndhwm=2, rcvhwm=2)
    for _ in range(100):
        proxy.hand.send(b"STATISTICS")
    proxy.push.send(b"one")
    assert proxy.pull.recv() == b"one"
    proxy.hand.send(b"TERMINATE")
    assert proxy.ended() == 0


# -- Messages --------------------------------------------------------------------------------------


def test_a_side_without_room_holds_up_neither_the_other_nor_commands(
    steered: Callable[..., Steered],
) -> None:
    pair = (zmq.DEALER, zmq.DEALER)
    proxy = steered(frontend=pair, backend=pair, sndhwm=2, rcvhwm=2)
    sent = 0
    while proxy.push.poll(50, zmq.POLLOUT):
        proxy.push.send(b"%d" % sent)
        sent += 1
    proxy.pull.send(b"the other way")
    assert proxy.push.recv() == b"the other way"
    passed = proxy.statistics()[0]
    assert 0 < passed < sent
    assert [int(proxy.pull.recv()) for _ in range(sent)] == list(range(sent))
    assert proxy.statistics()[0] == sent
    proxy.tell(b"TERMINATE")
    assert proxy.ended() == 0


def test_it_ends_while_a_side_has_no_room(steered: Callable[..., Steered]) -> None:
    proxy = steered(sndhwm=2, rcvhwm=2)
    proxy.pull.close()
    proxy.push.send(b"held")
    proxy.tell(b"TERMINATE")
    assert proxy.ended() == 0


def test_a_capture_without_room_holds_messages_up_but_no_commands(
    steered: Callable[..., Steered],
) -> None:
    proxy = steered(capture=(zmq.PUSH, zmq.PULL))
    ear = proxy.ear
    assert ear is not None
    proxy.push.send_multipart([b"one", b"of two"])
    assert proxy.pull.recv_multipart() == ear.recv_multipart() == [b"one", b"of two"]
    ear.close()
    # The proxy's socket notices that its peer is gone when it is asked for room.
    while proxy.push.poll(10, zmq.POLLOUT) and proxy.statistics()[0] < 1000:
        proxy.push.send(b"more")
        if not proxy.pull.poll(20):
            break
        proxy.pull.recv()
    assert not proxy.pull.poll(20)
    proxy.tell(b"TERMINATE")
    assert proxy.ended() == 0


def test_commands_are_not_captured(steered: Callable[..., Steered]) -> None:
    proxy = steered(capture=(zmq.PUSH, zmq.PULL))
    assert proxy.ear is not None
    proxy.tell(b"PAUSE")
    proxy.tell(b"RESUME")
    proxy.push.send(b"one")
    assert proxy.ear.recv() == b"one"


def test_large_messages_go_whole(steered: Callable[..., Steered]) -> None:
    proxy = steered()
    parts = [bytes(1_000_000), b"", b"x" * 70_000]
    proxy.push.send_multipart(parts, copy=False)
    assert proxy.pull.recv_multipart() == parts


def test_one_socket_may_be_both_sides(steered: Callable[..., Steered], spawn: Any) -> None:
    with zmq.Context() as context:
        echo, client, control, hand = (
            context.socket(kind) for kind in (zmq.REP, zmq.REQ, zmq.PAIR, zmq.PAIR)
        )
        echo.bind("inproc://echo")
        client.connect("inproc://echo")
        control.bind("inproc://control")
        hand.connect("inproc://control")
        client.rcvtimeo = hand.rcvtimeo = PATIENCE
        task = spawn(lambda: zmq.proxy_steerable(echo, echo, None, control))
        client.send(b"hello")
        assert client.recv() == b"hello"
        hand.send(b"STATISTICS")
        numbers = [struct.unpack("=Q", part)[0] for part in hand.recv_multipart()]
        assert numbers == [1, 5, 0, 0, 0, 0, 1, 5]
        hand.send(b"TERMINATE")
        task.join(PATIENCE / 1000)
        for socket in (echo, client, control, hand):
            socket.close()


def test_a_peer_without_room_is_waited_for_and_commands_are_heard(
    spawn: Callable[..., Any], eventually: Callable[..., None]
) -> None:
    with zmq.Context() as context:
        kinds = zmq.PULL, zmq.PUSH, zmq.ROUTER, zmq.DEALER, zmq.DEALER, zmq.PAIR, zmq.PAIR
        sockets = [context.socket(kind) for kind in kinds]
        front, push, back, full, free, control, hand = sockets
        for socket in sockets:
            socket.linger = 0
            socket.rcvtimeo = PATIENCE
        # EVENTS tells of room for one peer, and the call that there is none for the other.
        back.router_mandatory = back.sndhwm = full.rcvhwm = 1
        for bound, connected, name in (
            (front, push, "front"),
            (back, full, "full"),
            (back, free, "free"),
            (control, hand, "control"),
        ):
            if name != "free":
                bound.bind(f"inproc://{name}")
            connected.routing_id = name.encode()
            connected.connect(f"inproc://{'full' if name == 'free' else name}")
        for peer in (full, free):
            peer.send(b"here")
            assert back.recv_multipart()[1] == b"here"
        task = spawn(lambda: zmq.proxy_steerable(front, back, None, control))

        def passed() -> int:
            hand.send(b"STATISTICS")
            return int(struct.unpack("=Q", hand.recv_multipart()[0])[0])

        sent = 10
        for number in range(sent):
            push.send_multipart([b"full", b"%d" % number])
        counts = [0]

        def stuck() -> bool:
            counts.append(passed())
            return counts[-1] == counts[-2] > 0

        eventually(stuck)
        assert counts[-1] < 2 * sent
        assert [int(full.recv()) for _ in range(sent)] == list(range(sent))
        push.send_multipart([b"free", b"end"])
        assert free.recv() == b"end"
        hand.send(b"TERMINATE")
        task.join(PATIENCE / 1000)
        assert not task.is_alive()
        for socket in sockets:
            socket.close()


# -- Ends ------------------------------------------------------------------------------------------


def test_a_terminated_context_ends_it(steered: Callable[..., Steered]) -> None:
    proxy = steered()
    proxy.tell(b"PAUSE")
    context = proxy.hand.context
    for socket in (proxy.push, proxy.pull, proxy.hand):
        socket.close()
    context.term()
    assert isinstance(proxy.ended(), zmq.ContextTerminated)


@pytest.mark.parametrize("name", ["frontend", "backend", "capture", "control"])
def test_a_socket_that_is_closed_meanwhile_ends_it(
    name: str, steered: Callable[..., Steered]
) -> None:
    proxy = steered(capture=(zmq.PUSH, zmq.PULL))
    proxy.push.send(b"one")
    assert proxy.pull.recv() == b"one"
    proxy.sockets[name].close()
    # It is not waiting for the capture socket.
    if name == "capture":
        proxy.push.send(b"two")
    error = proxy.ended()
    assert isinstance(error, zmq.ZMQError)
    assert error.errno == zmq.ENOTSOCK


@pytest.mark.blocking("greenlets are not interrupted by signals")
@pytest.mark.skipif(sys.platform == "win32", reason="needs setitimer")
def test_signals_change_neither_its_state_nor_its_numbers(child: Child) -> None:
    done = child(
        """
        import signal, struct, threading
        import ctzmq as zmq
        context = zmq.Context()
        mine, theirs = [], []
        for name, *pair in (
            ("front", zmq.PULL, zmq.PUSH),
            ("back", zmq.PUSH, zmq.PULL),
            ("control", zmq.PAIR, zmq.PAIR),
        ):
            for kind, sockets in zip(pair, (mine, theirs)):
                sockets.append(context.socket(kind))
                sockets[-1].rcvtimeo = 10_000
            mine[-1].bind(f"inproc://{name}")
            theirs[-1].connect(f"inproc://{name}")
        push, pull, hand = theirs
        rung = threading.Event()
        signal.signal(signal.SIGALRM, lambda *_: rung.set())

        def tell():
            push.send(b"one")
            pull.recv()
            hand.send(b"PAUSE")
            rung.clear()
            rung.wait(10)
            push.send(b"two")
            print(pull.poll(50))
            hand.send(b"STATISTICS")
            print(struct.unpack("=Q", hand.recv_multipart()[0])[0])
            hand.send(b"RESUME")
            print(pull.recv())
            hand.send(b"TERMINATE")

        thread = threading.Thread(target=tell)
        thread.start()
        signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
        print(zmq.proxy_steerable(mine[0], mine[1], None, mine[2]))
        signal.setitimer(signal.ITIMER_REAL, 0)
        thread.join()
        for socket in mine + theirs:
            socket.close()
        context.term()
        """
    )
    assert done.stdout.split() == ["0", "1", "b'two'", "0"], done.stderr
