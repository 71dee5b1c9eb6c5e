"""What becomes of zero-copy messages in an interpreter that is not the first of its process.

Only the first interpreter lends memory to libzmq. Such a message may come here over inproc, and
whoever lets go of it last runs the first interpreter's callback, for which a thread of another
interpreter has neither the lock nor the memory. So it is let go of in a thread of no interpreter,
where Python enters the first one properly.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress
from types import ModuleType
from typing import Any

from . import loader, prototypes, threads
from .structs import zmq_msg_t

_SHARED = 3
_ROOMS = 64

#: Memory for messages, and messages on their way out with the bytes that they had. It must outlive
#: this interpreter, so it is never freed, but used again: closing a message changes its bytes.
_free: list[Any] = []
_leaving: list[tuple[Any, bytes]] = []


def _room() -> Any:
    """Find memory for a message that stays valid for good."""
    for _ in range(len(_leaving)):
        with suppress(IndexError):
            room, before = _leaving.pop(0)
            if bytes(room) == before:
                _leaving.append((room, before))
            else:
                _free.append(room)
    try:
        return _free.pop()
    except IndexError:
        block = (zmq_msg_t * _ROOMS)()
        # Others use ctypes.pythonapi, too: this function is ours, and so are its types.
        keep = ctypes.pythonapi["Py_IncRef"]
        keep.argtypes = (ctypes.py_object,)
        keep(block)
        _free.extend(block[1:])
        return block[0]


def dismiss(message: Any) -> None:
    """Take a message's content and let go of it in a thread of no interpreter.

    Parameters
    ----------
    message : zmq_msg_t
        The message, which is empty afterwards.
    """
    room = _room()
    reference = ctypes.byref(room)
    prototypes.zmq_msg_init(reference)
    prototypes.zmq_msg_move(reference, message)
    before = bytes(room)
    threads.detached(prototypes.zmq_msg_close, ctypes.addressof(room))
    _leaving.append((room, before))


def guard(calls: ModuleType) -> None:
    """Make the calls of a module let go of messages in this way.

    Parameters
    ----------
    calls : module
        `calls`, before anyone has taken a function out of it.
    """
    close, try_recv, ask_recv, recv = calls.close, calls.try_recv, calls.ask_recv, calls.recv
    get = ctypes.PyDLL(loader.load().handle._name).zmq_msg_get

    def vacate(message: Any) -> None:
        # Each lent message is shared.
        if get(message, _SHARED) == 1:
            dismiss(message)

    def guarded_close(message: Any) -> int:
        vacate(message)
        return int(close(message))

    def guarded_try_recv(message: Any, handle: Any, flags: int) -> int:
        vacate(message)
        return int(try_recv(message, handle, flags))

    def guarded_ask_recv(message: Any, handle: Any, flags: int) -> int:
        vacate(message)
        return int(ask_recv(message, handle, flags))

    def guarded_recv(message: Any, handle: Any, flags: int) -> int:
        vacate(message)
        return int(recv(message, handle, flags))

    calls.close = guarded_close  # type: ignore[attr-defined]
    calls.try_recv = guarded_try_recv  # type: ignore[attr-defined]
    calls.ask_recv = guarded_ask_recv  # type: ignore[attr-defined]
    calls.recv = guarded_recv  # type: ignore[attr-defined]
