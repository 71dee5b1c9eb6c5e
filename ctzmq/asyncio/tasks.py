"""Calls that wait in an asyncio event loop: Futures for the caller, places in line for the edge.

No received message may be lost. If the loop put a message into a Future, and the task that awaits
it were cancelled before it runs, the message would be gone. So the loop does not complete a
`Waiting` that a task awaits: it wakes the task, by a `Readiness`, and the task receives the message
in its own next step. If it is cancelled before that step, it has taken nothing, and the next in
line gets its turn. Only when no task awaits the Future, but it has callbacks or may be looked at
later, does the loop itself receive the message.
"""

from __future__ import annotations

import asyncio
from asyncio import CancelledError, Future
from collections.abc import Generator
from contextlib import suppress
from typing import Any, Callable

from ..constants.options import SocketOption
from ..core.waits import REFUSED
from ..error import Again, again
from ..libzmq.provider import calls
from ..waiting.edge import POLLIN, POLLOUT
from .edge import MIDWAY, LoopEdge

TIMEOUTS = {POLLIN: int(SocketOption.RCVTIMEO), POLLOUT: int(SocketOption.SNDTIMEO)}

#: What an attempt returns when it has to go on waiting; raising `Again` would cost more.
NOT_YET = object()


class Readiness:
    """What a task waits for: a Future without a result that can be awaited again and again.

    Only tasks see it, and it has all that a task asks of a Future.
    """

    __slots__ = (
        "_asyncio_future_blocking",
        "_callback",
        "_cancelled",
        "_context",
        "_early",
        "_loop",
    )

    def __init__(self, loop: Any) -> None:
        self._loop = loop
        self._callback: Any = None
        self._context: Any = None
        #: Whether it was woken before it began to wait.
        self._early = False
        self._cancelled: CancelledError | None = None
        #: By this a task knows that it may wait.
        self._asyncio_future_blocking = True

    def get_loop(self) -> Any:
        """Return the loop."""
        return self._loop

    def add_done_callback(self, callback: Callable[[Any], Any], *, context: Any = None) -> None:
        """Note the task that waits; there is only one."""
        self._callback, self._context = callback, context
        if self._early:
            self._early = False
            self.wake()

    def remove_done_callback(self, callback: Callable[[Any], Any]) -> int:
        """Forget the task that waits."""
        self._callback = None
        return 1

    def wake(self) -> None:
        """Resume the task soon."""
        callback, self._callback = self._callback, None
        if callback is None:
            self._early = True
        else:
            self._loop.call_soon(callback, self, context=self._context)

    def run(self) -> None:
        """Resume the task at once; only callbacks of the loop may call this."""
        callback, self._callback = self._callback, None
        if callback is not None:
            self._context.run(callback, self)

    def cancel(self, msg: Any = None) -> bool:
        """Cancel the wait, unless the task was woken already."""
        if self._callback is None:
            return False
        self._cancelled = CancelledError() if msg is None else CancelledError(msg)
        self.wake()
        return True

    def cancelled(self) -> bool:
        """Tell whether the wait was cancelled."""
        return self._cancelled is not None

    def done(self) -> bool:
        """Tell whether the task was woken."""
        return self._callback is None

    def result(self) -> None:
        """Return None; the task calls this when it resumes."""
        if self._cancelled is not None:
            raise self._cancelled


class _Onward:
    """Stands in for a `Readiness` when a task goes on without being woken."""

    def wake(self) -> None:
        """Do nothing."""

    run = wake


ONWARD = _Onward()


class Waiting(Future[Any]):
    """A call that waits for its turn.

    Parameters
    ----------
    edge : LoopEdge
        Where it waits.
    event : int
        For what, POLLIN or POLLOUT.
    flags : int
        The flags of the call.
    attempt : callable
        Makes the call without waiting; raises `Again` or returns `NOT_YET` when it has to wait on.
    whole : bool
        Whether the call takes or gives all parts of a message.
    """

    __slots__ = (
        "_attempt",
        "_edge",
        "_event",
        "_flags",
        "_loads",
        "_ready",
        "_refused",
        "_retry",
        "_task",
        "_timer",
        "_whole",
        "resting",
        "woken",
    )

    #: `done` as Futures have it, even if a subclass overrides it.
    ended = Future.done

    def __init__(
        self,
        edge: LoopEdge,
        event: int,
        flags: int,
        attempt: Callable[[], Any],
        whole: bool,
        loop: Any,
    ) -> None:
        super().__init__(loop=loop)
        self._edge: Any = edge
        self._event = event
        self._flags = flags
        self._attempt = attempt
        self._whole = whole
        self._loads: tuple[Callable[[Any], Any], ...] = ()
        self._ready: Any = None
        self._refused = False
        self._retry: Any = None
        self._task = asyncio.current_task(loop)
        self._timer: Any = None
        #: Whether the call rests: it is tried for the first time after others have run.
        self.resting = False
        self.woken = False

    def loose(self) -> bool:
        """Tell whether no task awaits it."""
        return self._ready is None

    def limit(self, seconds: float) -> None:
        """Set the time-out."""
        self._timer = self._loop.call_later(seconds, self._expire)

    def convert(self, load: Callable[[Any], Any]) -> None:
        """Set a function that converts the result."""
        self._loads += (load,)

    # -- As a place in the line --------------------------------------------------------------------

    def wake(self) -> None:
        """Try the call again soon."""
        if not self.woken:
            self.woken = True
            if self._ready is not None:
                self._ready.wake()
            else:
                self._loop.call_soon(self.run)

    def rest(self) -> None:
        """Try the call after others have run."""
        self.resting = self.woken = True
        self._edge.hub.pace.rest(self.run)

    def run(self) -> None:
        """Try the call again at once; only callbacks of the loop may call this."""
        if self._ready is not None:
            self.woken = True
            self._ready.run()
        else:
            self._try()

    def _try(self) -> None:
        rested, self.resting, self.woken = self.resting, False, False
        if self.ended():
            return
        if self._behind():
            if rested:
                self._begin_time()
            return
        # The call may end by reading EVENTS, which must not wake this waiter again.
        self.woken = True
        try:
            result = self._attempt()
            if result is NOT_YET:
                self._stay(rested)
                return
        except Again:
            self._stay(rested)
            return
        except Exception as error:
            # Meanwhile a signal handler may have closed the socket and so ended this call.
            if not self.ended():
                self.set_exception(error)
        else:
            self._pass_on()
            try:
                for load in self._loads:
                    result = load(result)
            except BaseException as error:
                self._fail(error)
            else:
                if not self.ended():
                    self.set_result(result)
        self._leave()

    def _behind(self) -> bool:
        """Tell whether others are ahead in the line."""
        edge = self._edge
        if edge.lines[self._event][0] is not self and edge.look() >= 0:
            return True
        # It is woken when the half-done message of another task ends or takes too long.
        return bool(edge.owners and edge.held(self._event, self._task))

    def _fail(self, error: BaseException) -> None:
        """Give an exception of the user's to whoever awaits this; whatever it is, the turn ends."""
        try:
            self.set_exception(error)
        except TypeError as refusal:
            # Futures take no StopIteration.
            self.set_exception(refusal)
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            self._leave()
            raise error

    def _pass_on(self) -> None:
        """Note which task is in the middle of a message, so that its next part skips the line."""
        edge, event = self._edge, self._event
        # A task that awaits it resumes at once; callbacks of the Future run later.
        later = MIDWAY and self._ready is None
        if later or len(edge.lines[event]) > 1 or event in edge.owners:
            edge.own(event, self._task, not self._whole and edge.more(event, self._flags))

    def _begin_time(self) -> bool:
        """Start the time-out after a rest; return whether there is time left."""
        timeout = calls.try_get(self._edge._pointer, TIMEOUTS[self._event]) or 0
        if timeout > 0:
            self.limit(timeout / 1000)
        return timeout != 0

    def _give_in(self) -> None:
        timeout = calls.try_get(self._edge._pointer, TIMEOUTS[self._event])
        self.set_exception(again(self._event, timeout))
        self._leave()

    def _stay(self, rested: bool) -> None:
        """Stay in the line, and wake whoever can go on."""
        if rested:
            if not self._begin_time():
                self._give_in()
                return
            self._edge.arm()
        events = self._edge.look()
        self.woken = False
        if not events & self._event:
            self._refused = False
        elif self._edge.lines[self._event][0] is not self:
            pass
        elif not self._refused:
            # A send takes note of new room only now and then, this look did.
            self._refused = True
            self.wake()
        elif self._retry is None:
            self._retry = self._loop.call_later(REFUSED, self._try_again)

    def _try_again(self) -> None:
        self._retry = None
        self.wake()

    def _expire(self) -> None:
        if not self.ended():
            self._give_in()
            if self._ready is not None:
                self._ready.wake()

    def _leave(self) -> None:
        edge, line = self._edge, self._edge.lines[self._event]
        if line and line[0] is self:
            line.popleft()
        elif self in line:
            line.remove(self)
        for timer in (self._timer, self._retry):
            if timer is not None:
                timer.cancel()
        # Break reference cycles, so that nothing waits for the garbage collector.
        self._task = self._timer = self._retry = None
        edge.settle()

    # -- As a Future -------------------------------------------------------------------------------

    def cancel(self, msg: Any = None) -> bool:
        """Cancel the call, which has no effect then."""
        if self.ended():
            return False
        try:
            super().cancel(msg)
        finally:
            self._leave()
            if self._ready is not None:
                self._ready.wake()
        return True

    def __await__(self) -> Generator[Any, None, Any]:
        if self.ended() or self._ready is not None:
            # If several tasks await it, the first one receives the message for all.
            return (yield from super().__await__())
        try:
            if self.resting:
                yield from self._rest()
            ready = self._ready = self._ready or Readiness(self._loop)
            while not self.ended():
                ready._asyncio_future_blocking = True
                yield ready
                self._try()
        except BaseException:
            self._give_up()
            raise
        finally:
            self._ready = None
        return self.result()

    __iter__ = __await__

    def _rest(self) -> Generator[None, None, None]:
        """Let others run, then resume the awaiting task, which makes the call."""
        self._ready = ONWARD
        self._edge.hub.pace.awaited()
        self._edge.relax()
        # A bare yield resumes the task in the next turn.
        yield
        yield
        self._ready = Readiness(self._loop)
        self._try()

    def _give_up(self) -> None:
        with suppress(RuntimeError):
            if not self.cancel() and not self.cancelled():
                # No one else may ask for the result.
                self.exception()


class Now(Waiting):
    """A DONTWAIT call that rests for a turn of the loop, or until its result is asked for."""

    __slots__ = ()

    def _behind(self) -> bool:
        return False

    def _stay(self, rested: bool) -> None:
        self._give_in()

    def _hurry(self) -> None:
        """Make the call, and those before it that nobody awaits yet."""
        if self.ended() or self._ready is not None:
            return
        for place in tuple(self._edge.lines[self._event]):
            if place.resting and place.loose():
                place._try()
            if place is self:
                break

    def done(self) -> bool:
        """Make the call, unless a task awaits it; tell whether it has a result."""
        self._hurry()
        return super().done()

    def result(self) -> Any:
        """Return the result."""
        self._hurry()
        return super().result()

    def exception(self) -> BaseException | None:
        """Return the exception, None when there is a result."""
        self._hurry()
        return super().exception()
