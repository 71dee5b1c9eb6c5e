"""The base classes and functions of each flavour of green sockets, whatever its hub.

A flavour derives from the classes here and gives each its hub as `_hub`; its functions are the
methods of one `Functions`.
"""

from __future__ import annotations

import os
from typing import Any, Callable, TypeVar

from ..core import poll as _poll
from ..core.context import Context
from ..core.socket import Socket
from ..core.tracker import MessageTracker, end_of
from ..error import NotDone
from ..waiting.hub import Hub
from . import engine
from .parking import HasHub, aside, until
from .proxy import relay

G = TypeVar("G", bound="GreenContext[Any]")
S = TypeVar("S", bound="Socket[Any]", covariant=True)


class GreenContext(Context[S], HasHub):
    """A libzmq context that makes green sockets, and whose end lets other greenlets run.

    Parameters
    ----------
    io_threads, shadow
        As for `ctzmq.Context`.

    Source: pyzmq `zmq.green.Context`, `eventlet.green.zmq.Context`.
    """

    __slots__ = ()

    @classmethod
    def instance(cls: type[G], io_threads: int = 1) -> G:
        """Return the context shared by all greenlets of this native thread; make it if need be.

        It is never a blocking one. The child of a fork gets a new one, and so does every caller
        once it is terminated.

        Parameters
        ----------
        io_threads : int
            How many threads a new one has.

        Returns
        -------
        Context

        Raises
        ------
        ZMQError
            As the constructor does.

        Source: pyzmq `Context.instance`.
        """
        instances = cls._hub().instances
        current: G | None = instances.get(cls)
        if current is None or current.closed or current._pid != os.getpid():
            current = instances[cls] = cls(io_threads=io_threads)
        return current

    def term(self) -> None:
        """Terminate the context; other greenlets run until its sockets are closed.

        Those that wait in one of its sockets get `ContextTerminated`. All that share the libzmq
        context are terminated with it.

        Source: libzmq `zmq_ctx_term`, pyzmq `Context.term`.
        """
        if not self._address:
            return
        aside(self._hub(), lambda: Context.term(self))


class GreenTracker(MessageTracker, HasHub):
    """Watches messages until libzmq is done with all of them, and lets other greenlets run.

    Parameters
    ----------
    *towatch : Event, MessageTracker or Frame
        As for `ctzmq.MessageTracker`.

    Source: pyzmq `zmq.MessageTracker`.
    """

    def wait(self, timeout: float = -1) -> None:
        """Wait until libzmq is done with every message that is watched.

        Parameters
        ----------
        timeout : float
            How long to wait, in seconds; less than 0 waits for ever.

        Raises
        ------
        NotDone
            When the time-out expires first.
        TypeError
            When the time-out is no number.

        Source: pyzmq `MessageTracker.wait`.
        """
        if not until(self._hub(), lambda: self.done, end_of(timeout)):
            raise NotDone(f"libzmq still holds the message after {timeout:g} s")


class GreenPoller(_poll.Poller, HasHub):
    """A set of sockets and descriptors to wait for, again and again, while other greenlets run.

    Source: pyzmq `zmq.green.Poller`.
    """

    def poll(self, timeout: float | None = None) -> list[tuple[Any, int]]:
        """Wait until at least one of the registered is ready; what was closed since never is.

        Parameters
        ----------
        timeout : int, optional
            Milliseconds; None or less than 0 waits for ever, 0 does not wait.

        Returns
        -------
        list of (socket or descriptor, events)
            Those that are ready; of objects with `fileno`, the descriptor.

        Raises
        ------
        ZMQError
            ENOTSOCK when all the registered are closed and there is no time-out, so that the wait
            would have no end.
        ContextTerminated
            When a context is terminated.
        TypeError
            When the time-out is no number, or what is registered is neither a socket nor has a
            descriptor.
        ValueError
            When a `fileno` gives no descriptor.

        Source: libzmq `zmq_poll`, pyzmq `Poller.poll`.
        """
        return engine.poll(self._hub(), self.sockets, timeout)


class Functions:
    """The functions of one flavour.

    Parameters
    ----------
    hub : callable
        Returns the hub of the thread that calls it.
    """

    __slots__ = ("_hub",)

    def __init__(self, hub: Callable[[], Hub]) -> None:
        self._hub = hub

    def zmq_poll(self, sockets: Any, timeout: float | None = -1) -> list[tuple[Any, int]]:
        """Wait until at least one socket or descriptor is ready, while other greenlets run.

        Parameters
        ----------
        sockets : sequence of (socket or descriptor, events)
            As in `ctzmq.zmq_poll`.
        timeout : int
            Milliseconds; less than 0 waits for ever, 0 does not wait.

        Returns
        -------
        list of (socket or descriptor, events)
            Those that are ready; of objects with `fileno`, the descriptor.

        Raises
        ------
        ZMQError, ContextTerminated, TypeError, ValueError
            As `ctzmq.zmq_poll` does.

        Source: libzmq `zmq_poll`, pyzmq `zmq.zmq_poll`.
        """
        return engine.poll(self._hub(), sockets, timeout)

    def select(
        self,
        rlist: list[Any],
        wlist: list[Any],
        xlist: list[Any],
        timeout: float | None = None,
    ) -> tuple[list[Any], list[Any], list[Any]]:
        """Wait as `select.select` does, for sockets too, while other greenlets run.

        Parameters
        ----------
        rlist, wlist, xlist : list
            What to watch for input, for output, for errors.
        timeout : float, optional
            Seconds; None or less than 0 waits for ever.

        Returns
        -------
        list, list, list
            The ready ones of each list.

        Raises
        ------
        ZMQError, ContextTerminated, TypeError, ValueError
            As `ctzmq.zmq_poll` does.

        Source: pyzmq `zmq.select`.
        """
        return _poll.select_with(self.zmq_poll, rlist, wlist, xlist, timeout)

    def proxy(self, frontend: Any, backend: Any, capture: Any = None) -> int:
        """Pass messages between two sockets, in both directions, until their context ends.

        Parameters
        ----------
        frontend, backend : Socket
            The sockets, such as a ROUTER and a DEALER.
        capture : Socket, optional
            A PUB, DEALER, PUSH or PAIR socket that gets a copy of each message.

        Raises
        ------
        ContextTerminated
            The usual end.
        ZMQError
            ENOTSOCK when a socket is closed.
        TypeError
            When something else than a socket is given.

        Source: libzmq `zmq_proxy`, pyzmq `zmq.proxy`.
        """
        return relay(self._hub(), frontend, backend, capture)

    def proxy_steerable(
        self, frontend: Any, backend: Any, capture: Any = None, control: Any = None
    ) -> int:
        """Pass messages between two sockets as `proxy` does, steered by a third.

        Parameters
        ----------
        frontend, backend, capture : Socket
            As in `proxy`.
        control : Socket, optional
            A socket that receives commands, as in `ctzmq.proxy_steerable`.

        Returns
        -------
        int
            0 after TERMINATE.

        Raises
        ------
        ContextTerminated
            When the context is terminated.
        ZMQError
            ENOTSOCK when a socket is closed.
        TypeError
            When something else than a socket is given.

        Source: libzmq `zmq_proxy_steerable`, pyzmq `zmq.proxy_steerable`.
        """
        return relay(self._hub(), frontend, backend, capture, control)

    def device(self, device_type: int, frontend: Any, backend: Any) -> int:
        """Run a proxy under its old name.

        Parameters
        ----------
        device_type : int
            A `DeviceType`, which no longer matters.
        frontend, backend : Socket
            As in `proxy`; -1 as the backend is the frontend again.

        Raises
        ------
        ContextTerminated, ZMQError, TypeError
            As `proxy` does.

        Source: pyzmq `zmq.green.device`.
        """
        return self.proxy(frontend, frontend if backend == -1 else backend)
