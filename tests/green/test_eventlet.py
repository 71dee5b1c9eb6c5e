"""The flavour of eventlet: its hubs, programs it has patched, and what it must not import."""

from __future__ import annotations

import sys
from functools import partial

import pytest

from . import programs
from .programs import Child

pytest.importorskip("eventlet")


run = partial(programs.run, library="eventlet")


@pytest.mark.parametrize("hub", ["epolls", "poll", "selects", "asyncio"])
def test_each_hub_of_eventlet_serves(child: Child, hub: str) -> None:
    run(child, EVENTLET_HUB=hub)


@pytest.mark.skipif(
    sys.implementation.name == "pypy", reason="the collector decides when who waits there ends"
)
def test_a_thread_may_choose_another_hub(child: Child) -> None:
    run(
        child,
        last="""
import eventlet.hubs
eventlet.spawn(a.recv)
eventlet.sleep(0)
eventlet.hubs.use_hub("poll")
assert not a.poll(0)
b.send(b"on")
assert a.recv() == b"on"
""",
    )


def test_a_patched_program_works(child: Child) -> None:
    patched = "eventlet.monkey_patch()"
    run(child, first=patched)


def test_a_patched_program_sends_without_a_copy(child: Child) -> None:
    run(
        child,
        first="eventlet.monkey_patch()",
        last="""
b.send(bytearray(200_000), copy=False, track=True)
assert len(a.recv()) == 200_000
tracker = a.send(bytearray(200_000), copy=False, track=True)
assert len(b.recv()) == 200_000
tracker.wait(10)
""",
    )


def test_threads_of_a_patched_program_are_greenlets_that_wait_in_sockets(child: Child) -> None:
    run(
        child,
        first="eventlet.monkey_patch()",
        last="""
import threading
got = []
pull = context.socket(zmq.PULL)
push = context.socket(zmq.PUSH)
pull.bind("inproc://x")
push.connect("inproc://x")
threads = [threading.Thread(target=lambda: got.append(pull.recv())) for _ in range(3)]
for thread in threads:
    thread.start()
for number in range(3):
    push.send(b"%d" % number)
for thread in threads:
    thread.join()
assert got == [b"0", b"1", b"2"], got
pull.close(0)
push.close(0)
""",
    )


def test_installed_it_stands_in_for_eventlets_own_module(child: Child) -> None:
    run(
        child,
        first="""
import ctzmq.green
ctzmq.green.install()
from eventlet.green import zmq as installed
assert installed is ctzmq.green
""",
    )


def test_installing_after_eventlets_own_module_was_imported_says_so(child: Child) -> None:
    done = child("""
        import sys
        import types
        import warnings
        warnings.simplefilter("ignore")
        import ctzmq.green
        sys.modules["eventlet.green.zmq"] = types.ModuleType("eventlet.green.zmq")
        try:
            ctzmq.green.install()
        except ImportError as error:
            print(error)
        """)
    assert "call ctzmq.green.install() before that" in done.stdout, done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="the other hubs find out later")
def test_a_descriptor_that_was_closed_and_is_open_again_can_be_watched(child: Child) -> None:
    run(
        child,
        EVENTLET_HUB="epolls",
        first="""
import os
from ctzmq.green.eventlet_hub import current
hub = current()
reader, writer = os.pipe()
os.close(reader)
try:
    hub.watch(reader, print)
except OSError:
    assert os.dup(writer) == reader
    hub.unwatch(hub.watch(reader, print))
else:
    raise AssertionError("could watch a closed descriptor")
""",
    )
