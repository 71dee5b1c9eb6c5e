"""Each option has a meaning, and the defaults that are told are those of the library."""

from __future__ import annotations

import pytest

import ctzmq as zmq
from ctzmq.constants.meanings import MEANINGS, meaning


def test_every_option_has_one() -> None:
    assert set(MEANINGS) == {option.name for option in zmq.SocketOption}


def test_each_is_one_short_clause() -> None:
    for name, (text, _, _) in MEANINGS.items():
        assert text.strip(" .") == text, name
        assert len(text) <= 110, name


def test_it_tells_unit_default_type_access_and_release() -> None:
    told = meaning("RCVTIMEO")
    assert told.startswith("RCVTIMEO: how long to wait for a message")
    assert "\n\nint, ms; default: -1; can be read and set; since libzmq 3.0.0.\n" in told
    assert meaning("IDENTITY") == meaning("ROUTING_ID")
    for option in zmq.SocketOption:
        assert meaning(option.name)


def test_the_defaults_are_those_of_the_library() -> None:
    read = 0
    with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
        for name, (_, _, default) in MEANINGS.items():
            option = zmq.SocketOption[name]
            number = default.partition(":")[0].lstrip("-")
            if not (option.readable and number.isdigit()) or "draft" in option.since:
                continue
            try:
                value = socket.get(option)
            except zmq.ZMQError:
                continue  # not built into this library, or newer
            assert str(value) == default.partition(":")[0], name
            read += 1
    assert read > 20


@pytest.mark.parametrize("name", ["HANDSHAKE_IVL", "SNDHWM", "MULTICAST_HOPS"])
def test_units_are_told(name: str) -> None:
    assert MEANINGS[name][1]
