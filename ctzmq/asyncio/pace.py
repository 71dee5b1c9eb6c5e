"""How often calls that need not wait let the rest of their asyncio event loop run.

Awaiting a Future that is done does not suspend a task, so a task whose sockets are always ready
would never let another run. Therefore calls are counted, which costs next to nothing, and now and
then one of them looks at the clock. When the loop has not turned for longer than a share, the next
call is put in the line before it touches a message, and made in a later turn of the loop, as if it
had had to wait. A task that is cancelled meanwhile has sent and taken nothing.

This applies to callers that await their calls. A program that sends without awaiting relies on the
message being sent, so its calls are never delayed. To tell the two apart, the call before is a
probe: a Future that notices whether it is awaited.
"""

from __future__ import annotations

import asyncio
import sys
import weakref
from asyncio import Future
from collections.abc import Generator, Iterator
from itertools import islice, repeat, starmap
from time import perf_counter
from typing import Any, Callable

#: How many seconds the calls of one loop may take before others run. After one share the loop is
#: asked whether it still turns; after a second one calls rest. It can be set at any time.
SHARE = 0.0025

# At most this many tasks that rest in the same turn divide a share among them.
_CROWD = 16

#: At most this many calls go without a look at the clock: as many as fit into this part of a share
#: at the speed of the last ones.
MOST = 128
_PART = 1 / 4


#: Whether there is a GIL, so that one thread runs at a time.
GIL: bool = getattr(sys, "_is_gil_enabled", lambda: True)()


# One item for each call until the next look. Without the GIL, several threads could make `repeat`
# count past its end.
_granted: Iterator[tuple[()]] = iter([])
#: The Futures of those calls, which are made and counted in one step: counting in Python makes an
#: awaited call 12 % slower.
futures: Iterator[Future[Any]] = starmap(Future, _granted)
_calls = 1
_looked = 0.0
# The loop that was looked at last, and when it is due again.
_loop = 0
_until = 0.0

_NOBODY: Any = object()


def _nobody() -> None:
    pass


def spend(calls: int) -> None:
    """Count one call as several."""
    next(islice(_granted, calls - 1, None), None)


def grant(calls: int) -> None:
    """Let some calls go without a look at the clock.

    Parameters
    ----------
    calls : int
        How many; 0 makes the next call look.
    """
    global _calls, _granted, futures
    _granted = repeat((), calls) if GIL else iter([()] * calls)
    futures = starmap(Future, _granted)
    _calls = calls + 1


def early(loop: Any) -> bool:
    """Look at the clock and grant more calls; return whether nothing else is due yet."""
    global _calls, _granted, _looked, futures
    now = perf_counter()
    took, _looked = now - _looked, now
    fitting = SHARE * _PART * _calls
    calls = MOST
    if took * MOST >= fitting:
        calls = int(fitting / took) if took else 0
    # The body of `grant`, without the cost of a call.
    _granted = repeat((), calls) if GIL else iter([()] * calls)
    futures = starmap(Future, _granted)
    _calls = calls + 1
    return now < _until and id(loop) == _loop


class Pace:
    """Keeps socket calls from holding up the turns of one asyncio event loop.

    Parameters
    ----------
    loop : asyncio loop
        The loop.
    """

    __slots__ = ("_asker", "_began", "_loop", "_rests", "_share", "_steady", "_turning")

    def __init__(self, loop: Any) -> None:
        self._loop = loop
        #: When the loop was last known to turn; 0 if it has turned since the last look.
        self._began = 0.0
        #: Whether a callback is due that notes the next turn; while it is, the loop is held up.
        self._turning = False
        #: The task that awaited a probe in this turn, and so awaits its calls.
        self._asker: Any = _NOBODY
        #: A weak reference to the task that awaited the last call that rested.
        self._steady: Callable[[], Any] = _nobody
        self._rests = 0
        self._share = SHARE

    def look(self, future: Future[Any]) -> Future[Any] | None:
        """Decide how a call proceeds that is not `early`.

        Parameters
        ----------
        future : Future
            The Future of the call.

        Returns
        -------
        Future or None
            The same Future, or a probe in its place; None when the call has to `rest` first.
        """
        global _loop, _until
        now = _looked
        if not self._began:
            self._began = now
        elif now - self._began >= self._share:
            if self._turning:
                return None if self._awaits() else Probe(self)
            self._began, self._turning = now, True
            self._loop.call_soon(self._turned)
        _loop, _until = id(self._loop), self._began + self._share
        return future

    def _awaits(self) -> bool:
        """Tell whether the caller awaits its calls, as far as probes can tell."""
        task, asker = asyncio.current_task(self._loop), self._asker
        if task is not None and task is self._steady():
            return True
        if asker is _NOBODY:
            return False
        # An eager task that ran inside this one may have finished by now.
        return asker is task or (asker is not None and asker.done())

    def asked(self) -> None:
        """Note that a probe is awaited: the next call of the same task may rest."""
        if self._turning:
            self._asker = asyncio.current_task(self._loop)
            grant(0)

    def awaited(self) -> None:
        """Note that a task awaits a call that rests: it will await the next one too."""
        task = asyncio.current_task(self._loop)
        self._steady = _nobody if task is None else weakref.ref(task)

    def rest(self, call: Callable[[], Any]) -> None:
        """Make a call after others have run.

        Parameters
        ----------
        call : callable
            Makes the call.
        """
        self._asker, self._steady = _NOBODY, _nobody
        self._rests += 1
        grant(0)
        # In the first turn timers complete Futures; in the second the tasks that awaited them run.
        self._loop.call_soon(self._loop.call_soon, self._resume, call)

    def _resume(self, call: Callable[[], Any]) -> None:
        global _until
        self._began = _until = 0.0
        call()

    def _turned(self) -> None:
        self._began, self._turning, self._asker = 0.0, False, _NOBODY
        self._share = SHARE / min(max(self._rests, 1), _CROWD)
        self._rests = 0


class Probe(Future[Any]):
    """An ordinary Future that notes when it is awaited or asked whether it is done."""

    __slots__ = ("_pace",)

    def __init__(self, pace: Pace) -> None:
        super().__init__(loop=pace._loop)
        self._pace = pace

    def done(self) -> bool:
        """Tell whether it has a result."""
        self._pace.asked()
        return super().done()

    def add_done_callback(self, callback: Any, *, context: Any = None) -> None:
        """Have a function called when it has a result."""
        self._pace.asked()
        super().add_done_callback(callback, context=context)

    def __await__(self) -> Generator[Any, None, Any]:
        self._pace.asked()
        return (yield from super().__await__())

    __iter__ = __await__


class Soon(Future[Any]):
    """A Future that has its result in the next turn of the loop.

    Parameters
    ----------
    result : object
        The result.
    """

    __slots__ = ()

    def __init__(self, result: Any) -> None:
        super().__init__()
        self.get_loop().call_soon(self._complete, result)

    def _complete(self, result: Any) -> None:
        if not self.done():
            self.set_result(result)

    def __await__(self) -> Generator[Any, None, Any]:
        if not self.done():
            try:
                # A bare yield resumes the task in the next turn, after the result was set.
                yield
            except BaseException:
                self.cancel()
                raise
        return (yield from super().__await__())

    __iter__ = __await__


class Yielding(Future[Any]):
    """A Future that is done, but still lets others run when it is awaited."""

    __slots__ = ()

    def __await__(self) -> Generator[Any, None, Any]:
        yield
        return (yield from super().__await__())

    __iter__ = __await__
