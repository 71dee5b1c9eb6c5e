"""Imports ctypes; on PyPy, without what it does not need.

PyPy's ctypes imports `traceback`, and with it regular expressions, a tokenizer and enums: a quarter
of the time that ctzmq takes to import. It gets a module that becomes the real one when it is first
used. In `sys.modules` that one stands for as long as ctypes is being imported, then it is gone.
"""

from __future__ import annotations

import sys

__all__ = ["ctypes"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any
else:
    ModuleType = type(sys)


class Later(ModuleType):
    """Stands for a module that nobody has used yet."""

    def __getattr__(self, name: str) -> Any:
        self.leave()
        return getattr(__import__(self.__name__), name)

    def leave(self) -> None:
        """Make room for the real one."""
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]


_traceback = Later("traceback")
if sys.implementation.name == "pypy":
    sys.modules.setdefault("traceback", _traceback)
try:
    import ctypes
finally:
    _traceback.leave()
