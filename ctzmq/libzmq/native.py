"""The calls of each message through the FFI that is built into PyPy, as `contract` asks for them.

PyPy's ctypes spends microseconds on each argument; the backend of its `cffi`, which is part of
every PyPy, is made for the JIT. It is used without `cffi` itself, whose parser of C declarations
takes as long to load as everything else together.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any, Callable

import _cffi_backend  # type: ignore[import-untyped]

from . import loader
from .composed import compose
from .contract import EVENTS

NAME: str = "PyPy's FFI"
NATIVE = True
_ffi: Any = _cffi_backend
_int: Any = _ffi.new_primitive_type("int")
_long: Any = _ffi.new_primitive_type("long")
_size_t: Any = _ffi.new_primitive_type("size_t")
_uintptr_t: Any = _ffi.new_primitive_type("uintptr_t")
_ptr: Any = _ffi.new_pointer_type(_ffi.new_void_type())
_chars: Any = _ffi.new_pointer_type(_ffi.new_primitive_type("char"))
_memory: Any = _ffi.new_array_type(_chars, None)
_words: Any = _ffi.new_pointer_type(_ffi.new_primitive_type("uint64_t"))
_message: Any = _ffi.new_array_type(_words, 8)
_int_ref: Any = _ffi.new_pointer_type(_int)
_ints: Any = _ffi.new_array_type(_int_ref, 4)
_size_t_ref: Any = _ffi.new_pointer_type(_size_t)

# The library that ctypes has opened, once more; it stays open for as long as this refers to it.
_library: Any = _ffi.load_library(loader.load().handle._name, _ffi.RTLD_NOW | _ffi.RTLD_LOCAL)


def _function(name: str, result: Any, *parameters: Any) -> Callable[..., Any]:
    kind = _ffi.new_function_type(parameters, result, False)
    function: Callable[..., Any] = _library.load_function(kind, name)
    return function


_cell: Any = _ffi.new_pointer_type(_ptr)
_nothing: Any = _ffi.cast(_ptr, 0)
NULL: Any = _ffi.cast(_cell, 0)
GETBUFFER = 0

_zmq_send = _function("zmq_send", _int, _ptr, _chars, _size_t, _int)
_zmq_msg_recv = _function("zmq_msg_recv", _int, _words, _ptr, _int)
_zmq_msg_send = _function("zmq_msg_send", _int, _words, _ptr, _int)
message_more: Callable[[Any], int] = _function("zmq_msg_more", _int, _words)
try_poll: Callable[[Any, int, int], int] = _function("zmq_poll", _int, _ptr, _int, _long)
close: Callable[[Any], int] = _function("zmq_msg_close", _int, _words)
close_socket: Callable[[int], int] = _function("zmq_close", _int, _uintptr_t)
terminate: Callable[[int], int] = _function("zmq_ctx_term", _int, _uintptr_t)

message_size: Callable[[Any], int] = _function("zmq_msg_size", _size_t, _words)
_data = _function("zmq_msg_data", _chars, _words)
_init = _function("zmq_msg_init", _int, _words)
_copy = _function("zmq_msg_copy", _int, _words, _words)
_getsockopt = _function("zmq_getsockopt", _int, _ptr, _int, _int_ref, _size_t_ref)


if sys.platform == "win32":
    # libzmq may have a C runtime of its own, whose errno ctypes cannot see.
    errno: Callable[[], int] = _function("zmq_errno", _int)
else:
    errno = ctypes.get_errno


#: errno of the last call that one of these functions made itself
last_errno: Callable[[], int] = _ffi.get_errno


def pointer(cell: Any) -> Any:
    """Return the handle of the socket whose address a `c_void_p` has."""
    return _ffi.cast(_cell, ctypes.addressof(cell))


# The address is read last: a signal handler that came in later would close the socket under libzmq.


def _send(handle: Any, data: bytes, size: int, flags: int) -> int:
    sent: int = _zmq_send(handle[0] if handle else _nothing, data, size, flags)
    return sent


def _receive(message: Any, handle: Any, flags: int) -> int:
    size: int = _zmq_msg_recv(message, handle[0] if handle else _nothing, flags)
    return size


def _send_message(message: Any, handle: Any, flags: int) -> int:
    size: int = _zmq_msg_send(message, handle[0] if handle else _nothing, flags)
    return size


def _content(message: Any) -> Any:
    # Its [:size] is bytes, for the right size.
    return _ffi.buffer(_data(message), sys.maxsize)


def new_message() -> Any:
    """Return an empty `zmq_msg_t` that can be received into again and again."""
    message = _ffi.newp(_message)
    _init(message)
    return message


def empty(message: Any) -> None:
    """Let go of a message's content; the message can be filled again."""
    close(message)
    _init(message)


_operations = compose(
    # PyPy lets other threads run in each call, and keeps errno of each.
    try_send=_send,
    careful_send=_send,
    try_receive=_receive,
    asking_receive=_receive,
    careful_receive=_receive,
    try_send_message=_send_message,
    copy_message=_copy,
    careful_send_message=_send_message,
    more_follows=message_more,
    size_of=message_size,
    data_of=_content,
    new_message=new_message,
    empty=empty,
    errno=last_errno,
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
    """Read an int option of a socket; None tells that it failed."""
    # The value and its size in one piece of memory, which takes PyPy longer to get than the rest.
    value = _ffi.newp(_ints)
    length = _ffi.cast(_size_t_ref, value + 2)
    length[0] = 4
    if _getsockopt(handle[0] if handle else _nothing, option, value, length) < 0:
        return None
    number: int = value[0]
    return number


def new_look() -> Callable[[Any], int]:
    """Return a function that reads EVENTS of a handle; -1 is a failure."""
    value = _ffi.newp(_ints)
    length = _ffi.cast(_size_t_ref, value + 2)
    length[0] = 4

    def look(handle: Any) -> int:
        address = handle[0] if handle else _nothing
        return value[0] if _getsockopt(address, EVENTS, value, length) >= 0 else -1

    return look


def poll(table: Any, count: int, timeout: int) -> int:
    """Wait until a poll item is ready, in milliseconds; return how many are, or -1."""
    ready = try_poll(table, count, timeout)
    if ready < 0:
        # One place tells errno, whichever FFI made the call.
        ctypes.set_errno(_ffi.get_errno())
    return ready


def reference(message: Any) -> Any:
    """Return what the functions of `prototypes` take for this message."""
    return int(_ffi.cast(_uintptr_t, message))


def table(memory: bytearray) -> Any:
    """Return what `try_poll` and `poll` take for poll items in this memory, which it keeps."""
    return _ffi.from_buffer(_memory, memory)


def content(message: Any) -> tuple[int, int]:
    """Return the address and the size of a message's content."""
    return int(_ffi.cast(_uintptr_t, _data(message))), message_size(message)
