"""The steps that stubs are written in, whatever the processor: calls, jumps, loads, stores.

A stub is a function for CPython's C API. It has a few variables, which calls preserve, and memory
of its own on the stack. The assembler of each processor turns the steps into code, one by one.
"""

from __future__ import annotations

import struct
from typing import Callable, Union

__all__ = ["VARIABLES", "Assembler", "Memory", "Operand", "Stored", "Variable"]


class Variable(int):
    """A number or address that a stub keeps over its calls."""


class Memory(int):
    """The address of something in the stub's memory on the stack, so many bytes into it."""


class Stored(int):
    """The 8 bytes that are so many bytes into the stub's memory on the stack."""


#: A plain int is that number.
Operand = Union[Variable, Memory, Stored, int]

#: This many registers are preserved by calls on every processor.
VARIABLES = 6


class Assembler:
    """Writes the code of one stub.

    Parameters
    ----------
    parameters : tuple of Variable or None
        Which variable gets each parameter of the function; None where it is not needed.
    memory : int
        How many bytes of memory the stub has.
    """

    def __init__(self, parameters: tuple[Variable | None, ...], memory: int) -> None:
        self._code = bytearray()
        self._labels: dict[str, int] = {}
        self._jumps: list[tuple[int, str, Callable[[int], int]]] = []
        self._begin(parameters, memory)

    def label(self, name: str) -> None:
        """Define a label here, which jumps from anywhere can refer to."""
        if name in self._labels:
            raise ValueError(f"two labels are called {name!r}")
        self._labels[name] = len(self._code)

    def wanted(self, name: str) -> bool:
        """Tell whether any jump refers to a label."""
        return any(label == name for _, label, _ in self._jumps)

    def finish(self) -> bytes:
        """Fill in the targets of jumps, and return the code, which is position-independent.

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

    def _distance(self, label: str, encode: Callable[[int], int]) -> None:
        """Add 4 bytes that depend on the distance from here to a label."""
        self._jumps.append((len(self._code), label, encode))
        self._code += bytes(4)

    # -- What each processor has its own code for --------------------------------------------------

    def _begin(self, parameters: tuple[Variable | None, ...], memory: int) -> None:
        raise NotImplementedError

    def set(self, to: Variable, value: Operand) -> None:
        """Give a variable a value."""
        raise NotImplementedError

    def load(self, to: Variable, base: Variable | Memory, offset: int = 0) -> None:
        """Read into a variable the 8 bytes at an address."""
        raise NotImplementedError

    def load_int(self, to: Variable, base: Variable | Memory, offset: int = 0) -> None:
        """Read into a variable the int of 32 bits at an address."""
        raise NotImplementedError

    def store(self, value: Variable, to: Memory) -> None:
        """Write a variable to the stub's memory."""
        raise NotImplementedError

    def call(self, function: int, *arguments: Operand, to: Variable | None = None) -> None:
        """Call the C function at an address, whose result has 64 bits."""
        raise NotImplementedError

    def call_int(self, function: int, *arguments: Operand, to: Variable | None = None) -> None:
        """Call the C function at an address, whose result is an int of 32 bits."""
        raise NotImplementedError

    def jump(self, label: str) -> None:
        """Go on at a label."""
        raise NotImplementedError

    def jump_if(self, variable: Variable, relation: str, other: Operand, label: str) -> None:
        """Go on at a label if a variable is "==", "!=", "<" or ">=" a variable or number."""
        raise NotImplementedError

    def add(self, to: Variable, number: int) -> None:
        """Add a number to a variable."""
        raise NotImplementedError

    def include(self, to: Variable, number: int) -> None:
        """Set those bits of a variable that a number has."""
        raise NotImplementedError

    def negate(self, to: Variable) -> None:
        """Turn a variable's sign."""
        raise NotImplementedError

    def leave(self, value: Operand) -> None:
        """End the stub with a result."""
        raise NotImplementedError
