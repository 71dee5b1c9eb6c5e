"""The flat names are the members of the enums, all of them."""

from __future__ import annotations

import json
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

import ctzmq
from ctzmq import constants

ENUMS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "data" / "pyzmq_api.json").read_text("utf-8")
)["enums"]


@pytest.mark.parametrize("name", ENUMS)
def test_each_member_of_an_enum_is_there_flat(name: str) -> None:
    flat = ENUMS[name].get("flat", {})
    enum: type[Enum] = getattr(constants, name)
    for member, value in enum.__members__.items():
        flat_name = flat.get(member, member)
        assert getattr(constants, flat_name) is value
        assert getattr(ctzmq, flat_name) is value


def test_a_star_import_gives_all_and_nothing_private() -> None:
    space: dict[str, Any] = {}
    exec("from ctzmq.constants import *", space)
    del space["__builtins__"]
    assert sorted(space) == sorted(constants.__all__)
    assert not [name for name in space if name.startswith("_")]
    assert len(constants.__all__) == len(set(constants.__all__))


def test_a_number_is_an_int_for_c_and_a_name_for_people() -> None:
    assert int(constants.LINGER) == 17
    assert f"{constants.LINGER!r}" == "<SocketOption.LINGER: 17>"
    assert constants.NOBLOCK is constants.DONTWAIT
