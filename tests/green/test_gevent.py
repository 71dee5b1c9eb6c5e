"""The flavour of gevent: its loops, and programs it has patched."""

from __future__ import annotations

import os
from functools import partial

import pytest

from . import programs
from .programs import Child

pytest.importorskip("gevent")


run = partial(programs.run, library="gevent")
PATCHED = "import gevent.monkey; gevent.monkey.patch_all()"


@pytest.mark.parametrize("loop", ["libev-cext", "libuv-cffi"])
def test_each_loop_of_gevent_serves(child: Child, loop: str) -> None:
    if "cffi" in loop:
        pytest.importorskip("cffi")
    run(child, GEVENT_LOOP=loop)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.parametrize("loop", ["libev-cext", "libuv-cffi"])
def test_a_child_leaves_each_loop_of_its_parent_alone(child: Child, loop: str) -> None:
    if "cffi" in loop:
        pytest.importorskip("cffi")
    run(
        child,
        first="import os, warnings; warnings.simplefilter('ignore')",
        last="""
waiting = gevent.spawn(a.recv)
gevent.sleep(0.001)
pid = os.fork()
if not pid:
    os._exit(0 if a.closed else 1)
assert os.waitpid(pid, 0)[1] == 0
b.send(b"on")
assert waiting.get() == b"on"
""",
        GEVENT_LOOP=loop,
    )


@pytest.mark.parametrize("loop", ["libev-cext", "libuv-cffi"])
def test_a_thread_may_destroy_its_loop(child: Child, loop: str) -> None:
    if "cffi" in loop:
        pytest.importorskip("cffi")
    run(
        child,
        last=f"""
import threading
sockets = []

def there(waits):
    sockets.append(context.socket(zmq.PULL))
    sockets[-1].bind("inproc://%d" % waits)
    gevent.spawn(sockets[-1].recv) if waits else sockets[-1].poll(1)
    gevent.sleep(0.001)
    gevent.get_hub().destroy(destroy_loop=True)

# A loop of libuv in which greenlets wait is never destroyed.
for waits in range({1 if "cffi" in loop else 2}):
    thread = threading.Thread(target=there, args=(waits,))
    thread.start()
    thread.join()
    sockets[-1].close()
""",
        GEVENT_LOOP=loop,
    )


def test_sockets_closed_in_another_thread_leave_no_watchers(child: Child) -> None:
    pytest.importorskip("cffi")
    run(
        child,
        last="""
import gc, threading
for number in range(50):
    pull = context.socket(zmq.PULL)
    pull.bind("inproc://%d" % number)
    assert not pull.poll(1)
    closer = threading.Thread(target=pull.close)
    closer.start()
    closer.join()
gevent.sleep(0.001)
gc.collect()
left = sum(type(each).__name__ == "_multiplexwatcher" for each in gc.get_objects())
assert left < 10, left
""",
        GEVENT_LOOP="libuv-cffi",
    )


def test_a_patched_program_works(child: Child) -> None:
    run(child, first=PATCHED)


def test_a_patched_program_sends_without_a_copy(child: Child) -> None:
    run(
        child,
        first=PATCHED,
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
        first=PATCHED,
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


def test_sockets_and_contexts_bear_the_names_that_pyzmq_gives_them() -> None:
    import ctzmq.green.gevent as zmq

    with zmq.Context() as context, context.socket(zmq.PULL) as socket:
        assert repr(socket).startswith("<zmq.green.Socket(zmq.PULL) at ")
        assert repr(context).startswith("<zmq.green.Context(1 socket) at ")


def test_the_hub_of_a_thread_goes_with_it(child: Child) -> None:
    """Without the collector: it crashes on greenlet's objects of threads that are over."""
    done = child(
        """
        import gc, threading, weakref, gevent
        import ctzmq, ctzmq.green.gevent as zmq

        def there():
            hubs.append(weakref.ref(gevent.get_hub()))
            contexts.append(zmq.Context.instance())

        hubs = []
        contexts = []
        gc.disable()
        thread = threading.Thread(target=there)
        thread.start()
        thread.join()
        ctzmq.Context.term(*contexts)
        gevent.sleep(0)
        print(hubs[0]())
        """
    )
    assert done.stdout == "None\n", done.stderr
