"""The calls that every message makes, through the FFI that is built into PyPy.

PyPy's ctypes spends microseconds on each argument; its `cffi`, which is part of every PyPy and
compiles nothing in this mode, is made for the JIT. The functions are found and loaded by ctypes as
everywhere; here their addresses are cast. Every name means what it means in `calls`.
"""

from __future__ import annotations

import ctypes

import cffi  # type: ignore[import-untyped]

from . import loader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

NATIVE = True
DONTWAIT = 1
LARGE = 65536
errno: Callable[[], int] = ctypes.get_errno

_ffi: Any = cffi.FFI()
_library = loader.load().handle


def _cast(name: str, signature: str) -> Callable[..., Any]:
    address = ctypes.cast(getattr(_library, name), ctypes.c_void_p).value
    function: Callable[..., Any] = _ffi.cast(signature, address)
    return function


NULL: Any = _ffi.NULL

try_send: Callable[[Any, bytes, int, int], int] = _cast(
    "zmq_send", "int(*)(void *, const char *, size_t, int)"
)
try_recv: Callable[[Any, Any, int], int] = _cast("zmq_msg_recv", "int(*)(uint64_t *, void *, int)")
message_more: Callable[[Any], int] = _cast("zmq_msg_more", "int(*)(uint64_t *)")

try_poll: Callable[[Any, int, int], int] = _cast("zmq_poll", "int(*)(void *, int, long)")

_data = _cast("zmq_msg_data", "char *(*)(uint64_t *)")
_size = _cast("zmq_msg_size", "size_t(*)(uint64_t *)")
_init = _cast("zmq_msg_init", "int(*)(uint64_t *)")
close: Callable[[Any], int] = _cast("zmq_msg_close", "int(*)(uint64_t *)")
_send_message = _cast("zmq_msg_send", "int(*)(uint64_t *, void *, int)")


def pointer(address: int) -> Any:
    """Turn an address into the object that the calls take without converting it."""
    return _ffi.cast("void *", address)


def message_data(message: Any) -> Any:
    """Return a message's content as an object whose `[:size]` is bytes."""
    return _ffi.buffer(_data(message), _size(message))


def _keep_errno(rc: int) -> int:
    """Hand errno over to ctypes, so that one place tells it, whichever FFI made the call."""
    if rc < 0:
        ctypes.set_errno(_ffi.errno)
    return rc


_getsockopt = _cast("zmq_getsockopt", "int(*)(void *, int, void *, size_t *)")


def try_get(handle: Any, option: int) -> int | None:
    """Read an int option of a socket; None tells that it failed."""
    value, length = _ffi.new("int *"), _ffi.new("size_t *", 4)
    if _getsockopt(handle, option, value, length) < 0:
        return None
    number: int = value[0]
    return number


def send(address: int, data: bytes, size: int, flags: int) -> int:
    """Send bytes, waiting if need be; return their number, or -1."""
    return _keep_errno(try_send(pointer(address), data, size, flags))


def recv(message: Any, handle: Any, flags: int) -> int:
    """Receive into a message, waiting if need be; return its size, or -1."""
    return _keep_errno(try_recv(message, handle, flags))


def send_message(message: Any, address: int, flags: int) -> int:
    """Send a message, waiting if need be, which empties it; return its size, or -1."""
    return _keep_errno(_send_message(message, pointer(address), flags))


def poll(table: Any, count: int, timeout: int) -> int:
    """Wait until a poll item is ready, in milliseconds; return how many are, or -1."""
    return _keep_errno(try_poll(table, count, timeout))


def new_message() -> Any:
    """Return an empty `zmq_msg_t` that `try_recv` and `recv` can fill again and again."""
    message = _ffi.new("uint64_t[8]")
    _init(message)
    return message


def empty(message: Any) -> None:
    """Let go of a message's content; the message can be filled again."""
    close(message)
    _init(message)


def reference(message: Any) -> Any:
    """Return what the functions of `prototypes` take for this message."""
    return int(_ffi.cast("uintptr_t", message))


def table(memory: bytearray) -> Any:
    """Return what `try_poll` and `poll` take for poll items in this memory, which it keeps."""
    return _ffi.from_buffer(memory)


def content(message: Any) -> tuple[int, int]:
    """Return the address and the size of a message's content."""
    return int(_ffi.cast("uintptr_t", _data(message))), _size(message)
