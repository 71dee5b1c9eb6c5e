"""Signal handlers that close the sockets and end the context in the middle of a call.

Each scenario makes every call that can wait in one process of its own, where alarms ring until one
finds the call inside of ctzmq; the tests here read what became of each call. A call that hangs is
the last of its process.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from functools import cache

import pytest

pytestmark = pytest.mark.skipif(
    not hasattr(signal, "setitimer"), reason="no signal interrupts a call on this system"
)

COMMON = r"""
import faulthandler, json, os, signal, sys, threading
import ctzmq as zmq
from ctzmq.devices import monitored_queue

SOON = 0.004  # seconds between two alarms
PATIENCE = 15  # seconds until a call hangs

def interrupts(frame, places):
    '''Tell whether a handler has interrupted code of a package, or one function of it.'''
    while frame is not None:
        function = frame.f_code.co_name
        if function == "__del__":
            return False  # what is raised in a finalizer is lost
        package = frame.f_globals.get("__name__", "").partition(".")[0]
        if not {(package, None), (package, function)}.isdisjoint(places):
            return True
        frame = frame.f_back
    return False

def once(end, *places):
    '''Have alarms call one, once, when they interrupt a package, or a function of it.'''
    rung = []
    def handler(number=0, frame=None):
        # A loop that calls it gives it no frame.
        if not rung and (frame is None or interrupts(frame, places)):
            rung.append(number)
            signal.setitimer(signal.ITIMER_REAL, 0)
            end()
    signal.signal(signal.SIGALRM, handler)
    faulthandler.dump_traceback_later(PATIENCE, exit=True)
    signal.setitimer(signal.ITIMER_REAL, SOON, SOON)
    return rung

def outcome(call, rung):
    '''Tell what becomes of a call, unless no alarm found it.'''
    try:
        result = repr(call())
    except SystemExit as error:
        result = f"exit {error.code}"
    except zmq.ContextTerminated:
        result = "terminated"
    except zmq.ZMQError as error:
        result = zmq.Errno(error.errno).name
    except Exception as error:
        result = repr(error)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return result if rung else f"not interrupted, {result}"

def bound(context, *kinds, **options):
    '''Make sockets that are bound to one endpoint each.'''
    made = [context.socket(kind) for kind in kinds]
    for number, socket in enumerate(made):
        socket.linger = 0
        for name, value in options.items():
            setattr(socket, name, value)
        socket.bind(f"inproc://{number}")
    return made

def full(context, **options):
    '''Make a socket that cannot send any more.'''
    made = bound(context, zmq.PUSH, zmq.PULL, hwm=1, **options)
    made[0].connect("inproc://1")
    sender = zmq.Socket.shadow(made[0].underlying)
    while sender.poll(0, zmq.POLLOUT):
        sender.send(b"queued")
    return made

def poller(*sockets):
    it = zmq.Poller()
    for socket in sockets:
        it.register(socket, zmq.POLLIN)
    return it

RECV = {
    "recv": lambda a: a.recv(),
    "recv without a copy": lambda a: a.recv(copy=False),
    "recv_multipart": lambda a: a.recv_multipart(),
    "recv_multipart without a copy": lambda a: a.recv_multipart(copy=False),
    "recv_into": lambda a: a.recv_into(bytearray(9)),
    "recv_string": lambda a: a.recv_string(),
    "recv_json": lambda a: a.recv_json(),
    "recv_pyobj": lambda a: a.recv_pyobj(),
    "recv_serialized": lambda a: a.recv_serialized(list),
}
SEND = {
    "send": lambda a, b: a.send(b"x"),
    "send of a large message": lambda a, b: a.send(bytes(100_000)),
    "send without a copy": lambda a, b: a.send(bytearray(100_000), copy=False),
    "send of a frame": lambda a, b: a.send(zmq.Frame(b"x")),
    "send_multipart": lambda a, b: a.send_multipart([b"x", b"y"]),
    "send_multipart without a copy": lambda a, b: a.send_multipart([b"x", b"y"], copy=False),
    "send_string": lambda a, b: a.send_string("x"),
    "send_json": lambda a, b: a.send_json([1]),
    "send_serialized": lambda a, b: a.send_serialized([b"x"], list),
}
"""

BLOCKING = (
    COMMON
    + r"""
POLL = {
    "Socket.poll": lambda a: a.poll(),
    "Socket.poll with a time-out": lambda a: a.poll(100_000),
    "Poller.poll": lambda a: poller(a).poll(),
    "Poller.poll with a time-out": lambda a: poller(a).poll(100_000),
    "zmq_poll": lambda a: zmq.zmq_poll([(a, zmq.POLLIN)]),
    "select": lambda a: zmq.select([a], [], []),
}
PROXIES = {
    "proxy": lambda a, b, c: zmq.proxy(a, b),
    "proxy with a capture": lambda a, b, c: zmq.proxy(a, b, c),
    "device": lambda a, b, c: zmq.device(zmq.QUEUE, a, b),
    "proxy_steerable": lambda a, b, c: zmq.proxy_steerable(a, b, None, c),
    "monitored_queue": lambda a, b, c: monitored_queue(a, b, c),
}

def run(calls_per_name, make):
    for name, call in calls_per_name.items():
        if ONLY and name not in ONLY:
            continue
        context = zmq.Context()
        made = make(context)
        # A poll that begins with what is closed already waits for the end of its time.
        function = "wait" if name == "Poller.poll with a time-out" else None
        rung = once(lambda: end(context, made), ("ctzmq", function))
        print(json.dumps({name: outcome(lambda: call(*made), rung)}), flush=True)
        context.destroy(0)

run({**RECV, **POLL}, lambda context: bound(context, zmq.PULL))
run(
    {"recv with a time-out": RECV["recv"]},
    lambda context: bound(context, zmq.PULL, rcvtimeo=100_000),
)
run(
    {
        **SEND,
        "Socket.poll for output": lambda a, b: a.poll(None, zmq.POLLOUT),
        "monitored_queue with a full side": lambda a, b: monitored_queue(b, a, a),
    },
    full,
)
run({"send with a time-out": SEND["send"]}, lambda context: full(context, sndtimeo=100_000))
run(PROXIES, lambda context: bound(context, zmq.PULL, zmq.PUSH, zmq.PAIR))
"""
)

#: The handler runs in the hub, or where ctzmq is on its way there. In eventlet's own functions that
#: wait it would lose what it makes happen, before they are on the list of those who wait for that.
GREEN = (
    r"import warnings; warnings.filterwarnings('ignore', r'\s*Eventlet is deprecated')"
    + COMMON.replace("import ctzmq as zmq", "import ctzmq.green.LIBRARY as zmq, LIBRARY")
    + r"""
CALLS = {
    "Socket.poll": lambda a: a.poll(),
    "Socket.poll with a time-out": lambda a: a.poll(100_000),
    "Poller.poll": lambda a: poller(a).poll(),
    "zmq_poll": lambda a: zmq.zmq_poll([(a, zmq.POLLIN)]),
    "select": lambda a: zmq.select([a], [], []),
    "proxy": lambda a: zmq.proxy(a, a),
    "device": lambda a: zmq.device(zmq.QUEUE, a, a),
    "proxy_steerable": lambda a: zmq.proxy_steerable(a, a, None, a),
}

def run(calls_per_name, make):
    for name, call in calls_per_name.items():
        context = zmq.Context()
        made = make(context)
        rung = once(lambda: end(context, made), ("ctzmq", None), (LIBRARY.__name__, "run"))
        if IN_GREENLET:
            greenlet = LIBRARY.spawn(outcome, lambda: call(*made), rung)
            result = greenlet.get() if hasattr(greenlet, "get") else greenlet.wait()
        else:
            result = outcome(lambda: call(*made), rung)
        print(json.dumps({name: result}), flush=True)
        context.destroy(0)

LIBRARY.sleep(0.01)  # what the hub imports, it has imported
run({**RECV, **CALLS}, lambda context: bound(context, zmq.PULL))
run(
    {"recv with a time-out": RECV["recv"]},
    lambda context: bound(context, zmq.PULL, rcvtimeo=100_000),
)
run({**SEND, "Socket.poll for output": lambda a, b: a.poll(None, zmq.POLLOUT)}, full)
"""
)

#: The handler interrupts the loop where it waits, or is called by it.
ASYNC = (
    COMMON
    + r"""
import asyncio, ctzmq.asyncio

def async_poller(socket):
    it = ctzmq.asyncio.Poller()
    it.register(socket, zmq.POLLIN)
    return it

CALLS = {
    "Socket.poll": lambda a: a.poll(),
    "Poller.poll": lambda a: async_poller(a).poll(),
    "gather": lambda a: asyncio.gather(a.recv(), a.recv()),
    "wait_for": lambda a: asyncio.wait_for(a.recv(), 100),
}

async def attend(call, handler):
    loop = asyncio.get_running_loop()
    # Not before the call waits.
    if BY_LOOP:
        loop.call_soon(loop.add_signal_handler, signal.SIGALRM, handler)
    else:
        loop.call_soon(signal.signal, signal.SIGALRM, handler)
    try:
        return await call()
    except asyncio.CancelledError:
        return "cancelled"

def run(calls_per_name, make):
    for name, call in calls_per_name.items():
        context = ctzmq.asyncio.Context()
        made = make(context)
        rung = once(lambda: end(context, made), ("selectors", None))
        handler = signal.signal(signal.SIGALRM, lambda *_: None)
        attended = attend(lambda: call(*made), handler)
        print(json.dumps({name: outcome(lambda: asyncio.run(attended), rung)}), flush=True)
        context.destroy(0)

run({**RECV, **CALLS}, lambda context: bound(context, zmq.PULL))
run(
    {"recv with a time-out": RECV["recv"]},
    lambda context: bound(context, zmq.PULL, rcvtimeo=100_000),
)
run(SEND, full)
"""
)

NAMES = {
    "recv": (
        "recv",
        "recv with a time-out",
        "recv without a copy",
        "recv_multipart",
        "recv_multipart without a copy",
        "recv_into",
        "recv_string",
        "recv_json",
        "recv_pyobj",
        "recv_serialized",
    ),
    "send": (
        "send",
        "send with a time-out",
        "send of a large message",
        "send without a copy",
        "send of a frame",
        "send_multipart",
        "send_multipart without a copy",
        "send_string",
        "send_json",
        "send_serialized",
    ),
    "poll": (
        "Socket.poll",
        "Socket.poll with a time-out",
        "Socket.poll for output",
        "Poller.poll",
        "Poller.poll with a time-out",
        "zmq_poll",
        "select",
    ),
    "proxy": (
        "proxy",
        "proxy with a capture",
        "device",
        "proxy_steerable",
        "monitored_queue",
        "monitored_queue with a full side",
    ),
}

#: What a handler does, and what the call that it interrupts raises then.
ENDS = {
    "close one": ("made[0].close()", "ENOTSOCK"),
    "close": ("[socket.close() for socket in made]", "ENOTSOCK"),
    "close and term": ("[socket.close(0) for socket in made], context.term()", "ENOTSOCK"),
    "destroy": ("context.destroy(linger=0)", "ENOTSOCK"),
    "destroy and make others": (
        "context.destroy(0), others.append(bound(zmq.Context(), zmq.PULL, zmq.PUSH, zmq.PAIR))",
        "ENOTSOCK",
    ),
    "destroy and exit": ("context.destroy(0), sys.exit(7)", "exit 7"),
    "a thread ends the context": (
        "threading.Thread(target=context.term, daemon=True).start()",
        "terminated",
    ),
}


@cache
def outcomes(program: str) -> dict[str, str]:
    """Run a scenario, once for all its tests; return what became of each call."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=55
    )
    found: dict[str, str] = {"its end": done.stderr}
    for line in done.stdout.splitlines():
        found.update(json.loads(line))
    return found


def ending(how: str, only: tuple[str, ...] = ()) -> str:
    return f"ONLY = {only}\nothers = []\n\ndef end(context, made):\n    {how}\n"


@pytest.mark.parametrize("name", [name for names in NAMES.values() for name in names])
@pytest.mark.parametrize("end", ENDS)
def test_what_an_interrupted_call_raises(end: str, name: str) -> None:
    how, expected = ENDS[end]
    found = outcomes(ending(how) + BLOCKING)
    assert found.get(name, found["its end"]) == expected


@pytest.mark.parametrize("name", NAMES["proxy"][:-1])
def test_any_socket_of_a_proxy_may_be_closed(name: str) -> None:
    last = 1 if name in ("proxy", "device") else 2
    found = outcomes(ending(f"made[{last}].close()", (name,)) + BLOCKING)
    assert found.get(name, found["its end"]) == "ENOTSOCK"


GREEN_NAMES = [
    *NAMES["recv"],
    *(name for name in NAMES["send"] if name != "send with a time-out"),
    *(name for name in NAMES["poll"] if name != "Poller.poll with a time-out"),
    *("proxy", "device", "proxy_steerable"),
]


@pytest.mark.parametrize("name", GREEN_NAMES)
@pytest.mark.parametrize(
    ("where", "end"),
    [
        ("main greenlet", "close"),
        ("main greenlet", "close and term"),
        ("main greenlet", "destroy and exit"),
        ("greenlet", "close"),
        ("greenlet", "destroy"),
    ],
)
@pytest.mark.parametrize("library", ["eventlet", "gevent"])
def test_what_an_interrupted_call_of_a_greenlet_raises(
    library: str, where: str, end: str, name: str
) -> None:
    pytest.importorskip(library)
    how, expected = ENDS[end]
    program = ending(how) + f"IN_GREENLET = {where == 'greenlet'}\n" + GREEN
    found = outcomes(program.replace("LIBRARY", library))
    assert found.get(name, found["its end"]) == expected


ASYNC_NAMES = [
    *NAMES["recv"],
    *(name for name in NAMES["send"] if name != "send with a time-out"),
    *("Socket.poll", "Poller.poll", "gather", "wait_for"),
]


@pytest.mark.parametrize("name", ASYNC_NAMES)
@pytest.mark.parametrize("end", ["close", "close and term", "destroy", "destroy and exit"])
@pytest.mark.parametrize("by", ["signal.signal", "add_signal_handler"])
def test_what_becomes_of_a_call_in_asyncio(by: str, end: str, name: str) -> None:
    how, expected = ENDS[end]
    if expected == "ENOTSOCK" and name != "Poller.poll":
        expected = "'cancelled'"
    program = ending(how) + f"BY_LOOP = {by == 'add_signal_handler'}\n" + ASYNC
    found = outcomes(program)
    assert found.get(name, found["its end"]) == expected
