"""Two processes, connected by TCP or ipc; the one that is timed receives."""

from __future__ import annotations

from functools import partial
from time import perf_counter
from typing import Any, Callable

from benchmarks.workloads.setup import Loop, Partner, Setup, sent, workload


def timed_receiver(recv: Callable[[], Any], partner: Partner) -> Loop:
    """Return the loop that receives; a first message starts its clock."""

    def loop(count: int) -> float:
        partner.begin(count + 1)
        recv()
        start = perf_counter()
        for _ in range(count):
            recv()
        seconds = perf_counter() - start
        partner.end()
        return seconds

    return loop


@workload
def throughput(setup: Setup) -> Loop:
    """Receive what another process sends as fast as it can."""
    socket, partner = setup.serve("PULL", "feed")
    partner.begin(1)
    assert socket.recv() == setup.payload
    partner.end()
    return timed_receiver(socket.recv, partner)


@workload
def feed(setup: Setup) -> Loop:
    """The partner of `throughput`."""
    return partial(sent, setup.join("PUSH").send, setup.payload)


@workload
def zero_copy(setup: Setup) -> Loop:
    """Receive what another process sends, where one of both does without a copy."""
    socket, partner = setup.serve("PULL", "zero_copy_feed")
    if setup.args["side"] == "send":
        return timed_receiver(socket.recv, partner)
    return timed_receiver(lambda: socket.recv(copy=False).buffer, partner)


@workload
def zero_copy_feed(setup: Setup) -> Loop:
    """The partner of `zero_copy`."""
    send = partial(setup.join("PUSH").send, copy=setup.args["side"] != "send")
    return partial(sent, send, setup.payload)


@workload
def latency(setup: Setup) -> Loop:
    """Send to another process, wait for what it sends back."""
    socket, partner = setup.serve("PAIR", "echo")
    send, recv, payload = socket.send, socket.recv, setup.payload

    def loop(count: int) -> float:
        partner.begin(count)
        start = perf_counter()
        for _ in range(count):
            send(payload)
            recv()
        seconds = perf_counter() - start
        partner.end()
        return seconds

    return loop


@workload
def echo(setup: Setup) -> Loop:
    """The partner of `latency`."""
    socket = setup.join("PAIR")
    send, recv = socket.send, socket.recv

    def loop(count: int) -> None:
        for _ in range(count):
            send(recv())

    return loop
