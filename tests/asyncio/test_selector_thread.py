"""The thread that watches descriptors for a loop that cannot."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ctzmq.asyncio.selector_thread import SelectorThread


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two connected sockets of the system."""
    near, far = socket.socketpair()
    yield near, far
    near.close()
    far.close()


def threads() -> list[threading.Thread]:
    """List the threads that watch."""
    return [thread for thread in threading.enumerate() if thread.name == "ctzmq selector"]


@pytest.fixture(autouse=True)
def no_thread_stays(eventually: Callable[[Callable[[], object]], None]) -> Iterator[None]:
    eventually(lambda: not threads())
    yield
    eventually(lambda: not threads())


def test_functions_are_called_in_the_loop(ends: Any) -> None:
    near, far = ends

    async def main() -> None:
        watcher = SelectorThread(asyncio.get_running_loop())
        readable, writable = asyncio.Event(), asyncio.Event()

        def read(count: int) -> None:
            near.recv(count)
            assert threading.current_thread() is threading.main_thread()
            readable.set()

        watcher.add_reader(near.fileno(), read, 1)
        for _ in range(5):
            far.send(b"x")
            await asyncio.wait_for(readable.wait(), 10)
            readable.clear()
        watcher.add_writer(near.fileno(), writable.set)
        await asyncio.wait_for(writable.wait(), 10)
        far.send(b"x")
        await asyncio.wait_for(readable.wait(), 10)
        watcher.remove_reader(near.fileno())
        writable.clear()
        await asyncio.wait_for(writable.wait(), 10)
        assert len(threads()) == 1
        watcher.remove_writer(near.fileno())
        watcher.remove_writer(near.fileno())

    asyncio.run(main())


def test_what_is_taken_back_is_not_called(ends: Any) -> None:
    near, far = ends

    async def main() -> None:
        watcher = SelectorThread(asyncio.get_running_loop())
        calls: list[int] = []
        seen = asyncio.Event()
        watcher.add_reader(near.fileno(), calls.append, 1)
        watcher.add_reader(far.fileno(), seen.set)
        watcher.remove_reader(near.fileno())
        far.send(b"x")
        near.send(b"x")
        await asyncio.wait_for(seen.wait(), 10)
        assert calls == []
        watcher.remove_reader(far.fileno())

    asyncio.run(main())


def test_it_begins_again(ends: Any) -> None:
    near, far = ends

    async def main() -> None:
        watcher = SelectorThread(asyncio.get_running_loop())
        for _ in range(3):
            seen = asyncio.Event()
            watcher.add_reader(near.fileno(), seen.set)
            far.send(b"x")
            await asyncio.wait_for(seen.wait(), 10)
            watcher.remove_reader(near.fileno())

    asyncio.run(main())


def test_a_descriptor_that_cannot_be_watched(ends: Any) -> None:
    near, _ = ends
    number = near.fileno()

    async def main() -> None:
        watcher = SelectorThread(asyncio.get_running_loop())
        near.close()
        with pytest.raises((OSError, ValueError)):
            watcher.add_reader(number, lambda: None)

    asyncio.run(main())


def test_it_ends_with_the_loop(
    ends: Any, eventually: Callable[[Callable[[], object]], None]
) -> None:
    near, far = ends

    async def main() -> None:
        watcher = SelectorThread(asyncio.get_running_loop())
        watcher.add_reader(near.fileno(), lambda: None)

    asyncio.run(main())
    far.send(b"x")
    eventually(lambda: not threads())
