"""Pollers whose polls return Futures, and how pollers and sockets find their event loop."""

from __future__ import annotations

import asyncio
import selectors
import warnings
from asyncio import Future
from typing import Any, Callable, ClassVar

from ..core import poll as _poll
from ..core import pollitems as _pollitems
from ..core.lifecycle import Lifecycle
from . import pace
from .events import Events
from .hub import LoopHub, hub_of
from .polling import Polling
from .queued import unhurried


class _Async:
    """What sockets and pollers have in common: how they find the event loop."""

    __slots__ = ()

    _Future: Any = Future
    _READ = selectors.EVENT_READ
    _WRITE = selectors.EVENT_WRITE

    def _default_loop(self) -> Any:
        try:
            return asyncio.get_running_loop()
        except RuntimeError:
            warnings.warn(
                "no event loop runs here: await sockets of ctzmq.asyncio in a coroutine",
                RuntimeWarning,
                stacklevel=5,
            )
        return asyncio.get_event_loop()

    def _get_loop(self) -> Any:
        return self._default_loop()

    def _hub(self) -> LoopHub:
        return hub_of(self._default_loop())


class _AsyncPoller(_Async, _poll.Poller):
    """A set of sockets and descriptors to wait for in the event loop.

    Source: pyzmq `zmq.asyncio.Poller`.
    """

    #: The class of the asyncio sockets that stand in for blocking ones while polled.
    _socket_class: ClassVar[type[Events]]
    _current_loop: Any = None

    def _init_io_state(self, loop: Any = None) -> None:
        """Do nothing; each poll watches its own sockets and descriptors."""

    def _watch_raw_socket(self, loop: Any, socket: Any, evt: int, f: Callable[[], Any]) -> None:
        """Call a function when a descriptor, or an object with one, is ready."""
        if evt & self._READ:
            loop.add_reader(socket, f)
        if evt & self._WRITE:
            loop.add_writer(socket, f)

    def _unwatch_raw_sockets(self, loop: Any, *sockets: Any) -> None:
        """Stop watching descriptors."""
        for socket in sockets:
            loop.remove_reader(socket)
            loop.remove_writer(socket)

    def poll(  # type: ignore[override]
        self, timeout: float | None = -1
    ) -> Future[list[tuple[Any, int]]]:
        """Wait until at least one of the registered is ready; what was closed since never is.

        Parameters
        ----------
        timeout : int
            Milliseconds; None or less than 0 waits for ever, 0 does not wait.

        Returns
        -------
        Future
            Of a list of (socket or descriptor, events): those that are ready; of objects with
            `fileno`, the descriptor.

        Raises
        ------
        ZMQError, ContextTerminated, TypeError, ValueError
            By the Future, as `ctzmq.Poller.poll` does.

        Source: libzmq `zmq_poll`, pyzmq `zmq.asyncio.Poller.poll`.
        """
        return poll_for(self._socket_class, list(self.sockets), timeout, list)


def poll_for(
    socket_class: type[Events],
    sockets: list[tuple[Any, int]],
    timeout: float | None,
    convert: Callable[[list[tuple[Any, int]]], Any],
    strict: bool = False,
) -> Future[Any]:
    """Poll now and complete in the next turn of the loop; wait in the loop if nothing is ready."""
    future = unhurried()
    limit = _pollitems.milliseconds(timeout)
    try:
        ready = _poll.zmq_poll(sockets, timeout=0)
        if not limit:
            future.set_result(convert(ready))
        elif ready:
            return pace.Soon(convert(ready))
        elif limit == _pollitems.inf:
            _pollitems.check_end(sockets)
    except Exception as error:
        future.set_exception(error)
    if future.done():
        return future
    hub = hub_of(future.get_loop())
    polling = Polling(hub, sockets, convert, strict)
    try:
        for socket, events in sockets:
            found = _pollitems.entry(socket, events)
            if found is None:
                continue
            if isinstance(socket, Lifecycle):
                polling.observe(_flavoured(socket_class, socket), events)
            else:
                polling.watch(found[1], events)
        if limit != _pollitems.inf:
            polling.limit(limit / 1000)
    except BaseException:
        polling.leave()
        raise
    # Something may have changed before all of them were watched.
    polling.run()
    return polling


def _flavoured(socket_class: type[Events], socket: Any) -> Any:
    """Return a socket, or an asynchronous one that shares the libzmq socket of another flavour."""
    if isinstance(socket, Events):
        return socket
    others = [other for other in socket._sharers.living() if isinstance(other, Events)]
    return others[0] if others else socket_class(socket)


def nothing(ready: list[tuple[Any, int]]) -> None:
    """Return nothing, whatever the socket is ready for."""


def only(ready: list[tuple[Any, int]]) -> int:
    """Return what the only socket is ready for."""
    return ready[0][1] if ready else 0


POLL: Any = _AsyncPoller.poll
