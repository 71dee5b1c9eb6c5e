"""The calls that every message makes, tuned for CPython's ctypes.

A socket first *tries*: `try_send` and `try_recv` never block, so they go through `PyDLL`, which
keeps the GIL, and have no `argtypes`, whose checks cost a third of the call. Their arguments must
therefore be what C expects already: handles from `pointer`, messages from `new_message`, `bytes`,
and ints that fit a C int. A failed try tells nothing but that it failed.

Only then it goes the careful way: `send`, `recv`, `send_message` release the GIL, check their
arguments and keep `errno` where `errno()` finds it. A send or receive that failed has changed
nothing, so repeating it is safe, and errno is never read on the fast path.

`native` is the twin of this module for PyPy, name for name.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any, Callable

from . import loader, prototypes
from .structs import zmq_msg_t

#: Whether the calls go through PyPy's own FFI in place of ctypes.
NATIVE = False

DONTWAIT = 1
EVENTS = 15

#: A message of this many bytes or more is copied with the GIL released.
LARGE = 65536

_careful = loader.load().handle
# PyPy has no PyDLL and needs none: its JIT makes releasing the GIL cheap.
_quick = getattr(ctypes, "PyDLL", ctypes.CDLL)(_careful._name)

#: The handle of a closed socket; every call on it fails with ENOTSOCK.
NULL: Any = ctypes.c_void_p()


#: pointer(address) -> what the quick calls take; ctypes finds it converted already, which costs
#: 30 ns less than a `c_void_p`, and half its memory
pointer: Callable[[int], Any] = ctypes.c_void_p.from_param
#: try_send(handle, data: bytes, size, flags | DONTWAIT) -> bytes sent, or less than 0
try_send: Callable[[Any, bytes, int, int], int] = _quick.zmq_send
#: try_recv(message, handle, flags | DONTWAIT) -> bytes received, or less than 0
try_recv: Callable[[Any, Any, int], int] = _quick.zmq_msg_recv
#: try_send_message(message, handle, flags | DONTWAIT) -> bytes sent, or less than 0; the message is
#: emptied on success. It copies nothing, so it may be a large one.
try_send_message: Callable[[Any, Any, int], int] = _quick.zmq_msg_send
#: ask_recv(message, handle, flags | DONTWAIT) -> as try_recv, but keeps errno
ask_recv: Callable[[Any, Any, int], int] = getattr(ctypes, "PyDLL", ctypes.CDLL)(
    _careful._name, use_errno=True
).zmq_msg_recv
#: message_more(message) -> 1 if parts of the same message follow, else 0
message_more: Callable[[Any], int] = _quick.zmq_msg_more
#: message_data(message)[:size] -> the content as bytes
message_data: Callable[[Any], Any] = _quick.zmq_msg_data
_quick.zmq_msg_data.restype = ctypes.POINTER(ctypes.c_char)

#: send(address, data, size, flags) -> bytes sent, or -1
send: Callable[[int, Any, int, int], int] = prototypes.zmq_send
#: recv(message, handle, flags) -> bytes received, or -1. In request and reply nearly every receive
#: has to wait, so this one too gets arguments that need no conversion.
recv: Callable[[Any, Any, int], int] = ctypes.CDLL(_careful._name, use_errno=True).zmq_msg_recv
#: send_message(message, address, flags) -> bytes sent, or -1; the message is emptied on success
send_message: Callable[[Any, int, int], int] = prototypes.zmq_msg_send

#: try_poll(table, count, 0) -> number of items that are ready, or less than 0
try_poll: Callable[[Any, int, int], int] = _quick.zmq_poll
#: poll(table, count, milliseconds) -> number of items that are ready, or -1
poll: Callable[[Any, int, int], int] = prototypes.zmq_poll

#: close_socket(address); its result tells nothing that has to be known
close_socket: Callable[[int], int] = prototypes.zmq_close
#: terminate(address of a context) -> 0, or -1 when a signal interrupted it
terminate: Callable[[int], int] = prototypes.zmq_ctx_term

_init = _quick.zmq_msg_init
_getsockopt = _quick.zmq_getsockopt
# The same function again, because this library object gives it another type.
_address: Callable[[Any], int] = type(_quick)(_careful._name).zmq_msg_data
_address.restype = ctypes.c_void_p  # type: ignore[attr-defined]
#: message_size(message) -> the number of bytes of the content
message_size: Callable[[Any], int] = _quick.zmq_msg_size
_quick.zmq_msg_size.restype = ctypes.c_size_t

#: close(message): let go of its content for good
close: Callable[[Any], int] = _quick.zmq_msg_close

if sys.platform == "win32":
    # libzmq may have a C runtime of its own, whose errno ctypes cannot see.
    errno: Callable[[], int] = _quick.zmq_errno
else:
    errno = ctypes.get_errno
#: errno of the last call that a function made which is the library's own
last_errno = errno


def new_message() -> Any:
    """Return an empty `zmq_msg_t` that `try_recv` and `recv` can fill again and again."""
    message = ctypes.byref(zmq_msg_t())
    _init(message)
    return message


def try_get(handle: Any, option: int) -> int | None:
    """Read an int option of a socket without giving up the GIL; None tells that it failed."""
    value, length = ctypes.c_int(), ctypes.c_size_t(4)
    if _getsockopt(handle, option, ctypes.byref(value), ctypes.byref(length)) < 0:
        return None
    return value.value


def new_look() -> Callable[[Any], int]:
    """Return a function that reads EVENTS of a handle without giving up the GIL; -1 is a failure.

    It keeps the memory that libzmq writes to, so each socket needs one of its own: a signal handler
    that reads EVENTS in between may only make the answer newer.
    """
    value, length = ctypes.c_int(), ctypes.c_size_t(4)
    getsockopt, to_value, to_length = _getsockopt, ctypes.byref(value), ctypes.byref(length)

    def look(handle: Any) -> int:
        return value.value if getsockopt(handle, EVENTS, to_value, to_length) >= 0 else -1

    return look


def empty(message: Any) -> None:
    """Let go of a message's content; the message can be filled again."""
    close(message)
    _init(message)


def reference(message: Any) -> Any:
    """Return what the functions of `prototypes` take for this message."""
    return message


def table(memory: bytearray) -> Any:
    """Return what `try_poll` and `poll` take for poll items in this memory, which it keeps."""
    return ctypes.byref((ctypes.c_char * len(memory)).from_buffer(memory))


def content(message: Any) -> tuple[int, int]:
    """Return the address and the size of a message's content."""
    return _address(message), message_size(message)
