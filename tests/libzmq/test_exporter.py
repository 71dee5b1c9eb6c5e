"""Instances of a Python class can be given to memoryview on every interpreter."""

from __future__ import annotations

import gc
import pickle
import sys
import weakref
from typing import Any

import pytest

from ctzmq.libzmq import exporter
from ctzmq.libzmq.provider import calls

by_slot = pytest.mark.skipif(
    not exporter.NEEDS_OFFER, reason="this interpreter asks the class itself"
)


class Blocks:
    """Classes that offer the memory that they were made of.

    Parameters
    ----------
    getbuffer : int, optional
        What is given to them; nothing when left out, where the interpreter asks a class itself.
    """

    def __init__(self, getbuffer: int | None) -> None:
        self.by_pickle = getbuffer == 0

        class Block(exporter.Exporter):
            __slots__ = ("__weakref__", "_first", "_memory", "last")

            def __init__(self, data: Any) -> None:
                self._first = object()
                self._memory = memoryview(data)
                self.last = object()

            @property
            def _exported(self) -> Any:
                return self._memory

            def __buffer__(self, flags: int) -> memoryview:
                return self._memory

        class Derived(Block):
            """Has slots of its own and a dict, and exists before its base offers anything."""

            __slots__ = ("__dict__", "_a", "_z")

        class Grandchild(Derived):
            """Adds nothing."""

        if getbuffer is not None:
            exporter.offer(Block, getbuffer)

        class Late(Block):
            """Comes after its base began to offer its memory."""

        self.base: Any = Block
        self.derived: list[Any] = [Derived, Grandchild, Late]


KINDS: dict[str, int | None] = {"asked itself": None}
if exporter.NEEDS_OFFER:
    KINDS = {"by pickle's": 0}
    if calls.GETBUFFER:
        KINDS["by a stub"] = calls.GETBUFFER
BLOCKS = {kind: Blocks(getbuffer) for kind, getbuffer in KINDS.items()}


@pytest.fixture(params=KINDS)
def blocks(request: pytest.FixtureRequest) -> Blocks:
    return BLOCKS[request.param]


def test_memoryview_shows_the_memory_itself(blocks: Blocks) -> None:
    data = bytearray(b"abc")
    view = memoryview(blocks.base(data))
    data[0] = ord("X")
    assert view.tobytes() == b"Xbc"
    view[1] = ord("Y")
    assert data == b"XYc"


def test_other_takers_of_buffers(blocks: Blocks) -> None:
    block = blocks.base(b"abc")
    assert b"".join([memoryview(block), b"d"]) == b"abcd"
    assert bytearray(block) == b"abc"
    assert int.from_bytes(block, "big") == 0x616263


def test_memory_that_is_read_only_stays_so(blocks: Blocks) -> None:
    view = memoryview(blocks.base(b"abc"))
    assert view.readonly
    with pytest.raises(TypeError):
        view[0] = 1


def test_a_view_keeps_the_memory_not_needing_the_instance(blocks: Blocks) -> None:
    data = bytearray(b"abc")
    block = blocks.base(data)
    gone = weakref.ref(block)
    view = memoryview(block)
    if sys.implementation.name == "cpython":
        with pytest.raises(BufferError):
            data.extend(bytes(1000))
    del block
    for _ in range(3):
        gc.collect()
    assert view.tobytes() == b"abc"
    if exporter.NEEDS_OFFER:
        assert gone() is None


def test_a_derived_class_offers_it_too(blocks: Blocks) -> None:
    for cls in blocks.derived:
        derived: Any = cls(b"abc")
        derived.other = 1
        assert bytes(memoryview(derived)) == b"abc"


def test_two_instances_do_not_mix(blocks: Blocks) -> None:
    many = [blocks.base(b"%d" % number) for number in range(50)]
    views = [memoryview(block) for block in reversed(many)]
    assert [view.tobytes() for view in reversed(views)] == [b"%d" % n for n in range(50)]


@by_slot
def test_an_instance_without_memory_is_an_error(blocks: Blocks) -> None:
    empty = blocks.base.__new__(blocks.base)
    with pytest.raises(ValueError if blocks.by_pickle else AttributeError):
        memoryview(empty)
    block = blocks.base(b"abc")
    del block._memory
    with pytest.raises(ValueError if blocks.by_pickle else AttributeError):
        memoryview(block)


@by_slot
@pytest.mark.parametrize("wrong", [None, 5, "text", object()])
def test_memory_that_is_none_is_an_error(wrong: object, blocks: Blocks) -> None:
    block: Any = blocks.base(b"abc")
    block._memory = wrong
    with pytest.raises(TypeError):
        memoryview(block)


@by_slot
def test_references_are_counted_right(blocks: Blocks) -> None:
    data = b"abc" * 100
    block = blocks.base(data)
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
        exporter.offer(Misplaced, 0)
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


def test_numpy_reads_it(blocks: Blocks) -> None:
    numpy = pytest.importorskip("numpy", reason="not here")
    array = numpy.frombuffer(blocks.base(bytearray(range(8))), "uint16")
    assert array.tobytes() == bytes(range(8))
    array[0] = 0
