"""Greenlets of gevent."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

try:
    import gevent
    from gevent.hub import get_hub
    from greenlet import getcurrent
except ImportError as error:
    raise ImportError(
        "ctzmq.green.gevent needs gevent: pip install 'ctzmq[gevent]'", name="gevent"
    ) from error


class _Watch(NamedTuple):
    watcher: Any
    changed: Callable[[], None]


class GeventHub:
    """The hub of one native thread."""

    __slots__ = ("_hub",)

    def __init__(self, hub: Any) -> None:
        self._hub = hub

    def watch(self, descriptor: int, changed: Callable[[], None], write: bool = False) -> Any:
        """Have a function called whenever a descriptor is readable, or writable."""
        watcher = self._hub.loop.io(descriptor, 2 if write else 1)
        watcher.start(changed)
        return _Watch(watcher, changed)

    def attend(self, watch: Any, wanted: bool) -> None:
        """Tell whether anybody waits for a watch; one that nobody wants would keep the loop."""
        if not wanted:
            watch.watcher.stop()
        elif not watch.watcher.active:
            watch.watcher.start(watch.changed)

    def unwatch(self, watch: Any) -> None:
        """Stop watching."""
        watch.watcher.stop()
        watch.watcher.close()

    def greenlet(self) -> Any:
        """Return the greenlet that runs."""
        return getcurrent()

    def park(self, seconds: float | None, expired: Callable[[], None]) -> None:
        """Let others run until this greenlet is resumed."""
        if seconds is None:
            self._hub.switch()
            return
        timer = self._hub.loop.timer(seconds)
        timer.start(expired)
        try:
            self._hub.switch()
        finally:
            timer.stop()
            timer.close()

    def resume(self, greenlet: Any) -> Any:
        """Have a parked greenlet run soon."""
        return self._hub.loop.run_callback(greenlet.switch)

    def cancel(self, resumption: Any) -> None:
        """Take a resumption back."""
        resumption.stop()

    def breathe(self) -> None:
        """Let all others that can run do so once."""
        gevent.sleep(0)

    def apart(self, function: Callable[[], Any]) -> Any:
        """Call a function in a native thread, while others run here."""
        return self._hub.threadpool.apply(function)


def current() -> GeventHub:
    """Return the hub of this thread."""
    hub: Any = get_hub()
    try:
        mine: GeventHub = hub._ctzmq_hub
    except AttributeError:
        mine = hub._ctzmq_hub = GeventHub(hub)
    return mine
