"""The hub for greenlets of gevent."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any, Callable, NamedTuple

try:
    import gevent
    from gevent._hub_local import get_hub_if_exists
    from gevent.hub import get_hub
    from gevent.monkey import get_original
    from greenlet import getcurrent
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "ctzmq.green.gevent needs gevent: pip install 'ctzmq[gevent]'", name="gevent"
    ) from error

from ..waiting.hub import Life

_local = get_original("_thread", "_local")()

#: The shortest time of libuv's timers in seconds; they warn of less.
LEAST = 0.001


class _Watch(NamedTuple):
    watcher: Any
    changed: Callable[[], None]
    pid: int

    def end(self) -> None:
        self.watcher.stop()
        self.watcher.close()


class GeventHub:
    """The hub of one native thread; `Hub` documents its methods."""

    __slots__ = ("_hub", "_life", "instances")

    def __init__(self, hub: Any) -> None:
        self._hub = hub
        self._life = Life.begin(_local)
        self.instances: dict[type, Any] = {}

    def watch(self, descriptor: int, changed: Callable[[], None], write: bool = False) -> Any:
        watcher = self._hub.loop.io(descriptor, 2 if write else 1)
        watcher.start(changed)
        return _Watch(watcher, changed, os.getpid())

    def attend(self, watch: Any, wanted: bool) -> None:
        # An active watcher that nobody needs would keep the loop from ending.
        if not wanted:
            watch.watcher.stop()
        elif not watch.watcher.active:
            watch.watcher.start(watch.changed)

    def unwatch(self, watch: Any) -> None:
        loop = self._hub.loop
        if loop is None:
            # It was destroyed with all its watchers.
            pass
        elif watch.pid != os.getpid():
            # The child of a fork shares its parent's epoll until its own loop begins.
            loop.run_callback(watch.end)
        elif self.here():
            watch.end()
        else:
            # A loop must not be used in another thread; the watcher is stopped already.
            with suppress(ValueError):
                loop.run_callback_threadsafe(watch.end)

    def rouse(self) -> None:
        # gevent's loop checks by itself after each signal.
        pass

    def belongs_to(self, hub: Any) -> bool:
        """Tell whether this wraps the given hub of gevent."""
        return self._hub is hub

    def here(self) -> bool:
        return self.belongs_to(get_hub_if_exists())

    def ended(self) -> bool:
        return self._life() is None or self._hub.loop is None

    def greenlet(self) -> Any:
        return getcurrent()

    def can_park(self) -> bool:
        return getcurrent() is not self._hub

    def park(self, seconds: float | None, expired: Callable[[], None]) -> Any:
        if seconds is None:
            return self._hub.switch()
        timer = self._hub.loop.timer(max(seconds, LEAST))
        timer.start(expired)
        try:
            return self._hub.switch()
        finally:
            timer.stop()
            timer.close()

    def resume(self, greenlet: Any, *given: Any) -> Any:
        return self._hub.loop.run_callback(greenlet.switch, *given)

    def switch(self, greenlet: Any, *given: Any) -> None:
        greenlet.switch(*given)

    def cancel(self, resumption: Any) -> None:
        resumption.stop()

    def breathe(self) -> None:
        if self.can_park():
            gevent.sleep(0)

    def thread(self, function: Callable[[], Any]) -> None:
        get_original("_thread", "start_new_thread")(function, ())


def current() -> GeventHub:
    """Return the hub of this thread."""
    hub: Any = get_hub()
    mine: GeventHub | None = getattr(_local, "hub", None)
    if mine is None or not mine.belongs_to(hub):
        # Nothing of gevent's leads here: greenlet crashes when a hub in a cycle is collected after
        # its thread.
        mine = _local.hub = GeventHub(hub)
    return mine


__all__ = ["GeventHub", "current"]
