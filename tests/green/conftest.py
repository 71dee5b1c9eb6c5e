"""Both libraries of greenlets, each with its sockets; a test runs once with either."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Callable

import pytest
from stress.green import FLAVOURS, Flavour

#: How long anything may take that should happen at once, in seconds.
PATIENCE = 10.0


@pytest.fixture(params=sorted(FLAVOURS))
def flavour(request: pytest.FixtureRequest) -> Flavour:
    """A library of greenlets, and the module of sockets for it."""
    pytest.importorskip(request.param)
    return FLAVOURS[request.param]()


class Bench:
    """Makes sockets and greenlets, and puts both away."""

    def __init__(self, flavour: Flavour) -> None:
        self.flavour = flavour
        self.zmq: Any = flavour.zmq
        self.sleep = flavour.sleep
        self.context = self.zmq.Context()
        self.greenlets: list[Any] = []
        self.sockets: list[Any] = []

    def socket(self, kind: int, **options: Any) -> Any:
        """Make a socket that does not linger."""
        socket = self.context.socket(kind)
        self.sockets.append(socket)
        for name, value in {"linger": 0, **options}.items():
            setattr(socket, name, value)
        return socket

    def pair(self, a: int, b: int, transport: str = "inproc", **options: Any) -> tuple[Any, Any]:
        """Make two connected sockets, the first of which is bound."""
        first, second = self.socket(a, **options), self.socket(b, **options)
        endpoint = {"inproc": f"inproc://{id(first)}", "tcp": "tcp://127.0.0.1:*"}[transport]
        first.bind(endpoint)
        second.connect(first.last_endpoint.decode())
        return first, second

    def spawn(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Start a greenlet, which gets to run as far as its first wait."""
        greenlet = self.flavour.spawn(self._outcome, function, arguments)
        self.greenlets.append(greenlet)
        self.sleep(0)
        self.sleep(0)
        return greenlet

    def _outcome(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        # The libraries print the traceback of an exception that leaves a greenlet.
        try:
            return function(*arguments)
        except (Exception, self.flavour.expired) as problem:
            return problem

    def wait(self, greenlet: Any) -> Any:
        """Return what a greenlet returned or raised."""
        with self.flavour.timeout(PATIENCE):
            return self.flavour.wait(greenlet)

    def kill(self, greenlet: Any) -> None:
        """End a greenlet where it waits."""
        self.flavour.kill(greenlet)
        self.sleep(0)

    def until(self, condition: Callable[[], object]) -> None:
        """Let others run until a condition holds."""
        with self.flavour.timeout(PATIENCE):
            while not condition():
                self.sleep(0.001)

    def meanwhile(self, wait: Callable[[], Any], then: Callable[[], Any], ticks: int = 5) -> Any:
        """Call what waits; another greenlet ticks some times and then does what ends the wait."""
        count = 0

        def tick() -> None:
            nonlocal count
            while count < ticks:
                self.sleep(0.001)
                count += 1
            then()

        greenlet = self.spawn(tick)
        with self.flavour.timeout(PATIENCE):
            result = wait()
        assert count == ticks, "others did not run meanwhile"
        self.wait(greenlet)
        return result

    def end(self) -> None:
        """Put everything away."""
        for greenlet in self.greenlets:
            self.flavour.kill(greenlet)
        for socket in self.sockets:
            socket.close(0)
        self.context.term()


@pytest.fixture
def bench(flavour: Flavour) -> Iterator[Any]:
    """Makes sockets and greenlets of a flavour."""
    bench = Bench(flavour)
    yield bench
    bench.end()
