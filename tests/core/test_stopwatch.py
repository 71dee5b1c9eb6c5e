from __future__ import annotations

import pytest

import ctzmq as zmq
from ctzmq.core import stopwatch

pytestmark = pytest.mark.blocking("it has no sockets")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that the stopwatch sees, in seconds."""
    now = [1000.0]
    monkeypatch.setattr(stopwatch, "monotonic", lambda: now[0])
    return now


def test_it_measures_microseconds(clock: list[float]) -> None:
    with pytest.warns(DeprecationWarning, match="use time.monotonic or time.perf_counter"):
        watch = zmq.Stopwatch()
    watch.start()
    clock[0] += 1.5
    assert watch.stop() == 1_500_000
    assert isinstance(watch.stop(), int)


def test_it_can_be_started_again(clock: list[float]) -> None:
    with pytest.warns(DeprecationWarning, match="deprecated"):
        watch = zmq.Stopwatch()
    watch.start()
    clock[0] += 5
    watch.start()
    clock[0] += 0.25
    assert watch.stop() == 250_000
    clock[0] += 0.25
    assert watch.stop() == 500_000
