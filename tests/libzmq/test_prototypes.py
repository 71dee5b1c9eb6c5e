"""Every function of zmq.h is declared with the types of the header, and told when it is lacking."""

from __future__ import annotations

import ctypes
import importlib.util
import json
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Callable, NamedTuple

import pytest

from ctzmq.libzmq import loader, prototypes, structs
from ctzmq.libzmq.unavailable import Missing, ZMQVersionError

HEADER = json.loads((Path(__file__).parents[1] / "data" / "zmq_h.json").read_text("utf-8"))


class Declared(NamedTuple):
    """A function as the header has it."""

    returns: str
    params: list[str]
    since: str | None
    draft: bool


FUNCTIONS = {name: Declared(*row) for name, row in HEADER["functions"].items()}

PLAIN: dict[str, Any] = {
    "void": None,
    "int": ctypes.c_int,
    "long": ctypes.c_long,
    "unsigned long": ctypes.c_ulong,
    "short": ctypes.c_short,
    "size_t": ctypes.c_size_t,
    "uint32_t": ctypes.c_uint32,
    "uint64_t": ctypes.c_uint64,
    "zmq_fd_t": structs.zmq_fd_t,
    "zmq_timer_fn": ctypes.c_void_p,  # a pointer to a function
}
POINTERS = (ctypes.c_void_p, ctypes.c_char_p)


def prototypes_of(library: object, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Load the declarations anew, on a library of the test's own making."""
    real = loader.load()
    fake = SimpleNamespace(handle=library, path=real.path, how=real.how, version=real.version)
    monkeypatch.setattr(loader, "load", lambda: fake)
    spec = importlib.util.spec_from_file_location("ctzmq.libzmq.again", prototypes.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Everything:
    """A library that exports whatever it is asked for."""

    def __getattr__(self, name: str) -> Any:
        return SimpleNamespace()


class Nothing:
    """A library that exports nothing at all."""


def suits(c_type: str, declared: Any) -> bool:
    if c_type in PLAIN:
        return bool(declared is PLAIN[c_type])
    assert c_type.endswith("*"), f"the table of types lacks {c_type}"
    return declared in POINTERS


@pytest.mark.parametrize("name", FUNCTIONS)
def test_types_of(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = FUNCTIONS[name]
    function = getattr(prototypes_of(Everything(), monkeypatch), name)
    assert suits(wanted.returns, function.restype), function.restype
    assert len(function.argtypes) == len(wanted.params)
    for c_type, declared in zip(wanted.params, function.argtypes):
        assert suits(c_type, declared), (c_type, declared)


def test_no_function_is_declared_that_the_header_lacks() -> None:
    assert set(prototypes.DECLARATIONS) == set(FUNCTIONS)
    with pytest.raises(AttributeError, match="zmq_teleport"):
        prototypes.zmq_teleport


def test_a_function_is_declared_once() -> None:
    assert prototypes.zmq_has is prototypes.zmq_has
    assert vars(prototypes)["zmq_has"] is prototypes.zmq_has


def test_what_a_function_returns_as_text_it_does_not_have_to_free() -> None:
    """A `char *` result would be copied and its address lost; only constant text may be so."""
    for name, wanted in FUNCTIONS.items():
        function = getattr(prototypes, name)
        if function and function.restype is ctypes.c_char_p:
            assert wanted.returns == "const char *", name


def test_the_loaded_library_has_all_stable_functions_of_its_release() -> None:
    version = loader.load().version
    for name in prototypes.missing():
        wanted = FUNCTIONS[name]
        since = tuple(map(int, (wanted.since or "99").split(".")))
        assert wanted.draft or since > version, f"{name} should be in {version}"


def test_missing_functions_are_named_in_the_order_of_the_header(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = prototypes_of(Nothing(), monkeypatch)
    names = module.missing()
    assert set(names) == set(FUNCTIONS)
    assert names[0] == "zmq_version"
    assert names.index("zmq_ctx_new") < names.index("zmq_msg_init") < names.index("zmq_socket")
    names.clear()
    assert module.missing()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_missing_function_says_what_it_needs(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    function = getattr(prototypes_of(Nothing(), monkeypatch), name)
    assert isinstance(function, Missing)
    with pytest.raises(ZMQVersionError) as caught:
        function(1, 2, 3)
    text = str(caught.value)
    assert text.startswith(f"{name} requires libzmq >= {FUNCTIONS[name].since or '4.3.6'}")
    assert ("draft API" in text) == FUNCTIONS[name].draft
    assert text.endswith("have " + ".".join(map(str, loader.load().version)))


def test_a_call_keeps_its_own_errno() -> None:
    assert prototypes.zmq_ctx_term(None) < 0
    first = ctypes.get_errno()
    assert prototypes.zmq_strerror(first) == b"Bad address"
    other: Callable[[], int] = prototypes.zmq_errno
    other()
    assert ctypes.get_errno() == first


@pytest.mark.parametrize("wrong", ["text", 1.5, object()])
def test_a_wrong_argument_is_refused_before_the_call(wrong: object) -> None:
    with pytest.raises((ctypes.ArgumentError, TypeError)):
        prototypes.zmq_ctx_get(None, wrong)
    with pytest.raises((ctypes.ArgumentError, TypeError)):
        prototypes.zmq_bind(None, 1.5)


def test_addresses_and_sizes_of_more_than_32_bits_arrive_whole() -> None:
    if ctypes.sizeof(ctypes.c_void_p) < 8:
        pytest.skip("no such address here")
    message = structs.zmq_msg_t()
    data = ctypes.create_string_buffer(1)
    size = 2**40 + 3
    address = ctypes.addressof(data)
    assert prototypes.zmq_msg_init_data(ctypes.byref(message), address, size, None, None) == 0
    assert prototypes.zmq_msg_size(ctypes.byref(message)) == size
    assert prototypes.zmq_msg_data(ctypes.byref(message)) == address
    assert prototypes.zmq_msg_close(ctypes.byref(message)) == 0
