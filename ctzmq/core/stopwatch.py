"""The stopwatch of old programs; `time.perf_counter` measures as well."""

from __future__ import annotations

from time import monotonic
from warnings import warn

__all__ = ["Stopwatch"]


class Stopwatch:
    """Measures how long something takes, in microseconds.

    Source: libzmq `zmq_stopwatch_start`, pyzmq `zmq.Stopwatch`.
    """

    def __init__(self) -> None:
        warn(
            "zmq.Stopwatch is deprecated, use time.monotonic or time.perf_counter",
            DeprecationWarning,
            stacklevel=2,
        )
        self._started = 0.0

    def start(self) -> None:
        """Begin to measure.

        Source: pyzmq `Stopwatch.start`.
        """
        self._started = monotonic()

    def stop(self) -> int:
        """Return the time since `start`, in microseconds.

        Source: pyzmq `Stopwatch.stop`.
        """
        return int(1e6 * (monotonic() - self._started))
