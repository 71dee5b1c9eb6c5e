"""Calls the public API with whatever comes to mind: run as a program, in a folder of its own.

`python fuzzer.py LOG EXAMPLES`: each call is written to LOG before it is made, so that the one that
killed the process is known. Exit code 0: every call returned or raised an exception that callers
can expect, with a text.
"""

from __future__ import annotations

import array
import inspect
import pickle
import signal
import sys
import warnings
from typing import Any, Callable

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import ctzmq as zmq

#: How long one call may wait; then a signal handler ends it.
PATIENCE = 0.05

EXPECTED = (
    zmq.ZMQBaseError,
    NotImplementedError,  # ZMQVersionError
    TypeError,
    ValueError,
    OverflowError,
    BufferError,
    AttributeError,
    LookupError,  # unregistered sockets, unset defaults, unknown encodings
    RuntimeError,  # options of a terminated context
    EOFError,
    pickle.PickleError,
    ImportError,
)

#: What is not called, and why.
LEFT_OUT = {
    "received": "it takes a message of libzmq's, and nobody has one",
    "share": "it gives a message of libzmq's",
    "instance": "the context of the whole process outlives the example",
    "shadow": "a number is trusted to be the address of a socket or context",
    "shadow_pyczmq": "as shadow",
    "install_as_zmq": "it changes the process",
    "Stopwatch": "it is deprecated and has nothing to do with libzmq",
}

#: Options of a context that ask for as many threads or as much memory as there may be.
GREEDY = {"IO_THREADS", "MAX_SOCKETS", "THREAD_SCHED_POLICY", "THREAD_PRIORITY", "SOCKET_LIMIT"}


class Overdue(Exception):
    """A call has waited long enough."""


def overdue(number: int, frame: Any) -> None:
    raise Overdue("it waited")


class Thing:
    """An object that is nothing in particular."""

    def __init__(self, answer: Any = None) -> None:
        self.answer = answer

    def __repr__(self) -> str:
        return f"Thing({self.answer!r})"

    def fileno(self) -> Any:
        return self.answer


def buffer(kind: int, long: bool, content: bytes) -> Any:
    """Make something that has bytes."""
    content *= 2000 if long else 1
    array = bytearray(content)
    view = memoryview(array)
    return [content, array, view, view[::2], zmq.Frame(content)][kind]


numbers = st.one_of(
    st.integers(-5, 300),
    st.sampled_from([2**k + d for k in (15, 16, 31, 32, 63, 64, 70) for d in (-1, 0, 1)]),
    st.sampled_from([-(2**k) + d for k in (15, 31, 63, 64) for d in (-1, 0, 1)]),
)
endpoints = st.sampled_from(
    [
        "inproc://a", "inproc://fuzz", "inproc://", "tcp://127.0.0.1:*", "tcp://127.0.0.1:0",
        "tcp://127.0.0.1:9", "tcp://[::1]:*", "tcp://", "ipc://name", "ipc://*", "ipc://@name",
        "udp://127.0.0.1:9", "ws://127.0.0.1:*", "tipc://{1,2,3}", "nonsense", "a\0b",
    ]
)  # fmt: skip
words = st.one_of(
    st.text(alphabet="ab\0:/*é☃\ud800", max_size=6),
    st.sampled_from(["group", "routing_id", "User-Id", "Peer-Address", "utf-8", "no-such-code"]),
)
buffers = st.tuples(st.integers(0, 4), st.booleans(), st.binary(max_size=40)).map(
    lambda drawn: buffer(*drawn)
)
constants = st.one_of(*(st.sampled_from(list(enum)) for enum in (
    zmq.SocketOption, zmq.ContextOption, zmq.MessageOption, zmq.Flag, zmq.SocketType, zmq.PollEvent,
    zmq.Event,
)))  # fmt: skip
scalars: Any = st.one_of(
    st.none(), st.booleans(), numbers, st.floats(), endpoints, words, buffers, constants,
    st.just(array.array("d", [1.0])), st.sampled_from([len, list, pickle.dumps, zmq.Socket]),
    st.one_of(st.none(), numbers, words).map(Thing),
)  # fmt: skip
#: An index into the objects of the example stands for the object.
references = st.integers(0, 20).map(lambda number: ("object", number))
values: Any = st.recursive(
    st.one_of(scalars, references),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.dictionaries(st.one_of(words, numbers), inner, max_size=2),
    ),
    max_leaves=4,
)
#: What a caller who knows the API would pass for a parameter, by its name.
PLAUSIBLE: dict[str, list[Any]] = {
    "addr": ["inproc://a", "inproc://b", "tcp://127.0.0.1:*", "ipc://name"],
    "buffer": [bytearray(5), bytearray(0)],
    "capability": ["curve", "ipc"],
    "data": [b"data", bytes(100_000), bytearray(300)],
    "flags": [0, zmq.DONTWAIT, zmq.SNDMORE, 3],
    "linger": [0, None, 5],
    "msg": ["msg"],
    "msg_parts": [[b"a", b"b"], [bytes(100_000), zmq.Frame(b"c")]],
    "obj": [{"key": [1]}, "text"],
    "option": [*zmq.SocketOption, *zmq.ContextOption],
    "optval": [0, 1, -1, b"value", "value"],
    "serialize": [lambda message: [message]],
    "deserialize": [list],
    "socket_type": [*zmq.SocketType],
    "timeout": [0, 1],
    "topic": ["", b"topic"],
    "u": ["text"],
}

arguments = st.tuples(st.booleans(), st.integers(0, 130), values)
steps = st.tuples(
    st.integers(0, 20),
    st.booleans(),
    st.integers(0, 400),
    st.lists(arguments, max_size=4),
    st.lists(arguments, max_size=2),
)


def choose(name: str, drawn: tuple[bool, int, Any], objects: list[Any]) -> Any:
    """Choose what to pass for a parameter: something plausible or anything."""
    plausible, number, value = drawn
    known = PLAUSIBLE.get(name)
    if plausible and known:
        return known[number % len(known)]
    return resolve(value, objects)


def resolve(value: Any, objects: list[Any]) -> Any:
    """Put the objects of an example where their numbers are."""
    if isinstance(value, tuple) and len(value) == 2 and value[0] == "object":
        return objects[value[1] % len(objects)]
    if isinstance(value, (list, tuple)):
        return type(value)(resolve(each, objects) for each in value)
    if isinstance(value, dict):
        return {key: resolve(each, objects) for key, each in value.items()}
    return value


def setter(owner: Any, name: str) -> Callable[..., None]:
    """Return a function that assigns to an attribute."""

    def assign(value: Any) -> None:
        setattr(owner, name, value)

    assign.__qualname__ = f"{owner!r}.{name} ="
    return assign


def actions(owner: Any, assignments: bool) -> list[Callable[..., Any]]:
    """List what can be done with an object: its public methods, or assignments."""
    names = [
        name
        for name in dir(type(owner))
        if not name.startswith("_")
        and name not in LEFT_OUT
        and not (name.upper() in GREEDY and isinstance(owner, zmq.Context))
    ]
    if assignments:
        return [setter(owner, name) for name in names]
    return [getattr(owner, name) for name in names if callable(getattr(type(owner), name))]


FUNCTIONS: list[Callable[..., Any]] = [
    value
    for name, value in sorted(vars(zmq).items())
    if name in zmq.__all__ and inspect.isfunction(value) and name not in LEFT_OUT
] + [zmq.Frame, zmq.Poller, zmq.MessageTracker, zmq.ZMQError, zmq.ZMQVersionError, zmq.Socket]


def greedy(function: Any, arguments: list[Any]) -> bool:
    """Tell if a call sets an option of a context that asks for too much."""
    named = getattr(function, "__name__", "")
    owner = getattr(function, "__self__", None)
    if isinstance(owner, zmq.Context) and named in ("set", "setsockopt"):
        return not arguments or arguments[0] in [zmq.ContextOption[name] for name in GREEDY]
    # An integer is trusted to be an address here too.
    return function is zmq.Socket and any(isinstance(each, int) for each in arguments[2:])


def perform(function: Any, arguments: list[Any], keywords: dict[str, Any], log: Any) -> Any:
    """Make one call; an exception that nobody can expect ends the program."""
    print(f"{function!r:.200}(*{arguments!r:.300}, **{keywords!r:.200})", file=log, flush=True)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    try:
        return function(*arguments, **keywords)
    except EXPECTED as error:
        if not str(error):
            raise AssertionError(f"an exception without a text: {error!r}") from error
    except Overdue:
        pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return None


def example(plan: list[Any], log: Any) -> None:
    """Make some objects and do with them what the plan says."""
    context, other = zmq.Context(), zmq.Context()
    a, b, closed, sub = (
        context.socket(kind) for kind in (zmq.DEALER, zmq.DEALER, zmq.PUSH, zmq.SUB)
    )
    for socket in (a, b, closed, sub):
        socket.rcvtimeo = socket.sndtimeo = 1
        socket.linger = 0
    a.bind("inproc://a")
    b.connect("inproc://a")
    a.send(b"hello")
    closed.close()
    other.term()
    poller = zmq.Poller()
    poller.register(a, zmq.POLLIN)
    tracked = zmq.Frame(bytes(100_000), copy=False, track=True)
    objects = [a, b, closed, sub, context, other, zmq.Frame(b"frame"), tracked, poller,
               zmq.MessageTracker(tracked)]  # fmt: skip
    try:
        for target, assignments, action, drawn, named in plan:
            if target % (len(objects) + 2) >= len(objects):
                choices = FUNCTIONS
            else:
                choices = actions(objects[target % len(objects)], assignments)
            function = choices[action % len(choices)]
            parameters = names_of(function)
            taken = parameters[: len(drawn)] + ["more"] * (len(drawn) - len(parameters))
            given_arguments = [choose(name, each, objects) for name, each in zip(taken, drawn)]
            if assignments or action % 4:
                given_arguments = given_arguments[: len(parameters)]
            keywords = {
                name: choose(name, each, objects)
                for name, each in zip(parameters[len(given_arguments) :], named)
            }
            if greedy(function, given_arguments) or "shadow" in keywords:
                continue
            made = perform(function, given_arguments, keywords, log)
            if isinstance(made, (zmq.Socket, zmq.Frame, zmq.MessageTracker)):
                objects.append(made)
    finally:
        print("the end", file=log, flush=True)
        for each in objects:
            # What the plan has replaced on it, such as the methods that end it.
            for name in [name for name in getattr(each, "__dict__", ()) if name[0] != "_"]:
                del vars(each)[name]
            if isinstance(each, zmq.Socket):
                each.close()
        context.destroy(0)


def names_of(function: Any) -> list[str]:
    """List the parameters of a function."""
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []


def main(path: str, examples: int) -> None:
    """Run the examples; the log has those calls that led to the end."""
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, overdue)

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=examples < 1000,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(steps, min_size=1, max_size=12))
    def run(plan: list[Any]) -> None:
        with open(path, "w", encoding="utf-8", errors="backslashreplace") as log:
            example(plan, log)

    run()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
