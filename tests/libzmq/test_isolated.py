"""Shared messages are let go of in another thread; how that helps is in `test_subinterpreters`."""

from __future__ import annotations

import ctypes
import sys
import threading
from types import SimpleNamespace
from typing import Any, Callable

import pytest

from ctzmq.libzmq import callbacks, calls, prototypes

if sys.implementation.name != "cpython":
    pytest.skip("PyPy has one interpreter only", allow_module_level=True)

from ctzmq.libzmq import isolated

Eventually = Callable[[Callable[[], object]], None]

SIZE = 1000


class Loans:
    """Makes messages of memory of its own, and notes which thread gave it back."""

    def __init__(self) -> None:
        self.memory = ctypes.create_string_buffer(b"x" * SIZE, SIZE)
        self.given_back: list[int] = []
        self.callback = callbacks.zmq_free_fn(
            lambda data, hint: self.given_back.append(threading.get_ident())
        )

    def lend(self, message: Any, shared: bool = True) -> Any:
        address = ctypes.addressof(self.memory)
        rc = prototypes.zmq_msg_init_data(message, address, SIZE, self.callback, None)
        assert rc == 0
        if shared:
            copy = calls.new_message()
            prototypes.zmq_msg_copy(copy, message)
            calls.close(copy)
        return message


@pytest.fixture
def loans() -> Loans:
    return Loans()


@pytest.fixture
def guarded() -> Any:
    """The calls as another interpreter than the first has them."""
    close, (receive,) = isolated.guarded(calls.close, prototypes.zmq_msg_recv)
    return SimpleNamespace(close=close, receive=receive)


def test_closing_a_shared_message(guarded: Any, loans: Loans, eventually: Eventually) -> None:
    assert guarded.close(loans.lend(calls.new_message())) == 0
    eventually(lambda: loans.given_back)
    assert loans.given_back != [threading.get_ident()]
    assert len(loans.given_back) == 1


def test_closing_another_message(guarded: Any, loans: Loans) -> None:
    assert guarded.close(loans.lend(calls.new_message(), shared=False)) == 0
    assert loans.given_back == [threading.get_ident()]
    assert guarded.close(calls.new_message()) == 0


def test_receiving_into_a_shared_message(
    guarded: Any, loans: Loans, eventually: Eventually
) -> None:
    message = loans.lend(calls.new_message())
    context = prototypes.zmq_ctx_new()
    a, b = prototypes.zmq_socket(context, 0), prototypes.zmq_socket(context, 0)
    prototypes.zmq_bind(a, b"inproc://x")
    prototypes.zmq_connect(b, b"inproc://x")
    prototypes.zmq_send(a, b"new", 3, 0)
    assert guarded.receive(message, b, 0) == 3
    assert calls.read(message) == b"new"
    eventually(lambda: loans.given_back)
    assert loans.given_back != [threading.get_ident()]
    guarded.close(message)
    prototypes.zmq_close(a)
    prototypes.zmq_close(b)
    prototypes.zmq_ctx_term(context)


def test_room_for_messages_is_used_again(
    guarded: Any, loans: Loans, eventually: Eventually
) -> None:
    def all_given_back() -> bool:
        return len(loans.given_back) == lent

    lent = 0
    for _ in range(10):
        for _ in range(20):
            guarded.close(loans.lend(calls.new_message()))
            lent += 1
        eventually(all_given_back)
    assert len(isolated._free) + len(isolated._leaving) <= 200
    assert loans.memory.raw == b"x" * SIZE
