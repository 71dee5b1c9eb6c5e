from __future__ import annotations

import os

import pytest

import ctzmq as zmq
from ctzmq.utils.garbage import GarbageCollector, GarbageCollectorThread, gc, gcref


def test_a_payload_is_registered_until_libzmq_lets_go() -> None:
    before = set(gc.refs)
    with zmq.Context() as context, context.socket(zmq.PAIR) as one, context.socket(zmq.PAIR) as two:
        two.rcvtimeo = 20_000
        one.bind("inproc://loan")
        two.connect("inproc://loan")
        tracker = one.send(bytes(1_000_000), copy=False, track=True)
        assert len(set(gc.refs) - before) == 1
        two.recv()
        assert tracker is not None
        tracker.wait(20)
        # The message that was received may be kept until the next one takes its place.
        one.send(b"")
        two.recv()
    assert set(gc.refs) <= before


def test_there_is_no_thread_to_start_or_stop() -> None:
    with zmq.Context() as context:
        collector = GarbageCollector(context)
        assert collector.context is context
    before = dict(gc.refs)
    collector.start()
    assert not collector.is_alive()
    assert collector.thread is None
    collector.stop()
    assert collector.refs == before
    assert collector.pid == os.getpid()


def test_only_a_message_lends_memory() -> None:
    with pytest.raises(NotImplementedError, match="copy=False"):
        gc.store(b"x")


def test_the_names_of_pyzmq_can_be_used() -> None:
    assert gcref(b"x", None).obj == b"x"
    thread = GarbageCollectorThread(gc)
    assert thread.gc is gc
    thread.start()
    assert thread.ready.wait(20)
    thread.join(20)
    assert not thread.is_alive()
