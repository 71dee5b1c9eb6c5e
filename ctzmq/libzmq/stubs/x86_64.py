"""Writes stubs for x86-64 with the calling convention of System V.

Source: Intel's Software Developer's Manual, volume 2; System V ABI, AMD64 supplement, 3.2.
"""

from __future__ import annotations

import struct

from .assembler import Assembler, Memory, Operand, Stored, Variable

__all__ = ["X86"]

RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI = range(8)
R8, R9, R12, R13, R14, R15 = 8, 9, 12, 13, 14, 15

#: The registers in which a function gets its parameters.
PARAMETERS = (RDI, RSI, RDX, RCX, R8, R9)
#: The callee-saved registers, which hold the variables.
SAVED = (RBX, RBP, R12, R13, R14, R15)

#: The second byte of the jumps, by their condition.
CONDITIONS = {"==": 0x84, "!=": 0x85, "<": 0x8C, ">=": 0x8D}

ENDBR64 = b"\xf3\x0f\x1e\xfa"
RET = b"\xc3"
CALL_RAX = b"\xff\xd0"
JMP = b"\xe9"
TWO_BYTES = b"\x0f"

# Operations on a register and a number of 32 bits: the same opcode with another digit.
ADD, OR, SUB, CMP = 0, 1, 5, 7


def _wide(reg: int, rm: int) -> int:
    """Return the REX prefix of an operation on 64 bits."""
    return 0x48 | reg >> 3 << 2 | rm >> 3


def _registers(opcode: int, reg: int, rm: int) -> bytes:
    return bytes((_wide(reg, rm), opcode, 0xC0 | (reg & 7) << 3 | rm & 7))


def _memory(opcode: int, reg: int, base: int, offset: int) -> bytes:
    """Encode an operation on a register and on memory at a base plus 32 bits."""
    code = bytes((_wide(reg, base), opcode, 0x80 | (reg & 7) << 3 | base & 7))
    if base & 7 == RSP:
        # These two registers need a byte that says that there is no index.
        code += b"\x24"
    return code + struct.pack("<i", offset)


def mov(to: int, source: int) -> bytes:
    """Copy a register."""
    return _registers(0x89, source, to)


def movsxd(to: int, source: int) -> bytes:
    """Copy the lower half of a register, and extend its sign."""
    return _registers(0x63, to, source)


def mov_number(to: int, number: int) -> bytes:
    """Set a register to a number of 64 bits."""
    return bytes((_wide(0, to), 0xB8 | to & 7)) + struct.pack("<Q", number & 0xFFFFFFFFFFFFFFFF)


def load(to: int, base: int, offset: int) -> bytes:
    """Read a register from memory."""
    return _memory(0x8B, to, base, offset)


def load_int(to: int, base: int, offset: int) -> bytes:
    """Read an int of 32 bits from memory, and extend its sign."""
    return _memory(0x63, to, base, offset)


def store(source: int, base: int, offset: int) -> bytes:
    """Write a register to memory."""
    return _memory(0x89, source, base, offset)


def lea(to: int, base: int, offset: int) -> bytes:
    """Set a register to the address of memory."""
    return _memory(0x8D, to, base, offset)


def immediate(operation: int, register: int, number: int) -> bytes:
    """Do ADD, OR, SUB or CMP on a register and a number of 32 bits with its sign."""
    head = bytes((_wide(0, register), 0x81, 0xC0 | operation << 3 | register & 7))
    return head + struct.pack("<i", number)


def cmp(register: int, other: int) -> bytes:
    """Compare a register with another."""
    return _registers(0x39, other, register)


def neg(register: int) -> bytes:
    """Negate a register."""
    return _registers(0xF7, 3, register)


def push(register: int) -> bytes:
    """Put a register on the stack."""
    return bytes((0x41, 0x50 | register & 7) if register >= R8 else (0x50 | register,))


def pop(register: int) -> bytes:
    """Take a register from the stack."""
    return bytes((0x41, 0x58 | register & 7) if register >= R8 else (0x58 | register,))


class X86(Assembler):
    """Writes the code of one stub.

    Parameters
    ----------
    parameters, memory
        As for `Assembler`.
    """

    def _begin(self, parameters: tuple[Variable | None, ...], memory: int) -> None:
        # With the return address these are seven words, which leave the stack 8 bytes off the
        # multiple of 16 that calls require.
        room = (memory + 15 & ~15) + 8
        self._code += ENDBR64 + b"".join(map(push, SAVED)) + immediate(SUB, RSP, room)
        for variable, register in zip(parameters, PARAMETERS):
            if variable is not None:
                self._code += mov(SAVED[variable], register)
        self._leave = immediate(ADD, RSP, room) + b"".join(map(pop, reversed(SAVED))) + RET

    def _put(self, register: int, value: Operand) -> None:
        if isinstance(value, Variable):
            self._code += mov(register, SAVED[value])
        elif isinstance(value, Memory):
            self._code += lea(register, RSP, value)
        elif isinstance(value, Stored):
            self._code += load(register, RSP, value)
        else:
            self._code += mov_number(register, value)

    def set(self, to: Variable, value: Operand) -> None:
        """Give a variable a value."""
        self._put(SAVED[to], value)

    def load(self, to: Variable, base: Variable | Memory, offset: int = 0) -> None:
        """Read into a variable the 8 bytes at an address."""
        self._code += load(SAVED[to], *_place(base, offset))

    def load_int(self, to: Variable, base: Variable | Memory, offset: int = 0) -> None:
        """Read into a variable the int of 32 bits at an address."""
        self._code += load_int(SAVED[to], *_place(base, offset))

    def store(self, value: Variable, to: Memory) -> None:
        """Write a variable to the stub's memory."""
        self._code += store(SAVED[value], RSP, to)

    def call(self, function: int, *arguments: Operand, to: Variable | None = None) -> None:
        """Call the C function at an address, whose result has 64 bits."""
        for register, argument in zip(PARAMETERS, arguments):
            self._put(register, argument)
        self._code += mov_number(RAX, function) + CALL_RAX
        if to is not None:
            self._code += mov(SAVED[to], RAX)

    def call_int(self, function: int, *arguments: Operand, to: Variable | None = None) -> None:
        """Call the C function at an address, whose result is an int of 32 bits."""
        self.call(function, *arguments)
        if to is not None:
            self._code += movsxd(SAVED[to], RAX)

    def jump(self, label: str) -> None:
        """Go on at a label."""
        self._code += JMP
        self._distance(label, _after)

    def jump_if(self, variable: Variable, relation: str, other: Operand, label: str) -> None:
        """Go on at a label if a variable is "==", "!=", "<" or ">=" a variable or number."""
        if isinstance(other, Variable):
            self._code += cmp(SAVED[variable], SAVED[other])
        else:
            self._code += immediate(CMP, SAVED[variable], other)
        self._code += TWO_BYTES + bytes((CONDITIONS[relation],))
        self._distance(label, _after)

    def add(self, to: Variable, number: int) -> None:
        """Add a number to a variable."""
        self._code += immediate(ADD, SAVED[to], number)

    def include(self, to: Variable, number: int) -> None:
        """Set those bits of a variable that a number has."""
        self._code += immediate(OR, SAVED[to], number)

    def negate(self, to: Variable) -> None:
        """Turn a variable's sign."""
        self._code += neg(SAVED[to])

    def leave(self, value: Operand) -> None:
        """End the stub with a result."""
        self._put(RAX, value)
        self._code += self._leave


def _place(base: Variable | Memory, offset: int) -> tuple[int, int]:
    return (RSP, base + offset) if isinstance(base, Memory) else (SAVED[base], offset)


def _after(distance: int) -> int:
    # Relative to the end of the jump, which is the end of these 4 bytes.
    return distance - 4 & 0xFFFFFFFF
