"""Contexts, trackers and functions of green flavours."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
from typing import Any, Callable

import pytest

import ctzmq


def in_thread(function: Callable[[], Any]) -> Any:
    """Return what a function returns in another native thread."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(function()))
    thread.start()
    thread.join(20)
    return results.pop()


# -- Contexts --------------------------------------------------------------------------------------


def test_the_shared_context_is_green_whatever_blocking_one_there_is(bench: Any) -> None:
    with ctzmq.Context.instance() as blocking, bench.zmq.Context.instance() as green:
        assert green is not blocking
        with green.socket(bench.zmq.PULL) as socket:
            assert isinstance(socket, bench.zmq.Socket)
            assert socket.context is green


def test_all_greenlets_of_a_thread_share_a_context(bench: Any) -> None:
    instance = bench.zmq.Context.instance
    with instance() as mine:
        assert bench.wait(bench.spawn(instance)) is mine

        def theirs() -> tuple[Any, bool]:
            with instance() as other:
                return other, instance() is other

        other, same = in_thread(theirs)
        assert same
        assert other is not mine


def test_a_terminated_shared_context_is_replaced(bench: Any) -> None:
    instance = bench.zmq.Context.instance
    first = instance()
    first.term()
    with instance() as second:
        assert second is not first
        assert not second.closed


def test_destroying_wakes_those_that_wait_in_its_sockets(bench: Any) -> None:
    zmq = bench.zmq
    with zmq.Context() as context:
        sockets = [context.socket(zmq.PULL) for _ in range(3)]
        waiting = [bench.spawn(socket.recv) for socket in sockets]
        context.destroy(0)
        problems = [bench.wait(each) for each in waiting]
    assert [type(problem) for problem in problems] == [zmq.ZMQError] * 3
    assert {problem.errno for problem in problems} == {zmq.ENOTSOCK}


def test_several_greenlets_may_terminate_a_context(bench: Any) -> None:
    zmq = bench.zmq
    context = zmq.Context()
    socket = context.socket(zmq.PULL)
    ends = [bench.spawn(context.term) for _ in range(3)]
    bench.sleep(0.005)
    assert not context.closed
    socket.close()
    assert [bench.wait(each) for each in ends] == [None] * 3
    assert context.closed


def test_one_that_terminates_may_be_killed(bench: Any) -> None:
    zmq = bench.zmq
    context = zmq.Context()
    socket = context.socket(zmq.PULL)
    bench.kill(bench.spawn(context.term))
    socket.close()
    bench.until(lambda: context.closed)


# -- Trackers --------------------------------------------------------------------------------------


def test_a_tracker_waits_no_longer_than_told(bench: Any) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.PULL, zmq.PUSH)
    tracker = b.send(bytearray(100_000), copy=False, track=True)
    with pytest.raises(zmq.NotDone):
        tracker.wait(0.01)
    a.recv()
    tracker.wait(10)
    assert tracker.done


def test_a_time_out_of_the_library_ends_the_wait_for_a_tracker(bench: Any) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.PULL, zmq.PUSH)
    tracker = b.send(bytearray(100_000), copy=False, track=True)
    with pytest.raises(bench.flavour.expired), bench.flavour.timeout(0.01):
        tracker.wait()
    a.recv()
    tracker.wait(10)


# -- Functions -------------------------------------------------------------------------------------


def test_a_device_passes_messages_while_others_run(bench: Any) -> None:
    zmq = bench.zmq
    frontend, client = bench.pair(zmq.ROUTER, zmq.REQ)
    backend, server = bench.pair(zmq.DEALER, zmq.REP)
    device = bench.spawn(zmq.device, zmq.QUEUE, frontend, backend)
    bench.spawn(lambda: server.send(server.recv() * 2))
    client.send(b"ab")
    assert client.recv() == b"abab"
    bench.kill(device)


def test_a_device_may_pass_messages_back_to_where_they_came_from(bench: Any) -> None:
    zmq = bench.zmq
    router, client = bench.pair(zmq.ROUTER, zmq.REQ)
    device = bench.spawn(zmq.device, zmq.QUEUE, router, -1)
    client.send(b"echo")
    assert client.recv() == b"echo"
    bench.kill(device)


# -- Threads ---------------------------------------------------------------------------------------


def test_a_socket_moves_to_another_thread_with_its_hub(bench: Any) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.PULL, zmq.PUSH)
    greenlet = bench.spawn(a.recv)
    b.send(b"here")
    assert bench.wait(greenlet) == b"here"

    def there() -> Any:
        greenlet = bench.flavour.spawn(a.recv)
        bench.sleep(0)
        b.send(b"there")
        return bench.flavour.wait(greenlet)

    assert in_thread(there) == b"there"
    greenlet = bench.spawn(a.recv)
    b.send(b"back")
    assert bench.wait(greenlet) == b"back"


@pytest.mark.parametrize(
    "use",
    [
        lambda zmq, a: a.recv(),
        lambda zmq, a: a.recv(zmq.DONTWAIT),
        lambda zmq, a: a.poll(0),
        lambda zmq, a: a.getsockopt(zmq.EVENTS),
        lambda zmq, a: a.connect("inproc://elsewhere"),
        lambda zmq, a: a.close(),
        lambda zmq, a: a.context.destroy(0),
    ],
    ids=["recv", "recv DONTWAIT", "poll", "EVENTS", "connect", "close", "destroy"],
)
def test_a_socket_that_is_waited_for_in_another_threads_hub_says_so(bench: Any, use: Any) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.PULL, zmq.PUSH, "tcp")
    greenlet = bench.spawn(a.recv)

    def there() -> Any:
        with pytest.raises(RuntimeError, match="waited for in another thread's hub"):
            use(zmq, a)
        return "refused"

    assert in_thread(there) == "refused"
    if b.closed:
        b = bench.socket(zmq.PUSH)
        b.connect(a.last_endpoint)
    b.send(b"here")
    assert bench.wait(greenlet) == b"here"


def test_a_socket_that_nobody_waits_for_is_closed_in_any_thread(bench: Any) -> None:
    zmq = bench.zmq
    for number in range(20):
        a, b = bench.pair(zmq.PULL, zmq.PUSH, "tcp")
        greenlet = bench.spawn(a.recv)
        b.send(b"%d" % number)
        assert bench.wait(greenlet) == b"%d" % number
        assert in_thread(a.close) is None
        assert a.closed


def test_a_thread_may_end_while_its_greenlets_wait(bench: Any) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.PULL, zmq.PUSH)
    polled, peer = bench.pair(zmq.PULL, zmq.PUSH)

    def there() -> None:
        bench.flavour.spawn(a.recv)
        bench.flavour.spawn(polled.poll)
        bench.sleep(0.001)

    in_thread(there)

    def usable() -> bool:
        gc.collect()
        try:
            return not polled.poll(0)
        except RuntimeError:
            return False

    # The thread ends a little after the program was told.
    bench.until(usable)
    b.send(b"here")
    assert bench.wait(bench.spawn(a.recv)) == b"here"
    peer.send(b"there")
    assert polled.recv() == b"there"
    polled.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_child_leaves_the_hub_of_its_parent_alone(bench: Any) -> None:
    zmq = bench.zmq
    a, b = bench.pair(zmq.PULL, zmq.PUSH, "tcp")
    waiting = bench.spawn(a.recv)
    bench.sleep(0.001)  # the hub has begun to watch
    child = os.fork()
    if not child:
        # What it inherits counts as closed.
        os._exit(0 if a.closed else 1)
    assert os.waitpid(child, 0)[1] == 0
    b.send(b"x")
    assert bench.wait(waiting) == b"x"


@pytest.mark.skipif(
    sys.implementation.name == "pypy",
    reason="PyPy lets daemonic threads run on while it takes itself apart, and may crash in them",
)
def test_a_program_ends_while_other_threads_wait_in_their_hubs(
    child: Callable[..., subprocess.CompletedProcess[str]], flavour: Any
) -> None:
    module = flavour.zmq.__name__
    done = child(f"""
        import threading, warnings
        warnings.simplefilter("ignore")
        import {module} as zmq
        context = zmq.Context()
        push = context.socket(zmq.PUSH)
        push.bind("inproc://x")
        waiting = threading.Event()

        def wait():
            pull = context.socket(zmq.PULL)
            pull.connect("inproc://x")
            pull.recv()
            waiting.set()
            pull.recv()

        threads = [threading.Thread(target=wait, daemon=True)]
        for thread in threads:
            thread.start()
        push.send(b"")
        waiting.wait(10)
        push.send(bytes(100_000), copy=False)
        print("done")
        """)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


# -- Imports ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "library"), [("ctzmq.green", "eventlet"), ("ctzmq.green.gevent", "gevent")]
)
def test_a_missing_library_is_named_with_the_extra_that_brings_it(
    child: Callable[..., subprocess.CompletedProcess[str]], module: str, library: str
) -> None:
    done = child(f"""
        import sys
        sys.modules[{library!r}] = None
        try:
            from {module} import Context
        except ImportError as error:
            print(error.name, error)
        """)
    assert done.stdout.startswith(f"{library} {module} needs {library}"), done.stderr
    assert f"ctzmq[{library}]" in done.stdout


def test_neither_library_is_imported_before_its_flavour_is(
    child: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    done = child("""
        import sys
        import ctzmq, ctzmq.green
        print(sorted({"eventlet", "gevent", "greenlet"} & set(sys.modules)))
        """)
    assert done.stdout == "[]\n", done.stderr
