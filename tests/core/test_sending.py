"""What can be sent, in one part or several, copied, shared and tracked."""

from __future__ import annotations

import array
import gc
from typing import Any, Callable

import pytest

import ctzmq as zmq

Pair = Callable[..., tuple[zmq.Socket, zmq.Socket]]

SIZES = [0, 1, 29, 30, 33, 34, 255, 256, 65535, 65536, 1_000_000]


def content(size: int) -> bytes:
    """Make bytes that differ from place to place."""
    return (bytes(range(256)) * (size // 256 + 1))[:size]


@pytest.mark.parametrize("copied", [True, False])
@pytest.mark.parametrize(
    "data",
    [
        bytearray(b"a bytearray"),
        memoryview(b"a view"),
        memoryview(b"..a slice..")[2:-2],
        memoryview(bytearray(b"twelve bytes")).cast("I"),
        memoryview(bytes(24)).cast("B", (2, 3, 4)),
        array.array("d", [1.5, -2.5]),
        zmq.Frame(b"a frame"),
        zmq.Frame(b""),
        bytearray(),
    ],
    ids=lambda data: type(data).__name__,
)
def test_any_contiguous_buffer_is_sent(data: Any, copied: bool, pair: Pair) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR, copy_threshold=0)
    expected = bytes(data) if isinstance(data, zmq.Frame) else memoryview(data).tobytes()
    a.send(data, copy=copied)
    assert b.recv() == expected
    a.send_multipart([data, b"-", data], copy=copied)
    assert b.recv_multipart() == [expected, b"-", expected]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("copied", [True, False])
def test_each_size_arrives_whole_both_ways(size: int, copied: bool, pair: Pair) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR, "tcp", copy_threshold=100)
    data = content(size)
    a.send(bytearray(data), copy=copied)
    assert b.recv(copy=True) == data
    b.send(data, copy=copied)
    frame = a.recv(copy=False)
    assert (frame.bytes, len(frame), frame.more) == (data, size, False)


def test_a_frame_is_sent_again_and_again(pair: Pair) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    frame = zmq.Frame(b"again")
    for _ in range(3):
        a.send(frame)
        a.send(frame, copy=False)
        assert b.recv() == b.recv(copy=False).bytes == b"again"
    assert frame.bytes == b"again"


def test_a_received_frame_is_passed_on(pair: Pair) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    c, d = pair(zmq.PAIR, zmq.PAIR, "tcp")
    a.send(content(100_000))
    c.send(b.recv(copy=False))
    assert d.recv() == content(100_000)


def test_more_parts_may_follow_a_message_of_several(pair: Pair) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    a.send_multipart([b"one", b"two"], zmq.SNDMORE)
    a.send_multipart([b"three"])
    assert b.recv_multipart() == [b"one", b"two", b"three"]


def test_an_error_in_one_part_sends_none(pair: Pair) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    strided = memoryview(b"every other")[::2]
    bad: Any
    for bad, error in (("text", TypeError), (None, TypeError), (5, TypeError)):
        with pytest.raises(error, match=r"part 1 of 3"):
            a.send_multipart([b"good", bad, b"good"])
    with pytest.raises(BufferError, match=r"part 2 of 3.*contiguous"):
        a.send_multipart([b"good", b"good", strided])
    with pytest.raises(ValueError, match="one part at least"):
        a.send_multipart([])
    with pytest.raises(ValueError, match="one part at least"):
        a.send_multipart([], copy=False)
    a.send_multipart([b"the", b"first"])
    assert b.recv_multipart() == [b"the", b"first"]


def test_a_tracker_is_pending_until_libzmq_lets_go(pair: Pair) -> None:
    pull, push = pair(zmq.PULL, zmq.PUSH, "inproc")
    data = bytearray(content(100_000))
    tracker = push.send(data, copy=False, track=True)
    assert tracker is not None
    assert not tracker.done
    with pytest.raises(zmq.NotDone):
        tracker.wait(0.01)
    frame = pull.recv(copy=False)
    assert frame.bytes == data
    assert not tracker.done
    del frame
    gc.collect()
    tracker.wait(10)
    assert tracker.done


def test_small_messages_are_copied_and_their_tracker_is_done(pair: Pair) -> None:
    pull, push = pair(zmq.PULL, zmq.PUSH)
    for tracker in (
        push.send(b"small", copy=False, track=True),
        push.send_multipart([b"small", b"too"], copy=False, track=True),
    ):
        assert tracker is not None
        assert tracker.done
        tracker.wait(0)
    push.send(b"copied", track=True)
    assert [pull.recv() for _ in range(4)] == [b"small", b"small", b"too", b"copied"]


def test_the_threshold_decides_what_is_shared(pair: Pair) -> None:
    pull, push = pair(zmq.PULL, zmq.PUSH, copy_threshold=10)
    copied = push.send(b"x" * 9, copy=False, track=True)
    shared = push.send(b"x" * 10, copy=False, track=True)
    assert copied is not None
    assert shared is not None
    assert (copied.done, shared.done) == (True, False)
    assert (pull.recv(), pull.recv()) == (b"x" * 9, b"x" * 10)
    gc.collect()
    shared.wait(10)


def test_a_tracked_frame_is_tracked_when_it_is_sent(pair: Pair) -> None:
    pull, push = pair(zmq.PULL, zmq.PUSH)
    frame = zmq.Frame(content(100_000), copy=False, track=True)
    tracker = push.send(frame, copy=False, track=True)
    assert tracker is not None
    assert tracker is frame.tracker
    with pytest.raises(ValueError, match="track=True"):
        push.send(zmq.Frame(b"x"), copy=False, track=True)
    assert pull.recv() == content(100_000)
    assert not tracker.done
    del frame
    gc.collect()
    tracker.wait(10)


@pytest.mark.parametrize("copied", [True, False], ids=["copy", "share"])
def test_a_list_that_is_emptied_meanwhile_is_sent_as_it_was(pair: Pair, copied: bool) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL)
    parts = [b"one", b"two" * 30_000, b"three"]
    sent = list(parts)

    class Emptying(zmq.Socket):
        def send(self, *args: Any, **kwargs: Any) -> Any:
            parts.clear()
            return super().send(*args, **kwargs)

    Emptying(a).send_multipart(parts, copy=copied)
    assert b.recv_multipart() == sent
