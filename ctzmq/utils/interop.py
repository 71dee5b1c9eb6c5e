"""Addresses from other libraries: ctypes and cffi pointers as plain integers.

Standard library only: any floor of ctzmq may import this module.
"""

from __future__ import annotations

import ctypes
import operator
from importlib import import_module
from typing import Any

_CTYPES_POINTERS = (ctypes.c_void_p, ctypes.c_char_p, ctypes._Pointer)


def cast_int_addr(n: Any) -> int:
    """Return an address as a Python int.

    Parameters
    ----------
    n : int, ctypes pointer or cffi pointer
        The address in any of these forms.

    Returns
    -------
    int
        The address; 0 for a null pointer.

    Raises
    ------
    ValueError
        The argument is none of these.

    Source: pyzmq `zmq.utils.interop.cast_int_addr`.
    """
    if isinstance(n, int):
        return n
    if isinstance(n, _CTYPES_POINTERS):
        return ctypes.cast(n, ctypes.c_void_p).value or 0
    # No cffi object can exist before cffi's core is loaded, so nothing is imported for the others.
    if any(cls.__module__ == "_cffi_backend" for cls in type(n).__mro__):
        return int(import_module("cffi").FFI().cast("uintptr_t", n))
    try:
        return operator.index(n)
    except TypeError:
        raise ValueError(
            f"expected an address as an integer, a ctypes or a cffi pointer, not {n!r}"
        ) from None
