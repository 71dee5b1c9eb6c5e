"""The message calls through stubs, as defined by `contract`.

A handle is the address of the socket's `c_void_p`, and a message is a bytearray that nobody else
refers to and whose size never changes. Calls that no message needs are left to ctypes.
"""

from __future__ import annotations

import ctypes
from typing import Any, Callable

from ..common import (
    close_socket,
    errno,
    last_errno,
    leave_to,
    occupied,
    poll,
    prepare,
    table,
    terminate,
    try_poll,
)
from ..contract import Received
from . import make
from .operations import MESSAGE

__all__ = [
    "GETBUFFER",
    "NAME",
    "NATIVE",
    "NULL",
    "ask_receive",
    "ask_receive_all",
    "close",
    "close_socket",
    "content",
    "empty",
    "errno",
    "keep_less",
    "last_errno",
    "leave_to",
    "message_more",
    "message_size",
    "new_look",
    "new_message",
    "occupied",
    "pointer",
    "poll",
    "prepare",
    "read",
    "receive",
    "receive_all",
    "receive_message",
    "reference",
    "send",
    "send_all",
    "send_copy",
    "send_message",
    "table",
    "terminate",
    "try_get",
    "try_poll",
    "wait_receive",
    "wait_receive_message",
    "wait_send",
    "wait_send_message",
]

NAME: str = "stubs"
NATIVE = True
NULL: Any = 0

_made = make()
GETBUFFER: int = _made["getbuffer"]
send: Callable[[int, bytes, int], int] = _made["send"]
send_all: Callable[[int, Any, int], int] = _made["send_all"]
receive: Callable[[int], Received] = _made["receive"]
ask_receive = receive
receive_all: Callable[[int, list[bytes]], int] = _made["receive_all"]
ask_receive_all = receive_all
wait_send: Callable[[int, bytes, int], int] = _made["wait_send"]
wait_receive: Callable[[int, int], Received] = _made["wait_receive"]
new_message: Callable[[], bytearray] = _made["new"]
send_message: Callable[[int, bytearray, int], int] = _made["send_message"]
send_copy: Callable[[int, bytearray, int], int] = _made["send_copy"]
receive_message: Callable[[int, bytearray], int] = _made["receive_message"]
wait_send_message: Callable[[int, bytearray, int], int] = _made["wait_send_message"]
wait_receive_message: Callable[[int, bytearray, int], int] = _made["wait_receive_message"]
message_more: Callable[[bytearray], int] = _made["more"]
message_size: Callable[[bytearray], int] = _made["size"]
read: Callable[[bytearray], bytes] = _made["read"]
empty: Callable[[bytearray], object] = _made["empty"]
close: Callable[[bytearray], int] = _made["close"]
try_get: Callable[[int, int], int | None] = _made["get"]
_look: Callable[[int], int] = _made["look"]
_address: Callable[[bytearray], int] = _made["address"]
_Memory: Any = ctypes.c_char * MESSAGE

#: The handle of the socket whose address a `c_void_p` has.
pointer: Callable[[Any], int] = ctypes.addressof


def new_look() -> Callable[[int], int]:
    """Return a function that reads EVENTS of a handle; less than 0 is a failure."""
    return _look


def reference(message: bytearray) -> Any:
    """Return what the functions of `prototypes` take for this message, which that keeps."""
    return _Memory.from_buffer(message)


def content(message: bytearray) -> tuple[int, int]:
    """Return the address and the size of a message's content."""
    return _address(message), message_size(message)


def keep_less(size: int) -> None:
    """Do nothing: no content is held longer than it takes to copy it."""
