from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

import ctzmq as zmq
import ctzmq.asyncio
from ctzmq.auth.asyncio import AsyncioAuthenticator


@pytest.fixture
def ioloop() -> Iterator[ModuleType]:
    sys.modules.pop("ctzmq.auth.ioloop", None)
    with pytest.warns(DeprecationWarning, match="use AsyncioAuthenticator"):
        yield importlib.import_module("ctzmq.auth.ioloop")


def test_it_is_the_asyncio_authenticator(ioloop: ModuleType, context: zmq.Context) -> None:
    authenticator: Any = ioloop.IOLoopAuthenticator(context)
    assert isinstance(authenticator, AsyncioAuthenticator)
    assert authenticator.context is context


def test_it_refuses_a_client_and_goes_on(ioloop: ModuleType, context: zmq.Context) -> None:
    def callback(self: Any, domain: str, key: bytes) -> Any:
        raise SystemExit

    async def run() -> list[bytes]:
        authenticator: Any = ioloop.IOLoopAuthenticator(context)
        authenticator.start()
        provider = type("Provider", (), {"callback": callback})()
        authenticator.configure_curve_callback("*", provider)
        with ctzmq.asyncio.Context(shadow=context).socket(zmq.REQ) as asking:
            asking.linger = 0
            asking.connect("inproc://zeromq.zap.01")
            statuses = []
            for mechanism in ([b"CURVE", bytes(32)], [b"NULL"]):
                await asking.send_multipart([b"1.0", b"1", b"", b"::1", b"", *mechanism])
                statuses.append((await asyncio.wait_for(asking.recv_multipart(), 10))[2])
        authenticator.stop()
        return statuses

    assert asyncio.run(run()) == [b"500", b"200"]


def test_the_io_loop_argument_is_deprecated(ioloop: ModuleType, context: zmq.Context) -> None:
    with pytest.warns(DeprecationWarning, match="io_loop"):
        ioloop.IOLoopAuthenticator(context, "utf-8", None, object())
