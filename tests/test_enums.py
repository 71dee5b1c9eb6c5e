"""The enums carry what each number means."""

from __future__ import annotations

import json
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from ctzmq import enums, rare

DATA = Path(__file__).with_name("data")
OPTIONS: dict[str, Any] = json.loads(DATA.joinpath("socket_options.json").read_text("utf-8"))
ENUMS: dict[str, Any] = json.loads(DATA.joinpath("pyzmq_api.json").read_text("utf-8"))["enums"]


def load_as_on(platform: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the module a second time, as another platform would."""
    monkeypatch.setattr(sys, "platform", platform)
    assert enums.__file__ is not None
    spec = spec_from_file_location("enums_elsewhere", enums.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_knows_the_type_of_its_value(name: str) -> None:
    assert enums.SocketOption[name]._opt_type.value == OPTIONS[name]["type"]


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_that_libzmq_reads_or_writes_has_a_release(name: str) -> None:
    option = enums.SocketOption[name]
    if option.readable or option.writable:
        assert option.since[:1] in ("", "2", "3", "4")
    needs = OPTIONS[name].get("needs", "")
    if needs[:1] == "4" and option.name == name:
        assert option.since.partition(" ")[0] == needs


def test_an_option_is_found_by_its_number_and_by_its_old_name() -> None:
    assert enums.SocketOption(5) is enums.SocketOption.ROUTING_ID
    assert enums.SocketOption["IDENTITY"] is enums.SocketOption.ROUTING_ID
    assert enums.SocketType["XREP"] is enums.SocketType.ROUTER
    with pytest.raises(ValueError, match="9999"):
        enums.SocketOption(9999)


def test_options_tell_what_can_be_done_with_them() -> None:
    option = enums.SocketOption
    assert (option.LINGER.readable, option.LINGER.writable) == (True, True)
    assert (option.EVENTS.readable, option.EVENTS.writable) == (True, False)
    assert (option.SUBSCRIBE.readable, option.SUBSCRIBE.writable) == (False, True)


def test_flags_combine() -> None:
    assert enums.Flag.DONTWAIT | enums.Flag.SNDMORE == 3
    assert enums.PollEvent(3) == enums.PollEvent.POLLIN | enums.PollEvent.POLLOUT
    assert rare.Event.CONNECTED in rare.Event.ALL


def test_libzmqs_own_error_numbers_meet_none_of_the_system() -> None:
    own = [enums.Errno.EFSM, enums.Errno.ENOCOMPATPROTO, enums.Errno.ETERM, enums.Errno.EMTHREAD]
    assert own == [156384763, 156384764, 156384765, 156384766]


def test_windows_has_the_error_numbers_of_its_c_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    errno: Any = load_as_on("win32", monkeypatch).Errno
    assert {name: each.value for name, each in errno.__members__.items()} == ENUMS["Errno"][
        "windows"
    ]


def test_a_system_without_a_number_gets_libzmqs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("errno.EHOSTUNREACH")
    assert load_as_on("linux", monkeypatch).Errno.EHOSTUNREACH == 156384729
