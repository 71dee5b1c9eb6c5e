"""What programs set in the public module is read at the moment of use."""

from __future__ import annotations

from typing import Any, Callable

import pytest

import ctzmq
import ctzmq as zmq
from ctzmq.core import settings

Make = Callable[..., zmq.Socket]


def test_frames_are_made_by_the_threshold_of_the_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert zmq.Frame(b"small", track=True).tracker is ctzmq._FINISHED_TRACKER
    monkeypatch.setattr(ctzmq, "COPY_THRESHOLD", 0)
    frame = zmq.Frame(b"small", track=True)
    assert frame.tracker is not None
    assert not frame.tracker.done
    assert zmq.Frame(b"small", track=True, copy_threshold=6).tracker is ctzmq._FINISHED_TRACKER
    monkeypatch.setattr(ctzmq, "COPY_THRESHOLD", 2**31)
    large = zmq.Frame(bytes(100_000), track=True)
    assert large.tracker is ctzmq._FINISHED_TRACKER


def test_sockets_are_made_with_the_threshold_of_the_moment(
    pair: Any, socket: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = socket(zmq.PAIR)
    monkeypatch.setattr(ctzmq, "COPY_THRESHOLD", 0)
    a, b = pair(zmq.PAIR, zmq.PAIR)
    assert (before.copy_threshold, a.copy_threshold) == (65536, 0)
    tracker = a.send(b"small", copy=False, track=True)
    assert tracker is not None
    assert not tracker.done
    assert b.recv() == b"small"


def test_a_threshold_that_was_deleted_is_what_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(ctzmq, "COPY_THRESHOLD")
    assert settings.copy_threshold() == settings.COPY_THRESHOLD == 65536


def test_a_threshold_that_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctzmq, "COPY_THRESHOLD", "64 KiB")
    with pytest.raises(TypeError):
        zmq.Frame(b"x")
