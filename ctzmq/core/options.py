"""Socket options: their C types, and what to say when one is refused."""

from __future__ import annotations

import ctypes
from typing import Any, Callable

from ..error import ZMQError, from_errno
from ..libzmq import numbers, prototypes
from ..libzmq.structs import zmq_fd_t
from . import causes

_HWM = numbers.SOCKET_OPTIONS["HWM"][0]
_BYTES_CAPACITY = 255
# libzmq writes a key as text only into a buffer of exactly the size of the text and its NUL.
_Z85_CAPACITY = 41
_KEYS = frozenset((numbers.CURVE_PUBLICKEY, numbers.CURVE_SECRETKEY, numbers.CURVE_SERVERKEY))
_INTEGERS: dict[str, tuple[Any, int, int]] = {
    numbers.INT: (ctypes.c_int, -(2**31), 2**31 - 1),
    # Bit masks are unsigned, and pyzmq passes them as they are.
    numbers.INT64: (ctypes.c_int64, -(2**63), 2**64 - 1),
    numbers.DESCRIPTOR: (zmq_fd_t, -(2**31), 2 ** (8 * ctypes.sizeof(zmq_fd_t)) - 1),
}


def describe(option: int) -> str:
    """Name an option for an error message."""
    try:
        from ..constants.options import SocketOption

        return SocketOption(option).name
    except (ValueError, ImportError):
        # Finalizers at interpreter shutdown cannot import anything.
        return f"option {option}"


def kind(option: int) -> str:
    """Return the type of an option's value; that of an unknown option is int."""
    return numbers.KINDS.get(option, numbers.INT)


# pyzmq treats these as signed, libzmq as unsigned: the highest bit is part of the value.
_UNSIGNED = frozenset(
    (
        numbers.AFFINITY,
        numbers.VMCI_BUFFER_SIZE,
        numbers.VMCI_BUFFER_MIN_SIZE,
        numbers.VMCI_BUFFER_MAX_SIZE,
    )
)


def read(call: Callable[..., tuple[int, int]], option: int) -> int | bytes:
    """Read one option of a socket.

    Parameters
    ----------
    call : callable
        What makes calls of the socket, such as `Handle.call`.
    option : int
        The option.

    Returns
    -------
    int or bytes
        Text comes without its final NUL.

    Raises
    ------
    ZMQError
        When libzmq refuses, or the socket is closed.

    Source: libzmq `zmq_getsockopt`.
    """
    of_kind = kind(option)
    _check_number("get", option, None)
    value: Any
    if of_kind == numbers.BYTES:
        capacity = _Z85_CAPACITY if option in _KEYS else _BYTES_CAPACITY
        value = ctypes.create_string_buffer(capacity)
    else:
        value = _INTEGERS[of_kind][0]()
    length = ctypes.c_size_t(ctypes.sizeof(value))
    rc, errno = call(prototypes.zmq_getsockopt, option, ctypes.byref(value), ctypes.byref(length))
    if rc < 0:
        raise refused("get", option, None, errno)
    if of_kind != numbers.BYTES:
        number: int = value.value
        return number % 2**64 if option in _UNSIGNED else number
    content: bytes = value.raw[: length.value]
    if option != numbers.ROUTING_ID and content.endswith(b"\0"):
        content = content[:-1]
    return content


def write(
    call: Callable[..., tuple[int, int]], option: int, value: Any, socket_type: int | None = None
) -> None:
    """Set one option of a socket.

    Parameters
    ----------
    call : callable
        What makes calls of the socket, such as `Handle.call`.
    option : int
        The option.
    value : int or bytes
        The new value, of the option's type.
    socket_type : int, optional
        The type of the socket, for the error message.

    Raises
    ------
    TypeError
        When the value is of another type than the option.
    OverflowError
        When a number does not fit the option.
    ZMQError
        When libzmq refuses, or the socket is closed.

    Source: libzmq `zmq_setsockopt`.
    """
    _check_number("set", option, value)
    check(option, value)
    of_kind = kind(option)
    c_value: Any
    if of_kind == numbers.BYTES:
        c_value = bytes(value)
        size = len(c_value)
    else:
        if option == numbers.USE_FD and value != -1:
            _check_listens(value)
        c_number = _INTEGERS[of_kind][0](value)
        c_value = ctypes.byref(c_number)
        size = ctypes.sizeof(c_number)
    rc, errno = call(prototypes.zmq_setsockopt, option, c_value, size)
    if rc < 0:
        raise refused("set", option, value, errno, socket_type)


def check(option: int, value: Any) -> None:
    """Refuse a value that is not of an option's type.

    Parameters
    ----------
    option : int
        The option.
    value : int or bytes
        The value.

    Raises
    ------
    TypeError
        When the value is of another type than the option.
    OverflowError
        When a number does not fit the option.
    """
    of_kind = kind(option)
    if of_kind == numbers.BYTES:
        if isinstance(value, str):
            raise TypeError(
                f"{describe(option)} takes bytes, got str {shown(option, value)}: use set_string"
            )
        if not isinstance(value, (bytes, bytearray, memoryview)):
            raise TypeError(f"{describe(option)} takes bytes, got {shown(option, value)}")
    else:
        if not isinstance(value, int):
            raise TypeError(f"{describe(option)} takes an int, got {value!r:.60}")
        _, least, most = _INTEGERS[of_kind]
        if not least <= value <= most:
            raise OverflowError(f"{describe(option)} takes {least} to {most}, got {value}")


def shown(option: int, value: Any) -> str:
    """Format a value for an error message, unless it is a secret."""
    return "a secret" if option in causes.SECRETS else f"{value!r:.60}"


def _check_number(verb: str, option: int, value: Any) -> None:
    """Refuse a number that C would truncate to that of another option."""
    if not causes.fits_int(option):
        raise refused(verb, option, value, numbers.EINVAL)


def _check_listens(descriptor: int) -> None:
    """Refuse a descriptor that is no listening socket: libzmq would abort the process at bind."""
    import os
    import socket

    try:
        with socket.socket(fileno=os.dup(descriptor)) as probe:
            listens = probe.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError as error:
        why = str(error)
    else:
        if listens:
            return
        why = "it does not listen"
    raise ZMQError(
        numbers.EINVAL, f"cannot set USE_FD to {descriptor}: it takes a socket that listens; {why}"
    )


def refused(
    verb: str, option: int, value: Any, errno: int, socket_type: int | None = None
) -> ZMQError:
    """Make the exception for an option that libzmq refused to get or set.

    Parameters
    ----------
    verb : str
        "get" or "set".
    option : int
        The option.
    value : int, bytes or None
        The value that was to be set.
    errno : int
        The error number.
    socket_type : int, optional
        What kind of socket it is.
    """
    if errno != numbers.EINVAL:
        return from_errno(errno)
    what = f"cannot {verb} {describe(option)}"
    if verb == "set":
        what += f" to {shown(option, value)}"
    try:
        from ..constants.options import SocketOption

        known = SocketOption(option)
    except (ValueError, ImportError):
        return ZMQError(errno, f"{what}: this libzmq does not know it")
    if option == _HWM:
        why = "there are two: SNDHWM and RCVHWM; the attribute hwm and set_hwm set both"
    elif verb == "get" and not known.readable:
        why = "it is write-only"
    elif verb == "set" and not known.writable:
        why = "it is read-only"
    else:
        why = causes.of_value(option, value, socket_type) if verb == "set" else ""
        why = why or f"value or socket type do not fit, or libzmq lacks it (since {known.since})"
    return ZMQError(errno, f"{what}: {why}")
