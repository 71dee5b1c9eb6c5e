"""Code with labels: where a jump leads is filled in once every label has its place."""

from __future__ import annotations

import struct
from typing import Callable

__all__ = ["Code"]


class Code:
    """Machine code that grows at its end."""

    def __init__(self) -> None:
        self._code = bytearray()
        self._labels: dict[str, int] = {}
        self._jumps: list[tuple[int, str, Callable[[int], int]]] = []

    def add(self, code: bytes) -> None:
        """Add instructions, or parts of one."""
        self._code += code

    def word(self, word: int) -> None:
        """Add 4 bytes, little-endian."""
        self.add(struct.pack("<I", word))

    def label(self, name: str) -> None:
        """Give the place that was reached a name."""
        if name in self._labels:
            raise ValueError(f"two labels are called {name!r}")
        self._labels[name] = len(self._code)

    def jump(self, label: str, encode: Callable[[int], int]) -> None:
        """Add 4 bytes that depend on how far a label is from here.

        Parameters
        ----------
        label : str
            The label, which may come later.
        encode : callable
            Takes the distance in bytes from these 4 bytes, and returns what they are.
        """
        self._jumps.append((len(self._code), label, encode))
        self.word(0)

    def finish(self) -> bytes:
        """Fill in the jumps, and return the code.

        Raises
        ------
        ValueError
            When a label is missing.
        """
        for place, label, encode in self._jumps:
            if label not in self._labels:
                raise ValueError(f"no label is called {label!r}")
            struct.pack_into("<I", self._code, place, encode(self._labels[label] - place))
        return bytes(self._code)
