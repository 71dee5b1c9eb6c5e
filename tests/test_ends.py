"""However a program ends, it prints nothing but what it causes itself."""

from __future__ import annotations

import ast
import dis
import importlib
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = {
    path: ast.parse(path.read_text("utf-8")) for path in sorted((ROOT / "ctzmq").rglob("*.py"))
}

# -- The finalizers themselves ---------------------------------------------------------------------


def finalizers() -> Iterator[tuple[str, str, ast.FunctionDef]]:
    """Yield every `__del__` of the package: its module, its class and the source."""
    for path, tree in SOURCES.items():
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for owner in ast.walk(tree):
            if isinstance(owner, ast.ClassDef):
                for node in owner.body:
                    if isinstance(node, ast.FunctionDef) and node.name == "__del__":
                        yield module, owner.name, node


def names_of_modules(code: CodeType) -> set[str]:
    """Find the names that a function looks up in its module, or in builtins."""
    return {
        str(each.argval)
        for each in dis.get_instructions(code)
        if each.opname in ("LOAD_GLOBAL", "LOAD_NAME", "IMPORT_NAME")
    }


def names(*nodes: ast.AST) -> set[str]:
    """Find the names that some source uses."""
    return {
        node.id
        for part in nodes
        for node in ast.walk(part)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


FINALIZERS = {f"{module}.{owner}": node for module, owner, node in finalizers()}


def loaded(name: str) -> FunctionType:
    """Return the finalizer of a class."""
    module, _, owner = name.rpartition(".")
    function: FunctionType = vars(getattr(importlib.import_module(module), owner))["__del__"]
    return function


def test_the_finalizers_are_found() -> None:
    owners = {"ctzmq.core.lifecycle.Lifecycle", "ctzmq.core.basecontext.BaseContext"}
    assert owners < set(FINALIZERS)


@pytest.mark.parametrize("name", FINALIZERS)
def test_a_finalizer_needs_no_module_before_it_knows_that_there_are_any(name: str) -> None:
    """It ends at once if there are none, or needs nothing but what it has as defaults."""
    definition = FINALIZERS[name]
    own = {argument.arg for argument in definition.args.args}
    own |= {
        node.id
        for node in ast.walk(definition)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    if names(*definition.body) <= own:
        return
    first, *rest = definition.body
    assert isinstance(first, ast.If)
    assert not rest or isinstance(first.body[-1], ast.Return)
    # What a condition asks first decides; the rest of it is asked when modules are there.
    test = first.test
    decides = names(test.values[0] if isinstance(test, ast.BoolOp) else test)
    assert decides <= own
    assert decides & {"_torn_down", "_finalizing", "_out_of_reach"}


def test_what_finalizers_ask_needs_no_module() -> None:
    asked = [
        default
        for name in FINALIZERS
        for default in loaded(name).__defaults__ or ()
        if isinstance(default, FunctionType)
    ]
    assert {function.__name__ for function in asked} >= {"torn_down", "finalizing", "inherited"}
    for function in asked:
        if function.__module__ == "ctzmq.core.registry":
            assert not names_of_modules(function.__code__), function
            asked += [
                each for each in function.__defaults__ or () if isinstance(each, FunctionType)
            ]


def test_no_weak_reference_calls_back() -> None:
    """Such a callback is a finalizer too, of which the tests above know nothing."""
    for path, tree in SOURCES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                where = f"{path}:{node.lineno}"
                assert called not in ("finalize", "weakref.finalize", "weakref.WeakMethod"), where
                assert called not in ("ref", "weakref.ref") or len(node.args) == 1, where


# -- Programs --------------------------------------------------------------------------------------

#: A loop that nobody closes, and a socket that the program keeps, which a task waits for.
LOOP = """
import asyncio
import ctzmq as zmq, ctzmq.asyncio

async def wait():
    global socket, waiting
    socket = ctzmq.asyncio.Context().socket(zmq.PULL)
    socket.bind("inproc://never")
    waiting = asyncio.ensure_future(WAIT)
    await asyncio.sleep(0.01)

loop = asyncio.new_event_loop()
loop.run_until_complete(wait())
"""

#: What else may be left at the end of a program, or waited for in a thread that goes on.
LEFT = {
    "a generator": "left = kept(); next(left)",
    "a coroutine": "left = awaiting(); left.send(None)",
    "a cycle": "left = [socket()]; left.append(left)",
    "frames": "left = a.send(bytes(99_999), copy=False, track=True), b.recv(copy=False).buffer",
    "a monitor": "left = socket(); watch = left.get_monitor_socket()",
    "a module": "import builtins; builtins.left = socket()",
    "a thread": "threading.Thread(target=lambda: a.poll(50)).start()",
    "a daemon thread that waits": "daemon(lambda: a.recv())",
    "a daemon thread that polls": "daemon(lambda: a.poll())",
    "a daemon thread at work": "daemon(lambda: [(a.send(b'x'), b.recv()) for _ in forever])",
    "a daemon thread that makes sockets": "daemon(lambda: [socket().close() for _ in forever])",
}

COMMON = """
import itertools, threading, time
import ctzmq as zmq

context = zmq.Context()
socket = lambda: context.socket(zmq.PAIR)
a, b = socket(), socket()
a.bind("inproc://ends"); b.connect("inproc://ends")
forever = itertools.repeat(None)

def kept():
    with socket() as held:
        yield held

async def awaiting():
    with socket() as held:
        await pause()

class pause:
    def __await__(self):
        yield

def daemon(call):
    threading.Thread(target=call, daemon=True).start()
    time.sleep(0.05)

"""


@pytest.mark.parametrize("wait", ["socket.recv()", "socket.poll()", "keep()"])
def test_a_loop_that_is_never_closed(child: Any, wait: str) -> None:
    """In its debug mode it looks for source when it forgets a descriptor, which fails by then."""
    keep = "async def keep(): await socket.recv()\n"
    done = child(keep + LOOP.replace("WAIT", wait), "-X", "dev")
    assert done.returncode == 0
    assert "Lifecycle" not in done.stderr
    assert "unclosed socket <zmq" not in done.stderr


@pytest.mark.parametrize("what", LEFT)
def test_what_is_left_ends_in_silence(child: Any, what: str) -> None:
    done = child(COMMON + LEFT[what], "-X", "dev")
    assert (done.returncode, done.stderr) == (0, "")
