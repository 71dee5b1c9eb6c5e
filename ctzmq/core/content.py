"""One libzmq message and its memory, closed when nothing refers to it any more."""

from __future__ import annotations

import sys
from typing import Any, Callable

from ..libzmq import memory
from ..libzmq.provider import calls
from . import registry

__all__ = ["Content"]

# Not needed on PyPy, which finalizes an object after all objects that refer to it.
_getrefcount: Callable[[object], int] = getattr(sys, "getrefcount", lambda _: 0)


class _Last:
    """Measures the reference count that an unreferenced object has in its own finalizer."""

    references = 0

    def __del__(self, _getrefcount: Any = _getrefcount) -> None:
        self.__class__.references = _getrefcount(self)


_Last()


class _Closing:
    """Closes a message when it is finalized itself."""

    __slots__ = ("_message",)

    def __init__(self, message: Any) -> None:
        self._message = message

    def __del__(
        self, _close: Any = calls.close, _out_of_reach: Any = registry.out_of_reach
    ) -> None:
        if not _out_of_reach():
            _close(self._message)


_pickle_buffer: Any = None


def _offer(data: bytes) -> Any:
    global _pickle_buffer
    if _pickle_buffer is None:
        from _pickle import PickleBuffer

        _pickle_buffer = PickleBuffer
    return _pickle_buffer(data)


class Content:
    """One `zmq_msg_t`, closed when no frame and no view refers to it any more."""

    __slots__ = ("data", "message", "readonly")

    def __init__(self, message: Any, data: object = None, readonly: bool = False) -> None:
        self.message = message
        self.data = data
        self.readonly = readonly

    def __del__(
        self,
        _close: Any = calls.close,
        _out_of_reach: Any = registry.out_of_reach,
        _closing: Any = _Closing,
        _getrefcount: Any = _getrefcount,
        _last: int = _Last.references,
        _unset: Any = AttributeError,
    ) -> None:
        try:
            message = self.message
        except _unset:
            # Its constructor was interrupted.
            return
        if _getrefcount(self) > _last:
            # CPython's garbage collector calls the finalizers of a cycle, in any order, before it
            # breaks the cycle, and another finalizer may still use the message. An object made now
            # is not part of the cycle: it is finalized when this one is cleared.
            self.data = _closing(message)
        elif not _out_of_reach():
            _close(message)

    def view(self) -> memoryview:
        """Show the message's own memory; the view keeps it alive."""
        address, size = calls.content(self.message)
        view = memory.view(address, size, self)
        return view.toreadonly() if self.readonly else view

    def offered(self) -> Any:
        """Return an object that exports the message's own memory as bytes and keeps it alive."""
        if not self.readonly:
            address, size = calls.content(self.message)
            return memory.block(address, size, self)
        data = self.data
        if not isinstance(data, bytes):
            return self.view()
        # Programs count the references to what they send, so this and the frame share one. It is no
        # memoryview, because those in a cycle crash CPython's garbage collector.
        self.data = _offer(data)
        return self.data

    def lent(self) -> Any:
        """Return the object whose memory the message uses, or None."""
        data: Any = self.data
        return data.raw().obj if _pickle_buffer and isinstance(data, _pickle_buffer) else data
