"""How a greenlet waits: until it is woken, or until a native thread has done something."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any, Callable, TypeVar

from ..waiting.hub import Hub

T = TypeVar("T")

#: How long to sleep between two checks of what other threads do, in seconds: at first, at most.
_NAPS = (0.0005, 0.01)


class HasHub:
    """A green socket, context, poller or tracker; each flavour sets its hub as `_hub`."""

    __slots__ = ()

    if TYPE_CHECKING:

        @staticmethod
        def _hub() -> Hub:
            """Return the hub of the thread that calls it."""


class Place:
    """A waiting greenlet: its place in a line, or its poll of several sockets."""

    __slots__ = ("_hub", "_resumption", "_stray", "greenlet", "refused", "woken")

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._resumption: Any = None
        self._stray: tuple[Any] | None = None
        self.greenlet = hub.greenlet()
        #: Whether there is no room for its message although EVENTS says POLLOUT; others may have
        #: room.
        self.refused = False
        self.woken = False

    def wake(self) -> None:
        """Resume the greenlet soon."""
        if not self.woken:
            self.woken = True
            self._resumption = self._hub.resume(self.greenlet, self)

    def run(self) -> None:
        """Resume the greenlet at once; only callbacks of the loop may call this."""
        self.woken = True
        self._hub.switch(self.greenlet, self)

    def park(self, deadline: float | None) -> bool:
        """Wait until woken; return whether that was before the deadline."""
        left = None if deadline is None else deadline - monotonic()
        if left is not None and left <= 0:
            return False
        try:
            if not self.woken:
                given = self._hub.park(left, self.wake)
                if given is not self:
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
        """Cancel a resumption that has not happened."""
        resumption, self._resumption = self._resumption, None
        self.woken = False
        if resumption is not None:
            self._hub.cancel(resumption)


def until(hub: Hub, done: Callable[[], object], deadline: float | None = None) -> bool:
    """Let others run until a condition holds; return whether that was before the deadline.

    This is for conditions that other native threads fulfil, which cannot call a hub.

    Parameters
    ----------
    hub : Hub
        Where to wait.
    done : callable
        The condition.
    deadline : float, optional
        The `monotonic` time until which to wait; for ever when left out.
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
    """Call a blocking function in a native thread while others run; return its result.

    Parameters
    ----------
    hub : Hub
        Where to wait.
    function : callable
        What to call; what it raises is raised here.
    """
    if not hub.can_park():
        # Called in the loop itself, for instance by a signal handler: all wait for it anyway.
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
        # At shutdown Python 3.12 and newer start no more threads.
        run()
    until(hub, lambda: results or problems)
    if problems:
        raise problems[0]
    return results[0]
