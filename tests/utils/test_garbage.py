from __future__ import annotations

import ctzmq as zmq
from ctzmq.utils.garbage import gc


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
