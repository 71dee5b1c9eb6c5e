"""Errors say what did not happen and why, and show no secret; objects show what they are."""

from __future__ import annotations

import pickle
from typing import Any, Callable

import pytest

import ctzmq as zmq

Make = Callable[[int], Any]


def test_a_mistake_costs_no_message(pair: Callable[..., Any]) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL)
    a.send(b"[5]")
    with pytest.raises(TypeError, match="deserialize is a function of the list of parts"):
        b.recv_serialized(None)
    with pytest.raises(LookupError, match="klingon"):
        b.recv_string(encoding="klingon")
    assert b.recv_json() == [5]


@pytest.mark.blocking("each text is made in one place for all flavours")
@pytest.mark.parametrize("value", [b"short", "text" * 10, b'"' * 40])
def test_no_error_shows_a_secret(value: Any, socket: Make) -> None:
    with pytest.raises((zmq.ZMQError, TypeError), match=r"CURVE_SECRETKEY .*a secret") as caught:
        socket(zmq.REP).set(zmq.CURVE_SECRETKEY, value)
    shown = value if isinstance(value, str) else value.decode()
    assert shown not in str(caught.value)


@pytest.mark.skipif(not zmq.has("curve"), reason="libzmq has no CURVE")
@pytest.mark.blocking("as above")
def test_curve_without_a_key_is_warned_of(socket: Make) -> None:
    server, client = socket(zmq.REP), socket(zmq.REQ)
    server.curve_server = True
    with pytest.warns(RuntimeWarning, match="set curve_secretkey before bind") as told:
        server.bind("tcp://127.0.0.1:*")
    assert told[0].filename == __file__
    public, secret = zmq.curve_keypair()
    client.curve_serverkey = public
    with pytest.warns(RuntimeWarning, match="a client sets curve_publickey too"):
        client.connect("tcp://127.0.0.1:9")
    server.curve_secretkey = secret
    server.bind("tcp://127.0.0.1:*")


def test_again_says_what_did_not_happen_and_within_which_time(socket: Make) -> None:
    pull, push = socket(zmq.PULL), socket(zmq.PUSH)
    with pytest.raises(zmq.Again, match=r": no message now \(DONTWAIT\)$"):
        pull.recv(zmq.DONTWAIT)
    with pytest.raises(zmq.Again, match=r": no room to send, .* now \(DONTWAIT\)$"):
        push.send(b"", zmq.DONTWAIT)
    for timeout in (0, 15):
        pull.rcvtimeo = push.sndtimeo = timeout
        with pytest.raises(zmq.Again, match=rf"no message within {timeout} ms \(RCVTIMEO\)$"):
            pull.recv()
        with pytest.raises(zmq.Again, match=rf" within {timeout} ms \(SNDTIMEO\)$") as caught:
            push.send_multipart([b"a", b"b"])
    assert caught.value.strerror == zmq.strerror(zmq.EAGAIN)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.blocking("as above")
def test_objects_show_what_they_are(socket: Make) -> None:
    poller, pull = zmq.Poller(), socket(zmq.PULL)
    assert repr(poller) == "<zmq.Poller(nothing)>"
    poller.register(pull, zmq.POLLIN)
    poller.register(0, zmq.POLLIN | zmq.POLLERR)
    assert repr(poller) == f"<zmq.Poller({pull!r} for POLLIN, 0 for POLLIN|POLLERR)>"
    frame = zmq.Frame(b"x" * 100_000, copy=False, track=True)
    assert repr(frame.tracker) == "<zmq.MessageTracker(pending)>"
    assert repr(zmq.MessageTracker()) == "<zmq.MessageTracker(done)>"


@pytest.mark.blocking("as above")
def test_help_tells_what_an_option_means() -> None:
    import pydoc

    told = pydoc.render_doc(zmq.Socket.linger)
    assert "LINGER: how long unsent messages outlive the socket" in told
    assert "int, ms; default: -1; can be read and set" in told
    assert type(zmq.Socket.linger).__doc__
