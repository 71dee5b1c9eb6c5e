"""What the engine asks of a hub: to watch descriptors, to keep time, to switch greenlets."""

from __future__ import annotations

import weakref
from typing import Any, Callable, Protocol


class Life:
    """What dies with a native thread, or when a thread gets another hub."""

    @classmethod
    def begin(cls, local: Any) -> weakref.ref[Life]:
        """Begin that of a new hub of this thread; keep it in one `_thread._local`, unpatched."""
        local.life = life = cls()
        return weakref.ref(life)


class Watcher(Protocol):
    """One loop of one native thread, which watches descriptors.

    A file a library, such as `eventlet_hub` beside this one, fulfils it.
    """

    def watch(self, descriptor: int, changed: Callable[[], None], write: bool = False) -> Any:
        """Have a function called in the loop whenever a descriptor is readable, or writable.

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
        """Tell whether anybody waits for a watch just now.

        Parameters
        ----------
        watch : object
            What `watch` returned.
        wanted : bool
            Whether it must call; it may call all the same when it is not wanted.
        """

    def unwatch(self, watch: Any) -> None:
        """Stop watching; any thread may do so while nobody waits for the watch."""

    def rouse(self) -> None:
        """Have the loop go on if a signal handler calls this, which has interrupted its wait.

        What the handler has the loop do soon, the loop may not notice before its wait is over.
        """


class Hub(Watcher, Protocol):
    """A loop with the greenlets that it runs."""

    #: The context that each class of contexts gives this thread.
    instances: dict[type, Any]

    def here(self) -> bool:
        """Tell whether this is the hub of the thread that calls it."""

    def ended(self) -> bool:
        """Tell whether its thread is over, so that none of its greenlets goes on."""

    def greenlet(self) -> Any:
        """Return the greenlet that runs."""

    def can_park(self) -> bool:
        """Tell whether the greenlet that runs can let others run: the loop's own cannot."""

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
            What the greenlet was given by whoever resumed it.
        """

    def resume(self, greenlet: Any, *given: Any) -> Any:
        """Have a parked greenlet run soon; return what `cancel` takes back."""

    def switch(self, greenlet: Any) -> None:
        """Have a parked greenlet run at once; only a function that the loop calls may do so."""

    def cancel(self, resumption: Any) -> None:
        """Take a resumption back that may not have happened yet."""

    def breathe(self) -> None:
        """Let all others that can run do so once; the loop itself goes on at once."""

    def thread(self, function: Callable[[], Any]) -> None:
        """Call a function in a native thread of its own, in patched programs too."""
