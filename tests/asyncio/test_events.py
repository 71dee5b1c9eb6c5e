"""pyzmq's inner methods of asyncio sockets, and what of theirs can be replaced."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from socket import socketpair
from typing import Any
from unittest import mock

import pytest

import ctzmq as zmq
from ctzmq.asyncio import Context, Poller, Socket

PATIENCE = 20

Case = Callable[[Any, Any], Awaitable[None]]
Calls = list[Any]


def run(case: Case, kind: type[Socket] = Socket) -> None:
    """Run a case with a pair of sockets of a class."""

    async def main() -> None:
        with Context() as context:
            a, b = kind(context, zmq.PAIR), kind(context, zmq.PAIR)
            a.bind("inproc://case")
            b.connect("inproc://case")
            try:
                await asyncio.wait_for(case(a, b), PATIENCE)
            finally:
                a.close(0)
                b.close(0)

    asyncio.run(main())


@pytest.fixture
def note(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Calls]:
    """Note the calls of methods of the class of blocking sockets."""

    def start(*names: str) -> Calls:
        calls: Calls = []

        def replace(name: str) -> None:
            own = getattr(zmq.Socket, name)

            def noted(self: Any, *args: Any, **kwargs: Any) -> Any:
                calls.append((name, args, kwargs))
                return own(self, *args, **kwargs)

            monkeypatch.setattr(zmq.Socket, name, noted)

        for name in names:
            replace(name)
        return calls

    return start


def test_calls_go_through_what_is_replaced_in_the_class_of_blocking_sockets(
    note: Callable[..., Calls],
) -> None:
    given = {"flags": zmq.DONTWAIT, "copy": True, "track": False}
    part = {"copy": True, "track": False}

    async def case(a: Any, b: Any) -> None:
        calls = note("send", "send_multipart", "recv", "recv_multipart", "getsockopt")
        await a.send(b"1")
        assert await b.recv() == b"1"
        assert calls == [("send", (b"1",), given), ("recv", (), given)]
        del calls[:]
        await a.send_multipart([b"2", b"3"])
        assert calls == [
            ("send_multipart", ([b"2", b"3"],), given),
            ("send", (b"2", zmq.DONTWAIT | zmq.SNDMORE), part),
            ("send", (b"3", zmq.DONTWAIT), part),
        ]
        del calls[:]
        assert await b.recv_multipart() == [b"2", b"3"]
        assert [name for name, *_ in calls] == [
            "recv_multipart",
            *["recv", "getsockopt"] * 2,
        ]
        assert calls[2][1][0] is zmq.RCVMORE

    run(case)


def test_calls_that_wait_go_through_it_too(note: Callable[..., Calls]) -> None:
    async def case(a: Any, b: Any) -> None:
        calls = note("send", "recv", "get")
        waiting = asyncio.ensure_future(b.recv())
        await asyncio.sleep(0)
        await a.send_string("x")
        assert await waiting == b"x"
        assert [name for name, *_ in calls if name != "get"] == ["send", "recv"]
        assert ("get", (zmq.EVENTS,), {}) in calls

    run(case)


def test_a_double_in_the_class_stands_for_every_call() -> None:
    async def case(a: Any, b: Any) -> None:
        calls: dict[str, Callable[[], Any]] = {
            "send": lambda: a.send(b"x"),
            "send_multipart": lambda: a.send_multipart([b"x"]),
            "recv": lambda: b.recv(zmq.DONTWAIT),
            "recv_multipart": lambda: b.recv_multipart(zmq.DONTWAIT),
            "recv_into": lambda: b.recv_into(bytearray(1), flags=zmq.DONTWAIT),
        }
        for name, call in calls.items():
            with mock.patch.object(zmq.Socket, name, return_value="double") as double:
                assert await call() == "double"
            double.assert_called_once()
        await a.send(b"x")
        assert await b.recv() == b"x"

    run(case)


def test_calls_go_through_what_is_replaced_on_the_blocking_socket() -> None:
    async def case(a: Any, b: Any) -> None:
        await a.send(b"x")
        with mock.patch.object(b._shadow_sock, "recv", return_value="mine"):
            assert await b.recv() == "mine"
        with mock.patch.object(a, "_shadow_sock") as blocking:
            blocking.send.return_value = "mine"
            assert await a.send(b"y") == "mine"
        assert await b.recv() == b"x"
        await a.send(b"z")
        assert await b.recv() == b"z"

    run(case)


def test_calls_go_through_the_blocking_socket_that_it_is_made_from() -> None:
    heard: list[str] = []

    class Own(zmq.Socket):
        def recv_multipart(self, *args: Any, **kwargs: Any) -> Any:
            heard.append("recv_multipart")
            return super().recv_multipart(*args, **kwargs)

    async def case(a: Any, b: Any) -> None:
        blocking = Own(shadow=b)
        other = Socket.from_socket(blocking)
        assert other._shadow_sock is blocking
        await a.send(b"x")
        assert await other.recv_multipart() == [b"x"]
        assert heard == ["recv_multipart"]

    run(case)


def test_what_a_class_overrides_of_the_inner_methods_is_heard() -> None:
    heard: list[str] = []

    class Own(Socket):
        def _add_recv_event(self, kind: str, **more: Any) -> Any:
            heard.append(kind)
            return super()._add_recv_event(kind, **more)

        def _add_send_event(self, kind: str, *args: Any, **more: Any) -> Any:
            heard.append(kind)
            return super()._add_send_event(kind, *args, **more)

        def _handle_recv(self) -> None:
            heard.append("handle")
            super()._handle_recv()

    async def case(a: Any, b: Any) -> None:
        await a.send(b"1")
        assert await b.recv() == b"1"
        assert heard == ["send", "recv", "handle"]
        del heard[:]
        waiting = asyncio.ensure_future(b.recv_multipart())
        await asyncio.sleep(0)
        await a.send_multipart([b"2", b"3"])
        assert await waiting == [b"2", b"3"]
        assert heard == ["recv_multipart", "send_multipart", "handle"]

    run(case, Own)


def test_a_class_chooses_its_futures() -> None:
    class Mine(asyncio.Future):  # type: ignore[type-arg]
        """A Future that a program knows again."""

    class Own(Socket):
        _Future = Mine

    async def case(a: Any, b: Any) -> None:
        assert type(a.send(b"x")) is Mine
        waiting = b.recv()
        assert type(waiting) is Mine
        assert await waiting == b"x"
        waiting = b.recv()
        waiting.cancel()
        await asyncio.sleep(0)
        assert not b._recv_futures

    run(case, Own)


def test_the_inner_methods_can_be_called() -> None:
    async def case(a: Any, b: Any) -> None:
        mine = asyncio.get_running_loop().create_future()
        given = {"flags": 0, "copy": True, "track": False}
        assert b._add_recv_event("recv", kwargs=given, future=mine) is mine
        assert len(b._recv_futures) == 1
        assert b._state == zmq.POLLIN
        await a._add_send_event("send", msg=b"1", kwargs=given)
        assert await mine == b"1"
        ready = b._add_recv_event("poll")
        await a.send(b"2")
        assert await ready is None
        assert await a._add_send_event("poll") is None
        with pytest.raises(ValueError, match="no kind of call: 'other'"):
            b._add_recv_event("other")
        waiting = b.recv_multipart()
        assert await waiting == [b"2"]
        waiting = b.recv()
        await a.send(b"3")
        b._handle_events()
        assert waiting.done()
        assert await waiting == b"3"
        for one in (a, b):
            for name in ("_handle_recv", "_handle_send", "_init_io_state", "_clear_io_state"):
                getattr(one, name)()
            one._schedule_remaining_events()
            one._add_io_state(zmq.POLLIN)
            one._drop_io_state(zmq.POLLIN)
            one._update_handler(0)
        assert b._current_loop is asyncio.get_running_loop() is b._get_selector()
        late = asyncio.get_running_loop().create_future()
        b._add_timeout(late, 0)
        with pytest.raises(zmq.Again):
            await late
        entries = [1]
        b._remove_finished_future(late, entries, 1)
        assert not entries
        await a.send(b"4")
        assert await b.recv() == b"4"

    run(case)


def test_a_time_out_holds_in_calls_by_the_inner_methods() -> None:
    async def case(a: Any, b: Any) -> None:
        b.rcvtimeo = 20
        with mock.patch.object(zmq.Socket, "recv", side_effect=AssertionError):
            with pytest.raises(zmq.Again):
                await b.recv()
            b.rcvtimeo = 0
            with pytest.raises(zmq.Again):
                await b.recv()

    run(case)


@pytest.mark.parametrize(
    "name",
    [
        "_Future",
        "_READ",
        "_WRITE",
        "_current_loop",
        "_fd",
        "_poller_class",
        "_recv_futures",
        "_send_futures",
        "_shadow_sock",
        "_state",
    ],
)
def test_an_attribute_of_one_socket_is_replaced_and_put_back(name: str) -> None:
    async def case(a: Any, b: Any) -> None:
        was = getattr(a, name)
        with mock.patch.object(a, name, "mine"):
            assert getattr(a, name) == "mine"
        assert getattr(a, name) == was
        setattr(a, name, "mine")
        delattr(a, name)
        assert getattr(a, name) == was

    run(case)


def test_a_poller_has_what_programs_replace_and_call() -> None:
    async def case(a: Any, b: Any) -> None:
        poller: Any = Poller()
        for name in ("_Future", "_READ", "_current_loop", "_socket_class", "poll"):
            with mock.patch.object(poller, name, "mine"):
                assert getattr(poller, name) == "mine"
        loop, called = asyncio.get_running_loop(), asyncio.Event()
        poller._init_io_state(loop)
        near, far = socketpair()
        with near, far:
            poller._watch_raw_socket(loop, near, poller._READ, called.set)
            far.send(b"x")
            await called.wait()
            poller._unwatch_raw_sockets(loop, near)

    run(case)


def test_a_poll_that_is_replaced_in_the_class_of_pollers_is_heard() -> None:
    async def case(a: Any, b: Any) -> None:
        ready = asyncio.get_running_loop().create_future()
        ready.set_result([(a, 5)])
        with mock.patch.object(Poller, "poll", return_value=ready) as poll:
            assert await a.poll(7) == 5
        poll.assert_called_once_with(7)
        assert await a.poll(0) == 0

    run(case)
