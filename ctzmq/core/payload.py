"""Zero-copy payloads: Python objects whose memory libzmq reads until it releases them.

`lend` makes a message out of an object's memory. Until libzmq calls back, `payloads` holds the
object. There is one callback for all messages, which is never freed. It is made at the first use,
because a callback needs executable memory, which some systems refuse. libzmq may call it in any
thread.
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

#: What libzmq still reads: number of the payload -> the object that keeps the memory, the event to
#: set.
payloads: dict[int, tuple[object, Event | None]] = {}

#: The payloads of the parent process: frames that the child inherited may still show the memory.
inherited: dict[int, tuple[object, Event | None]] = {}

_numbers = itertools.count(1)
_PYPY = sys.implementation.name == "pypy"

#: The callback, once it was needed. If several threads make one at the same time, all are kept,
#: because libzmq has their addresses.
_on_free: list[Any] = []


def _release(data: int | None, hint: int | None) -> None:
    number = hint or 0
    # The payload of a failed call is not registered, which is fine.
    entry = payloads.pop(number, None) or inherited.pop(number, None)
    if entry is not None and entry[1] is not None:
        entry[1].set()
    # Finalizers run within this function, whose frame `releasing` looks for.
    del entry


def releasing() -> set[int]:
    """Find the threads that are in the callback, and so in the middle of a libzmq call.

    libzmq's own threads, in which no Python code called libzmq, do not count. The frames are
    searched because a note made by the callback would come too late: a signal handler could run
    before it.
    """
    if not _on_free:
        return set()
    # PyPy's JIT does not show the frames of other threads.
    frames = {get_ident(): sys._getframe()} if _PYPY else sys._current_frames()
    try:
        return {thread for thread, frame in frames.items() if _is_within(frame)}
    finally:
        # It contains this frame, and so would keep alive what the callers refer to.
        frames.clear()


def _is_within(frame: Any) -> bool:
    while frame is not None:
        if frame.f_code is _release.__code__ and frame.f_back is not None:
            return True
        frame = frame.f_back
    return False


def within() -> bool:
    """Tell whether this thread, which may be one of libzmq's own, is in the callback."""
    frame: Any = sys._getframe() if _on_free else None
    while frame is not None and frame.f_code is not _release.__code__:
        frame = frame.f_back
    return frame is not None


def inherit() -> None:
    """Take over the payloads of the parent in the child of a fork.

    libzmq will not release in the child what the parent's threads were sending, so nothing waits
    for it.
    """
    for _, event in payloads.values():
        if event is not None:
            # A thread that does not exist in the child may hold its lock.
            renew = getattr(event, "_at_fork_reinit", None)
            if renew is not None:
                renew()
            event.set()
    inherited.update(payloads)
    payloads.clear()


def lend(
    message: Any, data: Any, source: memoryview, size: int, track: bool
) -> tuple[MessageTracker | None, Event | None]:
    """Make a message that uses an object's memory.

    In a process with several interpreters the content is copied, because a thread of another
    interpreter could run the callback.

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
        The tracker that is done once libzmq has released the memory, and the event that it watches.

    Raises
    ------
    ZMQError
        When libzmq cannot allocate its own part.

    Source: libzmq `zmq_msg_init_data`.
    """
    if not interpreters.is_alone():
        fill(message, source)
        return _FINISHED_TRACKER if track else None, None
    if not _on_free:
        # Without a lock, which a fork could leave locked for good.
        _on_free.append(zmq_free_fn(_release))
    event = tracker = None
    if track:
        import threading

        event = threading.Event()
        tracker = MessageTracker(event)
    if size < LARGE:
        # Messages that share memory with an object must be released at once.
        calls.keep_less(size)
    address, keep = memory.export(data, source)
    number = next(_numbers)
    reference, on_free, init = calls.reference(message), _on_free[0], prototypes.zmq_msg_init_data
    # In one step in C: what is registered is lent, whatever a signal handler raises.
    noted = map(payloads.setdefault, (number,), ((keep, event),))
    lent = map(init, (reference,), (address,), (size,), (on_free,), (number,))
    _, rc = next(zip(noted, lent))
    if rc < 0:
        del payloads[number]
        begin_anew(reference)
    if interpreters.CAN_BE_ISOLATED:
        # A copied message is marked as shared, which `isolated` checks.
        mark = calls.new_message()
        prototypes.zmq_msg_copy(calls.reference(mark), calls.reference(message))
        calls.close(mark)
    return tracker, event
