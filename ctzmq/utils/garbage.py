"""The memory that zero-copy messages still lend to libzmq, under pyzmq's names.

pyzmq releases such memory in a thread of its own. Here libzmq's callback does it at once, so there
is nothing to start or stop, and the methods for that do nothing.
"""

from __future__ import annotations

import os
from threading import Event, Thread
from typing import Final, NamedTuple

from ..core.context import Context
from ..core.payload import payloads

__all__ = ["GarbageCollector", "GarbageCollectorThread", "gc", "gcref"]


class gcref(NamedTuple):  # noqa: N801 - pyzmq's name
    """An object kept for libzmq, and the event to set when libzmq releases it.

    Source: pyzmq `zmq.utils.garbage.gcref`.
    """

    obj: object
    event: Event | None


class GarbageCollectorThread(Thread):
    """A thread with nothing to do.

    Parameters
    ----------
    gc : GarbageCollector
        The collector of this thread.

    Source: pyzmq `zmq.utils.garbage.GarbageCollectorThread`.
    """

    def __init__(self, gc: GarbageCollector) -> None:
        super().__init__()
        self.gc = gc
        self.daemon = True
        self.pid = os.getpid()
        self.ready = Event()

    def run(self) -> None:
        """Set `ready`, and end.

        Source: pyzmq `GarbageCollectorThread.run`.
        """
        self.ready.set()


class GarbageCollector:
    """Shows the objects that libzmq has not released yet.

    Parameters
    ----------
    context : Context, optional
        Kept, and not used.

    Source: pyzmq `zmq.utils.garbage.GarbageCollector`.
    """

    url = "inproc://pyzmq.gc.01"
    """Where pyzmq tells its thread what to collect; nothing is bound to it."""

    context: Context | None
    thread: GarbageCollectorThread | None

    def __init__(self, context: Context | None = None) -> None:
        self.context = context
        self.pid = os.getpid()
        self.thread = None
        # What libzmq still reads, by number of the payload; the same for every collector.
        self.refs = payloads

    def start(self) -> None:
        """Do nothing: libzmq's callback needs no thread.

        Source: pyzmq `GarbageCollector.start`.
        """

    def stop(self) -> None:
        """Do nothing: what libzmq reads cannot be given up.

        Source: pyzmq `GarbageCollector.stop`.
        """

    def is_alive(self) -> bool:
        """Tell that no thread runs.

        Returns
        -------
        bool
            False.

        Source: pyzmq `GarbageCollector.is_alive`.
        """
        return False

    def store(self, obj: object, event: Event | None = None) -> int:
        """Refuse: only a message can lend memory to libzmq.

        Parameters
        ----------
        obj : object
            What would be kept.
        event : Event, optional
            What would be set at the end.

        Raises
        ------
        NotImplementedError
            Always: nothing could tell that libzmq has let go. Send with `copy=False` instead.

        Source: pyzmq `GarbageCollector.store`.
        """
        raise NotImplementedError(
            "memory is lent to libzmq by messages only: send it with copy=False, or make a Frame"
        )


gc: Final = GarbageCollector()
"""The register of this process."""
