"""The per-message calls, and their twin for PyPy, which must do the same, name for name."""

from __future__ import annotations

import ctypes
import errno
import threading
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import pytest

import ctzmq as zmq
from ctzmq.libzmq import calls, prototypes
from ctzmq.libzmq.provider import calls as provided

PAIR = 0
SNDMORE = 2
SIZES = [0, 1, 29, 30, 33, 34, 4096, calls.LARGE - 1, calls.LARGE, 1_000_000]


# The FFI of the twin is part of every PyPy; on CPython it may happen to be installed.
HAVE_NATIVE = find_spec("cffi") is not None


@pytest.fixture(params=["calls", "native"] if HAVE_NATIVE else ["calls"])
def module(request: pytest.FixtureRequest) -> ModuleType:
    return import_module(f"ctzmq.libzmq.{request.param}")


@pytest.fixture
def sockets() -> Iterator[tuple[int, int]]:
    """The addresses of two connected libzmq sockets."""
    context = prototypes.zmq_ctx_new()
    a, b = prototypes.zmq_socket(context, PAIR), prototypes.zmq_socket(context, PAIR)
    assert prototypes.zmq_bind(a, b"inproc://calls") == 0
    assert prototypes.zmq_connect(b, b"inproc://calls") == 0
    yield a, b
    prototypes.zmq_close(a)
    prototypes.zmq_close(b)
    prototypes.zmq_ctx_term(context)


def content(module: ModuleType, message: Any) -> bytes:
    size: int = prototypes.zmq_msg_size(module.reference(message))
    data: bytes = module.message_data(message)[:size]
    return data


@pytest.mark.skipif(not HAVE_NATIVE, reason="needs cffi")
def test_both_modules_have_the_same_names() -> None:
    native = import_module("ctzmq.libzmq.native")

    def offered(module: ModuleType) -> set[str]:
        return {name for name in vars(module) if name[0] != "_"}

    imported = {"annotations", "ctypes", "loader", "Any", "Callable", "cffi"}
    imported |= {"sys", "prototypes", "zmq_msg_t"}
    assert offered(calls) - imported == offered(native) - imported
    assert (calls.DONTWAIT, calls.LARGE) == (native.DONTWAIT, native.LARGE)
    assert native.NATIVE
    assert not calls.NATIVE


@pytest.mark.parametrize("size", SIZES)
def test_a_message_arrives_as_it_was_sent(
    module: ModuleType, sockets: tuple[int, int], size: int
) -> None:
    a, b = map(module.pointer, sockets)
    data = bytes(n % 251 for n in range(size))
    assert module.try_send(a, data, size, module.DONTWAIT) == size
    message = module.new_message()
    assert module.try_recv(message, b, module.DONTWAIT) == size
    assert module.message_more(message) == 0
    assert content(module, message) == data
    module.close(message)


def test_the_careful_calls_do_the_same(module: ModuleType, sockets: tuple[int, int]) -> None:
    a, b = sockets
    assert module.send(a, b"first", 5, SNDMORE) == 5
    message = module.new_message()
    assert module.send(a, b"second", 6, 0) == 6
    assert module.recv(message, module.pointer(b), 0) == 5
    assert module.message_more(message) == 1
    assert content(module, message) == b"first"
    assert module.recv(message, module.pointer(b), 0) == 6
    assert module.message_more(message) == 0
    assert content(module, message) == b"second"
    module.close(message)


@pytest.mark.parametrize("tried", [False, True])
def test_a_message_is_passed_on_and_then_empty(
    module: ModuleType, sockets: tuple[int, int], tried: bool
) -> None:
    a, b = sockets
    data = b"x" * 100
    assert module.send(a, data, len(data), 0) == 100
    message = module.new_message()
    assert module.recv(message, module.pointer(b), 0) == 100
    if tried:
        assert module.try_send_message(message, module.pointer(b), module.DONTWAIT) == 100
    else:
        assert module.send_message(message, b, 0) == 100
    assert content(module, message) == b""
    assert module.recv(message, module.pointer(a), 0) == 100
    assert content(module, message) == data
    module.empty(message)
    assert content(module, message) == b""
    module.close(message)


def test_a_try_does_not_wait(module: ModuleType, sockets: tuple[int, int]) -> None:
    message = module.new_message()
    assert module.try_recv(message, module.pointer(sockets[0]), module.DONTWAIT) < 0
    for call in (module.recv, module.ask_recv):
        ctypes.set_errno(0)
        assert call(message, module.pointer(sockets[0]), module.DONTWAIT) < 0
        assert module.errno() == errno.EAGAIN
    module.close(message)


def test_asking_takes_what_is_there(module: ModuleType, sockets: tuple[int, int]) -> None:
    message = module.new_message()
    assert module.send(sockets[0], b"abc", 3, 0) == 3
    assert module.ask_recv(message, module.pointer(sockets[1]), module.DONTWAIT) == 3
    assert content(module, message) == b"abc"
    module.close(message)


def test_a_closed_socket_is_an_error_not_a_crash(module: ModuleType) -> None:
    message = module.new_message()
    assert module.try_send(module.NULL, b"", 0, module.DONTWAIT) < 0
    assert module.try_recv(message, module.NULL, module.DONTWAIT) < 0
    assert module.try_send_message(message, module.NULL, module.DONTWAIT) < 0
    for failed in (
        module.send(0, b"x", 1, 0),
        module.recv(message, module.NULL, 0),
        module.send_message(message, 0, 0),
    ):
        assert failed < 0
        assert module.errno() == zmq.Errno.ENOTSOCK
    module.close(message)


def test_other_threads_run_while_one_waits(module: ModuleType, sockets: tuple[int, int]) -> None:
    got: list[bytes] = []
    entered = threading.Event()

    def wait() -> None:
        message = module.new_message()
        entered.set()
        if module.recv(message, module.pointer(sockets[1]), 0) >= 0:
            got.append(content(module, message))
        module.close(message)

    thread = threading.Thread(target=wait)
    thread.start()
    assert entered.wait(10)
    assert module.send(sockets[0], b"now", 3, 0) == 3
    thread.join(10)
    assert got == [b"now"]


def test_each_thread_has_its_own_errno(module: ModuleType, sockets: tuple[int, int]) -> None:
    message = module.new_message()
    assert module.recv(message, module.pointer(sockets[0]), module.DONTWAIT) < 0
    assert module.errno() == errno.EAGAIN
    thread = threading.Thread(target=lambda: module.send(0, b"", 0, 0))
    thread.start()
    thread.join(10)
    assert module.errno() == errno.EAGAIN
    module.close(message)


@pytest.mark.parametrize("size", [0, 8, 200])
def test_a_message_can_be_emptied_and_filled_again(
    module: ModuleType, sockets: tuple[int, int], size: int
) -> None:
    a, b = sockets
    message = module.new_message()
    for letter in (b"a", b"b", b"c"):
        assert module.send(a, letter * size, size, 0) == size
        assert module.recv(message, module.pointer(b), 0) == size
        assert content(module, message) == letter * size
        module.empty(message)
    module.close(message)


def test_the_package_uses_one_of_them() -> None:
    assert provided.__name__ in ("ctzmq.libzmq.calls", "ctzmq.libzmq.native")


def test_a_look_tells_what_a_socket_is_ready_for(
    module: ModuleType, sockets: tuple[int, int]
) -> None:
    a, b = map(module.pointer, sockets)
    look = module.new_look()
    assert look(b) == 2
    assert module.try_send(a, b"x", 1, module.DONTWAIT) == 1
    assert look(b) == 3
    assert look(module.NULL) == -1
    assert look(a) == 2
