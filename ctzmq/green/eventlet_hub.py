"""The hub for greenlets of eventlet."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Any, Callable

try:
    from eventlet import hubs, patcher
    from eventlet.hubs.hub import BaseHub
    from greenlet import getcurrent
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "ctzmq.green needs eventlet: pip install 'ctzmq[eventlet]'", name="eventlet"
    ) from error

from ..core.polls import WakeupPipe
from ..waiting.hub import Life

_threads: Any = patcher.original("_thread")
_local = _threads._local()


class _Listener:
    """The one listener that eventlet allows for a descriptor, shared by all watches of it."""

    __slots__ = ("functions", "key", "listener", "pid")

    def __init__(self, key: tuple[Any, int]) -> None:
        self.key = key
        self.pid = os.getpid()
        self.functions: list[Callable[[], None]] = []
        self.listener: Any = None

    def changed(self, *_: Any) -> None:
        for function in tuple(self.functions):
            # One callback may have removed another.
            if function in self.functions:
                function()


class EventletHub:
    """The hub of one native thread; `Hub` documents its methods."""

    __slots__ = ("_hub", "_life", "_listeners", "_pid", "instances")

    def __init__(self, hub: Any) -> None:
        self._hub = hub
        self._pid = os.getpid()
        self._life = Life.begin(_local)
        self._listeners: dict[tuple[Any, int], _Listener] = {}
        self.instances: dict[type, Any] = {}

    def watch(self, descriptor: int, changed: Callable[[], None], write: bool = False) -> Any:
        key = (self._hub.WRITE if write else self._hub.READ, descriptor)
        listener = self._listeners.get(key)
        if listener is None:
            listener = _Listener(key)
            try:
                listener.listener = self._hub.add(*key, listener.changed, _nothing, _nothing)
            except BaseException:
                # If the hub cannot watch the descriptor it keeps the listener, and would refuse
                # another.
                kept = self._hub.listeners[key[0]].get(descriptor)
                if kept is not None and kept.cb == listener.changed:
                    BaseHub.remove(self._hub, kept)
                raise
            # It would keep the current greenlet alive, and what that returns.
            listener.listener.greenlet = self._hub.greenlet
            self._listeners[key] = listener
        listener.functions.append(changed)
        return listener, changed

    def attend(self, watch: Any, wanted: bool) -> None:
        # It stays registered, because removing it costs more.
        pass

    def unwatch(self, watch: Any) -> None:
        listener, changed = watch
        if changed not in listener.functions:
            # A signal handler has removed it meanwhile.
            return
        listener.functions.remove(changed)
        if not listener.functions:
            del self._listeners[listener.key]
            # The hub drops listeners of a descriptor that was closed while it was watched.
            with suppress(KeyError):
                if listener.pid == os.getpid():
                    self._hub.remove(listener.listener)
                else:
                    # The child of a fork shares its parent's epoll, from which it must remove
                    # nothing.
                    BaseHub.remove(self._hub, listener.listener)

    def rouse(self) -> None:
        # The child of a fork shares its parent's epoll, which it must not change.
        if self.can_park() or self._pid != os.getpid():
            return
        try:
            wakeup = WakeupPipe()
        except OSError:
            return
        wakeup.wake()
        written = [wakeup]

        def heard() -> None:
            self.unwatch(watch)
            # It would keep two descriptors until it is collected.
            written.clear()

        watch = self.watch(wakeup.reader, heard)

    def here(self) -> bool:
        # Not `get_hub`, which would make a hub.
        return getattr(hubs._threadlocal, "hub", None) is self._hub

    def ended(self) -> bool:
        return self._life() is None

    def greenlet(self) -> Any:
        return getcurrent()

    def can_park(self) -> bool:
        return getcurrent() is not self._hub.greenlet

    def park(self, seconds: float | None, expired: Callable[[], None]) -> Any:
        if seconds is None:
            return self._hub.switch()
        timer = self._hub.schedule_call_global(seconds, expired)
        try:
            return self._hub.switch()
        finally:
            timer.cancel()

    def resume(self, greenlet: Any, *given: Any) -> Any:
        return self._hub.schedule_call_global(0, greenlet.switch, *given)

    def switch(self, greenlet: Any, *given: Any) -> None:
        try:
            greenlet.switch(*given)
        except self._hub.SYSTEM_EXCEPTIONS:
            raise
        except BaseException:
            # The exception left a greenlet, which is dead. The hub would blame the descriptor and
            # drop it.
            self._hub.squelch_generic_exception(sys.exc_info())

    def cancel(self, resumption: Any) -> None:
        resumption.cancel()

    def breathe(self) -> None:
        if not self.can_park():
            return
        timer = self.resume(getcurrent())
        try:
            self._hub.switch()
        finally:
            timer.cancel()

    def thread(self, function: Callable[[], Any]) -> None:
        # Not the threads of `tpool`: it starts twenty, whose end can hang that of the interpreter
        # on PyPy.
        _threads.start_new_thread(function, ())


def _nothing(*_: Any) -> None:
    """Ignore that the hub reports a closed descriptor: closing the socket woke all waiters."""


def current() -> EventletHub:
    """Return the hub of this thread."""
    hub = hubs.get_hub()
    try:
        mine: EventletHub = hub._ctzmq_hub
    except AttributeError:
        mine = hub._ctzmq_hub = EventletHub(hub)
    return mine


__all__ = ["EventletHub", "current"]
