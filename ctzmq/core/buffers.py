"""The memory of bytes-like objects, checked before libzmq reads it or it is written to."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

from ..error import from_errno
from ..libzmq import memory, prototypes
from ..libzmq.provider import calls

#: The size of a reference to a Python object in an array of objects.
_POINTER = ctypes.sizeof(ctypes.c_void_p)


def contiguous(data: Any) -> memoryview:
    """Return the memory of a bytes-like object.

    Arrays of numpy are shown as bytes where their type is none that a memoryview knows, such as
    `datetime64`.

    Parameters
    ----------
    data : bytes-like
        The object.

    Raises
    ------
    TypeError
        When it is a str, has no buffer, or its buffer holds references to Python objects.
    BufferError
        When its buffer is not contiguous.
    ValueError
        When it is a memoryview that was released, or a mmap that was closed.
    """
    if isinstance(data, str):
        raise TypeError(f"a message is bytes-like, got str {data[:20]!r}: use send_string")
    try:
        view = memoryview(data)
    except TypeError:
        raise TypeError(
            f"a message is bytes-like, got {type(data).__name__}: {data!r:.60}{_instead(data)}"
        ) from None
    except ValueError:
        array = _array(data)
        if array is None:
            raise
        return array
    if view.itemsize >= _POINTER and "O" in view.format and _has_objects(view.format):
        raise _objects(data)
    if not view.c_contiguous:
        if not view.contiguous:
            raise _scattered(data)
        if not memory.ANY_ORDER:
            return _array(data) or view
    return view


def writable(data: Any) -> memoryview:
    """Return memory to receive into.

    Parameters
    ----------
    data : writable bytes-like
        Whose memory it is.

    Raises
    ------
    TypeError
        When it has no buffer, or one of Python objects.
    BufferError
        When its buffer is read-only or not contiguous.
    ValueError
        When it is a memoryview that was released, or a mmap that was closed.
    """
    try:
        view = contiguous(data)
    except TypeError as error:
        if "Python objects" in str(error):
            raise
        raise TypeError(
            f"recv_into needs writable memory, such as a bytearray, got {data!r:.60}"
        ) from None
    if view.readonly:
        raise BufferError(f"recv_into needs writable memory, such as a bytearray, got {data!r:.60}")
    return view


def _instead(data: Any) -> str:
    if isinstance(data, (list, tuple)):
        return ": send_multipart takes lists"
    return ": send_json and send_pyobj take objects" if isinstance(data, (dict, int, float)) else ""


def _array(data: Any) -> memoryview | None:
    """Show the memory of a numpy array as bytes, in memory order."""
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(data, (numpy.ndarray, numpy.generic)):
        return None
    # Subclasses, such as masked arrays, have a `reshape` of their own.
    plain = numpy.asarray(data)
    if plain.dtype.hasobject:
        raise _objects(data)
    if not plain.flags.forc:
        raise _scattered(data)
    if isinstance(data, numpy.generic):
        # It may be a copy, and what is written to it would be lost.
        plain.flags.writeable = False
    return memoryview(plain.reshape(-1, order="A").view("u1"))


def _has_objects(layout: str) -> bool:
    # The names of fields are enclosed in colons.
    return any("O" in part for part in layout.split(":")[::2])


def _objects(data: Any) -> TypeError:
    return TypeError(f"a message has no Python objects, got {_shown(data)}: use send_pyobj")


def _scattered(data: Any) -> BufferError:
    return BufferError(f"a message needs contiguous memory, got {_shown(data)}: copy it first")


def _shown(data: Any) -> str:
    return " ".join(f"{type(data).__name__} {data!r:.60}".split())


def begin_anew(reference: Any) -> None:
    """Initialise a message that libzmq could not allocate, nor even close, and raise the error.

    Parameters
    ----------
    reference : zmq_msg_t
        What the functions of `prototypes` take for the message.

    Raises
    ------
    ZMQError
        ENOMEM, as a rule.
    """
    errno = calls.errno()
    prototypes.zmq_msg_init(reference)
    raise from_errno(errno)


def fill(message: Any, source: memoryview) -> None:
    """Give an empty message a copy of some memory.

    Parameters
    ----------
    message : zmq_msg_t
        The message.
    source : memoryview
        Contiguous memory.

    Raises
    ------
    ZMQError
        ENOMEM when libzmq cannot get the memory.

    Source: libzmq `zmq_msg_init_size`.
    """
    reference = calls.reference(message)
    if prototypes.zmq_msg_init_size(reference, source.nbytes) < 0:
        begin_anew(reference)
    if source.nbytes:
        target = memory.view(prototypes.zmq_msg_data(reference), source.nbytes, message)
        target[:] = memory.plain(source)
