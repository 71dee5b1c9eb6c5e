"""Where a greenlet waits: until it is woken, or until a native thread has done something."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any, Callable, TypeVar

from ..waiting.hub import Hub

T = TypeVar("T")

#: How long to sleep between looks at what happens in other threads, in seconds: at first, at most.
_NAPS = (0.0005, 0.01)


class HasHub:
    """A socket, context, poller or tracker of greenlets; each flavour gives it a hub as `_hub`."""

    __slots__ = ()

    if TYPE_CHECKING:

        @staticmethod
        def _hub() -> Hub:
            """Return the hub of the thread that calls it."""


class Place:
    """A greenlet's place in a line, or its watch over several sockets."""

    __slots__ = ("_hub", "_resumption", "_stray", "greenlet", "refused", "woken")

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._resumption: Any = None
        self._stray: tuple[Any] | None = None
        self.greenlet = hub.greenlet()
        #: Whether it has no room although EVENTS tells of some, which others may find.
        self.refused = False
        self.woken = False

    def wake(self) -> None:
        """Have the greenlet run soon."""
        if not self.woken:
            self.woken = True
            self._resumption = self._hub.resume(self.greenlet)

    def run(self) -> None:
        """Have the greenlet run at once; only a function that the loop calls may do so."""
        self.woken = True
        self._hub.switch(self.greenlet)

    def park(self, deadline: float | None) -> bool:
        """Wait until woken; return whether that was before the deadline."""
        left = None if deadline is None else deadline - monotonic()
        if left is not None and left <= 0:
            return False
        try:
            if not self.woken:
                given = self._hub.park(left, self.wake)
                if not self.woken:
                    self._stray = (given,)
        finally:
            self.forget()
        return True

    def hand_on(self) -> None:
        """Resume the greenlet once more if others did so while it was parked here.

        In a signal handler they meant the wait that the handler has come before.
        """
        if self._stray is not None:
            self._hub.resume(self.greenlet, *self._stray)
            self._stray = None

    def forget(self) -> None:
        """Take back a resumption that was not used."""
        resumption, self._resumption = self._resumption, None
        self.woken = False
        if resumption is not None:
            self._hub.cancel(resumption)


def until(hub: Hub, done: Callable[[], object], deadline: float | None = None) -> bool:
    """Let others run until a condition holds; return whether that was before the deadline.

    It is for what other native threads bring about, from which no hub can be called.

    Parameters
    ----------
    hub : Hub
        Where to wait.
    done : callable
        The condition.
    deadline : float, optional
        The time of `monotonic` until which to wait; for ever when left out.
    """
    nap, longest = _NAPS
    place = Place(hub)
    late = False
    while not done():
        now = monotonic()
        if deadline is not None and now >= deadline:
            late = True
            break
        soon = now + nap
        place.park(soon if deadline is None else min(deadline, soon))
        nap = min(2 * nap, longest)
    place.hand_on()
    return not late


def aside(hub: Hub, function: Callable[[], T]) -> T:
    """Call a function that blocks in a native thread, let others run meanwhile, return its result.

    Parameters
    ----------
    hub : Hub
        Where to wait.
    function : callable
        What to call; what it raises is raised here.
    """
    if not hub.can_park():
        # A signal handler that runs while the loop waits, say: all wait for it anyway.
        return function()
    results: list[T] = []
    problems: list[BaseException] = []

    def run() -> None:
        try:
            results.append(function())
        except BaseException as problem:
            problems.append(problem)

    try:
        hub.thread(run)
    except RuntimeError:
        # At the end of a program Python 3.12 starts no more threads.
        run()
    until(hub, lambda: results or problems)
    if problems:
        raise problems[0]
    return results[0]
