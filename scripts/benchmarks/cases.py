"""The rows of the tables: what is timed, and how much of the peer's time ctzmq may need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.contests import is_pypy

SIZES = {"8 B": 8, "100 B": 100, "1 kB": 10**3, "10 kB": 10**4, "100 kB": 10**5, "1 MB": 10**6}
HUGE = {"100 MB": 10**8}
UNCOPIED = {"64 kB": 64_000, "256 kB": 256_000, "1 MB": 10**6, "10 MB": 10**7, **HUGE}
LARGE = 256_000  # bytes, from which on copying decides

# The greatest ratio that is wanted: on CPython, and on PyPy.
GOALS = {
    "one part": (0.6, 0.5),
    "parts": (0.25, 0.4),
    "frames": (1.2, 1.2),
    "poll": (0.75, 0.6),
    "throughput": (1.0, 0.9),
    "latency": (1.02, 1.02),
    "large": (1.0, 1.0),
    "encoded": (0.8, 0.8),
    "fan-out": (0.8, 0.8),
    "eventlet": (0.12, 0.4),
    "eventlet by tcp": (0.2, 0.4),
    "gevent": (0.07, 0.07),
    "gevent by tcp": (0.12, 0.12),
    "asyncio": (0.09, 0.4),
    "asyncio by tcp": (0.2, 0.4),
    "stream": (0.25, 0.4),
    "request": (0.6, 0.6),
    "import": (0.65, 0.65),
    "socket": (1.1, 1.1),
    "memory": (1.0, 1.0),
    "yielding": (1.03, 1.03),
}


@dataclass(frozen=True)
class Case:
    """One row.

    ``goal`` is one of `GOALS`; a row without informs only. A case with a ``count`` is run in new
    processes for each sample, and does so many operations. A noisy one is run in ``repeat`` times
    as many processes. ``unit`` is what the loop measures: ``s`` or ``B``.
    """

    name: str
    group: str
    workload: str
    args: Mapping[str, Any] = field(default_factory=dict)
    goal: str = ""
    contest: str = "plain"
    unit: str = "s"
    count: int = 0
    repeat: int = 1

    def limit(self, tag: str) -> float | None:
        """Return the goal's ratio for an interpreter such as ``pypy39``."""
        return GOALS[self.goal][is_pypy(tag)] if self.goal else None


def all_cases() -> list[Case]:
    """Return every row, in the order of the tables."""
    parts = (
        exchanged,
        framed,
        polled,
        wired,
        uncopied,
        encoded,
        peers,
        green,
        loops,
        footprint,
        others,
    )
    return [case for part in parts for case in part()]


def exchanged() -> Iterator[Case]:
    """One thread sends and receives."""
    group = "Send and receive, inproc, one thread"
    for label, size in {**SIZES, **HUGE}.items():
        goal = "one part" if size <= 1000 else "large" if size >= LARGE else ""
        yield Case(f"1 part {label}", group, "inproc", {"size": size, "parts": 1}, goal)
    for count in (3, 10):
        for label, size in SIZES.items():
            goal = "large" if size >= LARGE else "parts"
            args = {"size": size, "parts": count}
            yield Case(f"{count} parts {label}", group, "inproc", args, goal)
    for count in (30, 100):
        args = {"size": 100, "parts": count}
        yield Case(f"{count} parts 100 B", group, "inproc", args, "parts")


def framed() -> Iterator[Case]:
    """One thread sends and receives frames."""
    group = "Send bytes, receive a frame (copy=False), inproc, one thread"
    for label, size in {"100 B": 100, "1 kB": 10**3, "32 kB": 32_000}.items():
        yield Case(f"frame {label}", group, "frames", {"size": size}, "frames")


def polled() -> Iterator[Case]:
    """Wait with a Poller before each receive."""
    group = "Send, Poller.poll with one socket of many ready, receive"
    for count in (1, 10, 100, 1000):
        yield Case(f"poll {count}", group, "poll", {"sockets": count}, "poll")


def wired() -> Iterator[Case]:
    """Two processes."""
    for transport in ("tcp", "ipc"):
        group = f"Two processes, {transport}"
        for label, size in SIZES.items():
            args = {"transport": transport, "size": size}
            name = f"{transport} throughput {label}"
            yield Case(name, group, "throughput", args, "throughput", repeat=2)
        args = {"transport": transport}
        yield Case(f"{transport} round trip", group, "latency", args, "latency", repeat=2)


def uncopied() -> Iterator[Case]:
    """Payloads that one side does not copy."""
    group = "One side without a copy (copy=False), two processes, tcp"
    for side in ("send", "recv"):
        for label, size in UNCOPIED.items():
            args = {"transport": "tcp", "size": size, "side": side}
            goal = "large" if size >= LARGE else ""
            yield Case(f"zero-copy {side} {label}", group, "zero_copy", args, goal)


def encoded() -> Iterator[Case]:
    """What is not bytes."""
    group = "Text and objects, inproc, one thread"
    for kind in ("string", "json", "pyobj", "serialized"):
        yield Case(kind, group, "encoded", {"kind": kind}, "encoded")


def peers() -> Iterator[Case]:
    """One socket with many peers."""
    group = "One socket with many peers, inproc, one thread"
    for count in (1, 10, 100):
        yield Case(f"PUB to {count} SUB", group, "fan_out", {"subscribers": count}, "fan-out")
    yield Case("ROUTER and 1000 DEALER", group, "clients", {"clients": 1000})


def green() -> Iterator[Case]:
    """Greenlets."""
    for name in ("eventlet", "gevent"):
        group = f"Greenlets of {name}, one process"
        for transport in ("inproc", "tcp"):
            args = {"transport": transport, "waiting": 0}
            title, goal = f"{name} PUSH to PULL {transport}", of(name, transport)
            yield Case(title, group, "green_push", args, goal, name, repeat=2)
        args = {"transport": "tcp"}
        yield Case(
            f"{name} REQ and REP tcp", group, "green_request", args, "request", name, repeat=2
        )
        for count in (10, 100, 1000):
            args = {"transport": "inproc", "waiting": count}
            yield Case(f"{name} beside {count} idle", group, "green_push", args, name, name)
        yielding = f"yielding to {name}"
        yield Case(yielding, group, "inproc", {}, "yielding", yielding, repeat=2)


def of(name: str, transport: str) -> str:
    """Return the goal of a kind of sockets by a transport."""
    by_tcp = f"{name} by tcp"
    return by_tcp if transport == "tcp" and by_tcp in GOALS else name


def loops() -> Iterator[Case]:
    """Event loops."""
    for name, kind in (("asyncio", "asyncio"), ("ZMQStream", "stream")):
        group = f"{name}, one process"
        for transport in ("inproc", "tcp"):
            args = {"transport": transport}
            title, goal = f"{name} PUSH to PULL {transport}", of(kind, transport)
            yield Case(title, group, f"{kind}_push", args, goal, repeat=2)
        args = {"transport": "tcp"}
        yield Case(f"{name} REQ and REP tcp", group, f"{kind}_request", args, "request", repeat=2)
        if name == "asyncio":
            yielding = "yielding to asyncio"
            yield Case(yielding, group, "asyncio_alone", {}, "yielding", yielding, repeat=2)


def footprint() -> Iterator[Case]:
    """What it costs to begin and to be."""
    group = "To begin and to be"
    yield Case("import", group, "fresh_import", goal="import", repeat=2)
    yield Case("create and close a socket", group, "open_close", goal="socket")
    memory: dict[str, Any] = {"unit": "B", "count": 500}
    yield Case("memory per socket", group, "socket_memory", goal="memory", **memory)
    for name in ("eventlet", "gevent"):
        yield Case(
            f"memory per waiting {name} greenlet", group, "waiter_memory", contest=name, **memory
        )


def others() -> Iterator[Case]:
    """Another libzmq, and a binding of another implementation of ZeroMQ."""
    rows: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("1 part 100 B", "inproc", {}),
        ("3 parts 100 B", "inproc", {"parts": 3}),
        ("poll 1", "poll", {}),
        ("tcp throughput 100 B", "throughput", {"transport": "tcp"}),
        ("tcp throughput 100 kB", "throughput", {"transport": "tcp", "size": 10**5}),
        ("tcp round trip", "latency", {"transport": "tcp"}),
    )
    for contest, group in (
        ("own libzmq", "ctzmq with the system's libzmq, relative to pyzmq with its own"),
        ("pyomq", "Relative to pyomq"),
    ):
        for name, workload, args in rows:
            yield Case(f"{contest}: {name}", group, workload, args, contest=contest)


def matching(cases: list[Case], patterns: list[str]) -> list[Case]:
    """Return the cases whose name contains one of the patterns; all if there are none."""
    return [case for case in cases if not patterns or any(p in case.name for p in patterns)]
