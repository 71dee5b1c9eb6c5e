"""Tasks whose sockets are always ready let others run, and lose nothing by it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from stress.loops import LOOPS, PATIENCE

import ctzmq as zmq
from ctzmq.asyncio import Context, Poller, pace

Run = Callable[[Callable[..., Awaitable[None]]], None]


@pytest.fixture(params=LOOPS)
def run(request: pytest.FixtureRequest) -> Run:
    """Run `main(push, pull)` in one kind of loop."""

    def run(main: Callable[..., Awaitable[None]]) -> None:
        complaints: list[Any] = []

        async def with_sockets() -> None:
            context = Context()
            push, pull = context.socket(zmq.PUSH), context.socket(zmq.PULL)
            pull.bind("inproc://pace")
            push.connect("inproc://pace")
            try:
                await asyncio.wait_for(main(push, pull), PATIENCE)
            finally:
                push.close(0)
                pull.close(0)
                context.term()
            assert all(socket._edge is None or not socket._edge.busy() for socket in (push, pull))

        loop = LOOPS[request.param]()
        loop.set_exception_handler(lambda _, context: complaints.append(context))
        try:
            loop.run_until_complete(with_sockets())
        finally:
            loop.close()
        assert complaints == []

    return run


@pytest.fixture
def brisk(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Have every few calls rest, whatever the time; list those calls."""
    rests: list[Any] = []
    rest = pace.Pace.rest

    def noted(self: pace.Pace, call: Callable[[], Any]) -> None:
        rests.append(call)
        rest(self, call)

    monkeypatch.setattr(pace, "SHARE", 0.0)
    monkeypatch.setattr(pace.Pace, "rest", noted)
    return rests


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no call rest, however slow the machine is."""
    monkeypatch.setattr(pace, "SHARE", 3600.0)


async def until_rest(pull: Any) -> Any:
    """Receive until a call rests; return its Future, which nobody awaits yet."""
    while True:
        future = pull.recv()
        if not future.done():
            return future
        await future


async def round_trip(push: Any, pull: Any) -> None:
    await push.send(b"x")
    await pull.recv()


async def large(push: Any, pull: Any) -> None:
    await push.send(bytes(200_000))
    await pull.recv()


async def parts(push: Any, pull: Any) -> None:
    await push.send_multipart([b"x"] * 100)
    await pull.recv_multipart()


async def part_by_part(push: Any, pull: Any) -> None:
    await push.send(b"x", zmq.SNDMORE)
    await push.send_multipart([b"y", b"z"], zmq.SNDMORE)
    await push.send(b"")
    for _ in range(4):
        await pull.recv()


async def frames(push: Any, pull: Any) -> None:
    await push.send(b"x", copy=False)
    await pull.recv(copy=False)
    await push.send_multipart([b"x"], copy=False)
    await pull.recv_multipart(copy=False)


async def text(push: Any, pull: Any) -> None:
    await push.send_string("x")
    await pull.recv_string()


async def objects(push: Any, pull: Any) -> None:
    await push.send_json({})
    await pull.recv_json()


async def into(push: Any, pull: Any) -> None:
    await push.send(b"x")
    await pull.recv_into(bytearray(1))


async def not_waiting(push: Any, pull: Any) -> None:
    await push.send(b"x", zmq.DONTWAIT)
    await pull.recv(zmq.DONTWAIT)


async def sending(push: Any, pull: Any) -> None:
    push.sndhwm = 0
    await push.send(b"x")


async def limited(push: Any, pull: Any) -> None:
    await asyncio.wait_for(push.send(b"x"), PATIENCE)
    await asyncio.wait_for(pull.recv(), PATIENCE)


async def shielded(push: Any, pull: Any) -> None:
    await asyncio.shield(push.send(b"x"))
    await asyncio.shield(pull.recv())


async def gathered(push: Any, pull: Any) -> None:
    await asyncio.gather(push.send(b"x"), pull.recv(), pull.poll(0))


async def looked_at(push: Any, pull: Any) -> None:
    for future in (push.send(b"x"), pull.recv()):
        if not future.done():
            await future


async def in_tasks(push: Any, pull: Any) -> None:
    await asyncio.get_running_loop().create_task(round_trip(push, pull))


async def polling(push: Any, pull: Any) -> None:
    await push.poll(None, zmq.POLLOUT)


async def polling_briefly(push: Any, pull: Any) -> None:
    await push.poll(0, zmq.POLLOUT)


async def poller(push: Any, pull: Any) -> None:
    many = Poller()
    many.register(push)
    many.register(pull)
    assert await many.poll() == [(push, zmq.POLLOUT)]


ALWAYS_READY = [
    round_trip,
    large,
    parts,
    part_by_part,
    frames,
    text,
    objects,
    into,
    not_waiting,
    sending,
    limited,
    shielded,
    gathered,
    looked_at,
    in_tasks,
    polling,
    polling_briefly,
    poller,
]


@pytest.mark.parametrize("calls", ALWAYS_READY)
def test_what_is_always_ready_lets_others_run(run: Run, calls: Callable[..., Any]) -> None:
    ticks: list[float] = []

    async def ticker() -> None:
        while True:
            await asyncio.sleep(0.001)
            ticks.append(time.monotonic())

    async def main(push: Any, pull: Any) -> None:
        # Of eager tasks, the first step runs at once.
        task = asyncio.get_running_loop().create_task(ticker())
        end = time.monotonic() + PATIENCE / 2
        while len(ticks) < 5:
            await calls(push, pull)
            assert time.monotonic() < end, "others starve"
        task.cancel()

    run(main)


def test_tasks_share_what_time_there_is(run: Run, brisk: list[Any]) -> None:
    """Nobody waits for another's whole work, and no task has to wait for another at each call."""
    done = [0] * 5

    async def main(push: Any, pull: Any) -> None:
        async def work(number: int) -> None:
            while min(done) < 50:
                await round_trip(push, pull)
                done[number] += 1

        await asyncio.gather(*map(work, range(5)))

    run(main)
    assert max(done) < 50 * 20
    assert len(brisk) < 2 * sum(done)


def test_a_receiver_cancelled_while_others_run_takes_nothing(run: Run, brisk: list[Any]) -> None:
    async def main(push: Any, pull: Any) -> None:
        received: list[bytes] = []

        async def receive() -> None:
            while True:
                received.append(await pull.recv())

        for number in range(50):
            await push.send(b"%d" % number)
        cancelled = 0
        while len(received) < 50:
            task = asyncio.get_running_loop().create_task(receive())
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            cancelled += 1
        assert received == [b"%d" % number for number in range(50)]
        assert cancelled > 1

    run(main)
    assert brisk


def test_a_sender_cancelled_while_others_run_has_sent_nothing(run: Run, brisk: list[Any]) -> None:
    async def main(push: Any, pull: Any) -> None:
        sent: list[bytes] = []

        async def send() -> None:
            while True:
                message = b"%d" % len(sent)
                await push.send_multipart([message, b""])
                sent.append(message)

        for _ in range(20):
            task = asyncio.get_running_loop().create_task(send())
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        await push.send_multipart([b"end", b""])
        assert [(await pull.recv_multipart())[0] for _ in sent] == sent
        assert await pull.recv_multipart() == [b"end", b""]

    run(main)
    assert brisk


def test_calls_that_nobody_awaits_keep_their_order(run: Run, brisk: list[Any]) -> None:
    async def main(push: Any, pull: Any) -> None:
        numbers = [b"%d" % number for number in range(40)]
        for number in numbers[::10]:
            await push.send(number)
            start = numbers.index(number)
            for later in numbers[start + 1 : start + 10]:
                push.send(later, zmq.DONTWAIT if int(later) % 3 else 0)
        futures = []
        for position in range(0, 40, 10):
            futures.append(pull.recv())
            await futures[-1]
            futures += [pull.recv(zmq.DONTWAIT if i % 3 else 0) for i in range(9)]
            await asyncio.wait(futures[position + 1 :])
        assert [future.result() for future in futures] == numbers

    run(main)
    assert brisk


def test_a_call_that_may_not_wait_is_done_when_looked_at(run: Run, brisk: list[Any]) -> None:
    async def main(push: Any, pull: Any) -> None:
        for number in range(20):
            await push.send(b"first")
            before = pull.recv()
            await push.send(b"%d" % number, zmq.DONTWAIT)
            # Others come first, and are not passed by.
            future = pull.recv(zmq.DONTWAIT)
            assert future.done()
            assert future.exception() is None
            assert future.result() == b"%d" % number
            assert before.result() == b"first"
            with pytest.raises(zmq.Again):
                pull.recv(zmq.DONTWAIT).result()
            assert isinstance(pull.recv_string(zmq.DONTWAIT).exception(), zmq.Again)
            with pytest.raises(zmq.Again):
                await pull.recv(zmq.DONTWAIT)

    run(main)
    assert brisk


def test_time_outs_count_while_others_run(run: Run, brisk: list[Any]) -> None:
    async def main(push: Any, pull: Any) -> None:
        for limit in (0, 1):
            pull.rcvtimeo = limit
            for _ in range(10):
                with pytest.raises(zmq.Again):
                    await pull.recv()
            for _ in range(10):
                await push.send(b"x")
                assert await pull.recv() == b"x"

    run(main)
    assert brisk


def test_who_does_not_await_does_not_rest(run: Run, brisk: list[Any]) -> None:
    """A program that goes on without the loop finds its messages sent."""

    async def main(push: Any, pull: Any) -> None:
        blocking = zmq.Socket.shadow(pull)
        for _ in range(100):
            push.send(b"x")
            push.send_multipart([b"y", b"z"])
            assert blocking.recv() == b"x"
            assert blocking.recv_multipart() == [b"y", b"z"]
            blocking.getsockopt(zmq.EVENTS)

    run(main)
    assert brisk == []


def test_no_message_is_interrupted_at_its_middle(run: Run, brisk: list[Any]) -> None:
    async def main(push: Any, pull: Any) -> None:
        for _ in range(20):
            await push.send(b"1")
            await push.send(b"2", zmq.SNDMORE)
            for part in (b"3", b"4"):
                future = push.send(part, zmq.SNDMORE)
                assert future.done()
                await future
            assert push.send(b"5").done()
            assert await pull.recv() == b"1"
            assert await pull.recv() == b"2"
            for part in (b"3", b"4", b"5"):
                future = pull.recv()
                assert future.done()
                assert await future == part

    run(main)
    assert brisk


def test_messages_of_tasks_that_rest_do_not_mix(run: Run, brisk: list[Any]) -> None:
    async def main(push: Any, pull: Any) -> None:
        async def send(number: int) -> None:
            for _ in range(20):
                await push.send(b"%d" % number, zmq.SNDMORE)
                await push.send_multipart([b"%d" % number] * 2, zmq.SNDMORE)
                await push.send(b"%d" % number)
                await push.send_multipart([b"%d" % number] * 4)

        async def receive() -> None:
            for _ in range(5 * 20 * 2 // 2):
                message = await pull.recv_multipart()
                assert message == message[:1] * 4

        await asyncio.gather(*map(send, range(5)), receive(), receive())

    run(main)
    assert brisk


def test_what_is_sent_is_what_it_was_at_the_call(run: Run, brisk: list[Any]) -> None:
    async def main(push: Any, pull: Any) -> None:
        for _ in range(20):
            await push.send(b"before")
            await pull.recv()
            data = bytearray(b"data")
            future = push.send(data)
            data[:] = b"late"
            await future
            assert await pull.recv() == b"data"
            message: list[Any] = [b"a", bytearray(b"b"), zmq.Frame(b"c")]
            future = push.send_multipart(message)
            message[1][:] = b"!"
            message[:] = [b"other"]
            await future
            assert await pull.recv_multipart() == [b"a", b"b", b"c"]
            with pytest.raises(TypeError):
                await push.send("text")
            with pytest.raises(TypeError):
                await push.send_multipart([b"a", "text"])

    run(main)
    assert brisk


def test_closing_ends_a_rest(run: Run, brisk: list[Any]) -> None:
    async def main(push: Any, pull: Any) -> None:
        for _ in range(20):
            await push.send(b"x")
        resting = await until_rest(pull)
        before = len(brisk)
        pull.close()
        with pytest.raises(asyncio.CancelledError):
            await resting
        for _ in range(10):
            with pytest.raises(zmq.ZMQError):
                await pull.recv()
        assert len(brisk) == before

    run(main)


def test_a_message_that_another_took_meanwhile_is_waited_for(run: Run, brisk: list[Any]) -> None:
    async def main(push: Any, pull: Any) -> None:
        blocking = zmq.Socket.shadow(pull)
        for _ in range(100):
            await push.send(b"x")
        resting = asyncio.ensure_future(await until_rest(pull))
        while blocking.poll(0):
            blocking.recv()
        await asyncio.sleep(0.01)
        assert not resting.done()
        await push.send(b"y")
        assert await resting == b"y"

    run(main)
    assert brisk


def test_a_poll_gives_the_loop_a_turn(run: Run, slow: None) -> None:
    async def main(push: Any, pull: Any) -> None:
        many = Poller()
        many.register(push, zmq.POLLOUT)
        for poll in (many.poll, many.poll, lambda: push.poll(1000, zmq.POLLOUT)):
            ran: list[bool] = []
            asyncio.get_running_loop().call_soon(ran.append, True)
            future = poll()
            assert not future.done()
            assert await future
            assert ran
            assert await future
            # Nobody awaits this one.
            future = poll()
            for _ in range(3):
                await asyncio.sleep(0)
            assert future.done()
            # A task that awaits it is cancelled.
            task = asyncio.get_running_loop().create_task(_await(poll()))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(_never(poll()), 0.001)
        assert pull.poll(0).result() == 0

    run(main)


async def _await(future: Any) -> Any:
    return await future


async def _never(future: Any) -> None:
    await future
    await asyncio.get_running_loop().create_future()


def test_calls_are_done_at_once_as_long_as_the_loop_turns(run: Run, slow: None) -> None:
    async def main(push: Any, pull: Any) -> None:
        for _ in range(3 * pace.MOST):
            assert push.send(b"x").done()
            assert pull.recv().done()
            await round_trip(push, pull)

    run(main)
