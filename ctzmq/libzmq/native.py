"""The calls of each message through the FFI that is built into PyPy, as `contract` asks for them.

PyPy's ctypes spends microseconds on each argument; the backend of its `cffi`, which is part of
every PyPy, is made for the JIT. It is used without `cffi` itself, whose parser of C declarations
takes as long to load as everything else together.
"""

from __future__ import annotations

import ctypes
import sys
from _thread import get_ident
from collections.abc import Iterator
from itertools import starmap
from types import MethodType
from typing import Any, Callable

import _cffi_backend  # type: ignore[import-untyped]

from . import loader, prototypes
from .composed import compose
from .contract import EVENTS

NAME: str = "PyPy's FFI"
NATIVE = True
# They are noted.
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


GETBUFFER = 0
# Functions of a socket take a `Pointer` first, whose number is read as a `long` is: a word, as all
# pointers are where PyPy runs, but on Windows.
_word: Any = _ffi.new_primitive_type("intptr_t")
_cell: Any = _ffi.new_pointer_type(_word)

_zmq_send = _function("zmq_send", _int, _word, _chars, _size_t, _int)
_zmq_msg_recv = _function("zmq_msg_recv", _int, _words, _word, _int)
_zmq_msg_send = _function("zmq_msg_send", _int, _words, _word, _int)
message_more: Callable[[Any], int] = _function("zmq_msg_more", _int, _words)
try_poll: Callable[[Any, int, int], int] = _function("zmq_poll", _int, _ptr, _int, _long)
close: Callable[[Any], int] = _function("zmq_msg_close", _int, _words)
close_socket: Callable[[int], int] = _function("zmq_close", _int, _uintptr_t)
terminate: Callable[[int], int] = _function("zmq_ctx_term", _int, _uintptr_t)

message_size: Callable[[Any], int] = _function("zmq_msg_size", _size_t, _words)
_data = _function("zmq_msg_data", _chars, _words)
_init = _function("zmq_msg_init", _int, _words)
_copy = _function("zmq_msg_copy", _int, _words, _words)
_getsockopt = _function("zmq_getsockopt", _int, _word, _int, _int_ref, _size_t_ref)


if sys.platform == "win32":
    # libzmq may have a C runtime of its own, whose errno ctypes cannot see.
    errno: Callable[[], int] = _function("zmq_errno", _int)
else:
    errno = ctypes.get_errno


#: errno of the last call that one of these functions made itself
last_errno: Callable[[], int] = _ffi.get_errno


class Pointer:
    """The handle of a socket: where it is, and which thread is in a quick call of it.

    The FFI asks an argument that is no int for its `__int__` when it makes the call. That of a
    pointer is made of parts that are built in, so it reads the address out of the `c_void_p` in the
    same step in C as calls libzmq: neither a signal handler nor a finalizer can come in between. A
    thread can, since each call gives up the lock: so quick calls are noted, too. They never wait.

    Parameters
    ----------
    cell : c_void_p
        Has the address, or NULL once the socket is closed.
    """

    __slots__ = ("__int__", "_cell", "_left", "thread")

    def __init__(self, cell: Any) -> None:
        # It keeps the memory that is read.
        self._cell = cell
        self.__int__ = MethodType(_ffi.cast(_cell, ctypes.addressof(cell)).__getitem__, 0)
        #: The thread that is in a quick call, or 0. A socket is used by one thread at a time.
        self.thread = 0
        self._left: Callable[[], object] | None = None

    def __bool__(self) -> bool:
        return self is not NULL

    def end(self, close: Callable[[], object]) -> bool:
        """Have the thread that is in a quick call close the socket when it leaves.

        Parameters
        ----------
        close : callable
            Closes it, unless that is done already.

        Returns
        -------
        bool
            Whether another thread is in one. A call of this thread, in the middle of which a signal
            handler or a finalizer closes the socket, reads NULL when it goes on.
        """
        if self.thread in (0, get_ident()):
            return False
        self._left = close
        # It may have left before it could see that.
        return self.thread != 0

    def leave(self) -> None:
        """End a quick call during which the socket was closed, if it was."""
        close, self._left = self._left, None
        if close is not None:
            errno = last_errno()
            close()
            _ffi.set_errno(errno)


def occupied(handle: Any) -> bool:
    """Tell whether a thread is in a quick call of a socket."""
    return bool(handle.thread)


def leave_to(handle: Any, close: Callable[[], object]) -> bool:
    """Leave it to a thread that is in a quick call of a socket to close that."""
    left: bool = handle.end(close)
    return left


NULL: Any = Pointer(ctypes.c_void_p())
#: Return the handle of the socket whose address a `c_void_p` has.
pointer: Callable[[Any], Any] = Pointer


def _noted(handle: Any, call: Callable[..., int], *arguments: Any) -> int:
    """Make a quick call, noted with its thread; close afterwards what was closed meanwhile."""
    outer = handle.thread
    try:
        handle.thread = get_ident()
        return call(*arguments)
    finally:
        handle.thread = outer
        if handle._left is not None:
            handle.leave()


def _send(handle: Any, data: bytes, size: int, flags: int) -> int:
    return _noted(handle, _zmq_send, handle, data, size, flags)


def _receive(message: Any, handle: Any, flags: int) -> int:
    return _noted(handle, _zmq_msg_recv, message, handle, flags)


def _send_message(message: Any, handle: Any, flags: int) -> int:
    return _noted(handle, _zmq_msg_send, message, handle, flags)


def _get(handle: Any, option: int, value: Any, length: Any) -> int:
    return _noted(handle, _getsockopt, handle, option, value, length)


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
    careful_send=_zmq_send,
    try_receive=_receive,
    asking_receive=_receive,
    careful_receive=_zmq_msg_recv,
    try_send_message=_send_message,
    copy_message=_copy,
    careful_send_message=_zmq_msg_send,
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
    if _get(handle, option, value, length) < 0:
        return None
    number: int = value[0]
    return number


def new_look() -> Callable[[Any], int]:
    """Return a function that reads EVENTS of a handle; -1 is a failure."""
    value = _ffi.newp(_ints)
    length = _ffi.cast(_size_t_ref, value + 2)
    length[0] = 4

    def look(handle: Any) -> int:
        return value[0] if _get(handle, EVENTS, value, length) >= 0 else -1

    return look


_by_ctypes: Any = ctypes._CFuncPtr  # type: ignore[attr-defined]
_plain: dict[Any, Any] = {
    None: _ffi.new_void_type(),
    ctypes.c_int: _int,
    ctypes.c_size_t: _size_t,
    ctypes.c_uint32: _ffi.new_primitive_type("uint32_t"),
    ctypes.c_uint64: _ffi.new_primitive_type("uint64_t"),
}
#: The function of each name, for each kind of arguments with which it was called.
_prepared: dict[tuple[str, tuple[Any, ...]], Callable[..., Any]] = {}


def prepare(function: Any, *arguments: Any) -> Iterator[Any]:
    """Return what makes a careful call, once, when it is asked for its next item.

    PyPy's ctypes is Python code, in which a signal handler may close the socket when its address is
    read already, or raise before anybody knows what the call has made. So the FFI makes it.
    """
    if not isinstance(function, _by_ctypes):
        return starmap(function, (arguments,))
    name: str = function.__name__
    declared = prototypes.DECLARATIONS[name]
    kinds, values = [], []
    for kind, argument in zip(declared[1], arguments):
        if kind in _plain:
            kinds.append(_plain[kind])
        elif isinstance(argument, ctypes.c_void_p):
            kinds.append(_word)
            argument = Pointer(argument)
        elif argument is None or isinstance(argument, int):
            kinds.append(_word)
            argument = ctypes.c_ssize_t(argument or 0).value
        else:
            kinds.append(_chars)
            if not isinstance(argument, bytes):
                argument = _ffi.cast(_chars, ctypes.cast(argument, ctypes.c_void_p).value)
        values.append(argument)
    key = name, tuple(kinds)
    if key not in _prepared:
        _prepared[key] = _function(key[0], _plain.get(declared[0], _word), *kinds)
    found = _prepared[key]
    return starmap(found, (values,))


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
