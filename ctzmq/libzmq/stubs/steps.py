"""The steps of a stub, whatever the processor: call this, jump if that, return what came of it.

A stub is a function of CPython's C API that is described as a list of these steps, which `x86_64`
and `aarch64` turn into code. It has a few variables, which calls leave alone, and memory of its
own on the stack.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Union

__all__ = [
    "Add",
    "Call",
    "Include",
    "Jump",
    "JumpIf",
    "Label",
    "Load",
    "Memory",
    "Negate",
    "Operand",
    "Return",
    "Set",
    "Step",
    "Store",
    "Stored",
    "Stub",
    "Variable",
]

#: How many variables a stub can have: so many registers survive calls on each processor.
VARIABLES = 6


@dataclass(frozen=True)
class Variable:
    """A number or address that a stub keeps over its calls."""

    number: int


@dataclass(frozen=True)
class Memory:
    """The address of something in the stub's memory on the stack, so many bytes into it."""

    offset: int


@dataclass(frozen=True)
class Stored:
    """What is in the stub's memory on the stack: 8 bytes, so many bytes into it."""

    offset: int


Operand = Union[Variable, Memory, Stored, int]


@dataclass(frozen=True)
class Set:
    """Give a variable a value."""

    to: Variable
    value: Operand


@dataclass(frozen=True)
class Load:
    """Read into a variable what is at an address; `narrow` if that is an int of 32 bits."""

    to: Variable
    base: Variable | Memory
    offset: int = 0
    narrow: bool = False


@dataclass(frozen=True)
class Store:
    """Write a variable to the stub's memory."""

    value: Variable
    to: Memory


@dataclass(frozen=True)
class Call:
    """Call the C function at an address; `narrow` if what it returns is an int of 32 bits."""

    function: int
    arguments: tuple[Operand, ...]
    result: Variable | None = None
    narrow: bool = False


@dataclass(frozen=True)
class Label:
    """Where jumps lead."""

    name: str


@dataclass(frozen=True)
class Jump:
    """Go on at a label."""

    label: str


@dataclass(frozen=True)
class JumpIf:
    """Go on at a label if a variable is "==", "!=", "<" or ">=" a number or another variable."""

    variable: Variable
    relation: str
    other: Variable | int
    label: str


@dataclass(frozen=True)
class Add:
    """Add a number to a variable."""

    to: Variable
    number: int


@dataclass(frozen=True)
class Include:
    """Set those bits of a variable that a number has."""

    to: Variable
    number: int


@dataclass(frozen=True)
class Negate:
    """Turn a variable's sign."""

    to: Variable


@dataclass(frozen=True)
class Return:
    """End the stub with a result."""

    value: Operand


Step = Union[Set, Load, Store, Call, Label, Jump, JumpIf, Add, Include, Negate, Return]


@dataclass(frozen=True)
class Stub:
    """A function for `PyCFunction_NewEx`.

    Parameters
    ----------
    name : str
        Its name in Python.
    flags : int
        METH_O or METH_FASTCALL.
    parameters : sequence of Variable or None
        Which variable gets each parameter of the C function; None where it is not needed.
    memory : int
        How many bytes of memory it has on the stack.
    steps : sequence of Step
        What it does; the last one returns or jumps.
    """

    name: str
    flags: int
    parameters: Sequence[Variable | None]
    memory: int
    steps: Sequence[Step]

    def variables(self) -> int:
        """Return how many variables there are, which are numbered from 0."""
        used = {variable.number for variable in self.parameters if variable is not None}
        for step in self.steps:
            values = [*vars(step).values()]
            if isinstance(step, Call):
                values += step.arguments
            used.update(value.number for value in values if isinstance(value, Variable))
        return max(used, default=-1) + 1
