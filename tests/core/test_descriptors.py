"""Options and topics as attributes: what sets them, what deletes them, who is asked."""

from __future__ import annotations

from typing import Any, Callable
from unittest.mock import patch

import pytest

import ctzmq as zmq

Make = Callable[..., zmq.Socket]


def test_an_option_that_was_deleted_is_missing_until_it_is_set(socket: Make) -> None:
    one, other = socket(zmq.PAIR, linger=5), socket(zmq.PAIR, linger=6)
    del one.linger
    for spelling in ("linger", "LINGER", "Linger"):
        assert not hasattr(one, spelling)
    assert (one.get(zmq.LINGER), other.linger) == (5, 6)
    one.linger = 7
    assert (one.linger, one.LINGER) == (7, 7)
    del one.hwm
    with pytest.raises(AttributeError, match="deleted"):
        one.hwm
    one.hwm = 3
    assert one.hwm == 3


def test_a_class_may_override_how_options_are_attributes(context: zmq.Context) -> None:
    seen: list[tuple[Any, ...]] = []

    class Watched(zmq.Socket):
        def _set_attr_opt(self, name: str, opt: int, value: Any) -> None:
            seen.append((name, opt, value))
            super()._set_attr_opt(name, opt, value)

        def _get_attr_opt(self, name: str, opt: int) -> Any:
            seen.append((name, opt))
            return super()._get_attr_opt(name, opt)

    with Watched(context, zmq.PAIR) as one:
        one.linger = 5
        assert one.LINGER == 5
        one.set(zmq.LINGER, 6)
    assert seen == [("LINGER", zmq.LINGER, 5), ("LINGER", zmq.LINGER)]


def test_a_class_may_have_an_attribute_with_the_name_of_an_option(context: zmq.Context) -> None:
    class Odd(zmq.Socket):
        rate = "high"  # type: ignore[assignment]

    with Odd(context, zmq.PAIR) as one:
        one.rate = "low"
        assert (one.rate, Odd.rate, one.get(zmq.RATE)) == ("low", "high", 100)


def test_a_topic_is_subscribed_to_and_a_function_replaces_the_method(socket: Make) -> None:
    one, other = socket(zmq.SUB), socket(zmq.SUB)
    asked: list[Any] = []
    with patch.object(one, "subscribe", asked.append):
        one.subscribe("topic")
        other.subscribe("another")
    assert asked == ["topic"]
    with pytest.raises(AttributeError):
        del one.subscribe
    one.subscribe = "topic"
    one.unsubscribe("topic")
    with pytest.raises(TypeError):
        one.subscribe = 5
