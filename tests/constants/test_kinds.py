"""Type checkers are told of each option what its value is."""

from __future__ import annotations

from typing import get_args

from ctzmq.constants import SocketOption
from ctzmq.constants.kinds import BytesOption, IntOption
from ctzmq.libzmq import numbers


def test_each_option_has_the_type_that_libzmq_gives_it() -> None:
    told = {numbers.BYTES: set(get_args(BytesOption)), numbers.INT: set(get_args(IntOption))}
    assert told[numbers.BYTES] | told[numbers.INT] == set(SocketOption)
    for option in SocketOption:
        assert (option in told[numbers.BYTES]) == (numbers.KINDS[option] == numbers.BYTES)
        assert (option in told[numbers.BYTES]) != (option in told[numbers.INT])
