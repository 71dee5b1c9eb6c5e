"""The names of zmq.sugar are those of ctzmq itself."""

from __future__ import annotations

import pytest

import ctzmq
from ctzmq import core
from ctzmq.compat import sugar

MODULES = {"context", "frame", "poll", "socket", "tracker", "version"}


@pytest.mark.parametrize("name", [name for name in sugar.__all__ if name not in MODULES])
def test_a_name_is_that_of_ctzmq(name: str) -> None:
    assert getattr(sugar, name) is getattr(ctzmq, name)


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_module_is_that_of_the_core(name: str) -> None:
    assert name in sugar.__all__
    assert getattr(sugar, name) is getattr(core, name)
