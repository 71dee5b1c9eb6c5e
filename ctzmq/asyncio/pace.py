"""How often calls that need not wait let the rest of their loop of asyncio run.

A Future that is done does not hold up the task that awaits it: a task whose sockets are always
ready would never let another run. So calls are counted, which costs next to nothing, and now and
then one of them looks at the clock. Once the loop has not turned for the time of a share, a call
that is about to be made is lined up, before it touches a message, and made in the next turn of the
loop, as if it had had to wait. A task that is cancelled meanwhile has sent or taken nothing.

Only who awaits calls lets others run by that. A program that sends without awaiting counts on the
message being sent, so it is never made to wait: the call before is a probe, a Future that tells
whether anybody looks at it.
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

#: How many seconds the calls of one loop may take before others run: one such share to see whether
#: the loop turns, another to be sure. It can be set at any time.
SHARE = 0.0025

# Into how many parts tasks divide a share at most that have to rest in the same turn.
_CROWD = 16

#: How many calls at most go without a look at the clock: as many as fit into this part of a share,
#: if they are as quick as the last ones.
MOST = 128
_PART = 1 / 4


#: Whether one thread runs at a time.
GIL: bool = getattr(sys, "_is_gil_enabled", lambda: True)()


# One item for each call until the next look. Without the GIL, in several threads, the quicker of
# the two kinds of iterators could count past its end.
_granted: Iterator[tuple[()]] = iter([])
#: The Futures of those calls. To make them while counting down costs no more than to make them.
futures: Iterator[Future[Any]] = starmap(Future, _granted)
_calls = 1
_looked = 0.0
# Which loop was looked at last, and when that has to happen again.
_loop = 0
_until = 0.0

_NOBODY: Any = object()


def _nobody() -> None:
    pass


def spend(calls: int) -> None:
    """Count a call as many."""
    next(islice(_granted, calls - 1, None), None)


def grant(calls: int) -> None:
    """Let so many calls go without a look.

    Parameters
    ----------
    calls : int
        How many; 0 has the next one look.
    """
    global _calls, _granted, futures
    _granted = repeat((), calls) if GIL else iter([()] * calls)
    futures = starmap(Future, _granted)
    _calls = calls + 1


def early(loop: Any) -> bool:
    """Look at the clock, and grant more calls; tell whether there is nothing else to do yet."""
    global _calls, _granted, _looked, futures
    now = perf_counter()
    took, _looked = now - _looked, now
    fitting = SHARE * _PART * _calls
    calls = MOST
    if took * MOST >= fitting:
        calls = int(fitting / took) if took else 0
    # As `grant` does, which costs a call.
    _granted = repeat((), calls) if GIL else iter([()] * calls)
    futures = starmap(Future, _granted)
    _calls = calls + 1
    return now < _until and id(loop) == _loop


class Pace:
    """The turns of one loop of asyncio, as far as the calls of sockets hold them up.

    Parameters
    ----------
    loop : asyncio loop
        The loop.
    """

    __slots__ = ("_asker", "_began", "_loop", "_rests", "_share", "_steady", "_turning")

    def __init__(self, loop: Any) -> None:
        self._loop = loop
        #: Since when the loop may not have turned; 0 when it has, since the last look.
        self._began = 0.0
        #: Whether the loop tells when it turns: if it has not, it is held up.
        self._turning = False
        #: The task that awaited a probe in this turn, and so awaits what it calls.
        self._asker: Any = _NOBODY
        #: The task that awaited the last call that rested, by a weak reference.
        self._steady: Callable[[], Any] = _nobody
        self._rests = 0
        self._share = SHARE

    def look(self, future: Future[Any]) -> Future[Any] | None:
        """Tell how a call goes on that is not `early`.

        Parameters
        ----------
        future : Future
            That of the call.

        Returns
        -------
        Future or None
            The same or a probe in its place; None when the call has to `rest` first.
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
        """Tell whether the caller awaits what it calls, as far as probes can tell."""
        task, asker = asyncio.current_task(self._loop), self._asker
        if task is not None and task is self._steady():
            return True
        if asker is _NOBODY:
            return False
        # An eager task may be over by now, which ran within this one.
        return asker is task or (asker is not None and asker.done())

    def asked(self) -> None:
        """Note that somebody awaits a probe: the next call of the same task may rest."""
        if self._turning:
            self._asker = asyncio.current_task(self._loop)
            grant(0)

    def awaited(self) -> None:
        """Note that a task awaits a call that rests, as it will the next."""
        task = asyncio.current_task(self._loop)
        self._steady = _nobody if task is None else weakref.ref(task)

    def rest(self, call: Callable[[], Any]) -> None:
        """Have a call made when others have run.

        Parameters
        ----------
        call : callable
            Makes the call.
        """
        self._asker, self._steady = _NOBODY, _nobody
        self._rests += 1
        grant(0)
        # In one turn of the loop, timers complete Futures; in the next, who waited for them runs.
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
    """A Future like another, which tells when somebody awaits it or asks whether it is done."""

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
                # A task that yields nothing goes on in the next turn, too: after the result came.
                yield
            except BaseException:
                self.cancel()
                raise
        return (yield from super().__await__())

    __iter__ = __await__


class Yielding(Future[Any]):
    """A Future that is done, and lets others run all the same when it is awaited."""

    __slots__ = ()

    def __await__(self) -> Generator[Any, None, Any]:
        yield
        return (yield from super().__await__())

    __iter__ = __await__
