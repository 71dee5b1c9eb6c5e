"""Watches descriptors for a loop that cannot, such as Windows' Proactor."""

from __future__ import annotations

import selectors
import socket
import threading
import weakref
from contextlib import suppress
from typing import Any, Callable

Key = tuple[int, bool]

_MASKS = (selectors.EVENT_READ, selectors.EVENT_WRITE)


class SelectorThread:
    """The methods of a loop that watch descriptors, implemented with a thread.

    The thread lives for as long as there is something to watch, and never keeps a program from
    ending. It never reads or writes a descriptor that is watched: it notifies the loop, and goes on
    once the loop has called all functions.

    Parameters
    ----------
    loop : asyncio loop
        Where the functions are called.
    """

    def __init__(self, loop: Any) -> None:
        self._loop = weakref.ref(loop)
        self._functions: dict[Key, Callable[[], Any]] = {}
        self._thread: _Thread | None = None

    def add_reader(self, descriptor: int, function: Callable[..., Any], *arguments: Any) -> None:
        """Call a function again and again while a descriptor is readable."""
        self._add((descriptor, False), lambda: function(*arguments))

    def add_writer(self, descriptor: int, function: Callable[..., Any], *arguments: Any) -> None:
        """Call a function again and again while a descriptor is writable."""
        self._add((descriptor, True), lambda: function(*arguments))

    def remove_reader(self, descriptor: int) -> None:
        """Undo `add_reader`."""
        self._remove((descriptor, False))

    def remove_writer(self, descriptor: int) -> None:
        """Undo `add_writer`."""
        self._remove((descriptor, True))

    def _add(self, key: Key, function: Callable[[], Any]) -> None:
        thread = self._thread
        if thread is None or thread.ended:
            thread = self._thread = _Thread(self._loop, self._functions)
        self._functions[key] = function
        try:
            thread.watch(key[0], self._mask(key[0]))
        except BaseException:
            self._remove(key)
            raise

    def _remove(self, key: Key) -> None:
        thread = self._thread
        if self._functions.pop(key, None) is None or thread is None or thread.ended:
            return
        if self._functions:
            thread.watch(key[0], self._mask(key[0]))
        else:
            thread.end()

    def _mask(self, descriptor: int) -> int:
        return sum(
            mask
            for write, mask in enumerate(_MASKS)
            if (descriptor, bool(write)) in self._functions
        )


class _Thread:
    """One thread, and the selector that it waits in."""

    def __init__(self, loop: Any, functions: dict[Key, Callable[[], Any]]) -> None:
        self.ended = False
        self._loop = loop
        self._functions = functions
        self._selector = selectors.DefaultSelector()
        # On Windows a selector accepts only sockets.
        self._inner, self._outer = socket.socketpair()
        for end in (self._inner, self._outer):
            end.setblocking(False)
        self._selector.register(self._inner, selectors.EVENT_READ)
        self._told = threading.Event()
        threading.Thread(target=self._run, name="ctzmq selector", daemon=True).start()

    def watch(self, descriptor: int, mask: int) -> None:
        """Change the events that a descriptor is watched for; a mask of 0 stops watching it."""
        known = descriptor in self._selector.get_map()
        if not mask:
            if known:
                self._selector.unregister(descriptor)
        elif known:
            self._selector.modify(descriptor, mask)
        else:
            self._selector.register(descriptor, mask)
        self._interrupt()

    def end(self) -> None:
        """End the thread, which then closes its selector and sockets."""
        self.ended = True
        self._told.set()
        self._interrupt()

    def _interrupt(self) -> None:
        # The buffer may be full already, or the thread has ended.
        with suppress(OSError):
            self._outer.send(b"!")

    def _run(self) -> None:
        try:
            while not self.ended and self._tell(self._wait()):
                pass
        finally:
            self.ended = True
            self._selector.close()
            self._inner.close()
            self._outer.close()

    def _wait(self) -> list[Key]:
        try:
            ready = [(key.fd, mask) for key, mask in self._selector.select()]
        except OSError:
            # One of them was closed while it was watched: call all functions.
            return list(self._functions)
        inner = self._inner.fileno()
        if any(descriptor == inner for descriptor, _ in ready):
            self._inner.recv(4096)
        return [
            (descriptor, bool(write))
            for descriptor, events in ready
            for write, mask in enumerate(_MASKS)
            if descriptor != inner and events & mask
        ]

    def _tell(self, keys: list[Key]) -> bool:
        """Have the functions called; return whether there is a loop to call them."""
        if not keys:
            return True
        loop = self._loop()
        if loop is None:
            return False
        self._told.clear()
        try:
            loop.call_soon_threadsafe(self._call, loop, keys)
        except RuntimeError:
            # It is closed.
            return False
        del loop
        if not self.ended:
            self._told.wait()
        return True

    def _call(self, loop: Any, keys: list[Key]) -> None:
        for key in keys:
            function = self._functions.get(key)
            if function is not None:
                loop.call_soon(function)
        loop.call_soon(self._told.set)
