"""Awaits user code in a task of its own, so that nothing it does can end the waiting task."""

from __future__ import annotations

from collections.abc import Awaitable, Coroutine
from typing import Any, Callable, TypeVar

T = TypeVar("T")

__all__ = ["Failure", "apart"]


class Failure(Exception):
    """The awaited function failed; `__cause__` tells how.

    Source: own.
    """


class _Outcome:
    """The outcome of a call: its result, or any exception."""

    result: Any = None
    error: BaseException | None = None

    async def settle(self, function: Callable[..., Awaitable[Any]], args: tuple[Any, ...]) -> None:
        try:
            self.result = await function(*args)
        except BaseException as error:
            self.error = error


async def apart(function: Callable[..., Coroutine[Any, Any, T]], *args: Any) -> T:
    """Await a coroutine function in a task of its own.

    Without a running asyncio event loop it is awaited in place, and only an Exception becomes a
    `Failure`.

    Parameters
    ----------
    function : coroutine function
        What to call.
    *args : object
        Its arguments.

    Returns
    -------
    object
        What it returned.

    Raises
    ------
    Failure
        It raised anything, or its task was cancelled.
    asyncio.CancelledError
        The task that waits was cancelled; the other one is then cancelled, too.

    Source: own.
    """
    import asyncio

    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        try:
            return await function(*args)
        except Exception as error:
            raise Failure from error
    outcome = _Outcome()
    task = loop.create_task(outcome.settle(function, args))
    try:
        await asyncio.wait({task})
    except BaseException:
        task.cancel()
        raise
    if task.cancelled():
        raise Failure from asyncio.CancelledError()
    if outcome.error is not None:
        raise Failure from outcome.error
    result: T = outcome.result
    return result
