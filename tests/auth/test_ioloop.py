from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

import ctzmq as zmq
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


def test_the_io_loop_argument_is_deprecated(ioloop: ModuleType, context: zmq.Context) -> None:
    with pytest.warns(DeprecationWarning, match="io_loop"):
        ioloop.IOLoopAuthenticator(context, "utf-8", None, object())
