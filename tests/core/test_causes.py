"""Mistakes that beginners make get a text with the one cause, and the cure."""

from __future__ import annotations

import pickle
from typing import Any, Callable

import pytest

import ctzmq as zmq


def text(name: str) -> Any:
    """Hide from type checkers what they would find."""
    return name


Make = Callable[[int], Any]
MISTAKES: list[tuple[str, int, Callable[[Any], object], str]] = [
    ("a key of ten bytes", zmq.REQ, lambda s: s.set(zmq.CURVE_SERVERKEY, b"x" * 10),
     "a key has 40 letters of Z85, or 32 bytes, got 10"),
    ("a key that is none", zmq.REQ, lambda s: s.set(zmq.CURVE_PUBLICKEY, b'"' * 40), "text in Z85"),
    ("no high-water mark", zmq.PUSH, lambda s: s.set_hwm(-1), "0 is no limit"),
    ("no routing id", zmq.DEALER, lambda s: setattr(s, "routing_id", b""), "1 to 255 bytes, got 0"),
    ("a long one", zmq.DEALER, lambda s: setattr(s, "routing_id", b"x" * 300), "bytes, got 300"),
    ("a publisher subscribes", zmq.PUB, lambda s: s.subscribe("x"), "only a SUB socket subscribes"),
    ("XSUB subscribes", zmq.XSUB, lambda s: s.subscribe("x"), "by sending"),
    ("connect to a star", zmq.REQ, lambda s: s.connect("tcp://*:5555"), "'[*]' is for bind"),
    ("connect to any port", zmq.REQ, lambda s: s.connect("tcp://127.0.0.1:*"), "'[*]' is for bind"),
    ("no port", zmq.REP, lambda s: s.bind("tcp://127.0.0.1"), "the port is missing"),
    ("a port by name", zmq.REQ, lambda s: s.connect("tcp://127.0.0.1:http"), "'http' is no number"),
    ("no transport", zmq.REP, lambda s: s.bind("127.0.0.1:5555"), "it names no transport"),
    ("PUB receives", zmq.PUB, lambda s: s.recv(), "a PUB socket cannot receive"),
    ("parts as text", zmq.PUSH, lambda s: s.send_multipart("one"), "got one str: use send_string"),
    ("parts as bytes", zmq.PUSH, lambda s: s.send_multipart(b"one"), "got one bytes: use send"),
    ("an option by name", zmq.REP, lambda s: s.set("LINGER", 0), "such as zmq.LINGER, got"),
    ("one to read", zmq.REP, lambda s: s.get("RCVHWM"), "such as zmq.RCVHWM, got 'RCVHWM'"),
    ("a type by name", zmq.REP, lambda s: s.context.socket("REP"), "such as zmq.REP, got 'REP'"),
    ("a flag to receive", zmq.REP, lambda s: s.recv("NOBLOCK"), "such as zmq.NOBLOCK"),
    ("a flag to send", zmq.PUSH, lambda s: s.send(b"", "DONTWAIT"), "such as zmq.DONTWAIT"),
    ("a flag of parts", zmq.PUSH, lambda s: s.send_multipart([b""], "SNDMORE"), "zmq.SNDMORE"),
    ("a time as text", zmq.REP, lambda s: s.poll("5"), "a number of milliseconds, got '5'"),
    ("events by name", zmq.REP, lambda s: zmq.Poller().register(s, text("POLLIN")), "zmq.POLLIN"),
    ("an unknown argument", zmq.REP, lambda s: zmq.Frame(b"", moer=True), "no argument 'moer'"),
]  # fmt: skip


@pytest.mark.blocking("each text is made in one place for all flavours")
@pytest.mark.parametrize(
    ("kind", "mistake", "text"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES]
)
def test_a_mistake_is_explained(
    kind: int, mistake: Callable[[Any], object], text: str, socket: Make
) -> None:
    with pytest.raises((zmq.ZMQError, TypeError), match=text):
        mistake(socket(kind))


def closed(kind: str = "Socket") -> Any:
    """Make what there is nothing to do with any more."""
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        return {"Socket": socket, "Context": context}[kind]


NOTHING_TO_DO: list[tuple[str, Callable[[], object], str]] = [
    ("close", lambda: closed().close(text("5")), "LINGER takes an int, got '5'"),
    ("destroy", lambda: zmq.Context.instance().destroy(text("5")), "LINGER takes an int, got '5'"),
    ("destroy again", lambda: closed("Context").destroy(text("5")), "LINGER takes an int"),
    ("for sockets to come", lambda: zmq.Context.instance().setsockopt(zmq.LINGER, "5"), "an int"),
    ("an option by name", lambda: zmq.Context.instance().setsockopt(text("LINGER"), 0), "zmq"),
    ("an attribute", lambda: setattr(zmq.Context.instance(), "identity", "me"), "takes bytes"),
    ("threads", lambda: zmq.Context(text("1")), "io_threads is a number, such as 1, got '1'"),
    ("a tracker", lambda: zmq.MessageTracker().wait(text("5")), "a number of seconds, got '5'"),
]  # fmt: skip


@pytest.mark.blocking("as above")
@pytest.mark.parametrize(("mistake", "text"), [m[1:] for m in NOTHING_TO_DO])
def test_a_mistake_is_one_even_where_there_is_nothing_to_do(
    mistake: Callable[[], object], text: str
) -> None:
    with pytest.raises(TypeError, match=text):
        mistake()


def test_a_mistake_costs_no_message(pair: Callable[..., Any]) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL)
    a.send(b"[5]")
    with pytest.raises(TypeError, match="deserialize is a function of the list of parts"):
        b.recv_serialized(None)
    with pytest.raises(LookupError, match="klingon"):
        b.recv_string(encoding="klingon")
    assert b.recv_json() == [5]


@pytest.mark.blocking("as above")
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
