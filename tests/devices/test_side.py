"""What a device does with one of its sockets, once there is one."""

from __future__ import annotations

from typing import Any

import pytest

import ctzmq as zmq
from ctzmq.devices.side import Side


def test_options_come_before_endpoints() -> None:
    calls: list[tuple[Any, ...]] = []

    class Noted:
        def setsockopt(self, *arguments: Any) -> None:
            calls.append(arguments)

        bind = connect = setsockopt

    side = Side([], [], [])
    side.connect("inproc://far")
    side.bind("inproc://near")
    side.set(zmq.LINGER, 0)
    socket: Any = Noted()
    side.configure(socket)
    assert calls == [(zmq.LINGER, 0), ("inproc://near",), ("inproc://far",)]


def test_what_is_wrong_is_told_at_once() -> None:
    side = Side([], [], [])
    wrong: Any = 5
    with pytest.raises(TypeError, match="an endpoint"):
        side.bind(wrong)
    with pytest.raises(ValueError, match="NUL"):
        side.connect("inproc://a\0b")
    with pytest.raises(TypeError, match="an option"):
        side.set("LINGER", 0)  # type: ignore[arg-type]
    assert side == ([], [], [])
