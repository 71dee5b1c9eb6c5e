"""Text, JSON, pickled objects and what a function makes of an object."""

from __future__ import annotations

import json
import pickle
import re
from types import SimpleNamespace
from typing import Any, Callable
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ctzmq as zmq
from ctzmq.core import messaging
from ctzmq.core import socket as core_socket


def call(name: str, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
    """Describe a call."""
    return name, args, kwargs


Pair = Callable[..., tuple[zmq.Socket, zmq.Socket]]

OBJECTS = [None, True, 5, 1.5, "text", [1, [2, []]], {"key": {"of": ["a", "dict"]}}, "Ünïcødé ☃"]


@pytest.fixture
def ends(pair: Pair) -> tuple[zmq.Socket, zmq.Socket]:
    """Two connected sockets."""
    return pair(zmq.PAIR, zmq.PAIR)


Ends = tuple[zmq.Socket, zmq.Socket]


# -- Text ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "plain", "Ünïcødé ☃", "nul\0inside"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32-le"])
def test_text_comes_back_as_it_was(text: str, encoding: str, ends: Ends) -> None:
    a, b = ends
    a.send_string(text, encoding=encoding)
    assert b.recv_string(encoding=encoding) == text
    a.send_unicode(text, 0, False, encoding)
    assert b.recv_unicode(0, encoding) == text
    a.send_string(text, encoding=encoding)
    assert b.recv() == text.encode(encoding)


def test_text_is_utf_8_unless_told_otherwise(ends: Ends) -> None:
    a, b = ends
    a.send_string("ü")
    assert b.recv() == b"\xc3\xbc"
    a.send(b"\xc3\xbc")
    assert b.recv_string() == "ü"


def test_text_is_sent_with_flags_and_trackers(ends: Ends) -> None:
    a, b = ends
    a.send_string("one", zmq.SNDMORE)
    tracker = a.send_string("two", copy=False, track=True)
    assert tracker is not None
    assert tracker.done
    assert b.recv_multipart() == [b"one", b"two"]
    with pytest.raises(zmq.Again):
        b.recv_string(zmq.DONTWAIT)


def test_what_is_no_text_is_refused(ends: Ends) -> None:
    a, b = ends
    for wrong in (b"bytes", 5, None, ["list"]):
        with pytest.raises(TypeError, match=f"takes str, got.*{re.escape(repr(wrong))}"):
            a.send_string(wrong)  # type: ignore[arg-type]
    with pytest.raises(UnicodeEncodeError):
        a.send_string("ü", encoding="ascii")
    with pytest.raises(LookupError, match="no-such-code"):
        a.send_string("x", encoding="no-such-code")
    a.send(b"\xff\xfe\xfd")
    with pytest.raises(UnicodeDecodeError):
        b.recv_string()
    a.send(b"the next")
    assert b.recv_string() == "the next"


# -- JSON ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", OBJECTS, ids=repr)
def test_json_comes_back_as_it_was(value: Any, ends: Ends) -> None:
    a, b = ends
    a.send_json(value)
    assert b.recv_json() == value
    a.send_json(value)
    assert json.loads(b.recv()) == value


def test_json_takes_the_arguments_of_json(ends: Ends) -> None:
    a, b = ends
    a.send_json({"b": 1, "a": 2}, sort_keys=True, indent=1)
    assert b.recv().startswith(b'{\n "a"')
    a.send_json({"x": 1.5}, zmq.DONTWAIT)
    assert b.recv_json(parse_float=str) == {"x": "1.5"}


def test_what_is_no_json_is_refused(ends: Ends) -> None:
    a, b = ends
    with pytest.raises(TypeError, match="set"):
        a.send_json({1, 2})
    a.send(b"{broken")
    with pytest.raises(ValueError, match="line 1"):
        b.recv_json()
    with pytest.raises(zmq.Again):
        b.recv_json(zmq.NOBLOCK)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    value=st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text()),
        lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
        max_leaves=10,
    )
)
def test_any_json_comes_back_as_it_was(value: Any, ends: Ends) -> None:
    a, b = ends
    a.send_json(value)
    assert b.recv_json() == value
    a.send_pyobj(value)
    assert b.recv_pyobj() == value


@given(text=st.text())
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_comes_back_as_it_was(text: str, ends: Ends) -> None:
    a, b = ends
    a.send_string(text, encoding="utf-16")
    assert b.recv_string(encoding="utf-16") == text


# -- Pickled objects -------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [*OBJECTS, {1, 2}, b"bytes", (1, (2,)), zmq.LINGER], ids=repr)
@pytest.mark.parametrize("protocol", [-1, 0, 2, pickle.DEFAULT_PROTOCOL])
def test_an_object_comes_back_as_it_was(value: Any, protocol: int, ends: Ends) -> None:
    a, b = ends
    a.send_pyobj(value, protocol=protocol)
    assert b.recv_pyobj() == value


def test_the_protocol_is_pickles_own() -> None:
    assert messaging.DEFAULT_PROTOCOL == pickle.DEFAULT_PROTOCOL


def test_an_object_is_sent_without_a_copy(ends: Ends) -> None:
    a, b = ends
    tracker = a.send_pyobj(["x" * 100_000], copy=False, track=True)
    assert tracker is not None
    assert not tracker.done
    assert b.recv_pyobj(zmq.Flag(0)) == ["x" * 100_000]


def test_what_cannot_be_pickled_is_refused(ends: Ends) -> None:
    a, b = ends
    with pytest.raises((pickle.PicklingError, AttributeError, TypeError)):
        a.send_pyobj(lambda: None)
    a.send(b"")
    with pytest.raises(EOFError):
        b.recv_pyobj()
    with pytest.raises(zmq.Again):
        b.recv_pyobj(zmq.NOBLOCK)


# -- Serialized by a function ----------------------------------------------------------------------


@pytest.mark.parametrize("copied", [True, False])
def test_a_function_makes_the_parts_and_another_reads_them(copied: bool, ends: Ends) -> None:
    a, b = ends

    def split(words: str) -> list[bytes]:
        return [word.encode() for word in words.split()]

    def join(parts: list[Any]) -> str:
        return " ".join(bytes(part).decode() for part in parts)

    a.send_serialized("several words here", split, copy=copied)
    assert b.recv_serialized(join, copy=copied) == "several words here"


def test_frames_are_what_a_function_gets_without_a_copy(ends: Ends) -> None:
    a, b = ends
    a.send_serialized(None, lambda nothing: iter([b"one", b"two"]))
    kinds = b.recv_serialized(lambda parts: [type(part) for part in parts], copy=False)
    assert kinds == [zmq.Frame, zmq.Frame]
    with pytest.raises(zmq.Again):
        b.recv_serialized(list, zmq.DONTWAIT)


def test_an_error_of_the_function_is_the_callers(ends: Ends) -> None:
    a, b = ends
    with pytest.raises(ZeroDivisionError):
        a.send_serialized(0, lambda number: [b"%d" % (1 // number)])
    a.send(b"lost")
    with pytest.raises(ZeroDivisionError):
        b.recv_serialized(lambda parts: 1 // 0)
    assert b.poll(0) == 0


# -- Built on send and recv ------------------------------------------------------------------------

#: What a method calls, in the form in which pyzmq calls it.
CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any], list[Any]]] = [
    ("send_string", ("x",), {}, [call("send", b"x", flags=0, copy=True)]),
    (
        "send_string",
        ("x", 2, False, "utf-8"),
        {"track": True},
        [call("send", b"x", flags=2, copy=False, track=True)],
    ),
    ("send_unicode", ("x",), {}, [call("send", b"x", flags=0, copy=True)]),
    ("send_json", ([1],), {}, [call("send", b"[1]", flags=0)]),
    (
        "send_json",
        ([1], 2),
        {"indent": None, "group": "g", "routing_id": 5},
        [call("send", b"[1]", flags=2, group="g", routing_id=5)],
    ),
    ("send_pyobj", (1,), {}, [call("send", pickle.dumps(1), flags=0)]),
    (
        "send_pyobj",
        (1, 2, 0),
        {"track": True},
        [call("send", pickle.dumps(1, 0), flags=2, track=True)],
    ),
    (
        "send_serialized",
        ("x", list),
        {"track": True},
        [call("send_multipart", ["x"], flags=0, copy=True, track=True)],
    ),
    ("recv_string", (), {}, [call("recv", flags=0)]),
    ("recv_string", (1, "ascii"), {}, [call("recv", flags=1)]),
    ("recv_json", (1,), {"parse_int": float}, [call("recv", 1)]),
    ("recv_pyobj", (), {}, [call("recv", 0)]),
    (
        "recv_serialized",
        (list, 1, False),
        {},
        [call("recv_multipart", flags=1, copy=False)],
    ),
    (
        "send_multipart",
        ([b"1", bytearray(b"2"), b"3"],),
        {},
        [
            call("send", b"1", 2, copy=True, track=False),
            call("send", b"2", 2, copy=True, track=False),
            call("send", b"3", 0, copy=True, track=False),
        ],
    ),
    (
        "send_multipart",
        ([b"1", b"2"], 1, False, True),
        {},
        [
            call("send", b"1", 3, copy=False, track=True),
            call("send", b"2", 1, copy=False, track=True),
        ],
    ),
    (
        "recv_multipart",
        (1, False, True),
        {},
        [
            call("recv", 1, copy=False, track=True),
            call("getsockopt", zmq.RCVMORE),
            call("recv", 1, copy=False, track=True),
            call("getsockopt", zmq.RCVMORE),
        ],
    ),
    (
        "recv_multipart",
        (),
        {},
        [
            call("recv", 0, copy=True, track=False),
            call("getsockopt", zmq.RCVMORE),
            call("recv", 0, copy=True, track=False),
            call("getsockopt", zmq.RCVMORE),
        ],
    ),
]


class Answers:
    """Stands for the methods of a socket that others build on, and notes how they are called."""

    def __init__(self, method: str) -> None:
        part = {"recv_json": b"1", "recv_pyobj": pickle.dumps(1)}.get(method, b"x")
        self.calls: list[Any] = []
        self._more = iter([1, 0])
        self._answers: dict[str, Callable[[], Any]] = {
            "recv": lambda: part,
            "recv_multipart": lambda: [part],
            "getsockopt": lambda: next(self._more),
        }

    def __getitem__(self, name: str) -> Callable[..., Any]:
        def method(*args: Any, **kwargs: Any) -> Any:
            self.calls.append(call(name, *args, **kwargs))
            return self._answers.get(name, lambda: None)()

        return method


BASES = ["send", "recv", "getsockopt", "send_multipart", "recv_multipart"]


@pytest.mark.parametrize(("method", "args", "kwargs", "wanted"), CALLS)
@pytest.mark.parametrize("where", ["the class", "a class made before", "the socket"])
def test_a_method_is_heard_wherever_it_is_overridden(
    method: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    wanted: list[Any],
    where: str,
    context: zmq.Context,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = Answers(method)
    own = {name: staticmethod(answers[name]) for name in BASES if name != method}
    kind = type("Derived", (zmq.Socket,), own) if where == "the class" else zmq.Socket
    with kind(context, zmq.DEALER) as socket:
        for name in own:
            if where == "the socket":
                setattr(socket, name, answers[name])
            elif where != "the class":
                # getsockopt alone is looked for when a socket is made only.
                monkeypatch.setattr(kind, name, own[name])
        getattr(socket, method)(*args, **kwargs)
    assert answers.calls == wanted


def test_a_method_of_a_base_class_hears_what_a_derived_class_overrides(
    context: zmq.Context,
) -> None:
    heard: list[str] = []

    class Careful(zmq.Socket):
        def getsockopt(self, option: int) -> Any:
            heard.append("getsockopt")
            return super().getsockopt(option)

        def send(self, *args: Any, **kwargs: Any) -> Any:
            heard.append("send")
            return zmq.Socket.send(self, *args, **kwargs)

        def send_multipart(self, *args: Any, **kwargs: Any) -> Any:
            heard.append("send_multipart")
            return zmq.Socket.send_multipart(self, *args, **kwargs)

        def recv_multipart(self, *args: Any, **kwargs: Any) -> Any:
            heard.append("recv_multipart")
            return zmq.Socket.recv_multipart(self, *args, **kwargs)

    with Careful(context, zmq.PAIR) as a, Careful(context, zmq.PAIR) as b:
        a.bind("inproc://careful")
        b.connect("inproc://careful")
        heard.clear()
        a.send_multipart([b"one", b"two"])
        assert b.recv_multipart() == [b"one", b"two"]
    assert heard == ["send_multipart", "send", "send", "recv_multipart", *["getsockopt"] * 2]


def test_a_send_needs_no_parameters_that_pyzmq_does_not_give(ends: Ends) -> None:
    a, b = ends
    own = a.send

    def send(msg: Any, flags: int = 0, copy: bool = True, track: bool = False) -> Any:
        return own(msg, flags, copy, track)

    with patch.object(a, "send", send):
        a.send_string("x")
        a.send_json([1])
        a.send_pyobj(2)
        a.send_multipart([b"one", b"two"])
    assert (b.recv_string(), b.recv_json(), b.recv_pyobj()) == ("x", [1], 2)
    assert b.recv_multipart() == [b"one", b"two"]


def test_receiving_into_memory_goes_past_recv(ends: Ends) -> None:
    a, b = ends
    b.recv = lambda *args, **kwargs: "not bytes"  # type: ignore[method-assign, assignment]
    a.send(b"four")
    memory = bytearray(4)
    assert b.recv_into(memory) == 4
    assert memory == b"four"


@pytest.mark.parametrize("name", ["json", "pickle"])
def test_what_converts_objects_is_a_setting(
    name: str, ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = ends
    module = SimpleNamespace(dumps=lambda *_: b"made", loads=lambda data: ("read", data))
    monkeypatch.setattr(core_socket, {"json": "jsonapi"}.get(name, name), module)
    kind = {"json": "json", "pickle": "pyobj"}[name]
    getattr(a, f"send_{kind}")(1)
    assert getattr(b, f"recv_{kind}")() == ("read", b"made")


def test_a_flavour_that_overrides_send_and_recv_overrides_all(context: zmq.Context) -> None:
    calls: list[str] = []

    class Counting(zmq.Socket):
        def send(self, *args: Any, **kwargs: Any) -> Any:
            calls.append("send")
            return super().send(*args, **kwargs)

        def recv(self, *args: Any, **kwargs: Any) -> Any:
            calls.append("recv")
            return super().recv(*args, **kwargs)

        def _deserialize(self, recvd: Any, load: Callable[[Any], Any]) -> Any:
            calls.append("load")
            return super()._deserialize(recvd, load)

    with Counting(context, zmq.PAIR) as a, Counting(context, zmq.PAIR) as b:
        a.bind("inproc://counting")
        b.connect("inproc://counting")
        for kind, value in (("string", "x"), ("json", [1]), ("pyobj", {2})):
            getattr(a, f"send_{kind}")(value)
            assert getattr(b, f"recv_{kind}")() == value
    assert calls == ["send", "recv", "load"] * 3
