"""Annotations can be evaluated at run time, as documentation tools, IDEs and `inspect` do."""

from __future__ import annotations

import importlib
import inspect
import sys
import typing
from collections.abc import Iterator
from typing import Any

import pytest

import ctzmq

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 10), reason="`X | Y` of types is new in Python 3.10"
)

MODULES = [
    "ctzmq",
    "ctzmq.asyncio",
    "ctzmq.auth",
    "ctzmq.auth.asyncio",
    "ctzmq.auth.thread",
    "ctzmq.decorators",
    "ctzmq.devices",
    "ctzmq.error",
    "ctzmq.eventloop.future",
    "ctzmq.eventloop.zmqstream",
    "ctzmq.green",
    "ctzmq.green.gevent",
    "ctzmq.log.handlers",
    "ctzmq.ssh",
    "ctzmq.utils.interop",
    "ctzmq.utils.jsonapi",
    "ctzmq.utils.monitor",
    "ctzmq.utils.strtypes",
    "ctzmq.utils.z85",
]


def public(module: str) -> dict[str, Any]:
    """Return the functions, classes and methods of a module's public names."""
    found: dict[str, Any] = {}
    try:
        names = importlib.import_module(module)
        for name in getattr(names, "__all__", [name for name in dir(names) if name[0] != "_"]):
            value = getattr(names, name)
            if inspect.isfunction(value):
                found[name] = value
            elif inspect.isclass(value) and value.__module__.split(".")[0] in ("ctzmq", "zmq"):
                found[name] = value
                found.update({f"{name}.{key}": method for key, method in methods(value)})
    except ImportError:  # a library of another loop, which is not installed
        found.clear()
    return found


def methods(cls: type) -> Iterator[tuple[str, Any]]:
    for base in cls.__mro__:
        if not base.__module__.startswith("ctzmq"):
            continue
        for name, value in vars(base).items():
            function = getattr(value, "__func__", value)
            if inspect.isfunction(function) and (name[0] != "_" or name == "__init__"):
                yield name, function


@pytest.mark.parametrize("module", MODULES)
def test_every_annotation_of_a_public_name_can_be_evaluated(module: str) -> None:
    failed = {}
    for name, value in public(module).items():
        try:
            typing.get_type_hints(value)
        except Exception as error:
            failed[name] = repr(error)
    assert failed == {}


def test_what_the_annotations_of_a_send_say() -> None:
    hints = typing.get_type_hints(ctzmq.Socket.send)
    assert hints["flags"] is int
    assert hints["return"] == typing.Optional[ctzmq.MessageTracker]
    assert inspect.signature(ctzmq.Socket.send).parameters["copy"].annotation == "bool"
    assert ctzmq.Context[ctzmq.Socket].__args__ == (ctzmq.Socket,)  # type: ignore[attr-defined]
