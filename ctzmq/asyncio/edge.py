"""Everything that waits for one libzmq socket in one asyncio event loop.

`waiting.edge` explains the rules of ZMQ_FD; `tasks` has the calls that wait.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any

from ..constants.options import SocketOption
from ..core import registry
from ..core.messaging import SNDMORE
from ..libzmq.provider import calls
from ..waiting.edge import POLLIN, POLLOUT, Edge
from .hub import LoopHub

__all__ = ["LoopEdge"]

RCVMORE = int(SocketOption.RCVMORE)

#: How many turns of the loop others wait for a task that is in the middle of a message: `wait_for`
#: goes on two turns after the call that it waits for, before Python 3.12, and at once since.
MIDWAY = 4 if sys.version_info < (3, 12) else 0


class LoopEdge(Edge):
    """The waiters for one libzmq socket in one event loop."""

    __slots__ = ("_tells", "_turns", "midway")

    def __init__(self, socket: Any, hub: LoopHub) -> None:
        #: Whether a replaced method of the socket is to wake the waiters.
        self._tells: bool = socket._tells
        #: Whether the last part was sent with SNDMORE. It may stay True for one extra call.
        self.midway = False
        #: How many more turns others wait for a task in the middle of a message.
        self._turns = 0
        super().__init__(socket, hub)

    def own(self, event: int, task: Any, more: bool) -> None:
        """Note which task is in the middle of a message, so that its next part skips the line.

        Parameters
        ----------
        event : int
            POLLIN or POLLOUT.
        task : asyncio.Task or None
            The task that made the call.
        more : bool
            Whether more parts follow.
        """
        self.owners[event] = task if more else None
        if more and MIDWAY and task is not None:
            if not self._turns:
                self.hub.loop.call_soon(self._turn)
            self._turns = MIDWAY
            self.arm()

    def _turn(self) -> None:
        self._turns -= 1
        if self._turns and any(self.owners.values()):
            self.hub.loop.call_soon(self._turn)
        else:
            self._turns = 0
            self.settle()

    def held(self, event: int, task: Any) -> bool:
        """Tell whether another task is in the middle of a message."""
        owner = self.owners.get(event) if self._turns else None
        return owner is not None and owner is not task

    def queue(self, event: int) -> bool:
        """Tell whether a call has to line up.

        A call that rests has not been made yet, so other tasks may go ahead of it. If they had to
        line up behind it, no task could make two calls in one turn again.
        """
        for place in self.lines[event]:  # noqa: SIM110, a generator costs more than the places
            if not place.resting or place.loose():
                return True
        return False

    def relax(self) -> None:
        """Reopen the fast path while every waiter only lets others run."""
        if self.observers or self._turns or self.queue(POLLIN) or self.queue(POLLOUT):
            return
        self._disarm()

    def arm(self) -> None:
        # A wait alone must keep the socket, and so the task, alive.
        watch = self._watch
        if watch is not None:
            watch.kept = self
        super().arm()

    def changed(self) -> None:
        socket: Any = self._socket() if self._tells else None
        if socket is not None:
            socket._handle_events(0, 0)
            return
        alone = self.alone()
        if alone is None or alone[1] == POLLOUT or not self._quick:
            super().changed()
        elif not alone[0].woken:
            # A receive clears the descriptor just as reading EVENTS does.
            alone[0].run()

    def settle(self) -> None:
        if self._turns and any(self.owners.values()) and not self.busy():
            return
        super().settle()

    def _disarm(self) -> None:
        super()._disarm()
        watch = self._watch
        if watch is not None:
            watch.kept = None

    def more(self, event: int, flags: int) -> bool:
        """Tell whether more parts of the current message follow."""
        if event == POLLOUT:
            return bool(flags & SNDMORE)
        return bool(calls.try_get(self._pointer, RCVMORE))

    def here(self) -> bool:
        # Other threads wake waiters through the loop.
        return True

    def noticed(self) -> None:
        self.hub.call(self.look)

    def abandoned(self) -> bool:
        return self.hub.loop.is_closed() or not self.hub.loop.is_running()

    def close(self, moved: bool = False) -> None:
        """Cancel all waiters and stop watching; a poll goes on with its other sockets.

        Parameters
        ----------
        moved : bool
            As in `Edge.close`.
        """
        busy = self.busy()
        self._end()
        if registry.finalizing():
            return
        # Not `hub.call`, which does nothing when the loop is closed: no waiter may wait for ever.
        loop = self.hub.loop
        if loop.is_running() and not loop.is_closed():
            self.hub.call(self._cancel, moved)
            if busy:
                self.hub.rouse()
        else:
            self._cancel(moved)

    def _cancel(self, moved: bool) -> None:
        # A closed loop calls nothing.
        for place in [*self.lines[POLLIN], *self.lines[POLLOUT]]:
            with suppress(RuntimeError):
                place.cancel()
        polls: list[Any] = [place for place, _ in self.observers]
        for poll in polls:
            with suppress(RuntimeError):
                poll.lose(moved)
