"""Memory that C and Python share: C memory seen from Python, an object's seen from C.

Whoever hands out an address here also hands out the object that keeps it valid.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any, Callable

#: Where a garbage collector decides when memory of C is freed, weigh(size) tells it of some.
weigh: Callable[[int], None] | None = None

_PYPY = sys.implementation.name == "pypy"

#: Whether memory in Fortran's order can be shown as bytes without a copy.
ANY_ORDER = not _PYPY

_ffi: Any = None
if _PYPY:
    # PyPy's own FFI, which sees memory as ctypes cannot: it keeps owners, and it stops PyPy's
    # garbage collector from moving what C reads.
    import __pypy__  # type: ignore[import-not-found]
    import _cffi_backend  # type: ignore[import-untyped]

    _ffi = _cffi_backend
    weigh = __pypy__.add_memory_pressure
    _chars: Any = _ffi.new_pointer_type(_ffi.new_primitive_type("char"))
    _memory: Any = _ffi.new_array_type(_chars, None)
    _uintptr_t: Any = _ffi.new_primitive_type("uintptr_t")


#: The largest message that the C library's allocator is prepared for, in bytes.
prepared = 65536
#: More than this it never keeps.
_MOST = 1 << 23


def prepare(size: int) -> None:
    """Have the allocator keep the memory of messages of this size for the next ones.

    glibc gives what is free at the end of its heap back to the system once that is twice the
    largest block that it ever freed. With messages of 256 kB or more that is after each message,
    and getting the pages anew takes ten times as long as filling them. So it is shown a larger one.

    Parameters
    ----------
    size : int
        The size in bytes of a message that is larger than `prepared`.
    """
    global prepared
    prepared = 2 * size
    if size <= _MOST:
        # Nobody touches it: it costs no memory, only two calls of the system.
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
        What keeps the memory valid; it lives as long as any view that comes of this one.
    """
    if _PYPY:
        # A memoryview of a ctypes array would not keep the array.
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
    # Others use ctypes.pythonapi, too: these two are ours, and so are their types.
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
        # A buffer that was refused has no object, and releasing it does nothing.
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
        None where this interpreter can show it by a copy only.
    """
    try:
        return source.cast("B")
    except TypeError:
        # Neither an array in Fortran's order nor one of structures can be cast, nor an empty one.
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
        On PyPy, when it is in Fortran's order.
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
        The address, and what must be kept for as long as C may read there. On PyPy, where memory
        of most objects can be resized meanwhile, this is a copy of all but bytes.
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
    # An object of another type might answer differently the second time.
    held = _Export(data if type(data) is memoryview else source)
    return held.address, held
