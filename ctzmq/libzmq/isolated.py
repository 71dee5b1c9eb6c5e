"""What becomes of zero-copy messages in an interpreter that is not the first of its process.

Only the first interpreter lends memory to libzmq. Such a message may come here over inproc, and
whoever lets go of it last runs the first interpreter's callback, for which a thread of another
interpreter has neither the lock nor the memory. So it is let go of in a thread of no interpreter,
where Python enters the first one properly.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress
from typing import Any, Callable

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


def guarded(
    close: Callable[[Any], int], *receives: Callable[[Any, Any, int], int]
) -> tuple[Callable[[Any], int], list[Callable[[Any, Any, int], int]]]:
    """Make calls let go of messages in this way.

    Parameters
    ----------
    close : callable
        Closes a message.
    *receives : callable
        Each receives into a message, (message, handle, flags).
    """
    get = ctypes.PyDLL(loader.load().handle._name).zmq_msg_get

    def vacate(message: Any) -> None:
        # Each lent message is shared.
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
