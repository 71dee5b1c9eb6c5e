"""The other process: it works a zmq module by commands, one JSON object a line.

`peer.py MODULE` imports the module, `zmq` or `ctzmq`, and says in a first line what it is. Each
line of standard input is a command then, and each line of standard output its answer:

- `{"do": "get", "of": 3, "name": "send"}` gives an attribute of object 3; object 0 is the module.
- `{"do": "call", "of": 4, "args": [...], "kwargs": {...}}` calls object 4.
- `{"do": "import", "name": "utils.monitor"}` gives a module of the package.
- `{"do": "run", "source": "..."}` runs a snippet and gives its `outcome`.
- `{"do": "forget"}` drops all objects but the module.

Values travel as `pack` writes them; what has no such form stays here and travels as its number.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import enum
import gc
import importlib
import json
import platform
import sys
import warnings
from collections.abc import Iterator
from typing import Any

SIMPLE = (type(None), bool, int, float, str)


def pack(value: Any, keep: Any) -> Any:
    """Turn a value into what JSON can carry; `keep` turns any other object into a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, SIMPLE):
        return value
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, list):
        return [pack(item, keep) for item in value]
    if isinstance(value, tuple):
        return {"tuple": [pack(item, keep) for item in value]}
    if isinstance(value, dict):
        return {"dict": [[pack(key, keep), pack(item, keep)] for key, item in value.items()]}
    return {"object": keep(value)}


def unpack(value: Any, find: Any) -> Any:
    """Turn what `pack` made back into the value; `find` turns a number into the object."""
    if isinstance(value, list):
        return [unpack(item, find) for item in value]
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "bytes":
        return base64.b64decode(content)
    if kind == "tuple":
        return tuple(unpack(item, find) for item in content)
    if kind == "dict":
        return {unpack(key, find): unpack(item, find) for key, item in content}
    return find(content)


class Describer:
    """Shows values such that the same value of two zmq modules looks the same."""

    def __init__(self, zmq: Any) -> None:
        self.zmq = zmq

    def __call__(self, value: Any) -> Any:
        name = type(value).__name__
        if isinstance(value, enum.Enum):
            return f"{name} {value.value}"
        if value is None or isinstance(value, (bool, int, float, str, bytes, bytearray)):
            return f"{name} {value!r}"
        if isinstance(value, memoryview):
            access = "read-only" if value.readonly else "writable"
            return f"memoryview {access} {value.format} {value.shape} {value.tobytes()!r:.80}"
        if isinstance(value, (list, tuple)):
            return [name, *map(self, value)]
        if isinstance(value, (set, frozenset)):
            return [name, *sorted(str(self(item)) for item in value)]
        if isinstance(value, dict):
            return [name, *([self(key), self(item)] for key, item in value.items())]
        if isinstance(value, type):
            return f"class {value.__name__}"
        # Of a class that is not public, the name does not matter.
        public = getattr(self.zmq, name, None) is type(value)
        return f"object {name}" if public else "object"


class World:
    """What a snippet has at hand besides `zmq`."""

    def __init__(self, zmq: Any) -> None:
        self.zmq = zmq
        self.context = zmq.Context()
        self.sockets: list[Any] = []

    def socket(self, kind: str = "PAIR", **options: Any) -> Any:
        """Make a socket that never waits for ever."""
        socket = self.context.socket(getattr(self.zmq, kind))
        self.sockets.append(socket)
        for option, value in {"linger": 0, "rcvtimeo": 2000, "sndtimeo": 2000, **options}.items():
            socket.set(getattr(self.zmq, option.upper()), value)
        return socket

    def pair(self, first: str = "PAIR", second: str = "PAIR") -> tuple[Any, Any]:
        """Make two sockets, of which the second is connected to the first."""
        sockets = self.socket(first), self.socket(second)
        sockets[0].bind("inproc://pair")
        sockets[1].connect("inproc://pair")
        return sockets

    def closed(self, kind: str = "PAIR") -> Any:
        """Make a socket that is closed."""
        socket = self.socket(kind)
        socket.close()
        return socket

    def attempt(self, call: Any) -> Any:
        """Return what a call returns, or class and errno of what it raises."""
        try:
            return call()
        except Exception as error:
            return f"raises {told_class(self.zmq, error)}", getattr(error, "errno", None)

    def names(self) -> dict[str, Any]:
        """Return the variables that a snippet begins with."""
        own = ("context", "socket", "pair", "closed", "attempt")
        return {"zmq": self.zmq, **{name: getattr(self, name) for name in own}}

    def end(self) -> None:
        """Close everything, whatever the snippet did with it."""
        for socket in self.sockets:
            with contextlib.suppress(Exception):
                socket.close(linger=0)
        with contextlib.suppress(Exception):
            self.context.destroy(linger=0)


def evaluate(source: str, names: dict[str, Any]) -> Any:
    """Run statements, and return the value of the last one if it is an expression."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<snippet>", "exec"), names)
    if isinstance(last, ast.Expr):
        return eval(compile(ast.Expression(last.value), "<snippet>", "eval"), names)
    return None


def told_class(zmq: Any, error: Exception) -> str:
    """Return the name of an exception's class, or of the nearest above it that programs know."""
    for kind in type(error).__mro__:
        if kind.__module__ == "builtins" or getattr(zmq, kind.__name__, None) is kind:
            return kind.__name__
    raise AssertionError("every exception is an Exception")


def outcome(zmq: Any, source: str) -> dict[str, Any]:
    """Run a snippet; tell its value or its exception's class and errno, and its warnings."""
    world = World(zmq)
    told: dict[str, Any] = {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            told["value"] = Describer(zmq)(evaluate(source, world.names()))
        except Exception as error:
            told["error"] = [told_class(zmq, error), getattr(error, "errno", None)]
            told["text"] = str(error)
        if "error" in told and sys.implementation.name == "pypy":
            gc.collect()  # a socket whose constructor failed would hold up the context
        world.end()
    categories = {w.category.__name__ for w in caught} - {"ResourceWarning"}
    return {**told, "warnings": sorted(categories)}


class Server:
    """Answers commands for one zmq module."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.zmq = importlib.import_module(name)
        self.objects: dict[int, Any] = {}
        self.forget()

    def forget(self) -> None:
        self.objects = {0: self.zmq}
        gc.collect()

    def keep(self, value: Any) -> int:
        number = max(self.objects) + 1
        self.objects[number] = value
        return number

    def do(self, command: dict[str, Any]) -> Any:
        """Carry out one command and return its result."""
        what = command["do"]
        if what == "get":
            return getattr(self.objects[command["of"]], command["name"])
        if what == "call":
            args = unpack(command["args"], self.objects.__getitem__)
            kwargs = {
                name: unpack(value, self.objects.__getitem__)
                for name, value in command["kwargs"].items()
            }
            return self.objects[command["of"]](*args, **kwargs)
        if what == "import":
            return importlib.import_module(f"{self.name}.{command['name']}")
        if what == "run":
            return outcome(self.zmq, command["source"])
        if what == "forget":
            return self.forget()
        raise ValueError(f"unknown command {what!r}")

    def answers(self, lines: Any) -> Iterator[dict[str, Any]]:
        """Yield the greeting, then the answer to each command."""
        yield {
            "zmq": self.zmq.__name__,
            "version": self.zmq.__version__,
            "libzmq": self.zmq.zmq_version(),
            "python": platform.python_implementation(),
        }
        for line in lines:
            try:
                yield {"result": pack(self.do(json.loads(line)), self.keep)}
            except Exception as error:
                errno = getattr(error, "errno", None)
                yield {"error": type(error).__name__, "errno": errno, "text": str(error)}


def main() -> None:
    """Serve until standard input ends."""
    # What a library prints must not get between the answers.
    out, sys.stdout = sys.stdout, sys.stderr
    for answer in Server(sys.argv[1]).answers(sys.stdin):
        out.write(json.dumps(answer) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
