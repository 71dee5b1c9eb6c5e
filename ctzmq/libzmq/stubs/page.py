"""Memory for code: written first, then read-only and executable, never both, and never freed.

It stays for the life of the process, because its functions may be called until then: at the very
end of an interpreter, and in the child of a fork, which inherits it.
"""

from __future__ import annotations

import ctypes
import mmap
from typing import Any

__all__ = ["Page"]

_ALIGNMENT = 16


def _libc() -> tuple[Any, Any]:
    library = ctypes.CDLL(None, use_errno=True)
    allocate, protect = library["mmap"], library["mprotect"]
    word = ctypes.c_size_t
    allocate.argtypes = (ctypes.c_void_p, word, *(ctypes.c_int,) * 3, ctypes.c_ssize_t)
    allocate.restype = ctypes.c_ssize_t
    protect.argtypes = (ctypes.c_void_p, word, ctypes.c_int)
    return allocate, protect


class Page:
    """A piece of memory that is filled once.

    Parameters
    ----------
    size : int
        Its size in bytes.

    Raises
    ------
    OSError
        When the system refuses the memory.
    """

    def __init__(self, size: int) -> None:
        allocate, self._protect = _libc()
        self._size = -(-size // mmap.PAGESIZE) * mmap.PAGESIZE
        kind = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
        begin: int = allocate(None, self._size, mmap.PROT_READ | mmap.PROT_WRITE, kind, -1, 0)
        if begin == -1:
            raise OSError(ctypes.get_errno(), "no memory for code")
        self._begin = self._end = begin

    def put(self, data: bytes) -> int:
        """Put code or data into the memory, and return its address.

        Raises
        ------
        MemoryError
            When there is not enough room left.
        """
        address = -(-self._end // _ALIGNMENT) * _ALIGNMENT
        if address + len(data) > self._begin + self._size:
            raise MemoryError(f"{self._size} bytes are too few for all the code")
        ctypes.memmove(address, data, len(data))
        self._end = address + len(data)
        return address

    def seal(self) -> None:
        """Make the memory read-only and executable.

        Raises
        ------
        OSError
            When the system refuses that.
        """
        if self._protect(self._begin, self._size, mmap.PROT_READ | mmap.PROT_EXEC):
            raise OSError(ctypes.get_errno(), "the system allows no code that a program writes")
