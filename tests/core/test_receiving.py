"""Receiving: into memory that is there already, without a copy, and the parts of a message."""

from __future__ import annotations

import array
import gc
from typing import Any, Callable

import pytest

import ctzmq as zmq
from ctzmq.core import receiving, sending
from ctzmq.libzmq.contract import LARGE
from ctzmq.libzmq.provider import calls

Pair = Callable[..., tuple[zmq.Socket, zmq.Socket]]


def test_recv_into_fills_the_beginning(pair: Pair) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    buffer = bytearray(b"..........")
    a.send(b"12345")
    assert b.recv_into(buffer) == 5
    assert buffer == b"12345....."
    a.send(b"abcde")
    assert b.recv_into(buffer, nbytes=2) == 5
    assert buffer == b"ab345....."
    a.send(b"longer than the buffer")
    assert b.recv_into(buffer) == 22
    assert buffer == b"longer tha"
    a.send(b"")
    assert b.recv_into(buffer) == 0
    assert buffer == b"longer tha"


def test_recv_into_takes_any_writable_memory(pair: Pair) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    numbers = array.array("i", [0, 0])
    a.send(array.array("i", [7, 8]))
    assert b.recv_into(numbers) == 2 * numbers.itemsize
    assert numbers.tolist() == [7, 8]
    whole = bytearray(6)
    a.send(b"mid")
    assert b.recv_into(memoryview(whole)[2:5]) == 3
    assert whole == b"\0\0mid\0"
    a.send(b"lost")
    assert b.recv_into(bytearray()) == 4


def test_recv_into_refuses_other_memory_and_loses_nothing(pair: Pair) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    a.send(b"kept")
    with pytest.raises(BufferError, match="writable"):
        b.recv_into(b"read-only")
    with pytest.raises(BufferError, match="contiguous"):
        b.recv_into(memoryview(bytearray(8))[::2])
    with pytest.raises(TypeError):
        b.recv_into("text")  # type: ignore[arg-type]
    for nbytes in (-1, 5, 2**70):
        with pytest.raises(ValueError, match="nbytes"):
            b.recv_into(bytearray(4), nbytes=nbytes)
    assert b.recv() == b"kept"


def test_received_memory_outlives_frame_and_socket(pair: Pair) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    a.send(bytes(range(250)) * 400)
    view = b.recv(copy=False).buffer
    b.close()
    gc.collect()
    assert view.tobytes() == bytes(range(250)) * 400


def test_a_received_frame_can_be_tracked(pair: Pair) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    a.send(b"one")
    frame = b.recv(copy=False, track=True)
    assert frame.tracker is not None
    assert frame.tracker.done
    a.send_multipart([b"one", b"two"])
    for part in b.recv_multipart(copy=False, track=True):
        assert part.tracker is not None
        assert part.tracker.done


@pytest.mark.parametrize(
    ("call", "module", "function"),
    [
        (lambda a, b: b.recv_multipart(), receiving, "try_receive_all"),
        (lambda a, b: b.recv_multipart(copy=False), receiving, "receive_message"),
        (lambda a, b: a.send_multipart([bytes(LARGE), b"y", b"z"]), sending, "try_send_all"),
    ],
    ids=["recv", "recv without a copy", "send"],
)
def test_the_rest_of_a_message_is_never_that_of_another_socket(
    pair: Pair,
    monkeypatch: pytest.MonkeyPatch,
    call: Callable[..., Any],
    module: Any,
    function: str,
) -> None:
    """What a signal handler makes after it has closed a socket may have the same address."""
    a, b = pair(zmq.PAIR, zmq.PAIR)
    a.send_multipart([bytes(LARGE), b"2", b"3"])
    handles = []
    once = getattr(module, function)

    def then_close(*arguments: Any) -> Any:
        result = once(*arguments)
        a.close()
        b.close()
        handles.append(arguments[0])
        return result

    monkeypatch.setattr(module, function, then_close)
    try:
        received = call(a, b)
    except zmq.ZMQError as error:
        assert error.errno == zmq.ENOTSOCK  # noqa: PT017, it need not be raised
    else:
        assert [bytes(part) for part in received] == [bytes(LARGE), b"2", b"3"]
    assert handles[1:] == [calls.NULL] * (len(handles) - 1)
