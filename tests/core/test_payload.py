"""Zero copy: libzmq reads an object's memory, which stays as it is until libzmq lets go."""

from __future__ import annotations

import array
import ctypes
import gc
import mmap
import socket as sockets
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Callable

import pytest

import ctzmq as zmq
from ctzmq.core import payload

CPYTHON = sys.implementation.name == "cpython"
NewSocket = Callable[..., zmq.Socket]
Pair = Callable[..., "tuple[zmq.Socket, zmq.Socket]"]
Eventually = Callable[[Callable[[], object]], None]
Child = Callable[..., "subprocess.CompletedProcess[str]"]

TRANSPORTS = pytest.mark.parametrize("transport", ["inproc", "ipc", "tcp"])
pins_objects = pytest.mark.skipif(not CPYTHON, reason="copies, as it cannot pin an object")
LARGE = 1_000_000


@pytest.fixture(autouse=True)
def nothing_is_left_behind(eventually: Eventually) -> Iterator[None]:
    """libzmq has let go of what a test lent to it once the test is over."""
    before = set(payload.payloads)
    yield
    eventually(lambda: payload.payloads.keys() <= before)


@pytest.fixture
def deaf() -> Iterator[str]:
    """An endpoint where connections are taken but nothing is ever read."""
    with sockets.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"


class Data(bytearray):
    """A bytearray that can be referred to weakly."""


def buffers() -> dict[str, Any]:
    file = mmap.mmap(-1, 100_000)
    file.write(b"mapped" * 1000)
    made = {
        "bytes": b"bytes" * 20_000,
        "bytearray": bytearray(b"bytearray" * 20_000),
        "memoryview": memoryview(b"memoryview" * 20_000)[7:],
        "array": array.array("d", range(20_000)),
        "mmap": file,
        "ctypes": (ctypes.c_int * 20_000)(*range(20_000)),
    }
    try:
        import numpy
    except ImportError:
        return made
    grid = numpy.arange(100_000, dtype="int16").reshape(100, 1000)
    return {**made, "numpy": grid, "numpy in Fortran's order": numpy.asfortranarray(grid)}


BUFFERS = buffers()


def raw(data: Any) -> bytes:
    made: bytes = data.tobytes("A") if hasattr(data, "flags") else memoryview(data).tobytes()
    return made


class TestPending:
    def test_until_the_socket_is_closed_where_nobody_reads(
        self, socket: NewSocket, deaf: str
    ) -> None:
        push = socket(zmq.PUSH)
        push.connect(deaf)
        data = Data(b"x" * LARGE)
        gone = weakref.ref(data)
        tracker = push.send(data, copy=False, track=True)
        del data
        gc.collect()
        assert tracker is not None
        assert not tracker.done
        with pytest.raises(zmq.NotDone):
            tracker.wait(0.01)
        if CPYTHON:
            assert gone() is not None
        push.close(0)
        tracker.wait(10)
        assert tracker.done
        gc.collect()
        assert gone() is None

    def test_until_a_peer_comes(self, socket: NewSocket, tmp_path: Path) -> None:
        push = socket(zmq.PUSH)
        push.connect(f"ipc://{tmp_path / 'late'}")
        data = b"x" * LARGE
        tracker = push.send(data, copy=False, track=True)
        assert tracker is not None
        assert not tracker.done
        pull = socket(zmq.PULL)
        pull.bind(f"ipc://{tmp_path / 'late'}")
        assert pull.recv() == data
        tracker.wait(10)

    def test_until_it_is_received_and_dropped(self, pair: Pair, eventually: Eventually) -> None:
        a, b = pair(zmq.PUSH, zmq.PULL)
        tracker = a.send(b"x" * LARGE, copy=False, track=True)
        assert tracker is not None
        frame = b.recv(copy=False)
        gc.collect()
        assert not tracker.done
        view = frame.buffer[5:]
        del frame
        gc.collect()
        assert not tracker.done
        assert view.tobytes() == b"x" * (LARGE - 5)
        del view
        eventually(lambda: tracker.done)

    def test_received_as_bytes_it_is_let_go_at_once(self, pair: Pair) -> None:
        a, b = pair(zmq.PUSH, zmq.PULL)
        a.copy_threshold = 0
        for size in (1, 100, LARGE):
            tracker = a.send(b"x" * size, copy=False, track=True)
            assert tracker is not None
            assert b.recv() == b"x" * size
            tracker.wait(10)

    def test_parts_received_as_bytes_are_let_go_at_once(self, pair: Pair) -> None:
        a, b = pair(zmq.PUSH, zmq.PULL)
        a.copy_threshold = 0
        frames = [zmq.Frame(b"x" * size, copy=False, track=True) for size in (1, 100, LARGE)]
        trackers = [frame.tracker for frame in frames]
        a.send_multipart(frames, copy=False)
        del frames
        assert [len(part) for part in b.recv_multipart()] == [1, 100, LARGE]
        gc.collect()
        for tracker in trackers:
            assert tracker is not None
            tracker.wait(10)

    def test_a_frame_that_is_kept_keeps_its_memory(self, pair: Pair) -> None:
        a, b = pair(zmq.PUSH, zmq.PULL, "tcp")
        frame = zmq.Frame(b"x" * LARGE, copy=False, track=True)
        tracker = a.send(frame, track=True)
        assert tracker is not None
        assert tracker is frame.tracker
        assert b.recv() == b"x" * LARGE
        with pytest.raises(zmq.NotDone):
            tracker.wait(0.01)
        del frame
        gc.collect()
        tracker.wait(10)

    def test_a_frame_that_is_not_tracked_cannot_become_so(self, pair: Pair) -> None:
        a, _ = pair(zmq.PUSH, zmq.PULL)
        with pytest.raises(ValueError, match="track=True"):
            a.send(zmq.Frame(b"x"), track=True)

    def test_untracked(self, pair: Pair) -> None:
        a, b = pair(zmq.PUSH, zmq.PULL)
        assert a.send(b"x" * LARGE, copy=False) is None
        assert b.recv() == b"x" * LARGE


class TestSending:
    @TRANSPORTS
    @pytest.mark.parametrize("kind", BUFFERS)
    def test_objects_of_all_kinds(self, pair: Pair, transport: str, kind: str) -> None:
        a, b = pair(zmq.PUSH, zmq.PULL, transport)
        data = BUFFERS[kind]
        for _ in range(3):
            tracker = a.send(data, copy=False, track=True)
            assert b.recv() == raw(data)
            assert tracker is not None
            tracker.wait(10)

    @TRANSPORTS
    @pytest.mark.parametrize("size", [0, 1, 29, 30, 33, 34, 8191, 65535, 65536, 3_000_000])
    def test_messages_of_all_sizes(self, pair: Pair, transport: str, size: int) -> None:
        a, b = pair(zmq.PUSH, zmq.PULL, transport)
        a.copy_threshold = 0
        data = bytes(n % 251 for n in range(size % 100_000)) + bytes(size - size % 100_000)
        for copied in (False, True):
            tracker = a.send(data, copy=copied, track=True)
            assert b.recv() == data
            assert (tracker is None) is copied
            if tracker is not None:
                tracker.wait(10)

    @TRANSPORTS
    def test_parts(self, pair: Pair, transport: str) -> None:
        a, b = pair(zmq.DEALER, zmq.DEALER, transport)
        a.copy_threshold = 10
        parts: list[bytes | bytearray] = [b"", b"x" * 9, b"y" * 10, bytearray(b"z" * LARGE)]
        tracker = a.send_multipart(parts, copy=False, track=True)
        assert b.recv_multipart() == parts
        assert tracker is not None
        tracker.wait(10)

    @pytest.mark.parametrize(
        ("size", "threshold", "lent"), [(99, 100, False), (100, 100, True), (1, 0, True)]
    )
    def test_small_ones_are_copied(
        self, socket: NewSocket, deaf: str, size: int, threshold: int, lent: bool
    ) -> None:
        push = socket(zmq.PUSH, copy_threshold=threshold)
        push.connect(deaf)
        tracker = push.send(bytes(size), copy=False, track=True)
        assert tracker is not None
        assert tracker.done is not lent
        assert bool(payload.payloads) is lent
        push.close(0)

    def test_to_many_subscribers(self, socket: NewSocket) -> None:
        publisher = socket(zmq.XPUB)
        publisher.bind("inproc://news")
        subscribers = [socket(zmq.SUB) for _ in range(5)]
        for subscriber in subscribers:
            subscriber.connect("inproc://news")
            subscriber.subscribe(b"")
        assert publisher.recv() == b"\1"
        tracker = publisher.send(b"x" * LARGE, copy=False, track=True)
        assert tracker is not None
        for subscriber in subscribers:
            assert not tracker.done
            assert subscriber.recv() == b"x" * LARGE
        tracker.wait(10)

    def test_to_nobody(self, socket: NewSocket) -> None:
        publisher = socket(zmq.PUB)
        publisher.bind("inproc://nobody")
        tracker = publisher.send(b"x" * LARGE, copy=False, track=True)
        gc.collect()
        assert tracker is not None
        tracker.wait(10)


class TestRefused:
    """What could not be sent is the caller's again."""

    def test_nobody_is_there(self, socket: NewSocket) -> None:
        push = socket(zmq.PUSH)
        data = Data(b"x" * LARGE)
        for _ in range(20):
            with pytest.raises(zmq.Again):
                push.send(data, zmq.DONTWAIT, copy=False, track=True)
        push.sndtimeo = 1
        with pytest.raises(zmq.Again):
            push.send(data, copy=False, track=True)
        gc.collect()
        data.clear()

    def test_out_of_turn(self, socket: NewSocket) -> None:
        reply = socket(zmq.REP)
        data = Data(b"x" * LARGE)
        with pytest.raises(zmq.ZMQError) as caught:
            reply.send(data, copy=False)
        assert caught.value.errno == zmq.EFSM
        del caught
        gc.collect()
        data.clear()

    def test_no_such_peer(self, socket: NewSocket) -> None:
        router = socket(zmq.ROUTER, router_mandatory=1)
        with pytest.raises(zmq.ZMQError) as caught:
            router.send_multipart([b"nobody", b"x" * LARGE], copy=False)
        assert caught.value.errno == zmq.EHOSTUNREACH

    def test_closed(self, socket: NewSocket) -> None:
        push = socket(zmq.PUSH)
        push.close()
        data = Data(b"x" * LARGE)
        with pytest.raises(zmq.ZMQError) as caught:
            push.send(data, copy=False)
        assert caught.value.errno == zmq.ENOTSOCK
        del caught
        gc.collect()
        data.clear()

    def test_memory_with_gaps(self, pair: Pair) -> None:
        a, _ = pair(zmq.PUSH, zmq.PULL)
        with pytest.raises(BufferError):
            a.send(memoryview(bytearray(LARGE))[::2], copy=False)

    def test_a_bad_part_sends_nothing(self, pair: Pair) -> None:
        a, b = pair(zmq.PUSH, zmq.PULL)
        with pytest.raises(TypeError, match="part 1 of 3"):
            a.send_multipart([b"x" * LARGE, "text", b"y"], copy=False)  # type: ignore[list-item]
        a.send(b"next")
        assert b.recv_multipart() == [b"next"]


class TestLent:
    @pins_objects
    @pytest.mark.parametrize("kind", ["bytearray", "memoryview of it", "array", "mmap"])
    def test_it_cannot_be_resized(self, socket: NewSocket, deaf: str, kind: str) -> None:
        push = socket(zmq.PUSH)
        push.connect(deaf)
        base = bytearray(b"x" * LARGE)
        made: dict[str, Callable[[], Any]] = {
            "bytearray": lambda: base,
            "memoryview of it": lambda: memoryview(base),
            "array": lambda: array.array("i", [0] * 100_000),
            "mmap": lambda: mmap.mmap(-1, LARGE),
        }
        data = made[kind]()
        ways: dict[str, Callable[[], object]] = {
            "bytearray": lambda: data.extend(b"y"),
            "memoryview of it": base.clear,
            "array": lambda: data.append(1),
            "mmap": lambda: data.close(),
        }
        resize = ways[kind]
        tracker = push.send(data, copy=False, track=True)
        assert tracker is not None
        with pytest.raises(BufferError):
            resize()
        push.close(0)
        tracker.wait(10)
        if isinstance(data, memoryview):
            data.release()
        resize()

    @pins_objects
    def test_a_view_that_is_released_stays_lent(self, socket: NewSocket, deaf: str) -> None:
        push = socket(zmq.PUSH)
        push.connect(deaf)
        base = bytearray(b"x" * LARGE)
        view = memoryview(base)
        tracker = push.send(view, copy=False, track=True)
        assert tracker is not None
        with pytest.raises(BufferError):
            view.release()
        push.close(0)
        tracker.wait(10)
        view.release()

    @pins_objects
    def test_a_change_in_it_is_seen(self, pair: Pair) -> None:
        a, b = pair(zmq.PUSH, zmq.PULL)
        data = bytearray(b"x" * LARGE)
        a.send(data, copy=False)
        data[0] = ord("y")
        assert b.recv()[:2] == b"yx"

    def test_numpy_arrays_go_when_libzmq_lets_go(self, socket: NewSocket, deaf: str) -> None:
        numpy = pytest.importorskip("numpy", reason="not here")
        push = socket(zmq.PUSH)
        push.connect(deaf)
        data = numpy.arange(100_000)
        gone = weakref.ref(data)
        tracker = push.send(data, copy=False, track=True)
        del data
        gc.collect()
        assert gone() is not None
        push.close(0)
        assert tracker is not None
        tracker.wait(10)
        gc.collect()
        assert gone() is None


class TestThreads:
    def test_many_send_at_once(self, context: zmq.Context, eventually: Eventually) -> None:
        count, threads = 60, 4
        failures: list[BaseException] = []
        with context.socket(zmq.PULL) as pull:
            pull.rcvtimeo = 10_000
            port = pull.bind_to_random_port("tcp://127.0.0.1")
            pull.bind("inproc://many")

            def work(number: int) -> None:
                endpoint = "inproc://many" if number % 2 else f"tcp://127.0.0.1:{port}"
                try:
                    with context.socket(zmq.PUSH) as push:
                        push.connect(endpoint)
                        for _ in range(count):
                            push.send(bytes([number]) * 100_000, copy=False, track=True)
                except BaseException as error:
                    failures.append(error)

            workers = [threading.Thread(target=work, args=(n,)) for n in range(threads)]
            for worker in workers:
                worker.start()
            received = [pull.recv() for _ in range(count * threads)]
            for worker in workers:
                worker.join(10)
        assert not failures
        for number in range(threads):
            assert received.count(bytes([number]) * 100_000) == count
        eventually(lambda: not payload.payloads)

    def test_a_finalizer_runs_in_whatever_thread_lets_go(self, socket: NewSocket) -> None:
        where: list[int] = []
        done = threading.Event()

        class Telling(bytearray):
            """Tells where it ends."""

            def __del__(self) -> None:
                where.append(threading.get_ident())
                done.set()

        pull = socket(zmq.PULL)
        push = socket(zmq.PUSH)
        push.connect(f"tcp://127.0.0.1:{pull.bind_to_random_port('tcp://127.0.0.1')}")
        push.send(Telling(b"x" * LARGE), copy=False)
        assert len(pull.recv()) == LARGE
        while not done.wait(0.01):
            gc.collect()
        assert len(where) == 1

    @TRANSPORTS
    def test_where_only_the_last_message_counts(
        self, socket: NewSocket, tmp_path: Path, transport: str
    ) -> None:
        """A CONFLATE socket drops messages under a lock of libzmq's; nothing may hang there."""
        pull = socket(zmq.PULL, conflate=1)
        endpoint = {
            "inproc": "inproc://last",
            "ipc": f"ipc://{tmp_path / 'last'}",
            "tcp": "tcp://127.0.0.1:*",
        }[transport]
        pull.bind(endpoint)
        endpoint = pull.last_endpoint.decode() if transport != "inproc" else endpoint
        context = pull.context
        ended = threading.Event()

        def work() -> None:
            with context.socket(zmq.PUSH) as push:
                push.copy_threshold = push.linger = 0
                push.connect(endpoint)
                for count in range(200):
                    push.send(b"%d" % count, copy=False)
                    push.send(b"%d" % count + b" " * 100_000, copy=False)
                # libzmq may keep even the last message to itself until another one follows.
                while not ended.wait(0.001):
                    push.send(b"last", copy=False)

        worker = threading.Thread(target=work)
        worker.start()
        while pull.recv() != b"last":
            pull.poll(1)
        ended.set()
        # Where the queue is the sender's, it may be full by now.
        while worker.is_alive():
            pull.poll(10)
            with suppress(zmq.Again):
                pull.recv(zmq.DONTWAIT)

    def test_a_sender_that_keeps_the_last_message_only(self, child: Child) -> None:
        # libzmq itself forgets to let go of some messages that such a socket drops, and it may keep
        # the last one to itself until another one follows.
        done = child(
            """
            import ctzmq as zmq
            with zmq.Context() as context:
                push, pull = context.socket(zmq.PUSH), context.socket(zmq.PULL)
                with push, pull:
                    push.conflate, push.copy_threshold, push.linger = 1, 0, 0
                    push.bind("tcp://127.0.0.1:*")
                    pull.connect(push.last_endpoint.decode())
                    for count in range(300):
                        push.send(b"%d" % count, copy=False)
                    while True:
                        push.send(b"last", copy=False)
                        if pull.poll(1) and pull.recv() == b"last":
                            break
            """
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="others collect later anyway")
def test_closing_after_a_loan_keeps_nothing_that_its_callers_have(context: zmq.Context) -> None:
    class Anything:
        pass

    def close() -> weakref.ref[Anything]:
        mine = Anything()
        context.socket(zmq.PAIR).close()
        return weakref.ref(mine)

    zmq.Frame(b"x" * 1000, copy=False)
    gc.disable()
    try:
        assert close()() is None
    finally:
        gc.enable()


@pytest.mark.large
@pytest.mark.timeout(300)
class TestLarge:
    """Messages of more bytes than a C int can count."""

    SIZE = 2**31 + 1

    @pytest.fixture
    def data(self) -> bytearray:
        data = bytearray(self.SIZE)
        data[0], data[-1] = 1, 2
        return data

    def test_shared(self, pair: Pair, data: bytearray) -> None:
        a, b = pair(zmq.PUSH, zmq.PULL)
        tracker = a.send(data, copy=False, track=True)
        frame = b.recv(copy=False)
        assert len(frame) == self.SIZE
        assert (frame.buffer[0], frame.buffer[-1]) == (1, 2)
        assert repr(frame).endswith("...2GB)>")
        del frame
        gc.collect()
        assert tracker is not None
        tracker.wait(10)

    def test_copied(self, pair: Pair, data: bytearray) -> None:
        a, b = pair(zmq.PUSH, zmq.PULL)
        a.send(data)
        received = b.recv()
        assert len(received) == self.SIZE
        assert (received[0], received[-1]) == (1, 2)

    def test_bytes(self, pair: Pair, data: bytearray) -> None:
        a, b = pair(zmq.PUSH, zmq.PULL)
        a.send_multipart([b"before", bytes(data), b"after"])
        del data
        before, received, after = b.recv_multipart()
        assert (before, after) == (b"before", b"after")
        assert len(received) == self.SIZE
        assert (received[0], received[-1]) == (1, 2)

    def test_over_tcp(self, pair: Pair, data: bytearray) -> None:
        a, b = pair(zmq.PUSH, zmq.PULL, "tcp", rcvtimeo=200_000)
        a.send(data, copy=False)
        frame = b.recv(copy=False)
        assert len(frame) == self.SIZE
        assert (frame.buffer[0], frame.buffer[-1]) == (1, 2)
        target = bytearray(10)
        a.send(data, copy=False)
        assert b.recv_into(target) == self.SIZE
        assert target[0] == 1
