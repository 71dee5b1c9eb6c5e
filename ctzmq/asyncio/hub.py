"""Watches descriptors in asyncio event loops, even in those that cannot do it themselves."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from typing import Any, Callable

from .pace import Pace

Key = tuple[int, bool]


class Watch:
    """One function that is called when a descriptor changes."""

    __slots__ = ("changed", "kept", "key")

    def __init__(self, key: Key, changed: Callable[[], Any]) -> None:
        self.key = key
        self.changed = changed
        #: An object to keep alive for as long as something waits.
        self.kept: Any = None


class LoopHub:
    """What one loop of asyncio watches; `Watcher` tells what its methods do.

    Parameters
    ----------
    loop : asyncio loop
        The loop, which also holds this.
    """

    __slots__ = ("_selector", "_watches", "loop", "pace", "pid")

    def __init__(self, loop: Any) -> None:
        self.loop = loop
        #: Decides when calls let others run.
        self.pace = Pace(loop)
        self.pid = os.getpid()
        #: A loop allows one callback a descriptor; these are all the watches behind it.
        self._watches: dict[Key, list[Watch]] = {}
        self._selector: Any = loop

    def watch(self, descriptor: int, changed: Callable[[], Any], write: bool = False) -> Watch:
        watch = Watch((descriptor, write), changed)
        watches = self._watches.setdefault(watch.key, [])
        watches.append(watch)
        if len(watches) == 1:
            try:
                self._begin(*watch.key)
            except BaseException:
                del self._watches[watch.key]
                raise
        return watch

    def _begin(self, descriptor: int, write: bool) -> None:
        # The loop may still watch an older descriptor of this number, closed in another thread.
        self._end(descriptor, write)
        selector = self._selector
        add = selector.add_writer if write else selector.add_reader
        try:
            add(descriptor, self._changed, (descriptor, write))
        except NotImplementedError:
            if selector is not self.loop:
                raise
            from .selector_thread import SelectorThread

            self._selector = SelectorThread(self.loop)
            self._begin(descriptor, write)

    def _end(self, descriptor: int, write: bool) -> None:
        selector = self._selector
        with suppress(NotImplementedError):
            (selector.remove_writer if write else selector.remove_reader)(descriptor)

    def _changed(self, key: Key) -> None:
        for watch in tuple(self._watches.get(key, ())):
            # One callback may have removed another.
            if watch in self._watches.get(key, ()):
                watch.changed()

    def attend(self, watch: Watch, wanted: bool) -> None:
        # It stays registered, because removing it costs more.
        pass

    def unwatch(self, watch: Watch) -> None:
        watches = self._watches.get(watch.key, [])
        if watch not in watches:
            return
        watches.remove(watch)
        watch.kept = None
        if not watches:
            del self._watches[watch.key]
            if not self.loop.is_closed():
                self.call(self._forget, watch.key)
            elif self._selector is not self.loop and os.getpid() == self.pid:
                # The thread would outlive the loop.
                self._forget(watch.key)

    def _forget(self, key: Key) -> None:
        # Another socket may have this descriptor by now.
        if key not in self._watches:
            self._end(*key)

    def rouse(self) -> None:
        if os.getpid() == self.pid:
            # It may be closed just now.
            with suppress(RuntimeError):
                self.loop.call_soon_threadsafe(_nothing)

    def call(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Call a function in the thread of the loop: at once if that is the current thread.

        Nothing happens when the loop is closed, or was inherited from the parent by a fork.

        Parameters
        ----------
        function : callable
            What to call.
        *arguments
            Its arguments.
        """
        loop = self.loop
        if loop.is_closed() or os.getpid() != self.pid:
            return
        if loop.is_running() and not in_thread_of(loop):
            # It may be closed just now.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(function, *arguments)
        else:
            function(*arguments)


def _nothing() -> None:
    """Do nothing; being scheduled is enough to wake the loop."""


def in_thread_of(loop: Any) -> bool:
    """Tell whether a loop runs in this thread."""
    return asyncio._get_running_loop() is loop


def hub_of(loop: Any) -> LoopHub:
    """Return the hub of a loop."""
    hub: LoopHub | None = getattr(loop, "_ctzmq_hub", None)
    if hub is None or hub.pid != os.getpid():
        hub = loop._ctzmq_hub = LoopHub(loop)
    return hub
