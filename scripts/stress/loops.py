"""What tests of asyncio share: each kind of loop, sockets in them, and ways to wait.

Its fixtures are those of every test, as `tests/conftest.py` has it.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Awaitable, Iterator
from typing import Any, Callable

import pytest

import ctzmq as zmq
from ctzmq.asyncio import Context, pace

#: How long a test may take, in seconds.
PATIENCE = 20.0

Run = Callable[[Callable[[], Awaitable[Any]]], Any]


class Blind(asyncio.SelectorEventLoop):
    """A loop that cannot watch descriptors, such as Windows' Proactor."""

    def _refuse(self, *_: Any) -> Any:
        raise NotImplementedError

    add_reader: Any = _refuse
    add_writer: Any = _refuse
    remove_reader: Any = _refuse
    remove_writer: Any = _refuse


def eager() -> asyncio.AbstractEventLoop:
    """Make a loop whose tasks begin at once."""
    if sys.version_info < (3, 12):
        pytest.skip("eager tasks need Python 3.12")
    loop = asyncio.SelectorEventLoop()
    loop.set_task_factory(asyncio.eager_task_factory)
    return loop


def uvloop() -> asyncio.AbstractEventLoop:
    """Make a loop of uvloop."""
    loop: asyncio.AbstractEventLoop = pytest.importorskip("uvloop").new_event_loop()
    return loop


LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "selector": asyncio.SelectorEventLoop,
    "blind": Blind,
    "eager": eager,
    "uvloop": uvloop,
}


def run_in(loop: asyncio.AbstractEventLoop, main: Callable[[], Awaitable[Any]]) -> Any:
    """Run a coroutine to its end; nothing may be left behind that asyncio complains of."""
    complaints: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: complaints.append(context))

    async def limited() -> Any:
        return await asyncio.wait_for(main(), PATIENCE)

    try:
        result = loop.run_until_complete(limited())
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        gc.collect()
        loop.run_until_complete(asyncio.sleep(0))
    finally:
        loop.close()
    assert complaints == []
    return result


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no call let others run first, however slow the machine is."""
    monkeypatch.setattr(pace, "SHARE", 3600.0)


@pytest.fixture(params=LOOPS)
def run(request: pytest.FixtureRequest, unhurried: None) -> Run:
    """Run a coroutine in one kind of loop."""
    return lambda main: run_in(LOOPS[request.param](), main)


@pytest.fixture
def plain_run(unhurried: None) -> Run:
    """Run a coroutine in the usual loop."""
    return lambda main: run_in(asyncio.SelectorEventLoop(), main)


@pytest.fixture
def aio(context: zmq.Context, unhurried: None) -> Context:
    """A context that is ended after the test, with all its sockets."""
    return Context(shadow=context)


@pytest.fixture
def link(aio: Context) -> Iterator[Callable[..., tuple[Any, Any]]]:
    """Make two connected sockets: `link(type_a, type_b, transport, **options)`."""
    made: list[Any] = []

    def make(
        type_a: int = zmq.PUSH, type_b: int = zmq.PULL, transport: str = "inproc", **options: Any
    ) -> tuple[Any, Any]:
        pair = [aio.socket(kind) for kind in (type_a, type_b)]
        for socket in pair:
            for name, value in options.items():
                setattr(socket, name, value)
        pair[1].bind("tcp://127.0.0.1:*" if transport == "tcp" else f"inproc://{len(made)}")
        pair[0].connect(pair[1].last_endpoint.decode())
        made.extend(pair)
        return pair[0], pair[1]

    yield make
    for socket in made:
        socket.close(0)


async def until(condition: Callable[[], object]) -> None:
    """Let others run until a condition holds."""
    while not condition():
        await asyncio.sleep(0.001)


async def fill(push: Any) -> int:
    """Send until there is no room; return how many messages went."""
    count = 0
    while await push.poll(0, zmq.POLLOUT):
        await push.send(b"full")
        count += 1
    return count


async def turns(count: int = 5) -> None:
    """Let the loop turn a few times."""
    for _ in range(count):
        await asyncio.sleep(0)


def wake(socket: Any) -> None:
    """Wake the first that waits to receive, once there is a message for it."""
    while not socket.getsockopt(zmq.EVENTS) & zmq.POLLIN:
        pass


async def pull_text(pull: Any) -> str:
    """Receive in a coroutine of its own."""
    text: str = await pull.recv_string()
    return text
