from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable
from types import SimpleNamespace
from typing import Any, Callable
from unittest import mock

import pytest

import ctzmq as zmq

pytest.importorskip("tornado")

from tornado.ioloop import IOLoop

from ctzmq.eventloop import callbacks as rules
from ctzmq.eventloop.zmqstream import ZMQStream

from .inbox import PATIENCE, turns

NewSocket = Callable[..., zmq.Socket]
Pair = Callable[..., tuple[zmq.Socket, zmq.Socket]]


def run(main: Callable[[], Awaitable[None]]) -> list[dict[str, Any]]:
    """Run a coroutine function in a new loop; return what the loop had to complain about."""
    complaints: list[dict[str, Any]] = []

    async def watched() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: complaints.append(context))
        await asyncio.wait_for(main(), 40)

    asyncio.run(watched())
    return complaints


async def until(condition: Callable[[], object]) -> None:
    """Let the loop go on until something holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0)


class Counting(ZMQStream):
    """A stream that counts its turns."""

    handled = 0

    def _handle_events(self, fd: Any, events: int) -> None:
        self.handled += 1
        super()._handle_events(fd, events)


def test_a_turn_moves_many_messages(pair: Pair) -> None:
    a, b = pair(zmq.DEALER, zmq.DEALER)

    async def main() -> None:
        received: list[list[bytes]] = []
        stream = Counting(b)
        for number in range(200):
            a.send(b"%d" % number)
            stream.send(b"%d" % number)
        stream.on_recv(received.append)
        await until(lambda: len(received) == 200 and not stream.sending())
        assert received == [[b"%d" % number] for number in range(200)]
        assert [a.recv() for _ in range(200)] == [b"%d" % number for number in range(200)]
        # Few enough to tell that it is not one for each message, however slow the machine is.
        assert stream.handled < 200
        stream.close()

    assert not run(main)


def test_turns_are_taken_for_work_only(pair: Pair) -> None:
    a, b = pair(zmq.DEALER, zmq.DEALER)

    async def main() -> None:
        received: list[list[bytes]] = []
        stream = Counting(b)
        stream.on_recv(received.append)
        a.send(b"x")
        stream.send(b"x")
        await until(lambda: received and not stream.sending())
        await turns()
        before = stream.handled
        # The socket can be written to all the time, which is no reason for a turn.
        await turns(500)
        assert stream.handled == before
        stream.close()

    assert not run(main)


@pytest.mark.parametrize("wants", ["nothing", "to receive", "to send"])
def test_news_that_is_nothing_to_do_costs_no_spin(socket: NewSocket, wants: str) -> None:
    push, pull = socket(zmq.PUSH), socket(zmq.PULL)
    pull.bind("inproc://news")

    async def main() -> None:
        watched = push if wants == "to send" else pull
        stream = Counting(watched)
        if wants == "to receive":
            stream.on_recv(lambda message: None)
        await turns()
        push.connect("inproc://news")
        if wants == "to send":
            stream.send(b"x")
        if wants == "nothing":
            push.send(b"x")
        await until(lambda: not stream.sending())
        await turns()
        before = stream.handled
        await turns(200)
        assert stream.handled == before
        stream.close()

    assert not run(main)


def test_a_stream_does_not_hold_up_the_others(pair: Pair) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL)
    c, d = pair(zmq.PUSH, zmq.PULL)

    async def main() -> None:
        seen: list[str] = []
        flooded, quiet = ZMQStream(b), ZMQStream(d)

        def take(message: list[bytes]) -> None:
            seen.append("flood")
            # A callback that takes its time ends the turn.
            end = time.monotonic() + rules._TURN_SECONDS
            while time.monotonic() <= end:
                pass

        for _ in range(50):
            a.send(b"x")
        flooded.on_recv(take)
        quiet.on_recv(lambda message: seen.append("quiet"))
        await until(lambda: seen)
        c.send(b"x")
        await until(lambda: len(seen) == 51)
        assert seen.index("quiet") < 25
        flooded.close()
        quiet.close()

    assert not run(main)


def test_a_stream_that_never_runs_dry_lets_the_loop_go_on(pair: Pair) -> None:
    a, b = pair(zmq.DEALER, zmq.DEALER)

    async def main() -> None:
        streams = [ZMQStream(a), ZMQStream(b)]
        for stream in streams:
            # Each message is answered with another, for ever.
            stream.on_recv(stream.send_multipart)
            stream.send(b"x")
        a.send(b"x")
        await turns(50)
        for stream in streams:
            stream.close()

    assert not run(main)


def test_what_a_callback_sends_goes_out_at_once(pair: Pair) -> None:
    a, b = pair(zmq.DEALER, zmq.DEALER)

    async def main() -> None:
        answers: list[bytes] = []
        stream = ZMQStream(b)

        def answer(message: list[bytes]) -> None:
            stream.send_multipart(message)
            answers.append(a.recv())

        stream.on_recv(answer)
        a.send(b"hello")
        await until(lambda: answers)
        assert answers == [b"hello"]
        stream.close()

    assert not run(main)


def test_what_a_callback_sends_keeps_its_place(pair: Pair) -> None:
    a, b = pair(zmq.DEALER, zmq.DEALER)

    async def main() -> None:
        statuses: list[Any] = []
        stream = ZMQStream(b)

        def answer(message: list[bytes]) -> None:
            stream.send(b"second", callback=lambda *args: statuses.append(args))
            stream.send(b"third")

        a.send(b"hello")
        await turns()
        stream.on_recv(answer)
        stream.flush(zmq.POLLIN)
        await until(lambda: len(statuses) == 2)
        assert statuses == [([b"second"], None), ([b"third"], None)]
        assert [a.recv(), a.recv()] == [b"second", b"third"]
        stream.close()

    assert not run(main)


def test_what_a_callback_cannot_send_yet_waits(socket: NewSocket) -> None:
    a, b = socket(zmq.DEALER, rcvhwm=1), socket(zmq.DEALER, sndhwm=1)
    b.bind("inproc://full")
    a.connect("inproc://full")

    async def main() -> None:
        waiting: list[bool] = []
        stream = ZMQStream(b)

        def answer(message: list[bytes]) -> None:
            for number in range(10):
                stream.send(b"%d" % number)
            waiting.append(stream.sending())

        stream.on_recv(answer)
        a.send(b"hello")
        await until(lambda: waiting)
        assert waiting == [True]
        for number in range(10):
            await until(lambda: a.poll(0))
            assert a.recv() == b"%d" % number
        assert not stream.sending()
        stream.close()

    assert not run(main)


@pytest.mark.parametrize("part", ["text", None, 3])
def test_what_cannot_be_sent_is_told_by_the_loop(pair: Pair, part: Any) -> None:
    a, b = pair(zmq.DEALER, zmq.DEALER)

    async def main() -> None:
        calls: list[Any] = []
        stream = ZMQStream(b)
        stream.send(part)
        await until(lambda: not stream.sending())

        def answer(message: list[bytes]) -> None:
            stream.send(part)
            calls.append(message)

        stream.on_recv(answer)
        a.send(b"hello")
        await until(lambda: calls and not stream.sending())
        stream.send(b"after")
        await until(lambda: not stream.sending())
        assert a.recv() == b"after"
        stream.close()

    complaints = run(main)
    assert [type(each["exception"]) for each in complaints] == [TypeError, TypeError]


def _changing() -> tuple[Any, Callable[[], None]]:
    parts = [b"a", b"b", b"c"]
    return parts, parts.clear


MESSAGES: dict[str, Callable[[], tuple[Any, Callable[[], None]]]] = {
    "generator": lambda: ((part for part in (b"a", b"b", b"c")), lambda: None),
    "iterator": lambda: (iter([b"a", b"b", b"c"]), lambda: None),
    "changing list": _changing,
}


@pytest.mark.parametrize("kind", MESSAGES)
@pytest.mark.parametrize("within", [False, True], ids=["outside", "in a turn"])
def test_a_message_is_taken_whole_and_waits_as_it_was(
    socket: NewSocket, kind: str, within: bool
) -> None:
    a, b = socket(zmq.DEALER, rcvhwm=1), socket(zmq.DEALER, sndhwm=1)
    b.bind("inproc://whole")
    a.connect("inproc://whole")

    async def main() -> None:
        sent: list[Any] = []
        done: list[bool] = []
        stream = ZMQStream(b)

        def send(message: list[bytes]) -> None:
            for _ in range(10):
                parts, change = MESSAGES[kind]()
                stream.send_multipart(parts)
                change()
            stream.on_send(lambda parts, status: sent.append(list(parts)))
            done.append(True)

        if within:
            stream.on_recv(send)
            a.send(b"hello")
            await until(lambda: done)
        else:
            send([])
            await turns()
        assert stream.sending()
        for _ in range(10):
            await until(lambda: a.poll(0))
            assert a.recv_multipart() == [b"a", b"b", b"c"]
        assert not stream.sending()
        assert sent
        assert all(parts == [b"a", b"b", b"c"] for parts in sent)
        stream.close()

    assert not run(main)


def test_a_generator_that_fails_tells_its_caller(pair: Pair) -> None:
    a, b = pair(zmq.DEALER, zmq.DEALER)

    async def main() -> None:
        stream = ZMQStream(b)
        with pytest.raises(ZeroDivisionError):
            stream.send_multipart(b"%d" % (1 // number) for number in (1, 0))
        assert not stream.sending()
        stream.send(b"after")
        await until(lambda: a.poll(0))
        assert a.recv_multipart() == [b"after"]
        stream.close()

    assert not run(main)


def test_what_another_thread_sends_meanwhile_goes_through_the_loop(pair: Pair) -> None:
    a, b = pair(zmq.DEALER, zmq.DEALER)

    async def main() -> None:
        sending: list[bool] = []
        stream = ZMQStream(b)

        def take(message: list[bytes]) -> None:
            thread = threading.Thread(target=stream.send, args=(b"from a thread",))
            thread.start()
            thread.join(PATIENCE)
            sending.append(stream.sending())
            stream.send(b"after it")

        stream.on_recv(take)
        a.send(b"x")
        await until(lambda: sending and not stream.sending())
        assert sending == [True]
        assert [a.recv(), a.recv()] == [b"from a thread", b"after it"]
        stream.close()

    assert not run(main)


@pytest.mark.parametrize("late", [False, True])
def test_request_and_reply_take_turns(pair: Pair, late: bool) -> None:
    a, b = pair(zmq.DEALER, zmq.REP)

    async def main() -> None:
        stream = ZMQStream(b)

        def answer(message: list[bytes]) -> None:
            stream.send_multipart(message)

        async def answer_later(message: list[bytes]) -> None:
            await turns(2)
            stream.send_multipart(message)

        stream.on_recv(answer_later if late else answer)
        for number in range(20):
            a.send_multipart([b"", b"%d" % number])
        for number in range(20):
            await until(lambda: a.poll(0))
            assert a.recv_multipart() == [b"", b"%d" % number]
        stream.close()

    assert not run(main)


def test_after_what_a_callback_raises_the_rest_follows(pair: Pair) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL)

    async def main() -> None:
        received: list[bytes] = []
        stream = ZMQStream(b)

        def fragile(message: list[bytes]) -> None:
            received.extend(message)
            if len(received) % 2:
                raise KeyError(*message)

        for number in range(9):
            a.send(b"%d" % number)
        stream.on_recv(fragile)
        await until(lambda: len(received) == 9)
        assert received == [b"%d" % number for number in range(9)]
        await turns()
        stream.close()

    assert len(run(main)) == 5


def test_after_what_a_callback_raises_in_flush_the_rest_follows(pair: Pair) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL)

    async def main() -> None:
        received: list[bytes] = []
        stream = ZMQStream(b)

        def fragile(message: list[bytes]) -> None:
            received.extend(message)
            if len(received) == 1:
                raise KeyError(*message)

        stream.on_recv(fragile)
        await turns()
        for number in range(5):
            a.send(b"%d" % number)
        # It reads the news off the descriptor before the loop sees it.
        with pytest.raises(KeyError):
            stream.flush()
        await until(lambda: len(received) == 5)
        assert received == [b"%d" % number for number in range(5)]
        stream.close()

    assert not run(main)


def test_a_coroutine_that_a_flush_calls_outside_of_the_loop_runs_in_it(pair: Pair) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL)
    loop = asyncio.SelectorEventLoop()
    received: list[bytes] = []
    stream = ZMQStream(b, IOLoop(asyncio_loop=loop, make_current=False))

    async def take(message: list[bytes]) -> None:
        received.extend(message)

    stream.on_recv(take)
    a.send(b"x")
    assert stream.flush() == 1
    assert received == []
    while not received:
        loop.call_soon(loop.stop)
        loop.run_forever()
    stream.close()
    loop.close()


def test_many_busy_streams_share_a_pass() -> None:
    calls: list[Callable[[], None]] = []
    loop: Any = SimpleNamespace(add_callback=calls.append)
    one = rules.Pass()
    assert one.end(5.0) == 5.0 + rules._TURN_SECONDS
    for number in range(20):
        length = one.end(5.0) - 5.0
        if number * rules._TURN_SECONDS >= rules._PASS_SECONDS:
            # One message each, in the first pass.
            assert length == 0
        one.cut(loop, length)
    (over,) = calls
    calls.clear()
    over()
    ends = []
    for _ in range(20):
        ends.append(one.end(0.0))
        one.cut(loop, ends[-1])
    assert ends == [pytest.approx(rules._PASS_SECONDS / 20)] * 20
    calls.pop()()
    one.cut(loop, 1.0)
    calls.pop()()
    assert one.end(0.0) == rules._TURN_SECONDS


def test_a_callback_may_change_the_callback(pair: Pair) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL)

    async def main() -> None:
        received: list[Any] = []
        stream = ZMQStream(b)

        def first(message: list[bytes]) -> None:
            received.append(message)
            stream.on_recv(received.extend, copy=False)

        for _ in range(5):
            a.send(b"x")
        stream.on_recv(first)
        await until(lambda: len(received) == 5)
        assert received[0] == [b"x"]
        assert [frame.bytes for frame in received[1:]] == [b"x"] * 4
        stream.close()

    assert not run(main)


def test_a_callback_may_flush(pair: Pair) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL)

    async def main() -> None:
        received: list[bytes] = []
        counts: list[int] = []
        stream = ZMQStream(b)

        def take(message: list[bytes]) -> None:
            received.extend(message)
            counts.append(stream.flush(limit=2))

        for number in range(5):
            a.send(b"%d" % number)
        stream.on_recv(take)
        await until(lambda: len(received) == 5)
        assert received == [b"%d" % number for number in range(5)]
        assert sum(counts) == 4
        stream.close()

    assert not run(main)


def test_a_callback_that_runs_the_loop_gets_its_answer(pair: Pair) -> None:
    """Some programs let a callback run the loop until its own request is answered."""
    a, b = pair(zmq.DEALER, zmq.DEALER)
    loop = asyncio.SelectorEventLoop()
    answers: list[bytes] = []
    with_loop = IOLoop(asyncio_loop=loop, make_current=False)
    stream = ZMQStream(b, with_loop)

    def again(message: list[bytes]) -> None:
        answers.extend(message)
        if len(answers) == 1:
            stream.send(b"again")
            assert a.recv() == b"again"
            a.send(b"second")
            # What a nested loop would do: the descriptor has news, in the midst of a turn.
            stream._handle_events(b, 0)
            assert answers == [b"first", b"second"]

    stream.on_recv(again)
    a.send(b"first")
    with_loop.call_later(0, lambda: None)
    while len(answers) < 2:
        loop.call_soon(loop.stop)
        loop.run_forever()
    stream.close()
    with_loop.close()


def test_a_turn_that_finds_the_socket_closed_ends_the_stream(
    socket: NewSocket, caplog: pytest.LogCaptureFixture
) -> None:
    push = socket(zmq.PUSH)

    async def main() -> None:
        closed: list[bool] = []
        stream = ZMQStream(push)
        stream.set_close_callback(lambda: closed.append(True))
        stream.send(b"x")
        push.close()
        with pytest.warns(UserWarning, match="after closing socket"):
            await until(lambda: closed)
        assert stream.closed()

    assert not run(main)
    assert "has a closed socket" in caplog.text


def test_a_send_in_another_thread_wakes_the_loop(pair: Pair) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL)

    async def main() -> None:
        stream = ZMQStream(a)
        await turns()
        thread = threading.Thread(target=stream.send, args=(b"x",))
        asyncio.get_running_loop().call_soon(thread.start)
        received = await asyncio.get_running_loop().run_in_executor(None, b.recv)
        assert received == b"x"
        thread.join(PATIENCE)
        stream.close()

    assert not run(main)


# -- pyzmq's steps, overridden and called ----------------------------------------------------------


def test_the_steps_that_a_class_overrides_are_taken_for_each_message(pair: Pair) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    heard: list[str] = []

    class Own(ZMQStream):
        pass

    def override(name: str) -> None:
        own = getattr(ZMQStream, name)

        def noted(self: Any, *args: Any, **kwargs: Any) -> Any:
            heard.append(name)
            return own(self, *args, **kwargs)

        setattr(Own, name, noted)

    for name in ("_handle_recv", "_handle_send", "_rebuild_io_state", "_run_callback", "on_send"):
        override(name)

    async def main() -> None:
        got: list[list[bytes]] = []
        stream = Own(b)
        stream.on_recv(got.append)
        for number in range(3):
            a.send(b"%d" % number)
        await until(lambda: len(got) == 3)
        assert heard.count("_handle_recv") == heard.count("_run_callback") == 3
        assert heard[-1] == "_rebuild_io_state"
        heard.clear()
        stream.send(b"x")
        assert heard == ["on_send"]
        await until(lambda: a.poll(0))
        assert heard.count("_handle_send") == 1
        stream.flush()
        stream.close()

    assert not run(main)


@pytest.mark.parametrize("instance", [False, True])
def test_a_stream_receives_while_it_says_so(instance: bool, pair: Pair) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)

    class Own(ZMQStream):
        paused = True

        def receiving(self) -> bool:
            return not self.paused and super().receiving()

        sending = receiving

    async def main() -> None:
        got: list[list[bytes]] = []
        stream: Any = ZMQStream(b) if instance else Own(b)
        if instance:
            stream.receiving = lambda: False
        stream.on_recv(got.append)
        a.send(b"x")
        await turns()
        assert not got
        if instance:
            del stream.receiving
        stream.paused = False
        stream._rebuild_io_state()
        await until(lambda: got)
        assert got == [[b"x"]]
        stream.close()

    assert not run(main)


def test_the_steps_can_be_called(pair: Pair) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)

    async def main() -> None:
        got: list[Any] = []
        stream = ZMQStream(b)
        stream._run_callback(lambda *args, **kwargs: got.append((args, kwargs)), 1, other=2)
        assert got.pop() == ((1,), {"other": 2})
        stream.on_recv(got.append)
        assert stream._state == zmq.POLLIN
        a.send(b"1")
        stream._handle_recv()
        assert got.pop() == [b"1"]
        stream.send(b"2")
        stream._handle_send()
        assert a.recv() == b"2"
        a.send(b"3")
        stream._update_handler(zmq.POLLIN)
        await until(lambda: got)
        stream._drop_io_state(zmq.POLLIN)
        assert stream._state == 0
        stream._add_io_state(zmq.POLLOUT)
        assert stream._state == zmq.POLLOUT
        stream._finish_flush()
        stream.close()
        stream._rebuild_io_state()
        stream._update_handler(zmq.POLLIN)

    assert not run(main)


def test_a_message_that_is_sent_has_its_arguments_by_keyword(pair: Any) -> None:
    a, _ = pair(zmq.PAIR, zmq.PAIR)

    async def main() -> None:
        calls: list[tuple[Any, Any]] = []
        stream: Any = ZMQStream(a)
        a.send_multipart = lambda *args, **kwargs: calls.append((args, kwargs))
        stream.send_pyobj(1)
        await until(lambda: calls)
        (args, kwargs), *_ = calls
        assert len(args) == 1
        assert kwargs == {"flags": zmq.DONTWAIT, "copy": True, "track": False}
        stream.close()

    assert not run(main)


def test_a_step_of_one_stream_is_replaced_and_put_back(pair: Pair) -> None:
    _, b = pair(zmq.PAIR, zmq.PAIR)

    async def main() -> None:
        stream = ZMQStream(b)
        for name in sorted(rules.STEPS):
            was = getattr(stream, name)
            with mock.patch.object(stream, name) as replaced:
                assert getattr(stream, name) is replaced
            assert getattr(stream, name) == was
            with pytest.raises(AttributeError):
                delattr(stream, name)
        stream.close()

    assert not run(main)
