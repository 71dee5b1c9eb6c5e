"""Those who wait for one libzmq socket in one loop of asyncio.

`waiting.edge` has the rules of the descriptor that they wait for, and `tasks` what waits.
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
    """Those who wait for one libzmq socket in one loop."""

    __slots__ = ("_tells", "_turns", "midway")

    def __init__(self, socket: Any, hub: LoopHub) -> None:
        #: Whether the socket itself tells those who wait, by methods that are replaced.
        self._tells: bool = socket._tells
        #: Whether the last part was sent with SNDMORE; it may stay True for one call too many.
        self.midway = False
        #: How many turns others wait yet for those in the middle of a message.
        self._turns = 0
        super().__init__(socket, hub)

    def own(self, event: int, task: Any, more: bool) -> None:
        """Note who is in the middle of a message, so that its next part goes before the line.

        Parameters
        ----------
        event : int
            POLLIN or POLLOUT.
        task : asyncio.Task or None
            Who made the call.
        more : bool
            Whether the message goes on.
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
        """Tell whether others than the task are in the middle of a message just now."""
        owner = self.owners.get(event) if self._turns else None
        return owner is not None and owner is not task

    def queue(self, event: int) -> bool:
        """Tell whether a call has to line up.

        A task that awaits a call that rests has not made it yet, so others may make theirs; if they
        had to line up behind each other, no task could ever make two calls in one turn again.
        """
        for place in self.lines[event]:  # noqa: SIM110, a generator costs more than the places
            if not place.resting or place.loose():
                return True
        return False

    def relax(self) -> None:
        """Let operations go the quick way while nobody waits but for others to run."""
        if self.observers or self._turns or self.queue(POLLIN) or self.queue(POLLOUT):
            return
        self._disarm()

    def arm(self) -> None:
        # Somebody waits: that alone must keep the socket, and so the task, alive.
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
            # A receiver that tries makes the descriptor quiet, as a look does.
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
        """Tell whether the message that was begun last goes on."""
        if event == POLLOUT:
            return bool(flags & SNDMORE)
        return bool(calls.try_get(self._pointer, RCVMORE))

    def here(self) -> bool:
        # What wakes anybody from other threads goes through the loop.
        return True

    def noticed(self) -> None:
        self.hub.call(self.look)

    def abandoned(self) -> bool:
        return self.hub.loop.is_closed() or not self.hub.loop.is_running()

    def close(self, moved: bool = False) -> None:
        """Cancel all that wait, and stop watching; a poll goes on with its other sockets.

        Parameters
        ----------
        moved : bool
            As in `Edge.close`.
        """
        busy = self.busy()
        self._end()
        if registry.finalizing():
            return
        # Not `hub.call`, which forgets about a closed loop: nobody must wait for ever.
        loop = self.hub.loop
        if loop.is_running() and not loop.is_closed():
            self.hub.call(self._cancel, moved)
            if busy:
                self.hub.rouse()
        else:
            self._cancel(moved)

    def _cancel(self, moved: bool) -> None:
        # A loop that is closed cannot call anybody.
        for place in [*self.lines[POLLIN], *self.lines[POLLOUT]]:
            with suppress(RuntimeError):
                place.cancel()
        polls: list[Any] = [place for place, _ in self.observers]
        for poll in polls:
            with suppress(RuntimeError):
                poll.lose(moved)
