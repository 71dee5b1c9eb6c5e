"""Greenlets of one process send to each other."""

from __future__ import annotations

import importlib
from functools import partial
from typing import Any, Callable

from benchmarks.workloads.setup import Loop, Setup, received, sent, workload


def spawner(setup: Setup) -> Callable[..., Callable[[], Any]]:
    """Return what starts a greenlet, and returns what waits for its end."""
    library = setup.spec["library"]
    spawn: Any = importlib.import_module(library).spawn
    end = "wait" if library == "eventlet" else "get"
    return lambda *call: getattr(spawn(*call), end)


def idle(setup: Setup, count: int) -> list[Any]:
    """Let greenlets wait for messages that never come, each with a socket of its own."""
    spawn, sockets = spawner(setup), [setup.socket("PULL") for _ in range(count)]
    for socket in sockets:
        setup.bind(socket)
    waiting = [spawn(socket.recv) for socket in sockets]
    importlib.import_module(setup.spec["library"]).sleep(0.01)  # so that they begin to wait
    return [sockets, waiting]


def together(setup: Setup, *halves: Callable[[int], Any]) -> Loop:
    """Return the loop in which each half is a greenlet."""
    spawn = spawner(setup)
    setup.kept = idle(setup, setup.args.get("waiting", 0))

    def loop(count: int) -> None:
        for end in [spawn(half, count) for half in halves]:
            end()

    return loop


@workload
def green_push(setup: Setup) -> Loop:
    """Let one greenlet send to another, while others may wait in vain."""
    sender, receiver = setup.link("PUSH", "PULL")
    sending = partial(sent, sender.send, setup.payload)
    return together(setup, partial(received, receiver.recv), sending)


@workload
def green_request(setup: Setup) -> Loop:
    """Let one greenlet ask, another answer."""
    server, client = setup.link("REP", "REQ")
    payload = setup.payload

    def answer(count: int) -> None:
        for _ in range(count):
            server.send(server.recv())

    def ask(count: int) -> None:
        for _ in range(count):
            client.send(payload)
            client.recv()

    return together(setup, answer, ask)
