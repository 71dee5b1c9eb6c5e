"""Waiting in green sockets: others run, lines are kept, nothing is lost whatever is thrown."""

from __future__ import annotations

import errno
import gc
import os
import select
import threading
import time
import weakref
from collections.abc import Iterator
from typing import Any, Callable

import pytest
from stress.green import Stress

import ctzmq
from ctzmq.green import engine
from ctzmq.libzmq import prototypes, provider

PATIENCE = 10.0

TRANSPORTS = pytest.mark.parametrize("transport", ["inproc", "tcp"])
EAGER = pytest.mark.parametrize("turns", [1, 2, 3], indirect=True)


@pytest.fixture
def turns(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Let others run after so few calls."""
    number: int = request.param
    monkeypatch.setattr(engine, "TURNS", number)
    monkeypatch.setattr(engine, "_turns", iter(()))
    return number


def cpu(function: Callable[[], Any]) -> float:
    """Return the seconds of processor time that a call takes."""
    start = time.process_time()
    function()
    return time.process_time() - start


def fill(socket: Any) -> int:
    """Send until there is no room; return how many messages went."""
    count = 0
    while socket.poll(0, 2):
        socket.send(b"%d" % count)
        count += 1
    return count


def repeat(call: Callable[[], Any]) -> None:
    """Call again and again, until an exception ends it."""
    while True:
        call()


# -- Others run meanwhile --------------------------------------------------------------------------


RECEIVERS: dict[str, Callable[[Any], Any]] = {
    "recv": lambda s: s.recv(),
    "recv copy=False": lambda s: s.recv(copy=False).bytes,
    "recv_multipart": lambda s: s.recv_multipart()[0],
    "recv_multipart copy=False": lambda s: s.recv_multipart(copy=False)[0].bytes,
    "recv_string": lambda s: s.recv_string().encode(),
    "recv_serialized": lambda s: s.recv_serialized(lambda parts: parts[0]),
    "recv_json": lambda s: b"%d" % s.recv_json(),
    "recv_into": lambda s: b"1" * s.recv_into(bytearray(1)),
    "poll": lambda s: s.poll(20_000) and s.recv(1),
}


@TRANSPORTS
@pytest.mark.parametrize("way", RECEIVERS)
def test_others_run_while_one_receives(bench: Any, way: str, transport: str) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.PULL, zmq.PUSH, transport)
    assert bench.meanwhile(lambda: RECEIVERS[way](a), lambda: b.send(b"1")) == b"1"


SENDERS: dict[str, Callable[[Any], Any]] = {
    "send": lambda s: s.send(b"end"),
    "send copy=False": lambda s: s.send(b"end", copy=False),
    "send_multipart": lambda s: s.send_multipart([b"end"]),
    "send_string": lambda s: s.send_string("end"),
    "send_json": lambda s: s.send_json("end"),
    "send_pyobj": lambda s: s.send_pyobj("end"),
    "send_serialized": lambda s: s.send_serialized("end", lambda text: [text.encode()]),
    "poll": lambda s: s.poll(20_000, 2) and s.send(b"end", 1),
}


@pytest.mark.parametrize("way", SENDERS)
def test_others_run_while_one_sends(bench: Any, way: str) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.PULL, zmq.PUSH, sndhwm=2, rcvhwm=2)
    count = fill(b)
    received: list[bytes] = []

    def drain() -> None:
        while len(received) <= count:
            received.append(a.recv())

    bench.meanwhile(lambda: SENDERS[way](b), drain)
    bench.until(lambda: len(received) > count)
    assert b"end" in received[-1]
    assert received[:-1] == [b"%d" % number for number in range(count)]


def test_others_run_while_a_poller_waits_for_sockets_and_descriptors(bench: Any) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.PULL, zmq.PUSH)
    reader, writer = os.pipe()
    try:
        poller = zmq.Poller()
        poller.register(a, zmq.POLLIN)
        poller.register(reader, zmq.POLLIN)
        assert bench.meanwhile(poller.poll, lambda: os.write(writer, b"x")) == [
            (reader, zmq.POLLIN)
        ]
        os.read(reader, 1)
        assert bench.meanwhile(poller.poll, lambda: b.send(b"x")) == [(a, zmq.POLLIN)]
        assert a.recv() == b"x"
        assert poller.poll(0) == poller.poll(10) == []
    finally:
        os.close(reader)
        os.close(writer)


def test_select_and_zmq_poll_wait_while_others_run(bench: Any) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.PULL, zmq.PUSH)
    selected = bench.meanwhile(lambda: zmq.select([a], [], []), lambda: b.send(b"1"))
    assert selected == ([a], [], [])
    a.recv()
    polled = bench.meanwhile(lambda: zmq.zmq_poll([(a, zmq.POLLIN)]), lambda: b.send(b"2"))
    assert polled == [(a, zmq.POLLIN)]
    assert zmq.select([], [b], [], 0) == ([], [b], [])


def test_several_pollers_wait_for_one_socket(bench: Any) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.PULL, zmq.PUSH)

    def poll() -> Any:
        poller = zmq.Poller()
        poller.register(a, zmq.POLLIN)
        return poller.poll(20_000)

    waiting = [bench.spawn(poll) for _ in range(5)]
    b.send(b"x")
    assert [bench.wait(each) for each in waiting] == [[(a, zmq.POLLIN)]] * 5


def test_several_pollers_wait_for_one_descriptor(bench: Any) -> None:
    zmq = bench.zmq
    reader, writer = os.pipe()
    try:
        waiting = [bench.spawn(zmq.zmq_poll, [(reader, zmq.POLLIN)], 20_000) for _ in range(3)]
        os.write(writer, b"x")
        assert [bench.wait(each) for each in waiting] == [[(reader, zmq.POLLIN)]] * 3
    finally:
        os.close(reader)
        os.close(writer)


def test_a_proxy_passes_messages_while_others_run(bench: Any) -> None:
    zmq = bench.zmq
    front, client = bench.pair(zmq.ROUTER, zmq.DEALER, "tcp")
    back, worker = bench.pair(zmq.DEALER, zmq.REP, "tcp")
    running = bench.spawn(zmq.proxy, front, back)
    for number in range(20):
        client.send_multipart([b"", b"%d" % number])
        assert bench.meanwhile(worker.recv, lambda: None, ticks=0) == b"%d" % number
        worker.send_multipart([b"yes", b"%d" % number])
        assert client.recv_multipart() == [b"", b"yes", b"%d" % number]
    front.close()
    assert isinstance(bench.wait(running), zmq.ZMQError)


def test_a_steerable_proxy_pauses_and_ends(bench: Any) -> None:
    zmq = bench.zmq
    front, sender = bench.pair(zmq.PULL, zmq.PUSH)
    back, receiver = bench.pair(zmq.PUSH, zmq.PULL)
    control, steering = bench.pair(zmq.PAIR, zmq.PAIR)
    running = bench.spawn(zmq.proxy_steerable, front, back, None, control)
    sender.send(b"1")
    assert receiver.recv() == b"1"
    steering.send(b"PAUSE")
    bench.until(lambda: not steering.poll(0, zmq.POLLIN) and not control.poll(0))
    sender.send(b"2")
    assert not receiver.poll(20)
    steering.send(b"RESUME")
    assert receiver.recv() == b"2"
    steering.send(b"TERMINATE")
    assert not isinstance(bench.wait(running), Exception)


@EAGER
def test_a_killed_proxy_loses_no_message(bench: Any, turns: int) -> None:
    zmq = bench.zmq
    front, source = bench.pair(zmq.PULL, zmq.PUSH)
    back, target = bench.pair(zmq.PUSH, zmq.PULL)
    numbers = list(range(60))
    for number in numbers:
        source.send_multipart([b"%d" % number, b""])
    got: list[int] = []
    bench.spawn(repeat, lambda: got.append(int(target.recv_multipart()[0])))
    for sleeps in range(200):
        proxy = bench.flavour.spawn(zmq.proxy, front, back)
        for _ in range(sleeps % 7):
            bench.sleep(0)
        bench.kill(proxy)
    bench.spawn(zmq.proxy, front, back)
    bench.until(lambda: len(got) >= len(numbers))
    assert got == numbers


def test_the_context_ends_while_greenlets_wait(bench: Any) -> None:
    zmq = bench.zmq
    context = zmq.Context()
    socket = context.socket(zmq.PULL)
    socket.bind("inproc://end")

    def hold() -> Any:
        try:
            return socket.recv()
        finally:
            socket.close()

    waiting = bench.spawn(hold)
    bench.meanwhile(context.term, lambda: None, ticks=0)
    assert isinstance(bench.wait(waiting), zmq.ContextTerminated)
    assert context.closed


def test_term_waits_for_a_greenlet_that_closes_late(bench: Any) -> None:
    context = bench.zmq.Context()
    socket = context.socket(bench.zmq.PULL)
    bench.meanwhile(context.term, socket.close)
    assert context.closed


def test_a_tracker_waits_while_others_run(bench: Any) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.PULL, zmq.PUSH)
    tracker = b.send(bytearray(100_000), copy=False, track=True)
    with pytest.raises(zmq.NotDone):
        tracker.wait(0.01)

    def receive() -> None:
        a.recv()
        gc.collect()

    bench.meanwhile(tracker.wait, receive)
    assert tracker.done


def test_a_monitor_tells_while_others_run(bench: Any) -> None:
    from ctzmq.utils.monitor import recv_monitor_message

    zmq = bench.zmq
    a, b = bench.socket(zmq.PULL), bench.socket(zmq.PUSH)
    a.bind("tcp://127.0.0.1:*")
    with b.get_monitor_socket(zmq.Event.CONNECTED) as monitor:
        event = bench.meanwhile(
            lambda: recv_monitor_message(monitor), lambda: b.connect(a.last_endpoint)
        )
        assert event["event"] == zmq.Event.CONNECTED
        b.disable_monitor()


# -- Time-outs -------------------------------------------------------------------------------------


def test_a_time_out_of_zero_tries_once(bench: Any) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.PULL, zmq.PUSH, rcvtimeo=0, sndtimeo=0, sndhwm=1, rcvhwm=1)
    with pytest.raises(zmq.Again):
        a.recv()
    b.send(b"1")
    assert a.recv() == b"1"
    with pytest.raises(zmq.Again):
        repeat(lambda: b.send(b"full"))


def test_a_time_out_of_zero_tries_even_where_others_wait(bench: Any) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.PULL, zmq.PUSH)
    waiting = bench.spawn(a.recv)
    a.rcvtimeo = 0
    b.send(b"1")
    assert a.recv() == b"1"
    b.send(b"2")
    assert bench.wait(waiting) == b"2"


@TRANSPORTS
def test_a_time_out_is_kept(bench: Any, transport: str) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.PULL, zmq.PUSH, transport, rcvtimeo=30)
    start = time.monotonic()
    with pytest.raises(zmq.Again):
        bench.meanwhile(a.recv, lambda: None)
    assert time.monotonic() - start >= 0.03
    b.sndtimeo = 30
    start = time.monotonic()
    lonely = bench.socket(zmq.PUSH, sndtimeo=30)
    with pytest.raises(zmq.Again):
        bench.meanwhile(lambda: lonely.send(b""), lambda: None)
    assert time.monotonic() - start >= 0.03
    b.send(b"1")
    a.rcvtimeo = 10_000
    assert a.recv() == b"1"


def test_a_message_in_time_takes_the_timer_back(bench: Any) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.PULL, zmq.PUSH, rcvtimeo=20)
    waiting = bench.spawn(a.recv)
    b.send(b"1")
    assert bench.wait(waiting) == b"1"
    # A timer that was left would wake this greenlet.
    start = time.monotonic()
    bench.wait(bench.spawn(bench.sleep, 0.06))
    assert time.monotonic() - start >= 0.055


def test_polls_keep_their_time(bench: Any) -> None:
    zmq = bench.zmq
    a, _ = bench.pair(zmq.PULL, zmq.PUSH)
    for poll in (a.poll, lambda timeout: zmq.zmq_poll([(a, zmq.POLLIN)], timeout)):
        start = time.monotonic()
        assert not bench.meanwhile(lambda poll=poll: poll(200), lambda: None, ticks=1)
        assert time.monotonic() - start >= 0.2


# -- Lines -----------------------------------------------------------------------------------------


@TRANSPORTS
def test_receivers_are_served_in_the_order_they_came(bench: Any, transport: str) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.PULL, zmq.PUSH, transport)
    got: list[tuple[int, bytes]] = []
    waiting = [
        bench.spawn(lambda number=number: got.append((number, a.recv()))) for number in range(20)
    ]
    for number in range(20):
        b.send(b"%d" % number)
    for each in waiting:
        bench.wait(each)
    assert got == [(number, b"%d" % number) for number in range(20)]


def test_senders_are_served_in_the_order_they_came(bench: Any) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.PULL, zmq.PUSH, sndhwm=1, rcvhwm=1)
    count = fill(b)
    for number in range(20):
        bench.spawn(b.send, b"%d" % (count + number))
    assert [a.recv() for _ in range(count + 20)] == [b"%d" % n for n in range(count + 20)]


def test_who_waited_for_one_part_does_not_go_before_the_line_later(bench: Any) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.PULL, zmq.PUSH, sndhwm=1, rcvhwm=1)
    count = fill(b)

    def chatter() -> None:
        for _ in range(10):
            b.send_multipart([b"chatter", b""])

    bench.spawn(chatter)
    bench.spawn(b.send, b"patient")
    messages = [a.recv_multipart()[0] for _ in range(count + 11)][count:]
    assert messages.index(b"patient") == 1


@EAGER
def test_parts_of_several_senders_never_mix(bench: Any, turns: int) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.PULL, zmq.PUSH, "tcp", sndhwm=1, rcvhwm=1)

    def send(name: bytes) -> None:
        for number in range(30):
            if number % 2:
                b.send_multipart([name] * 4)
            else:
                for _ in range(3):
                    b.send(name, zmq.SNDMORE)
                b.send(name)

    for name in (b"a", b"b", b"c", b"d"):
        bench.spawn(send, name)
    messages = [a.recv_multipart() for _ in range(120)]
    assert all(message == message[:1] * 4 for message in messages)


@pytest.mark.parametrize("turns", [5000], indirect=True)
def test_a_message_begun_without_waiting_is_ended_before_others_go_on(
    bench: Any, turns: int
) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.PULL, zmq.PUSH, sndhwm=1, rcvhwm=1)
    room = fill(b)
    waiting = bench.spawn(b.send_multipart, [b"patient"] * 2)
    for _ in range(room):
        a.recv()
    while not b.getsockopt(zmq.EVENTS) & zmq.POLLOUT:
        a.recv(zmq.DONTWAIT)
    b.send(b"hasty", zmq.SNDMORE | zmq.DONTWAIT)
    b.send(b"hasty")
    assert [a.recv_multipart() for _ in range(2)] == [[b"hasty"] * 2, [b"patient"] * 2]
    bench.wait(waiting)


@EAGER
def test_parts_received_one_by_one_stay_together(bench: Any, turns: int) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.PULL, zmq.PUSH, "tcp")
    messages = []

    def receive() -> None:
        for _ in range(10):
            parts = [a.recv()]
            while a.rcvmore:
                parts.append(a.recv())
            messages.append(parts)

    waiting = [bench.spawn(receive) for _ in range(3)]
    for number in range(30):
        b.send_multipart([b"%d" % number] * 3)
    for each in waiting:
        bench.wait(each)
    assert messages == [[b"%d" % number] * 3 for number in range(30)]


# -- What is thrown at those who wait --------------------------------------------------------------


@pytest.mark.parametrize("victim", range(3))
@TRANSPORTS
def test_killing_a_receiver_leaves_the_others_their_messages(
    bench: Any, victim: int, transport: str
) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.PULL, zmq.PUSH, transport)
    got: list[bytes] = []
    waiting = [bench.spawn(lambda: got.append(a.recv())) for _ in range(3)]
    bench.kill(waiting[victim])
    b.send(b"1")
    b.send(b"2")
    bench.until(lambda: len(got) == 2)
    assert got == [b"1", b"2"]


def test_killing_one_that_was_woken_passes_its_turn_on(bench: Any) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.PULL, zmq.PUSH)
    got: list[bytes] = []
    first, _ = (bench.spawn(lambda: got.append(a.recv())) for _ in range(2))
    b.send(b"1")
    assert a.getsockopt(zmq.EVENTS) & zmq.POLLIN
    bench.kill(first)
    bench.until(lambda: got)
    assert got == [b"1"]


def test_killing_a_sender_leaves_the_others_their_room(bench: Any) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.PULL, zmq.PUSH, sndhwm=1, rcvhwm=1)
    count = fill(b)
    waiting = [bench.spawn(b.send_multipart, [b"%d" % n, b""]) for n in range(3)]
    bench.kill(waiting[1])
    messages = [a.recv_multipart() for _ in range(count + 2)]
    assert messages[count:] == [[b"0", b""], [b"2", b""]]
    assert not a.poll(10)


WAITS: dict[str, Callable[[Any, Any], Any]] = {
    "recv": lambda zmq, a: a.recv(),
    "recv copy=False": lambda zmq, a: a.recv(copy=False),
    "recv_multipart": lambda zmq, a: a.recv_multipart(),
    "recv_into": lambda zmq, a: a.recv_into(bytearray(9)),
    "poll": lambda zmq, a: a.poll(),
    "zmq_poll": lambda zmq, a: zmq.zmq_poll([(a, zmq.POLLIN)]),
    "select": lambda zmq, a: zmq.select([a], [], []),
}


@pytest.mark.parametrize("way", WAITS)
def test_a_time_out_of_the_library_leaves_the_socket_working(bench: Any, way: str) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.PULL, zmq.PUSH)
    got: list[bytes] = []
    waiting = bench.spawn(lambda: got.append(a.recv()))
    with pytest.raises(bench.flavour.expired), bench.flavour.timeout(0.005):
        WAITS[way](zmq, a)
    b.send(b"1")
    bench.wait(waiting)
    b.send(b"2")
    assert got == [b"1"]
    assert a.recv() == b"2"


def test_a_time_out_of_the_library_around_a_send_leaves_the_socket_working(bench: Any) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.PULL, zmq.PUSH, sndhwm=1, rcvhwm=1)
    count = fill(b)
    for copy in (True, False):
        with pytest.raises(bench.flavour.expired), bench.flavour.timeout(0.005):
            b.send(b"late", copy=copy)
    assert [a.recv() for _ in range(count)] == [b"%d" % number for number in range(count)]
    b.send(b"next")
    assert a.recv() == b"next"


def test_one_that_is_thrown_out_sleeps_undisturbed_afterwards(bench: Any) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.PULL, zmq.PUSH)
    slept: list[float] = []

    def receive() -> None:
        try:
            with bench.flavour.timeout(0.002):
                a.recv()
        except bench.flavour.expired:
            pass
        start = time.monotonic()
        bench.sleep(0.03)
        slept.append(time.monotonic() - start)

    waiting = bench.spawn(receive)
    # The message wakes it when its time is over already: both are in the hub at once.
    time.sleep(0.004)
    b.send(b"1")
    a.getsockopt(zmq.EVENTS)
    bench.wait(waiting)
    assert slept[0] >= 0.025


def test_an_exception_that_ends_a_greenlet_leaves_the_socket_working(bench: Any) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.PULL, zmq.PUSH, "tcp")

    def receive() -> None:
        a.recv()
        raise ArithmeticError("the library prints this and goes on")

    for _ in range(2):
        # Not `bench.spawn`, where no exception leaves the greenlet.
        ended = bench.flavour.spawn(receive)
        bench.sleep(0)
        b.send(b"")
        with pytest.raises(ArithmeticError):
            bench.wait(ended)
    waiting = bench.spawn(a.recv)
    b.send(b"next")
    assert bench.wait(waiting) == b"next"
    a.close()


# -- The end of a socket ---------------------------------------------------------------------------


@TRANSPORTS
def test_closing_wakes_everybody(bench: Any, transport: str) -> None:
    zmq = bench.zmq
    a = bench.socket(zmq.DEALER)  # without a peer there is no room
    a.bind({"inproc": "inproc://close", "tcp": "tcp://127.0.0.1:*"}[transport])
    calls = [a.recv, a.recv_multipart, a.poll, lambda: a.send(b""), lambda: a.send_multipart([b""])]
    waiting = [bench.spawn(call) for call in calls for _ in range(2)]
    a.close()
    outcomes = [bench.wait(each) for each in waiting]
    assert [getattr(outcome, "errno", None) for outcome in outcomes] == [errno.ENOTSOCK] * 10


def test_terminating_the_context_wakes_everybody(bench: Any) -> None:
    zmq = bench.zmq
    context = zmq.Context()
    with context.socket(zmq.DEALER) as a:
        calls = [a.recv, a.poll, lambda: a.send(b""), lambda: zmq.select([a], [], [])]
        waiting = [bench.spawn(call) for call in calls for _ in range(2)]
        ending = bench.spawn(context.term)
        outcomes = [bench.wait(each) for each in waiting]
    bench.wait(ending)
    assert {type(outcome) for outcome in outcomes} == {zmq.ContextTerminated}


def test_a_dropped_socket_is_collected(bench: Any) -> None:
    zmq = bench.zmq
    a, b = bench.context.socket(zmq.PULL), bench.socket(zmq.PUSH)
    a.bind("inproc://dropped")
    b.connect("inproc://dropped")
    assert a.poll(5) == 0
    waiting = bench.spawn(a.recv)
    b.send(b"")
    bench.wait(waiting)
    alive = weakref.ref(a)
    del waiting
    bench.greenlets.clear()
    kept = [a]
    del a

    def collect() -> None:
        kept.clear()
        for _ in range(5):
            bench.sleep(0.001)
            gc.collect()

    with pytest.warns(ResourceWarning, match="unclosed socket"):
        collect()
    assert alive() is None


def test_a_socket_does_not_keep_what_the_first_greenlet_returned(bench: Any) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.PULL, zmq.PUSH)

    class Result:
        pass

    def receive() -> Result:
        a.recv()
        return Result()

    waiting = bench.spawn(receive)
    b.send(b"")
    alive = weakref.ref(bench.wait(waiting))
    bench.greenlets.clear()
    del waiting
    for _ in range(5):
        bench.sleep(0.001)
        gc.collect()
    assert alive() is None


# -- Shadows ---------------------------------------------------------------------------------------


def test_a_shadow_waits_in_the_same_line(bench: Any) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.PULL, zmq.PUSH)
    shadow = zmq.Socket.shadow(a)
    got: list[tuple[str, bytes]] = []
    waiting = [
        bench.spawn(lambda name=name, s=s: got.append((name, s.recv())))
        for name, s in (("a", a), ("shadow", shadow), ("later", zmq.Socket.shadow(a)))
    ]
    for number in range(3):
        b.send(b"%d" % number)
    for each in waiting:
        bench.wait(each)
    assert got == [("a", b"0"), ("shadow", b"1"), ("later", b"2")]
    shadow.close()
    assert a.closed


def test_what_a_shadow_swallows_still_wakes_the_original(bench: Any) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.DEALER, zmq.DEALER, "tcp")
    waiting = bench.spawn(a.recv)
    shadow = zmq.Socket.shadow(a)
    for number in range(200):
        b.send(b"%d" % number)
        while shadow.getsockopt(zmq.EVENTS) & zmq.POLLIN == 0:
            pass  # in the middle of a greenlet's run, so that no hub sees the descriptor
        assert bench.wait(waiting) == b"%d" % number
        waiting = bench.spawn(a.recv)


def test_a_dropped_shadow_does_not_disturb(bench: Any) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.PULL, zmq.PUSH)
    shadow = zmq.Socket.shadow(a)
    assert shadow.poll(1) == 0
    del shadow
    gc.collect()
    waiting = bench.spawn(a.recv)
    b.send(b"1")
    assert bench.wait(waiting) == b"1"


# -- Wake-ups --------------------------------------------------------------------------------------


def swallow_by(name: str, zmq: Any, a: Any, bench: Any) -> None:
    if name == "EVENTS":
        a.getsockopt(zmq.EVENTS)
    elif name == "NOBLOCK send":
        a.send(b"", zmq.NOBLOCK)
    elif name == "poll":
        a.poll(0, zmq.POLLOUT)
    elif name == "zmq_poll":
        zmq.zmq_poll([(a, zmq.POLLOUT)], 0)
    elif name == "waiting poll":
        bench.spawn(a.poll, 5, zmq.POLLERR)
    else:
        a.unbind(a.last_endpoint)


@pytest.mark.parametrize("sharer", ["itself", "blocking"])
@pytest.mark.parametrize(
    "name", ["EVENTS", "NOBLOCK send", "poll", "zmq_poll", "waiting poll", "unbind"]
)
def test_what_another_operation_swallows_still_wakes_the_receiver(
    bench: Any, name: str, sharer: str
) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.DEALER, zmq.DEALER, "tcp")
    b.send(b"0")
    assert a.recv() == b"0"  # so that they are connected, and there is room to send
    waiting = bench.spawn(a.recv)
    b.send(b"1")
    # The hub must not see the message arrive; of one that is still on its way unbind lets go.
    select.select([a.fd], [], [], 10)
    time.sleep(0.02)
    if sharer == "itself":
        swallow_by(name, zmq, a, bench)
    else:
        swallow_by(name, ctzmq, ctzmq.Socket.shadow(a), bench)
    assert bench.wait(waiting) == b"1"


def test_a_blocking_shadow_that_receives_leaves_the_rest_to_the_receiver(bench: Any) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.PULL, zmq.PUSH)
    shadow = ctzmq.Socket.shadow(a)
    waiting = bench.spawn(a.recv)
    for number in range(2):
        b.send(b"%d" % number)
    assert shadow.recv() == b"0"
    assert bench.wait(waiting) == b"1"


def test_a_sender_that_fails_does_not_keep_a_message_from_the_receiver(bench: Any) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.DEALER, zmq.DEALER, "tcp", sndhwm=1, rcvhwm=1, sndbuf=4096, rcvbuf=4096)
    a.sndtimeo = 30
    waiting = bench.spawn(a.recv)
    with pytest.raises(zmq.Again):
        repeat(lambda: a.send(b"x" * 60_000))
    b.send(b"1")
    time.sleep(0.02)
    with pytest.raises(zmq.Again):
        a.send(b"x" * 60_000)
    assert bench.wait(waiting) == b"1"


# -- No spin, no starvation ------------------------------------------------------------------------


def test_an_idle_socket_with_a_readable_descriptor_costs_nothing(bench: Any) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.DEALER, zmq.DEALER)
    assert a.poll(1) == 0
    b.send(b"1")  # nobody waits for it
    assert cpu(lambda: bench.sleep(0.3)) < 0.1
    assert a.poll(0, zmq.POLLOUT) == zmq.POLLOUT
    bench.spawn(a.poll, 20_000, zmq.POLLERR)
    assert cpu(lambda: bench.sleep(0.3)) < 0.1


@pytest.fixture
def crowd(bench: Any) -> Any:
    """A ROUTER that has room for its peer "idle", none for "slow"; and both peers."""
    zmq = bench.zmq
    router = bench.socket(zmq.ROUTER, router_mandatory=1, sndhwm=1)
    router.bind("inproc://router")
    peers = {
        name: bench.socket(zmq.DEALER, routing_id=name, rcvhwm=1) for name in (b"slow", b"idle")
    }
    for peer in peers.values():
        peer.connect("inproc://router")
        peer.send(b"hello")
        router.recv_multipart()
    with pytest.raises(zmq.Again):
        repeat(lambda: router.send_multipart([b"slow", b"full"], zmq.DONTWAIT))
    return router, peers[b"slow"], peers[b"idle"]


def received(socket: Any) -> list[bytes]:
    """Receive all that is there."""
    got: list[bytes] = []
    with pytest.raises(ctzmq.Again):
        repeat(lambda: got.append(socket.recv(ctzmq.DONTWAIT)))
    return got


def test_a_router_without_room_for_one_peer_does_not_spin(bench: Any, crowd: Any) -> None:
    router, slow, _ = crowd
    waiting = bench.spawn(router.send_multipart, [b"slow", b"last"])
    assert cpu(lambda: bench.sleep(0.3)) < 0.15
    received(slow)
    assert bench.wait(waiting) is None
    assert received(slow) == [b"last"]


def test_a_router_without_room_for_one_peer_sends_to_others(bench: Any, crowd: Any) -> None:
    router, slow, idle = crowd
    waiting = [bench.spawn(router.send_multipart, [b"slow", b"%d" % n]) for n in range(3)]
    bench.sleep(0.02)
    with bench.flavour.timeout(PATIENCE):
        for number in range(10):
            router.send_multipart([b"idle", b"%d" % number])
            assert idle.recv() == b"%d" % number
    assert received(slow)
    assert [bench.wait(greenlet) for greenlet in waiting[:2]] == [None, None]
    got: list[bytes] = []
    while len(got) < 3:
        got += received(slow)
        bench.sleep(0.001)
    assert got == [b"0", b"1", b"2"]
    assert bench.wait(waiting[2]) is None


@pytest.mark.parametrize("end", ["kill", "time-out", "SNDTIMEO", "close", "term"])
def test_a_send_to_a_peer_without_room_ends(bench: Any, crowd: Any, end: str) -> None:
    zmq = bench.zmq
    router, slow, idle = crowd
    outcome: list[Any] = []

    def send() -> None:
        try:
            with bench.flavour.timeout(0.05 if end == "time-out" else PATIENCE):
                router.send_multipart([b"slow", b"never"])
        except BaseException as problem:
            outcome.append(problem)
            if not isinstance(problem, (zmq.ZMQError, bench.flavour.expired)):
                raise

    if end == "SNDTIMEO":
        router.sndtimeo = 30
    greenlet = bench.spawn(send)
    behind = bench.spawn(router.send_multipart, [b"idle", b"ok"])
    bench.sleep(0.02)
    if end == "kill":
        bench.kill(greenlet)
    elif end == "close":
        router.close(0)
    elif end == "term":
        prototypes.zmq_ctx_shutdown(bench.context.underlying)
    bench.until(lambda: outcome)
    if end in ("close", "term"):
        assert outcome[0].errno == (zmq.ENOTSOCK if end == "close" else zmq.ETERM)
        return
    if end == "SNDTIMEO":
        assert isinstance(outcome[0], zmq.Again)
    elif end == "time-out":
        assert isinstance(outcome[0], bench.flavour.expired)
    assert bench.wait(behind) is None
    assert idle.recv() == b"ok"
    assert b"never" not in received(slow)
    router.send_multipart([b"slow", b"last"])
    assert received(slow) == [b"last"]


def test_a_socket_that_is_always_ready_lets_others_run(bench: Any) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.PULL, zmq.PUSH, sndhwm=0, rcvhwm=0)
    ticks = 0

    def tick() -> None:
        nonlocal ticks
        while True:
            bench.sleep(0)
            ticks += 1

    bench.spawn(tick)
    before = ticks
    for _ in range(20_000):
        b.send(b"")
        a.recv()
    assert ticks - before >= 5


# -- Threads, and sockets of other kinds -----------------------------------------------------------


def test_each_native_thread_has_its_own_hub(bench: Any) -> None:
    zmq = bench.zmq
    results: list[Any] = []

    def run() -> None:
        with bench.context.socket(zmq.PULL) as a, bench.context.socket(zmq.PUSH) as b:
            a.bind("tcp://127.0.0.1:*")
            b.connect(a.last_endpoint)
            got: list[bytes] = []
            greenlet = bench.flavour.spawn(lambda: got.extend(a.recv() for _ in range(100)))
            for number in range(100):
                b.send(b"%d" % number)
                bench.sleep(0)
            bench.flavour.wait(greenlet)
            results.append(got)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert results == [[b"%d" % number for number in range(100)]] * 3


def test_a_blocking_socket_stands_beside_a_green_one(bench: Any) -> None:
    import ctzmq

    zmq = bench.zmq
    with ctzmq.Context() as plain:
        a = plain.socket(ctzmq.PULL)
        a.bind("tcp://127.0.0.1:*")
        b = bench.socket(zmq.PUSH)
        b.connect(a.last_endpoint)
        b.send(b"1")
        assert a.recv() == b"1"
        b.send(b"2")
        assert zmq.zmq_poll([(a, zmq.POLLIN)], 10_000) == [(a, zmq.POLLIN)]
        assert a.recv() == b"2"
        assert type(a) is ctzmq.Socket
        a.close(0)


@pytest.fixture
def plain() -> Iterator[Any]:
    """A context of blocking sockets."""
    with ctzmq.Context() as context:
        yield context
        context.destroy(0)


def test_greenlets_notice_that_a_blocking_socket_is_closed(bench: Any, plain: Any) -> None:
    zmq = bench.zmq
    gone = plain.socket(zmq.PULL)
    a, b = bench.pair(zmq.PULL, zmq.PUSH)
    items = [(a, zmq.POLLIN), (gone, zmq.POLLIN)]
    both, limited = bench.spawn(zmq.zmq_poll, items), bench.spawn(zmq.zmq_poll, items[1:], 50)
    waiting = bench.spawn(zmq.zmq_poll, items[1:])
    gone.close()
    assert bench.wait(waiting).errno == zmq.ENOTSOCK
    assert cpu(lambda: bench.sleep(0.3)) < 0.1
    b.send(b"x")
    assert bench.wait(both) == [(a, zmq.POLLIN)]
    assert bench.wait(limited) == []


def test_greenlets_hear_of_what_others_do_with_a_blocking_socket(bench: Any, plain: Any) -> None:
    """A send takes note of the message that came, and makes the descriptor quiet."""
    zmq = bench.zmq
    with plain.socket(zmq.PAIR) as a, plain.socket(zmq.PAIR) as b:
        a.bind("inproc://blocking")
        b.connect("inproc://blocking")
        waiting = bench.spawn(zmq.zmq_poll, [(a, zmq.POLLIN)])
        b.send(b"x")
        assert a.poll(0, zmq.POLLOUT) == zmq.POLLOUT
        a.send(b"y")
        assert bench.wait(waiting) == [(a, zmq.POLLIN)]
        assert a.recv() == b"x"
        assert b.recv() == b"y"


# -- Everything at once ----------------------------------------------------------------------------


@pytest.mark.parametrize("turns", [2, 5000], indirect=True)
@pytest.mark.parametrize("calm", [False, True], ids=["disturbed", "calm"])
def test_nothing_is_lost_doubled_reordered_or_stuck(bench: Any, calm: bool, turns: int) -> None:
    stress = Stress(bench.flavour, 1, ["inproc://stress", "tcp://127.0.0.1:*"], calm)
    stress.run(10_000)
    assert stress.operations >= 10_000


def test_another_thread_closes_it_in_the_middle_of_a_send(
    flavour: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """libzmq frees the socket when it is out of the call, not under it."""
    zmq = flavour.zmq
    context = zmq.Context()
    socket = context.socket(zmq.PUSH)
    inside: list[int] = []
    send = provider.calls.wait_send

    def close_and_send(handle: Any, data: bytes, flags: int) -> int:
        thread = threading.Thread(target=socket.close)
        thread.start()
        thread.join(10)
        inside.extend(socket._sharers.claim)
        return send(handle, data, flags)

    monkeypatch.setattr(provider.calls, "wait_send", close_and_send)
    with pytest.raises(zmq.ZMQError) as caught:
        socket.send(b"nobody takes it")
    assert caught.value.errno == zmq.ENOTSOCK
    assert inside, "freed while a call was in it"
    assert not socket._sharers.claim
    context.term()
