"""What messages carry arrives as it was sent: parts, sizes, text, objects, properties."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

import ctzmq as zmq

from .conftest import Link, address
from .sides import SOCKET_PATIENCE, Side, failure

MB = 1000 * 1000
OBJECTS: list[Any] = [
    None,
    True,
    -(2**40),
    1.5,
    "Zürich, 東京",
    [1, [2, {"three": None}]],
    {"nested": {"empty": {}, "list": []}},
]


def blob(size: int, seed: int = 1) -> bytes:
    """Return bytes of which no stretch looks like another."""
    return hashlib.shake_128(b"%d" % seed).digest(size)


@pytest.fixture(params=["the bound", "the connected"])
def channel(request: pytest.FixtureRequest, link: Link) -> tuple[Any, Any]:
    """A sender and a receiver: with `link`, each side in each role."""
    bound, connected = link.pair(zmq.PAIR, zmq.PAIR)
    return (bound, connected) if request.param == "the bound" else (connected, bound)


@pytest.mark.parametrize(
    "parts",
    [
        [b""],
        [b"", b""],
        [b"", b"between", b""],
        [b"\x00", b"\xff" * 3, b"\n\r"],
        [blob(size, size) for size in (0, 1, 28, 29, 30, 33, 254, 255, 256, 8191, 8192, 8193)],
        [b"%d" % number for number in range(500)],
    ],
    ids=["empty", "two empty", "empty around", "binary", "sizes", "many"],
)
def test_parts_arrive_as_they_were_sent(channel: tuple[Any, Any], parts: list[bytes]) -> None:
    sender, receiver = channel
    sender.send_multipart(parts)
    sender.send(b"next")
    assert receiver.recv_multipart() == parts
    assert receiver.recv_multipart() == [b"next"]


def test_parts_may_be_sent_and_received_one_by_one(channel: tuple[Any, Any]) -> None:
    sender, receiver = channel
    sender.send(b"first", zmq.SNDMORE)
    sender.send(b"", flags=zmq.SNDMORE)
    sender.send(b"last")
    seen = []
    for _ in range(3):
        seen.append((receiver.recv(), receiver.get(zmq.RCVMORE)))
    assert seen == [(b"first", 1), (b"", 1), (b"last", 0)]


@pytest.mark.parametrize("copy", [True, False], ids=["copied", "not copied"])
def test_big_parts_arrive_whole(channel: tuple[Any, Any], copy: bool) -> None:
    sender, receiver = channel
    parts = [blob(MB, 1), b"small", blob(65536, 2), b"", blob(300_001, 3)]
    sender.send_multipart(parts, copy=copy)
    received = receiver.recv_multipart(copy=copy)
    if not copy:
        assert [frame.more for frame in received] == [True, True, True, True, False]
        received = [frame.bytes for frame in received]
    assert received == parts


@pytest.mark.parametrize("copy", [True, False], ids=["copied", "not copied"])
@pytest.mark.parametrize("who_sends", ["ctzmq sends", "pyzmq sends"])
def test_ten_megabytes_arrive_whole(ours: Side, theirs: Side, who_sends: str, copy: bool) -> None:
    sides = (ours, theirs) if who_sends == "ctzmq sends" else (theirs, ours)
    push, pull = sides[0].socket(zmq.PUSH), sides[1].socket(zmq.PULL)
    pull.bind("tcp://127.0.0.1:*")
    push.connect(address(pull))
    content = blob(10 * MB)
    push.send(content, copy=copy)
    received = pull.recv(copy=copy)
    assert (received if copy else received.bytes) == content


def test_a_tracker_ends_once_the_peer_has_the_message(channel: tuple[Any, Any]) -> None:
    sender, receiver = channel
    content = blob(MB)
    tracker = sender.send(content, copy=False, track=True)
    assert receiver.recv() == content
    tracker.wait(SOCKET_PATIENCE / 1000)
    assert tracker.done is True


def test_a_message_that_nobody_fetched_is_not_done(ours: Side, theirs: Side) -> None:
    # Without a peer libzmq keeps the memory; with one it may have sent it before we look.
    push = ours.socket(zmq.PUSH)
    pull = theirs.socket(zmq.PULL)
    pull.bind("tcp://127.0.0.1:*")
    endpoint = address(pull)
    pull.unbind(endpoint)
    push.connect(endpoint)
    tracker = push.send(blob(MB), copy=False, track=True)
    assert tracker.done is False
    pull.bind(endpoint)
    assert pull.recv() == blob(MB)
    tracker.wait(SOCKET_PATIENCE / 1000)
    assert tracker.done is True


def test_a_small_message_is_copied_and_done_at_once(channel: tuple[Any, Any]) -> None:
    sender, receiver = channel
    assert sender.send(b"small", copy=False, track=True).done is True
    assert receiver.recv() == b"small"


def test_shared_memory_of_every_kind_arrives(ours: Side, theirs: Side) -> None:
    push, pull = ours.socket(zmq.PUSH, sndhwm=0), theirs.socket(zmq.PULL)
    pull.bind("tcp://127.0.0.1:*")
    push.connect(address(pull))
    content = blob(200_000)
    for data in (bytearray(content), memoryview(content), zmq.Frame(content, copy=False)):
        push.send(data, copy=False)
        assert pull.recv() == content


def test_recv_into_fills_the_buffer(ours: Side, theirs: Side) -> None:
    push, pull = theirs.socket(zmq.PUSH), ours.socket(zmq.PULL)
    pull.bind("tcp://127.0.0.1:*")
    push.connect(address(pull))
    buffer = bytearray(5)
    for message, size, left in ((b"abc", 3, b"abc\0\0"), (b"0123456789", 10, b"01234")):
        push.send(message)
        assert pull.recv_into(buffer) == size
        assert buffer == left


@pytest.mark.parametrize("value", OBJECTS, ids=repr)
def test_objects_travel_as_json_and_pickled(channel: tuple[Any, Any], value: Any) -> None:
    sender, receiver = channel
    sender.send_json(value)
    assert receiver.recv_json() == value
    sender.send_pyobj((value, b"bytes"))
    assert receiver.recv_pyobj() == (value, b"bytes")


def test_text_travels_in_any_encoding(channel: tuple[Any, Any]) -> None:
    sender, receiver = channel
    sender.send_string("Grüße")
    assert receiver.recv() == "Grüße".encode()
    sender.send_string("Grüße", encoding="utf-16")
    assert receiver.recv_string(encoding="utf-16") == "Grüße"
    sender.send("Grüße".encode("latin-1"))
    assert failure(lambda: receiver.recv_string())[0] == "UnicodeDecodeError"
    sender.send_string("", zmq.SNDMORE)
    sender.send_string("the end")
    assert [receiver.recv_string(), receiver.recv_string()] == ["", "the end"]


def test_json_has_the_same_form_from_both_sides(channel: tuple[Any, Any]) -> None:
    sender, receiver = channel
    sender.send_json({"b": [1, 2], "a": "ä"})
    assert receiver.recv() == b'{"b": [1, 2], "a": "\\u00e4"}'
    sender.send_json({"b": 1, "a": 2}, sort_keys=True, separators=(",", ":"))
    assert receiver.recv() == b'{"a":2,"b":1}'


def test_objects_are_serialized_as_the_caller_says(ours: Side, theirs: Side) -> None:
    push, pull = ours.socket(zmq.PUSH), theirs.socket(zmq.PULL)
    pull.bind("tcp://127.0.0.1:*")
    push.connect(address(pull))
    push.send_serialized({"a": 1}, lambda value: [name.encode() for name in (*value, "end")])
    assert pull.recv_multipart() == [b"a", b"end"]
    answer, question = theirs.socket(zmq.PUSH), ours.socket(zmq.PULL)
    answer.connect(f"tcp://127.0.0.1:{question.bind_to_random_port('tcp://127.0.0.1')}")
    answer.send_multipart([b"1", b"2"])
    assert question.recv_serialized(lambda parts: sum(map(int, parts))) == 3


def test_frames_know_the_peer(link: Link) -> None:
    router = link.bind(zmq.ROUTER)
    dealer = link.connect(router, zmq.DEALER, routing_id=b"me")
    dealer.send(b"hello")
    envelope, frame = router.recv_multipart(copy=False)
    assert (envelope.bytes, envelope.more) == (b"me", True)
    assert (frame.bytes, frame.more) == (b"hello", False)
    assert frame.get("Socket-Type") == "DEALER"
    assert frame.get("Identity") == "me"
    if link.endpoint.startswith("tcp"):
        assert frame.get("Peer-Address") == "127.0.0.1"
    assert failure(lambda: frame.get("No-Such")) == ("ZMQError", zmq.EINVAL)


def test_a_received_frame_can_be_sent_on(link: Link) -> None:
    bound, connected = link.pair(zmq.PAIR, zmq.PAIR)
    content = blob(100_000)
    connected.send(content)
    bound.send(bound.recv(copy=False), copy=False)
    assert connected.recv() == content


def test_pollers_see_what_the_other_side_did(link: Link) -> None:
    bound, connected = link.pair(zmq.PAIR, zmq.PAIR)
    assert bound.poll(0) == 0
    assert bound.poll(SOCKET_PATIENCE, zmq.POLLOUT) == zmq.POLLOUT
    connected.send(b"look")
    assert bound.poll(SOCKET_PATIENCE) == zmq.POLLIN
    poller = link.binder.zmq.Poller()
    poller.register(bound, zmq.POLLIN | zmq.POLLOUT)
    ((_, events),) = poller.poll(SOCKET_PATIENCE)
    assert events == zmq.POLLIN | zmq.POLLOUT
    assert bound.recv() == b"look"
    assert bound.get(zmq.EVENTS) == zmq.POLLOUT
