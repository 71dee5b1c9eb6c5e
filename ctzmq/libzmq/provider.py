"""Chooses the provider of the message calls that `contract` defines: the fastest available.

On PyPy that is its built-in FFI; on CPython it is stubs, in the first interpreter of the process,
if the processor is supported and the system allows them; otherwise it is ctypes.
`CTZMQ_NATIVE_CALLS=0` selects ctypes everywhere.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .contract import Calls

__all__ = ["calls", "reason"]

#: Why it is ctypes; empty if it is a faster provider.
reason = ""


def _choose() -> Calls:
    global reason
    if os.environ.get("CTZMQ_NATIVE_CALLS") == "0":
        reason = "CTZMQ_NATIVE_CALLS is 0"
    elif sys.implementation.name == "pypy":
        from . import native

        return native
    else:
        from . import interpreters, stubs

        if not interpreters.is_main():
            reason = "this is not the first interpreter of the process"
        else:
            try:
                from .stubs import calls as prepared
            except stubs.Unavailable as error:
                reason = str(error)
            else:
                return prepared
    from . import calls as by_ctypes

    return by_ctypes


calls: Calls = _choose()
