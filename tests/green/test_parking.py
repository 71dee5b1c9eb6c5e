"""Where greenlets wait for native threads: others run, results and errors come through."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest

import ctzmq
from ctzmq.core import names
from ctzmq.green.parking import Place, aside, until


def hub_of(bench: Any) -> Any:
    """Return the hub of this thread."""
    return bench.zmq.Socket._hub()


def test_others_run_while_a_function_blocks(bench: Any) -> None:
    event = threading.Event()

    def block() -> str:
        assert event.wait(10)
        return "done"

    assert bench.meanwhile(lambda: aside(hub_of(bench), block), event.set) == "done"


def test_what_a_function_raises_is_raised(bench: Any) -> None:
    def fail() -> None:
        raise KeyError("lost")

    with pytest.raises(KeyError, match="lost"):
        aside(hub_of(bench), fail)


def test_a_function_is_called_even_if_no_thread_starts(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Any, function: Any) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    hub = hub_of(bench)
    monkeypatch.setattr(type(hub), "thread", refuse)
    assert aside(hub, lambda: 5) == 5


def test_in_the_loop_itself_a_function_is_called_at_once(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = hub_of(bench)
    monkeypatch.setattr(type(hub), "can_park", lambda self: False)
    assert aside(hub, threading.get_ident) == threading.get_ident()


def test_a_condition_has_a_deadline(bench: Any) -> None:
    assert not until(hub_of(bench), lambda: False, 0)
    assert until(hub_of(bench), lambda: True, 0)


def test_a_place_that_is_woken_early_does_not_wait(bench: Any) -> None:
    place = Place(hub_of(bench))
    place.wake()
    assert place.park(None)
    assert not place.park(0)


def test_a_resumption_for_an_interrupted_wait_is_not_lost(bench: Any) -> None:
    """As when a signal handler that waits itself comes just before a greenlet waits."""
    hub = hub_of(bench)
    event = threading.Event()

    def wait() -> Any:
        greenlets.append(hub.greenlet())
        assert aside(hub, event.wait)
        return hub.park(None, lambda: None)

    greenlets: list[Any] = []
    greenlet = bench.spawn(wait)
    bench.until(lambda: greenlets)
    hub.resume(greenlets[0], "meant for it")
    bench.sleep(0.002)
    event.set()
    assert bench.wait(greenlet) == "meant for it"


# -- Host names ------------------------------------------------------------------------------------


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A resolver of names that waits until `go` is set."""
    resolver = SimpleNamespace(go=threading.Event(), asked=[])

    def look_up(host: bytes, ipv6: bool) -> bytes | None:
        resolver.asked.append((host, ipv6))
        assert resolver.go.wait(10)
        return b"127.0.0.1"

    monkeypatch.setattr(names, "look_up", look_up)
    return resolver


@pytest.mark.parametrize("verb", ["bind", "unbind", "bind_to_random_port"])
def test_others_run_while_a_host_name_is_looked_up(bench: Any, slow: Any, verb: str) -> None:
    socket = bench.socket(ctzmq.PULL)
    addr = "tcp://slow.invalid"
    if verb == "bind":
        addr += ":*"
    elif verb == "unbind":
        socket.bind("tcp://127.0.0.1:*")
        addr += f":{socket.last_endpoint.decode().rpartition(':')[2]}"
    bench.meanwhile(lambda: getattr(socket, verb)(addr), slow.go.set)
    assert slow.asked == [(b"slow.invalid", False)]
    assert socket.last_endpoint.startswith(b"tcp://127.0.0.1:")


def test_a_greenlet_that_is_killed_meanwhile_binds_nothing(bench: Any, slow: Any) -> None:
    socket = bench.socket(ctzmq.PULL)
    greenlet = bench.spawn(socket.bind, "tcp://slow.invalid:*")
    bench.until(lambda: slow.asked)
    bench.kill(greenlet)
    slow.go.set()
    bench.sleep(0.02)
    assert socket.last_endpoint == b""


def test_a_socket_may_be_closed_while_a_name_is_looked_up(bench: Any, slow: Any) -> None:
    socket = bench.socket(ctzmq.PULL)
    greenlet = bench.spawn(socket.bind, "tcp://slow.invalid:*")
    bench.until(lambda: slow.asked)
    socket.close()
    slow.go.set()
    problem = bench.wait(greenlet)
    assert isinstance(problem, ctzmq.ZMQError)
    assert problem.errno == ctzmq.ENOTSOCK


def test_the_loop_itself_can_bind_to_a_name(bench: Any, slow: Any) -> None:
    slow.go.set()
    socket = bench.socket(ctzmq.PULL)
    problems: list[Exception] = []

    def bind() -> None:
        try:
            socket.bind("tcp://slow.invalid:*")
        except Exception as problem:
            problems.append(problem)

    # What the loop resumes runs in the loop's own greenlet.
    hub_of(bench).resume(SimpleNamespace(switch=bind))
    bench.until(lambda: socket.last_endpoint or problems)
    assert not problems
