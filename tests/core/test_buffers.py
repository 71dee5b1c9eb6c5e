"""What may be sent and filled: memory of any shape and type, but never addresses of objects."""

from __future__ import annotations

import array
import asyncio
import ctypes
import gc
import mmap
import subprocess
import sys
import weakref
from typing import Any, Callable

import pytest

import ctzmq as zmq
import ctzmq.asyncio as zmq_asyncio
from ctzmq.core import buffers

Child = Callable[..., "subprocess.CompletedProcess[str]"]

Pair = Callable[..., tuple[zmq.Socket, zmq.Socket]]
Eventually = Callable[[Callable[[], object]], None]

CPYTHON = sys.implementation.name == "cpython"
pins_objects = pytest.mark.skipif(not CPYTHON, reason="PyPy sends a copy of all but bytes")


@pytest.fixture
def numpy() -> Any:
    """The module, where it is installed; ctzmq knows it only when somebody else imports it."""
    return pytest.importorskip("numpy")


TIMES: dict[str, Callable[[Any], Any]] = {
    "datetime64": lambda np: np.array(["2020-01-01", "2021-02-03"], "M8[ns]"),
    "timedelta64": lambda np: np.arange(6).astype("m8[s]"),
    "of two dimensions": lambda np: np.arange(6).astype("m8[s]").reshape(2, 3),
    "in Fortran's order": lambda np: np.asfortranarray(np.arange(6).astype("m8[s]").reshape(2, 3)),
    "of no dimension": lambda np: np.array("2020-01-01", "M8[s]"),
    "empty": lambda np: np.zeros((0, 4), "M8[s]"),
    "big-endian": lambda np: np.arange(6).astype(">m8[s]"),
    "structured": lambda np: np.ones(3, [("t", "M8[ns]"), ("x", "f8")]),
    "structured, one element": lambda np: np.ones(3, [("t", "M8[ns]"), ("x", "f8")])[1],
    "nested": lambda np: np.ones(2, [("t", [("u", "m8[s]"), ("v", "i2", (2,))]), ("x", "f4")]),
    "with gaps in each element": lambda np: np.ones(
        3, np.dtype([("a", "i1"), ("t", "M8[s]")], align=True)
    ),
    "record": lambda np: np.rec.array([(1, 2)], dtype=[("a", "i4"), ("b", "M8[s]")]),
    "masked": lambda np: np.ma.array(np.arange(3).astype("M8[s]"), mask=[0, 1, 0]),
    "large": lambda np: np.arange(20_000).astype("M8[s]"),
}
"""Arrays that a memoryview refuses."""

OTHERS: dict[str, Callable[[Any], Any]] = {
    "bool": lambda np: np.array([True, False]),
    "half": lambda np: np.arange(3, dtype="f2"),
    "complex": lambda np: np.arange(3, dtype="c16"),
    "long double": lambda np: np.arange(3, dtype="g"),
    "big-endian": lambda np: np.arange(3, dtype=">i4"),
    "text": lambda np: np.array(["ab", "c"]),
    "bytes": lambda np: np.array([b"ab", b"c"]),
    "in Fortran's order": lambda np: np.asfortranarray(np.arange(6).reshape(2, 3)),
    "of no dimension": lambda np: np.array(5.0),
    "empty": lambda np: np.zeros((0, 4)),
    "record": lambda np: np.rec.array([(1, 2.5)], dtype=[("a", "i4"), ("b", "f8")]),
    "field named O": lambda np: np.ones(2, [("O", "f8"), ("bO", "f4")]),
    "masked": lambda np: np.ma.array([1, 2, 3], mask=[0, 1, 0]),
    "not aligned": lambda np: np.frombuffer(b"x" * 17, "u1")[1:].view("i8"),
    "scalar": lambda np: np.float64(2.5),
    "datetime64 scalar": lambda np: np.datetime64("2020-01-01", "s"),
}
"""Arrays that it does not refuse."""

WAYS: dict[str, Callable[[zmq.Socket, Any], Any]] = {
    "send": lambda s, data: s.send(data),
    "send copy=False": lambda s, data: s.send(data, copy=False),
    "send_multipart": lambda s, data: s.send_multipart([data]),
    "send_multipart copy=False": lambda s, data: s.send_multipart((data,), copy=False, track=True),
    "Frame": lambda s, data: s.send(zmq.Frame(data)),
    "Frame copy=False": lambda s, data: s.send(zmq.Frame(data, copy=False)),
    "send_serialized": lambda s, data: s.send_serialized(data, lambda d: [d]),
}


def content(np: Any, data: Any) -> bytes:
    """Return the memory of an array in the order in which it lies there."""
    memory: bytes = np.asarray(data).tobytes("A")
    return memory


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", TIMES)
def test_an_array_of_times_is_sent(way: str, kind: str, pair: Pair, numpy: Any) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR, copy_threshold=0)
    data = TIMES[kind](numpy)
    WAYS[way](a, data)
    assert b.recv() == content(numpy, data)


@pytest.mark.parametrize("copied", [True, False])
@pytest.mark.parametrize("kind", OTHERS)
def test_an_array_of_another_type_is_sent(copied: bool, kind: str, pair: Pair, numpy: Any) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR, copy_threshold=0)
    data = OTHERS[kind](numpy)
    a.send_multipart([data, b"end"], copy=copied)
    assert b.recv_multipart() == [content(numpy, data), b"end"]


@pytest.mark.blocking("has tasks of its own")
@pytest.mark.parametrize("copied", [True, False])
def test_a_task_sends_and_fills_an_array_of_times(copied: bool, numpy: Any) -> None:
    async def main() -> None:
        with zmq_asyncio.Context() as context:
            a, b = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
            with a, b:
                a.copy_threshold = 0
                a.bind("inproc://times")
                b.connect("inproc://times")
                data = numpy.arange(4).astype("M8[s]")
                await a.send(data, copy=copied)
                await a.send_multipart([data, b"x"], copy=copied)
                target = numpy.zeros(4, "M8[s]")
                assert await b.recv_into(target) == 32
                assert (target == data).all()
                assert await b.recv_multipart() == [data.tobytes(), b"x"]
                with pytest.raises(TypeError, match="no Python objects"):
                    await a.send(numpy.array([1, "x"], dtype=object), copy=copied)

    asyncio.run(main())


@pins_objects
def test_an_array_of_times_is_shared_until_libzmq_is_done(
    pair: Pair, numpy: Any, eventually: Eventually
) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL)
    data = numpy.arange(20_000).astype("M8[s]")
    gone = weakref.ref(data)
    tracker = a.send(data, copy=False, track=True)
    assert not tracker.done
    data[0] = 5
    del data
    gc.collect()
    assert gone() is not None
    received = b.recv(copy=False)
    assert numpy.frombuffer(received, "M8[s]")[0] == numpy.datetime64(5, "s")
    del received
    tracker.wait(10)
    eventually(lambda: gone() is None)


def test_a_frame_of_an_array_that_cannot_change_cannot_either(numpy: Any) -> None:
    data = numpy.arange(3).astype("M8[s]")
    data.flags.writeable = False
    with memoryview(zmq.Frame(data, copy=False)) as view:
        assert view.readonly
        assert view.tobytes() == data.tobytes()


# -- What is refused -------------------------------------------------------------------------------


OBJECTS: dict[str, Callable[[Any], Any]] = {
    "objects": lambda np: np.array([1, "x"], dtype=object),
    "none": lambda np: np.array([], dtype=object),
    "structured": lambda np: np.zeros(2, [("a", object), ("b", "i4")]),
    "with times": lambda np: np.zeros(2, [("a", object), ("b", "M8[s]")]),
    "one element": lambda np: np.zeros(2, [("a", object), ("b", "M8[s]")])[0],
    "in Fortran's order": lambda np: np.asfortranarray(np.array([[1, "x"], [2, "y"]], object)),
    "a view": lambda np: memoryview(np.array([1, "x"], dtype=object)),
}


@pytest.mark.parametrize("way", [*WAYS, "recv_into"])
@pytest.mark.parametrize("kind", OBJECTS)
def test_addresses_of_objects_never_leave(way: str, kind: str, pair: Pair, numpy: Any) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR, copy_threshold=0)
    b.send(b"x" * 16)
    use = WAYS.get(way, zmq.Socket.recv_into)
    with pytest.raises(TypeError, match=r"no Python objects, got .*: use send_pyobj"):
        use(a, OBJECTS[kind](numpy))
    assert a.recv() == b"x" * 16
    assert not b.poll(0)


def test_text_that_lies_elsewhere_is_refused(numpy: Any) -> None:
    if not hasattr(getattr(numpy, "dtypes", None), "StringDType"):
        pytest.skip("this numpy has no such text")
    with pytest.raises(TypeError, match="no Python objects"):
        zmq.Frame(numpy.array(["a", "b" * 100], dtype=numpy.dtypes.StringDType()))


@pytest.mark.skipif(not CPYTHON, reason="PyPy makes no such arrays of ctypes")
def test_objects_of_ctypes_are_refused() -> None:
    class Both(ctypes.Structure):
        _fields_ = (("number", ctypes.c_int), ("thing", ctypes.py_object))

    things: Any = ctypes.py_object * 2
    for data in (things(1, "x"), Both(1, "x")):
        with pytest.raises(TypeError, match="no Python objects"):
            zmq.Frame(data)


SCATTERED: dict[str, Callable[[Any], Any]] = {
    "every other": lambda np: np.arange(10)[::2],
    "every other time": lambda np: np.arange(10).astype("M8[s]")[::2],
    "backwards": lambda np: np.arange(10).astype("m8[s]")[::-1],
    "one column": lambda np: np.arange(16).reshape(4, 4)[:, :2],
    "one field": lambda np: np.zeros(3, [("t", "M8[ns]"), ("x", "f8")])["t"],
    "broadcast": lambda np: np.broadcast_to(np.arange(3).astype("M8[s]"), (2, 3)),
}


@pytest.mark.parametrize("copied", [True, False])
@pytest.mark.parametrize("kind", SCATTERED)
def test_an_array_with_gaps_is_named(copied: bool, kind: str, pair: Pair, numpy: Any) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    data = SCATTERED[kind](numpy)
    with pytest.raises(BufferError, match="contiguous"):
        a.send(data, copy=copied)
    with pytest.raises(BufferError, match=r"part 1 of 3: .*contiguous"):
        a.send_multipart([b"x", data, b"y"], copy=copied)
    with pytest.raises(BufferError, match="contiguous"):
        a.recv_into(data)
    assert not b.poll(0)


def test_what_was_released_is_refused(numpy: Any) -> None:
    view = memoryview(bytearray(5))
    view.release()
    file = mmap.mmap(-1, 10)
    file.close()
    for data in (view, file):
        with pytest.raises(ValueError, match=r"released|closed"):
            buffers.contiguous(data)


def test_numpy_is_not_imported(child: Callable[..., Any]) -> None:
    done = child("""
        import sys, ctzmq
        view = memoryview(b"x")
        view.release()
        try:
            ctzmq.Frame(view)
        except ValueError:
            print("numpy" in sys.modules)
        """)
    assert done.stdout == "False\n", done.stderr


# -- Filling ---------------------------------------------------------------------------------------


class Both(ctypes.Structure):
    """Four bytes, a gap of four, eight bytes."""

    _fields_ = (("a", ctypes.c_int), ("b", ctypes.c_double))


TARGETS: dict[str, Callable[[], Any]] = {
    "bytearray": lambda: bytearray(16),
    "array": lambda: array.array("d", [0.0, 0.0]),
    "ctypes": lambda: (ctypes.c_int * 4)(),
    "structure": Both,
    "structures": lambda: (Both * 2)(),
    "two dimensions": lambda: memoryview(bytearray(16)).cast("B", (4, 4)),
    "no dimension": lambda: memoryview(bytearray(8)).cast("d", ()),
    "no memory": lambda: bytearray(),
}
SENT = bytes(range(100, 116))


@pytest.mark.parametrize("kind", TARGETS)
def test_memory_of_any_shape_is_filled(kind: str, pair: Pair) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    target = TARGETS[kind]()
    a.send(SENT)
    assert b.recv_into(target) == 16
    filled = bytes(memoryview(target).tobytes())
    assert filled[:16] == SENT[: len(filled)]
    assert not any(filled[16:])


@pytest.mark.parametrize("kind", [*TIMES, *(f"other {kind}" for kind in OTHERS)])
def test_an_array_is_filled_or_the_message_is_kept(kind: str, pair: Pair, numpy: Any) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    other = kind.startswith("other ")
    target = (OTHERS[kind[6:]] if other else TIMES[kind])(numpy)
    before = content(numpy, target)
    writable = not isinstance(target, numpy.generic) and target.flags.writeable
    a.send(SENT)
    if not writable:
        with pytest.raises(BufferError, match="writable"):
            b.recv_into(target)
        assert b.recv() == SENT
        return
    assert b.recv_into(target) == 16
    count = min(len(before), 16)
    assert content(numpy, target) == SENT[:count] + before[count:]


@pytest.mark.skipif(sys.platform != "linux", reason="limits memory as Linux does")
def test_without_memory_for_a_copy_there_is_an_error_and_no_crash(child: Child) -> None:
    done = child(
        """
        import errno, gc, resource, ctzmq as zmq
        context = zmq.Context()
        socket = context.socket(zmq.PUSH)
        socket.bind("inproc://x")
        data = bytearray(200 << 20)
        with open("/proc/self/statm") as file:
            held = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (held + (100 << 20), -1))
        for call in (lambda: zmq.Frame(data, copy=True), lambda: socket.send(data, zmq.DONTWAIT)):
            try:
                call()
            except zmq.ZMQError as error:
                print(error.errno == errno.ENOMEM)
        gc.collect()
        """
    )
    assert done.stdout == "True\nTrue\n"
    assert done.returncode == 0
