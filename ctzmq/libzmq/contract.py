"""The interface of the providers of message calls: ctypes, PyPy's FFI, or stubs on CPython.

There are three providers, and the rest of ctzmq relies on this interface alone. The rules:

- A *handle* stands for a socket: NULL if it is closed or must not be called quickly. The caller
  keeps the socket's `c_void_p` alive, and reads the handle anew for each call, because a signal
  handler may have closed the socket between two.
- Results are ints of 0 or more, or what was received. A failed call returns `-errno`. A quick call
  may return UNKNOWN instead, if finding out errno would cost more than the call; the careful call
  that follows tells.
- *Quick* calls never block, and keep the GIL if there is one. Their arguments must be of the types
  given here: bytes, exact ints, messages of `new_message`.
- *Careful* calls have names that begin with `wait`. They release the GIL, and block unless DONTWAIT
  is among the flags. The caller counts as a user of the socket meanwhile (`core.handle`).
- Content of LARGE bytes or more is not for quick calls: it is copied with the GIL released where
  that is possible, and returned in a tuple, so that the caller can count it and prepare memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Callable, Protocol, Union

__all__ = ["DONTWAIT", "EVENTS", "LARGE", "SNDMORE", "UNKNOWN", "Calls", "Received"]

DONTWAIT = 1
SNDMORE = 2
EVENTS = 15

#: A message of this many bytes or more is copied with the GIL released.
LARGE = 65536
#: The result of a quick call that failed without telling why.
UNKNOWN = -1

if TYPE_CHECKING:
    # For type checkers alone, since making these takes a millisecond.

    #: The content of a part; the same in a tuple if it is large; or -errno if there is none.
    Received = Union[bytes, "tuple[bytes]", int]

    class Calls(Protocol):
        """A module that makes the message calls."""

        #: The name of the provider: "ctypes", "PyPy's FFI" or "stubs".
        NAME: str
        #: Whether it is something faster than ctypes.
        NATIVE: bool
        #: The handle of a closed socket; every call on it fails with ENOTSOCK.
        NULL: Any
        #: The address of a `getbufferproc` of CPython's C API, which asks the object that the
        #: attribute `_exported` refers to for its memory; 0 where there is none.
        GETBUFFER: int

        def pointer(self, cell: Any, /) -> Any:
            """Return the handle of the socket whose address a `c_void_p` has."""

        # -- Bytes ---------------------------------------------------------------------------------

        def send(self, handle: Any, data: bytes, flags: int, /) -> int:
            """Send one part, quickly.

            Returns
            -------
            int
                0 when it is sent, 1 when it is too large for a quick call, or why it is not sent.
            """

        def send_all(self, handle: Any, parts: Any, flags: int, /) -> int:
            """Send the parts of a message, a list or tuple, quickly.

            Returns
            -------
            int
                0 when all are sent; 1 when some are no bytes or there are none, and nothing was
                sent; -1 - n when only the first n parts were sent.
            """

        def receive(self, handle: Any, /) -> Received:
            """Receive one part, quickly."""

        def ask_receive(self, handle: Any, /) -> Received:
            """Receive one part, quickly; tell why there is none."""

        def receive_all(self, handle: Any, parts: list[bytes], /) -> int:
            """Receive parts of a message, one at least, quickly.

            Parameters
            ----------
            handle
                The socket.
            parts : list of bytes
                The list that the parts are appended to.

            Returns
            -------
            int
                0 when the message is whole, 1 when more parts follow, or why there are no more now.
            """

        def ask_receive_all(self, handle: Any, parts: list[bytes], /) -> int:
            """Do what `receive_all` does, and tell why there are no parts."""

        def wait_send(self, handle: Any, data: bytes, flags: int, /) -> int:
            """Send one part of any size; return 0, or why it cannot be sent."""

        def wait_receive(self, handle: Any, flags: int, /) -> Received:
            """Receive one part."""

        # -- Messages ------------------------------------------------------------------------------

        def new_message(self) -> Any:
            """Return an empty `zmq_msg_t` that can be received into again and again."""

        def send_message(self, handle: Any, message: Any, flags: int, /) -> int:
            """Send a message, quickly, which empties it; return its size, or why it is not sent."""

        def send_copy(self, handle: Any, message: Any, flags: int, /) -> int:
            """Send what a message holds, quickly; return its size, or why it is not sent.

            The message stays as it is, and shares its content with what was sent.
            """

        def receive_message(self, handle: Any, message: Any, /) -> int:
            """Receive into a message, quickly; return its size, or why there is none."""

        def wait_send_message(self, handle: Any, message: Any, flags: int, /) -> int:
            """Send a message, which empties it; return its size, or why it cannot be sent."""

        def wait_receive_message(self, handle: Any, message: Any, flags: int, /) -> int:
            """Receive into a message; return its size, or why there is none."""

        def message_more(self, message: Any, /) -> int:
            """Return 1 if parts of the same message follow, else 0."""

        def message_size(self, message: Any, /) -> int:
            """Return the number of bytes of the content."""

        def read(self, message: Any, /) -> bytes:
            """Copy the content."""

        def content(self, message: Any, /) -> tuple[int, int]:
            """Return the address and the size of the content."""

        def empty(self, message: Any, /) -> object:
            """Release the content; the message can be filled again."""

        def close(self, message: Any, /) -> int:
            """Release the content for good."""

        def reference(self, message: Any, /) -> Any:
            """Return what the functions of `prototypes` take for this message."""

        # -- Options and polls ---------------------------------------------------------------------

        def new_look(self) -> Callable[[Any], int]:
            """Return a function that reads EVENTS of a handle, quickly; less than 0 is a failure.

            Each socket has one of its own.
            """

        def try_get(self, handle: Any, option: int, /) -> int | None:
            """Read an int option, quickly; None tells that it failed."""

        def table(self, memory: bytearray, /) -> Any:
            """Return the table of the polls for poll items in this memory, which it keeps."""

        def try_poll(self, table: Any, count: int, timeout: int, /) -> int:
            """Return how many poll items are ready, or less than 0, quickly; the time-out is 0."""

        def poll(self, table: Any, count: int, timeout: int, /) -> int:
            """Wait, in milliseconds, for poll items; return how many are ready, or -1."""

        # -- Careful calls of all kinds ------------------------------------------------------------

        def prepare(self, function: Callable[..., Any], /, *arguments: Any) -> Iterator[Any]:
            """Prepare a careful call.

            Parameters
            ----------
            function
                One of `prototypes`.
            *arguments
                What it takes, and nothing that it could refuse; a `c_void_p` is read in the call.

            Returns
            -------
            iterator
                Makes the call when it is asked for its next item, in one step in C. NULL is None or
                0.
            """

        def occupied(self, handle: Any, /) -> bool:
            """Tell whether a thread may be in a quick call of a socket."""

        def leave_to(self, handle: Any, close: Callable[[], object], /) -> bool:
            """Leave it to a thread that is in a quick call of a socket to close that.

            Parameters
            ----------
            handle
                That of the socket, whose `c_void_p` is NULL already.
            close : callable
                Closes the socket, unless that is done.

            Returns
            -------
            bool
                Whether there is another thread which does so.
            """

        # -- Ends ----------------------------------------------------------------------------------

        def close_socket(self, address: int, /) -> int:
            """Close a socket in libzmq; the result has no meaning."""

        def terminate(self, address: int, /) -> int:
            """Terminate a context; return 0, or -1 when a signal interrupted it."""

        def errno(self) -> int:
            """Return the errno of the last call of this thread that `prototypes` made."""

        def last_errno(self) -> int:
            """Return the errno of the last call of this thread that a function here made."""

        def keep_less(self, size: int, /) -> None:
            """Keep no content of this many bytes or more after it was copied."""

else:
    Received = object
