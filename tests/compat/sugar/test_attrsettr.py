"""Attributes with the name of an option become calls of get and set."""

from __future__ import annotations

from typing import Any

import pytest

import ctzmq
from ctzmq.compat.sugar.attrsettr import AttributeSetter


class Options(AttributeSetter):
    """Keeps options in a dict, and refuses to read some."""

    annotated: int
    defined = 1
    options: dict[int, Any]

    def __init__(self) -> None:
        self.options = {}

    def get(self, option: int) -> Any:
        if option == ctzmq.SUBSCRIBE:
            raise ctzmq.ZMQError(ctzmq.EINVAL)
        if option == ctzmq.FD:
            raise ctzmq.ZMQError(ctzmq.ENOTSOCK)
        return self.options[option]

    def set(self, option: int, value: Any) -> None:
        self.options[option] = value


@pytest.mark.parametrize("name", ["linger", "LINGER", "Linger"])
def test_an_option_is_set_and_read(name: str) -> None:
    options = Options()
    setattr(options, name, 5)
    assert options.options == {ctzmq.LINGER: 5}
    assert getattr(options, name) == 5
    assert name not in vars(options)


def test_attributes_of_the_class_and_the_object_stay_what_they_are() -> None:
    options = Options()
    options.annotated = 2
    options.defined = 3
    assert (options.annotated, options.defined, options.options) == (2, 3, {})
    vars(options)["linger"] = 0
    options.linger = 7
    assert vars(options)["linger"] == 7
    assert options.options == {}


def test_an_unknown_name_is_an_attribute_error() -> None:
    options = Options()
    with pytest.raises(AttributeError, match="Options has no such option: LINGERR"):
        options.lingerr
    with pytest.raises(AttributeError, match="Options has no such option: LINGERR"):
        options.lingerr = 1


def test_what_can_not_be_read_is_no_attribute() -> None:
    assert not hasattr(Options(), "subscribe")
    with pytest.raises(ctzmq.ZMQError, match="socket"):
        Options().fd


def test_the_base_itself_has_no_options() -> None:
    with pytest.raises(NotImplementedError, match="get"):
        AttributeSetter().linger
    with pytest.raises(NotImplementedError, match="set"):
        AttributeSetter().linger = 1
