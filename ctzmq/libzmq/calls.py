"""The calls of each message by ctypes, as `contract` asks for them.

Quick calls go through `PyDLL`, which keeps the GIL, and have no `argtypes`, whose checks cost a
third of the call. Careful ones release the GIL, and keep `errno` where `errno()` finds it.
"""

from __future__ import annotations

import ctypes
from typing import Any, Callable

from . import interpreters, isolated, loader, prototypes
from .common import (
    close_socket as close_socket,
)
from .common import (
    errno as errno,
)
from .common import (
    last_errno as last_errno,
)
from .common import (
    poll as poll,
)
from .common import (
    quick,
)
from .common import (
    table as table,
)
from .common import (
    terminate as terminate,
)
from .common import (
    try_poll as try_poll,
)
from .composed import Primitives, compose
from .contract import DONTWAIT, EVENTS
from .structs import zmq_msg_t

NAME: str = "ctypes"
NATIVE = False

_careful = loader.load().handle
_quick = quick()

NULL: Any = ctypes.c_void_p()

_quick.zmq_msg_data.restype = ctypes.POINTER(ctypes.c_char)
_quick.zmq_msg_size.restype = ctypes.c_size_t
_init = _quick.zmq_msg_init
_data: Callable[[Any], Any] = _quick.zmq_msg_data
_getsockopt = _quick.zmq_getsockopt
# The same function again, because this library object gives it another type.
_address: Callable[[Any], int] = quick().zmq_msg_data
_address.restype = ctypes.c_void_p  # type: ignore[attr-defined]

message_more: Callable[[Any], int] = _quick.zmq_msg_more
message_size: Callable[[Any], int] = _quick.zmq_msg_size

_Receive = Callable[[Any, Any, int], int]
close: Callable[[Any], int] = _quick.zmq_msg_close
_try_receive: _Receive = _quick.zmq_msg_recv
_ask_receive: _Receive = quick(use_errno=True).zmq_msg_recv
# In request and reply nearly every receive has to wait, so this one has no argtypes, either.
_wait_receive: _Receive = ctypes.CDLL(_careful._name, use_errno=True).zmq_msg_recv
if not interpreters.is_main():
    close, (_try_receive, _ask_receive, _wait_receive) = isolated.guarded(
        close, _try_receive, _ask_receive, _wait_receive
    )


def pointer(cell: Any) -> Any:
    """Return the handle of the socket whose address a `c_void_p` has."""
    # ctypes reads it in the middle of the call, which costs 60 ns more than an address at hand.
    return cell


def new_message() -> Any:
    """Return an empty `zmq_msg_t` that can be received into again and again."""
    message = ctypes.byref(zmq_msg_t())
    _init(message)
    return message


def empty(message: Any) -> None:
    """Let go of a message's content; the message can be filled again."""
    close(message)
    _init(message)


(
    send,
    send_all,
    receive,
    ask_receive,
    receive_all,
    ask_receive_all,
    wait_send,
    wait_receive,
    keep_less,
) = compose(
    Primitives(
        try_send=_quick.zmq_send,
        wait_send=prototypes.zmq_send,
        try_receive=_try_receive,
        ask_receive=_ask_receive,
        wait_receive=_wait_receive,
        more=message_more,
        size=message_size,
        data=_data,
        new=new_message,
        empty=empty,
        errno=errno,
    )
)


def send_message(
    handle: Any, message: Any, flags: int, _send: Callable[..., int] = _quick.zmq_msg_send
) -> int:
    """Send a message, quickly, which empties it; return its size, or UNKNOWN."""
    return _send(message, handle, flags | DONTWAIT)


def receive_message(handle: Any, message: Any) -> int:
    """Receive into a message, quickly; return its size, or UNKNOWN."""
    return _try_receive(message, handle, DONTWAIT)


def wait_send_message(handle: Any, message: Any, flags: int) -> int:
    """Send a message, which empties it; return its size, or why it cannot be sent."""
    size: int = prototypes.zmq_msg_send(message, handle, flags)
    return size if size >= 0 else -errno()


def wait_receive_message(handle: Any, message: Any, flags: int) -> int:
    """Receive into a message; return its size, or why there is none."""
    size = _wait_receive(message, handle, flags)
    return size if size >= 0 else -errno()


def read(message: Any) -> bytes:
    """Copy a message's content."""
    data: bytes = _data(message)[: message_size(message)]
    return data


def try_get(handle: Any, option: int) -> int | None:
    """Read an int option of a socket without giving up the GIL; None tells that it failed."""
    value, length = ctypes.c_int(), ctypes.c_size_t(4)
    if _getsockopt(handle, option, ctypes.byref(value), ctypes.byref(length)) < 0:
        return None
    return value.value


def new_look() -> Callable[[Any], int]:
    """Return a function that reads EVENTS of a handle without giving up the GIL.

    It keeps the memory that libzmq writes to, so each socket needs one of its own: a signal handler
    that reads EVENTS in between may only make the answer newer.
    """
    value, length = ctypes.c_int(), ctypes.c_size_t(4)
    getsockopt, to_value, to_length = _getsockopt, ctypes.byref(value), ctypes.byref(length)

    def look(handle: Any) -> int:
        return value.value if getsockopt(handle, EVENTS, to_value, to_length) >= 0 else -1

    return look


def reference(message: Any) -> Any:
    """Return what the functions of `prototypes` take for this message."""
    return message


def content(message: Any) -> tuple[int, int]:
    """Return the address and the size of a message's content."""
    return _address(message), message_size(message)
