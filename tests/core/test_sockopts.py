"""Options by their numbers: those that are known, others, and options as text."""

from __future__ import annotations

import os
import sys
from typing import Callable

import pytest

import ctzmq as zmq
from ctzmq.core import options


def test_options_as_text(socket: Callable[..., zmq.Socket]) -> None:
    a = socket(zmq.DEALER)
    a.set_string(zmq.ROUTING_ID, "Ünïcode")
    assert a.get(zmq.ROUTING_ID) == "Ünïcode".encode()
    assert a.get_string(zmq.ROUTING_ID) == "Ünïcode"
    a.setsockopt_string(zmq.ROUTING_ID, "Ünïcode", "latin-1")
    assert a.getsockopt_string(zmq.ROUTING_ID, "latin-1") == "Ünïcode"
    a.setsockopt_unicode(zmq.ROUTING_ID, "x", encoding="utf-16")
    assert a.getsockopt_unicode(zmq.ROUTING_ID, encoding="utf-16") == "x"


def test_the_descriptor_is_one_that_the_system_knows(socket: Callable[..., zmq.Socket]) -> None:
    a = socket(zmq.PAIR)
    assert a.get(zmq.FD) == a.fileno() == a.fd
    if sys.platform != "win32":
        os.fstat(a.fileno())


def test_a_number_that_is_not_known_here_is_an_int_option(
    socket: Callable[..., zmq.Socket],
) -> None:
    a = socket(zmq.PAIR)
    assert options.kind(424242) == "int"
    with pytest.raises(zmq.ZMQError, match="cannot get option 424242: this libzmq does not know"):
        a.get(424242)
    with pytest.raises(zmq.ZMQError, match="cannot set option 424242 to 7: this libzmq does not"):
        a.set(424242, 7)


@pytest.mark.parametrize("number", [2**32 + 17, 2**31, 2**70, -(2**40), -1])
def test_a_number_is_not_cut_to_that_of_another_option(
    number: int, socket: Callable[..., zmq.Socket]
) -> None:
    a = socket(zmq.PAIR)
    with pytest.raises(zmq.ZMQError, match=f"cannot get option {number}: .*not know it") as caught:
        a.get(number)
    assert caught.value.errno == zmq.EINVAL
    with pytest.raises(zmq.ZMQError, match=f"cannot set option {number} to 1: .*not know it"):
        a.set(number, 1)
    assert a.linger == 0
