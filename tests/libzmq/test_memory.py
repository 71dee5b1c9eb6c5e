"""Memory that C and Python share stays valid for as long as either can reach it."""

from __future__ import annotations

import array
import ctypes
import gc
import mmap
import platform
import subprocess
import sys
import weakref
from typing import Any, Callable

import pytest

from ctzmq.libzmq import memory

CPYTHON = sys.implementation.name == "cpython"
pins_objects = pytest.mark.skipif(not CPYTHON, reason="copies, as it cannot pin an object")


class Owner:
    """Something that must be kept."""


class TestView:
    def test_it_shows_the_memory_itself(self) -> None:
        block = ctypes.create_string_buffer(b"abcdef", 6)
        view = memory.view(ctypes.addressof(block), 6, block)
        assert (view.tobytes(), view.format, view.itemsize, view.ndim) == (b"abcdef", "B", 1, 1)
        view[1] = ord("X")
        block[2] = b"Y"
        assert block.raw == b"aXYdef"
        assert view.tobytes() == b"aXYdef"

    def test_none_of_it_can_be_shown_too(self) -> None:
        block = ctypes.create_string_buffer(1)
        view = memory.view(ctypes.addressof(block), 0, block)
        assert view.tobytes() == b""
        assert view.nbytes == 0

    def test_the_owner_lives_as_long_as_any_view(self) -> None:
        block = ctypes.create_string_buffer(8)
        owner = Owner()
        gone = weakref.ref(owner)
        view = memory.view(ctypes.addressof(block), 8, owner)
        part = view[2:4].cast("H")
        del owner, view
        gc.collect()
        assert gone() is not None
        del part
        for _ in range(3):
            gc.collect()
        assert gone() is None


@pytest.mark.skipif(not CPYTHON, reason="it is not for PyPy")
class TestBlock:
    def test_its_views_show_the_memory_itself_as_bytes(self) -> None:
        target = ctypes.create_string_buffer(b"abcdef", 6)
        block: Any = memory.block(ctypes.addressof(target), 6, target)
        view = memoryview(block)
        assert (view.tobytes(), view.format, view.itemsize, view.ndim) == (b"abcdef", "B", 1, 1)
        view[1] = ord("X")
        assert target.raw == b"aXcdef"

    def test_the_owner_lives_as_long_as_any_view(self) -> None:
        target = ctypes.create_string_buffer(8)
        owner = Owner()
        gone = weakref.ref(owner)
        block: Any = memory.block(ctypes.addressof(target), 8, owner)
        view = memoryview(block)
        del owner, block
        gc.collect()
        assert gone() is not None
        del view
        gc.collect()
        assert gone() is None


BUFFERS: list[Any] = [
    b"bytes" * 20,
    bytearray(b"bytearray" * 20),
    memoryview(b"memoryview" * 20),
    memoryview(bytearray(b"0123456789"))[3:7],
    array.array("d", [1.5, 2.5, -3.5]),
    (ctypes.c_int * 4)(1, 2, 3, 4),
]


class TestExport:
    @pytest.mark.parametrize("data", BUFFERS, ids=lambda data: type(data).__name__)
    def test_c_reads_what_python_sees(self, data: Any) -> None:
        view = memoryview(data)
        address, keep = memory.export(data, view)
        assert ctypes.string_at(address, view.nbytes) == view.tobytes()
        del keep

    def test_anonymous_files_too(self) -> None:
        with mmap.mmap(-1, 4096) as file:
            file[:5] = b"hello"
            address, keep = memory.export(file, memoryview(file))
            assert ctypes.string_at(address, 5) == b"hello"
            del keep
            gc.collect()

    @pins_objects
    @pytest.mark.parametrize("data", BUFFERS, ids=lambda data: type(data).__name__)
    def test_the_memory_is_the_objects_own(self, data: Any) -> None:
        numpy = pytest.importorskip("numpy")

        address, keep = memory.export(data, memoryview(data))
        assert address == numpy.frombuffer(data, "B").__array_interface__["data"][0]
        del keep

    @pins_objects
    def test_an_object_cannot_move_its_memory_meanwhile(self) -> None:
        data = bytearray(b"x" * 100)
        _, keep = memory.export(data, memoryview(data))
        with pytest.raises(BufferError):
            data.extend(b"y" * 10000)
        with pytest.raises(BufferError):
            data.clear()
        data[0:1] = b"z"
        del keep
        data.clear()
        assert not data

    @pins_objects
    def test_the_object_lives_meanwhile(self) -> None:
        class Data(bytearray):
            """A bytearray that can be referred to weakly."""

        data = Data(b"x" * 100)
        gone = weakref.ref(data)
        address, keep = memory.export(data, memoryview(data))
        del data
        gc.collect()
        assert gone() is not None
        assert ctypes.string_at(address, 100) == b"x" * 100
        del keep
        gc.collect()
        assert gone() is None

    @pins_objects
    def test_an_object_is_not_asked_for_its_memory_a_second_time(self) -> None:
        """It might show another one."""
        address, keep = memory.export(Owner(), memoryview(bytearray(b"shown")))
        assert ctypes.string_at(address, 5) == b"shown"
        del keep

    @pins_objects
    def test_memory_with_gaps_is_refused(self) -> None:
        data = bytearray(100)
        with pytest.raises(BufferError):
            memory.export(memoryview(data)[::2], memoryview(data))
        gc.collect()
        data.clear()

    @pins_objects
    def test_arrays_in_the_order_of_fortran(self) -> None:
        numpy = pytest.importorskip("numpy")

        data = numpy.arange(12, dtype="int16").reshape(3, 4).copy(order="F")
        address, keep = memory.export(data, memoryview(data))
        assert ctypes.string_at(address, data.nbytes) == data.tobytes(order="A")
        del keep


class TestFlat:
    @pytest.mark.parametrize("data", BUFFERS, ids=lambda data: type(data).__name__)
    def test_bytes_are_seen_whatever_the_shape(self, data: Any) -> None:
        shown = memory.flat(memoryview(data))
        assert shown is not None
        assert (shown.format, shown.ndim) == ("B", 1)
        assert shown.tobytes() == memoryview(data).tobytes() == memory.plain(memoryview(data))
        assert shown.readonly == memoryview(data).readonly

    @pins_objects
    def test_an_array_of_structures_is_written_to_and_kept(self) -> None:
        class Both(ctypes.Structure):
            _fields_ = (("a", ctypes.c_int), ("b", ctypes.c_double))

        data: Any = (Both * 2)()
        shown = memory.flat(memoryview(data))
        assert shown is not None
        shown[:4] = b"\5\0\0\0" if sys.byteorder == "little" else b"\0\0\0\5"
        assert data[0].a == 5
        gone = weakref.ref(data)
        del data
        gc.collect()
        assert gone() is not None
        assert sorted(shown[:4]) == [0, 0, 0, 5]
        del shown
        gc.collect()
        assert gone() is None

    @pins_objects
    def test_the_order_of_fortran_is_that_of_memory(self) -> None:
        numpy = pytest.importorskip("numpy")

        data = numpy.arange(12, dtype="int16").reshape(3, 4).copy(order="F")
        assert memory.plain(memoryview(data)) == data.tobytes(order="A")

    def test_nothing_is_nothing(self) -> None:
        shown = memory.flat(memoryview(b""))
        assert shown is not None
        assert shown.nbytes == 0


@pytest.mark.skipif(
    not CPYTHON or platform.libc_ver()[0] != "glibc", reason="is about glibc's allocator"
)
def test_large_messages_find_their_memory_again(
    child: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    done = child("""
        import resource
        import ctzmq as zmq

        def faults():
            return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

        with zmq.Context() as context:
            with context.socket(zmq.PAIR) as a, context.socket(zmq.PAIR) as b:
                a.bind("inproc://x")
                b.connect("inproc://x")
                message = bytes(256_000)
                for number in range(200):
                    if number == 100:
                        before = faults()
                    a.send(message)
                    b.recv()
                print((faults() - before) / 100)
        """)
    # Each message has 63 pages, and each of its two copies was got from the system anew.
    assert float(done.stdout) < 30, done.stderr
