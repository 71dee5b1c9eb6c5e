from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

import ctzmq.eventloop

tornado_ioloop = pytest.importorskip("tornado.ioloop")


@pytest.fixture
def ioloop() -> Iterator[ModuleType]:
    sys.modules.pop("ctzmq.eventloop.ioloop", None)
    with pytest.warns(DeprecationWarning, match="as it is"):
        yield importlib.import_module("ctzmq.eventloop.ioloop")


def test_the_loops_are_tornados(ioloop: ModuleType) -> None:
    assert ioloop.IOLoop is tornado_ioloop.IOLoop
    assert ioloop.ZMQIOLoop is tornado_ioloop.IOLoop
    assert ioloop.PeriodicCallback is tornado_ioloop.PeriodicCallback
    assert ctzmq.eventloop.IOLoop is tornado_ioloop.IOLoop


def test_install_does_nothing_but_warn(ioloop: ModuleType) -> None:
    with pytest.warns(DeprecationWarning, match="as it is"):
        ioloop.install()


def test_unknown_names_are_still_errors() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        ctzmq.eventloop.nonsense  # type: ignore[attr-defined]


def test_the_package_does_not_import_tornado() -> None:
    code = "import sys, ctzmq.eventloop; assert 'tornado' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=50)
