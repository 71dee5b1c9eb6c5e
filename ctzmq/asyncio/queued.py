"""How calls of asyncio sockets begin: at once, in line behind others, or after a rest.

`tasks` has the calls that wait in line; `pace` decides when a call lets others run first.
"""

from __future__ import annotations

import asyncio
from asyncio import Future
from typing import TYPE_CHECKING, Any, Callable

from ..core import socket as _socket
from ..core.buffers import contiguous
from ..core.frame import Frame
from ..core.messaging import SNDMORE
from ..error import Again, again
from ..libzmq import memory
from ..libzmq.contract import DONTWAIT
from ..libzmq.provider import calls
from ..waiting.edge import POLLIN, POLLOUT, EdgeSocket
from . import pace
from .edge import MIDWAY, RCVMORE, LoopEdge
from .hub import hub_of
from .tasks import NOT_YET, TIMEOUTS, Now, Waiting

if TYPE_CHECKING:
    from .signatures import Awaited
else:
    Awaited = EdgeSocket


_get: Callable[[Any, int], Any] = _socket.Socket.get


class Lined(Awaited):
    """A socket whose calls are made in the order in which they were asked for."""

    __slots__ = ()

    _edge_class = LoopEdge

    def _turn(self, event: int) -> tuple[Any, Any]:
        """Let others run first, now and then.

        Parameters
        ----------
        event : int
            What a call waits for, POLLIN or POLLOUT.

        Returns
        -------
        tuple of (Future or None, handle)
            What the call goes on with: no Future and no handle if others run first.
        """
        # If there is no event loop, this fails before anything has happened.
        future: Future[Any] = Future()
        loop = future.get_loop()
        if pace.early(loop):
            return future, self._handle
        chosen = hub_of(loop).pace.look(future)
        if chosen is not None:
            return chosen, self._handle
        # Never rest between two parts of a message, nor for a closed socket.
        if not self._address or self._midway(event):
            pace.grant(0)
            return future, self._handle
        return None, calls.NULL

    def _midway(self, event: int) -> bool:
        """Tell whether a message may be half sent or received."""
        if event == POLLIN:
            return bool(calls.try_get(self._pointer, RCVMORE))
        edge: Any = self._edge
        if edge is None or not edge.midway:
            return False
        # The note may outlive the message by one call.
        edge.midway = False
        return True

    def _postpone(
        self, event: int, flags: int, attempt: Callable[[], Any], whole: bool
    ) -> Future[Any]:
        """Line up a call that lets others run first; the parameters are those of `_begin`."""
        edge = self._join()
        if event == POLLOUT and flags & SNDMORE:
            edge.midway = True
        kind = Now if flags & DONTWAIT else Waiting
        waiting = kind(edge, event, flags, attempt, whole, edge.hub.loop)
        edge.lines[event].append(waiting)
        edge.arm()
        waiting.rest()
        return waiting

    def _begin(
        self,
        future: Future[Any] | None,
        event: int,
        flags: int,
        attempt: Callable[[], Any],
        whole: bool = False,
    ) -> Future[Any]:
        """Make a call, or line it up behind those that wait for the same.

        Parameters
        ----------
        future : Future or None
            For a result that is there at once; None when others run first.
        event : int
            What the call waits for, POLLIN or POLLOUT.
        flags : int
            What the user gave.
        attempt : callable
            Makes the call without waiting.
        whole : bool
            Whether it sends or receives all parts of a message.
        """
        if future is None:
            return self._postpone(event, flags, attempt, whole)
        edge: Any = self._edge
        loop = future.get_loop()
        more = event == POLLOUT and flags & SNDMORE
        if edge is None:
            if more and self._address:
                edge = self._join()
        elif edge.hub.loop is not loop:
            edge = self._join()
        begins = more and MIDWAY
        task = None
        mine = waits = False
        if edge is not None:
            line = edge.lines[event]
            if more:
                edge.midway = True
            if begins or line or edge.owners:
                task = asyncio.current_task(loop)
                mine = task is not None and edge.owners.get(event) is task
                waits = not mine and bool(edge.queue(event) or edge.held(event, task))
                if waits and line and line[-1].resting:
                    # Go behind the calls that rest, as if they had been made already.
                    return self._postpone(event, flags, attempt, whole)
        timeout = 0
        if flags & DONTWAIT or not waits:
            try:
                result = attempt()
                if result is not NOT_YET:
                    future.set_result(result)
                    if task is not None and (mine or begins or line):
                        edge.own(event, task, not whole and edge.more(event, flags))
                        if not edge.busy():
                            edge.settle()
                elif flags & DONTWAIT:
                    future.set_exception(again(event))
            except Again as error:
                if flags & DONTWAIT:
                    future.set_exception(error)
            except Exception as error:
                future.set_exception(error)
            if not future.done():
                timeout = _get(self, TIMEOUTS[event])
                if not timeout:
                    future.set_exception(again(event, 0))
            if future.done():
                if edge is not None and edge.busy():
                    edge.look()
                return future
        else:
            timeout = _get(self, TIMEOUTS[event])
            if not timeout:
                future.set_exception(again(event, 0))
                return future
        if edge is None:
            edge = self._join()
        waiting = Waiting(edge, event, flags, attempt, whole, loop)
        alone = not edge.busy()
        line = edge.lines[event]
        if mine:
            line.appendleft(waiting)
        else:
            line.append(waiting)
        edge.arm()
        if timeout > 0:
            waiting.limit(timeout / 1000)
        # A failed receive has processed all pending commands; a send does so only now and then.
        if event == POLLOUT or not alone:
            edge.look()
        if edge.over():
            # A signal handler closed the socket before this call was in the line.
            waiting.cancel()
        return waiting

    def _deserialize(self, recvd: Any, load: Callable[[Any], Any]) -> Any:
        if isinstance(recvd, Waiting) and not recvd.ended():
            recvd.convert(load)
            return recvd
        return converted(recvd, load)


def unhurried() -> Future[Any]:
    """Return a Future for an immediate result; now and then awaiting it lets others run."""
    for future in pace.futures:
        return future
    future = Future()
    loop = future.get_loop()
    if pace.early(loop) or hub_of(loop).pace.look(future) is future:
        return future
    return pace.Yielding()


def kept(part: Any) -> Any:
    """Return a copy of a mutable part, whose owner may change it before it is sent."""
    if type(part) is bytes or isinstance(part, Frame):
        return part
    try:
        return bytes(memory.plain(contiguous(part)))
    except (TypeError, BufferError, ValueError):
        # The call itself will report what is wrong with it.
        return part


def plain(parts: Any) -> bool:
    """Tell whether all parts are bytes."""
    for part in parts:  # noqa: SIM110, a generator costs more than the parts
        if part.__class__ is not bytes:
            return False
    return True


def converted(future: Any, load: Callable[[Any], Any]) -> Future[Any]:
    """Return a future of the converted result; cancelling it cancels the first."""
    result: Future[Any] = Future()

    def done(_: Any) -> None:
        if result.done():
            return
        if future.cancelled():
            result.cancel()
            return
        error = future.exception()
        if error is not None:
            result.set_exception(error)
            return
        try:
            result.set_result(load(future.result()))
        except Exception as failure:
            result.set_exception(failure)

    if future.done():
        done(future)
    else:
        future.add_done_callback(done)
        result.add_done_callback(lambda _: result.cancelled() and future.cancel())
    return result
