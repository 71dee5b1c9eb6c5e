"""Native threads for devices in programs where eventlet or gevent has patched `threading`.

A device blocks in libzmq, which would block all greenlets.
"""

from __future__ import annotations

import sys
import time
from typing import Any, Callable

#: How long to sleep between two checks of a thread that is joined, in seconds.
_NAP = 0.005


def starter() -> Any:
    """Return a function that starts a native thread, or None if `threading.Thread` does so."""
    monkey: Any = sys.modules.get("gevent.monkey")
    if monkey is not None and monkey.is_module_patched("threading"):
        return monkey.get_original("_thread", "start_new_thread")
    patcher: Any = sys.modules.get("eventlet.patcher")
    if patcher is not None and patcher.is_monkey_patched("thread"):
        return patcher.original("_thread").start_new_thread
    return None


class NativeThread:
    """A native thread with the methods of `threading.Thread`; a program never waits for it at exit.

    Parameters
    ----------
    start : callable
        Starts a thread, as `starter` returned it.
    target : callable
        What to call in the thread.
    """

    def __init__(self, start: Callable[..., Any], target: Callable[[], Any]) -> None:
        self._start, self._target = start, target
        self._alive = False
        self.daemon = True

    def start(self) -> None:
        """Start the thread."""
        self._alive = True
        try:
            self._start(self._run, ())
        except BaseException:
            self._alive = False
            raise

    def _run(self) -> None:
        try:
            self._target()
        finally:
            self._alive = False

    def is_alive(self) -> bool:
        """Tell whether the thread runs."""
        return self._alive

    def join(self, timeout: float | None = None) -> None:
        """Wait until the thread has ended, or for some seconds, while other greenlets run."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while self._alive:
            left = _NAP if deadline is None else min(_NAP, deadline - time.monotonic())
            if left <= 0:
                return
            time.sleep(left)
