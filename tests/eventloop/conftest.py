"""Loops for the tests of streams."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, Callable

import pytest


@pytest.fixture
def run() -> Callable[..., None]:
    """Run a coroutine function in a new loop; exceptions that the loop gets fail the test."""

    def run(main: Callable[[], Awaitable[None]], expected: int = 0) -> None:
        caught: list[dict[str, Any]] = []

        async def watched() -> None:
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda _, context: caught.append(context))
            await asyncio.wait_for(main(), 40)

        asyncio.run(watched())
        assert len(caught) == expected, caught

    return run
