"""Signals while a call waits: handlers run, the call goes on, and an exception gets out at once.

Each scenario runs every call that can wait in one process of its own, where alarms ring all the
time; the tests here read what became of each call.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(
    not hasattr(signal, "setitimer"), reason="no signal interrupts a call on this system"
)

PYPY = sys.implementation.name == "pypy"

COMMON = r'''
import json, os, signal, threading
import ctzmq as zmq

SOON = 0.004  # seconds between two alarms

class Bell(Exception):
    """Raised by a handler."""

def sockets(first, second, **options):
    context = zmq.Context()
    a, b = context.socket(first), context.socket(second)
    for socket in (a, b):
        socket.linger = 0
        for name, value in options.items():
            setattr(socket, name, value)
    a.bind("inproc://signals")
    b.connect("inproc://signals")
    return context, a, b

def full(**options):
    """Make a pair whose sender cannot send any more."""
    context, a, b = sockets(zmq.PUSH, zmq.PULL, hwm=1, **options)
    while a.poll(0, zmq.POLLOUT):
        a.send(b"queued")
    return context, a, b

def poller(socket, flags):
    it = zmq.Poller()
    it.register(socket, flags)
    return it

def proxy(run, context, a, b):
    """Run a proxy between sockets of its own, so that a and b stay free."""
    # It is not their making that is to be interrupted.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    made = [context.socket(kind) for kind in (zmq.PULL, zmq.PUSH, zmq.PAIR)]
    for number, socket in enumerate(made):
        socket.linger = 0
        socket.bind(f"inproc://proxy{number}")
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
    try:
        return run(*made)
    finally:
        for socket in made:
            socket.close()

RECV = {
    "recv": lambda a, b: b.recv(),
    "recv without a copy": lambda a, b: b.recv(copy=False).bytes,
    "recv_multipart": lambda a, b: b.recv_multipart()[0],
    "recv_multipart without a copy": lambda a, b: b.recv_multipart(copy=False)[0].bytes,
    "recv_into": lambda a, b: b.recv_into(bytearray(9)),
    "recv_string": lambda a, b: b.recv_string(),
    "recv_serialized": lambda a, b: b.recv_serialized(list),
}
SEND = {
    "send": lambda a, b: a.send(b"x"),
    "send without a copy": lambda a, b: a.send(bytearray(100_000), copy=False),
    "send_multipart": lambda a, b: a.send_multipart([b"x", b"y"]),
    "send_multipart without a copy": lambda a, b: a.send_multipart([b"x", b"y"], copy=False),
    "send_string": lambda a, b: a.send_string("x"),
}
'''

#: Which alarm ends a call that must go on, or says that a time-out was begun anew.
GOES_ON = (
    COMMON
    + r"""
def ring(calls_per_name, make, finish):
    for name, call in calls_per_name.items():
        context, a, b = make()
        rung, enough = [], threading.Event()
        def handler(number, frame):
            rung.append(number)
            if len(rung) >= 5:  # another may have come in between
                enough.set()
        helper = threading.Thread(target=lambda: (enough.wait(), finish(a, b)), daemon=True)
        helper.start()
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, SOON, SOON)
        try:
            call(a, b)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        helper.join()
        outcome[name] = len(rung) >= 5
        a.close(); b.close(); context.term()

outcome = {}
POLL = {
    "Socket.poll": lambda a, b: b.poll() or 1 / 0,
    "Poller.poll": lambda a, b: poller(b, zmq.POLLIN).poll() or 1 / 0,
    "zmq_poll": lambda a, b: zmq.zmq_poll([(b, zmq.POLLIN)]) or 1 / 0,
    "select": lambda a, b: zmq.select([b], [], [])[0] or 1 / 0,
}
ring({**RECV, **POLL}, lambda: sockets(zmq.PUSH, zmq.PULL), lambda a, b: a.send(b"at last"))
ring(
    {**SEND, "Socket.poll for output": lambda a, b: a.poll(None, zmq.POLLOUT) or 1 / 0},
    full,
    lambda a, b: [b.recv() for _ in range(2)],
)
ring(
    {"Context.term": lambda a, b: (b.close(), a.context.term())},
    lambda: sockets(zmq.PUSH, zmq.PULL),
    lambda a, b: a.close(),
)

def steered(a, b):
    def run(frontend, backend, control):
        ends.append(a.context.socket(zmq.PAIR))
        ends[-1].connect("inproc://proxy2")
        return zmq.proxy_steerable(frontend, backend, None, control)
    return proxy(run, a.context, a, b)

ends = []
ring(
    {"proxy_steerable": steered},
    lambda: sockets(zmq.PUSH, zmq.PULL),
    lambda a, b: (ends[-1].send(b"TERMINATE"), ends[-1].close()),
)
print(json.dumps(outcome))
"""
)

TIME_OUTS = (
    COMMON
    + r"""
def ring(calls_per_name, make):
    for name, call in calls_per_name.items():
        context, a, b = make()
        rung = []
        def handler(number, frame):
            rung.append(number)
            if len(rung) >= 1000:
                raise Bell("the time-out was begun anew")
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, SOON, SOON)
        try:
            outcome[name] = repr(call(a, b))
        except (zmq.Again, Bell) as error:
            outcome[name] = type(error).__name__
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        outcome[name] = [outcome[name], bool(rung)]
        a.close(); b.close(); context.term()

outcome = {}
POLL = {
    "Socket.poll": lambda a, b: b.poll(60),
    "Poller.poll": lambda a, b: poller(b, zmq.POLLIN).poll(60),
    "zmq_poll": lambda a, b: zmq.zmq_poll([(b, zmq.POLLIN)], 60),
    "select": lambda a, b: zmq.select([b], [], [], 0.06),
}
ring({**RECV, **POLL}, lambda: sockets(zmq.PUSH, zmq.PULL, rcvtimeo=60))
ring(SEND, lambda: full(sndtimeo=60))
print(json.dumps(outcome))
"""
)

#: The handler's exception, or that of Ctrl-C, leaves the call; then everything still works.
RAISES = (
    COMMON
    + r"""
def usable(a, b):
    while b.poll(0):
        b.recv_multipart()
    a.send(b"still here")
    assert b.recv() == b"still here"

def ring(calls_per_name, make):
    for name, call in calls_per_name.items():
        context, a, b = make()
        rung = []
        def handler(number, frame):
            rung.append(number)
            # Again after a second: what is raised in a finalizer is lost, with PyPy.
            if len(rung) % 250 == 2:
                leave()
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, SOON, SOON)
        try:
            outcome[name] = repr(call(a, b))
        except (Bell, KeyboardInterrupt) as error:
            outcome[name] = type(error).__name__
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        if not a.closed and not b.closed:
            usable(a, b)
        context.destroy(0)  # also what it was interrupted in making

outcome = {}
WAITS = {
    "Socket.poll": lambda a, b: b.poll(),
    "Poller.poll": lambda a, b: poller(b, zmq.POLLIN).poll(),
    "zmq_poll": lambda a, b: zmq.zmq_poll([(b, zmq.POLLIN)]),
    "select": lambda a, b: zmq.select([b], [], []),
    "Context.term": lambda a, b: (b.close(), a.context.term()),
    "proxy": lambda a, b: proxy(zmq.proxy, a.context, a, b),
    "device": lambda a, b: proxy(
        lambda frontend, backend, other: zmq.device(zmq.QUEUE, frontend, backend), a.context, a, b
    ),
    "proxy_steerable": lambda a, b: proxy(
        lambda frontend, backend, control: zmq.proxy_steerable(frontend, backend, None, control),
        a.context, a, b,
    ),
}
ring({**RECV, **WAITS}, lambda: sockets(zmq.PUSH, zmq.PULL))
ring(SEND, full)
print(json.dumps(outcome))
"""
)

HANDLER_RAISES = "def leave():\n    raise Bell\n"
CTRL_C = "import os, signal\ndef leave():\n    os.kill(os.getpid(), signal.SIGINT)\n"

RECV = [
    "recv",
    "recv without a copy",
    "recv_multipart",
    "recv_multipart without a copy",
    "recv_into",
    "recv_string",
    "recv_serialized",
]
SEND = [
    "send",
    "send without a copy",
    "send_multipart",
    "send_multipart without a copy",
    "send_string",
]
POLL = ["Socket.poll", "Poller.poll", "zmq_poll", "select"]
PROXIES = ["proxy", "device", "proxy_steerable"]


@cache
def run(program: str) -> subprocess.CompletedProcess[str]:
    """Run a scenario, once for all its tests."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=50
    )


def outcome(program: str) -> dict[str, Any]:
    """Run a scenario; return what became of each call."""
    done = run(program)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    "name",
    [*RECV, *SEND, *POLL, "Socket.poll for output", "Context.term", "proxy_steerable"],
)
def test_handlers_run_and_the_call_goes_on(name: str) -> None:
    assert outcome(GOES_ON)[name]


@pytest.mark.parametrize("name", [*RECV, *SEND, *POLL])
def test_a_signal_does_not_begin_a_time_out_anew(name: str) -> None:
    ended, rung = outcome(TIME_OUTS)[name]
    expected = {"Socket.poll": "0", "select": "([], [], [])"}
    assert ended == expected.get(name, "[]" if name in POLL else "Again")
    assert rung


@pytest.mark.parametrize("name", [*RECV, *SEND, *POLL, *PROXIES, "Context.term"])
def test_an_exception_of_a_handler_leaves_the_call(name: str) -> None:
    assert outcome(HANDLER_RAISES + RAISES)[name] == "Bell"


@pytest.mark.parametrize("name", [*RECV, *SEND, *POLL, *PROXIES, "Context.term"])
def test_ctrl_c_leaves_the_call(name: str) -> None:
    assert outcome(CTRL_C + RAISES)[name] == "KeyboardInterrupt"


def test_a_storm_of_signals_loses_no_message() -> None:
    done = run(
        COMMON
        + r"""
context, a, b = sockets(zmq.PUSH, zmq.PULL, hwm=5)
signal.signal(signal.SIGALRM, lambda number, frame: rung.append(number))
rung = []

def feed():
    for number in range(3000):
        a.send_multipart([b"%d" % number, b"x" * (number % 100)])

feeder = threading.Thread(target=feed)
signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
feeder.start()
got = [b.recv_multipart() for _ in range(3000)]
signal.setitimer(signal.ITIMER_REAL, 0)
feeder.join()
assert got == [[b"%d" % number, b"x" * (number % 100)] for number in range(3000)]
context.destroy(0)
print(bool(rung))
"""
    )
    assert done.stdout.strip() == "True", done.stderr


def test_a_handler_may_use_the_socket_that_waits() -> None:
    done = run(
        COMMON
        + r"""
context, a, b = sockets(zmq.PUSH, zmq.PULL)
seen = []

def handler(number, frame):
    if not seen:
        a.send(b"for the handler")
        seen.append(b.recv())
        a.send_multipart([b"for", b"the call"])

signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, SOON, SOON)
got = b.recv_multipart()
signal.setitimer(signal.ITIMER_REAL, 0)
context.destroy(0)
print(seen, got)
"""
    )
    assert done.stdout.strip() == "[b'for the handler'] [b'for', b'the call']", done.stderr


@pytest.mark.parametrize("wait", ["b.recv()", "b.poll() and b.recv()"])
def test_a_handler_may_make_calls_that_fail(wait: str) -> None:
    done = run(
        COMMON
        + r"""
context, a, b = sockets(zmq.PUSH, zmq.PULL)
rung = []

def handler(number, frame):
    rung.append(number)
    try:
        a.unbind("inproc://elsewhere")
    except zmq.ZMQError:
        # Another may have come in between.
        if len(rung) >= 3:
            a.send(b"at last")

signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, SOON, SOON)
got = WAIT
signal.setitimer(signal.ITIMER_REAL, 0)
context.destroy(0)
print(got)
""".replace("WAIT", wait)
    )
    assert done.stdout.strip() == "b'at last'", done.stderr


def test_a_signal_for_another_thread_lets_this_one_wait() -> None:
    done = run(
        COMMON
        + r"""
context, a, b = sockets(zmq.PUSH, zmq.PULL)
rung, got = [], []

def handler(number, frame):
    rung.append(threading.current_thread() is threading.main_thread())
    if len(rung) >= 3:
        a.send(b"at last")

signal.signal(signal.SIGALRM, handler)
thread = threading.Thread(target=lambda: got.append(b.recv()))
thread.start()
signal.setitimer(signal.ITIMER_REAL, SOON, SOON)
while thread.is_alive():
    thread.join(10)
signal.setitimer(signal.ITIMER_REAL, 0)
context.destroy(0)
print(got, all(rung))
"""
    )
    assert done.stdout.strip() == "[b'at last'] True", done.stderr
