"""How an interpreter that is not the first of its process closes zero-copy messages.

Only the first interpreter lends memory to libzmq. Such a message may arrive here over inproc, and
closing the last reference to it runs a callback of the first interpreter. In a thread of another
interpreter that crashes the process: the thread holds neither the right lock nor the right thread
state. So the message is closed in a thread that belongs to no interpreter, from which ctypes enters
the first one properly.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress
from typing import Any, Callable

from . import loader, prototypes, threads
from .structs import zmq_msg_t

_SHARED = 3
_ROOMS = 64

#: Free memory for messages, and messages that are being closed, with their bytes from before. The
#: memory must outlive this interpreter, so it is never freed, but reused once closing the message
#: has changed its bytes.
_free: list[Any] = []
_leaving: list[tuple[Any, bytes]] = []


def _room() -> Any:
    """Return memory for a message that stays valid for good."""
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
        # By index, ctypes makes a new function object, whose types no other user of pythonapi
        # changes.
        keep = ctypes.pythonapi["Py_IncRef"]
        keep.argtypes = (ctypes.py_object,)
        keep(block)
        _free.extend(block[1:])
        return block[0]


def dismiss(message: Any) -> None:
    """Move a message's content away and close it in a thread of no interpreter.

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


def guarded(
    close: Callable[[Any], int], *receives: Callable[[Any, Any, int], int]
) -> tuple[Callable[[Any], int], list[Callable[[Any, Any, int], int]]]:
    """Wrap calls so that they close messages in this way.

    Parameters
    ----------
    close : callable
        Closes a message.
    *receives : callable
        Each receives into a message, (message, handle, flags).
    """
    get = ctypes.PyDLL(loader.load().handle._name).zmq_msg_get

    def vacate(message: Any) -> None:
        # Messages with lent memory are marked as shared.
        if get(message, _SHARED) == 1:
            dismiss(message)

    def guarded_close(message: Any) -> int:
        vacate(message)
        return close(message)

    def vacating(receive: Callable[[Any, Any, int], int]) -> Callable[[Any, Any, int], int]:
        def guarded_receive(message: Any, handle: Any, flags: int) -> int:
            vacate(message)
            return receive(message, handle, flags)

        return guarded_receive

    return guarded_close, [vacating(receive) for receive in receives]
