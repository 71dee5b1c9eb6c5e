"""Greenlets of eventlet."""

from __future__ import annotations

from typing import Any, Callable

try:
    from eventlet import hubs, tpool
    from greenlet import getcurrent
except ImportError as error:
    raise ImportError(
        "ctzmq.green needs eventlet: pip install 'ctzmq[eventlet]'", name="eventlet"
    ) from error


class EventletHub:
    """The hub of one native thread."""

    __slots__ = ("_hub",)

    def __init__(self, hub: Any) -> None:
        self._hub = hub

    def watch(self, descriptor: int, changed: Callable[[], None], write: bool = False) -> Any:
        """Have a function called whenever a descriptor is readable, or writable."""
        kind = self._hub.WRITE if write else self._hub.READ
        return self._hub.add(kind, descriptor, lambda _: changed(), _nothing, _nothing)

    def attend(self, watch: Any, wanted: bool) -> None:
        """Tell whether anybody waits for a watch; it stays, because taking it back costs more."""

    def unwatch(self, watch: Any) -> None:
        """Stop watching."""
        self._hub.remove(watch)

    def greenlet(self) -> Any:
        """Return the greenlet that runs."""
        return getcurrent()

    def park(self, seconds: float | None, expired: Callable[[], None]) -> None:
        """Let others run until this greenlet is resumed."""
        if seconds is None:
            self._hub.switch()
            return
        timer = self._hub.schedule_call_global(seconds, expired)
        try:
            self._hub.switch()
        finally:
            timer.cancel()

    def resume(self, greenlet: Any) -> Any:
        """Have a parked greenlet run soon."""
        return self._hub.schedule_call_global(0, greenlet.switch)

    def cancel(self, resumption: Any) -> None:
        """Take a resumption back."""
        resumption.cancel()

    def breathe(self) -> None:
        """Let all others that can run do so once."""
        resumption = self.resume(getcurrent())
        try:
            self._hub.switch()
        finally:
            resumption.cancel()

    def apart(self, function: Callable[[], Any]) -> Any:
        """Call a function in a native thread, while others run here."""
        return tpool.execute(function)


def _nothing(*_: Any) -> None:
    """The hub tells of descriptors that are gone; a closed socket has woken everybody already."""




def current() -> EventletHub:
    """Return the hub of this thread."""
    hub = hubs.get_hub()
    try:
        mine: EventletHub = hub._ctzmq_hub
    except AttributeError:
        mine = hub._ctzmq_hub = EventletHub(hub)
    return mine


__all__ = ["EventletHub", "current"]
