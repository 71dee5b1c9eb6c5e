"""libzmq calls that are prepared once, in machine code that Python writes itself.

ctypes converts every argument and prepares each call anew, which takes longer than the call. A stub
takes Python objects, calls libzmq and returns a Python object, in about a hundred instructions:
sending and receiving 100 bytes takes 0.4 us with stubs and 1.5 us with ctypes. `operations` defines
what each does, `x86_64` and `aarch64` turn that into code, `page` holds it.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from typing import Any

from .. import loader
from .assembler import Assembler
from .operations import SLOTS, STUBS, Writer
from .page import Page

__all__ = ["Unavailable", "assembler", "make"]

#: Larger than all the code.
_ROOM = 16384


class Unavailable(Exception):
    """Stubs are not possible here; the text tells why."""


def assembler() -> type[Assembler]:
    """Return the assembler for this processor.

    Raises
    ------
    Unavailable
        When the interpreter, the system or the processor is not supported.
    """
    if sys.implementation.name != "cpython":
        raise Unavailable(f"{sys.implementation.name} has no C API that costs so little")
    if sys.platform == "win32":
        raise Unavailable("there are no stubs for Windows")
    machine = os.uname().machine
    if ctypes.sizeof(ctypes.c_void_p) != 8 or (sys.platform == "darwin" and machine == "arm64"):
        raise Unavailable(f"there are no stubs for this {sys.platform} on {machine}")
    if machine in ("x86_64", "amd64"):
        from .x86_64 import X86

        return X86
    if machine in ("aarch64", "arm64"):
        from .aarch64 import Arm

        return Arm
    raise Unavailable(f"there are no stubs for {machine}")


class _Addresses:
    """Finds the functions that stubs call."""

    def __init__(self) -> None:
        self._libraries: tuple[Any, ...] = (
            ctypes.pythonapi,
            loader.load().handle,
            ctypes.CDLL(None),
        )
        self._found: dict[str, int] = {}

    def function(self, name: str) -> int:
        """Return the address of a function of Python, libzmq or the C library."""
        if name not in self._found:
            python, libzmq, libc = self._libraries
            library = python if name.startswith("Py") else libzmq if "_" in name else libc
            # By index, ctypes makes a new function object, whose types no other user of pythonapi
            # changes.
            self._found[name] = ctypes.cast(library[name], ctypes.c_void_p).value or 0
        return self._found[name]


def make() -> dict[str, Any]:
    """Make the stubs.

    Returns
    -------
    dict of str to callable or int
        Each by its name; of what types have in their slots, the address.

    Raises
    ------
    Unavailable
        When there can be none here.
    """
    chosen = assembler()
    try:
        page = Page(_ROOM)
        writer = Writer(
            chosen,
            _Addresses().function,
            lambda text: page.put(text.encode() + b"\0"),
            ctypes.c_void_p.in_dll(ctypes.pythonapi, "PyExc_TypeError").value or 0,
            ctypes.addressof(ctypes.c_char.in_dll(ctypes.pythonapi, "_Py_NoneStruct")),
            ctypes.addressof(ctypes.c_char.in_dll(ctypes.pythonapi, "PyBytes_Type")),
        )
        methods = {}
        for name in STUBS:
            code, convention = writer.write(name)
            text, start = page.put(name.encode() + b"\0"), page.put(code)
            # A PyMethodDef, which must live as long as the function.
            methods[name] = page.put(struct.pack("<QQi4xQ", text, start, convention, 0))
        slots = {name: page.put(writer.write_slot(name)) for name in SLOTS}
        page.seal()
    except (OSError, AttributeError, ValueError) as error:
        raise Unavailable(str(error)) from None
    new = ctypes.pythonapi["PyCFunction_NewEx"]
    new.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.py_object)
    new.restype = ctypes.py_object
    functions = {name: new(method, None, __name__) for name, method in methods.items()}
    return {**functions, **slots}
