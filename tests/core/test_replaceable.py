"""What is replaced on one socket, context or frame, and what an unknown name is told."""

from __future__ import annotations

import sys
from typing import Any, Callable
from unittest import mock

import pytest

import ctzmq
import ctzmq as zmq
from ctzmq.core import attributes, replaceable

Make = Callable[..., zmq.Socket]

METHODS = [
    "bind",
    "bind_to_random_port",
    "close",
    "connect",
    "disable_monitor",
    "fileno",
    "get",
    "get_hwm",
    "get_monitor_socket",
    "getsockopt",
    "join",
    "monitor",
    "poll",
    "recv",
    "recv_into",
    "recv_json",
    "recv_multipart",
    "recv_string",
    "send",
    "send_json",
    "send_multipart",
    "send_string",
    "set",
    "setsockopt",
    "shadow",
    "subscribe",
    "unbind",
    "unsubscribe",
]
#: What pyzmq has too, with a value that differs from the one that is there.
VALUES = {
    "_monitor_socket": "another",
    "_poller_class": list,
    "_repr_cls": "Another",
    "_shadow": "another",
    "_type_name": "ANOTHER",
    "context": "another",
    "copy_threshold": 5,
    "hwm": 7,
    "linger": 9,
    "LINGER": 9,
    "sndhwm": 7,
    "type": "another",
}


@pytest.mark.parametrize("name", METHODS)
def test_a_method_of_one_socket_is_replaced_and_put_back(name: str, socket: Make) -> None:
    one, other = socket(zmq.SUB), socket(zmq.SUB)
    own, others = getattr(one, name), getattr(other, name)
    with mock.patch.object(one, name) as replaced:
        assert getattr(one, name) is replaced
        assert getattr(other, name) == others
    assert getattr(one, name) == own


@pytest.mark.parametrize("name", VALUES)
def test_a_value_of_one_socket_is_replaced_and_put_back(name: str, socket: Make) -> None:
    one, other = socket(zmq.SUB), socket(zmq.SUB)
    was, others = getattr(one, name), getattr(other, name)
    with mock.patch.object(one, name, VALUES[name]):
        assert getattr(one, name) == VALUES[name]
        assert getattr(other, name) == others
    assert getattr(one, name) == was


def test_a_plain_socket_pays_nothing_for_it(socket: Make, pair: Any) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    a.send_multipart([b"one", b"two"])
    assert b.poll(10_000)
    assert b.recv_multipart() == [b"one", b"two"]
    assert not vars(a)
    assert not vars(b)


def test_what_is_set_is_deleted_again(socket: Make) -> None:
    one = socket(zmq.PAIR)
    one.send = "mine"  # type: ignore[method-assign, assignment]
    assert vars(one) == {"send": "mine"}
    del one.send
    assert callable(one.send)
    with pytest.raises(AttributeError):
        del one.send


@pytest.mark.parametrize("name", ["closed", "underlying"])
def test_what_libzmq_alone_knows_cannot_be_replaced(name: str, socket: Make) -> None:
    one = socket(zmq.PAIR)
    with pytest.raises(AttributeError):
        setattr(one, name, 1)


@pytest.mark.filterwarnings("ignore:Socket.socket_type is deprecated")
def test_a_mock_has_what_a_socket_has(socket: Make, context: zmq.Context) -> None:
    one = socket(zmq.PAIR)
    for double in (
        mock.MagicMock(spec=zmq.Socket),
        mock.create_autospec(zmq.Socket, instance=True),
        mock.create_autospec(one, instance=True),
    ):
        double.send_multipart([b"x"])
        double.send_multipart.assert_called_once_with([b"x"])
        assert not hasattr(double, "lingr")
        assert isinstance(double, zmq.Socket)
    double = mock.create_autospec(context)
    double.socket(zmq.PAIR)
    with pytest.raises(TypeError):
        double.term(1)


def test_a_class_that_is_derived_may_annotate_or_define_more(context: zmq.Context) -> None:
    class Narrow(zmq.Socket):
        __slots__ = ()
        noted: int
        defined = 1

    with Narrow(context, zmq.PAIR) as one:
        one.noted = 2
        one.defined = 3
        assert (one.noted, one.defined, Narrow.defined) == (2, 3, 1)
        with pytest.raises(AttributeError, match="Narrow has no attribute or option 'other'"):
            one.other = 4


# -- Contexts --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["_add_socket", "_rm_socket", "_socket_class", "destroy", "get", "instance", "set", "socket"],
)
def test_an_attribute_of_one_context_is_replaced_and_put_back(
    name: str, context: zmq.Context, flavour: Any
) -> None:
    other = flavour.zmq.Context()
    was, others = getattr(context, name), getattr(other, name)
    with mock.patch.object(context, name) as replaced:
        assert getattr(context, name) is replaced
        assert getattr(other, name) == others
    assert getattr(context, name) == was
    other.term()


def test_the_class_of_sockets_is_a_setting_of_each_context(
    context: zmq.Context, flavour: Any
) -> None:
    class Own(flavour.zmq.Socket):  # type: ignore[misc]
        pass

    with mock.patch.object(context, "_socket_class", Own), context.socket(zmq.PAIR) as one:
        assert type(one) is Own
    changed = mock.patch.object(flavour.zmq.Context, "_socket_class", Own)
    with changed, context.socket(zmq.PAIR) as one:
        assert type(one) is Own
    with context.socket(zmq.PAIR) as one:
        assert type(one) is flavour.zmq.Socket


def test_an_option_of_a_context_is_replaced_and_put_back(context: zmq.Context) -> None:
    was = context.max_sockets
    with mock.patch.object(context, "max_sockets", 7):
        assert context.get(zmq.MAX_SOCKETS) == 7
    assert context.max_sockets == context.get(zmq.MAX_SOCKETS) == was
    context.linger = 3
    with mock.patch.object(context, "linger", 9):
        assert context.sockopts[zmq.LINGER] == 9
    assert context.linger == 3
    del context.max_sockets
    assert not hasattr(context, "max_sockets")
    assert context.get(zmq.MAX_SOCKETS) == was


# -- Frames ----------------------------------------------------------------------------------------


def test_the_methods_of_one_frame_are_replaced_and_put_back() -> None:
    one, other = zmq.Frame(b"one"), zmq.Frame(b"other")
    with mock.patch.object(one, "get", return_value="mine") as get:
        assert one["User-Id"] == "mine"
        get.assert_called_once_with("User-Id")
        with pytest.raises(zmq.ZMQError):
            other["User-Id"]
    with pytest.raises(zmq.ZMQError):
        one["User-Id"]
    with mock.patch.object(one, "set") as set_:
        one.group = "group"
        set_.assert_called_once_with("group", "group")
    for name in ("more", "tracker", "tracker_event"):
        was = getattr(one, name)
        with mock.patch.object(one, name, "mine"):
            assert getattr(one, name) == "mine"
        assert getattr(one, name) == was
    with pytest.raises(AttributeError):
        setattr(one, "other", 1)  # noqa: B010


# -- Names that nobody knows -----------------------------------------------------------------------

MISSPELT = [
    ("lingr", "linger"),
    ("LINGR", "linger"),
    ("rcvtimeout", "rcvtimeo"),
    ("snd_hwm", "sndhwm"),
    ("subscibe", "subscribe"),
]


@pytest.mark.parametrize(("wrong", "right"), MISSPELT)
def test_an_unknown_name_that_is_set_is_told_what_was_perhaps_meant(
    wrong: str, right: str, socket: Make, context: zmq.Context
) -> None:
    for owner in (socket(zmq.SUB), context):
        with pytest.raises(AttributeError, match=f"{wrong!r}: did you mean '{right}'") as caught:
            setattr(owner, wrong, 1)
        if owner is context and right == "subscribe":
            continue
        assert not hasattr(owner, wrong)
        del caught


@pytest.mark.parametrize(("wrong", "right"), MISSPELT)
def test_an_unknown_name_that_is_read_is_told_what_was_perhaps_meant(
    wrong: str, right: str, socket: Make, context: zmq.Context
) -> None:
    owners: list[Any] = [context]
    if attributes.ASKING_IS_FREE:
        owners.append(socket(zmq.SUB))
    for owner in owners:
        with pytest.raises(AttributeError, match=f"{wrong!r}: did you mean '{right}'"):
            getattr(owner, wrong)


def test_a_name_like_no_other_is_told_nothing(socket: Make) -> None:
    with pytest.raises(AttributeError, match=r"'xyzzy'$"):
        setattr(socket(zmq.PAIR), "xyzzy", 1)  # noqa: B010


@pytest.mark.blocking("it looks at what is imported")
def test_difflib_is_imported_for_a_text_that_somebody_reads() -> None:
    with mock.patch.dict(sys.modules):
        sys.modules.pop("difflib", None)
        error = replaceable.UnknownAttribute(zmq.Socket, "lingr", ["LINGER"])
        assert "difflib" not in sys.modules
        assert str(error).endswith("did you mean 'linger'?")


class Derived(zmq.Socket):
    noted: int
    defined = 1


@pytest.mark.blocking("it derives from a class of its own")
def test_a_class_without_slots_refuses_unknown_names_too(context: zmq.Context) -> None:
    class Own(zmq.Context):
        pass

    with Own(context) as other, Derived(context, zmq.SUB) as one:
        for owner in (one, other):
            with pytest.raises(AttributeError, match="'lingr': did you mean 'linger'"):
                owner.lingr = 0
        one.noted, one.defined = 2, 3
        vars(one)["free"] = 4
        one.free = 5
        assert (one.noted, one.defined, vars(one)["free"]) == (2, 3, 5)


def test_whether_a_socket_is_closed_is_shown_by_its_private_name_too(socket: Make) -> None:
    one: Any = socket(zmq.PAIR)
    assert one._closed is False
    with mock.patch.object(one, "_closed", True):
        assert repr(one).endswith(" closed>")
    one.close()
    assert one._closed is True


# -- What is replaced in the class of blocking sockets ---------------------------------------------


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Note each call of a method of blocking sockets, with its arguments."""
    calls: list[tuple[Any, ...]] = []

    def replace(name: str) -> None:
        own = getattr(ctzmq.Socket, name)

        def noted(self: Any, *args: Any, **kwargs: Any) -> Any:
            calls.append((name, *args, *kwargs.items()))
            return own(self, *args, **kwargs)

        monkeypatch.setattr(ctzmq.Socket, name, noted)

    for name in ("send", "recv", "getsockopt"):
        replace(name)
    return calls


def test_messages_of_several_parts_hear_what_is_replaced_in_the_class(
    pair: Any, heard: list[tuple[Any, ...]], flavour: Any
) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    del heard[:]
    a.send_multipart([b"one", b"two"])
    assert [call[:2] for call in heard] == [("send", b"one"), ("send", b"two")]
    del heard[:]
    assert b.recv_multipart() == [b"one", b"two"]
    assert [call[0] for call in heard] == ["recv", "getsockopt"] * 2
    assert heard[1][1] is zmq.RCVMORE


def test_sends_and_receives_that_wait_hear_what_is_replaced_in_the_class(
    pair: Any, heard: list[tuple[Any, ...]], spawn: Any
) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    del heard[:]
    b.rcvtimeo = 10_000
    waiting = spawn(lambda: a.send(b"x"))
    assert b.recv() == b"x"
    waiting.join(10)
    names = [call[0] for call in heard]
    assert "send" in names
    assert "recv" in names


def test_a_double_in_the_class_stands_for_every_call(pair: Any) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    calls: dict[str, Callable[[], Any]] = {
        "send_multipart": lambda: a.send_multipart([b"x"]),
        "recv_multipart": lambda: b.recv_multipart(),
        "send": lambda: a.send(b"x"),
        "recv": lambda: b.recv(),
    }
    for name, call in calls.items():
        with mock.patch.object(ctzmq.Socket, name, return_value="double") as double:
            assert call() == "double"
        double.assert_called_once()


@pytest.mark.parametrize("name", ["recv", "send"])
def test_a_replaced_method_that_refuses_keeps_to_the_time_out(name: str, pair: Any) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    b.rcvtimeo = a.sndtimeo = 30
    arguments = (b"x",) if name == "send" else ()
    refusing = mock.patch.object(ctzmq.Socket, name, side_effect=zmq.Again)
    with refusing as double, pytest.raises(zmq.Again):
        getattr(a if name == "send" else b, name)(*arguments)
    assert 0 < double.call_count < 20


def test_receiving_into_memory_goes_past_what_is_replaced(pair: Any) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    a.send(b"x")
    buffer = bytearray(1)
    with mock.patch.object(ctzmq.Socket, "recv", side_effect=AssertionError):
        assert b.recv_into(buffer) == 1
    assert buffer == b"x"
