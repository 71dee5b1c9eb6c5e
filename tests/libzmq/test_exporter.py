"""Instances of a Python class can be given to memoryview on every interpreter."""

from __future__ import annotations

import gc
import pickle
import sys
import weakref
from typing import Any

import pytest

from ctzmq.libzmq import exporter

by_slot = pytest.mark.skipif(
    not exporter.NEEDS_MEMORY, reason="this interpreter asks the class itself"
)


class Block(exporter.Exporter):
    """Offers the memory that it was made of."""

    __slots__ = ("__weakref__", "_first", "_memory", "last")

    def __init__(self, data: Any) -> None:
        self._first = object()
        self._memory = memoryview(data)
        self.last = object()

    def __buffer__(self, flags: int) -> memoryview:
        return self._memory


class Derived(Block):
    """Has slots of its own and a dict, and exists before its base offers anything."""

    __slots__ = ("__dict__", "_a", "_z")


class Grandchild(Derived):
    """Adds nothing."""


if exporter.NEEDS_MEMORY:
    exporter.offer(Block)


class Late(Block):
    """Comes after its base began to offer its memory."""


def test_memoryview_shows_the_memory_itself() -> None:
    data = bytearray(b"abc")
    view = memoryview(Block(data))
    data[0] = ord("X")
    assert view.tobytes() == b"Xbc"
    view[1] = ord("Y")
    assert data == b"XYc"


def test_other_takers_of_buffers() -> None:
    block = Block(b"abc")
    assert b"".join([memoryview(block), b"d"]) == b"abcd"
    assert bytearray(block) == b"abc"
    assert int.from_bytes(block, "big") == 0x616263


def test_memory_that_is_read_only_stays_so() -> None:
    view = memoryview(Block(b"abc"))
    assert view.readonly
    with pytest.raises(TypeError):
        view[0] = 1


def test_a_view_keeps_the_memory_not_needing_the_instance() -> None:
    data = bytearray(b"abc")
    block = Block(data)
    gone = weakref.ref(block)
    view = memoryview(block)
    if sys.implementation.name == "cpython":
        with pytest.raises(BufferError):
            data.extend(bytes(1000))
    del block
    for _ in range(3):
        gc.collect()
    assert view.tobytes() == b"abc"
    if exporter.NEEDS_MEMORY:
        assert gone() is None


@pytest.mark.parametrize("cls", [Derived, Grandchild, Late])
def test_a_derived_class_offers_it_too(cls: type[Block]) -> None:
    derived: Any = cls(b"abc")
    derived.other = 1
    assert bytes(memoryview(derived)) == b"abc"


def test_two_instances_do_not_mix() -> None:
    blocks = [Block(b"%d" % number) for number in range(50)]
    views = [memoryview(block) for block in reversed(blocks)]
    assert [view.tobytes() for view in reversed(views)] == [b"%d" % n for n in range(50)]


@by_slot
def test_an_instance_without_memory_is_an_error() -> None:
    empty = Block.__new__(Block)
    with pytest.raises(ValueError, match="released"):
        memoryview(empty)
    block = Block(b"abc")
    del block._memory
    with pytest.raises(ValueError, match="released"):
        memoryview(block)


@by_slot
@pytest.mark.parametrize("wrong", [None, 5, "text", object()])
def test_memory_that_is_none_is_an_error(wrong: object) -> None:
    block: Any = Block(b"abc")
    block._memory = wrong
    with pytest.raises(TypeError):
        memoryview(block)


@by_slot
def test_references_are_counted_right() -> None:
    data = b"abc" * 100
    block = Block(data)
    before = sys.getrefcount(block), sys.getrefcount(block._memory)
    for _ in range(100):
        memoryview(block).release()
        view = memoryview(block)
        del view
    gc.collect()
    assert (sys.getrefcount(block), sys.getrefcount(block._memory)) == before


@by_slot
def test_a_class_whose_memory_lies_elsewhere_is_refused() -> None:
    class Misplaced(exporter.Exporter):
        __slots__ = ("_a", "_b", "_memory")

    with pytest.raises(TypeError, match="second slot of Misplaced"):
        exporter.offer(Misplaced)
    with pytest.raises(TypeError):
        memoryview(Misplaced())  # type: ignore[arg-type]


@by_slot
def test_a_class_of_c_without_room_is_refused() -> None:
    with pytest.raises(TypeError, match="no room for buffer functions"):
        exporter._buffer_procs(int)
    assert exporter._buffer_procs(pickle.PickleBuffer)


def test_other_classes_are_left_alone() -> None:
    class Plain:
        __slots__ = ("_a", "_memory")

    for thing in (Plain(), object(), exporter.Exporter()):
        with pytest.raises((TypeError, ValueError)):  # on PyPy the base class has its own words
            memoryview(thing)  # type: ignore[arg-type]


def test_numpy_reads_it() -> None:
    numpy = pytest.importorskip("numpy", reason="not here")
    array = numpy.frombuffer(Block(bytearray(range(8))), "uint16")
    assert array.tobytes() == bytes(range(8))
    array[0] = 0
