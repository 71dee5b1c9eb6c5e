"""The names, parameters and numbers of ctzmq are pyzmq's.

`data/pyzmq_api.json` has pyzmq's: where each name of a module comes from, the members of each class
(own and inherited), each signature, each constant. `DIFFERS` is all that is otherwise here.
"""

from __future__ import annotations

import dis
import errno
import gc
import importlib
import inspect
import json
import pickle
import sys
import warnings
import weakref
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest

import ctzmq
from ctzmq.compat import HOMES

DATA: dict[str, Any] = json.loads(
    Path(__file__).with_name("data").joinpath("pyzmq_api.json").read_text(encoding="utf-8")
)

DEPRECATED = ("zmq.auth.ioloop", "zmq.eventloop.ioloop")
"""The modules that warn when they are imported, as they do in pyzmq."""

CLOSED = (
    "property",
    "setting it changes nothing but what it says; pyzmq allows it by the way it is compiled",
)
RAW_SOCKETS = ("missing", "pyzmq declares it and never sets it")
GET = ("(self, option)", "it has the name that all other sockets give it")
SEND = (
    "(self, data, flags=0, copy=True, track=False, routing_id=None, group=None)",
    "what else it takes has names, as in all other sockets",
)

DIFFERS = {
    "zmq.asyncio.Context.closed": CLOSED,
    "zmq.asyncio.Poller.raw_sockets": RAW_SOCKETS,
    "zmq.asyncio.Socket.get": GET,
    "zmq.asyncio.Socket.send": SEND,
    "zmq.eventloop.future.Context.closed": CLOSED,
    "zmq.eventloop.future.Poller.raw_sockets": RAW_SOCKETS,
    "zmq.eventloop.future.Socket.get": GET,
    "zmq.eventloop.future.Socket.send": SEND,
    "zmq.sugar.context.Context.closed": CLOSED,
}
"""What is otherwise than in pyzmq: how it is here, and why."""

BASES_DIFFER = {
    "zmq.sugar.attrsettr.AttributeSetter": (
        "options are typed attributes of the classes, which needs no base for it"
    ),
}
"""The bases that pyzmq's classes have and those of ctzmq have not, and why."""

BASES_INSTEAD = {
    "zmq.eventloop.future.CancelledError": (
        ["CancelledError", "BaseException"],
        "it is asyncio's, which tornado's coroutines get too, whatever else they wait for",
    ),
}
"""The classes that have other bases: which, and why."""

SEED_DIFFERS = {
    "eventlet.green.zmq.Socket.send": (
        "(data, flags=0, copy=True, track=False)",
        "pyzmq calls the message data",
    ),
    "eventlet.green.zmq.Socket.send_pyobj": (
        "(obj, flags=0, protocol=DEFAULT_PROTOCOL)",
        "pyzmq takes the protocol that pickle takes, which every supported Python reads",
    ),
    "eventlet.green.zmq.Socket.send_string": (
        "(u, flags=0, copy=True, encoding='utf-8')",
        "pyzmq copies, as everywhere",
    ),
    "eventlet.green.zmq.Socket.send_unicode": (
        "(u, flags=0, copy=True, encoding='utf-8')",
        "the same as send_string",
    ),
    "zmq.core.socket.Socket.__init__": (
        "(ctx_or_socket, socket_type)",
        "pyzmq takes a socket in place of the context too",
    ),
}
"""What is otherwise than in the old documentation: how it is here, and why."""


def exists(module: str) -> bool:
    """Tell if ctzmq has the module."""
    try:
        spec = find_spec(HOMES[module])
    except ModuleNotFoundError:
        return False
    return spec is not None and spec.has_location


def home(module: str) -> ModuleType:
    """Import the module that answers to a name of pyzmq's."""
    try:
        with warnings.catch_warnings():
            if module in DEPRECATED:
                warnings.simplefilter("ignore", DeprecationWarning)
            return importlib.import_module(HOMES[module])
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("ctzmq"):
            raise
        pytest.skip(f"{module} needs {error.name}, which is not installed")


def module_of(path: str) -> str:
    """Tell which module of pyzmq's a dotted name is in."""
    while path not in HOMES:
        path = path.rpartition(".")[0]
    return path


def find(path: str) -> Any:
    """Find an object by its dotted name in pyzmq."""
    module = module_of(path)
    found: Any = home(module)
    for name in path[len(module) + 1 :].split("."):
        found = getattr(found, name)
    return found


def signature(function: Any) -> str:
    """Write parameters as the data file does: names, kinds and defaults, no types."""
    shown = []
    star = False
    parameters = list(inspect.signature(function).parameters.values())
    for position, parameter in enumerate(parameters):
        if parameter.kind is parameter.VAR_POSITIONAL:
            star = True
            shown.append(f"*{parameter.name}")
            continue
        if parameter.kind is parameter.VAR_KEYWORD:
            shown.append(f"**{parameter.name}")
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not star:
            star = True
            shown.append("*")
        shown.append(parameter.name + default(parameter))
        following = parameters[position + 1 : position + 2]
        if parameter.kind is parameter.POSITIONAL_ONLY and not (
            following and following[0].kind is parameter.POSITIONAL_ONLY
        ):
            shown.append("/")
    return f"({', '.join(shown)})"


def default(parameter: inspect.Parameter) -> str:
    """Write a parameter's default value."""
    value = parameter.default
    if value is parameter.empty:
        return ""
    if parameter.name == "protocol" and value == pickle.DEFAULT_PROTOCOL:
        return "=DEFAULT_PROTOCOL"
    if isinstance(value, int) and not isinstance(value, bool):
        value = int(value)
    return f"={value!r}"


def member(cls: type, name: str) -> str:
    """Describe a member of a class as the data file does.

    The parameters of a method that operators and statements call have no names that matter.
    """
    if name.startswith("__") and name != "__init__":
        return "method" if callable(getattr(cls, name, None)) else "missing"
    try:
        found = inspect.getattr_static(cls, name)
    except AttributeError:
        return "attribute" if name in names_of_instances(cls) else "missing"
    if isinstance(found, (classmethod, staticmethod)):
        return f"{type(found).__name__} {signature(found.__func__)}"
    if inspect.isfunction(getattr(cls, name)):
        return signature(getattr(cls, name))
    if isinstance(found, property):
        return "attribute" if found.fset else "property"
    return "attribute"


@cache
def names_of_instances(cls: type) -> set[str]:
    """Find the attributes that a class's methods or annotations give to its instances."""
    names: set[str] = set()
    for base in cls.__mro__:
        names.update(getattr(base, "__annotations__", {}))
        for function in vars(base).values():
            if isinstance(getattr(function, "__code__", None), CodeType):
                names.update(
                    instruction.argval
                    for instruction in dis.get_instructions(function)
                    if instruction.opname == "STORE_ATTR"
                )
    return names


MODULES = [module for module in DATA["modules"] if exists(module)]
FUNCTIONS = [path for path in DATA["functions"] if exists(module_of(path))]
CLASSES = [path for path in DATA["classes"] if exists(module_of(path))]


# -- Modules and functions -------------------------------------------------------------------------


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_the_same_names_and_objects(module: str) -> None:
    space = home(module)
    if "IOLoop" in DATA["modules"][module]:
        pytest.importorskip("tornado")
    for name, origin in DATA["modules"][module].items():
        assert hasattr(space, name), f"{module} has no {name}"
        if origin.startswith("zmq.") and exists(module_of(origin)):
            assert getattr(space, name) is find(origin)


@pytest.mark.parametrize("path", FUNCTIONS)
def test_a_function_has_the_same_parameters(path: str) -> None:
    assert signature(find(path)) == DATA["functions"][path]


# -- Classes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", CLASSES)
def test_a_class_has_the_same_bases(path: str) -> None:
    cls = find(path)
    bases = [base.__qualname__ for base in cls.__mro__]
    if path in BASES_INSTEAD:
        expected, _ = BASES_INSTEAD[path]
        assert bases[: len(expected)] == expected
        return
    for base in DATA["classes"][path]["bases"]:
        if base in BASES_DIFFER:
            assert not issubclass(cls, find(base))
        elif base.startswith("zmq."):
            assert issubclass(cls, find(base))
        else:
            assert base.rpartition(".")[2] in bases


@pytest.mark.parametrize("path", CLASSES)
def test_a_class_has_the_same_members_with_the_same_parameters(path: str) -> None:
    cls = find(path)
    pyzmq = {name: shown for name, shown in DATA["classes"][path].items() if name != "bases"}
    expected = {
        name: DIFFERS.get(f"{path}.{name}", (shown, ""))[0] for name, shown in pyzmq.items()
    }
    assert {name: member(cls, name) for name in pyzmq} == expected


# -- Constants -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DATA["enums"])
def test_an_enum_has_the_same_members(name: str) -> None:
    facts = DATA["enums"][name]
    enum = getattr(ctzmq, name)
    members = facts["members"]
    if name == "Errno":
        members = {key: errno_of(key, number) for key, number in members.items()}
    assert {key: each.value for key, each in enum.__members__.items()} == members
    assert facts["base"] in [base.__name__ for base in enum.__mro__]


@pytest.mark.parametrize("module", ["zmq", "zmq.constants"])
def test_every_constant_is_there_flat(module: str) -> None:
    space = home(module)
    for name, number in DATA["constants"].items():
        if name in DATA["enums"]["Errno"]["members"]:
            number = errno_of(name, number)
        assert getattr(space, name) == number, name


def errno_of(name: str, on_linux: int) -> int:
    """Tell the number that an error has on this system."""
    if sys.platform == "win32":
        return int(DATA["enums"]["Errno"]["windows"][name])
    return int(getattr(errno, name, on_linux))


# -- The old documentation -------------------------------------------------------------------------

SEED_METHODS = [
    (path, name)
    for path, methods in DATA["seed"].items()
    if path.startswith("zmq.core.") or path == "eventlet.green.zmq.Socket"
    for name in methods
]


def old_class(path: str) -> Any:
    """Import a class by the module's name that it had in pyzmq 2."""
    if not path.startswith("zmq."):
        return ctzmq.Socket
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module("ctzmq" + module[len("zmq") :]), name)


@pytest.mark.parametrize(("path", "name"), SEED_METHODS)
def test_a_documented_call_is_understood(path: str, name: str) -> None:
    function = inspect.getattr_static(old_class(path), name)
    takes = inspect.signature(getattr(function, "__func__", function))
    documented = DATA["seed"][path][name]
    documented, _ = SEED_DIFFERS.get(f"{path}.{name}", (documented, ""))
    positional, keywords = ["self"], {}
    for parameter in filter(None, documented.strip("()").split(", ")):
        key, has_default, value = parameter.partition("=")
        keywords[key] = value
        positional.append(value)
        if has_default:
            assert default(takes.parameters[key]) == f"={value}"
    takes.bind(*positional)
    takes.bind("self", **keywords)


@pytest.mark.parametrize("name", DATA["seed"]["names"])
def test_a_documented_name_is_there(name: str) -> None:
    assert hasattr(ctzmq, name)


# -- The lists of differences ----------------------------------------------------------------------


@pytest.mark.parametrize("path", DIFFERS)
def test_a_difference_is_one(path: str) -> None:
    owner, _, name = path.rpartition(".")
    assert DIFFERS[path][0] != DATA["classes"][owner][name]


@pytest.mark.parametrize("path", SEED_DIFFERS)
def test_a_difference_from_the_old_documentation_is_one(path: str) -> None:
    owner, _, name = path.rpartition(".")
    assert SEED_DIFFERS[path][0] != DATA["seed"][owner][name]


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="others collect later anyway")
def test_a_name_that_is_missing_keeps_nothing_that_is_being_handled() -> None:
    class Anything:
        """Something that the frames of an exception refer to."""

    def ask() -> weakref.ref[Anything]:
        mine = Anything()
        try:
            raise ValueError
        except ValueError:
            assert getattr(ctzmq, "no_such_name", None) is None
        return weakref.ref(mine)

    gc.disable()
    try:
        assert ask()() is None
    finally:
        gc.enable()
