"""The harness itself: what the other process gives back, and what happens when it is gone."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import ctzmq

from . import environment
from .conftest import launch
from .peer import pack, unpack
from .sides import Remote, RemoteError, Side, failure
from .snippets import SNIPPETS, read, sweep


@pytest.mark.parametrize(
    "value",
    [None, True, 5, -(2**70), 1.5, "ü", b"\x00\xff", [1, [b""]], (1, ("x",)), {b"k": (1, None)}],
    ids=repr,
)
def test_values_travel_as_they_are(value: object) -> None:
    assert unpack(pack(value, None), None) == value


def test_other_objects_stay_where_they_are(theirs: Side) -> None:
    context = theirs.zmq.Context()
    assert isinstance(context, Remote)
    assert context.closed is False
    context.term()
    assert context.closed is True


def test_what_the_other_process_raises_is_told(theirs: Side) -> None:
    with pytest.raises(RemoteError, match="Context has no such option"):
        theirs.context.no_such
    assert failure(lambda: theirs.context.socket(9999)) == ("ZMQError", ctzmq.EINVAL)


def test_a_call_that_raises_nothing_is_no_failure() -> None:
    with pytest.raises(AssertionError, match="returned 5"):
        failure(lambda: 5)


def test_a_process_that_is_gone_is_reported() -> None:
    peer = launch(sys.executable, "ctzmq")
    assert peer.greeting["zmq"] == "ctzmq"
    peer.kill()
    with pytest.raises((AssertionError, OSError)):
        peer.do("forget")
    peer.stop()


def test_a_process_that_cannot_start_says_why() -> None:
    with pytest.raises(AssertionError, match="No module named 'no_such_module'"):
        launch(sys.executable, "no_such_module")


def test_an_interpreter_without_pyzmq_is_refused(tmp_path: Path) -> None:
    with pytest.raises(environment.SetupError, match="python9"):
        environment.find({environment.VARIABLE: str(tmp_path / "python9")})


def test_snippets_may_have_several_lines() -> None:
    assert read("# told\n\n## subject\na\nb = 1\n| b\n") == ["a", "b = 1\nb"]
    assert len(SNIPPETS) > 400
    assert all("zmq.LINGER" in s or "linger" in s for s in sweep("LINGER"))
