"""Memory shared by C and Python: views of C memory, and the addresses of Python objects.

Functions that return an address also return the object that keeps it valid.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any, Callable

#: weigh(size) tells PyPy's garbage collector of C memory that an object holds; None elsewhere.
weigh: Callable[[int], None] | None = None

_PYPY = sys.implementation.name == "pypy"

#: Whether memory in Fortran order can be shown as bytes without a copy.
ANY_ORDER = not _PYPY

_ffi: Any = None
if _PYPY:
    # PyPy's built-in FFI can do what its ctypes cannot: keep the owner of memory alive, and pin
    # memory that C reads.
    import __pypy__  # type: ignore[import-not-found]
    import _cffi_backend  # type: ignore[import-untyped]

    _ffi = _cffi_backend
    weigh = __pypy__.add_memory_pressure
    _chars: Any = _ffi.new_pointer_type(_ffi.new_primitive_type("char"))
    _memory: Any = _ffi.new_array_type(_chars, None)
    _uintptr_t: Any = _ffi.new_primitive_type("uintptr_t")


#: The size in bytes of the largest messages that the allocator was prepared for.
prepared = 65536
#: glibc cannot be made to keep the memory of messages larger than this.
_MOST = 1 << 23


def prepare(size: int) -> None:
    """Have the C library's allocator keep the memory of messages of this size for the next ones.

    glibc returns free memory at the end of its heap to the system once there is twice as much of it
    as the largest block that was ever freed. With messages of 256 kB or more this happens after
    each message, and getting the pages back takes ten times as long as filling them. So a larger
    block is allocated and freed once. Measured: 1 MB over inproc takes 0.08 ms, without this 1 ms.

    Parameters
    ----------
    size : int
        The size in bytes of a message that is larger than `prepared`.
    """
    global prepared
    prepared = 2 * size
    if size <= _MOST:
        # The block is never touched, so it costs two system calls but no memory.
        bytes(4 * size)


def view(address: int, size: int, owner: object) -> memoryview:
    """Show C memory as a writable memoryview.

    Parameters
    ----------
    address : int
        Where the memory begins.
    size : int
        Its length in bytes.
    owner : object
        What keeps the memory valid; the view and all views made from it keep it alive.
    """
    if _PYPY:
        # On PyPy, a memoryview of a ctypes array does not keep the array alive.
        start = _ffi.gcp(_ffi.cast(_chars, address), lambda _, owner=owner: None)
        return memoryview(_ffi.buffer(start, size))
    array: Any = (ctypes.c_ubyte * size).from_address(address)
    array.owner = owner
    return memoryview(array).cast("B")


class _Byte(ctypes.Union):
    """A byte: views of an array of it have the format "B", those of an array of c_ubyte "<B"."""

    _fields_ = (("value", ctypes.c_ubyte),)


def block(address: int, size: int, owner: object) -> object:
    """Make an object that offers C memory as writable bytes to whoever asks for its buffer.

    It is not for PyPy.

    Parameters
    ----------
    address, size, owner
        As in `view`.
    """
    array: Any = (_Byte * size).from_address(address)
    array.owner = owner
    return array


class _PyBuffer(ctypes.Structure):
    """`Py_buffer` of CPython's C API."""

    _fields_ = (
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.c_void_p),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_void_p),
        ("shape", ctypes.c_void_p),
        ("strides", ctypes.c_void_p),
        ("suboffsets", ctypes.c_void_p),
        ("internal", ctypes.c_void_p),
    )


#: PyBUF_ANY_CONTIGUOUS: any contiguous memory, read-only or not, of any shape and format.
_ANY_CONTIGUOUS = 0x98

_get_buffer: Any = None
_release_buffer: Any = None
if not _PYPY:
    # By index, ctypes makes new function objects, whose types no other user of pythonapi changes.
    _get_buffer = ctypes.pythonapi["PyObject_GetBuffer"]
    _get_buffer.argtypes = (ctypes.py_object, ctypes.c_void_p, ctypes.c_int)
    _release_buffer = ctypes.pythonapi["PyBuffer_Release"]
    _release_buffer.argtypes = (ctypes.c_void_p,)
    _release_buffer.restype = None


class _Export:
    """Holds an object's buffer, so that the object neither dies nor moves its memory."""

    __slots__ = ("_reference", "address")

    def __init__(self, data: Any) -> None:
        buffer = _PyBuffer()
        self._reference = reference = ctypes.byref(buffer)
        _get_buffer(data, reference, _ANY_CONTIGUOUS)
        #: Where the memory begins.
        self.address: int = buffer.buf or 0

    def __del__(self, _release: Any = _release_buffer) -> None:
        # If the buffer was refused, its `obj` is NULL and releasing it does nothing.
        _release(self._reference)


def flat(source: memoryview) -> memoryview | None:
    """Show contiguous memory of any shape and format as bytes, in the order in which it lies there.

    Parameters
    ----------
    source : memoryview
        The memory, which the result keeps; it is writable if `source` is.

    Returns
    -------
    memoryview or None
        None where this interpreter cannot show it without a copy.
    """
    try:
        return source.cast("B")
    except TypeError:
        # Arrays in Fortran order, arrays of structures and empty ones cannot be cast.
        pass
    if not source.nbytes:
        return memoryview(bytearray())
    if _PYPY:
        return None
    held = _Export(source)
    shown = view(held.address, source.nbytes, held)
    return shown.toreadonly() if source.readonly else shown


def plain(source: memoryview) -> bytes | memoryview:
    """Return contiguous memory as `flat` does, or a copy of it where need be.

    Parameters
    ----------
    source : memoryview
        The memory.

    Raises
    ------
    BufferError
        On PyPy, when it is in Fortran order.
    """
    shown = flat(source)
    if shown is not None:
        return shown
    if not source.c_contiguous:
        raise BufferError("PyPy shows no memoryview in Fortran's order as bytes: copy it first")
    return source.tobytes()


def export(data: Any, source: memoryview) -> tuple[int, object]:
    """Find the memory of an object that offers a contiguous buffer.

    Parameters
    ----------
    data : bytes-like
        The object.
    source : memoryview
        Its memory.

    Returns
    -------
    int, object
        The address, and an object to keep for as long as C may read there. On PyPy, where most
        objects can be resized meanwhile, all but bytes are copied.
    """
    if _PYPY:
        if type(data) is bytes:
            held = _ffi.from_buffer(_memory, data)
        else:
            held = _ffi.newp(_memory, source.nbytes)
            _ffi.memmove(held, plain(source), source.nbytes)
        return int(_ffi.cast(_uintptr_t, held)), held
    if type(data) is bytes:
        address = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value
        assert address is not None
        return address, data
    # Asked a second time, an object of another type might export another buffer.
    held = _Export(data if type(data) is memoryview else source)
    return held.address, held
