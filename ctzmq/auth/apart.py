"""Awaits the user's code in a task of its own, so that nothing it does ends the task that waits."""

from __future__ import annotations

from collections.abc import Awaitable, Coroutine
from typing import Any, Callable, TypeVar

T = TypeVar("T")

__all__ = ["Failure", "apart"]


class Failure(Exception):
    """What was awaited apart has failed; the cause is how.

    Source: own.
    """


class _Outcome:
    """What a call came to, an exception of whatever kind included."""

    result: Any = None
    error: BaseException | None = None

    async def settle(self, function: Callable[..., Awaitable[Any]], args: tuple[Any, ...]) -> None:
        try:
            self.result = await function(*args)
        except BaseException as error:
            self.error = error


async def apart(function: Callable[..., Coroutine[Any, Any, T]], *args: Any) -> T:
    """Await a coroutine function in a task of its own.

    Without a running event loop of asyncio it is awaited where it is, and only an Exception is a
    `Failure` then.

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
