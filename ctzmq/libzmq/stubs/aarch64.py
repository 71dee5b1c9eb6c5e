"""Turns stubs into code for AArch64.

Source: Arm Architecture Reference Manual for A-profile, C6.2; Procedure Call Standard for the Arm
64-bit Architecture, 6.
"""

from __future__ import annotations

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

#: What a called function may change; the linker counts on that, too.
X16 = 16
#: The registers that every function leaves as they were: those of the variables.
VARIABLES = (19, 20, 21, 22, 23, 24)
X29, X30 = 29, 30
#: As a base, the stack pointer; as a source, zero.
SP = XZR = 31

BTI_C = 0xD503245F
RET = 0xD65F03C0
B = 0x14000000

CONDITIONS = {"==": 0, "!=": 1, ">=": 10, "<": 11}


def mov(to: int, source: int) -> int:
    """Copy a register, but the stack pointer."""
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
    """Turn the sign of a register."""
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
    return B | distance // 4 & 0x3FFFFFF


def number(to: int, value: int) -> list[int]:
    """Set a register to a number of 64 bits."""
    value &= 0xFFFFFFFFFFFFFFFF
    parts = [(value >> shift & 0xFFFF, shift) for shift in (0, 16, 32, 48)]
    some = [part for part in parts if part[0]] or parts[:1]
    return [movz(to, *some[0]), *(movk(to, *part) for part in some[1:])]


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
    # Two at a time, since the stack stays aligned to 16 bytes.
    count = stub.variables() + 1 & ~1
    pairs = [(X29, X30), *zip(VARIABLES[0:count:2], VARIABLES[1:count:2])]
    room = stub.memory + 15 & ~15
    code.word(BTI_C)
    for pair in pairs:
        code.word(push(*pair))
    if room:
        code.word(sub(SP, SP, room))
    for register, variable in enumerate(stub.parameters):
        if variable is not None:
            code.word(mov(VARIABLES[variable.number], register))
    leave = [add(SP, SP, room)] if room else []
    leave += [*(pop(*pair) for pair in reversed(pairs)), RET]
    for step in stub.steps:
        _add(code, step, leave)
    return code.finish()


def _put(to: int, value: Operand) -> list[int]:
    if isinstance(value, Variable):
        return [mov(to, VARIABLES[value.number])]
    if isinstance(value, Memory):
        return [add(to, SP, value.offset)]
    if isinstance(value, Stored):
        return [ldr(to, SP, value.offset)]
    return number(to, value)


def _add(code: Code, step: Step, leave: list[int]) -> None:
    words: list[int] = []
    if isinstance(step, Set):
        words = _put(VARIABLES[step.to.number], step.value)
    elif isinstance(step, Load):
        to = VARIABLES[step.to.number]
        read = ldrsw if step.narrow else ldr
        if isinstance(step.base, Memory):
            words = [read(to, SP, step.base.offset + step.offset)]
        else:
            words = [read(to, VARIABLES[step.base.number], step.offset)]
    elif isinstance(step, Store):
        words = [store(VARIABLES[step.value.number], SP, step.to.offset)]
    elif isinstance(step, Call):
        for register, argument in enumerate(step.arguments):
            words += _put(register, argument)
        words += [*number(X16, step.function), blr(X16)]
        if step.result is not None:
            copy = sxtw if step.narrow else mov
            words.append(copy(VARIABLES[step.result.number], 0))
    elif isinstance(step, Label):
        code.label(step.name)
    elif isinstance(step, Jump):
        code.jump(step.label, b)
    elif isinstance(step, JumpIf):
        other = X16
        if isinstance(step.other, Variable):
            other = VARIABLES[step.other.number]
        else:
            words = number(X16, step.other)
        for word in (*words, cmp(VARIABLES[step.variable.number], other)):
            code.word(word)
        relation = step.relation
        code.jump(step.label, lambda distance: b_if(relation, distance))
        return
    elif isinstance(step, (Add, Include)):
        to = VARIABLES[step.to.number]
        combine = add_register if isinstance(step, Add) else orr
        words = [*number(X16, step.number), combine(to, to, X16)]
    elif isinstance(step, Negate):
        to = VARIABLES[step.to.number]
        words = [neg(to, to)]
    elif isinstance(step, Return):
        words = [*_put(0, step.value), *leave]
    for word in words:
        code.word(word)
