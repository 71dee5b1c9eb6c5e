"""What a program's end and a fork do: nothing hangs, nothing crashes, nothing is printed."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any, Callable

import pytest

import ctzmq as zmq
from ctzmq.core import registry

Child = Callable[..., "subprocess.CompletedProcess[str]"]

once = pytest.mark.blocking("the same with all kinds of sockets, and each takes a process")
hubless = pytest.mark.blocking("a hub has to be made anew in a child before anything waits there")
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="has no fork")

# Whatever a program leaves open, in a module's globals, when it comes to its end.
START = """
import atexit, gc, sys, threading
import ctzmq as zmq
context = zmq.Context()
"""
ENDINGS = {
    "open sockets": """
        push, pull = context.socket(zmq.PUSH), context.socket(zmq.PULL)
        push.bind("tcp://127.0.0.1:*")
        pull.connect(push.last_endpoint.decode())
        push.send(b"hello")
        assert pull.recv() == b"hello"
        """,
    "messages that nobody reads": """
        push = context.socket(zmq.PUSH)
        push.linger = -1
        push.connect("tcp://127.0.0.1:9")
        for _ in range(100):
            push.send(b"x" * 1000)
        """,
    "closed sockets that linger": """
        push = context.socket(zmq.PUSH)
        push.linger = -1
        push.connect("tcp://127.0.0.1:9")
        push.send(b"x" * 1000)
        push.close()
        """,
    "zero-copy messages that nobody reads": """
        push = context.socket(zmq.PUSH)
        push.linger = -1
        push.connect("tcp://127.0.0.1:9")
        for _ in range(10):
            push.send(bytearray(100_000), copy=False)
        """,
    "zero-copy messages of a closed socket that lingers": """
        push = context.socket(zmq.PUSH)
        push.linger = -1
        push.connect("tcp://127.0.0.1:9")
        push.send(bytearray(100_000), copy=False)
        push.close()
        """,
    "zero-copy messages on their way": """
        push, pull = context.socket(zmq.PUSH), context.socket(zmq.PULL)
        push.connect(f"tcp://127.0.0.1:{pull.bind_to_random_port('tcp://127.0.0.1')}")
        for _ in range(20):
            push.send(bytearray(2_000_000), copy=False)
        """,
    "zero-copy messages in a queue": """
        push, pull = context.socket(zmq.PUSH), context.socket(zmq.PULL)
        push.bind("inproc://x")
        pull.connect("inproc://x")
        for _ in range(10):
            push.send(bytearray(100_000), copy=False)
        """,
    "zero-copy messages that were received": """
        push, pull = context.socket(zmq.PUSH), context.socket(zmq.PULL)
        push.bind("inproc://x")
        pull.connect("inproc://x")
        push.send(bytearray(100_000), copy=False)
        frame = pull.recv(copy=False)
        view = memoryview(frame)
        """,
    "frames": """
        frames = [zmq.Frame(b"x" * 100_000, copy=bool(n % 2), track=True) for n in range(10)]
        views = [memoryview(frame)[5:] for frame in frames]
        tracker = frames[0].tracker
        """,
    "threads that wait": """
        def wait(act, kind):
            socket = context.socket(kind)
            ready.wait()
            act(socket)

        ready = threading.Barrier(5)
        for act, kind in (
            (lambda s: s.recv(), zmq.PULL),
            (lambda s: s.recv_multipart(copy=False), zmq.REP),
            (lambda s: s.send(b"x" * 100_000), zmq.PUSH),
            (lambda s: s.poll(), zmq.SUB),
        ):
            threading.Thread(target=wait, args=(act, kind), daemon=True).start()
        ready.wait()
        """,
    "a thread that waits in term": """
        push = context.socket(zmq.PUSH)
        thread = threading.Thread(target=context.term, daemon=True)
        thread.start()
        """,
    "threads that wait and zero-copy messages": """
        def wait():
            socket = context.socket(zmq.PULL)
            ready.wait()
            socket.recv()

        ready = threading.Barrier(2)
        threading.Thread(target=wait, daemon=True).start()
        ready.wait()
        push = context.socket(zmq.PUSH)
        push.connect("tcp://127.0.0.1:9")
        push.send(bytearray(100_000), copy=False)
        """,
    "a thread that sends without a copy": """
        pull = context.socket(zmq.PULL)
        port = pull.bind_to_random_port("tcp://127.0.0.1")

        def work():
            push = context.socket(zmq.PUSH)
            push.connect(f"tcp://127.0.0.1:{port}")
            while True:
                push.send(bytearray(100_000), copy=False)

        threading.Thread(target=work, daemon=True).start()
        for _ in range(100):
            pull.recv()
        """,
    "a thread that receives": """
        push = context.socket(zmq.PUSH)
        port = push.bind_to_random_port("tcp://127.0.0.1")
        some = threading.Event()

        def work():
            pull = context.socket(zmq.PULL)
            pull.connect(f"tcp://127.0.0.1:{port}")
            while True:
                pull.recv(copy=False)
                some.set()

        threading.Thread(target=work, daemon=True).start()
        for _ in range(100):
            push.send(bytearray(100_000), copy=False)
        some.wait()
        """,
    "cycles": """
        class Node(zmq.Context):
            me = plug = None

        class Plug(zmq.Socket):
            node = None

        node = Node()
        node.me = node
        node.plug = node.socket(zmq.PUSH, socket_class=Plug)
        node.plug.node = node
        gc.disable()
        del node
        """,
    "finalizers that use sockets": """
        flags = zmq.DONTWAIT

        class Last:
            def __init__(self):
                self.socket = context.socket(zmq.PUSH)
                self.frame = zmq.Frame(b"x" * 100)
            def __del__(self):
                try:
                    self.socket.send(b"last words", flags)
                except zmq.ZMQError:
                    pass
                self.frame.bytes
                self.socket.close()

        last = Last()
        last.me = last
        other = Last()
        """,
    "what runs at exit": """
        push, pull = context.socket(zmq.PUSH), context.socket(zmq.PULL)
        push.bind("inproc://x")
        pull.connect("inproc://x")

        def last():
            push.send(b"last words")
            assert pull.recv() == b"last words"
            context.destroy()

        atexit.register(last)
        """,
    "a monitor and a poller": """
        push = context.socket(zmq.PUSH)
        monitor = push.get_monitor_socket()
        push.bind("tcp://127.0.0.1:*")
        poller = zmq.Poller()
        poller.register(push)
        poller.register(monitor, zmq.POLLIN)
        assert poller.poll(1000)
        """,
    "the process's context": """
        context.term()
        push = zmq.Context.instance().socket(zmq.PUSH)
        push.connect("tcp://127.0.0.1:9")
        push.send(b"x")
        """,
    "shadows": """
        push = context.socket(zmq.PUSH)
        shadows = [zmq.Socket.shadow(push), zmq.Context.shadow(context)]
        more = shadows[1].socket(zmq.PULL)
        """,
    "nothing": """
        context.term()
        """,
}


def program(body: str) -> str:
    return START + dedent(body)


THREADED = {kind: body for kind, body in ENDINGS.items() if "Thread(" in body}


# Each program is a child of one that has imported all.
EACH = """
import json, os, sys, tempfile
import ctzmq as zmq

ends = {{}}
for kind, body in {programs!r}.items():
    log = tempfile.TemporaryFile()
    pid = os.fork()
    if not pid:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        exec(body)
        print("end")
        break
    code = os.waitpid(pid, 0)[1]
    log.seek(0)
    ends[kind] = [code, log.read().decode()]
else:
    print(json.dumps(ends))
"""


@forks
def test_programs_leave_behind(child: Child) -> None:
    start = START.replace("import ctzmq as zmq\n", "")
    programs = {kind: start + dedent(ENDINGS[kind]) for kind in ENDINGS.keys() - THREADED.keys()}
    done = child(EACH.format(programs=programs))
    assert done.stderr == ""
    assert json.loads(done.stdout) == {kind: [0, "end\n"] for kind in programs}


@pytest.mark.blocking("a thread whose hub is cut off in the middle may crash the library of it")
@pytest.mark.parametrize("kind", THREADED)
def test_a_program_of_threads_leaves_behind(child: Child, kind: str) -> None:
    done = child(program(ENDINGS[kind]) + "\nprint('end')")
    assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", "")


@once
@pytest.mark.parametrize("kind", ENDINGS)
def test_where_warnings_are_errors_a_program_leaves_behind(child: Child, kind: str) -> None:
    done = child(program(ENDINGS[kind]) + "\nprint('end')", "-X", "dev", "-W", "error")
    assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", "")


@once
@pytest.mark.parametrize(
    "kind",
    [
        "open sockets",
        "zero-copy messages that nobody reads",
        "threads that wait and zero-copy messages",
        "a thread that sends without a copy",
        "cycles",
    ],
)
def test_its_exit_code_is_its_own(child: Child, kind: str) -> None:
    done = child(program(ENDINGS[kind]) + "\nsys.exit(7)")
    assert (done.returncode, done.stderr) == (7, "")


@once
@pytest.mark.parametrize(
    "kind", ["open sockets", "zero-copy messages that nobody reads", "threads that wait"]
)
def test_its_own_error_is_all_that_is_printed(child: Child, kind: str) -> None:
    done = child(program(ENDINGS[kind]) + "\nraise ValueError('mine')")
    assert done.returncode == 1
    assert done.stderr.splitlines()[0].startswith("Traceback")
    assert done.stderr.splitlines()[-1] == "ValueError: mine"
    assert "ctzmq" not in done.stderr


def test_what_was_sent_before_a_clean_end_arrives(child: Child) -> None:
    with zmq.Context() as context, context.socket(zmq.PULL) as pull:
        pull.rcvtimeo = 10_000
        port = pull.bind_to_random_port("tcp://127.0.0.1")
        done = child(
            f"""
            import ctzmq as zmq
            context = zmq.Context()
            push = context.socket(zmq.PUSH)
            push.connect("tcp://127.0.0.1:{port}")
            for _ in range(10):
                push.send(bytearray(1_000_000), copy=False)
            push.close()
            context.term()
            """
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert [len(pull.recv()) for _ in range(10)] == [1_000_000] * 10


@once
def test_what_is_left_open_is_named_while_the_program_runs(child: Child) -> None:
    done = child(
        """
        import gc, ctzmq as zmq
        def use():
            zmq.Context().socket(zmq.PUSH)
        use()
        for _ in range(5):
            gc.collect()
        print("end")
        """,
        "-X",
        "dev",
    )
    assert done.returncode == 0
    assert "ResourceWarning: unclosed socket <zmq.Socket(zmq.PUSH) at 0x" in done.stderr
    assert "ResourceWarning: unclosed context <zmq.Context() at 0x" in done.stderr


@once
def test_importing_makes_no_callback_and_loads_no_ctypes_util(child: Child) -> None:
    done = child(
        """
        import ctypes, gc, sys

        def callbacks():
            return [o for o in gc.get_objects() if type(o).__name__ == "CThunkObject"]

        probe = ctypes.CFUNCTYPE(None)(print)
        seen, before = len(callbacks()), set(sys.modules)
        import ctzmq
        context = ctzmq.Context()
        with context.socket(ctzmq.PUSH) as push, context.socket(ctzmq.PULL) as pull:
            push.bind("inproc://x")
            pull.connect("inproc://x")
            push.send(b"x" * 100_000)
            pull.recv(copy=False)
        context.term()
        print(len(callbacks()) - seen, {"ctypes.util", "threading"} & (set(sys.modules) - before))
        frame = ctzmq.Frame(b"x", copy=False)
        print(len(callbacks()) - seen)
        """
    )
    found = "1" if sys.implementation.name == "cpython" else "0"
    assert done.stdout.split() == ["0", "set()", found]
    assert (done.returncode, done.stderr) == (0, "")


class TestFork:
    """A child has the parent's objects, but not the threads of libzmq behind them."""

    pytestmark = forks

    # `inside(function)` runs it in a forked child and gives its exit code and its output.
    FORKING = (
        START
        + """
import os, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # of forking while threads run

def inside(function, leave=os._exit):
    readable, writable = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.close(readable)
            text = repr(function())
        except BaseException as error:
            text = f"{type(error).__name__}: {error}"
        os.write(writable, text.encode())
        leave(3)
    os.close(writable)
    with open(readable) as file:
        text = file.read()
    code = os.waitpid(pid, 0)[1]
    assert code == 3 << 8, code
    return text

push, pull = context.socket(zmq.PUSH), context.socket(zmq.PULL)
push.bind("tcp://127.0.0.1:*")
pull.connect(push.last_endpoint.decode())
pull.rcvtimeo = push.sndtimeo = 10_000
"""
    )
    STILL = """
push.send(b"still here")
assert pull.recv() == b"still here"
push.close()
pull.close()
context.term()
print("end")
"""

    def run(self, child: Child, body: str, *options: str) -> list[str]:
        done = child(self.FORKING + dedent(body) + self.STILL, *options)
        lines = done.stdout.splitlines()
        assert (done.returncode, done.stderr) == (0, "")
        assert lines.pop() == "end"
        return lines

    USES = (
        "push.send(b'x')",
        "push.send(b'x' * 100_000, copy=False)",
        "push.send_multipart([b'x', b'y'])",
        "pull.recv()",
        "pull.recv(copy=False)",
        "pull.recv_multipart()",
        "pull.poll(10)",
        "pull.linger",
        "setattr(pull, 'linger', 5)",
        "push.bind('inproc://x')",
        "pull.connect('inproc://x')",
        "pull.fileno()",
        "pull.get_monitor_socket()",
        "zmq.Socket.shadow(pull)",
        "context.socket(zmq.PUSH)",
        "zmq.Socket(context, zmq.PUSH)",
    )

    def test_they_say_that_they_do_not_survive(self, child: Child) -> None:
        texts = self.run(child, "\n".join(f"print(inside(lambda: {use}))" for use in self.USES))
        for use, text in zip(self.USES, texts):
            assert text.startswith("ZMQError: "), use
            assert "does not survive a fork" in text, use
        assert len(texts) == len(self.USES)

    def test_ending_them_does_nothing(self, child: Child) -> None:
        lines = self.run(
            child,
            """
            print(inside(lambda: (push.closed, context.closed)))
            print(inside(lambda: (push.close(), pull.close(0), context.term(), context.destroy())))
            """,
        )
        assert lines == ["(True, True)", "(None, None, None, None)"]

    def test_polling_them_is_an_error(self, child: Child) -> None:
        lines = self.run(
            child,
            """
            poller = zmq.Poller()
            poller.register(pull)
            poller.poll(0)
            print(inside(lambda: poller.poll(10)))
            print(inside(lambda: zmq.select([pull], [], [], 0.01)))
            """,
        )
        assert all(line.startswith("ZMQError: ") for line in lines)

    @once
    @pytest.mark.parametrize("leave", ["os._exit", "sys.exit"])
    def test_a_child_that_only_exits(self, child: Child, leave: str) -> None:
        assert self.run(child, f"print(inside(lambda: 'nothing', leave={leave}))") == ["'nothing'"]

    @hubless
    @pytest.mark.parametrize("leave", ["os._exit", "sys.exit"])
    def test_a_child_with_a_context_of_its_own(self, child: Child, leave: str) -> None:
        (line,) = self.run(
            child,
            f"""
            def work():
                with zmq.Context() as mine:
                    with mine.socket(zmq.PAIR) as a, mine.socket(zmq.PAIR) as b:
                        b.connect(f"tcp://127.0.0.1:{{a.bind_to_random_port('tcp://127.0.0.1')}}")
                        tracker = a.send(b"x" * 100_000, copy=False, track=True)
                        received = len(b.recv())
                        tracker.wait(10)
                        return received
            print(inside(work, leave={leave}))
            """,
        )
        assert line == "100000"

    @hubless
    @pytest.mark.parametrize("leave", ["os._exit", "sys.exit"])
    def test_a_child_talks_to_its_parent(self, child: Child, leave: str) -> None:
        lines = self.run(
            child,
            f"""
            port = pull.bind_to_random_port("tcp://127.0.0.1")
            def work():
                with zmq.Context() as mine, mine.socket(zmq.PUSH) as socket:
                    socket.connect(f"tcp://127.0.0.1:{{port}}")
                    socket.send(b"from the child")
            print(inside(work, leave={leave}))
            print(pull.recv())
            """,
        )
        assert lines == ["None", "b'from the child'"]

    @hubless
    def test_the_process_s_context_is_a_new_one(self, child: Child) -> None:
        lines = self.run(
            child,
            """
            shared = zmq.Context.instance()
            def work():
                mine = zmq.Context.instance()
                with mine.socket(zmq.PUSH) as socket:
                    socket.bind("inproc://x")
                mine.term()
                return mine is not shared and shared.closed
            print(inside(work))
            assert zmq.Context.instance() is shared
            shared.term()
            """,
        )
        assert lines == ["True"]

    @once
    def test_frames_can_still_be_read(self, child: Child) -> None:
        lines = self.run(
            child,
            """
            push.send(b"received" * 1000)
            frames = [pull.recv(copy=False), zmq.Frame(b"copied" * 1000)]
            frames.append(zmq.Frame(bytearray(b"lent" * 1000), copy=False, track=True))
            views = [memoryview(frame) for frame in frames]
            def work():
                global frames, views
                texts = [frame.bytes[:8] for frame in frames]
                views = [bytes(view[:8]) for view in views]
                del frames
                gc.collect()
                return texts == views and texts
            print(inside(work), flush=True)
            print(inside(work, leave=sys.exit))
            """,
        )
        assert lines == ["[b'received', b'copiedco', b'lentlent']"] * 2

    @once
    def test_lent_memory_stays_as_long_as_a_frame_shows_it(self, child: Child) -> None:
        lines = self.run(
            child,
            """
            a, b = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
            a.bind("inproc://lent")
            b.connect("inproc://lent")
            a.send(bytearray(b"x" * 1_000_000), copy=False)
            frame = b.recv(copy=False)
            def work():
                gc.collect()
                others = [bytearray(b"y" * 1_000_000) for _ in range(5)]
                return frame.bytes == b"x" * 1_000_000
            print(inside(work))
            a.close()
            b.close()
            """,
        )
        assert lines == ["True"]

    @once
    def test_nobody_waits_for_what_the_parent_sends(self, child: Child) -> None:
        lines = self.run(
            child,
            """
            other = context.socket(zmq.PUSH)
            other.linger = 0
            other.connect("tcp://127.0.0.1:9")
            tracker = other.send(bytearray(1_000_000), copy=False, track=True)
            print(inside(lambda: (tracker.wait(), tracker.done), leave=sys.exit))
            print(tracker.done)
            other.close()
            tracker.wait(10)
            """,
        )
        assert lines == ["(None, True)", "False"]

    @hubless
    def test_while_other_threads_are_at_work(self, child: Child) -> None:
        lines = self.run(
            child,
            """
            import errno
            stop = threading.Event()
            def busy():
                with context.socket(zmq.PAIR) as a, context.socket(zmq.PAIR) as b:
                    a.bind(f"inproc://{threading.get_ident()}")
                    b.connect(f"inproc://{threading.get_ident()}")
                    while not stop.is_set():
                        a.send(bytearray(70_000), copy=False, track=True)
                        b.recv(copy=False)
                        try:
                            context.socket(zmq.PUSH).close()
                            zmq.Context.instance().socket(zmq.PUSH).close()
                        except zmq.ZMQError as error:
                            # libzmq frees them in a thread of its own, which may lag behind.
                            assert error.errno == errno.EMFILE
            threads = [threading.Thread(target=busy) for _ in range(3)]
            for thread in threads:
                thread.start()
            def work():
                with zmq.Context() as mine, mine.socket(zmq.PUSH):
                    zmq.Context.instance().term()
                    return "worked"
            print({inside(work, leave=sys.exit if n % 2 else os._exit) for n in range(10)})
            stop.set()
            for thread in threads:
                thread.join()
            zmq.Context.instance().term()
            """,
        )
        assert lines == ["{\"'worked'\"}"]

    @hubless
    def test_children_of_children(self, child: Child) -> None:
        lines = self.run(
            child,
            """
            def grandchild():
                with zmq.Context() as mine, mine.socket(zmq.PUSH) as socket:
                    return inside(lambda: socket.send(b"x")), inside(lambda: push.send(b"x"))
            print(inside(grandchild))
            """,
        )
        assert lines[0].count("does not survive a fork") == 2


WORKER = """
import multiprocessing, sys
import ctzmq as zmq

def work(port, number):
    with zmq.Context() as context, context.socket(zmq.PUSH) as push:
        push.connect(f"tcp://127.0.0.1:{port}")
        push.send(bytes([number]) * 100_000, copy=False)

if __name__ == "__main__":
    kind = multiprocessing.get_context(sys.argv[1])
    with zmq.Context() as context, context.socket(zmq.PULL) as pull:
        pull.rcvtimeo = 20_000
        port = pull.bind_to_random_port("tcp://127.0.0.1")
        workers = [kind.Process(target=work, args=(port, n)) for n in range(3)]
        for worker in workers:
            worker.start()
        print(sorted(pull.recv()[0] for _ in workers))
        for worker in workers:
            worker.join()
        print([worker.exitcode for worker in workers])
"""


@once
@pytest.mark.parametrize(
    "method",
    [
        pytest.param("fork", marks=forks),
        "spawn",
        pytest.param("forkserver", marks=forks),
    ],
)
def test_multiprocessing(tmp_path: Path, method: str) -> None:
    program = tmp_path / "program.py"
    program.write_text(WORKER)
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", str(program), method],
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )
    assert done.stdout == "[0, 1, 2]\n[0, 0, 0]\n"
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def many() -> Iterator[Any]:
    """A set that another thread keeps changing, and what stays in it all the time."""

    class Thing:
        """Something to refer to."""

    keep = [Thing() for _ in range(1000)]
    things = registry.Living()
    for thing in keep:
        things.add(thing)
    stop = threading.Event()

    def change() -> None:
        while not stop.is_set():
            thing = Thing()
            things.add(thing)
            things.discard(thing)

    thread = threading.Thread(target=change)
    thread.start()
    yield things, set(keep)
    stop.set()
    thread.join(10)


@once
def test_a_changing_set_can_be_listed(many: Any) -> None:
    things, stay = many
    for _ in range(200):
        assert stay <= set(things.living())


def test_each_closing_is_noticed(context: zmq.Context) -> None:
    seen = {registry.closings}
    for _ in range(5):
        context.socket(zmq.PUSH).close()
        assert registry.closings not in seen
        seen.add(registry.closings)


def test_a_set_forgets_those_that_are_gone_without_being_removed() -> None:
    class Thing:
        """Something to refer to."""

    things = registry.Living()
    kept = Thing()
    things.add(kept)
    things.add(kept)
    for _ in range(10):
        for _ in range(1000):
            things.add(Thing())
        gc.collect()
    assert list(things) == [kept]
    assert len(things) == 1
    assert kept in things
    assert len(things._references) < 3000
    things.discard(kept)
    things.discard(kept)
    assert kept not in things
