"""Tells when libzmq has released the memory of messages that were sent without a copy."""

from __future__ import annotations

from time import monotonic
from typing import Any

from ..error import NotDone
from ..libzmq.annotations import Event

__all__ = ["_FINISHED_TRACKER", "MessageTracker"]


class MessageTracker:
    """Watches messages until libzmq is done with all of them.

    Parameters
    ----------
    *towatch : Event, MessageTracker or Frame
        What to watch; a frame must have been made with `track=True`.

    Raises
    ------
    ValueError
        When a frame is not tracked.
    TypeError
        For anything else.

    Source: pyzmq `zmq.MessageTracker`.
    """

    events: set[Event]
    peers: set[MessageTracker]

    def __init__(self, *towatch: Any) -> None:
        self.events = set()
        self.peers = set()
        if not towatch:
            return
        import threading

        for watched in towatch:
            if isinstance(watched, MessageTracker):
                self.peers.add(watched)
            elif hasattr(watched, "tracker"):
                if watched.tracker is None:
                    raise ValueError(
                        "not a tracked message: make the frame with track=True, copy=False"
                    )
                self.peers.add(watched.tracker)
            elif isinstance(watched, threading.Event):
                self.events.add(watched)
            else:
                raise TypeError(f"expected Event, MessageTracker or Frame, got {watched!r}")

    def __repr__(self) -> str:
        return f"<zmq.{type(self).__name__}({'done' if self.done else 'pending'})>"

    @property
    def done(self) -> bool:
        """Whether libzmq is done with every message that is watched.

        Source: pyzmq `MessageTracker.done`.
        """
        return all(event.is_set() for event in self.events) and all(
            peer.done for peer in self.peers
        )

    def wait(self, timeout: float = -1) -> None:
        """Wait until libzmq is done with every message that is watched.

        Parameters
        ----------
        timeout : float
            How long to wait, in seconds; less than 0 waits for ever.

        Raises
        ------
        NotDone
            When the time-out expires first.
        TypeError
            When the time-out is no number.

        Source: pyzmq `MessageTracker.wait`.
        """
        deadline = end_of(timeout)
        for event in self.events:
            if not event.wait(None if deadline is None else max(0.0, deadline - monotonic())):
                raise NotDone(f"libzmq still holds the message after {timeout:g} s")
        for peer in self.peers:
            peer.wait(-1 if deadline is None else max(0.0, deadline - monotonic()))


def end_of(timeout: float) -> float | None:
    """Return the time at which a wait of some seconds ends; None if it has no end."""
    try:
        return None if timeout is False or timeout < 0 else monotonic() + timeout
    except TypeError:
        raise TypeError(f"a time-out is a number of seconds, got {timeout!r:.60}") from None


_FINISHED_TRACKER = MessageTracker()
