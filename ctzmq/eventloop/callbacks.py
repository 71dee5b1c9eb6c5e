"""Callbacks for what a socket receives and sends, in tornado's event loop.

ZMQ_FD becomes readable when the state of the socket changes, not when there is something to do, and
every operation can consume that edge. So work is done in turns. A turn reads EVENTS, receives and
sends, and reads EVENTS again, until nothing is left to do: only then can the descriptor be relied
on. A turn moves messages in batches, because a pass through the loop costs more than ten messages,
but it ends after a while and continues in the next pass, so that no stream starves the others. All
streams of a loop share the time of a pass, so that timers and tasks do not wait longer the more
streams there are. Another turn is scheduled whenever the stream has something new to do: at
`on_recv`, at `send` and after `flush`.

What a callback sends is sent at once if nothing else is queued: the turn reads EVENTS afterwards
anyway.
"""

from __future__ import annotations

import asyncio
from _thread import get_ident
from collections import deque
from collections.abc import Awaitable
from math import inf
from time import monotonic
from types import MethodType
from typing import Any, Callable
from weakref import WeakKeyDictionary

from tornado.ioloop import IOLoop
from tornado.log import gen_log

from .. import constants
from ..core.waits import REFUSED
from ..error import Again, ContextTerminated, ZMQError

__all__ = ["Turns"]

# Plain numbers, because `&` on an enum costs as much as a call into libzmq.
POLLIN = int(constants.POLLIN)
POLLOUT = int(constants.POLLOUT)
DONTWAIT = int(constants.DONTWAIT)

# How long a turn may take, give or take a callback; how long all turns of one pass through the loop
# may take; and how many messages a turn moves between two reads of EVENTS.
_TURN_SECONDS = 0.001
_PASS_SECONDS = 0.004
_BATCH = 64


class Pass:
    """The passes through a loop, whose time the turns of its streams share."""

    def __init__(self) -> None:
        self._turn = _TURN_SECONDS
        self._spent = 0.0
        self._ended = 0

    def end(self, now: float) -> float:
        """Return when a turn that begins now has to end; it moves one message at least."""
        return now + max(0.0, min(self._turn, _PASS_SECONDS - self._spent))

    def cut(self, io_loop: IOLoop, seconds: float) -> None:
        """Note that a turn had to end, after some seconds, before its work was done."""
        if not self._ended:
            io_loop.add_callback(self._over)
        self._spent += seconds
        self._ended += 1

    def _over(self) -> None:
        # As many streams will want a turn in the next pass.
        self._turn = min(_TURN_SECONDS, _PASS_SECONDS / self._ended)
        self._spent, self._ended = 0.0, 0


#: The `Pass` of each loop.
_passes: WeakKeyDictionary[IOLoop, Pass] = WeakKeyDictionary()


#: The steps that pyzmq's streams do in methods which a program may override.
STEPS = frozenset(
    (
        "_add_io_state",
        "_drop_io_state",
        "_handle_recv",
        "_handle_send",
        "_rebuild_io_state",
        "_update_handler",
        "receiving",
        "sending",
    )
)


class Step:
    """One of these methods; setting it on a stream makes the stream note that.

    Parameters
    ----------
    function : callable
        The method.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._name = function.__name__
        self.__doc__ = function.__doc__

    def __get__(self, stream: Any, owner: type) -> Any:
        if stream is None:
            return self._function
        if stream._steps and self._name in vars(stream):
            return vars(stream)[self._name]
        return MethodType(self._function, stream)

    def __set__(self, stream: Any, value: Any) -> None:
        vars(stream)[self._name] = value
        stream._steps = True

    def __delete__(self, stream: Any) -> None:
        if vars(stream).pop(self._name, None) is None:
            raise AttributeError(self._name)


class Turns:
    """The turns of a `ZMQStream`: what it does when its socket may be ready.

    The stream sets `socket` and `io_loop` first.

    Source: own.
    """

    socket: Any
    io_loop: IOLoop
    #: Whether one of pyzmq's steps is replaced, by the class or on this stream; each message then
    #: goes through all of them.
    _steps = False

    def __init__(self) -> None:
        self._send_queue: deque[tuple[Any, int, bool, bool, dict[str, Any]]] = deque()
        self._recv_callback: Callable[..., Any] | None = None
        self._recv_copy = True
        self._send_callback: Callable[..., Any] | None = None
        self._turn_is_due = False
        # The thread that is in a turn.
        self._in_turn = 0
        self._pass = _passes.setdefault(self.io_loop, Pass())
        # These receive only one message before they have to send one.
        self._batch = 1 if self.socket.type in (constants.REQ, constants.REP) else _BATCH
        self._asyncio_loop: Any = getattr(self.io_loop, "asyncio_loop", None)
        self._tasks: set[asyncio.Future[Any]] = set()
        # pyzmq's attributes: the events that the stream wants, and whether `flush` was called in
        # this pass.
        self._state = 0
        self._flushed = False
        self._steps = any(getattr(type(self), name) is not getattr(Turns, name) for name in STEPS)
        if self._steps:
            self._batch = 1

    def close(self, linger: int | None = None) -> None:
        """Close the socket.

        Parameters
        ----------
        linger : int, optional
            Milliseconds to set LINGER to first.

        Source: pyzmq `ZMQStream.close`.
        """
        raise NotImplementedError

    def receiving(self) -> bool:
        """Tell whether a callback is set for incoming messages.

        Returns
        -------
        bool

        Source: pyzmq `ZMQStream.receiving`.
        """
        return self._recv_callback is not None

    def sending(self) -> bool:
        """Tell whether messages are queued.

        Returns
        -------
        bool

        Source: pyzmq `ZMQStream.sending`.
        """
        return bool(self._send_queue)

    # -- pyzmq's steps, which programs override and call -------------------------------------------

    def _step(self, event: int) -> int:
        """Receive or send one message; return how many were moved."""
        if not self._steps:
            return self._receive(1) if event == POLLIN else self._send(1)
        if event == POLLIN:
            self._handle_recv()
            return 1
        waiting = len(self._send_queue)
        if self.sending():
            self._handle_send()
        return waiting - len(self._send_queue)

    def _handle_recv(self) -> None:
        """Receive one message and hand it to the callback."""
        self._receive(1)

    def _handle_send(self) -> None:
        """Send the first message of the queue, if the socket takes it."""
        if self.sending():
            self._send(1)
        else:
            gen_log.error("there is no message to be sent")

    def _init_io_state(self) -> None:
        """Have the loop watch the socket."""
        # The loop gets the socket, not the descriptor: a loop that closes everything it watches
        # must not close libzmq's own descriptor.
        self.io_loop.add_handler(self.socket, self._handle_events, IOLoop.READ)

    def _rebuild_io_state(self) -> None:
        """Update the events that the stream wants, and schedule a turn if there are any."""
        if self.socket is None:
            return
        state = POLLIN if self.receiving() else 0
        self._state = state | (POLLOUT if self.sending() else 0)
        self._update_handler(self._state)

    def _add_io_state(self, state: int) -> None:
        """Note that the stream wants to receive, or to send."""
        self._state |= state
        self._update_handler(self._state)

    def _drop_io_state(self, state: int) -> None:
        """Note that the stream no longer wants to receive, or to send."""
        self._state &= ~state
        self._update_handler(self._state)

    def _update_handler(self, state: int) -> None:
        """Schedule a turn if the socket is ready for a wanted event."""
        if self.socket is None:
            return
        try:
            ready = self.socket.events
        except ZMQError:
            # The turn will raise the error.
            ready = state
        if state & ready:
            self._schedule()

    def _finish_flush(self) -> None:
        self._flushed = False

    # -- Turns -------------------------------------------------------------------------------------

    def _schedule(self) -> None:
        """Schedule a turn in the loop."""
        if self._turn_is_due:
            return
        self._turn_is_due = True
        running = asyncio._get_running_loop()
        if running is not None and running is self._asyncio_loop:
            running.call_soon(self._turn)
        else:
            # `add_callback` can also wake a loop in another thread, or one that does not run yet.
            self.io_loop.add_callback(self._turn)

    def _turn(self) -> None:
        self._turn_is_due = False
        if self.socket is not None:
            self._handle_events(self.socket, 0)

    def _handle_events(self, fd: Any, events: int) -> None:
        """Do one turn."""
        begin = end = 0.0
        batch = 1
        steps = self._steps
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
            if steps:
                receive, send = ready & POLLIN and self.receiving(), send and self.sending()
            if not receive and not send:
                if steps:
                    self._rebuild_io_state()
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
                    if steps:
                        self._step(POLLIN)
                    else:
                        self._receive(batch, end)
                if send and self.socket is not None:
                    sent = self._step(POLLOUT) if steps else self._send(batch, end)
                    if not sent and not receive:
                        self._retry()
                        return
            except BaseException:
                self._schedule()
                raise
            finally:
                self._in_turn = 0
            # Most turns find a single message; do not try in vain to receive another.
            batch = min(2 * batch, self._batch)

    def _retry(self) -> None:
        """Schedule the next turn after a pause, because EVENTS does not tell of the room."""
        if not self._turn_is_due:
            self._turn_is_due = True
            self.io_loop.call_later(REFUSED, self._turn)

    def _receive(self, count: int, end: float = inf) -> int:
        """Receive available messages and pass them to the callback; return their number."""
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
        """Send queued messages that the socket takes now; return their number."""
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
                # EVENTS promised room for the first one only.
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

    def _run_callback(self, callback: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Call back; what it raises is logged, here for a coroutine, else by the loop, too."""
        task = None
        try:
            result = callback(*args, **kwargs)
            if result is not None and isinstance(result, Awaitable):
                task = self._task_of(result)
        except Exception:
            gen_log.error("Uncaught exception in ZMQStream callback", exc_info=True)
            raise
        if task is not None:
            # The loop keeps only weak references to tasks.
            self._tasks.add(task)
            task.add_done_callback(self._finish_task)

    def _task_of(self, awaitable: Any) -> asyncio.Future[Any]:
        """Make a task in the loop of the awaitable that a callback returned."""
        here = asyncio._get_running_loop() is not None or asyncio.isfuture(awaitable)
        loop = None if here else self._asyncio_loop
        task: asyncio.Future[Any] = asyncio.ensure_future(awaitable, loop=loop)
        return task

    def _finish_task(self, task: asyncio.Future[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            gen_log.error("Uncaught exception in ZMQStream callback", exc_info=task.exception())


for _name in STEPS:
    setattr(Turns, _name, Step(vars(Turns)[_name]))
