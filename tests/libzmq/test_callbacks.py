"""The types of the functions that libzmq calls are those of zmq.h."""

from __future__ import annotations

import ctypes
import json
from pathlib import Path
from typing import Any

import pytest

from ctzmq.libzmq import callbacks, prototypes

DECLARED: dict[str, tuple[str, list[str]]] = json.loads(
    (Path(__file__).parents[1] / "data" / "zmq_h.json").read_text("utf-8")
)["callbacks"]
TYPES = {"void": None, "int": ctypes.c_int, "void *": ctypes.c_void_p}


@pytest.mark.parametrize("name", DECLARED)
def test_types_of(name: str) -> None:
    returns, params = DECLARED[name]
    callback: Any = getattr(callbacks, name)
    assert callback._restype_ is TYPES[returns]
    assert list(callback._argtypes_) == [TYPES[c_type] for c_type in params]


def test_arguments_arrive_whole() -> None:
    got: list[Any] = []
    free = callbacks.zmq_free_fn(lambda data, hint: got.append((data, hint)))
    free(2**31 + 5, 7)
    timer = callbacks.zmq_timer_fn(lambda number, argument: got.append((number, argument)))
    timer(-7, 1)
    thread = callbacks.zmq_thread_fn(got.append)
    thread(12)
    assert got == [(2**31 + 5, 7), (-7, 1), 12]


def test_libzmq_calls_that_of_a_thread() -> None:
    got: list[Any] = []
    run = callbacks.zmq_thread_fn(got.append)
    thread = prototypes.zmq_threadstart(run, 5)
    prototypes.zmq_threadclose(thread)
    assert got == [5]


@pytest.mark.libzmq(4, 3)
def test_libzmq_calls_that_of_a_timer() -> None:
    got: list[Any] = []
    timers = prototypes.zmq_timers_new()
    tick = callbacks.zmq_timer_fn(lambda number, argument: got.append((number, argument)))
    number = prototypes.zmq_timers_add(timers, 1, tick, 6)
    assert number >= 0
    while not got:
        assert prototypes.zmq_timers_execute(timers) == 0
    assert got[0] == (number, 6)
    assert prototypes.zmq_timers_destroy(ctypes.byref(ctypes.c_void_p(timers))) == 0
