"""The one owner of each libzmq object: who may call it, who is inside, who frees it, and when.

A call gives libzmq the address out of `pointer`, which C reads in the middle of the call, and which
is emptied as soon as the object is closed: so no address is kept where Python code can run, be it a
signal handler, a finalizer, a trace function or another thread. What may give up the GIL is counted
with its thread in `users`. The last one out has libzmq free the object.

Steps that must not come apart, such as a call and the reading of its errno, are one call in C: an
iterator that is asked for its next item once. `map`, `zip` and `starmap` are in C on PyPy, too;
`iter` with a callable is Python there.
"""

from __future__ import annotations

from _thread import get_ident
from _weakref import ref
from collections.abc import Iterator
from contextlib import suppress
from ctypes import c_void_p, set_errno
from itertools import repeat, starmap
from typing import Any, Callable, ClassVar, TypeVar

from ..libzmq.provider import calls
from . import payload, polls

__all__ = ["Handle", "bare", "born", "catch_up", "counted", "errnos", "late", "step"]

T = TypeVar("T")

#: Those that are to be closed once no callback of a loan is in the middle of a call any more.
late: set[Handle] = set()


def errnos(_errno: Callable[[], int] = calls.last_errno) -> Iterator[int]:
    """Return what gives the errno of the last call of this thread, each time that it is asked."""
    return starmap(_errno, repeat(()))


def step(function: Callable[..., int], *arguments: Any) -> tuple[int, int]:
    """Call a function of libzmq and read its errno, in one step in C.

    Parameters
    ----------
    function : callable
        The function.
    *arguments
        What it takes, and nothing that it could refuse.

    Returns
    -------
    int, int
        Its result, and the errno, of which only a failure tells something.
    """
    rc, errno = next(zip(calls.prepare(function, *arguments), errnos()))
    if rc < 0:
        # `zmq_errno` tells that of ctypes, while PyPy's FFI has one of its own.
        set_errno(errno)
    return rc, errno


def born(made: Iterator[int | None], claim: list[int], pointer: Any) -> int:
    """Have libzmq make something, note where it is and read errno, in one step in C.

    Parameters
    ----------
    made : iterator of int or None
        Makes it when asked for its next item: the address, None or 0 after a failure.
    claim : list of int
        Gets the address.
    pointer : c_void_p
        Gets it too.

    Returns
    -------
    int
        The errno, of which only a failure tells something.
    """
    noted = map(claim.append, made)  # type: ignore[arg-type]
    _, errno, _ = next(zip(noted, errnos(), map(pointer.__init__, claim)))
    return errno


def counted(users: dict[object, int], act: Callable[..., T], *arguments: Any) -> T:
    """Do something as one of the users of a libzmq object.

    Parameters
    ----------
    users : dict of object to int
        The thread of each.
    act : callable
        Does it.
    *arguments
        What it takes.

    Returns
    -------
    object
        What it returns.
    """
    token = object()
    try:
        try:
            users[token] = get_ident()
            return act(*arguments)
        finally:
            users.pop(token, None)
    finally:
        # Once more, for an exception of a signal handler that came before the first was done.
        users.pop(token, None)


def bare(address: int) -> Callable[..., tuple[int, int]]:
    """Return what makes careful calls of a libzmq object that others keep from being freed.

    Parameters
    ----------
    address : int
        Where the object is.
    """

    return lambda function, *arguments: step(function, address, *arguments)


def catch_up() -> None:
    """Close what could not be closed when that was asked for."""
    while late and not payload.releasing():
        with suppress(KeyError):
            late.pop()._finish()


class Handle:
    """A libzmq socket, and weak references to the Python sockets that share it.

    Parameters
    ----------
    handles : set of Handle
        Those of the context, in which this one is until libzmq's socket is closed.
    """

    __slots__ = (
        "__weakref__",
        "argument",
        "claim",
        "edge",
        "handles",
        "pointer",
        "references",
        "users",
    )

    #: Whether anybody has waited in a hub yet, in any socket.
    waited: ClassVar[bool] = False

    def __init__(self, handles: set[Handle] | None = None) -> None:
        #: What careful calls take: NULL before the socket is made, and once it is closed.
        self.pointer: Any = c_void_p()
        #: What the calls of messages take in its place.
        self.argument: Any = calls.pointer(self.pointer)
        #: The address until libzmq's socket is closed, which whoever takes it does.
        self.claim: list[int] = []
        #: The thread of each call that may give up the GIL.
        self.users: dict[object, int] = {}
        #: While anybody waits in a hub: whom to tell of what a call may have taken note of.
        self.edge: Any = None
        self.handles = handles
        self.references: list[Any] = []

    def add(self, sharer: Any) -> None:
        """Add a socket, and forget about those that are gone."""
        gone = (reference for reference in self.references if reference() is not None)
        self.references = [*gone, ref(sharer)]

    def living(self) -> list[Any]:
        """List the sockets that are there."""
        sockets = [reference() for reference in self.references]
        return [socket for socket in sockets if socket is not None]

    def __len__(self) -> int:
        return len(self.references)

    def __bool__(self) -> bool:
        return True

    def open(self, function: Callable[..., int | None], *arguments: Any) -> int:
        """Have libzmq make the socket; return 0 or the errno.

        Parameters
        ----------
        function : callable
            Makes it and returns its address or None.
        *arguments
            What it takes.
        """
        catch_up()
        if self.handles is not None:
            self.handles.add(self)
        token = object()
        try:
            self.users[token] = get_ident()
            errno = born(calls.prepare(function, *arguments), self.claim, self.pointer)
            if not any(self.claim):
                self.forget()
                return errno
            return 0
        finally:
            self.leave(token)

    def adopt(self, address: int) -> None:
        """Share a libzmq socket that somebody else has made."""
        self.claim.append(address)
        self.pointer.value = address

    def call(self, function: Callable[..., int], *arguments: Any) -> tuple[int, int]:
        """Make a call that may give up the GIL.

        Parameters
        ----------
        function : callable
            A function of libzmq that takes the socket first; it gets NULL if that is closed.
        *arguments
            What else it takes, and nothing that it could refuse.

        Returns
        -------
        int, int
            Its result, and the errno, of which only a failure tells something.
        """
        try:
            return counted(self.users, step, function, self.pointer, *arguments)
        finally:
            self._close_if_shut()

    def leave(self, token: object) -> None:
        """End a call; close what was closed meanwhile.

        Whoever makes one removes its token first: here it goes once more, for an exception of a
        signal handler that came before the first was done.
        """
        self.users.pop(token, None)
        self._close_if_shut()

    def _close_if_shut(self) -> None:
        if self.claim and not self.pointer:
            self.end()

    def end(self, *garbage: Any) -> None:
        """Let no call begin any more, and have libzmq close the socket once nobody is in it.

        It can be called again, and has to be where an exception came in between.

        Parameters
        ----------
        *garbage
            A socket to which its reference may be gone, because it is in a cycle of garbage.
        """
        self._shut(*garbage)
        self._finish(*garbage)
        catch_up()

    def _shut(self, *garbage: Any) -> None:
        """Let no call begin any more."""
        self.pointer.value = None
        for socket in {*garbage, *self.living()}:
            socket._close_draft_poller()
            socket._abandon()

    def _finish(self, *garbage: Any) -> None:
        """Have libzmq close a socket that was shut, unless another thread is in it.

        Calls of this thread, which a signal handler or a finalizer has interrupted, find a closed
        socket when they go on.
        """
        here = get_ident()
        threads = set(self.users.copy().values())
        if self.pointer or threads - {here} or calls.leave_to(self.argument, self._finish):
            return
        inside = threads or here in polls.waiting or calls.occupied(self.argument)
        if inside and payload.releasing():
            # libzmq itself may go on with this socket when the callback is done.
            late.add(self)
            return
        try:
            if polls.interrupt(self.claim[0]):
                return
            # The address is taken and libzmq called in one step, which no signal handler can come
            # between: it could not close the socket any more, and wait for that for ever.
            next(map(calls.close_socket, map(self.claim.pop, (-1,))))
        except IndexError:
            return
        self.forget(*garbage)

    def forget(self, *garbage: Any) -> None:
        """Have the context forget what is closed in libzmq, or was never open."""
        self.claim.clear()
        if self.handles is not None:
            self.handles.discard(self)
        for socket in {*garbage, *self.living()}:
            socket._dismiss()

    def sweep(self) -> None:
        """Close what no socket refers to any more, or whose end or beginning was cut short."""
        if not self.pointer or not any(socket._address for socket in self.living()):
            self.end()

    def inherit(self) -> None:
        """Put the parent's socket out of use in the child of a fork."""
        self.claim.clear()
        self.users.clear()
        self._shut()
        if self.handles is not None:
            self.handles.clear()
