"""Zero-copy payloads: Python objects whose memory libzmq reads until it lets go.

`lend` makes a message out of an object's memory. Until libzmq calls back, `payloads` holds the
object. The callback is one for all messages and immortal; it is made at the first loan, because
making one needs executable memory that some systems refuse. libzmq may call it on any thread.
"""

from __future__ import annotations

import itertools
import sys
from _thread import get_ident
from typing import Any

from ..libzmq import interpreters, memory, prototypes
from ..libzmq.annotations import Event
from ..libzmq.callbacks import zmq_free_fn
from ..libzmq.contract import LARGE
from ..libzmq.provider import calls
from .buffers import begin_anew, fill
from .tracker import _FINISHED_TRACKER, MessageTracker

#: What libzmq still reads: number of the loan -> what keeps the memory, who waits for its end.
payloads: dict[int, tuple[object, Event | None]] = {}

#: The same of a parent process: frames that the child inherited may still show the memory.
inherited: dict[int, tuple[object, Event | None]] = {}

_numbers = itertools.count(1)
_PYPY = sys.implementation.name == "pypy"

#: The callback, once it was needed. libzmq has its address, so all that threads make at once stay.
_on_free: list[Any] = []


def _release(data: int | None, hint: int | None) -> None:
    number = hint or 0
    # A callback for a loan that failed finds nothing, which is fine.
    entry = payloads.pop(number, None) or inherited.pop(number, None)
    if entry is not None and entry[1] is not None:
        entry[1].set()
    # What its finalizers do, they do within this function, which `releasing` looks for.
    del entry


def releasing() -> set[int]:
    """Find the threads that are in the callback, and so in the middle of a call of libzmq.

    libzmq's own threads, which have no Python code that called it, do not count. What tells is the
    frame itself: whatever the callback noted, a signal handler could come in before it.
    """
    if not _on_free:
        return set()
    # PyPy's JIT lets nobody follow the frames of another thread.
    frames = {get_ident(): sys._getframe()} if _PYPY else sys._current_frames()
    try:
        return {thread for thread, frame in frames.items() if _is_within(frame)}
    finally:
        # It has this very frame, and so would keep all that its callers refer to.
        frames.clear()


def _is_within(frame: Any) -> bool:
    while frame is not None:
        if frame.f_code is _release.__code__ and frame.f_back is not None:
            return True
        frame = frame.f_back
    return False


def inherit() -> None:
    """Take over, in the child of a fork, what the parent had lent.

    libzmq of the child will not let go of what the parent's threads were sending, so nobody waits
    for it here.
    """
    for _, event in payloads.values():
        if event is not None:
            # A thread that the child does not have may hold its lock.
            renew = getattr(event, "_at_fork_reinit", None)
            if renew is not None:
                renew()
            event.set()
    inherited.update(payloads)
    payloads.clear()


def lend(
    message: Any, data: Any, source: memoryview, size: int, track: bool
) -> tuple[MessageTracker | None, Event | None]:
    """Make a message that points into an object's memory.

    Where the process has several interpreters it becomes a copy all the same, because the callback
    may be called by a thread of another interpreter than this one.

    Parameters
    ----------
    message : zmq_msg_t
        An empty message.
    data : bytes-like
        The object, which must not change while libzmq has it.
    source : memoryview
        Its memory, which is contiguous.
    size : int
        Its length in bytes.
    track : bool
        Whether to make a tracker.

    Returns
    -------
    MessageTracker or None, Event or None
        The tracker that is done once libzmq has let go, and the event that it watches.

    Raises
    ------
    ZMQError
        When libzmq has no memory for its part.

    Source: libzmq `zmq_msg_init_data`.
    """
    if not interpreters.is_alone():
        fill(message, source)
        return _FINISHED_TRACKER if track else None, None
    if not _on_free:
        # Without a lock, which a fork could leave held for good.
        _on_free.append(zmq_free_fn(_release))
    event = tracker = None
    if track:
        import threading

        event = threading.Event()
        tracker = MessageTracker(event)
    if size < LARGE:
        # What shares the memory of an object must be let go of at once.
        calls.keep_less(size)
    address, keep = memory.export(data, source)
    number = next(_numbers)
    reference, on_free, init = calls.reference(message), _on_free[0], prototypes.zmq_msg_init_data
    # In one step in C: what is noted is lent, whatever a signal handler raises.
    noted = map(payloads.setdefault, (number,), ((keep, event),))
    lent = map(init, (reference,), (address,), (size,), (on_free,), (number,))
    _, rc = next(zip(noted, lent))
    if rc < 0:
        del payloads[number]
        begin_anew(reference)
    if interpreters.CAN_BE_ISOLATED:
        # A message that was copied once is marked as shared, which `isolated` looks at.
        mark = calls.new_message()
        prototypes.zmq_msg_copy(calls.reference(mark), calls.reference(message))
        calls.close(mark)
    return tracker, event
