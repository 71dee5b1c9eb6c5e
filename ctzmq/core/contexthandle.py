"""The one owner of each libzmq context, shared by the Python contexts that share it."""

from __future__ import annotations

import ctypes
from _thread import RLock, get_ident
from time import sleep
from typing import Any, Callable

from ..libzmq import numbers, prototypes, threads
from ..libzmq.provider import calls
from . import payload, registry
from .handle import Handle, born, catch_up, counted, errnos, late, step


class ContextHandle:
    """The state shared by all Python contexts of one libzmq context, which end together."""

    __slots__ = (
        "claim",
        "ending",
        "handles",
        "lock",
        "pointer",
        "results",
        "sharers",
        "started",
        "users",
    )

    def __init__(self) -> None:
        #: The address, until the context is known to be terminated.
        self.claim: list[int] = []
        #: What calls are given: NULL before the context is made, and once its termination has
        #: begun.
        self.pointer: Any = ctypes.c_void_p()
        #: The thread of each call. None blocks, so whoever terminates the context waits for them.
        self.users: dict[object, int] = {}
        #: The sockets that are open in libzmq.
        self.handles: set[Handle] = set()
        self.sharers = registry.Living()
        self.ending: bool = False
        #: Whether libzmq has made a socket, and so has started its threads.
        self.started = False
        # Reentrant: a signal handler may terminate the context while it is being terminated.
        self.lock: Any = RLock()
        #: The results of `zmq_ctx_term`, and errno: EINTR when a signal interrupted it.
        self.results: set[tuple[int, int]] = set()

    def open(self) -> int:
        """Have libzmq make the context; return 0 or the errno.

        Its address is noted in the same step in C, so that no exception in between can leak it.

        Source: libzmq `zmq_ctx_new`.
        """
        errno = born(calls.prepare(prototypes.zmq_ctx_new), self.claim, self.pointer)
        return 0 if self.pointer else errno

    def adopt(self, address: int) -> None:
        """Share a libzmq context that another library has made."""
        self.claim.append(address)
        self.pointer.value = address

    def call(self, function: Callable[..., int], *arguments: Any) -> tuple[int, int]:
        """Make a call that does not block; return its result and errno.

        Parameters
        ----------
        function : callable
            A function of libzmq that takes the context first; NULL once its termination has begun.
        *arguments
            Its other arguments, of types that it takes.
        """
        return counted(self.users, step, function, self.pointer, *arguments)

    def shut(self) -> None:
        """Let no call begin any more, and wait for those of other threads."""
        self.pointer.value = None
        here = get_ident()
        while set(self.users.copy().values()) - {here}:
            sleep(0.001)

    def terminate(self) -> None:
        """Have libzmq terminate the context; nothing happens when it has done so already.

        The address is read, libzmq called and its result noted in one step in C. A signal handler
        that came between could end the context too, and another would be at its address.

        Source: libzmq `zmq_ctx_term`.
        """
        self.shut()
        self.sweep()
        if payload.within():
            # libzmq would wait here for itself: for its own thread, or for a call that the callback
            # has interrupted.
            while self.claim:
                threads.detached(prototypes.zmq_ctx_term, self.claim.pop())
            return
        while True:
            catch_up()
            if not late & self.handles:
                break
            # Another thread is in the callback of a payload, and maybe in one of the sockets.
            sleep(0.001)
        if not self.over():
            self.results.update(zip(map(calls.terminate, self.claim), errnos()))

    def over(self) -> bool:
        """Tell whether the context is terminated, possibly by another thread."""
        # Not a generator, in which an exception of a signal handler could be lost.
        ends = [rc == 0 or errno == numbers.EFAULT for rc, errno in self.results.copy()]
        return True in ends

    def sweep(self) -> None:
        """Close the sockets whose beginning or end an exception has cut short."""
        for handle in self.handles.copy():
            handle.sweep()
