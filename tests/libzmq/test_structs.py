"""The C types have the sizes of zmq.h, here and, by substitution, on other platforms."""

from __future__ import annotations

import ctypes
import json
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

from ctzmq.libzmq import prototypes, structs

STRUCTS = json.loads((Path(__file__).parents[1] / "data" / "zmq_h.json").read_text("utf-8"))[
    "structs"
]
WIDE = ctypes.sizeof(ctypes.c_void_p) == 8
POLLS = ["zmq_pollitem_t", "zmq_poller_event_t"]


def here() -> str:
    if sys.platform == "win32":
        return "win64" if WIDE else "win32"
    return "lp64" if WIDE else "ilp32"


@pytest.fixture(params=["lp64", "win64", "ilp32", "win32"])
def platform(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module as it would be on another platform, with that platform's name as `name`."""
    name: str = request.param
    bits = "64" if "64" in name else "32"
    monkeypatch.setattr(sys, "platform", "win32" if name.startswith("win") else "linux")
    for pointer_sized in ("c_void_p", "c_size_t"):
        monkeypatch.setattr(ctypes, pointer_sized, getattr(ctypes, f"c_uint{bits}"))
    return {"name": name, **runpy.run_path(structs.__file__)}


@pytest.mark.parametrize("struct", POLLS)
def test_sizes_here(struct: str) -> None:
    assert ctypes.sizeof(getattr(structs, struct)) == STRUCTS[struct]["size"][here()]


@pytest.mark.parametrize("struct", POLLS)
def test_sizes_elsewhere(platform: Any, struct: str) -> None:
    if "64" in platform["name"] and not WIDE:
        pytest.skip("a 32-bit platform aligns 64-bit words in another way")
    assert ctypes.sizeof(platform[struct]) == STRUCTS[struct]["size"][platform["name"]]


@pytest.mark.skipif(not WIDE, reason="a 32-bit platform aligns 64-bit words in another way")
@pytest.mark.parametrize("platform", ["lp64", "win64"], indirect=True)
@pytest.mark.parametrize("struct", POLLS)
def test_offsets(platform: Any, struct: str) -> None:
    offsets = STRUCTS[struct][f"offsets_{platform['name']}"]
    fields = {name: getattr(platform[struct], name).offset for name, _ in platform[struct]._fields_}
    assert fields == offsets


def test_a_message_is_64_bytes_and_aligned_as_a_pointer() -> None:
    assert ctypes.sizeof(structs.zmq_msg_t) == STRUCTS["zmq_msg_t"]["size"]
    assert ctypes.alignment(structs.zmq_msg_t) % ctypes.alignment(ctypes.c_void_p) == 0
    assert ctypes.addressof(structs.zmq_msg_t()) % ctypes.sizeof(ctypes.c_void_p) == 0


def test_the_library_agrees_on_the_size_of_a_message() -> None:
    context = prototypes.zmq_ctx_new()
    try:
        size: int = prototypes.zmq_ctx_get(context, 6)  # ZMQ_MSG_T_SIZE
        if size < 0:
            pytest.skip("this libzmq does not tell")
        assert ctypes.sizeof(structs.zmq_msg_t) >= size
    finally:
        prototypes.zmq_ctx_term(context)


def test_an_iovec_is_two_words() -> None:
    assert ctypes.sizeof(structs.iovec) == 2 * ctypes.sizeof(ctypes.c_void_p)
