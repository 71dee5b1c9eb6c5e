from __future__ import annotations

import asyncio
from typing import Any

import pytest

import ctzmq as zmq
import ctzmq.asyncio
from ctzmq.eventloop import future


@pytest.fixture
def future_context(context: zmq.Context) -> Any:
    return future.Context(shadow=context)


def run(coroutine: Any) -> Any:
    """Run in tornado's loop, which is asyncio's."""
    ioloop = pytest.importorskip("tornado.ioloop")
    loop = ioloop.IOLoop(make_current=False)
    try:
        return loop.run_sync(coroutine, timeout=40)
    finally:
        loop.close()


def test_calls_return_futures(future_context: Any) -> None:
    async def main() -> None:
        with future_context.socket(zmq.PUSH) as push, future_context.socket(zmq.PULL) as pull:
            assert type(push) is future.Socket
            push.bind("inproc://x")
            pull.connect("inproc://x")
            waiting = pull.recv_multipart()
            assert not waiting.done()
            await push.send_multipart([b"a", b"b"])
            assert await waiting == [b"a", b"b"]

    run(main)


def test_polling(future_context: Any) -> None:
    async def main() -> None:
        with future_context.socket(zmq.PUSH) as push, future_context.socket(zmq.PULL) as pull:
            push.bind("inproc://x")
            pull.connect("inproc://x")
            poller = future.Poller()
            poller.register(pull, zmq.POLLIN)
            waiting = poller.poll(10_000)
            await push.send(b"x")
            assert await waiting == [(pull, zmq.POLLIN)]
            assert await pull.recv() == b"x"

    run(main)


def test_a_cancelled_call(future_context: Any) -> None:
    async def main() -> None:
        with future_context.socket(zmq.PULL) as pull:
            waiting = pull.recv()
            assert waiting.cancel()
            with pytest.raises(future.CancelledError):
                await waiting

    run(main)
    assert future.CancelledError is asyncio.CancelledError


def test_each_flavour_has_its_own_instance() -> None:
    contexts = [cls.instance() for cls in (zmq.Context, ctzmq.asyncio.Context, future.Context)]
    assert len(set(contexts)) == 3
    assert type(contexts[2]) is future.Context
    for context in contexts:
        context.term()


def test_the_io_loop_argument_is_deprecated() -> None:
    with pytest.warns(DeprecationWarning, match="io_loop"):
        context = future.Context(io_loop=object())
    assert context.io_loop is None
    context.term()


def test_the_private_names_are_the_bases_of_both_flavours() -> None:
    for flavour in (future, ctzmq.asyncio):
        assert issubclass(flavour.Socket, future._AsyncSocket)
        assert issubclass(flavour.Poller, future._AsyncPoller)


def test_a_context_refuses_a_misspelt_option(future_context: Any) -> None:
    with pytest.raises(AttributeError, match="'lingr': did you mean 'linger'"):
        future_context.lingr = 0
