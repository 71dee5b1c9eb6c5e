"""The enums carry what each number means."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from subprocess import run
from typing import Any

import pytest

from ctzmq.constants import enums, on_demand, options

DATA = Path(__file__).parents[1] / "data"
OPTIONS: dict[str, Any] = json.loads(DATA.joinpath("socket_options.json").read_text("utf-8"))


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_knows_the_type_of_its_value(name: str) -> None:
    assert options.SocketOption[name]._opt_type.value == OPTIONS[name]["type"]


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_that_libzmq_reads_or_writes_has_a_release(name: str) -> None:
    option = options.SocketOption[name]
    if option.readable or option.writable:
        assert option.since[:1] in ("", "2", "3", "4")
    needs = OPTIONS[name].get("needs", "")
    if needs[:1] == "4" and option.name == name:
        assert option.since.partition(" ")[0] == needs


def test_an_option_is_found_by_its_number_and_by_its_old_name() -> None:
    assert options.SocketOption(5) is options.SocketOption.ROUTING_ID
    assert options.SocketOption["IDENTITY"] is options.SocketOption.ROUTING_ID
    assert enums.SocketType["XREP"] is enums.SocketType.ROUTER
    with pytest.raises(ValueError, match="9999"):
        options.SocketOption(9999)


def test_options_tell_what_can_be_done_with_them() -> None:
    option = options.SocketOption
    assert (option.LINGER.readable, option.LINGER.writable) == (True, True)
    assert (option.EVENTS.readable, option.EVENTS.writable) == (True, False)
    assert (option.SUBSCRIBE.readable, option.SUBSCRIBE.writable) == (False, True)


def test_flags_combine() -> None:
    assert enums.Flag.DONTWAIT | enums.Flag.SNDMORE == 3
    assert enums.PollEvent(3) == enums.PollEvent.POLLIN | enums.PollEvent.POLLOUT
    assert on_demand.Event.CONNECTED in on_demand.Event.ALL


def test_an_import_makes_no_enum() -> None:
    program = "import ctzmq, sys; print(*(name for name in sys.modules if 'ctzmq.' in name))"
    loaded = run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert not {
        "ctzmq.constants.enums",
        "ctzmq.constants.options",
        "ctzmq.constants.on_demand",
    } & set(loaded.stdout.split())
