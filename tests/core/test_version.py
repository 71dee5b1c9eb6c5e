from __future__ import annotations

import os
import re
from importlib.metadata import version

import pytest

import ctzmq as zmq
from ctzmq.core import version as module
from ctzmq.libzmq import library_path, loader

pytestmark = pytest.mark.blocking("it has no sockets")


def test_the_pyzmq_version_whose_api_is_met() -> None:
    assert zmq.__version__ == zmq.pyzmq_version() == "27.3.0"
    assert zmq.pyzmq_version_info() == module.version_info == (27, 3, 0)
    assert (module.VERSION_MAJOR, module.VERSION_MINOR, module.VERSION_PATCH) == (27, 3, 0)
    assert module.VERSION_EXTRA == ""
    assert zmq.__revision__ == ""


def test_the_version_of_the_distribution() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", zmq.VERSION)
    assert version("ctzmq") == zmq.VERSION


def test_the_version_of_libzmq() -> None:
    assert zmq.zmq_version_info() == loader.load().version
    assert zmq.zmq_version_info() >= (4, 1, 0)
    assert zmq.zmq_version() == ".".join(map(str, zmq.zmq_version_info()))


def test_what_a_compiler_would_ask_for() -> None:
    assert zmq.get_includes() == []
    for folder in zmq.get_library_dirs():
        assert os.path.isdir(folder)
        assert os.path.dirname(library_path()) == folder


def test_a_library_of_which_only_the_name_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loader, "library_path", lambda: "libzmq.so.5")
    assert zmq.get_library_dirs() == []
