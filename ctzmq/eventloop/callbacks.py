"""Callbacks for what a socket receives and sends, in tornado's event loop.

ZMQ_FD becomes readable when something about the socket changes, not when there is something to do,
and every operation can swallow that news. So work is done in turns. A turn reads EVENTS, receives
and sends, and reads EVENTS again, until they show that nothing is left: only then can the
descriptor be relied on. A turn takes messages by the batch, because a pass through the loop costs
more than ten messages do, but it ends after a while and goes on in the next pass, so that no stream
holds up the others. All streams of a loop share the time of a pass, so that timers and tasks need
not wait longer the more streams there are. Another turn is due whenever the stream begins to want
something: at `on_recv`, at `send` and after `flush`.

What a callback sends goes out at once, if nothing else waits to be sent: its turn looks at EVENTS
afterwards anyway, and needs no other.
"""

from __future__ import annotations

import asyncio
from _thread import get_ident
from collections import deque
from collections.abc import Awaitable
from math import inf
from time import monotonic
from typing import Any, Callable
from weakref import WeakKeyDictionary

from tornado.ioloop import IOLoop
from tornado.log import gen_log

from .. import constants
from ..core.waits import REFUSED
from ..error import Again, ContextTerminated, ZMQError

__all__ = ["Turns"]

# As plain numbers: what an enum does for `&` costs as much as a call into libzmq.
POLLIN = int(constants.POLLIN)
POLLOUT = int(constants.POLLOUT)
DONTWAIT = int(constants.DONTWAIT)

# How long a turn lasts, give or take a callback, how long all turns of one pass through the loop
# do, and how many messages a turn moves between two looks at EVENTS.
_TURN_SECONDS = 0.001
_PASS_SECONDS = 0.004
_BATCH = 64


class Pass:
    """One pass after another through a loop, as far as the turns of its streams need it."""

    def __init__(self) -> None:
        self._turn = _TURN_SECONDS
        self._spent = 0.0
        self._ended = 0

    def end(self, now: float) -> float:
        """Tell when a turn that begins now has to end; it moves one message at least."""
        return now + max(0.0, min(self._turn, _PASS_SECONDS - self._spent))

    def cut(self, io_loop: IOLoop, seconds: float) -> None:
        """Note that a turn that took so long had to end before its work was done."""
        if not self._ended:
            io_loop.add_callback(self._over)
        self._spent += seconds
        self._ended += 1

    def _over(self) -> None:
        # In the next pass as many will want a turn.
        self._turn = min(_TURN_SECONDS, _PASS_SECONDS / self._ended)
        self._spent, self._ended = 0.0, 0


#: That of each loop.
_passes: WeakKeyDictionary[IOLoop, Pass] = WeakKeyDictionary()


class Turns:
    """What a `ZMQStream` does when it is its turn.

    The stream sets `socket` and `io_loop` first.

    Source: own.
    """

    socket: Any
    io_loop: IOLoop

    def __init__(self) -> None:
        self._send_queue: deque[tuple[Any, int, bool, bool, dict[str, Any]]] = deque()
        self._recv_callback: Callable[..., Any] | None = None
        self._recv_copy = True
        self._send_callback: Callable[..., Any] | None = None
        self._turn_is_due = False
        # The thread that takes a turn.
        self._in_turn = 0
        self._pass = _passes.setdefault(self.io_loop, Pass())
        # These take one message only before they want to send one.
        self._batch = 1 if self.socket.type in (constants.REQ, constants.REP) else _BATCH
        self._asyncio_loop: Any = getattr(self.io_loop, "asyncio_loop", None)
        self._tasks: set[asyncio.Future[Any]] = set()

    def close(self, linger: int | None = None) -> None:
        """Close the socket.

        Parameters
        ----------
        linger : int, optional
            Milliseconds to set LINGER to first.

        Source: pyzmq `ZMQStream.close`.
        """
        raise NotImplementedError

    def _schedule(self) -> None:
        """See to it that the loop takes a turn soon."""
        if self._turn_is_due:
            return
        self._turn_is_due = True
        running = asyncio._get_running_loop()
        if running is not None and running is self._asyncio_loop:
            running.call_soon(self._turn)
        else:
            # This one knows how to wake up a loop that runs in another thread, or not yet.
            self.io_loop.add_callback(self._turn)

    def _turn(self) -> None:
        self._turn_is_due = False
        if self.socket is not None:
            self._handle_events(self.socket, 0)

    def _handle_events(self, fd: Any, events: int) -> None:
        """Do one turn."""
        begin = end = 0.0
        batch = 1
        while self.socket is not None:
            try:
                ready = self.socket.events
            except ContextTerminated:
                gen_log.warning("the context of %s was terminated: the stream is closed", self)
                self.close()
                return
            except ZMQError as error:
                gen_log.warning("%s has a closed socket: %s", self, error)
                self.close()
                return
            receive = ready & POLLIN and self._recv_callback is not None
            send = ready & POLLOUT and self._send_queue
            if not receive and not send:
                return
            now = monotonic()
            if not end:
                begin, end = now, self._pass.end(now)
            elif now > end:
                self._pass.cut(self.io_loop, now - begin)
                self._schedule()
                return
            self._in_turn = get_ident()
            try:
                if receive:
                    self._receive(batch, end)
                if send and not self._send(batch, end) and not receive:
                    self._retry()
                    return
            except BaseException:
                self._schedule()
                raise
            finally:
                self._in_turn = 0
            # Most turns find one message, and need not try in vain to receive a second one.
            batch = min(2 * batch, self._batch)

    def _retry(self) -> None:
        """Take the next turn after some time: EVENTS do not tell when the socket takes more."""
        if not self._turn_is_due:
            self._turn_is_due = True
            self.io_loop.call_later(REFUSED, self._turn)

    def _receive(self, count: int, end: float = inf) -> int:
        """Receive messages that are there and hand them to the callback; return their number."""
        received = 0
        while received < count and self.socket is not None:
            callback = self._recv_callback
            try:
                message = self.socket.recv_multipart(DONTWAIT, copy=self._recv_copy)
            except Again:
                break
            received += 1
            if callback is not None:
                self._run_callback(callback, message)
                if self._recv_callback is None:
                    break
            if received < count and monotonic() > end:
                break
        return received

    def _send(self, count: int, end: float = inf) -> int:
        """Send messages of the queue that the socket takes now; return their number."""
        sent = 0
        queue = self._send_queue
        while sent < count and queue and self.socket is not None:
            entry = message, flags, copy, track, kwargs = queue.popleft()
            status: Any
            try:
                status = self.socket.send_multipart(
                    message,
                    flags=flags | DONTWAIT,
                    copy=copy,
                    track=track,
                    **kwargs,
                )
            except Again as error:
                # After the first one, EVENTS did not promise that the socket takes more.
                if sent or not flags & DONTWAIT:
                    queue.appendleft(entry)
                    break
                status = error
            except ZMQError as error:
                gen_log.error("cannot send: %s", error)
                status = error
            sent += 1
            if self._send_callback is not None:
                self._run_callback(self._send_callback, message, status)
            if sent < count and monotonic() > end:
                break
        return sent

    def _run_callback(self, callback: Callable[..., Any], *args: Any) -> None:
        """Call back; what it raises is logged, here for a coroutine, else by the loop, too."""
        task = None
        try:
            result = callback(*args)
            if result is not None and isinstance(result, Awaitable):
                task = self._task_of(result)
        except Exception:
            gen_log.error("Uncaught exception in ZMQStream callback", exc_info=True)
            raise
        if task is not None:
            # The loop itself keeps no task alive.
            self._tasks.add(task)
            task.add_done_callback(self._finish_task)

    def _task_of(self, awaitable: Any) -> asyncio.Future[Any]:
        """Have what a callback returned go on in the loop, which need not run just now."""
        here = asyncio._get_running_loop() is not None or asyncio.isfuture(awaitable)
        loop = None if here else self._asyncio_loop
        task: asyncio.Future[Any] = asyncio.ensure_future(awaitable, loop=loop)
        return task

    def _finish_task(self, task: asyncio.Future[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            gen_log.error("Uncaught exception in ZMQStream callback", exc_info=task.exception())
