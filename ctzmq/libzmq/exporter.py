"""Makes instances of a Python class accepted by `memoryview`, on every interpreter.

CPython 3.12 and newer call `__buffer__`, and so does PyPy for classes that derive from a base of
its own. CPython 3.9 to 3.11 call the type's `bf_getbuffer`, which a Python class cannot define:
without the following, `memoryview(frame)` would be a TypeError there. `offer` gives the class a
stub as `bf_getbuffer`, which forwards the request to the object that the attribute `_exported`
refers to.

Where there are no stubs, it gives the class the `bf_getbuffer` of `pickle.PickleBuffer`, which
forwards the request to the object whose pointer is the second word after the head of the instance.
In a class whose second slot, by name, is `_memory`, that word is the slot, which has to be set from
the start; an unset one is a ValueError. Either way the view refers to that object, not to the
instance.

That object must not be a memoryview. Before 3.12.7, CPython's garbage collector releases a
memoryview that is part of a cycle although views of it are still in use, and crashes when those end
(gh-77894). `__buffer__` returns a memoryview, so 3.12 is treated like 3.11 until that release.
"""

from __future__ import annotations

import ctypes
import sys
from typing import TYPE_CHECKING, Any

from .provider import calls

#: Whether it is for `offer` to let instances be asked.
NEEDS_OFFER = sys.implementation.name == "cpython" and sys.version_info < (3, 12, 7)
#: Whether instances need the object that exports their memory in `_memory` from the start.
NEEDS_MEMORY = NEEDS_OFFER and not calls.GETBUFFER

if not TYPE_CHECKING and sys.implementation.name == "pypy":
    from __pypy__ import bufferable

    Exporter = bufferable.bufferable
else:

    class Exporter:
        """The base of classes that export their memory."""

        __slots__ = ()

        def __init_subclass__(cls, **kwargs: Any) -> None:
            super().__init_subclass__(**kwargs)
            # In 3.12 a class that inherits `__buffer__` does not inherit this.
            for base in cls.__mro__:
                if base in _offering:
                    _give(cls, _offering[base])
                    break


#: The classes that `offer` was called for, and what it gave them.
_offering: dict[type, int] = {}


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


def offer(cls: type, getbuffer: int = calls.GETBUFFER) -> None:
    """Make instances of a class, and of its subclasses, offer their memory.

    It is for the first instance to call, where `NEEDS_OFFER` says so.

    Parameters
    ----------
    cls : type
        Derived from `Exporter`; with an attribute `_exported`, or with `__slots__` of which
        `_memory` is the second by name.
    getbuffer : int
        The address of the function that asks `_exported`; 0 when there is none, so that `_memory`
        is asked.

    Raises
    ------
    TypeError
        When the interpreter lays out instances or types in a way that this code does not know.
    """
    if not getbuffer:
        getbuffer = _that_of_pickle(cls)
    heirs: list[type] = [cls]
    while heirs:
        heir = heirs.pop()
        _give(heir, getbuffer)
        heirs += heir.__subclasses__()
    _offering[cls] = getbuffer


def _that_of_pickle(cls: type) -> int:
    """Return the address of what asks the `_memory` of a class's instances."""
    probe: Any = object.__new__(cls)
    probe._memory = memory = bytearray()
    if _word(id(probe) + object.__basicsize__ + _WORD).value != id(memory):
        raise TypeError(f"_memory is not the second slot of {cls.__name__}")
    # `pickle.PickleBuffer`, without the 3 ms that importing `pickle` takes.
    from _pickle import PickleBuffer

    return _word(_buffer_procs(PickleBuffer)).value or 0


def _give(cls: type, getbuffer: int) -> None:
    _word(_buffer_procs(cls)).value = getbuffer
