"""Turns stubs into code for x86-64 with the calling convention of System V.

Source: Intel's Software Developer's Manual, volume 2; System V ABI, AMD64 supplement, 3.2.
"""

from __future__ import annotations

import struct

from .labels import Code
from .steps import (
    Add,
    Call,
    Include,
    Jump,
    JumpIf,
    Label,
    Load,
    Memory,
    Negate,
    Operand,
    Return,
    Set,
    Step,
    Store,
    Stored,
    Stub,
    Variable,
)

__all__ = ["encode"]

RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI = range(8)
R8, R9, R12, R13, R14, R15 = 8, 9, 12, 13, 14, 15

#: In which registers a function gets its parameters.
PARAMETERS = (RDI, RSI, RDX, RCX, R8, R9)
#: The registers that every function leaves as they were: those of the variables.
VARIABLES = (RBX, RBP, R12, R13, R14, R15)

#: The second byte of the jumps, by their condition.
CONDITIONS = {"==": 0x84, "!=": 0x85, "<": 0x8C, ">=": 0x8D}

ENDBR64 = b"\xf3\x0f\x1e\xfa"
RET = b"\xc3"
CALL_RAX = b"\xff\xd0"
JMP = b"\xe9"

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


def movabs(to: int, number: int) -> bytes:
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
    """Turn the sign of a register."""
    return _registers(0xF7, 3, register)


def push(register: int) -> bytes:
    """Put a register on the stack."""
    return bytes((0x41, 0x50 | register & 7) if register >= R8 else (0x50 | register,))


def pop(register: int) -> bytes:
    """Take a register from the stack."""
    return bytes((0x41, 0x58 | register & 7) if register >= R8 else (0x58 | register,))


def encode(stub: Stub) -> bytes:
    """Turn a stub into code.

    Parameters
    ----------
    stub : Stub
        The stub.

    Returns
    -------
    bytes
        The code, which can be anywhere in memory.
    """
    code = Code()
    saved = VARIABLES[: stub.variables()]
    # The stack is aligned to 16 bytes at each call; on entry the return address is on it, too.
    room = stub.memory + 7 & ~7
    room += (8 + 8 * len(saved) + room) % 16
    code.add(ENDBR64)
    for register in saved:
        code.add(push(register))
    if room:
        code.add(immediate(SUB, RSP, room))
    for variable, register in zip(stub.parameters, PARAMETERS):
        if variable is not None:
            code.add(mov(VARIABLES[variable.number], register))
    leave = immediate(ADD, RSP, room) if room else b""
    leave += b"".join(map(pop, reversed(saved))) + RET
    for step in stub.steps:
        _add(code, step, leave)
    return code.finish()


def _put(to: int, value: Operand) -> bytes:
    if isinstance(value, Variable):
        return mov(to, VARIABLES[value.number])
    if isinstance(value, Memory):
        return lea(to, RSP, value.offset)
    if isinstance(value, Stored):
        return load(to, RSP, value.offset)
    return movabs(to, value)


def _add(code: Code, step: Step, leave: bytes) -> None:
    if isinstance(step, Set):
        code.add(_put(VARIABLES[step.to.number], step.value))
    elif isinstance(step, Load):
        to = VARIABLES[step.to.number]
        read = load_int if step.narrow else load
        if isinstance(step.base, Memory):
            code.add(read(to, RSP, step.base.offset + step.offset))
        else:
            code.add(read(to, VARIABLES[step.base.number], step.offset))
    elif isinstance(step, Store):
        code.add(store(VARIABLES[step.value.number], RSP, step.to.offset))
    elif isinstance(step, Call):
        for register, argument in zip(PARAMETERS, step.arguments):
            code.add(_put(register, argument))
        code.add(movabs(RAX, step.function) + CALL_RAX)
        if step.result is not None:
            copy = movsxd if step.narrow else mov
            code.add(copy(VARIABLES[step.result.number], RAX))
    elif isinstance(step, Label):
        code.label(step.name)
    elif isinstance(step, Jump):
        code.add(JMP)
        code.jump(step.label, _distance)
    elif isinstance(step, JumpIf):
        register = VARIABLES[step.variable.number]
        if isinstance(step.other, Variable):
            code.add(cmp(register, VARIABLES[step.other.number]))
        else:
            code.add(immediate(CMP, register, step.other))
        code.add(bytes((0x0F, CONDITIONS[step.relation])))
        code.jump(step.label, _distance)
    elif isinstance(step, Add):
        code.add(immediate(ADD, VARIABLES[step.to.number], step.number))
    elif isinstance(step, Include):
        code.add(immediate(OR, VARIABLES[step.to.number], step.number))
    elif isinstance(step, Negate):
        code.add(neg(VARIABLES[step.to.number]))
    else:
        code.add(_put(RAX, step.value) + leave)


def _distance(distance: int) -> int:
    # It counts from the end of the jump, which these 4 bytes are.
    return distance - 4 & 0xFFFFFFFF
