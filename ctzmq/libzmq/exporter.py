"""Lets instances of a Python class be given to `memoryview`, on every interpreter.

CPython 3.12 and newer ask `__buffer__`, and PyPy does of classes with a base of its own. CPython
3.9 to 3.11 ask the type's `bf_getbuffer`, which no Python class can provide. There `offer`
gives the class the one of `pickle.PickleBuffer`: it is C code that passes the question on to the
object whose pointer is the second word of the instance. For a class whose second slot, by name,
is `_memory`, that word is the slot. No callback is made and no code is generated; an unset slot
is a ValueError, and the asking view refers to the slot's object, not to the instance.

That object should be no memoryview. Before 3.12.7 and 3.13, CPython's garbage collector takes the
memory from a memoryview in a cycle although others still refer to it, and crashes when they end
(gh-77894). What `__buffer__` returns is one, so 3.12 is treated like 3.11 until that release.
"""

from __future__ import annotations

import ctypes
import sys
from typing import TYPE_CHECKING, Any

#: Whether instances must hold what offers their memory in `_memory` from the start.
NEEDS_MEMORY = sys.implementation.name == "cpython" and sys.version_info < (3, 12, 7)

if not TYPE_CHECKING and sys.implementation.name == "pypy":
    from __pypy__ import bufferable

    Exporter = bufferable.bufferable
else:

    class Exporter:
        """The base of classes that offer their memory."""

        __slots__ = ()

        def __init_subclass__(cls, **kwargs: Any) -> None:
            super().__init_subclass__(**kwargs)
            # 3.12 does not let it inherit this where `__buffer__` is inherited.
            if any(base in _offering for base in cls.__mro__):
                _give(cls)


#: The classes that `offer` was called for.
_offering: set[type] = set()


_WORD = ctypes.sizeof(ctypes.c_void_p)
# Words of PyTypeObject between the head of a variable-size object and tp_as_buffer: name,
# basicsize, itemsize, dealloc, vectorcall_offset, getattr, setattr, as_async, repr, as_number,
# as_sequence, as_mapping, hash, call, str, getattro, setattro.
_WORDS_BEFORE_AS_BUFFER = 17


def _word(address: int) -> ctypes.c_void_p:
    return ctypes.c_void_p.from_address(address)


def _buffer_procs(cls: type) -> int:
    """Find the address of a type's `PyBufferProcs`."""
    head = object.__basicsize__ + _WORD
    address = _word(id(cls) + head + _WORDS_BEFORE_AS_BUFFER * _WORD).value
    if not address:
        raise TypeError(f"{cls.__name__} has no room for buffer functions")
    return address


def offer(cls: type) -> None:
    """Make instances of a class, and of its subclasses, offer the memory of their `_memory`.

    It is for the first instance to call, where `NEEDS_MEMORY` says so.

    Parameters
    ----------
    cls : type
        Derived from `Exporter`, with `__slots__` of which `_memory` is the second by name.

    Raises
    ------
    TypeError
        When the interpreter lays out instances or types in another way than this code knows.
    """
    probe: Any = object.__new__(cls)
    probe._memory = memory = bytearray()
    if _word(id(probe) + object.__basicsize__ + _WORD).value != id(memory):
        raise TypeError(f"_memory is not the second slot of {cls.__name__}")
    heirs: list[type] = [cls]
    while heirs:
        heir = heirs.pop()
        _give(heir)
        heirs += heir.__subclasses__()
    _offering.add(cls)


def _give(cls: type) -> None:
    # What `pickle` has under this name, without importing it.
    from _pickle import PickleBuffer

    _word(_buffer_procs(cls)).value = _word(_buffer_procs(PickleBuffer)).value
