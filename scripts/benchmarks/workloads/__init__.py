"""What is timed, written once against pyzmq's API and given the module that implements it."""

from __future__ import annotations

from benchmarks.workloads import blocking, footprint, greenlets, loops, many, wire
from benchmarks.workloads.setup import WORKLOADS, Loop, Setup

__all__ = [
    "WORKLOADS",
    "Loop",
    "Setup",
    "blocking",
    "footprint",
    "greenlets",
    "loops",
    "many",
    "wire",
]
