from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ctzmq.auth.apart import Failure, apart


async def double(number: int) -> int:
    await asyncio.sleep(0)
    return 2 * number


async def fail(error: BaseException) -> None:
    raise error


def test_the_result_comes_back() -> None:
    assert asyncio.run(apart(double, 21)) == 42


@pytest.mark.parametrize(
    "error", [ValueError(), SystemExit(), KeyboardInterrupt(), asyncio.CancelledError()]
)
def test_everything_that_is_raised_is_a_failure(error: BaseException) -> None:
    async def run() -> BaseException | None:
        with pytest.raises(Failure) as caught:
            await apart(fail, error)
        return caught.value.__cause__

    assert asyncio.run(run()) is error


def test_a_cancellation_in_there_is_a_failure() -> None:
    async def cancel() -> bool:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        return True

    async def run() -> None:
        with pytest.raises(Failure):
            await apart(cancel)
        await asyncio.sleep(0)

    asyncio.run(run())


def test_a_cancellation_out_here_goes_on() -> None:
    ended: list[str] = []

    async def wait(begun: asyncio.Event) -> Any:
        begun.set()
        try:
            await asyncio.sleep(30)
        finally:
            ended.append("in there")

    async def run() -> None:
        begun = asyncio.Event()
        task = asyncio.ensure_future(apart(wait, begun))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0)
        assert ended == ["in there"]

    asyncio.run(run())


def test_without_a_loop_it_is_awaited_where_it_is() -> None:
    async def seven() -> int:
        return 7

    with pytest.raises(StopIteration) as caught:
        apart(seven).send(None)
    assert caught.value.value == 7
    with pytest.raises(Failure):
        apart(fail, ValueError()).send(None)
