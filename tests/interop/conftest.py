"""The two sides, who of them binds, and over which transport."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import ctzmq

from . import environment
from .sides import Peer, Side


class Link(NamedTuple):
    """Two sides of which one binds and the other connects."""

    binder: Side
    connector: Side
    endpoint: str

    def bind(self, kind: int, **options: Any) -> Any:
        """Make a bound socket on the side that binds."""
        socket = self.binder.socket(kind, **options)
        socket.bind(self.endpoint)
        return socket

    def connect(self, bound: Any, kind: int, **options: Any) -> Any:
        """Make a socket on the other side that is connected to the bound one."""
        socket = self.connector.socket(kind, **options)
        socket.connect(address(bound))
        return socket

    def pair(self, bound: int, connected: int) -> tuple[Any, Any]:
        """Make a bound and a connected socket."""
        first = self.bind(bound)
        return first, self.connect(first, connected)


def address(bound: Any) -> str:
    """Return the endpoint to which a socket is really bound."""
    endpoint: str = bound.get(ctzmq.LAST_ENDPOINT).decode()
    return endpoint


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # The first that needs pyzmq may have to wait until it is installed.
    for item in items:
        if "pyzmq_python" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(300))
            break


@pytest.fixture(scope="session")
def pyzmq_python() -> Path:
    """The interpreter that has pyzmq; without one the tests are skipped, but not in CI."""
    try:
        return environment.find(dict(os.environ))
    except environment.SetupError as problem:
        if environment.VARIABLE in os.environ or os.environ.get("CI"):
            raise
        pytest.skip(f"no pyzmq to talk to: {problem}")


def launch(python: str | Path, module: str, **variables: str) -> Peer:
    """Start a process that works a zmq module."""
    return Peer([python], module, environment.clean_environment(variables))


@pytest.fixture(scope="session")
def pyzmq(pyzmq_python: Path) -> Iterator[Peer]:
    """A process with pyzmq."""
    peer = launch(pyzmq_python, "zmq")
    assert peer.greeting["zmq"] == "zmq"
    yield peer
    peer.stop()


@pytest.fixture
def ours() -> Iterator[Side]:
    """The side of ctzmq."""
    side = Side("ctzmq", ctzmq, lambda name: importlib.import_module(f"ctzmq.{name}"))
    yield side
    side.close()


@pytest.fixture
def theirs(pyzmq: Peer) -> Iterator[Side]:
    """The side of pyzmq."""
    side = Side("pyzmq", pyzmq.zmq, lambda name: pyzmq.do("import", name=name))
    yield side
    side.close()
    pyzmq.do("forget")


@pytest.fixture(params=["tcp", "ipc"])
def endpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where to bind."""
    if request.param == "tcp":
        return "tcp://127.0.0.1:*"
    if not ctzmq.has("ipc"):
        pytest.skip("this libzmq has no ipc")
    return "ipc://*"


@pytest.fixture(params=["ctzmq binds", "pyzmq binds"])
def link(request: pytest.FixtureRequest, ours: Side, theirs: Side, endpoint: str) -> Link:
    """The two sides in both roles, over each transport."""
    sides = (ours, theirs) if request.param == "ctzmq binds" else (theirs, ours)
    return Link(*sides, endpoint)
