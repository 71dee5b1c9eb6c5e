"""The names of zmq.backend are those of ctzmq itself."""

from __future__ import annotations

import pytest

import ctzmq
from ctzmq import devices
from ctzmq.compat import backend

OWN = ("monitored_queue", "public_api", "select_backend")


@pytest.mark.parametrize("name", [name for name in backend.__all__ if name not in OWN])
def test_a_name_is_that_of_ctzmq(name: str) -> None:
    assert getattr(backend, name) is getattr(ctzmq, name)


def test_the_monitored_queue_is_that_of_the_devices() -> None:
    assert backend.monitored_queue is devices.monitored_queue


@pytest.mark.parametrize("name", ["zmq.backend.cython", "zmq.backend.cffi", "ctzmq.compat.backend"])
def test_whatever_is_selected_is_the_same(name: str) -> None:
    selected = backend.select_backend(name)
    assert selected == {key: getattr(backend, key) for key in backend.public_api}
    assert selected["Socket"] is ctzmq.Socket


def test_a_backend_that_nobody_has_is_named() -> None:
    with pytest.raises(ImportError, match="nobody"):
        backend.select_backend("nobody.has")
