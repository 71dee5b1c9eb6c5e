"""Those who wait for one libzmq socket: in which order, in which loop, beside blocking sockets."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from typing import Any, Callable

import pytest
from stress.loops import PATIENCE, Blind, Run, fill, pull_text, run_in, turns, until

import ctzmq as zmq
import ctzmq.asyncio.sockets
from ctzmq.asyncio import Socket


def test_receivers_take_turns(run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link()
        got: list[tuple[int, bytes]] = []

        async def receive(number: int) -> None:
            got.append((number, await pull.recv()))

        tasks = [asyncio.ensure_future(receive(number)) for number in range(5)]
        await turns()
        for number in range(5):
            await push.send(b"%d" % number)
        await asyncio.gather(*tasks)
        assert got == [(number, b"%d" % number) for number in range(5)]

    run(main)


def test_futures_that_nobody_awaits_take_turns_too(run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link()
        first, second, third = pull.recv(), pull.recv_multipart(), pull.recv_string()
        await push.send_multipart([b"a", b"b", b"c"])
        await push.send(b"d")
        assert await third == "d"
        assert first.result() == b"a"
        assert second.result() == [b"b", b"c"]

    run(main)


def test_senders_take_turns(run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link(sndhwm=1, rcvhwm=1)
        count = 0
        while push.send(b"full", zmq.DONTWAIT).exception() is None:
            count += 1
        waiting = [push.send(b"%d" % number) for number in range(3)]
        waiting += [push.send_json(3), push.send_multipart([b"4"])]
        assert not any(future.done() for future in waiting)
        received = [await pull.recv() for _ in range(count + 5)]
        assert received == [b"full"] * count + [b"%d" % number for number in range(5)]
        await asyncio.gather(*waiting)

    run(main)


def test_messages_of_several_senders_do_not_mix(run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link(sndhwm=1, rcvhwm=1)

        async def send(name: bytes) -> None:
            for _ in range(10):
                await push.send(name, zmq.SNDMORE)
                await push.send(name, zmq.SNDMORE)
                await push.send(name)

        tasks = [asyncio.ensure_future(send(b"%d" % number)) for number in range(4)]
        received = [await pull.recv_multipart() for _ in range(40)]
        await asyncio.gather(*tasks)
        assert all(len(parts) == 3 and len(set(parts)) == 1 for parts in received)
        assert {parts[0] for parts in received} == {b"0", b"1", b"2", b"3"}

    run(main)


@pytest.mark.parametrize("room", [1, 0])
def test_messages_of_several_senders_that_limit_their_waits_do_not_mix(
    run: Run, link: Any, room: int
) -> None:
    async def main() -> None:
        push, pull = link(sndhwm=room, rcvhwm=room)

        async def send(name: bytes) -> None:
            for _ in range(10):
                await asyncio.wait_for(push.send(name, zmq.SNDMORE), PATIENCE)
                await asyncio.wait_for(push.send(name, zmq.SNDMORE), PATIENCE)
                await asyncio.wait_for(push.send(name), PATIENCE)
                await asyncio.wait_for(push.send_multipart([name] * 3), PATIENCE)

        tasks = [asyncio.ensure_future(send(b"%d" % number)) for number in range(4)]
        received = [await pull.recv_multipart() for _ in range(80)]
        await asyncio.gather(*tasks)
        assert all(len(parts) == 3 and len(set(parts)) == 1 for parts in received)
        assert {parts[0] for parts in received} == {b"0", b"1", b"2", b"3"}

    run(main)


def test_a_message_that_another_task_ends(run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link()
        await push.send(b"a", zmq.SNDMORE)
        await asyncio.ensure_future(end(push))
        assert await pull.recv_multipart() == [b"a", b"end"]
        await push.send(b"b")
        assert await pull.recv_multipart() == [b"b"]

    async def end(push: Any) -> None:
        await push.send(b"end")

    run(main)


def test_a_message_that_is_never_ended_holds_nobody_up(run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link(sndhwm=1, rcvhwm=1)
        count = await fill(push)
        first = push.send(b"a", zmq.SNDMORE)
        others = [asyncio.ensure_future(send(push)) for _ in range(3)]
        received = [await pull.recv_multipart() for _ in range(count + 3)]
        assert received[count:] == [[b"a", b"x"], [b"x"], [b"x"]]
        await asyncio.gather(first, *others)

    async def send(push: Any) -> None:
        await asyncio.wait_for(push.send(b"x"), PATIENCE)

    run(main)


def test_parts_go_to_who_got_the_first(run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link()

        async def receive() -> list[bytes]:
            return [await pull.recv() for _ in range(3)]

        tasks = [asyncio.ensure_future(receive()) for _ in range(3)]
        await turns()
        for number in range(3):
            await push.send_multipart([b"%d" % number] * 3)
        assert await asyncio.gather(*tasks) == [[b"%d" % number] * 3 for number in range(3)]

    run(main)


def test_both_directions_wait_at_once(run: Run, link: Any) -> None:
    async def main() -> None:
        a, b = link(zmq.DEALER, zmq.DEALER, "tcp", sndhwm=2, rcvhwm=2)

        async def send(socket: Any) -> None:
            for number in range(300):
                await socket.send(b"%d" % number)

        async def receive(socket: Any) -> None:
            for number in range(300):
                assert await socket.recv() == b"%d" % number

        await asyncio.gather(send(a), send(b), receive(a), receive(b))

    run(main)


@pytest.mark.parametrize("transport", ["inproc", "tcp"])
def test_requests_and_replies(run: Run, link: Any, transport: str) -> None:
    async def main() -> None:
        client, server = link(zmq.REQ, zmq.REP, transport)

        async def serve() -> None:
            while True:
                await server.send(await server.recv() + b"!")

        serving = asyncio.ensure_future(serve())
        for number in range(100):
            await client.send(b"%d" % number)
            assert await client.recv() == b"%d!" % number
        serving.cancel()
        await asyncio.wait([serving])

    run(main)


def test_a_socket_goes_from_loop_to_loop(link: Any) -> None:
    push, pull = link()

    async def main() -> None:
        pull.recv()
        await asyncio.sleep(0)

    run_in(asyncio.SelectorEventLoop(), main)

    async def again() -> None:
        task = asyncio.ensure_future(pull_text(pull))
        await turns()
        await push.send(b"x")
        assert await task == "x"

    for make in (asyncio.SelectorEventLoop, Blind, asyncio.SelectorEventLoop):
        run_in(make(), again)


def test_loops_in_several_threads(link: Any) -> None:
    links = [link(zmq.DEALER, zmq.DEALER, "tcp") for _ in range(3)]
    failures: list[BaseException] = []

    def work(a: Any, b: Any) -> None:
        async def main() -> None:
            for number in range(100):
                received = asyncio.ensure_future(pull_text(b))
                await turns(2)
                await a.send(b"%d" % number)
                assert await received == str(number)

        try:
            run_in(asyncio.SelectorEventLoop(), main)
        except BaseException as problem:
            failures.append(problem)

    threads = [threading.Thread(target=work, args=pair) for pair in links]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_socket_that_is_waited_for_in_another_loop(link: Any) -> None:
    _, pull = link()
    waits, ends = threading.Event(), threading.Event()

    def work() -> None:
        async def main() -> None:
            future = pull.recv()
            waits.set()
            await until(ends.is_set)
            future.cancel()

        run_in(asyncio.SelectorEventLoop(), main)

    async def main() -> None:
        with pytest.raises(RuntimeError, match="another"):
            await pull.recv()

    thread = threading.Thread(target=work)
    thread.start()
    assert waits.wait(PATIENCE)
    try:
        run_in(asyncio.SelectorEventLoop(), main)
    finally:
        ends.set()
        thread.join()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_child_leaves_the_loop_of_its_parent_alone(plain_run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link(transport="tcp")
        task = asyncio.ensure_future(pull_text(pull))
        await turns()
        child = os.fork()
        if not child:
            # What it inherits counts as closed.
            pull.close()
            os._exit(0 if pull.closed else 1)
        assert os.waitpid(child, 0)[1] == 0
        await push.send(b"x")
        assert await task == "x"

    plain_run(main)


SHARERS: dict[str, Callable[[Any], Any]] = {
    "behind it": lambda a: a._shadow_sock,
    "a shadow": zmq.Socket.shadow,
    "a shadow of the address": lambda a: zmq.Socket.shadow(a.underlying),
}


SWALLOWS: dict[str, Callable[[Any], Any]] = {
    "EVENTS": lambda s: s.EVENTS,
    "send": lambda s: s.send(b"x", zmq.DONTWAIT),
    "large send": lambda s: s.send(bytes(100_000), copy=False),
    "send_multipart": lambda s: s.send_multipart([b"x", b"y"]),
    "recv": lambda s: s.recv(),
    "recv_into": lambda s: s.recv_into(bytearray(1)),
    "poll": lambda s: s.poll(0, zmq.POLLOUT),
    "zmq_poll": lambda s: zmq.zmq_poll([(s, zmq.POLLOUT)], 0),
    "Poller": lambda s: poller_of(s).poll(0),
    "bind": lambda s: s.bind("inproc://another"),
}


def poller_of(socket: Any) -> Any:
    """Make a poller for one socket."""
    poller = zmq.Poller()
    poller.register(socket)
    return poller


def swallow(name: str, socket: Any) -> None:
    """Have a call take note of all changes, of which libzmq does so a millisecond later only."""
    time.sleep(0.01)
    SWALLOWS[name](socket)


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("kind", SHARERS)
@pytest.mark.parametrize("name", SWALLOWS)
def test_what_a_blocking_sharer_swallows_wakes_the_receiver(
    plain_run: Run, link: Any, name: str, kind: str, late: bool
) -> None:
    async def main() -> None:
        a, b = link(zmq.DEALER, zmq.DEALER)
        early = SHARERS[kind](a)
        task = asyncio.ensure_future(pull_text(a))
        await turns()
        sharer = SHARERS[kind](a) if late else early
        await b.send(b"1")
        await b.send(b"1")
        swallow(name, sharer)
        assert await task == "1"

    plain_run(main)


@pytest.mark.parametrize("name", SWALLOWS)
def test_what_the_original_swallows_wakes_the_poller(
    plain_run: Run, socket: Any, name: str
) -> None:
    async def main() -> None:
        original, peer = socket(zmq.DEALER), socket(zmq.DEALER)
        peer.bind("inproc://peer")
        original.connect("inproc://peer")
        polled = Socket.from_socket(original).poll()
        await turns()
        peer.send(b"1")
        peer.send(b"2")
        swallow(name, original)
        assert await polled == zmq.POLLIN

    plain_run(main)


def test_a_blocking_sharer_makes_room_for_the_sender(plain_run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link(sndhwm=1, rcvhwm=1)
        blocking = pull._shadow_sock
        count = await fill(push)
        task = asyncio.ensure_future(send(push))
        waiting = pull.poll(flags=zmq.POLLERR)
        await turns()
        assert [blocking.recv() for _ in range(count)] == [b"full"] * count
        await task
        assert blocking.recv() == b"last"
        assert not waiting.done()
        waiting.cancel()

    async def send(push: Any) -> None:
        await push.send(b"last")

    plain_run(main)


def test_a_blocking_sharer_in_another_thread_wakes_the_task(plain_run: Run, link: Any) -> None:
    async def main() -> None:
        push, pull = link()
        task = asyncio.ensure_future(pull_text(pull))
        await turns()
        await push.send(b"1")
        thread = threading.Thread(target=swallow, args=("EVENTS", pull._shadow_sock))
        thread.start()
        thread.join()
        assert await task == "1"

    plain_run(main)


def test_a_blocking_sharer_works_when_the_loop_is_closed(link: Any) -> None:
    push, pull = link()
    loop = asyncio.SelectorEventLoop()
    task = loop.create_task(pull_text(pull))
    loop.run_until_complete(turns())
    blocking, sender = pull._shadow_sock, push._shadow_sock
    sender.send(b"1")
    assert blocking.poll(PATIENCE * 1000) == zmq.POLLIN
    assert loop.run_until_complete(task) == "1"
    task = loop.create_task(pull_text(pull))
    loop.run_until_complete(turns())
    task.cancel()
    loop.run_until_complete(turns())
    loop.close()
    sender.send(b"2")
    assert blocking.recv() == b"2"
