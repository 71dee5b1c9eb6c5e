"""The plain numbers are those of the enums."""

from __future__ import annotations

import json
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

import ctzmq
from ctzmq.libzmq import numbers

ERRORS: dict[str, Any] = json.loads(
    Path(__file__).parents[1].joinpath("data", "pyzmq_api.json").read_text("utf-8")
)["enums"]["Errno"]


def load_as_on(platform: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the module a second time, as another platform would."""
    monkeypatch.setattr(sys, "platform", platform)
    assert numbers.__file__ is not None
    spec = spec_from_file_location("numbers_elsewhere", numbers.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "name", [name for name in vars(numbers) if name.isupper() and hasattr(ctzmq, name)]
)
def test_a_number_is_that_of_the_constant(name: str) -> None:
    assert getattr(numbers, name) == getattr(ctzmq, name)


def test_the_tables_have_every_option() -> None:
    sockets = {name: int(option) for name, option in ctzmq.SocketOption.__members__.items()}
    assert {name: number for name, (number, _) in numbers.SOCKET_OPTIONS.items()} == sockets
    assert dict(ctzmq.ContextOption.__members__) == numbers.CONTEXT_OPTIONS


def test_every_number_of_an_option_has_one_kind() -> None:
    assert set(numbers.SOCKET_OPTIONS.values()) == set(numbers.KINDS.items())


def test_libzmqs_own_error_numbers_meet_none_of_the_system() -> None:
    own = [numbers.EFSM, numbers.ENOCOMPATPROTO, numbers.ETERM, numbers.EMTHREAD]
    assert own == [156384763, 156384764, 156384765, 156384766]


def test_windows_has_the_error_numbers_of_its_c_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    there = load_as_on("win32", monkeypatch)
    assert {name: getattr(there, name) for name in ctzmq.Errno.__members__} == ERRORS["windows"]


def test_a_system_without_a_number_gets_libzmqs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("errno.EHOSTUNREACH")
    assert load_as_on("linux", monkeypatch).EHOSTUNREACH == 156384729
