"""Whatever a decision comes to, the client is refused and the next one is answered.

The requests that libzmq makes are made by a socket here.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from typing import Any, Callable

import pytest

import ctzmq as zmq
from ctzmq.auth.asyncio import AsyncioAuthenticator
from ctzmq.auth.base import VERSION
from ctzmq.auth.thread import ThreadAuthenticator
from ctzmq.utils import z85

KEY = bytes(range(32))
NULL = (VERSION, b"1", b"", b"192.0.2.1", b"", b"NULL")
CURVE = (VERSION, b"1", b"", b"192.0.2.1", b"", b"CURVE", KEY)
REFUSED = [VERSION, b"1", b"500", b"Internal error", b"", b""]
PATIENCE = 10


class Running:
    """An authenticator at work, and a socket that asks it."""

    def __init__(self, context: zmq.Context, flavour: str, *bases: type, **names: Any) -> None:
        base = ThreadAuthenticator if flavour == "thread" else AsyncioAuthenticator
        self.authenticator: Any = type("Own", (*bases, base), names)(context)
        self.context = context
        self.flavour = flavour
        if flavour == "thread":
            self.authenticator.start()
        else:
            self.started = threading.Event()
            self.thread = threading.Thread(target=asyncio.run, args=(self.run(),), daemon=True)
            self.thread.start()
            assert self.started.wait(PATIENCE)

    async def run(self) -> None:
        self.loop, self.ending = asyncio.get_running_loop(), asyncio.Event()
        self.authenticator.start()
        self.started.set()
        await self.ending.wait()
        self.authenticator.stop()

    def stop(self) -> None:
        if self.flavour == "thread":
            self.authenticator.stop()
        else:
            self.loop.call_soon_threadsafe(self.ending.set)
            self.thread.join(PATIENCE)
            assert not self.thread.is_alive()

    def ask(self, *parts: bytes) -> list[bytes]:
        """Return the answer to a request."""
        with self.context.socket(zmq.REQ) as asking:
            asking.linger = 0
            asking.rcvtimeo = PATIENCE * 1000
            asking.connect("inproc://zeromq.zap.01")
            asking.send_multipart(parts)
            return asking.recv_multipart()

    def decide_by(self, callback: Callable[[], Any]) -> None:
        provider = type("Provider", (), {"callback": lambda self, domain, key: callback()})
        self.authenticator.configure_curve_callback("*", provider())

    def check(self) -> None:
        """Check that clients are let in again."""
        self.decide_by(lambda: True)
        assert self.ask(*CURVE)[2] == b"200"


Start = Callable[..., Running]


@pytest.fixture(params=["thread", "asyncio"])
def start(
    request: pytest.FixtureRequest, context: zmq.Context, caplog: pytest.LogCaptureFixture
) -> Iterator[Start]:
    """Start an authenticator of either kind: `start(*bases, **names)` makes its class."""
    caplog.set_level(logging.DEBUG, logger="zmq.auth")
    started = []

    def make(*bases: type, **names: Any) -> Running:
        started.append(Running(context, request.param, *bases, **names))
        return started[-1]

    yield make
    for each in started:
        each.stop()


def raising(error: BaseException) -> Callable[[], Any]:
    def callback() -> Any:
        raise error

    return callback


def raising_later(error: BaseException) -> Callable[[], Any]:
    async def callback() -> Any:
        await asyncio.sleep(0)
        raise error

    return callback


async def cancelled() -> Any:
    task = asyncio.ensure_future(asyncio.sleep(PATIENCE))
    task.cancel()
    await task


def cancelled_future() -> Any:
    future = asyncio.get_running_loop().create_future()
    future.cancel()
    return future


def cancels_its_task() -> Any:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    return True


async def cancels_its_task_later() -> Any:
    return cancels_its_task()


class Contrary:
    def __bool__(self) -> bool:
        raise KeyboardInterrupt


ERRORS: list[type[BaseException]]
ERRORS = [ValueError, SystemExit, KeyboardInterrupt, GeneratorExit, asyncio.CancelledError]
ERRORS += [StopIteration, StopAsyncIteration, RecursionError, zmq.Again, zmq.ContextTerminated]
CALLBACKS = [
    *(pytest.param(raising(error()), id=error.__name__) for error in ERRORS),
    *(pytest.param(raising_later(error()), id=f"{error.__name__}-later") for error in ERRORS),
    cancelled,
    cancelled_future,
    cancels_its_task,
    cancels_its_task_later,
    Contrary,
]


@pytest.mark.parametrize("callback", CALLBACKS)
def test_a_callback_that_fails_refuses_its_client_only(
    start: Start, callback: Callable[[], Any], caplog: pytest.LogCaptureFixture
) -> None:
    running = start()
    running.decide_by(callback)
    assert running.ask(*CURVE) == REFUSED
    assert "cannot decide" in caplog.text
    running.check()


class Spoilsport:
    """Tasks of a callback's that leave the loop; only the thread's loop can be saved from them."""

    @staticmethod
    async def exits() -> Any:
        async def leave() -> None:
            raise SystemExit(3)

        await asyncio.ensure_future(leave())

    @staticmethod
    async def exits_alone() -> Any:
        asyncio.get_running_loop().call_soon(raising(SystemExit(3)))
        await asyncio.sleep(0.01)
        raise ValueError

    @staticmethod
    async def stops_the_loop() -> Any:
        asyncio.get_running_loop().stop()
        await asyncio.sleep(0)
        raise ValueError

    @staticmethod
    async def cancels_all() -> Any:
        for task in asyncio.all_tasks():
            task.cancel()
        await asyncio.sleep(PATIENCE)


@pytest.mark.parametrize("start", ["thread"], indirect=True)
@pytest.mark.parametrize(
    "callback",
    [
        Spoilsport.exits,
        Spoilsport.exits_alone,
        Spoilsport.stops_the_loop,
        Spoilsport.cancels_all,
    ],
)
def test_what_breaks_out_of_the_loop_does_not_end_the_thread(
    start: Start, callback: Callable[[], Any]
) -> None:
    running = start()
    running.decide_by(callback)
    assert running.ask(*CURVE) == REFUSED
    running.check()
    assert running.authenticator.is_alive()


@pytest.mark.parametrize("provider", [object(), type("Provider", (), {"callback": None})()])
def test_a_provider_without_a_method(start: Start, provider: Any) -> None:
    running = start()
    running.authenticator.configure_curve_callback("*", provider)
    assert running.ask(*CURVE) == REFUSED
    running.check()


@pytest.mark.parametrize("user", [None, 5, object(), ["x"], "x" * 256, b"x" * 256, "ü" * 128])
def test_a_user_who_has_no_name_is_refused(start: Start, user: Any) -> None:
    running = start(curve_user_id=lambda self, key: user)
    running.decide_by(lambda: True)
    assert running.ask(*CURVE) == REFUSED
    type(running.authenticator).curve_user_id = lambda self, key: "x" * 255
    assert running.ask(*CURVE)[2:5] == [b"200", b"OK", b"x" * 255]


def test_a_name_that_raises_is_refused(start: Start) -> None:
    running = start(curve_user_id=lambda self, key: raising(SystemExit())())
    running.decide_by(lambda: True)
    assert running.ask(*CURVE) == REFUSED
    assert running.ask(*NULL)[2] == b"200"


def test_an_answer_that_comes_twice_is_given_once(start: Start) -> None:
    running = start()

    def answers_itself() -> bool:
        running.authenticator._send_zap_reply(b"1", b"400", b"by itself")
        return True

    running.decide_by(answers_itself)
    assert running.ask(*CURVE)[2:4] == [b"400", b"by itself"]
    running.check()


class Silent:
    async def handle_zap_message(self, msg: list[bytes]) -> None:
        if msg[5] == b"CURVE":
            return
        await super().handle_zap_message(msg)  # type: ignore[misc]


class Raising(Silent):
    async def handle_zap_message(self, msg: list[bytes]) -> None:
        await super().handle_zap_message(msg)
        raise asyncio.CancelledError


@pytest.mark.parametrize("base", [Silent, Raising])
def test_a_subclass_that_does_not_answer(start: Start, base: type) -> None:
    running = start(base)
    assert running.ask(*CURVE) == REFUSED
    assert running.ask(*NULL)[2] == b"200"


def test_a_log_that_fails(start: Start) -> None:
    running = start()
    running.authenticator.log = None
    assert running.ask(*NULL) == REFUSED
    running.authenticator.log = logging.getLogger("zmq.auth")
    assert running.ask(*NULL)[2] == b"200"


def test_an_answer_that_takes_long_is_awaited(start: Start) -> None:
    running = start()
    asked, go_on = threading.Event(), threading.Event()

    async def slow() -> bool:
        asked.set()
        while not go_on.is_set():
            await asyncio.sleep(0.001)
        return True

    running.decide_by(slow)
    answers: dict[str, bytes] = {}

    def ask(which: str) -> None:
        answers[which] = running.ask(*CURVE)[2]

    first = threading.Thread(target=ask, args=("first",))
    first.start()
    assert asked.wait(PATIENCE)
    # Settings count at once, whichever thread makes them.
    running.decide_by(lambda: False)
    second = threading.Thread(target=ask, args=("second",))
    second.start()
    go_on.set()
    first.join(PATIENCE)
    second.join(PATIENCE)
    assert answers == {"first": b"200", "second": b"400"}


async def never() -> Any:
    await asyncio.get_running_loop().create_future()


async def stubborn() -> Any:
    try:
        await never()
    except asyncio.CancelledError:
        return True


@pytest.mark.parametrize("callback", [never, stubborn])
def test_it_stops_while_a_decision_takes_long(
    start: Start, context: zmq.Context, callback: Callable[[], Any]
) -> None:
    running = start()
    asked = threading.Event()

    async def tell() -> Any:
        asked.set()
        return await callback()

    running.decide_by(tell)
    with context.socket(zmq.REQ) as asking:
        asking.linger = 0
        asking.connect("inproc://zeromq.zap.01")
        asking.send_multipart(CURVE)
        assert asked.wait(PATIENCE)
        running.stop()
        if asking.poll(100):
            assert asking.recv_multipart() == REFUSED
    again = Running(context, running.flavour)
    again.check()
    again.stop()
    if running.flavour == "asyncio":
        running.stop = lambda: None  # type: ignore[method-assign]


def test_a_callback_can_stop_it(start: Start, context: zmq.Context) -> None:
    running = start()
    stopped = threading.Event()

    def stop() -> bool:
        running.authenticator.stop()
        stopped.set()
        return True

    running.decide_by(stop)
    with context.socket(zmq.REQ) as asking:
        asking.linger = 0
        asking.connect("inproc://zeromq.zap.01")
        asking.send_multipart(CURVE)
        assert stopped.wait(PATIENCE)
        assert not asking.poll(100)
    assert running.authenticator.zap_socket is None
    again = Running(context, running.flavour)
    again.check()
    again.stop()


MALFORMED = [
    ([b""], b"", b"400"),
    ([VERSION], b"", b"400"),
    ([VERSION, b"1"], b"1", b"400"),
    ([b"", b"", b"", b"", b"", b""], b"", b"400"),
    (NULL[:5], b"1", b"400"),
    ((b"2.0", *NULL[1:]), b"1", b"400"),
    ((b"1.0\0", *NULL[1:]), b"1", b"400"),
    ((*NULL[:5], b""), b"1", b"400"),
    ((*NULL[:5], b"null"), b"1", b"400"),
    ((*NULL[:5], b"\xff\0"), b"1", b"400"),
    ((*NULL[:5], b"PLAIN"), b"1", b"400"),
    ((*NULL[:5], b"PLAIN", b"\xff", b"\xfe"), b"1", b"400"),
    ((*NULL[:5], b"PLAIN", *[b"x"] * 1000), b"1", b"400"),
    ((*NULL[:5], b"CURVE"), b"1", b"400"),
    ((*NULL[:5], b"CURVE", b""), b"1", b"400"),
    ((*NULL[:5], b"CURVE", b"x" * 31), b"1", b"400"),
    ((*NULL[:5], b"CURVE", b"x" * (1 << 20)), b"1", b"400"),
    ((*NULL[:5], b"GSSAPI"), b"1", b"400"),
    ((*NULL[:5], b"GSSAPI", b"\xff"), b"1", b"200"),
    ((*NULL[:5], b"GSSAPI", b"x" * 256), b"1", b"500"),
    ((VERSION, b"\xff" * 1000, *NULL[2:]), b"\xff" * 1000, b"200"),
    ((VERSION, b"1", b"\xff", b"\xfe\0", b"\xff", b"NULL"), b"1", b"200"),
    ((VERSION, b"1", b"\xff", b"\xfe\0", b"\xff", b"CURVE", KEY), b"1", b"400"),
    ((VERSION, b"1", b"x" * (1 << 20), b"y" * (1 << 20), b"", b"NULL"), b"1", b"200"),
]


def test_malformed_requests_are_answered(start: Start) -> None:
    running = start()
    running.authenticator.configure_plain("*", {"\ufffd": "\ufffd"})
    running.authenticator.configure_curve_callback("else", object())
    for request, number, status in MALFORMED:
        answer = running.ask(*request)
        assert (answer[:3], len(answer)) == ([VERSION, number, status], 6), request[:8]
    running.check()


def test_requests_of_many_at_once_are_answered(start: Start, context: zmq.Context) -> None:
    start()
    with context.socket(zmq.DEALER) as asking:
        asking.linger = 0
        asking.rcvtimeo = PATIENCE * 1000
        asking.connect("inproc://zeromq.zap.01")
        for number in range(200):
            asking.send_multipart([b"", VERSION, b"%d" % number, *NULL[2:]])
            asking.send_multipart([b"", b"%d" % number])
        answers = [asking.recv_multipart() for _ in range(400)]
    assert [answer[2] for answer in answers if answer[3] == b"200"] == [
        b"%d" % number for number in range(200)
    ]


def test_settings_of_other_threads_do_no_harm(start: Start) -> None:
    running = start()
    over = threading.Event()

    def change() -> None:
        number = 0
        while not over.is_set():
            number += 1
            running.authenticator.allow(f"198.51.100.{number % 256}", "192.0.2.1")
            running.authenticator.configure_plain(f"domain {number}", {"x": "y"})
            running.authenticator.configure_curve_callback(f"domain {number}", object())

    thread = threading.Thread(target=change)
    thread.start()
    try:
        assert [running.ask(*NULL)[2] for _ in range(100)] == [b"200"] * 100
    finally:
        over.set()
        thread.join()


def test_it_can_be_started_again(start: Start, context: zmq.Context) -> None:
    running = start()
    running.check()
    running.stop()
    again = Running(context, running.flavour)
    again.check()
    again.stop()
    if running.flavour == "asyncio":
        running.stop = lambda: None  # type: ignore[method-assign]


def test_the_end_of_the_context_is_the_end_of_it() -> None:
    for flavour in ("thread", "asyncio"):
        context = zmq.Context()
        running = Running(context, flavour)
        running.check()
        ending = threading.Thread(target=context.term, daemon=True)
        ending.start()
        ending.join(PATIENCE)
        assert not ending.is_alive(), flavour
        running.stop()


def test_the_key_is_told_in_z85(start: Start) -> None:
    running = start()
    running.decide_by(lambda: True)
    assert running.ask(*CURVE)[4] == z85.encode(KEY)
