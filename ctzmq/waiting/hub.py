"""The interface of hubs: watching descriptors, timers, switching greenlets."""

from __future__ import annotations

import weakref
from typing import Any, Callable, Protocol


class Life:
    """An object that dies with its native thread, or when the thread gets another hub."""

    @classmethod
    def begin(cls, local: Any) -> weakref.ref[Life]:
        """Begin the life of a new hub of this thread, kept in an unpatched `_thread._local`."""
        local.life = life = cls()
        return weakref.ref(life)


class Watcher(Protocol):
    """One loop of one native thread, which watches descriptors.

    Each library has a module that implements it, such as `green.eventlet_hub`.
    """

    def watch(self, descriptor: int, changed: Callable[[], None], write: bool = False) -> Any:
        """Call a function in the loop whenever a descriptor is readable, or writable.

        Parameters
        ----------
        descriptor : int
            The file descriptor.
        changed : callable
            What to call, again and again.
        write : bool
            Whether to wait until it is writable.

        Returns
        -------
        object
            For `unwatch`.
        """

    def attend(self, watch: Any, wanted: bool) -> None:
        """Tell the hub whether a watch is needed at the moment.

        Parameters
        ----------
        watch : object
            What `watch` returned.
        wanted : bool
            Whether it must call its function; it may do so even if it is not wanted.
        """

    def unwatch(self, watch: Any) -> None:
        """Stop watching; any thread may do so while nobody waits for the watch."""

    def rouse(self) -> None:
        """Wake the loop, if a signal handler that has interrupted its wait calls this.

        Otherwise the loop might not notice what the handler has scheduled until its wait is over.
        """


class Hub(Watcher, Protocol):
    """A loop with the greenlets that it runs."""

    #: The instance of each context class for this thread.
    instances: dict[type, Any]

    def here(self) -> bool:
        """Tell whether this is the hub of the thread that calls it."""

    def ended(self) -> bool:
        """Tell whether its thread has ended, so that none of its greenlets will run again."""

    def greenlet(self) -> Any:
        """Return the current greenlet."""

    def can_park(self) -> bool:
        """Tell whether the current greenlet can let others run: that of the loop itself cannot."""

    def park(self, seconds: float | None, expired: Callable[[], None]) -> Any:
        """Let others run until this greenlet is resumed.

        Parameters
        ----------
        seconds : float or None
            Call `expired` in the loop after this time, unless the greenlet runs again before.
        expired : callable
            What to call then.

        Returns
        -------
        object
            The value that `resume` was given.
        """

    def resume(self, greenlet: Any, *given: Any) -> Any:
        """Resume a parked greenlet soon; return a handle for `cancel`."""

    def switch(self, greenlet: Any, *given: Any) -> None:
        """Resume a parked greenlet at once; only callbacks of the loop may call this."""

    def cancel(self, resumption: Any) -> None:
        """Cancel a resumption, if it has not happened yet."""

    def breathe(self) -> None:
        """Let every other ready greenlet run once; in the loop itself this returns at once."""

    def thread(self, function: Callable[[], Any]) -> None:
        """Call a function in a native thread of its own, in patched programs too."""
