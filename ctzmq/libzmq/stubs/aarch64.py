"""Writes stubs for AArch64.

Source: Arm Architecture Reference Manual for A-profile, C6.2; Procedure Call Standard for the Arm
64-bit Architecture, 6.
"""

from __future__ import annotations

import struct

from .assembler import Assembler, Memory, Operand, Stored, Variable

__all__ = ["Arm"]

#: What any called function may change.
X16 = 16
#: The callee-saved registers, which hold the variables.
SAVED = (19, 20, 21, 22, 23, 24)
X29, X30 = 29, 30
#: The stack pointer as a base; zero as a source.
SP = 31

#: The registers to save on the stack, in pairs, so that it stays aligned to 16 bytes.
PAIRS = ((X29, X30), (19, 20), (21, 22), (23, 24))

BTI_C = 0xD503245F
RET = 0xD65F03C0

CONDITIONS = {"==": 0, "!=": 1, ">=": 10, "<": 11}


def mov(to: int, source: int) -> int:
    """Copy a register, but not the stack pointer."""
    return 0xAA0003E0 | source << 16 | to


def movz(to: int, number: int, shift: int) -> int:
    """Set 16 bits of a register, and the others to zero."""
    return 0xD2800000 | shift // 16 << 21 | number << 5 | to


def movk(to: int, number: int, shift: int) -> int:
    """Set 16 bits of a register."""
    return 0xF2800000 | shift // 16 << 21 | number << 5 | to


def sxtw(to: int, source: int) -> int:
    """Copy the lower half of a register, and extend its sign."""
    return 0x93407C00 | source << 5 | to


def ldr(to: int, base: int, offset: int) -> int:
    """Read a register from memory."""
    return 0xF9400000 | offset // 8 << 10 | base << 5 | to


def ldrsw(to: int, base: int, offset: int) -> int:
    """Read an int of 32 bits from memory, and extend its sign."""
    return 0xB9800000 | offset // 4 << 10 | base << 5 | to


def store(source: int, base: int, offset: int) -> int:
    """Write a register to memory."""
    return 0xF9000000 | offset // 8 << 10 | base << 5 | source


def push(first: int, second: int) -> int:
    """Put two registers on the stack."""
    return 0xA9BF0000 | second << 10 | SP << 5 | first


def pop(first: int, second: int) -> int:
    """Take two registers from the stack."""
    return 0xA8C10000 | second << 10 | SP << 5 | first


def add(to: int, source: int, number: int) -> int:
    """Add a number of 12 bits."""
    return 0x91000000 | number << 10 | source << 5 | to


def sub(to: int, source: int, number: int) -> int:
    """Subtract a number of 12 bits."""
    return 0xD1000000 | number << 10 | source << 5 | to


def add_register(to: int, source: int, other: int) -> int:
    """Add a register."""
    return 0x8B000000 | other << 16 | source << 5 | to


def orr(to: int, source: int, other: int) -> int:
    """Set the bits of a register that another has."""
    return 0xAA000000 | other << 16 | source << 5 | to


def neg(to: int, source: int) -> int:
    """Negate a register."""
    return 0xCB0003E0 | source << 16 | to


def cmp(register: int, other: int) -> int:
    """Compare a register with another."""
    return 0xEB00001F | other << 16 | register << 5


def blr(register: int) -> int:
    """Call what a register points to."""
    return 0xD63F0000 | register << 5


def b_if(relation: str, distance: int) -> int:
    """Jump so many bytes if the comparison before had this result."""
    return 0x54000000 | (distance // 4 & 0x7FFFF) << 5 | CONDITIONS[relation]


def b(distance: int) -> int:
    """Jump so many bytes."""
    return 0x14000000 | distance // 4 & 0x3FFFFFF


def number(to: int, value: int) -> list[int]:
    """Set a register to a number of 64 bits."""
    value &= 0xFFFFFFFFFFFFFFFF
    parts = [(value >> shift & 0xFFFF, shift) for shift in (0, 16, 32, 48)]
    some = [part for part in parts if part[0]] or parts[:1]
    return [movz(to, *some[0]), *(movk(to, *part) for part in some[1:])]


class Arm(Assembler):
    """Writes the code of one stub.

    Parameters
    ----------
    parameters, memory
        As for `Assembler`.
    """

    def _begin(self, parameters: tuple[Variable | None, ...], memory: int) -> None:
        room = memory + 15 & ~15
        self._add(BTI_C, *(push(*pair) for pair in PAIRS), sub(SP, SP, room))
        for register, variable in enumerate(parameters):
            if variable is not None:
                self._add(mov(SAVED[variable], register))
        self._leave = (add(SP, SP, room), *(pop(*pair) for pair in reversed(PAIRS)), RET)

    def _add(self, *words: int) -> None:
        self._code += struct.pack(f"<{len(words)}I", *words)

    def _put(self, register: int, value: Operand) -> None:
        if isinstance(value, Variable):
            self._add(mov(register, SAVED[value]))
        elif isinstance(value, Memory):
            self._add(add(register, SP, value))
        elif isinstance(value, Stored):
            self._add(ldr(register, SP, value))
        else:
            self._add(*number(register, value))

    def set(self, to: Variable, value: Operand) -> None:
        """Give a variable a value."""
        self._put(SAVED[to], value)

    def load(self, to: Variable, base: Variable | Memory, offset: int = 0) -> None:
        """Read into a variable the 8 bytes at an address."""
        self._add(ldr(SAVED[to], *_place(base, offset)))

    def load_int(self, to: Variable, base: Variable | Memory, offset: int = 0) -> None:
        """Read into a variable the int of 32 bits at an address."""
        self._add(ldrsw(SAVED[to], *_place(base, offset)))

    def store(self, value: Variable, to: Memory) -> None:
        """Write a variable to the stub's memory."""
        self._add(store(SAVED[value], SP, to))

    def call(self, function: int, *arguments: Operand, to: Variable | None = None) -> None:
        """Call the C function at an address, whose result has 64 bits."""
        for register, argument in enumerate(arguments):
            self._put(register, argument)
        self._add(*number(X16, function), blr(X16))
        if to is not None:
            self._add(mov(SAVED[to], 0))

    def call_int(self, function: int, *arguments: Operand, to: Variable | None = None) -> None:
        """Call the C function at an address, whose result is an int of 32 bits."""
        self.call(function, *arguments)
        if to is not None:
            self._add(sxtw(SAVED[to], 0))

    def jump(self, label: str) -> None:
        """Go on at a label."""
        self._distance(label, b)

    def jump_if(self, variable: Variable, relation: str, other: Operand, label: str) -> None:
        """Go on at a label if a variable is "==", "!=", "<" or ">=" a variable or number."""
        self._put(X16, other)
        self._add(cmp(SAVED[variable], X16))
        self._distance(label, lambda distance: b_if(relation, distance))

    def add(self, to: Variable, number: int) -> None:
        """Add a number to a variable."""
        self._put(X16, number)
        self._add(add_register(SAVED[to], SAVED[to], X16))

    def include(self, to: Variable, number: int) -> None:
        """Set those bits of a variable that a number has."""
        self._put(X16, number)
        self._add(orr(SAVED[to], SAVED[to], X16))

    def negate(self, to: Variable) -> None:
        """Turn a variable's sign."""
        self._add(neg(SAVED[to], SAVED[to]))

    def leave(self, value: Operand) -> None:
        """End the stub with a result."""
        self._put(0, value)
        self._add(*self._leave)


def _place(base: Variable | Memory, offset: int) -> tuple[int, int]:
    return (SP, base + offset) if isinstance(base, Memory) else (SAVED[base], offset)
