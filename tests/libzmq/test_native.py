"""What is particular to the calls through PyPy's own FFI; the rest is in `test_calls`."""

from __future__ import annotations

import ctypes
import errno
import gc
import subprocess
import sys
from _thread import get_ident
from typing import Callable

import pytest

from ctzmq.libzmq import memory, numbers, prototypes

native = pytest.importorskip("ctzmq.libzmq.native", reason="needs cffi", exc_type=ImportError)

Child = Callable[..., "subprocess.CompletedProcess[str]"]


def test_errno_of_a_poll_is_handed_over_to_ctypes() -> None:
    ctypes.set_errno(0)
    assert native.poll(native.table(bytearray(64)), -1, 0) < 0
    assert ctypes.get_errno() == native.errno() == errno.EINVAL


def test_ctypes_functions_take_its_messages() -> None:
    message = native.new_message()
    reference = native.reference(message)
    assert prototypes.zmq_msg_init_size(reference, 100) == 0
    assert prototypes.zmq_msg_size(reference) == 100
    address = prototypes.zmq_msg_data(reference)
    ctypes.memmove(address, b"abc", 3)
    assert native.read(message)[:3] == b"abc"
    native.close(message)


def test_addresses_of_64_bits_stay_whole() -> None:
    address = 2 ** (8 * ctypes.sizeof(ctypes.c_void_p)) - 16
    cell = ctypes.c_void_p(address)
    assert int(native._ffi.cast(native._uintptr_t, native.pointer(cell).__int__())) == address


def test_who_is_in_a_quick_call_closes_what_another_thread_has_closed() -> None:
    handle, closed = native.pointer(ctypes.c_void_p()), []

    def close() -> None:
        closed.append(get_ident())
        ctypes.set_errno(errno.EINTR)

    assert not native.leave_to(handle, close)
    handle.thread = get_ident()
    assert not native.leave_to(handle, close)
    handle.thread = get_ident() + 1
    assert native.leave_to(handle, close)
    assert not closed
    assert native.ask_receive(handle) == -numbers.ENOTSOCK
    assert closed == [get_ident()]


def test_careful_calls_read_the_address_and_errno_themselves() -> None:
    cell = ctypes.c_void_p()
    made = native.prepare(prototypes.zmq_getsockopt, cell, 1, None, None)
    assert (next(made), native.last_errno()) == (-1, numbers.ENOTSOCK)
    (context,) = native.prepare(prototypes.zmq_ctx_new)
    cell.value = context
    (made,) = native.prepare(prototypes.zmq_ctx_set, cell, numbers.IO_THREADS, 3)
    assert made == 0
    (threads,) = native.prepare(prototypes.zmq_ctx_get, context, numbers.IO_THREADS)
    assert threads == 3
    assert native.terminate(context) == 0


pypy_only = pytest.mark.skipif(sys.implementation.name != "pypy", reason="is PyPy's own business")


@pypy_only
@pytest.mark.parametrize("size", [1, 1000, 100_000, 1_000_000])
def test_lent_bytes_stay_where_c_reads_them(size: int) -> None:
    lent = []
    for number in range(50):
        data = bytes([number]) * size
        lent.append(memory.export(data, memoryview(data)))
        del data
        if number % 10 == 0:
            gc.collect()
    gc.collect()
    for number, (address, _) in enumerate(lent):
        assert ctypes.string_at(address, size) == bytes([number]) * size


@pypy_only
def test_large_bytes_are_not_copied() -> None:
    data = bytes(1_000_000)
    first, second = (memory.export(data, memoryview(data)) for _ in range(2))
    assert first[0] == second[0]


@pypy_only
def test_what_can_be_resized_is_copied() -> None:
    data = bytearray(b"x" * 100_000)
    address, keep = memory.export(data, memoryview(data))
    gc.collect()  # PyPy 8 keeps the size until a view that nobody has is collected
    data.clear()
    assert ctypes.string_at(address, 100_000) == b"x" * 100_000
    del keep


@pypy_only
def test_no_parser_of_c_declarations_is_loaded(child: Child) -> None:
    done = child("import sys, ctzmq; print({'cffi', 'pycparser'} & set(sys.modules))")
    assert done.stdout.strip() == "set()"
