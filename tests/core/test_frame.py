"""Frames: the memory of one message part, its properties, and who keeps it alive."""

from __future__ import annotations

import array
import copy
import ctypes
import gc
import mmap
import pickle
import subprocess
import sys
import threading
from typing import Any, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ctzmq as zmq
from ctzmq.core import payload
from ctzmq.libzmq.provider import calls

CPYTHON = sys.implementation.name == "cpython"
Pair = Callable[..., "tuple[zmq.Socket, zmq.Socket]"]
Eventually = Callable[[Callable[[], object]], None]
Child = Callable[..., "subprocess.CompletedProcess[str]"]

without_sockets = pytest.mark.blocking("frames are the same with all kinds of sockets")
pytestmark = pytest.mark.usefixtures("nothing_is_left_behind")
COPIES = pytest.mark.parametrize("copied", [True, False], ids=["copy", "share"])
TRANSPORTS = pytest.mark.parametrize("transport", ["inproc", "ipc", "tcp"])


class Point(ctypes.Structure):
    _fields_ = (("x", ctypes.c_int16), ("y", ctypes.c_int32))


def plain_buffers() -> dict[str, Any]:
    """What the standard library has that offers its memory."""
    file = mmap.mmap(-1, 4096)
    file.write(b"mapped")
    return {
        "bytes": b"bytes" * 20,
        "bytearray": bytearray(b"bytearray" * 20),
        "memoryview": memoryview(b"0123456789")[2:7],
        "array": array.array("d", [1.5, 2.5, -3.5]),
        "mmap": file,
        "ctypes array": (ctypes.c_int * 4)(1, 2, 3, 4),
        "ctypes struct": Point(1, 2),
        "empty bytes": b"",
        "empty bytearray": bytearray(),
        "empty array": array.array("i"),
        "large": bytes(range(256)) * 1000,
    }


def numpy_buffers() -> dict[str, Any]:
    try:
        import numpy
    except ImportError:
        return {}
    grid = numpy.arange(12, dtype="int16").reshape(3, 4)
    frozen = grid.copy()
    frozen.flags.writeable = False
    return {
        "numpy": numpy.arange(10.0),
        "numpy grid": grid,
        "numpy grid in Fortran's order": numpy.asfortranarray(grid),
        "numpy read-only": frozen,
        "numpy struct": numpy.array([(1, 2.5), (3, 4.5)], dtype=[("a", "i2"), ("b", "f8")]),
        "numpy big-endian": numpy.arange(5, dtype=">i4"),
        "numpy bool": numpy.array([True, False]),
        "numpy complex": numpy.array([1 + 2j]),
        "numpy scalar": numpy.float64(1.5),
        "numpy of no dimension": numpy.array(7),
        "numpy empty": numpy.empty(0),
        "numpy empty grid": numpy.empty((0, 3)),
        "numpy slice": numpy.arange(10)[2:5],
    }


BUFFERS = {**plain_buffers(), **numpy_buffers()}


def raw(data: Any) -> bytes:
    """The memory of an object in the order in which it lies there."""
    if type(data).__module__ == "numpy":
        made: bytes = data.tobytes("A")
        return made
    return memoryview(data).tobytes()


@without_sockets
class TestContent:
    def test_an_empty_frame(self) -> None:
        frame = zmq.Frame()
        assert frame.bytes == bytes(frame) == b""
        assert frame.buffer.tobytes() == memoryview(frame).tobytes() == b""
        assert len(frame) == 0
        assert not frame
        assert frame.more is False
        assert frame.tracker is None

    @COPIES
    @pytest.mark.parametrize("kind", BUFFERS)
    def test_anything_with_a_contiguous_buffer(self, kind: str, copied: bool) -> None:
        data = BUFFERS[kind]
        expected = raw(data)
        frame = zmq.Frame(data, copy=copied)
        assert len(frame) == len(expected)
        assert frame.bytes == bytes(frame) == expected
        assert frame.buffer.tobytes() == memoryview(frame).tobytes() == expected
        assert (frame.buffer.format, frame.buffer.ndim) == ("B", 1)

    @given(st.binary(max_size=100), st.booleans())
    def test_any_bytes(self, data: bytes, copied: bool) -> None:
        frame = zmq.Frame(data, copy=copied)
        assert frame.bytes == data == bytes(frame.buffer)
        assert frame == data

    def test_bytes_are_read_once(self) -> None:
        frame = zmq.Frame(b"x" * 1000)
        assert frame.bytes is frame.bytes
        assert bytes(frame) is frame.bytes

    def test_the_buffer_is_always_the_same(self) -> None:
        frame = zmq.Frame(b"abc")
        assert frame.buffer is frame.buffer

    @COPIES
    @pytest.mark.parametrize("wrong", [5, 1.5, [b"x"], {"a": 1}, object(), True])
    def test_what_has_no_buffer_is_refused(self, wrong: Any, copied: bool) -> None:
        with pytest.raises(TypeError, match=r"bytes-like, got (int|float|list|dict|object|bool)"):
            zmq.Frame(wrong, copy=copied)

    @COPIES
    def test_text_is_refused(self, copied: bool) -> None:
        with pytest.raises(TypeError, match="got str 'grüße': use send_string"):
            zmq.Frame("grüße", copy=copied)

    @COPIES
    def test_memory_with_gaps_is_refused(self, copied: bool) -> None:
        with pytest.raises(BufferError, match="contiguous"):
            zmq.Frame(memoryview(bytearray(100))[::2], copy=copied)

    @COPIES
    def test_numpy_arrays_with_gaps_are_refused(self, copied: bool) -> None:
        numpy = pytest.importorskip("numpy", reason="not here")
        with pytest.raises(BufferError, match="copy it first"):
            zmq.Frame(numpy.arange(12).reshape(3, 4)[:, 1:3], copy=copied)

    def test_memory_that_was_released_is_refused(self) -> None:
        view = memoryview(b"abc")
        view.release()
        with pytest.raises(ValueError, match="released"):
            zmq.Frame(view)


@without_sockets
class TestSharing:
    def test_a_copy_does_not_see_changes(self) -> None:
        data = bytearray(b"abc")
        frame = zmq.Frame(data)
        data[0] = ord("X")
        assert frame.bytes == b"abc"
        gc.collect()  # PyPy 8 keeps the size until a view that nobody has is collected
        data.clear()

    @pytest.mark.skipif(not CPYTHON, reason="copies, as it cannot pin an object")
    def test_shared_memory_is_the_objects_own(self) -> None:
        data = bytearray(b"abc")
        frame = zmq.Frame(data, copy=False)
        data[0] = ord("X")
        assert memoryview(frame).tobytes() == b"Xbc"
        frame.buffer[1] = ord("Y")
        assert data == b"XYc"

    def test_bytes_stay_immutable(self) -> None:
        frame = zmq.Frame(b"abc", copy=False)
        assert frame.buffer.readonly
        assert memoryview(frame).readonly
        with pytest.raises(TypeError):
            frame.buffer[0] = 1
        assert zmq.Frame(bytearray(b"abc"), copy=False).buffer.readonly is False

    def test_a_copy_can_be_written_to(self) -> None:
        data = b"abc"
        frame = zmq.Frame(data, copy=True)
        memoryview(frame)[0] = ord("X")
        assert frame.bytes == b"Xbc"
        assert data == b"abc"

    @pytest.mark.parametrize(
        ("size", "threshold", "shared"),
        [
            (zmq.COPY_THRESHOLD - 1, None, False),
            (zmq.COPY_THRESHOLD, None, True),
            (1, 0, True),
            (10, 11, False),
            (11, 11, True),
        ],
    )
    def test_the_size_decides_when_it_is_left_open(
        self, size: int, threshold: int | None, shared: bool
    ) -> None:
        frame = zmq.Frame(bytes(size), track=True, copy_threshold=threshold)
        assert frame.tracker is not None
        assert frame.tracker.done is not shared
        assert bool(payload.payloads) is shared

    def test_nothing_to_share_is_never_lent(self) -> None:
        frame = zmq.Frame(b"", copy=False, track=True)
        assert frame.tracker is not None
        assert frame.tracker.done
        assert not payload.payloads

    @pytest.mark.skipif(not CPYTHON, reason="copies, as it cannot pin an object")
    def test_a_lent_bytearray_cannot_be_resized(self, eventually: Eventually) -> None:
        data = bytearray(b"x" * 100)
        frame = zmq.Frame(data, copy=False)
        with pytest.raises(BufferError):
            data.extend(b"y")
        with pytest.raises(BufferError):
            data.clear()
        del frame
        eventually(lambda: not payload.payloads)
        data.clear()

    @pytest.mark.skipif(not CPYTHON, reason="copies, as it cannot pin an object")
    def test_a_lent_file_cannot_be_unmapped(self, eventually: Eventually) -> None:
        file = mmap.mmap(-1, 4096)
        frame = zmq.Frame(file, copy=False)
        with pytest.raises(BufferError):
            file.close()
        assert frame.bytes == bytes(4096)
        del frame
        eventually(lambda: not payload.payloads)
        file.close()


class TestTracker:
    def test_untracked(self) -> None:
        assert zmq.Frame(b"abc").tracker is None
        assert zmq.Frame(b"abc", copy=False).tracker is None

    def test_a_copy_is_done_at_once(self) -> None:
        tracker = zmq.Frame(b"abc", track=True, copy=True).tracker
        assert tracker is not None
        assert tracker.done

    def test_shared_memory_is_held_until_the_last_view_goes(self, eventually: Eventually) -> None:
        frame = zmq.Frame(b"abc", track=True, copy=False)
        tracker = frame.tracker
        view = frame.buffer[1:]
        assert tracker is not None
        assert not tracker.done
        with pytest.raises(zmq.NotDone):
            tracker.wait(0.01)
        del frame
        gc.collect()
        assert not tracker.done
        assert view.tobytes() == b"bc"
        del view
        eventually(lambda: tracker.done)
        tracker.wait(0)

    @pytest.mark.skipif(sys.implementation.name != "cpython", reason="counts references")
    def test_what_it_shares_is_referred_to_twice(self, eventually: Eventually) -> None:
        """Programs count that to see that nothing was copied."""
        data = b"x" * 1000
        before = sys.getrefcount(data)
        frame = zmq.Frame(data, copy=False)
        assert sys.getrefcount(data) == before + 2
        copies = [copy.copy(frame), copy.copy(copy.copy(frame))]
        assert sys.getrefcount(data) == before + 4
        views = [each.buffer for each in copies]
        del frame
        assert [bytes(memoryview(each)) for each in copies] == [data, data]
        assert memoryview(copies[1]).readonly
        # A view keeps what it shows, and is no reference more.
        del copies
        eventually(lambda: sys.getrefcount(data) == before + 3)
        assert views == [data, data]
        del views
        eventually(lambda: sys.getrefcount(data) == before)

    def test_a_tracker_of_a_frame(self) -> None:
        frame = zmq.Frame(b"abc", track=True, copy=False)
        tracker = zmq.MessageTracker(frame)
        assert not tracker.done
        del frame
        gc.collect()
        tracker.wait(10)
        assert tracker.done

    def test_its_event(self) -> None:
        assert zmq.Frame(b"abc").tracker_event is None
        event = zmq.Frame(b"abc", track=True, copy=False).tracker_event
        gc.collect()
        assert isinstance(event, threading.Event)
        assert event.wait(10)


class TestReceived:
    @TRANSPORTS
    def test_parts_and_more(self, pair: Pair, transport: str) -> None:
        a, b = pair(zmq.PAIR, zmq.PAIR, transport)
        parts = [b"", b"short", b"x" * 100_000]
        a.send_multipart(parts)
        frames = b.recv_multipart(copy=False)
        assert [frame.bytes for frame in frames] == parts
        assert [frame.more for frame in frames] == [True, True, False]
        assert [frame.get(zmq.MORE) for frame in frames] == [1, 1, 0]

    def test_tracked(self, pair: Pair) -> None:
        a, b = pair(zmq.PAIR, zmq.PAIR)
        a.send(b"x")
        a.send(b"x")
        assert b.recv(copy=False).tracker is None
        tracker = b.recv(copy=False, track=True).tracker
        assert tracker is not None
        assert tracker.done

    def test_what_was_received_can_be_written_to(self, pair: Pair) -> None:
        a, b = pair(zmq.PAIR, zmq.PAIR)
        a.send(b"abc")
        frame = b.recv(copy=False)
        frame.buffer[0] = ord("X")
        assert memoryview(frame).tobytes() == b"Xbc"

    def test_a_frame_can_be_sent_on_and_on(self, pair: Pair) -> None:
        a, b = pair(zmq.PAIR, zmq.PAIR)
        frame = zmq.Frame(b"x" * 100_000, copy=False)
        for _ in range(3):
            a.send(frame)
            b.send(b.recv(copy=False))
            assert a.recv() == b"x" * 100_000
        assert frame.bytes == b"x" * 100_000

    def test_a_numpy_array_goes_there_and_back(self, pair: Pair) -> None:
        numpy = pytest.importorskip("numpy", reason="not here")
        a, b = pair(zmq.PAIR, zmq.PAIR, "tcp")
        sent = numpy.random.default_rng(1).random((100, 200))
        a.send(sent, copy=False)
        got = numpy.frombuffer(b.recv(copy=False), dtype=sent.dtype).reshape(sent.shape)
        gc.collect()
        assert (got == sent).all()


class TestProperties:
    def test_of_the_peer(self, pair: Pair) -> None:
        a, b = pair(zmq.DEALER, zmq.DEALER, "tcp")
        a.send(b"x")
        frame = b.recv(copy=False)
        assert frame.get("Socket-Type") == frame["Socket-Type"] == "DEALER"
        assert frame.get(b"Peer-Address") == "127.0.0.1"
        assert frame.get(zmq.MORE) == 0
        assert frame.get(zmq.SRCFD) >= 0

    def test_unknown_ones(self, pair: Pair) -> None:
        frame = zmq.Frame(b"x")
        with pytest.raises(zmq.ZMQError, match="no property 'No-Such'") as caught:
            frame.get("No-Such")
        assert caught.value.errno == zmq.EINVAL
        with pytest.raises(zmq.ZMQError) as caught:
            frame.get(99)
        assert caught.value.errno == zmq.EINVAL

    @pytest.mark.parametrize("wrong", [None, 1.5, object(), [b"x"]])
    def test_properties_have_names_or_numbers(self, wrong: Any) -> None:
        with pytest.raises(TypeError, match="name or number of a property"):
            zmq.Frame(b"x").get(wrong)
        with pytest.raises(TypeError, match="'routing_id', 'group' or a number"):
            zmq.Frame(b"x").set(wrong, 1)

    def test_shared_or_not(self) -> None:
        frame = zmq.Frame(b"x" * 1000)
        assert frame.get(zmq.SHARED) == 0
        other = copy.copy(frame)
        assert frame.get(zmq.SHARED) == other.get(zmq.SHARED) == 1

    def test_none_can_be_set_by_number(self) -> None:
        with pytest.raises(zmq.ZMQError) as caught:
            zmq.Frame(b"x").set(zmq.MORE, 1)
        assert caught.value.errno == zmq.EINVAL

    @pytest.mark.parametrize("wrong", ["1", None, 1.5, b"x"])
    def test_a_number_is_set_to_a_number(self, wrong: Any) -> None:
        with pytest.raises(TypeError, match="int"):
            zmq.Frame(b"x").set(zmq.MORE, wrong)

    @pytest.mark.skipif(zmq.DRAFT_API, reason="this libzmq has the draft API")
    @pytest.mark.parametrize(("name", "value"), [("group", "news"), ("routing_id", 7)])
    def test_drafts_say_what_they_need(self, name: str, value: Any) -> None:
        frame = zmq.Frame(b"x")
        with pytest.raises(zmq.ZMQVersionError, match="built with its draft API"):
            frame.get(name)
        with pytest.raises(zmq.ZMQVersionError, match="built with its draft API"):
            frame.set(name, value)
        with pytest.raises(zmq.ZMQVersionError):
            getattr(frame, name)
        with pytest.raises(zmq.ZMQVersionError):
            setattr(frame, name, value)

    @pytest.mark.skipif(not zmq.DRAFT_API, reason="this libzmq has no draft API")
    def test_drafts(self) -> None:
        frame = zmq.Frame(b"x")
        frame.group = "news"
        frame.routing_id = 7
        assert (frame.group, frame.routing_id) == ("news", 7)
        for name, wrong in (("group", 7), ("routing_id", "7")):
            with pytest.raises(TypeError):
                setattr(frame, name, wrong)

    def test_unknown_attributes(self) -> None:
        frame: Any = zmq.Frame(b"x")
        with pytest.raises(AttributeError):
            frame.no_such_thing
        with pytest.raises(AttributeError):
            frame.no_such_thing = 1


@without_sockets
class TestComparing:
    def test_equal_by_content(self) -> None:
        frame = zmq.Frame(b"abc")
        assert frame == zmq.Frame(bytearray(b"abc"))
        assert frame == b"abc"
        assert frame == bytearray(b"abc")
        assert frame == memoryview(b"abc")
        assert [frame] == [b"abc"]
        assert hash(frame) == hash(zmq.Frame(b"abc"))
        assert frame in {zmq.Frame(b"abc")}

    @pytest.mark.parametrize("other", [b"abd", zmq.Frame(b"ab"), "abc", 1, None, [b"abc"]])
    def test_unequal(self, other: object) -> None:
        assert zmq.Frame(b"abc") != other


class TestCopying:
    def test_a_copy_shares_the_memory(self) -> None:
        frame = zmq.Frame(bytearray(b"x" * 1000), copy=True)
        other = copy.copy(frame)
        assert type(other) is zmq.Frame
        frame.buffer[0] = ord("y")
        assert other.bytes[:2] == b"yx"

    def test_a_copy_keeps_tracker_and_memory(self, eventually: Eventually) -> None:
        frame = zmq.Frame(b"x" * 1000, copy=False, track=True)
        tracker = frame.tracker
        assert tracker is not None
        other = copy.copy(frame)
        assert other.tracker is tracker
        del frame
        gc.collect()
        assert not tracker.done
        assert other.bytes == b"x" * 1000
        assert other.buffer.readonly
        del other
        eventually(lambda: tracker.done)

    def test_a_copy_of_a_part_knows_that_more_follow(self, pair: Pair) -> None:
        a, b = pair(zmq.PAIR, zmq.PAIR)
        a.send_multipart([b"1", b"2"])
        first, last = b.recv_multipart(copy=False)
        assert copy.copy(first).more is True
        assert copy.copy(last).more is False

    @COPIES
    def test_a_deep_copy_has_memory_of_its_own(self, copied: bool) -> None:
        data = bytearray(b"x" * 1000)
        frame = zmq.Frame(data, copy=copied)
        other = copy.deepcopy([frame, frame])
        assert other[0] is other[1]
        frame.buffer[0] = ord("y")
        del frame
        gc.collect()
        assert other[0].bytes == b"x" * 1000

    @pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
    def test_a_frame_is_not_pickled(self, protocol: int) -> None:
        with pytest.raises(TypeError, match=r"cannot pickle .*Frame.*bytes"):
            pickle.dumps(zmq.Frame(b"x" * 1000), protocol)


@without_sockets
class TestRepr:
    @pytest.mark.parametrize(
        ("data", "shown"),
        [
            (b"", "<zmq.Frame(b'')>"),
            (b"sixteen bytes...", "<zmq.Frame(b'sixteen bytes...')>"),
            (b"seventeen bytes..", "<zmq.Frame(b'seventeen by'...17B)>"),
            (b"x" * 999, "<zmq.Frame(b'xxxxxxxxxxxx'...999B)>"),
            (b"x" * 12_345, "<zmq.Frame(b'xxxxxxxxxxxx'...12kB)>"),
            (b"x" * 3_000_000, "<zmq.Frame(b'xxxxxxxxxxxx'...3MB)>"),
        ],
    )
    def test_of_all_sizes(self, data: bytes, shown: str) -> None:
        assert repr(zmq.Frame(data)) == shown

    def test_of_a_subclass(self) -> None:
        class Letter(zmq.Frame):
            """A message with a name of its own."""

        assert repr(Letter(b"abc")) == f"<{__name__}.Letter(b'abc')>"


class TestSubclass:
    def test_with_attributes_and_arguments(self, pair: Pair) -> None:
        class Letter(zmq.Frame):
            def __init__(self, text: str) -> None:
                super().__init__(text.encode())
                self.text = text

            def shout(self) -> str:
                return self.text.upper()

        letter = Letter("hello")
        assert (letter.bytes, letter.shout()) == (b"hello", "HELLO")
        assert memoryview(letter).tobytes() == b"hello"
        a, b = pair(zmq.PAIR, zmq.PAIR)
        a.send(letter)
        assert b.recv() == b"hello"

    def test_with_slots(self) -> None:
        class Letter(zmq.Frame):
            __slots__ = ("_a", "z")
            _a: None
            z: None

        letter = Letter(b"hello")
        letter.z = letter._a = None
        assert memoryview(letter).tobytes() == b"hello"

    def test_one_that_forgets_the_constructor(self) -> None:
        class Letter(zmq.Frame):
            def __init__(self) -> None:
                pass

        letter = Letter()
        for touch in (bytes, len, repr, memoryview, copy.copy):
            with pytest.raises((AttributeError, ValueError, TypeError)):
                touch(letter)

    def test_message_is_the_same_class(self) -> None:
        assert zmq.Message is zmq.Frame


@without_sockets
class TestThreads:
    def test_frames_are_made_and_dropped_in_many(self) -> None:
        data = bytes(range(256)) * 10
        wrong: list[bytes] = []

        def work() -> None:
            for _ in range(200):
                frame = zmq.Frame(data, copy=False)
                view = memoryview(frame)
                del frame
                if view.tobytes() != data:
                    wrong.append(view.tobytes())

        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert not wrong


@pytest.mark.skipif(CPYTHON, reason="CPython frees what is dropped at once")
@pytest.mark.skipif(not calls.NATIVE, reason="PyPy's ctypes takes minutes for so many bytes")
@pytest.mark.parametrize(
    "waste",
    [
        "a.send(data); b.recv(copy=False)",
        "a.send(data); b.recv(copy=False).buffer",
        "zmq.Frame(data)",
    ],
)
def test_the_garbage_collector_knows_how_large_frames_are(waste: str, child: Child) -> None:
    done = child(
        f"""
        import resource
        import ctzmq as zmq
        with zmq.Context() as context, context.socket(zmq.PAIR) as a, context.socket(zmq.PAIR) as b:
            a.bind("inproc://waste")
            b.connect("inproc://waste")
            data = bytes(1_000_000)
            for _ in range(1000):
                {waste}
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 600_000)
        """,
        PYPY_GC_NURSERY="4M",
    )
    assert (done.stdout, done.stderr) == ("True\n", "")
