"""Why libzmq makes no socket."""

from __future__ import annotations

from typing import Any

import pytest

import ctzmq as zmq
from ctzmq.core import opening


@pytest.mark.parametrize("wrong", ["PUSH", None, 1.5])
def test_of_no_type(context: zmq.Context, wrong: Any) -> None:
    with pytest.raises(TypeError):
        zmq.Socket(context, wrong)


def test_of_a_terminated_context() -> None:
    context = zmq.Context()
    context.term()
    with pytest.raises(zmq.ZMQError, match="is terminated") as caught:
        zmq.Socket(context, zmq.PUSH)
    assert caught.value.errno == zmq.EFAULT


@pytest.mark.parametrize(
    ("kind", "release"), [("SERVER", "4.2.0"), ("DGRAM", "4.2.0"), ("PEER", "4.3.3")]
)
def test_a_draft_type_names_its_release(kind: str, release: str) -> None:
    assert opening.since(zmq.SocketType[kind]) == release
