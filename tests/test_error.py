"""The exceptions: from libzmq's errno to one of them, and through pickle and copy unharmed."""

from __future__ import annotations

import copy
import errno
import pickle
from typing import Any, Callable

import pytest

import ctzmq as zmq
from ctzmq import error


def test_every_exception_has_pyzmqs_parents() -> None:
    assert issubclass(zmq.ZMQError, zmq.ZMQBaseError)
    assert issubclass(zmq.Again, zmq.ZMQError)
    assert issubclass(zmq.ContextTerminated, zmq.ZMQError)
    assert issubclass(zmq.InterruptedSystemCall, zmq.ZMQError)
    assert issubclass(zmq.InterruptedSystemCall, InterruptedError)
    assert issubclass(zmq.ZMQBindError, zmq.ZMQBaseError)
    assert issubclass(zmq.NotDone, zmq.ZMQBaseError)
    assert issubclass(zmq.ZMQVersionError, NotImplementedError)
    assert issubclass(zmq.DraftFDWarning, RuntimeWarning)


def test_an_error_has_its_number_and_libzmqs_words() -> None:
    raised = zmq.ZMQError(zmq.EINVAL)
    assert raised.errno == errno.EINVAL
    assert str(raised) == raised.strerror == zmq.strerror(errno.EINVAL)
    assert repr(raised) == f"ZMQError(EINVAL, '{raised}')"


def test_repr_names_the_number_if_it_has_a_name() -> None:
    assert repr(zmq.ZMQError(errno.ENODEV, "none")) == "ZMQError(ENODEV, 'none')"
    assert repr(zmq.ZMQError(zmq.EFSM, "turns")) == "ZMQError(EFSM, 'turns')"
    assert repr(zmq.ZMQError(987654, "what")) == "ZMQError(987654, 'what')"
    assert repr(zmq.ZMQError(int(zmq.ETERM), "end")) == "ZMQError(ETERM, 'end')"
    assert repr(zmq.ZMQError("words")) == "ZMQError('words')"
    assert repr(zmq.Again()) == f"Again(EAGAIN, '{zmq.strerror(zmq.EAGAIN)}')"


def test_an_error_says_what_it_is_told() -> None:
    raised = zmq.ZMQError(zmq.EINVAL, "the value 7 does not fit")
    assert (raised.errno, str(raised)) == (zmq.EINVAL, "the value 7 does not fit")


def test_an_error_may_be_a_text_alone() -> None:
    raised = zmq.ZMQError("no number")
    assert (raised.errno, str(raised)) == (None, "no number")


def test_an_error_without_a_number_takes_that_of_the_last_failed_call(
    socket: Callable[..., zmq.Socket],
) -> None:
    a = socket(zmq.PAIR)
    with pytest.raises(zmq.ZMQError):
        a.unbind("tcp://127.0.0.1:9")
    assert zmq.zmq_errno() == errno.ENOENT
    assert zmq.ZMQError().errno == errno.ENOENT


def test_libzmqs_own_errors_have_words() -> None:
    assert zmq.strerror(zmq.EFSM) == "Operation cannot be accomplished in current state"
    assert zmq.strerror(zmq.ETERM) == "Context was terminated"
    for unknown in (99999999, -5, 2**32 + 1, 2**70):
        assert zmq.strerror(unknown) == f"Unknown error {unknown}"


@pytest.mark.parametrize(
    ("number", "cls"),
    [
        (zmq.EAGAIN, zmq.Again),
        (zmq.ETERM, zmq.ContextTerminated),
        (errno.EINTR, zmq.InterruptedSystemCall),
        (zmq.EFSM, zmq.ZMQError),
    ],
)
def test_a_number_becomes_its_exception(number: int, cls: type[zmq.ZMQError]) -> None:
    raised = error.from_errno(number)
    assert type(raised) is cls
    assert raised.errno == number
    assert raised.strerror == zmq.strerror(number)


@pytest.mark.parametrize("cls", [zmq.Again, zmq.ContextTerminated, zmq.InterruptedSystemCall])
def test_a_class_with_a_number_of_its_own_ignores_another(cls: Any) -> None:
    assert cls().errno == cls(1, "something else").errno
    assert "something else" not in str(cls(1, "something else"))


def test_an_interrupted_call_is_caught_as_python_s_own() -> None:
    with pytest.raises(InterruptedError) as caught:
        raise zmq.InterruptedSystemCall()
    assert caught.value.errno == errno.EINTR
    assert "signal" in str(caught.value)


@pytest.mark.parametrize(
    "raised",
    [
        zmq.ZMQError(zmq.EADDRINUSE, "cannot bind (addr='tcp://127.0.0.1:1')"),
        zmq.ZMQError("a text alone"),
        zmq.Again(),
        zmq.ContextTerminated(),
        zmq.InterruptedSystemCall(),
        zmq.ZMQVersionError("9.9", "a function"),
        zmq.ZMQBindError("no free port"),
        zmq.NotDone("after 1 s"),
    ],
    ids=lambda raised: type(raised).__name__,
)
@pytest.mark.parametrize("again", [copy.copy, lambda raised: pickle.loads(pickle.dumps(raised))])
def test_an_error_survives_copy_and_pickle(raised: Exception, again: Any) -> None:
    other = again(raised)
    assert type(other) is type(raised)
    assert str(other) == str(raised)
    assert getattr(other, "errno", 0) == getattr(raised, "errno", 0)


def test_a_version_error_tells_what_is_needed_and_what_is_there() -> None:
    raised = zmq.ZMQVersionError("9.9.9", "the crystal ball")
    assert str(raised) == f"the crystal ball requires libzmq >= 9.9.9, have {zmq.zmq_version()}"
    assert repr(raised) == f"ZMQVersionError('{raised}')"
    assert (raised.min_version, raised.msg) == ("9.9.9", "the crystal ball")
    assert raised.version == zmq.zmq_version()


def test_the_draft_warning_says_what_it_is_about() -> None:
    assert "descriptor" in str(zmq.DraftFDWarning())
    assert str(zmq.DraftFDWarning("shorter")) == "shorter"


def test_check_lets_success_through() -> None:
    assert error.check(0) == 0
    assert error.check(7) == 7


def test_check_raises_for_a_failure(socket: Callable[..., zmq.Socket]) -> None:
    a = socket(zmq.PAIR)
    with pytest.raises(zmq.ZMQError):
        a.disconnect("tcp://127.0.0.1:9")
    with pytest.raises(zmq.ZMQError) as caught:
        error.check(-1)
    assert caught.value.errno == errno.ENOENT
