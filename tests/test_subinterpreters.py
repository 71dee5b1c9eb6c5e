"""Several interpreters in one process, each with a lock of its own, talk over one context."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent
from typing import Callable

import pytest

pytestmark = pytest.mark.skipif(
    sys.implementation.name != "cpython" or sys.version_info < (3, 13),
    reason="needs CPython 3.13, the first whose ctypes works in all interpreters",
)

Child = Callable[..., "subprocess.CompletedProcess[str]"]
Run = Callable[..., "list[str]"]

# `elsewhere(**names)` runs OTHER in a new interpreter; `begin` does so in a thread.
PRELUDE = """
import gc, sys, threading
import ctzmq as zmq

if sys.version_info >= (3, 14):
    from concurrent import interpreters

    def elsewhere(**names):
        interpreter = interpreters.create()
        if names:
            interpreter.prepare_main(names)
        interpreter.exec(OTHER)
        interpreter.close()
else:
    import _interpreters

    def elsewhere(**names):
        identity = _interpreters.create("isolated")
        error = _interpreters.run_string(identity, OTHER, names)
        _interpreters.destroy(identity)
        if error is not None:
            raise RuntimeError(error.formatted)

def begin(**names):
    failed = []

    def run():
        try:
            elsewhere(address=context.underlying, **names)
        except BaseException as error:
            failed.append(error)

    def end():
        thread.join(20)
        assert not thread.is_alive(), "the other interpreter does not end"
        if failed:
            raise failed[0]

    thread = threading.Thread(target=run)
    thread.start()
    return end

context = zmq.Context()

def socket(kind, endpoint=None):
    made = context.socket(kind)
    made.linger, made.rcvtimeo, made.sndtimeo = 0, 10_000, 10_000
    if endpoint:
        made.bind(endpoint)
    return made
"""

# What stands at the head of the other interpreter's source.
HEAD = """
import ctzmq as zmq
context = zmq.Context.shadow(address)
def socket(kind, endpoint):
    made = context.socket(kind)
    made.linger, made.rcvtimeo, made.sndtimeo = 0, 10_000, 10_000
    made.connect(endpoint)
    return made
"""


@pytest.fixture
def run(child: Child) -> Run:
    """Run a program, and the source for another interpreter; return the lines they print."""

    def run(body: str, other: str, *options: str) -> list[str]:
        parts = [
            f"OTHER = {dedent(other)!r}",
            PRELUDE,
            dedent(body),
            "context.term()",
            "print('end')",
        ]
        done = child("\n".join(parts), "-X", "faulthandler", *options)
        assert (done.returncode, done.stderr) == (0, "")
        lines = done.stdout.splitlines()
        assert lines.pop() == "end"
        return lines

    return run


@pytest.mark.parametrize("options", [(), ("-X", "dev"), ("-W", "error")], ids=" ".join)
def test_it_works_in_an_interpreter_of_its_own(run: Run, options: tuple[str, ...]) -> None:
    other = """
        import ctzmq as zmq
        with zmq.Context() as context:
            with context.socket(zmq.PUSH) as push, context.socket(zmq.PULL) as pull:
                port = push.bind_to_random_port("tcp://127.0.0.1")
                pull.connect(f"tcp://127.0.0.1:{port}")
                push.send_multipart([b"some", b"x" * 100_000])
                tracker = push.send(b"y" * 100_000, copy=False, track=True)
                parts = pull.recv_multipart(copy=False)
                print([len(memoryview(part)) for part in parts], flush=True)
                print(pull.poll(10_000), len(pull.recv()), flush=True)
                tracker.wait(10)
                try:
                    pull.recv(zmq.DONTWAIT)
                except zmq.Again:
                    print("nothing more", flush=True)
        """
    assert run("elsewhere()", other, *options) == ["[4, 100000]", "1 100000", "nothing more"]


def test_two_talk_over_inproc(run: Run) -> None:
    body = """
        client = socket(zmq.REQ, "inproc://work")
        end = begin()
        got = []
        for number in range(100):
            client.send_json(number)
            got.append(client.recv_json())
        end()
        client.close()
        print(got == [2 * number for number in range(100)])
        """
    other = (
        HEAD
        + """
with socket(zmq.REP, "inproc://work") as server:
    for _ in range(100):
        number = server.recv_json()
        server.send_json(number * 2)
"""
    )
    assert run(body, other) == ["True"]


def test_many_talk_at_once(run: Run) -> None:
    body = """
        ventilator, sink = socket(zmq.PUSH, "inproc://jobs"), socket(zmq.PULL, "inproc://results")
        ends = [begin() for _ in range(4)]
        for _ in ends:
            assert sink.recv() == b"ready"
        for number in range(200):
            ventilator.send(bytes([number]) * (1 + 997 * number))
        total = sum(len(sink.recv()) for _ in range(200))
        for _ in ends:
            ventilator.send(b"")
        for end in ends:
            end()
        ventilator.close()
        sink.close()
        print(total == sum(1 + 997 * number for number in range(200)))
        """
    other = (
        HEAD
        + """
jobs, results = socket(zmq.PULL, "inproc://jobs"), socket(zmq.PUSH, "inproc://results")
results.send(b"ready")
while True:
    job = jobs.recv(copy=False)
    if not job:
        break
    results.send(job)
jobs.close()
results.close()
"""
    )
    assert run(body, other) == ["True"]


def test_what_is_not_to_be_copied_is_copied_all_the_same(run: Run) -> None:
    body = """
        push = socket(zmq.PUSH, "inproc://work")
        end = begin()
        push.send(b"begin")
        data = bytearray(b"x" * 1_000_000)
        tracker = push.send(data, copy=False, track=True)
        print(tracker.done)
        data.clear()
        end()
        push.close()
        """
    other = (
        HEAD
        + """
with socket(zmq.PULL, "inproc://work") as pull:
    pull.recv()
    frame = pull.recv(copy=False)
    assert frame.bytes == b"x" * 1_000_000
    frame = zmq.Frame(b"y" * 100_000, copy=False, track=True)
    assert frame.tracker.done
    assert frame.bytes == b"y" * 100_000
"""
    )
    assert run(body, other) == ["True"]


# What the other interpreter does with a message whose memory the first one lent.
FATES = {
    "as bytes": "assert pull.recv() == wanted",
    "as a frame": """
        frame = pull.recv(copy=False)
        assert frame.bytes == wanted
        del frame
        """,
    "as a view": """
        view = memoryview(pull.recv(copy=False))[:]
        assert view == wanted
        del view
        """,
    "into memory": """
        target = bytearray(len(wanted))
        pull.recv_into(target)
        assert target == wanted
        """,
    "parts": "assert pull.recv_multipart() == [wanted]",
    "frames": """
        assert [bytes(frame) for frame in pull.recv_multipart(copy=False)] == [wanted]
        """,
    "and left behind": """
        frame = pull.recv(copy=False)
        view = memoryview(frame)
        """,
    "and copied": """
        import copy
        frames = [pull.recv(copy=False)]
        frames.append(copy.copy(frames[0]))
        frames.append(copy.deepcopy(frames[0]))
        del frames[0]
        assert frames == [wanted, wanted]
        """,
    "and sent on": """
        with context.socket(zmq.PUSH) as push, context.socket(zmq.PULL) as last:
            push.bind("inproc://on")
            last.connect("inproc://on")
            frame = pull.recv(copy=False)
            push.send(frame)
            del frame
            assert last.recv() == wanted
        """,
    "never": "pull.poll(10_000)",
}


@pytest.mark.parametrize("fate", FATES)
def test_memory_that_was_lent_before_is_given_back_properly(run: Run, fate: str) -> None:
    body = """
        class Data(bytearray):
            def __del__(self):
                gone.set()

        gone = threading.Event()
        push, pull = socket(zmq.PUSH), socket(zmq.PULL, "inproc://queue")
        push.connect("inproc://queue")
        tracker = push.send(Data(b"x" * 1_000_000), copy=False, track=True)
        print(tracker.done)
        end = begin(shared=pull.underlying)
        end()
        pull.close()
        push.close()
        tracker.wait(10)
        print(gone.wait(10))
        """
    other = HEAD + "pull = zmq.Socket.shadow(shared)\nwanted = b'x' * 1_000_000\n"
    assert run(body, other + dedent(FATES[fate])) == ["False", "True"]


def test_many_messages_that_were_lent_before(run: Run) -> None:
    body = """
        push, pull = socket(zmq.PUSH), socket(zmq.PULL, "inproc://queue")
        push.connect("inproc://queue")
        trackers = [push.send(b"%d" % n * 100_000, copy=False, track=True) for n in range(300)]
        end = begin(shared=pull.underlying)
        end()
        for tracker in trackers:
            tracker.wait(10)
        push.close()
        pull.close()
        """
    other = (
        HEAD
        + """
pull = zmq.Socket.shadow(shared)
for number in range(300):
    assert len(pull.recv(copy=bool(number % 3))) >= 100_000
"""
    )
    assert run(body, other) == []


def test_what_it_leaves_open_ends_with_it(run: Run) -> None:
    body = """
        push = socket(zmq.PUSH, "inproc://work")
        end = begin()
        push.send(b"x")
        end()
        push.close()
        """
    other = (
        HEAD
        + """
class Plug(zmq.Socket):
    me = None

pull = socket(zmq.PULL, "inproc://work")
pull.recv()
mine = zmq.Context()
plug = mine.socket(zmq.PUSH, socket_class=Plug)
plug.me = plug
poller = zmq.Poller()
poller.register(pull)
"""
    )
    assert run(body, other) == []


def test_the_end_of_the_context_is_told_elsewhere(run: Run) -> None:
    body = """
        push, ready = socket(zmq.PUSH, "inproc://work"), socket(zmq.PULL, "inproc://ready")
        end = begin()
        ready.recv()
        push.close()
        ready.close()
        context.term()
        end()
        """
    other = (
        HEAD
        + """
pull, ready = socket(zmq.PULL, "inproc://work"), socket(zmq.PUSH, "inproc://ready")
ready.send(b"")
ready.close()
pull.rcvtimeo = -1
try:
    pull.recv()
except zmq.ContextTerminated:
    print("told", flush=True)
pull.close()
"""
    )
    assert run(body, other) == ["told"]


def test_one_after_the_other(run: Run) -> None:
    body = """
        pull = socket(zmq.PULL, "inproc://work")
        for number in range(20):
            elsewhere(address=context.underlying)
            assert len(pull.recv()) == 100_000
        pull.close()
        frame = zmq.Frame(b"x" * 100_000, track=True)
        print(frame.tracker.done)
        """
    other = (
        HEAD
        + """
with socket(zmq.PUSH, "inproc://work") as push:
    push.send(b"x" * 100_000, copy=False)
"""
    )
    # The first interpreter is alone again, so that it lends memory.
    assert run(body, other) == ["False"]
