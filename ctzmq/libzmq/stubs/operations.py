"""What each stub does: the operations of a socket, step by step.

A handle is the address of a cell that holds the socket's address, or 0 once the socket is closed.
Python code can run in a stub only when libzmq releases memory that was lent to it, which calls
back. So a stub reads the cell anew for each libzmq call, and closing a socket clears the cell,
which the caller of a stub keeps alive.

All stubs except those whose names begin with `wait` keep the GIL and never block.
"""

from __future__ import annotations

from typing import Callable

from .. import numbers
from ..contract import DONTWAIT, LARGE, SNDMORE
from .assembler import VARIABLES, Assembler, Memory, Operand, Stored, Variable

__all__ = ["MESSAGE", "SLOTS", "STUBS", "Writer"]

# How Python calls a function, in its C API: with several arguments, with one, or with none.
METH_FASTCALL = 0x80
METH_O = 0x8
METH_NOARGS = 0x4

#: After this many parts in one call, signal handlers and other threads get a chance to run.
MANY = 1000
#: The size of a `zmq_msg_t` in bytes.
MESSAGE = 64
#: The flags for PyObject_GetBuffer, and the size of the Py_buffer that it fills.
PyBUF_WRITABLE = 1
BUFFER = 80

# The layout of a stub's memory: a message of its own, or the address and size of an argument.
message = Memory(0)
DATA, SIZE = 0, 8
FIRST, SECOND = 64, 72

A, B, C, D, E, F = map(Variable, range(VARIABLES))


class Writer:
    """Writes the stubs.

    Parameters
    ----------
    assembler : type of Assembler
        That of the processor.
    find : callable
        Finds the address of a function by its name.
    text : callable
        Puts a text where it stays, and returns its address.
    type_error, none, bytes_type : int
        The addresses of `TypeError`, `None` and `bytes`.
    """

    def __init__(
        self,
        assembler: type[Assembler],
        find: Callable[[str], int],
        text: Callable[[str], int],
        type_error: int,
        none: int,
        bytes_type: int,
    ) -> None:
        self._assembler = assembler
        self._find = find
        self._text = text
        self._type_error = type_error
        self._none = none
        self._bytes = bytes_type
        self._code: Assembler

    def write(self, name: str) -> tuple[bytes, int]:
        """Write a stub; return its code, and how it is called."""
        steps, count, memory = STUBS[name]
        if count > 1:
            self._code = self._assembler((None, A, B), memory)
            self._code.jump_if(B, "!=", count, "miscounted")
            convention = METH_FASTCALL
        else:
            self._code = self._assembler((None, A), memory)
            convention = METH_O if count else METH_NOARGS
        steps(self)
        self._end(f"{name}() takes {count} arguments")
        return self._code.finish(), convention

    def write_slot(self, name: str) -> bytes:
        """Write what a type has in a slot; return its code."""
        steps, count, memory = SLOTS[name]
        self._code = self._assembler((A, B, C)[:count], memory)
        steps(self)
        return self._code.finish()

    # -- Sending -----------------------------------------------------------------------------------

    def send(self) -> None:
        """send(handle, data, flags)."""
        code = self._code
        self._data(B)
        code.load(C, Memory(SIZE))
        code.jump_if(C, ">=", LARGE, "large")
        code.load(B, A, 16)
        self._number(B, B)
        code.include(B, DONTWAIT)
        code.load(A, A)
        self._cell(A, A)
        self._handle(A, A)
        self._call_int("zmq_send", A, Stored(DATA), C, B, to=D)
        code.jump_if(D, "<", 0, "failed")
        self._return_int(0)
        code.label("large")
        self._return_int(1)

    def wait_send(self) -> None:
        """wait_send(handle, data, flags)."""
        code = self._code
        self._data(B)
        code.load(B, A, 16)
        self._number(B, B)
        code.load(A, A)
        self._cell(A, A)
        self._handle(A, A)
        self._call("PyEval_SaveThread", to=C)
        self._call_int("zmq_send", A, Stored(DATA), Stored(SIZE), B, to=D)
        self._restore(C)
        code.jump_if(D, "<", 0, "known")
        self._return_int(0)

    def send_all(self) -> None:
        """send_all(handle, parts, flags)."""
        code, cell, flags = self._code, Memory(16), Memory(24)
        parts, count, number, part, scratch = A, C, D, E, F
        code.load(B, A, 16)
        self._number(B, B)
        code.include(B, DONTWAIT)
        code.store(B, flags)
        code.load(B, A)
        # The types of the parts are checked even if the socket is closed.
        self._call("PyLong_AsVoidPtr", B, to=B)
        code.store(B, cell)
        code.jump_if(B, "!=", 0, "a handle")
        self._call("PyErr_Occurred", to=B)
        code.jump_if(B, "!=", 0, "raise")
        code.label("a handle")
        code.load(parts, A, 8)
        self._call("PySequence_Size", parts, to=count)
        code.jump_if(count, "<", 1, "other")
        # All are checked before the first is sent.
        code.set(B, self._bytes)
        code.set(number, 0)
        code.label("check")
        self._call("PySequence_GetItem", parts, number, to=part)
        code.jump_if(part, "==", 0, "other")
        # A class derived from bytes may export other content.
        self._call("PyObject_Type", part, to=scratch)
        self._call("Py_DecRef", part)
        self._call("Py_DecRef", scratch)
        code.jump_if(scratch, "!=", B, "other")
        code.add(number, 1)
        code.jump_if(number, "<", count, "check")
        code.set(number, 0)
        code.add(count, -1)
        code.label("next")
        self._call("PySequence_GetItem", parts, number, to=part)
        code.jump_if(part, "==", 0, "changed")
        self._call_int("PyBytes_AsStringAndSize", part, Memory(DATA), Memory(SIZE), to=scratch)
        code.jump_if(scratch, "<", 0, "release")
        code.load(scratch, Memory(SIZE))
        code.jump_if(scratch, ">=", LARGE, "release")
        code.load(B, flags)
        code.jump_if(number, ">=", count, "last")
        code.include(B, SNDMORE)
        code.label("last")
        code.load(scratch, cell)
        code.jump_if(scratch, "==", 0, "release")
        code.load(scratch, scratch)
        code.jump_if(scratch, "==", 0, "release")
        self._call_int("zmq_send", scratch, Stored(DATA), Stored(SIZE), B, to=scratch)
        code.jump_if(scratch, "<", 0, "release")
        self._call("Py_DecRef", part)
        code.add(number, 1)
        code.jump_if(count, ">=", number, "next")
        self._return_int(0)
        code.label("release")
        self._call("Py_DecRef", part)
        code.label("changed")
        self._call("PyErr_Clear")
        code.add(number, 1)
        code.negate(number)
        self._return_int(number)
        code.label("other")
        self._call("PyErr_Clear")
        self._return_int(1)

    # -- Receiving ---------------------------------------------------------------------------------

    def receive(self) -> None:
        """receive(handle)."""
        self._cell(A, A)
        self._call_int("zmq_msg_init", message)
        self._handle(A, A)
        self._call_int("zmq_msg_recv", message, A, DONTWAIT, to=B)
        self._code.jump_if(B, "<", 0, "failed")
        self._arrived(B, C, D)

    def wait_receive(self) -> None:
        """wait_receive(handle, flags)."""
        code = self._code
        code.load(B, A, 8)
        self._number(B, B)
        code.load(A, A)
        self._cell(A, A)
        self._call_int("zmq_msg_init", message)
        self._handle(A, A)
        self._call("PyEval_SaveThread", to=C)
        self._call_int("zmq_msg_recv", message, A, B, to=D)
        self._restore(C)
        code.jump_if(D, "<", 0, "known")
        self._arrived(D, A, B)

    def receive_all(self) -> None:
        """receive_all(handle, parts)."""
        code = self._code
        parts, cell, size, data, more, left = A, B, C, D, E, F
        code.load(B, A)
        self._cell(B, B)
        code.load(parts, A, 8)
        # Before anything is received: is it a list?
        self._call("PyList_Size", parts, to=size)
        code.jump_if(size, "<", 0, "raise")
        code.set(left, MANY)
        code.label("next")
        self._call_int("zmq_msg_init", message)
        self._handle(cell, size)
        self._call_int("zmq_msg_recv", message, size, DONTWAIT, to=size)
        code.jump_if(size, "<", 0, "failed")
        self._call_int("zmq_msg_more", message, to=more)
        code.jump_if(size, ">=", LARGE, "large")
        self._small(size, data)
        self._call_int("PyList_Append", parts, data, to=size)
        self._call("Py_DecRef", data)
        code.jump_if(size, "<", 0, "raise")
        code.add(left, -1)
        code.jump_if(left, "<", 1, "enough")
        code.jump_if(more, "!=", 0, "next")
        code.label("enough")
        self._return_int(more)
        code.label("large")
        self._large(size, data, left)
        self._call_int("PyList_Append", parts, data, to=size)
        self._call("Py_DecRef", data)
        # Other threads may have closed the socket meanwhile.
        code.jump_if(size, ">=", 0, "enough")
        code.jump("raise")

    def _arrived(self, size: Variable, data: Variable, scratch: Variable) -> None:
        """Return the content of the message, in a tuple if it is large."""
        code = self._code
        code.jump_if(size, ">=", LARGE, "large")
        self._small(size, data)
        code.leave(data)
        code.label("large")
        self._large(size, data, scratch)
        self._call("PyTuple_New", 1, to=scratch)
        code.jump_if(scratch, "==", 0, "drop")
        self._call_int("PyTuple_SetItem", scratch, 0, data)
        code.leave(scratch)
        code.label("drop")
        self._call("Py_DecRef", data)
        code.leave(0)

    def _small(self, size: Variable, data: Variable) -> None:
        """Copy the content, and close the message."""
        self._call("zmq_msg_data", message, to=data)
        self._call("PyBytes_FromStringAndSize", data, size, to=data)
        self._code.jump_if(data, "==", 0, "lost")
        self._call_int("zmq_msg_close", message)

    def _large(self, size: Variable, data: Variable, scratch: Variable) -> None:
        """Copy the content with the GIL released: nobody else has the message or the bytes."""
        code = self._code
        # The int that the receive returned cannot exceed 2 GiB.
        self._call("zmq_msg_size", message, to=size)
        self._call("PyBytes_FromStringAndSize", 0, size, to=data)
        code.jump_if(data, "==", 0, "lost")
        self._call("PyEval_SaveThread", to=scratch)
        code.store(scratch, Memory(FIRST))
        self._call("PyBytes_AsString", data, to=scratch)
        code.store(scratch, Memory(SECOND))
        self._call("zmq_msg_data", message, to=scratch)
        self._call("memcpy", Stored(SECOND), scratch, size)
        self._call_int("zmq_msg_close", message)
        self._call("PyEval_RestoreThread", Stored(FIRST))

    # -- Options -----------------------------------------------------------------------------------

    def look(self) -> None:
        """look(handle): EVENTS."""
        code = self._code
        self._cell(A, A)
        self._handle(A, A)
        self._option(A, numbers.EVENTS)
        code.jump_if(B, "<", 0, "failed")
        code.load_int(B, Memory(0))
        self._return_int(B)

    def get(self) -> None:
        """get(handle, option)."""
        code = self._code
        code.load(B, A, 8)
        self._number(B, B)
        code.load(A, A)
        self._call("PyLong_AsVoidPtr", A, to=A)
        code.jump_if(A, "==", 0, "no socket")
        code.load(A, A)
        code.jump_if(A, "==", 0, "none")
        self._option(A, B)
        code.jump_if(B, "<", 0, "none")
        code.load_int(B, Memory(0))
        self._return_int(B)
        code.label("no socket")
        self._call("PyErr_Occurred", to=A)
        code.jump_if(A, "!=", 0, "raise")
        code.label("none")
        self._call("Py_IncRef", self._none)
        code.leave(self._none)

    def _option(self, handle: Variable, option: Operand) -> None:
        """Read an option of 32 bits into the memory; the result of the call is in B."""
        self._code.set(C, 4)
        self._code.store(C, Memory(8))
        self._call_int("zmq_getsockopt", handle, option, Memory(0), Memory(8), to=B)

    # -- Messages in memory of Python --------------------------------------------------------------

    def receive_message(self) -> None:
        """receive_message(handle, message)."""
        code = self._code
        code.load(B, A, 8)
        self._message(B, B, C)
        code.load(A, A)
        self._cell(A, A)
        self._handle(A, A)
        self._call_int("zmq_msg_recv", B, A, DONTWAIT, to=B)
        code.jump_if(B, "<", 0, "failed")
        self._return_int(B)

    def send_message(self) -> None:
        """send_message(handle, message, flags)."""
        code = self._code
        self._passing()
        code.include(C, DONTWAIT)
        self._call_int("zmq_msg_send", B, A, C, to=B)
        code.jump_if(B, "<", 0, "failed")
        self._return_int(B)

    def send_copy(self) -> None:
        """send_copy(handle, message, flags)."""
        code, copy = self._code, Memory(BUFFER)
        self._passing()
        code.include(C, DONTWAIT)
        self._call_int("zmq_msg_init", copy)
        self._call_int("zmq_msg_copy", copy, B, to=D)
        code.jump_if(D, "<", 0, "copied")
        self._call_int("zmq_msg_send", copy, A, C, to=D)
        code.label("copied")
        code.jump_if(D, "<", 0, "unsent")
        self._return_int(D)
        code.label("unsent")
        self._call_int("zmq_errno", to=E)
        self._call_int("zmq_msg_close", copy)
        code.jump("known")

    def wait_receive_message(self) -> None:
        """wait_receive_message(handle, message, flags)."""
        self._wait("zmq_msg_recv")

    def wait_send_message(self) -> None:
        """wait_send_message(handle, message, flags)."""
        self._wait("zmq_msg_send")

    def _wait(self, function: str) -> None:
        self._passing()
        self._call("PyEval_SaveThread", to=F)
        self._call_int(function, B, A, C, to=D)
        self._restore(F)
        self._code.jump_if(D, "<", 0, "known")
        self._return_int(D)

    def _passing(self) -> None:
        """Read a handle into A, a message into B, flags into C."""
        code = self._code
        code.load(B, A, 8)
        self._message(B, B, C)
        code.load(C, A, 16)
        self._number(C, C)
        code.load(A, A)
        self._cell(A, A)
        self._handle(A, A)

    def new(self) -> None:
        """new(): an empty one."""
        code = self._code
        self._call("PyByteArray_FromStringAndSize", 0, MESSAGE, to=A)
        code.jump_if(A, "==", 0, "raise")
        self._call("PyByteArray_AsString", A, to=B)
        self._call_int("zmq_msg_init", B)
        code.leave(A)

    def empty(self) -> None:
        """empty(message)."""
        self._of_message("zmq_msg_close", "zmq_msg_init")

    def close(self) -> None:
        """close(message)."""
        self._of_message("zmq_msg_close")

    def more(self) -> None:
        """more(message)."""
        self._of_message("zmq_msg_more")

    def _of_message(self, *functions: str) -> None:
        """Call functions with a message; return what the last one returns."""
        self._message(A, A, B)
        for function in functions:
            self._call_int(function, A, to=B)
        self._return_int(B)

    def size(self) -> None:
        """size(message)."""
        self._message(A, A, B)
        self._call("zmq_msg_size", A, to=B)
        self._return_int(B)

    def address(self) -> None:
        """address(message): where the content is."""
        self._message(A, A, B)
        self._call("zmq_msg_data", A, to=B)
        self._call("PyLong_FromVoidPtr", B, to=A)
        self._code.leave(A)

    def read(self) -> None:
        """read(message)."""
        code = self._code
        self._message(A, A, B)
        self._call("zmq_msg_size", A, to=B)
        self._call("zmq_msg_data", A, to=C)
        code.jump_if(B, ">=", LARGE, "large")
        self._call("PyBytes_FromStringAndSize", C, B, to=A)
        code.leave(A)
        code.label("large")
        self._call("PyBytes_FromStringAndSize", 0, B, to=A)
        code.jump_if(A, "==", 0, "raise")
        self._call("PyBytes_AsString", A, to=D)
        self._call("PyEval_SaveThread", to=E)
        self._call("memcpy", D, C, B)
        self._call("PyEval_RestoreThread", E)
        code.leave(A)

    # -- What types have in their slots ------------------------------------------------------------

    def getbuffer(self) -> None:
        """getbuffer(object, view, flags): that of what the object's `_exported` refers to."""
        code = self._code
        self._call("PyObject_GetAttrString", A, self._text("_exported"), to=D)
        code.jump_if(D, "==", 0, "missing")
        self._call_int("PyObject_GetBuffer", D, B, C, to=E)
        self._call("Py_DecRef", D)
        code.leave(E)
        code.label("missing")
        # Who asked must find no object in the view.
        self._call_int("PyBuffer_FillInfo", B, 0, 0, 0, 1, 0)
        code.leave(-1)

    # -- Parts of stubs ----------------------------------------------------------------------------

    def _call(self, name: str, *arguments: Operand, to: Variable | None = None) -> None:
        self._code.call(self._find(name), *arguments, to=to)

    def _call_int(self, name: str, *arguments: Operand, to: Variable | None = None) -> None:
        self._code.call_int(self._find(name), *arguments, to=to)

    def _return_int(self, value: Operand) -> None:
        self._call("PyLong_FromLong", value, to=A)
        self._code.leave(A)

    def _restore(self, state: Variable) -> None:
        """Get the GIL back after a call whose errno, if it failed, is then in E."""
        self._call_int("zmq_errno", to=E)
        self._call("PyEval_RestoreThread", state)

    def _number(self, argument: Variable, to: Variable) -> None:
        """Read an argument that is an int."""
        code = self._code
        self._call("PyLong_AsLong", argument, to=to)
        code.jump_if(to, "!=", -1, "a number")
        self._call("PyErr_Occurred", to=to)
        code.jump_if(to, "!=", 0, "raise")
        code.set(to, -1)
        code.label("a number")

    def _data(self, scratch: Variable) -> None:
        """Read the second argument, bytes: their address and size are in the memory then."""
        code = self._code
        code.load(scratch, A, 8)
        self._call_int("PyBytes_AsStringAndSize", scratch, Memory(DATA), Memory(SIZE), to=scratch)
        code.jump_if(scratch, "<", 0, "raise")

    def _message(self, argument: Variable, to: Variable, scratch: Variable) -> None:
        """Read an argument that is memory for a message: as many bytes at least, and writable."""
        code, buffer = self._code, Memory(0)
        self._call_int("PyObject_GetBuffer", argument, buffer, PyBUF_WRITABLE, to=scratch)
        code.jump_if(scratch, "!=", 0, "raise")
        # A Py_buffer begins with the address, the object and the length.
        code.load(to, buffer)
        code.load(scratch, buffer, 16)
        code.jump_if(scratch, "<", MESSAGE, "short")
        self._call("PyBuffer_Release", buffer)

    def _cell(self, argument: Variable, to: Variable) -> None:
        """Read an argument that is a handle, and not NULL."""
        self._call("PyLong_AsVoidPtr", argument, to=to)
        self._code.jump_if(to, "==", 0, "no cell")

    def _handle(self, cell: Variable, to: Variable) -> None:
        """Read the socket's address out of its cell."""
        self._code.load(to, cell)
        self._code.jump_if(to, "==", 0, "closed")

    # -- Ends --------------------------------------------------------------------------------------

    def _end(self, usage: str) -> None:
        """Write the shared endings that steps jump to."""
        code = self._code
        if code.wanted("failed"):
            code.label("failed")
            self._call_int("zmq_errno", to=E)
            code.jump("known")
        if code.wanted("known"):
            code.label("known")
            code.negate(E)
            self._return_int(E)
        if code.wanted("no cell"):
            code.label("no cell")
            self._call("PyErr_Occurred", to=A)
            code.jump_if(A, "!=", 0, "raise")
            code.jump("closed")
        if code.wanted("closed"):
            code.label("closed")
            self._return_int(-numbers.ENOTSOCK)
        if code.wanted("lost"):
            code.label("lost")
            # Closing the message may call Python code, which must not see a pending exception.
            self._call("PyErr_Clear")
            self._call_int("zmq_msg_close", message)
            self._call("PyErr_NoMemory")
            code.leave(0)
        if code.wanted("short"):
            code.label("short")
            self._call("PyBuffer_Release", Memory(0))
            self._raise(f"a message has {MESSAGE} bytes of memory")
        if code.wanted("miscounted"):
            code.label("miscounted")
            self._raise(usage)
        if code.wanted("raise"):
            code.label("raise")
            code.leave(0)

    def _raise(self, text: str) -> None:
        self._call("PyErr_SetString", self._type_error, self._text(text))
        self._code.leave(0)


#: Each stub: its steps, how many arguments it takes, how many bytes of memory it has.
STUBS: dict[str, tuple[Callable[[Writer], None], int, int]] = {
    "send": (Writer.send, 3, 16),
    "send_all": (Writer.send_all, 3, 32),
    "wait_send": (Writer.wait_send, 3, 16),
    "receive": (Writer.receive, 1, 80),
    "receive_all": (Writer.receive_all, 2, 80),
    "wait_receive": (Writer.wait_receive, 2, 80),
    "look": (Writer.look, 1, 16),
    "get": (Writer.get, 2, 16),
    "send_message": (Writer.send_message, 3, BUFFER),
    "send_copy": (Writer.send_copy, 3, BUFFER + MESSAGE),
    "receive_message": (Writer.receive_message, 2, BUFFER),
    "wait_send_message": (Writer.wait_send_message, 3, BUFFER),
    "wait_receive_message": (Writer.wait_receive_message, 3, BUFFER),
    "new": (Writer.new, 0, 16),
    "empty": (Writer.empty, 1, BUFFER),
    "close": (Writer.close, 1, BUFFER),
    "more": (Writer.more, 1, BUFFER),
    "size": (Writer.size, 1, BUFFER),
    "address": (Writer.address, 1, BUFFER),
    "read": (Writer.read, 1, BUFFER),
}

#: What types have in their slots, in the same way.
SLOTS: dict[str, tuple[Callable[[Writer], None], int, int]] = {
    "getbuffer": (Writer.getbuffer, 3, 16),
}
