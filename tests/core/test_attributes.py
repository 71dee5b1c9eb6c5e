"""Options as attributes, in any spelling; attributes that are none; high-water marks."""

from __future__ import annotations

import ast
import inspect
from typing import Any, Callable

import pytest

import ctzmq as zmq
from ctzmq.core import attributes, options

INTS = ["linger", "rcvtimeo", "sndtimeo", "sndhwm", "rcvhwm", "backlog", "ipv6", "maxmsgsize"]


@pytest.mark.parametrize("name", INTS)
@pytest.mark.parametrize("spell", [str.lower, str.upper, str.capitalize])
def test_an_option_is_an_attribute_in_any_spelling(
    name: str, spell: Callable[[str], str], socket: Callable[..., zmq.Socket]
) -> None:
    a = socket(zmq.PAIR)
    setattr(a, spell(name), 1)
    assert a.get(zmq.SocketOption[name.upper()]) == 1
    assert getattr(a, spell(name)) == 1
    assert getattr(a, name) == 1


#: Methods, and a pair of options.
OTHERS = {"SUBSCRIBE", "UNSUBSCRIBE", "HWM"}


@pytest.mark.parametrize("name", sorted(zmq.SocketOption.__members__.keys() - OTHERS))
def test_an_attribute_reads_what_get_reads(name: str, socket: Callable[..., zmq.Socket]) -> None:
    a = socket(zmq.SUB)
    try:
        value = a.get(zmq.SocketOption[name])
    except zmq.ZMQError:
        for spelling in (name, name.lower()):
            assert not hasattr(a, spelling)
            with pytest.raises(AttributeError, match=f"cannot get {zmq.SocketOption[name].name}"):
                getattr(a, spelling)
    else:
        assert getattr(a, name) == getattr(a, name.lower()) == value


def test_every_option_is_listed_by_dir(socket: Callable[..., zmq.Socket]) -> None:
    listed = dir(socket(zmq.PAIR))
    assert set(zmq.SocketOption.__members__) <= set(listed)
    assert {"linger", "send", "recv", "subscribe", "hwm"} <= set(listed)


def test_every_option_is_declared_to_type_checkers() -> None:
    """The declarations are the only list of names beside the enum, and nothing runs them."""
    (made,) = ast.parse(inspect.getsource(attributes.SocketAttributes)).body
    assert isinstance(made, ast.ClassDef)
    declared = {
        node.target.id: ast.unparse(node.annotation)
        for block in made.body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    own = {"SUBSCRIBE": "Topic", "UNSUBSCRIBE": "Topic"}
    own.update(dict.fromkeys(("HWM", "TYPE"), "Option[int]"))
    wanted = dict(own)
    for name, option in zmq.SocketOption.__members__.items():
        if name not in own:
            kind = options.kind(option)
            wanted[name] = wanted[name.lower()] = (
                "Option[bytes]" if kind == "bytes" else "Option[int]"
            )
    wanted["CURVE_SECRETKEY"] = wanted["curve_secretkey"] = "SecretKey"
    assert declared == wanted


def test_a_name_that_is_no_option_is_refused(socket: Callable[..., zmq.Socket]) -> None:
    a = socket(zmq.PAIR)
    with pytest.raises(AttributeError, match="lingerr"):
        getattr(a, "lingerr")  # noqa: B009
    with pytest.raises(AttributeError, match="lingerr"):
        setattr(a, "lingerr", 1)  # noqa: B010
    assert not hasattr(a, "lingerr")
    assert getattr(a, "lingerr", "nothing") == "nothing"


def test_a_subclass_has_attributes_of_its_own(context: zmq.Context) -> None:
    class Named(zmq.Socket):
        default = "none"
        name: str

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self.name = "before"
            super().__init__(*args, **kwargs)

    with Named(context, zmq.PAIR) as a:
        assert (a.name, a.default) == ("before", "none")
        a.name, a.default = "after", "some"
        a.linger = 3
        assert (a.name, a.default, a.get(zmq.LINGER)) == ("after", "some", 3)
        assert "linger" not in vars(a)


def test_a_subclass_may_override_get_and_set(context: zmq.Context) -> None:
    seen: list[Any] = []

    class Watched(zmq.Socket):
        def set(self, option: int, optval: Any) -> None:
            seen.append((option, optval))
            super().set(option, optval)

        def get(self, option: int) -> Any:
            seen.append(option)
            return super().get(option)

    with context.socket(zmq.PAIR, socket_class=Watched) as a:
        seen.clear()
        a.linger = 5
        assert a.linger == 5
        assert seen == [(zmq.LINGER, 5), zmq.LINGER]


def test_the_type_is_a_name_and_a_number(socket: Callable[..., zmq.Socket]) -> None:
    for number in range(12):
        a = socket(number)
        assert a.type is zmq.SocketType(number)
        assert a.get(zmq.TYPE) == number
    with pytest.warns(DeprecationWarning, match="use Socket.type"):
        assert a.socket_type == zmq.STREAM


def test_the_high_water_marks_are_set_together(socket: Callable[..., zmq.Socket]) -> None:
    a = socket(zmq.DEALER)
    a.hwm = 7
    assert (a.sndhwm, a.rcvhwm, a.hwm, a.get_hwm()) == (7, 7, 7, 7)
    a.set_hwm(0)
    assert (a.get(zmq.SNDHWM), a.get(zmq.RCVHWM)) == (0, 0)
    a.rcvhwm = 9
    assert a.hwm == 0


def test_a_subscription_is_called_or_assigned(socket: Callable[..., zmq.Socket]) -> None:
    xpub, sub = socket(zmq.XPUB), socket(zmq.SUB)
    xpub.bind("inproc://topics")
    sub.connect("inproc://topics")
    sub.subscribe("text")
    sub.subscribe(b"bytes")
    sub.subscribe = "assigned"
    setattr(sub, "SUBSCRIBE", b"upper")  # noqa: B010
    sub.set(zmq.SUBSCRIBE, b"option")
    sub.setsockopt_string(zmq.SUBSCRIBE, "string")
    topics = [b"text", b"bytes", b"assigned", b"upper", b"option", b"string"]
    assert [xpub.recv() for _ in topics] == [b"\1" + topic for topic in topics]
    sub.unsubscribe("text")
    sub.unsubscribe(b"bytes")
    sub.unsubscribe = "assigned"
    setattr(sub, "UNSUBSCRIBE", b"upper")  # noqa: B010
    sub.set(zmq.UNSUBSCRIBE, b"option")
    sub.setsockopt_string(zmq.UNSUBSCRIBE, "string")
    assert [xpub.recv() for _ in topics] == [b"\0" + topic for topic in topics]


def test_an_assigned_subscription_leaves_the_method(socket: Callable[..., zmq.Socket]) -> None:
    sub = socket(zmq.SUB)
    sub.subscribe = b""
    assert callable(sub.subscribe)


def test_copy_threshold_is_an_attribute_of_the_socket(context: zmq.Context) -> None:
    with context.socket(zmq.PAIR) as a, context.socket(zmq.PAIR, copy_threshold=0) as b:
        assert (a.copy_threshold, b.copy_threshold) == (zmq.COPY_THRESHOLD, 0)
        a.copy_threshold = 100
        assert (a.copy_threshold, b.copy_threshold) == (100, 0)


def test_attributes_of_a_context_are_the_options_of_sockets_to_come(context: zmq.Context) -> None:
    context.linger = 5
    context.SNDHWM = 7
    context.setsockopt(zmq.SUBSCRIBE, b"topic")
    assert context.getsockopt(zmq.LINGER) == 5
    assert (context.linger, context.sndhwm) == (5, 7)
    with context.socket(zmq.SUB) as sub, context.socket(zmq.PUSH) as push:
        assert (sub.linger, sub.sndhwm) == (push.linger, push.sndhwm) == (5, 7)
    del context.linger
    with pytest.raises(AttributeError):
        context.linger
    with pytest.raises(AttributeError):
        del context.linger
    with context.socket(zmq.PUSH) as push:
        assert push.linger == -1
