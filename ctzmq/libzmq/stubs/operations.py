"""What each stub does: the operations of a socket, as steps.

A handle is the address of a cell that has the socket's address, or 0 once the socket is closed.
Nothing of Python runs in a stub but where libzmq lets go of memory that was lent to it, which calls
back; so a stub reads the cell anew for each call of libzmq, and closing a socket empties it. Whoever
calls a stub keeps the cell.

All but those whose names begin with `wait` keep the GIL, and never block.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Callable

from .. import numbers
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

__all__ = ["LARGE", "Writer"]

# How Python calls a function, of its C API: with a tuple's items, with one argument.
METH_FASTCALL = 0x80
METH_O = 0x8

DONTWAIT = 1
SNDMORE = 2
#: A message of this many bytes or more is copied with the GIL released.
LARGE = 65536
#: After so many parts in one call a signal handler or another thread may come in.
MANY = 1000

#: The size of a `zmq_msg_t` in bytes.
MESSAGE = 64
#: Where a stub has it in its memory, and what else it has there.
message = Memory(0)
FIRST, SECOND = 64, 72
WITH_MESSAGE = 80

A, B, C, D, E, F = map(Variable, range(6))


class Writer:
    """Describes the stubs.

    Parameters
    ----------
    find : callable
        Finds the address of a function by its name.
    text : callable
        Puts a text where it stays, and returns its address.
    type_error : int
        The address of `TypeError`.
    none : int
        The address of `None`.
    """

    def __init__(
        self, find: Callable[[str], int], text: Callable[[str], int], type_error: int, none: int
    ) -> None:
        self._find = find
        self._text = text
        self._type_error = type_error
        self._none = none

    def stubs(self) -> Iterator[Stub]:
        """Describe all of them."""
        yield self._one("receive", WITH_MESSAGE, self._receive())
        yield self._some("wait_receive", 2, WITH_MESSAGE, self._wait_receive())
        yield self._some("receive_all", 2, WITH_MESSAGE, self._receive_all())
        yield self._some("send", 3, 16, self._send())
        yield self._some("wait_send", 3, 16, self._wait_send())
        yield self._some("send_all", 3, 32, self._send_all())
        yield self._one("look", 16, self._look())
        yield self._some("get", 2, 16, self._get())
        yield self._some("receive_message", 2, 0, self._receive_message())
        yield self._some("send_message", 3, 0, self._send_message())
        yield self._some("wait_receive_message", 3, 0, self._wait_message("zmq_msg_recv"))
        yield self._some("wait_send_message", 3, 0, self._wait_message("zmq_msg_send"))

    # -- Sending -----------------------------------------------------------------------------------

    def _send(self) -> list[Step]:
        """send(handle, data, flags): 0 when sent, 1 when it is large, or -errno."""
        return [
            *self._data(B),
            Load(B, A, 16),
            *self._number(B, B),
            Load(A, A),
            *self._cell(A, A),
            Load(C, Memory(8)),
            JumpIf(C, ">=", LARGE, "large"),
            Include(B, DONTWAIT),
            *self._handle(A, A),
            self._zmq("zmq_send", A, Stored(0), C, B, to=D),
            JumpIf(D, "<", 0, "failed"),
            *self._int(0, A),
            Label("large"),
            *self._int(1, A),
        ]

    def _wait_send(self) -> list[Step]:
        """wait_send(handle, data, flags): 0 when sent, or -errno."""
        return [
            *self._data(B),
            Load(B, A, 16),
            *self._number(B, B),
            Load(A, A),
            *self._cell(A, A),
            *self._handle(A, A),
            *self._outside(C, self._zmq("zmq_send", A, Stored(0), Stored(8), B, to=D)),
            JumpIf(D, "<", 0, "known"),
            *self._int(0, A),
        ]

    def _send_all(self) -> list[Step]:
        """send_all(handle, parts, flags): 0 when sent, 1 if they are no bytes, or -1 - parts sent."""
        handle = Memory(16)
        parts, count, number, part, scratch = A, C, D, E, F
        return [
            Load(B, A, 16),
            *self._number(B, B),
            Include(B, DONTWAIT),
            Store(B, Memory(24)),
            Load(B, A),
            *self._cell(B, B),
            Store(B, handle),
            Load(parts, A, 8),
            self._call("PySequence_Size", parts, to=count),
            JumpIf(count, "<", 1, "other"),
            # All are looked at before the first is sent.
            Set(number, 0),
            Label("check"),
            self._call("PySequence_GetItem", parts, number, to=part),
            JumpIf(part, "==", 0, "other"),
            self._zmq("PyBytes_AsStringAndSize", part, Memory(0), Memory(8), to=scratch),
            self._call("Py_DecRef", part),
            JumpIf(scratch, "<", 0, "other"),
            Add(number, 1),
            JumpIf(number, "<", count, "check"),
            Set(number, 0),
            Label("next"),
            self._call("PySequence_GetItem", parts, number, to=part),
            JumpIf(part, "==", 0, "changed"),
            self._zmq("PyBytes_AsStringAndSize", part, Memory(0), Memory(8), to=scratch),
            JumpIf(scratch, "<", 0, "release"),
            Load(scratch, Memory(8)),
            JumpIf(scratch, ">=", LARGE, "release"),
            # SNDMORE unless it is the last one.
            Load(B, Memory(24)),
            Add(number, 1),
            JumpIf(number, ">=", count, "last"),
            Include(B, SNDMORE),
            Label("last"),
            Add(number, -1),
            Load(scratch, handle),
            Load(scratch, scratch),
            JumpIf(scratch, "==", 0, "release"),
            self._zmq("zmq_send", scratch, Stored(0), Stored(8), B, to=scratch),
            JumpIf(scratch, "<", 0, "release"),
            self._call("Py_DecRef", part),
            Add(number, 1),
            JumpIf(number, "<", count, "next"),
            *self._int(0, A),
            Label("release"),
            self._call("Py_DecRef", part),
            Label("changed"),
            self._call("PyErr_Clear"),
            Add(number, 1),
            Negate(number),
            *self._int(number, A),
            Label("other"),
            self._call("PyErr_Clear"),
            *self._int(1, A),
        ]

    # -- Receiving ---------------------------------------------------------------------------------

    def _receive(self) -> list[Step]:
        """receive(handle): bytes, those in a tuple if they are many, or -errno."""
        return [
            *self._cell(A, A),
            self._zmq("zmq_msg_init", message),
            *self._handle(A, A),
            self._zmq("zmq_msg_recv", message, A, DONTWAIT, to=B),
            JumpIf(B, "<", 0, "failed"),
            *self._arrived(B, C, D),
        ]

    def _wait_receive(self) -> list[Step]:
        """wait_receive(handle, flags): what `receive` does."""
        return [
            Load(B, A, 8),
            *self._number(B, B),
            Load(A, A),
            *self._cell(A, A),
            self._zmq("zmq_msg_init", message),
            *self._handle(A, A),
            *self._outside(C, self._zmq("zmq_msg_recv", message, A, B, to=D)),
            JumpIf(D, "<", 0, "known"),
            *self._arrived(D, A, B),
        ]

    def _receive_all(self) -> list[Step]:
        """receive_all(handle, parts): 0 at a message's end, 1 where it goes on, or -errno."""
        parts, cell, size, data, more, left = A, B, C, D, E, F
        return [
            Load(B, A),
            *self._cell(B, B),
            Load(parts, A, 8),
            self._call("PyList_Size", parts, to=size),
            JumpIf(size, "<", 0, "raise"),
            Set(left, MANY),
            Label("next"),
            self._zmq("zmq_msg_init", message),
            *self._handle(cell, size),
            self._zmq("zmq_msg_recv", message, size, DONTWAIT, to=size),
            JumpIf(size, "<", 0, "failed"),
            self._zmq("zmq_msg_more", message, to=more),
            JumpIf(size, ">=", LARGE, "large"),
            *self._small(size, data),
            self._zmq("PyList_Append", parts, data, to=size),
            self._call("Py_DecRef", data),
            JumpIf(size, "<", 0, "raise"),
            Add(left, -1),
            JumpIf(left, "<", 1, "enough"),
            JumpIf(more, "!=", 0, "next"),
            Label("enough"),
            *self._int(more, A),
            Label("large"),
            *self._large(size, data, left),
            self._zmq("PyList_Append", parts, data, to=size),
            self._call("Py_DecRef", data),
            JumpIf(size, ">=", 0, "enough"),
            Jump("raise"),
        ]

    def _arrived(self, size: Variable, data: Variable, scratch: Variable) -> list[Step]:
        """Return the content of the message, in a tuple if it is large."""
        return [
            JumpIf(size, ">=", LARGE, "large"),
            *self._small(size, data),
            Return(data),
            Label("large"),
            *self._large(size, data, scratch),
            self._call("PyTuple_New", 1, to=scratch),
            JumpIf(scratch, "==", 0, "drop"),
            self._zmq("PyTuple_SetItem", scratch, 0, data),
            Return(scratch),
            Label("drop"),
            self._call("Py_DecRef", data),
            Return(0),
        ]

    def _small(self, size: Variable, data: Variable) -> list[Step]:
        """Copy the content, and let go of the message."""
        return [
            self._call("zmq_msg_data", message, to=data),
            self._call("PyBytes_FromStringAndSize", data, size, to=data),
            JumpIf(data, "==", 0, "lost"),
            self._zmq("zmq_msg_close", message),
        ]

    def _large(self, size: Variable, data: Variable, scratch: Variable) -> list[Step]:
        """Copy the content with the GIL released, which nobody else has anything of."""
        return [
            self._call("PyBytes_FromStringAndSize", 0, size, to=data),
            JumpIf(data, "==", 0, "lost"),
            self._call("PyEval_SaveThread", to=scratch),
            Store(scratch, Memory(FIRST)),
            self._call("PyBytes_AsString", data, to=scratch),
            Store(scratch, Memory(SECOND)),
            self._call("zmq_msg_data", message, to=scratch),
            self._call("memcpy", Stored(SECOND), scratch, size),
            self._zmq("zmq_msg_close", message),
            self._call("PyEval_RestoreThread", Stored(FIRST)),
        ]

    # -- Options -----------------------------------------------------------------------------------

    def _look(self) -> list[Step]:
        """look(handle): EVENTS, or -errno."""
        return [
            *self._cell(A, A),
            *self._handle(A, A),
            *self._option(A, numbers.EVENTS, B),
            JumpIf(B, "<", 0, "failed"),
            Load(B, Memory(0), narrow=True),
            *self._int(B, A),
        ]

    def _get(self) -> list[Step]:
        """get(handle, option): an option of 32 bits, or None when it cannot be had."""
        return [
            Load(B, A, 8),
            *self._number(B, B),
            Load(A, A),
            self._call("PyLong_AsVoidPtr", A, to=A),
            JumpIf(A, "==", 0, "no option"),
            Load(A, A),
            JumpIf(A, "==", 0, "none"),
            *self._option(A, B, B),
            JumpIf(B, "<", 0, "none"),
            Load(B, Memory(0), narrow=True),
            *self._int(B, A),
            Label("no option"),
            self._call("PyErr_Occurred", to=A),
            JumpIf(A, "!=", 0, "raise"),
            Label("none"),
            self._call("Py_IncRef", self._none),
            Return(self._none),
        ]

    def _option(self, handle: Variable, option: Operand, to: Variable) -> list[Step]:
        """Read an option of 32 bits into the memory; the result of the call is in a variable."""
        return [
            Set(C, 4),
            Store(C, Memory(8)),
            self._zmq("zmq_getsockopt", handle, option, Memory(0), Memory(8), to=to),
        ]

    # -- Messages that are Python's ----------------------------------------------------------------

    def _receive_message(self) -> list[Step]:
        """receive_message(handle, message): the size, or -errno."""
        return [
            *self._address(B),
            Load(A, A),
            *self._cell(A, A),
            *self._handle(A, A),
            self._zmq("zmq_msg_recv", B, A, DONTWAIT, to=B),
            JumpIf(B, "<", 0, "failed"),
            *self._int(B, A),
        ]

    def _send_message(self) -> list[Step]:
        """send_message(handle, message, flags): the size, or -errno."""
        return [
            *self._address(B),
            Load(C, A, 16),
            *self._number(C, C),
            Include(C, DONTWAIT),
            Load(A, A),
            *self._cell(A, A),
            *self._handle(A, A),
            self._zmq("zmq_msg_send", B, A, C, to=B),
            JumpIf(B, "<", 0, "failed"),
            *self._int(B, A),
        ]

    def _wait_message(self, function: str) -> list[Step]:
        """wait_..._message(handle, message, flags): the size, or -errno."""
        return [
            *self._address(B),
            Load(C, A, 16),
            *self._number(C, C),
            Load(A, A),
            *self._cell(A, A),
            *self._handle(A, A),
            *self._outside(F, self._zmq(function, B, A, C, to=D)),
            JumpIf(D, "<", 0, "known"),
            *self._int(D, A),
        ]

    # -- Parts of stubs ----------------------------------------------------------------------------

    def _call(self, name: str, *arguments: Operand, to: Variable | None = None) -> Step:
        return Call(self._find(name), arguments, to)

    def _zmq(self, name: str, *arguments: Operand, to: Variable | None = None) -> Step:
        """Call a function that returns an int of 32 bits, as nearly all of libzmq do."""
        return Call(self._find(name), arguments, to, narrow=True)

    def _outside(self, state: Variable, step: Step) -> list[Step]:
        """Do a step with the GIL released; variable E is its errno, of which only a failure tells."""
        return [
            self._call("PyEval_SaveThread", to=state),
            step,
            self._zmq("zmq_errno", to=E),
            self._call("PyEval_RestoreThread", state),
        ]

    def _number(self, argument: Variable, to: Variable) -> list[Step]:
        """Read an argument that is an int."""
        return [
            self._call("PyLong_AsLong", argument, to=to),
            JumpIf(to, "!=", -1, "a number"),
            self._call("PyErr_Occurred", to=to),
            JumpIf(to, "!=", 0, "raise"),
            Set(to, -1),
            Label("a number"),
        ]

    def _data(self, scratch: Variable) -> list[Step]:
        """Read the second argument, bytes: their address is at 0 of the memory, their size at 8."""
        return [
            Load(scratch, A, 8),
            self._zmq("PyBytes_AsStringAndSize", scratch, Memory(0), Memory(8), to=scratch),
            JumpIf(scratch, "<", 0, "raise"),
        ]

    def _address(self, to: Variable) -> list[Step]:
        """Read the second argument, the address of a message."""
        return [
            Load(to, A, 8),
            self._call("PyLong_AsVoidPtr", to, to=to),
            JumpIf(to, "==", 0, "no message"),
        ]

    def _cell(self, argument: Variable, to: Variable) -> list[Step]:
        """Read an argument that is a handle, and not NULL."""
        return [
            self._call("PyLong_AsVoidPtr", argument, to=to),
            JumpIf(to, "==", 0, "no cell"),
        ]

    def _handle(self, cell: Variable, to: Variable) -> list[Step]:
        """Read the socket's address out of its cell."""
        return [Load(to, cell), JumpIf(to, "==", 0, "closed")]

    def _int(self, value: Operand, scratch: Variable) -> list[Step]:
        """Return an int."""
        return [self._call("PyLong_FromLong", value, to=scratch), Return(scratch)]

    # -- Ends --------------------------------------------------------------------------------------

    def _one(self, name: str, memory: int, steps: list[Step]) -> Stub:
        """Describe a stub of one argument."""
        return Stub(name, METH_O, (None, A), memory, [*steps, *self._ends(steps)])

    def _some(self, name: str, count: int, memory: int, steps: list[Step]) -> Stub:
        """Describe a stub of several arguments."""
        steps = [JumpIf(B, "!=", count, "miscounted"), *steps]
        text = f"{name}() takes {count} arguments"
        ends = self._ends(steps, text)
        return Stub(name, METH_FASTCALL, (None, A, B), memory, [*steps, *ends])

    def _ends(self, steps: list[Step], text: str = "") -> list[Step]:
        """Make the ends that steps jump to, none of which comes back."""
        occurred = [self._call("PyErr_Occurred", to=A), JumpIf(A, "!=", 0, "raise")]
        closed = self._int(-numbers.ENOTSOCK, A)
        ends: dict[str, list[Step]] = {
            "failed": [self._zmq("zmq_errno", to=A), Negate(A), *self._int(A, A)],
            "known": [Negate(E), *self._int(E, A)],
            "no cell": [*occurred, *closed],
            "closed": closed,
            # What closes a message may call Python, which must not find an exception.
            "lost": [
                self._call("PyErr_Clear"),
                self._zmq("zmq_msg_close", message),
                self._call("PyErr_NoMemory"),
                Return(0),
            ],
            "no message": [*occurred, *self._int(-numbers.EFAULT, A)],
            "miscounted": [
                self._call("PyErr_SetString", self._type_error, self._text(text)),
                Return(0),
            ],
            "raise": [Return(0)],
        }
        made: list[Step] = []
        for name, end in ends.items():
            if any(isinstance(s, (Jump, JumpIf)) and s.label == name for s in [*steps, *made]):
                made += [Label(name), *end]
        return made
