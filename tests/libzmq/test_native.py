"""What is particular to the calls through PyPy's own FFI; the rest is in `test_calls`."""

from __future__ import annotations

import ctypes
import errno

import pytest

import ctzmq as zmq
from ctzmq.libzmq import prototypes

native = pytest.importorskip("ctzmq.libzmq.native", reason="needs cffi", exc_type=ImportError)


def test_errno_is_handed_over_to_ctypes() -> None:
    prototypes.zmq_ctx_term(None)
    assert ctypes.get_errno() == errno.EFAULT
    assert native.send(0, b"", 0, 0) < 0
    assert ctypes.get_errno() == native.errno() == zmq.Errno.ENOTSOCK


def test_ctypes_functions_take_its_messages() -> None:
    message = native.new_message()
    reference = native.reference(message)
    assert prototypes.zmq_msg_init_size(reference, 100) == 0
    assert prototypes.zmq_msg_size(reference) == 100
    view = native.message_data(message)
    view[0:3] = b"abc"
    address = prototypes.zmq_msg_data(reference)
    assert ctypes.string_at(address, 3) == b"abc"
    native.close(message)


def test_addresses_of_64_bits_stay_whole() -> None:
    address = 2 ** (8 * ctypes.sizeof(ctypes.c_void_p)) - 16
    assert int(native._ffi.cast("uintptr_t", native.pointer(address))) == address
