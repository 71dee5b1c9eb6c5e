"""Calls of libzmq that are prepared once, in machine code that Python writes itself.

ctypes converts every argument and prepares each call anew, which takes longer than the call. A stub
takes Python objects, calls libzmq and returns a Python object, in about a hundred instructions.
`operations` says what each does, `x86_64` and `aarch64` turn that into code, `page` is where it is.
"""

from __future__ import annotations

import ctypes
import platform
import struct
import sys
from typing import Any, Callable

from .. import loader
from .operations import Writer
from .page import Page
from .steps import Stub

__all__ = ["Unavailable", "encoder", "make"]

#: More than all the code takes.
_ROOM = 16384


class Unavailable(Exception):
    """There can be no stubs here; the text tells why."""


def encoder() -> Callable[[Stub], bytes]:
    """Return what turns a stub into code for this processor.

    Raises
    ------
    Unavailable
        When the interpreter, the system or the processor is none that is known.
    """
    machine = platform.machine()
    if sys.implementation.name != "cpython":
        raise Unavailable(f"{sys.implementation.name} has no C API that costs so little")
    if ctypes.sizeof(ctypes.c_void_p) != 8 or sys.byteorder != "little":
        raise Unavailable("they are for 64 bits and little-endian numbers")
    if sys.platform == "win32" or (sys.platform == "darwin" and machine == "arm64"):
        raise Unavailable(f"they are not for {sys.platform} on {machine}")
    if machine in ("x86_64", "amd64"):
        from .x86_64 import encode
    elif machine in ("aarch64", "arm64"):
        from .aarch64 import encode
    else:
        raise Unavailable(f"they are not for {machine}")
    return encode


class _Addresses:
    """Finds the functions that stubs call."""

    def __init__(self) -> None:
        self._libraries: list[Any] = [ctypes.pythonapi, loader.load().handle, ctypes.CDLL(None)]

    def function(self, name: str) -> int:
        """Return the address of a function of Python, libzmq or the C library."""
        library = self._libraries[0 if name.startswith("Py") else 1 if name[:4] == "zmq_" else 2]
        # An object of our own: those that are attributes are everybody's.
        return ctypes.cast(library[name], ctypes.c_void_p).value or 0

    def datum(self, name: str) -> int:
        """Return the address of a variable of Python."""
        return ctypes.addressof(ctypes.c_char.in_dll(ctypes.pythonapi, name))


def make() -> dict[str, Callable[..., Any]]:
    """Make the stubs.

    Returns
    -------
    dict of str to callable
        Each by its name; `contract` tells what they do.

    Raises
    ------
    Unavailable
        When there can be none here.
    """
    encode = encoder()
    try:
        page = Page(_ROOM)
        addresses = _Addresses()
        type_error = ctypes.c_void_p.in_dll(ctypes.pythonapi, "PyExc_TypeError").value or 0
        writer = Writer(
            addresses.function,
            lambda text: page.put(text.encode() + b"\0"),
            type_error,
            addresses.datum("_Py_NoneStruct"),
        )
        methods = {}
        for stub in writer.stubs():
            name = page.put(stub.name.encode() + b"\0")
            code = page.put(encode(stub))
            # A PyMethodDef, which must live as long as the function.
            methods[stub.name] = page.put(struct.pack("<QQi4xQ", name, code, stub.flags, 0))
        page.seal()
    except (OSError, AttributeError, ValueError) as error:
        raise Unavailable(str(error)) from None
    new = ctypes.pythonapi["PyCFunction_NewEx"]
    new.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.py_object)
    new.restype = ctypes.py_object
    return {name: new(method, None, __name__) for name, method in methods.items()}
