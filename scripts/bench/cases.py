"""The rows of the table: workload, size, and how much of the peer's time ctzmq may need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SIZES = {
    "8 B": 8,
    "100 B": 100,
    "1 kB": 1_000,
    "10 kB": 10_000,
    "100 kB": 100_000,
    "1 MB": 1_000_000,
}


@dataclass(frozen=True)
class Flavour:
    """Two modules with the same interface, and what each needs installed."""

    ours: str
    theirs: str
    requirements: tuple[str, ...] = ()
    pypy: bool = True

    @property
    def library(self) -> str:
        """The library of greenlets, if it needs one."""
        return self.requirements[0] if self.requirements else ""


FLAVOURS = {
    "plain": Flavour(ours="ctzmq", theirs="zmq"),
    "eventlet": Flavour("ctzmq.green", "eventlet.green.zmq", ("eventlet",)),
    "gevent": Flavour("ctzmq.green.gevent", "zmq.green", ("gevent",), pypy=False),
}

# The greatest ratio wanted of each flavour: PUSH to PULL, and the round trip.
GREEN = {
    "eventlet": ({"cpython": 0.3, "pypy": 0.6}, {"cpython": 0.7}),
    "gevent": ({"cpython": 0.2}, {"cpython": 0.7}),
}


@dataclass(frozen=True)
class Case:
    """One row.

    ``goals`` holds, for each implementation of Python (``cpython``, ``pypy``), the greatest
    ratio of ctzmq's time to its peer's that is wanted; none is a row that only informs. A
    ``fresh`` case is run in a new process for every sample. A noisy one is run in ``repeat``
    times as many processes.
    """

    name: str
    workload: str
    size: int = 100
    parts: int = 1
    goals: Mapping[str, float] = field(default_factory=dict)
    flavour: str = "plain"
    fresh: bool = False
    repeat: int = 1

    def spec(self, module: str) -> dict[str, Any]:
        """Return what a worker process is told."""
        return {
            "module": module,
            "workload": self.workload,
            "size": self.size,
            "parts": self.parts,
            "library": FLAVOURS[self.flavour].library,
        }


def all_cases() -> list[Case]:
    """Return every row, in the order of the table."""
    cases = []
    for label, size in SIZES.items():
        goals = {"cpython": 1.6, "pypy": 0.8} if size == 100 else {}
        cases.append(Case(f"inproc 1 part {label}", "inproc", size, goals=goals))
    for label, size in SIZES.items():
        goals = {"cpython": 0.6} if size == 100 else {}
        cases.append(Case(f"inproc 3 parts {label}", "inproc", size, parts=3, goals=goals))
    cases.append(Case("inproc poll, recv 100 B", "poll"))
    for label, size in SIZES.items():
        goals = {"cpython": 1 / 0.9}
        cases.append(Case(f"tcp throughput {label}", "throughput", size, goals=goals, repeat=3))
    goals = {"cpython": 1.1}
    cases.append(Case("tcp round trip 100 B", "latency", goals=goals, repeat=3))
    cases.append(Case("import", "import", goals={"cpython": 0.6}, fresh=True, repeat=3))
    for flavour, (one_way, round_trip) in GREEN.items():
        for name, workload, goals in (
            ("PUSH to PULL inproc", "green-inproc", one_way),
            ("PUSH to PULL tcp", "green-tcp", one_way),
            ("REQ and REP tcp", "green-latency", round_trip),
        ):
            cases.append(
                Case(f"{flavour} {name}", workload, goals=goals, flavour=flavour, repeat=3)
            )
    return cases


def matching(cases: list[Case], patterns: list[str]) -> list[Case]:
    """Return the cases whose name contains one of the patterns; all if there are none."""
    return [case for case in cases if not patterns or any(p in case.name for p in patterns)]
