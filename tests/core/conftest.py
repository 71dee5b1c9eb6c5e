"""Every test of the core runs with blocking sockets, and with those of either kind of greenlets.

The name `zmq` of a test's module is the flavour's module while the test runs. A test that would
tell nothing new about greenlets, or that they cannot pass, is marked `blocking` with the reason.
"""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from textwrap import dedent
from typing import Any, Callable, Protocol

import pytest
from stress.green import FLAVOURS

from ctzmq.core import payload
from ctzmq.libzmq.provider import calls

BLOCKING = "blocking"
#: The modules that classes are shown to come from.
HOMES = {BLOCKING: "zmq", "eventlet": "ctzmq.green.eventlet", "gevent": "zmq.green"}


class Task(Protocol):
    """What runs beside a test."""

    def is_alive(self) -> bool: ...

    def join(self, timeout: float) -> None: ...


class Greenlet:
    """A greenlet that is waited for as a thread is."""

    def __init__(self, flavour: Any, work: Callable[..., Any], arguments: Any) -> None:
        self._flavour = flavour
        self._alive = True
        self._greenlet = flavour.spawn(self._run, work, arguments)

    def _run(self, work: Callable[..., Any], arguments: Any) -> None:
        try:
            work(*arguments)
        finally:
            self._alive = False

    def is_alive(self) -> bool:
        return self._alive

    def join(self, timeout: float) -> None:
        with self._flavour.library.Timeout(timeout, False):
            self._flavour.wait(self._greenlet)


def flavours(module: str) -> list[str]:
    """Name those that run here: on PyPy, which is slow to warm up, no more than must be seen."""
    if sys.implementation.name != "pypy":
        return [BLOCKING, *sorted(FLAVOURS)]
    # The tests of a program's end start hundreds of them.
    return [BLOCKING, "eventlet"] if calls.NATIVE and "registry" not in module else [BLOCKING]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    only = metafunc.definition.get_closest_marker("blocking")
    names = [BLOCKING] if only else flavours(metafunc.module.__name__)
    metafunc.parametrize("flavour", names, indirect=True)


@pytest.fixture(autouse=True)
def flavour(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, flavour: Any) -> Any:
    """The kind of sockets that a test is about; its `zmq` is the module that has them."""
    if request.param == BLOCKING:
        return flavour
    pytest.importorskip(request.param)
    green = FLAVOURS[request.param]()
    monkeypatch.setattr(request.module, "zmq", green.zmq, raising=False)
    return green


@pytest.fixture
def home(flavour: Any) -> str:
    """The module that classes of the flavour are shown to come from."""
    return HOMES[flavour.name]


@pytest.fixture
def spawn(flavour: Any) -> Callable[..., Task]:
    """Run a function beside the test, in a thread or a greenlet: `spawn(function, *arguments)`."""

    def start(work: Callable[..., Any], *arguments: Any) -> Task:
        if flavour.name != BLOCKING:
            return Greenlet(flavour, work, arguments)
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        thread.start()
        return thread

    return start


@pytest.fixture
def child(flavour: Any, child: Any) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a program in another process, as elsewhere; its `ctzmq as zmq` is the flavour's."""
    name = flavour.zmq.__name__
    # eventlet warns of itself when it is imported.
    start = f"""
import warnings
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from {name} import Socket
"""

    def run(source: str, *options: str, **environment: str) -> Any:
        if flavour.name != BLOCKING:
            source = start + re.sub(r"\bctzmq as zmq\b", f"{name} as zmq", dedent(source))
        return child(source, *options, **environment)

    return run


@pytest.fixture
def nothing_is_left_behind(eventually: Callable[[Callable[[], object]], None]) -> Iterator[None]:
    """libzmq has let go of what a test lent to it once the test is over."""
    before = set(payload.payloads)
    yield
    eventually(lambda: payload.payloads.keys() <= before)
