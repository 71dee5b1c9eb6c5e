"""The C types of zmq.h other than plain numbers and pointers."""

from __future__ import annotations

import ctypes
import sys

#: `zmq_msg_t`: 64 opaque bytes since libzmq 4.1.1, 48 in 4.1.0. An array of 64-bit words has the
#: alignment that zmq.h asks for, and ctypes passes an array by its address without `argtypes`.
zmq_msg_t = ctypes.c_uint64 * 8

#: `zmq_fd_t`: a SOCKET on Windows, which is as wide as a pointer there; an int elsewhere.
zmq_fd_t: type[ctypes.c_int | ctypes.c_size_t] = (
    ctypes.c_size_t if sys.platform == "win32" else ctypes.c_int
)


class zmq_pollitem_t(ctypes.Structure):  # noqa: N801 - the name that zmq.h gives it
    """One row of the table that `zmq_poll` watches."""

    _fields_ = (
        ("socket", ctypes.c_void_p),
        ("fd", zmq_fd_t),
        ("events", ctypes.c_short),
        ("revents", ctypes.c_short),
    )


class zmq_poller_event_t(ctypes.Structure):  # noqa: N801 - the name that zmq.h gives it
    """What the draft poller reports of one socket or descriptor."""

    _fields_ = (
        ("socket", ctypes.c_void_p),
        ("fd", zmq_fd_t),
        ("user_data", ctypes.c_void_p),
        ("events", ctypes.c_short),
    )


class iovec(ctypes.Structure):  # noqa: N801 - the name that the C library gives it
    """One block of the scattered memory that `zmq_sendiov` and `zmq_recviov` take."""

    _fields_ = (("iov_base", ctypes.c_void_p), ("iov_len", ctypes.c_size_t))
