"""The one owner of each libzmq context, shared by the Python contexts that share it."""

from __future__ import annotations

import ctypes
from _thread import RLock, get_ident
from time import sleep
from typing import Any, Callable

from ..libzmq import numbers, prototypes
from ..libzmq.provider import calls
from . import payload, registry
from .handle import Handle, born, catch_up, errnos, late, step

#: An address that `zmq_ctx_new` never returns.
_NEVER = object()


class Fate:
    """The state shared by all Python contexts of one libzmq context, which end together."""

    __slots__ = (
        "claim",
        "ending",
        "gate",
        "handles",
        "lock",
        "pointer",
        "results",
        "sharers",
        "started",
    )

    def __init__(self) -> None:
        #: The address, until the context is known to be terminated.
        self.claim: list[int] = []
        #: What calls are given: NULL before the context is made, and once its termination has
        #: begun.
        self.pointer: Any = ctypes.c_void_p()
        # Held during each call, so that nobody terminates the context meanwhile. No call blocks.
        self.gate: Any = RLock()
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
        errno = born(iter(prototypes.zmq_ctx_new, _NEVER), self.claim, self.pointer)
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
        with self.gate:
            return step(function, self.pointer, *arguments)

    def terminate(self) -> None:
        """Have libzmq terminate the context; nothing happens when it has done so already.

        The address is read, libzmq called and its result noted in one step in C. A signal handler
        that came between could end the context too, and another would be at its address.

        Source: libzmq `zmq_ctx_term`.
        """
        with self.gate:
            self.pointer.value = None
        self.sweep()
        while late & self.handles and payload.releasing() - {get_ident()}:
            # Another thread is in the callback of a payload, and maybe in one of the sockets.
            sleep(0.001)
        catch_up()
        if not self.over():
            self.results.update(zip(map(calls.terminate, self.claim), errnos(calls.last_errno)))

    def over(self) -> bool:
        """Tell whether the context is terminated, possibly by another thread."""
        # Not a generator, in which an exception of a signal handler could be lost.
        ends = [rc == 0 or errno == numbers.EFAULT for rc, errno in self.results.copy()]
        return True in ends

    def sweep(self) -> None:
        """Close the sockets whose beginning or end an exception has cut short."""
        for handle in self.handles.copy():
            handle.sweep()
