"""The message calls through ctypes, as defined by `contract`.

Quick calls go through `PyDLL`, which keeps the GIL, and have no `argtypes`, whose checks would take
a third of the call. Careful calls release the GIL, and keep `errno` for `errno()`.
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
    leave_to as leave_to,
)
from .common import (
    occupied as occupied,
)
from .common import (
    poll as poll,
)
from .common import (
    prepare as prepare,
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
from .composed import compose
from .contract import EVENTS
from .structs import zmq_msg_t

NAME: str = "ctypes"
NATIVE = False

_careful = loader.load().handle
_quick = quick()

NULL: Any = ctypes.c_void_p()
GETBUFFER = 0

_quick.zmq_msg_data.restype = ctypes.POINTER(ctypes.c_char)
_quick.zmq_msg_size.restype = ctypes.c_size_t
_init = _quick.zmq_msg_init
_data: Callable[[Any], Any] = _quick.zmq_msg_data
_getsockopt = _quick.zmq_getsockopt
# The same function again with another type, through a library object of its own.
_address: Callable[[Any], int] = quick().zmq_msg_data
_address.restype = ctypes.c_void_p  # type: ignore[attr-defined]

message_more: Callable[[Any], int] = _quick.zmq_msg_more
message_size: Callable[[Any], int] = _quick.zmq_msg_size

_Receive = Callable[[Any, Any, int], int]
close: Callable[[Any], int] = _quick.zmq_msg_close
_try_receive: _Receive = _quick.zmq_msg_recv
_ask_receive: _Receive = quick(use_errno=True).zmq_msg_recv
# In request-reply nearly every receive has to wait, so this one has no argtypes either.
_wait_receive: _Receive = ctypes.CDLL(_careful._name, use_errno=True).zmq_msg_recv
if not interpreters.is_main():
    close, (_try_receive, _ask_receive, _wait_receive) = isolated.guarded(
        close, _try_receive, _ask_receive, _wait_receive
    )


def pointer(cell: Any) -> Any:
    """Return the handle of the socket whose address a `c_void_p` has."""
    # ctypes reads the cell during the call, which costs 60 ns more than a plain address.
    return cell


def new_message() -> Any:
    """Return an empty `zmq_msg_t` that can be received into again and again."""
    message = ctypes.byref(zmq_msg_t())
    _init(message)
    return message


def empty(message: Any) -> None:
    """Release a message's content; the message can be filled again."""
    close(message)
    _init(message)


_operations = compose(
    try_send=_quick.zmq_send,
    careful_send=prototypes.zmq_send,
    try_receive=_try_receive,
    asking_receive=_ask_receive,
    careful_receive=_wait_receive,
    try_send_message=_quick.zmq_msg_send,
    copy_message=_quick.zmq_msg_copy,
    careful_send_message=prototypes.zmq_msg_send,
    more_follows=message_more,
    size_of=message_size,
    data_of=_data,
    new_message=new_message,
    empty=empty,
    errno=errno,
)
send = _operations.send
send_all = _operations.send_all
receive = _operations.receive
ask_receive = _operations.ask_receive
receive_all = _operations.receive_all
ask_receive_all = _operations.ask_receive_all
wait_send = _operations.wait_send
wait_receive = _operations.wait_receive
send_message = _operations.send_message
send_copy = _operations.send_copy
receive_message = _operations.receive_message
wait_send_message = _operations.wait_send_message
wait_receive_message = _operations.wait_receive_message
read = _operations.read
keep_less = _operations.keep_less


def try_get(handle: Any, option: int) -> int | None:
    """Read an int option of a socket without giving up the GIL; None tells that it failed."""
    value, length = ctypes.c_int(), ctypes.c_size_t(4)
    if _getsockopt(handle, option, ctypes.byref(value), ctypes.byref(length)) < 0:
        return None
    return value.value


def new_look() -> Callable[[Any], int]:
    """Return a function that reads EVENTS of a handle without giving up the GIL.

    It owns the memory that libzmq writes to, so each socket needs one of its own. A signal handler
    that reads EVENTS meanwhile can only make the answer newer.
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
