from __future__ import annotations

import threading
from typing import Any

import pytest

import ctzmq as zmq


def events(number: int) -> list[threading.Event]:
    return [threading.Event() for _ in range(number)]


def test_nothing_to_watch_is_done() -> None:
    tracker = zmq.MessageTracker()
    assert tracker.done
    tracker.wait()
    tracker.wait(0)


def test_all_events_must_be_set() -> None:
    first, second = events(2)
    tracker = zmq.MessageTracker(first, second)
    assert not tracker.done
    first.set()
    assert not tracker.done
    with pytest.raises(zmq.NotDone):
        tracker.wait(0)
    second.set()
    assert tracker.done
    tracker.wait()


def test_trackers_of_trackers() -> None:
    first, second, third = events(3)
    tracker = zmq.MessageTracker(zmq.MessageTracker(first), zmq.MessageTracker(second), third)
    for event in (first, second, third):
        assert not tracker.done
        event.set()
    assert tracker.done


def test_frames() -> None:
    tracked = zmq.Frame(b"x", track=True)
    assert zmq.MessageTracker(tracked, tracked).done
    with pytest.raises(ValueError, match="track=True, copy=False"):
        zmq.MessageTracker(zmq.Frame(b"x"))


@pytest.mark.parametrize("wrong", [None, 1, "x", b"x", object()])
def test_other_things_are_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match="expected Event, MessageTracker or Frame"):
        zmq.MessageTracker(wrong)


def test_it_waits_for_another_thread() -> None:
    (event,) = events(1)
    tracker = zmq.MessageTracker(zmq.MessageTracker(event))
    waiting = threading.Event()
    seen: list[bool] = []

    def wait() -> None:
        waiting.set()
        tracker.wait(10)
        seen.append(tracker.done)

    thread = threading.Thread(target=wait)
    thread.start()
    assert waiting.wait(10)
    event.set()
    thread.join(10)
    assert seen == [True]


@pytest.mark.parametrize("timeout", [0, 0.01, 0.0])
def test_the_time_is_over(timeout: float) -> None:
    for tracker in (
        zmq.MessageTracker(*events(3)),
        zmq.MessageTracker(*map(zmq.MessageTracker, events(3))),
    ):
        with pytest.raises(zmq.NotDone, match="libzmq still holds the message"):
            tracker.wait(timeout)


@pytest.mark.blocking("greenlets wait for all events at once")
def test_the_time_is_that_of_the_whole_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each event gets what the earlier ones have left of the time."""
    given: list[float | None] = []
    now = [100.0]

    class Slow(threading.Event):
        """Takes a second to be set."""

        def wait(self, timeout: float | None = None) -> bool:
            given.append(timeout)
            now[0] += 1
            return True

    from ctzmq.core import tracker

    monkeypatch.setattr(tracker, "monotonic", lambda: now[0])
    watched = [Slow() for _ in range(4)]
    zmq.MessageTracker(watched[0], zmq.MessageTracker(*watched[1:])).wait(2.5)
    assert given == [2.5, 1.5, 0.5, 0.0]


def test_a_negative_time_is_no_limit() -> None:
    (event,) = events(1)
    event.set()
    zmq.MessageTracker(event).wait(-1)
    zmq.MessageTracker(event).wait(timeout=-5)
