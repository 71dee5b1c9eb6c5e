"""Those who make the calls of each message: all do what the contract says, name for name."""

from __future__ import annotations

import ast
import ctypes
import errno
import sys
import threading
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import ctzmq as zmq
from ctzmq.libzmq import contract, prototypes, provider, stubs
from ctzmq.libzmq.contract import DONTWAIT, LARGE, SNDMORE, UNKNOWN

PAIR = 0
RCVMORE = 13
LINGER = 17
SIZES = [0, 1, 29, 30, 33, 34, 4096, LARGE - 1, LARGE, 1_000_000]


def modules() -> list[str]:
    found = ["calls"]
    # This FFI is part of every PyPy; on CPython it may happen to be installed.
    if find_spec("cffi") is not None:
        found.append("native")
    try:
        stubs.make()
    except stubs.Unavailable:
        return found
    return [*found, "stubs.calls"]


class Sockets:
    """Two connected libzmq sockets, and the cells that have their addresses."""

    def __init__(self, module: Any) -> None:
        self.context = prototypes.zmq_ctx_new()
        self.cells = [ctypes.c_void_p(prototypes.zmq_socket(self.context, PAIR)) for _ in range(2)]
        assert prototypes.zmq_bind(self.cells[0], b"inproc://calls") == 0
        assert prototypes.zmq_connect(self.cells[1], b"inproc://calls") == 0
        self.a, self.b = map(module.pointer, self.cells)

    def end(self) -> None:
        for cell in self.cells:
            prototypes.zmq_close(cell)
        prototypes.zmq_ctx_term(self.context)


@pytest.fixture(params=modules())
def module(request: pytest.FixtureRequest) -> Any:
    return import_module(f"ctzmq.libzmq.{request.param}")


@pytest.fixture
def sockets(module: Any) -> Iterator[Sockets]:
    made = Sockets(module)
    yield made
    made.end()


def payload(size: int) -> bytes:
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def bare(received: contract.Received) -> bytes:
    """Take a part out of its tuple, if it is in one."""
    (data,) = received if isinstance(received, tuple) else (received,)
    assert isinstance(data, bytes)
    return data


def test_each_has_all_that_the_contract_names(module: Any) -> None:
    (calls,) = (
        node
        for node in ast.walk(ast.parse(Path(contract.__file__).read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
    )
    names = {node.name for node in calls.body if isinstance(node, ast.FunctionDef)}
    names |= {node.target.id for node in calls.body if isinstance(node, ast.AnnAssign)}  # type: ignore[union-attr]
    assert {"NAME", "send", "receive_all"} <= names
    assert [name for name in sorted(names) if not hasattr(module, name)] == []


@pytest.mark.parametrize("size", SIZES)
def test_a_part_arrives_as_it_was_sent(module: Any, sockets: Sockets, size: int) -> None:
    data = payload(size)
    sent = module.send(sockets.a, data, 0)
    assert sent == (size >= LARGE)
    if sent:
        assert module.wait_send(sockets.a, data, 0) == 0
    received = module.receive(sockets.b)
    assert isinstance(received, tuple) == (size >= LARGE)
    assert bare(received) == data


@pytest.mark.parametrize("size", SIZES)
def test_careful_calls_do_the_same(module: Any, sockets: Sockets, size: int) -> None:
    data = payload(size)
    assert module.wait_send(sockets.a, data, SNDMORE) == 0
    assert module.wait_send(sockets.a, data, 0) == 0
    assert bare(module.wait_receive(sockets.b, 0)) == data
    assert module.try_get(sockets.b, RCVMORE) == 1
    assert bare(module.ask_receive(sockets.b)) == data
    assert module.try_get(sockets.b, RCVMORE) == 0


@pytest.mark.parametrize("kind", [list, tuple])
@pytest.mark.parametrize("sizes", [[5], [1, 2, 3], [0, 100, LARGE, 7], [LARGE, 1], [3, LARGE]])
def test_a_message_of_several_parts(
    module: Any, sockets: Sockets, sizes: list[int], kind: Any
) -> None:
    parts = kind(map(payload, sizes))
    left = module.send_all(sockets.a, parts, 0)
    number = len(parts) if left == 0 else -1 - left
    assert 0 <= number <= len(parts)
    for part in parts[number:]:
        number += 1
        assert module.wait_send(sockets.a, part, SNDMORE if number < len(parts) else 0) == 0
    received: list[bytes] = []
    more = 1
    while more:
        count = len(received)
        more = module.receive_all(sockets.b, received)
        assert more in (0, 1)
        assert len(received) > count
    assert received == list(parts)


def test_a_message_is_not_sent_if_a_part_is_no_bytes(module: Any, sockets: Sockets) -> None:
    class Derived(bytes):
        """May offer another content than it has."""

    for parts in ([b"a", "b"], [], [b"a", bytearray(b"b")], (None,), [Derived(b"a")]):
        assert module.send_all(sockets.a, parts, 0) == 1
        assert module.send_all(module.NULL, parts, 0) == 1
    assert module.ask_receive(sockets.b) == -errno.EAGAIN


def test_what_begins_with_sndmore_goes_on(module: Any, sockets: Sockets) -> None:
    assert module.send_all(sockets.a, [b"1"], SNDMORE) == 0
    assert module.send(sockets.a, b"2", SNDMORE) == 0
    assert module.send(sockets.a, b"3", 0) == 0
    received: list[bytes] = []
    while module.receive_all(sockets.b, received):
        pass
    assert received == [b"1", b"2", b"3"]


def test_nothing_waits_that_should_not(module: Any, sockets: Sockets) -> None:
    message, parts = module.new_message(), [b"kept"]
    again = (-errno.EAGAIN, UNKNOWN)
    assert module.receive(sockets.a) in again
    assert module.receive_all(sockets.a, parts) in again
    assert module.receive_message(sockets.a, message) in again
    for result in (
        module.ask_receive(sockets.a),
        module.ask_receive_all(sockets.a, parts),
        module.wait_receive(sockets.a, DONTWAIT),
        module.wait_receive_message(sockets.a, message, DONTWAIT),
    ):
        assert result == -errno.EAGAIN
    assert parts == [b"kept"]
    module.close(message)


def test_asking_for_parts_takes_what_is_there(module: Any, sockets: Sockets) -> None:
    assert module.send(sockets.a, b"abc", SNDMORE) == 0
    assert module.send(sockets.a, b"d", 0) == 0
    parts: list[bytes] = []
    while module.ask_receive_all(sockets.b, parts):
        pass
    assert parts == [b"abc", b"d"]


def test_without_room_nothing_is_sent(module: Any, sockets: Sockets) -> None:
    lonely = ctypes.c_void_p(prototypes.zmq_socket(sockets.context, zmq.PUSH))
    handle = module.pointer(lonely)
    message = module.new_message()
    assert module.send(handle, b"x", 0) in (-errno.EAGAIN, UNKNOWN)
    assert module.send_all(handle, [b"x", b"y"], 0) == -1
    assert module.send_message(handle, message, 0) in (-errno.EAGAIN, UNKNOWN)
    assert module.wait_send(handle, b"x", DONTWAIT) == -errno.EAGAIN
    assert module.wait_send_message(handle, message, DONTWAIT) == -errno.EAGAIN
    module.close(message)
    prototypes.zmq_close(lonely)


@pytest.mark.parametrize("how", ["NULL", "closed"])
def test_a_closed_socket_is_an_error_not_a_crash(module: Any, how: str) -> None:
    cell = ctypes.c_void_p()
    handle = module.NULL if how == "NULL" else module.pointer(cell)
    message, parts = module.new_message(), [b"kept"]
    closed = (-zmq.ENOTSOCK, UNKNOWN)
    assert module.send(handle, b"x", 0) in closed
    assert module.send_all(handle, [b"x", b"y"], 0) == -1
    assert module.receive(handle) in closed
    assert module.receive_all(handle, parts) in closed
    assert module.send_message(handle, message, 0) in closed
    assert module.receive_message(handle, message) in closed
    for result in (
        module.ask_receive(handle),
        module.ask_receive_all(handle, parts),
        module.wait_send(handle, b"x", 0),
        module.wait_send(handle, bytes(LARGE), 0),
        module.wait_receive(handle, 0),
        module.wait_send_message(handle, message, 0),
        module.wait_receive_message(handle, message, 0),
    ):
        assert result == -zmq.ENOTSOCK
    assert module.send_copy(handle, message, 0) < 0
    assert module.try_get(handle, LINGER) is None
    assert module.new_look()(handle) < 0
    assert parts == [b"kept"]
    module.close(message)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("careful", [False, True])
def test_a_message_is_passed_on_and_then_empty(
    module: Any, sockets: Sockets, size: int, careful: bool
) -> None:
    data = payload(size)
    message = module.new_message()
    assert module.wait_send(sockets.a, data, SNDMORE) == 0
    assert module.wait_send(sockets.a, b"end", 0) == 0
    if careful:
        assert module.wait_receive_message(sockets.b, message, 0) == size
    else:
        assert module.receive_message(sockets.b, message) == size
    assert module.message_more(message) == 1
    assert module.message_size(message) == size
    assert module.read(message) == data
    assert prototypes.zmq_msg_size(module.reference(message)) == size
    address, length = module.content(message)
    assert ctypes.string_at(address, length) == data
    if careful:
        assert module.wait_send_message(sockets.b, message, 0) == size
    else:
        assert module.send_message(sockets.b, message, 0) == size
    assert module.read(message) == b""
    assert module.receive_message(sockets.a, message) == size
    assert module.message_more(message) == 0
    module.empty(message)
    assert module.message_size(message) == 0
    assert module.receive_message(sockets.b, message) == 3
    assert module.read(message) == b"end"
    assert module.close(message) == 0


@pytest.mark.parametrize("size", SIZES)
def test_what_a_message_holds_is_sent_again_and_again(
    module: Any, sockets: Sockets, size: int
) -> None:
    data = payload(size)
    message = module.new_message()
    assert module.wait_send(sockets.a, data, 0) == 0
    assert module.wait_receive_message(sockets.b, message, 0) == size
    assert module.send_copy(sockets.b, message, SNDMORE) == size
    assert module.send_copy(sockets.b, message, 0) == size
    assert module.read(message) == data
    assert module.close(message) == 0
    parts: list[bytes] = []
    while module.receive_all(sockets.a, parts) > 0:
        pass
    assert parts == [data, data]


def test_other_threads_run_while_one_waits(module: Any, sockets: Sockets) -> None:
    got: list[contract.Received] = []
    entered = threading.Event()

    def wait() -> None:
        entered.set()
        got.append(module.wait_receive(sockets.b, 0))

    thread = threading.Thread(target=wait)
    thread.start()
    assert entered.wait(10)
    assert module.wait_send(sockets.a, b"now", 0) == 0
    thread.join(10)
    assert got == [b"now"]


def test_several_threads_receive_each_from_its_own_socket(module: Any) -> None:
    """Whatever they share, no part is that of another thread's."""
    pairs = [Sockets(module) for _ in range(4)]
    wrong: list[object] = []

    def exchange(number: int) -> None:
        mine = pairs[number]
        for count in range(2000):
            data = b"%d %d" % (number, count) * (count % 40)
            module.send(mine.a, data, 0)
            if bare(module.receive(mine.b)) != data:
                wrong.append(data)

    threads = [threading.Thread(target=exchange, args=(n,)) for n in range(len(pairs))]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    finally:
        sys.setswitchinterval(interval)
        for one in pairs:
            one.end()
    assert wrong == []


def test_an_option_is_read(module: Any, sockets: Sockets) -> None:
    assert module.try_get(sockets.a, LINGER) == -1
    assert module.try_get(sockets.a, 9999) is None


def test_a_look_tells_what_a_socket_is_ready_for(module: Any, sockets: Sockets) -> None:
    look = module.new_look()
    assert look(sockets.b) == zmq.POLLOUT
    assert module.send(sockets.a, b"x", 0) == 0
    assert look(sockets.b) == zmq.POLLIN | zmq.POLLOUT
    assert look(sockets.a) == zmq.POLLOUT


def test_contents_are_not_kept_that_should_not_be(module: Any, sockets: Sockets) -> None:
    module.keep_less(LARGE)
    for size in SIZES:
        assert module.wait_send(sockets.a, payload(size), 0) == 0
        assert bare(module.receive(sockets.b)) == payload(size)


def test_the_package_uses_the_fastest_that_there_is() -> None:
    names = {"ctzmq.libzmq.native": "native", "ctzmq.libzmq.calls": "calls"}
    name = names.get(provider.calls.__name__, "stubs.calls")  # type: ignore[attr-defined]
    assert name in modules()
    assert (name != "calls") == provider.calls.NATIVE
    assert (provider.reason == "") == provider.calls.NATIVE
