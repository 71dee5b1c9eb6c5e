"""The names of zmq.backend are those of ctzmq itself."""

from __future__ import annotations

import pytest

import ctzmq
from ctzmq import backend, devices


@pytest.mark.parametrize("name", [name for name in backend.__all__ if name != "monitored_queue"])
def test_a_name_is_that_of_ctzmq(name: str) -> None:
    assert getattr(backend, name) is getattr(ctzmq, name)


def test_the_monitored_queue_is_that_of_the_devices() -> None:
    assert backend.monitored_queue is devices.monitored_queue
