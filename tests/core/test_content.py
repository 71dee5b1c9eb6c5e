"""The memory of messages: who keeps it alive, and when it is let go."""

from __future__ import annotations

import copy
import gc
import subprocess
import sys
import textwrap
import weakref
from typing import Callable

import pytest

import ctzmq as zmq
from ctzmq.core.content import Content

CPYTHON = sys.implementation.name == "cpython"
Pair = Callable[..., "tuple[zmq.Socket, zmq.Socket]"]
Eventually = Callable[[Callable[[], object]], None]
Child = Callable[..., "subprocess.CompletedProcess[str]"]

without_sockets = pytest.mark.blocking("frames are the same with all kinds of sockets")
pytestmark = pytest.mark.usefixtures("nothing_is_left_behind")
COPIES = pytest.mark.parametrize("copied", [True, False], ids=["copy", "share"])
TRANSPORTS = pytest.mark.parametrize("transport", ["inproc", "ipc", "tcp"])


@without_sockets
class TestCycles:
    """A frame, and what refers to its memory, in a cycle that the garbage collector takes apart."""

    PROGRAM = """
        import gc
        import ctzmq as zmq

        class Node:
            def __del__(self):
                for use in uses:
                    print(use(self))

        uses = []
        gc.disable()
        # The finalizers of what is older come first.
        frame = FRAME
        node = Node()
        node.itself = node
        node.view, node.frame = memoryview(frame), frame
        tracker = frame.tracker
        del frame
    """

    @pytest.mark.parametrize(
        "frame",
        [
            "zmq.Frame(b'abc' * 5000, track=True)",
            "zmq.Frame(b'abc' * 5000, track=True, copy=False)",
            "zmq.Frame(bytearray(b'abc' * 5000), track=True, copy=False)",
        ],
    )
    def test_it_is_freed(self, child: Child, frame: str) -> None:
        end = "del node; [gc.collect() for _ in range(5)]; tracker.wait(10); print(tracker.done)"
        done = child(textwrap.dedent(self.PROGRAM).replace("FRAME", frame) + end)
        assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")

    @pytest.mark.parametrize("size", [300, 30_000_000], ids=["small", "large"])
    @pytest.mark.parametrize(
        "use",
        [
            "bytes(node.view[-3:])",
            "bytes(node.frame.buffer[-3:])",
            "node.frame.bytes[-3:]",
            "copy.copy(node.frame).bytes[-3:]",
        ],
    )
    def test_finalizers_in_it_can_use_it(self, child: Child, use: str, size: int) -> None:
        program = textwrap.dedent(self.PROGRAM).replace("FRAME", f"zmq.Frame(b'abc' * {size // 3})")
        end = f"import copy; uses.append(lambda node: {use}); del node"
        end += "; [gc.collect() for _ in range(5)]"
        done = child(program + end)
        assert (done.returncode, done.stdout, done.stderr) == (0, "b'abc'\n", "")


class TestLifetime:
    def test_a_view_outlives_the_frame(self) -> None:
        view = memoryview(zmq.Frame(b"x" * 1000))
        other = zmq.Frame(b"y" * 5000).buffer[4990:].cast("H")
        gc.collect()
        fill = [zmq.Frame(b"z" * 1000) for _ in range(100)]
        assert view.tobytes() == b"x" * 1000
        assert other.tobytes() == b"y" * 10
        del fill

    @TRANSPORTS
    @pytest.mark.parametrize("size", [0, 10, 33, 200, 70_000])
    def test_a_received_view_outlives_frame_socket_and_context(
        self, pair: Pair, transport: str, size: int
    ) -> None:
        a, b = pair(zmq.PUSH, zmq.PULL, transport)
        data = bytes(n % 251 for n in range(size))
        a.send(data)
        view = memoryview(b.recv(copy=False))
        a.close()
        b.close()
        b.context.destroy(0)
        gc.collect()
        fill = [bytearray(b"z" * size) for _ in range(50)]
        assert view.tobytes() == data
        del fill

    def test_numpy_outlives_the_frame(self) -> None:
        numpy = pytest.importorskip("numpy", reason="not here")
        made = numpy.arange(1000.0)
        frame = zmq.Frame(made, copy=True)
        read = numpy.frombuffer(frame)[500:]
        del frame
        gc.collect()
        fill = [zmq.Frame(bytes(8000)) for _ in range(50)]
        assert (read == made[500:]).all()
        del fill

    def test_the_object_goes_when_the_frame_goes(self, eventually: Eventually) -> None:
        class Data(bytearray):
            """A bytearray that can be referred to weakly."""

        data = Data(b"x" * 100)
        gone = weakref.ref(data)
        frame = zmq.Frame(data, copy=False)
        del data
        gc.collect()
        assert frame.bytes == b"x" * 100
        del frame
        eventually(lambda: gone() is None)

    @pytest.mark.skipif(not CPYTHON, reason="PyPy counts no references")
    @COPIES
    def test_no_reference_is_lost_or_kept(self, copied: bool) -> None:
        data = b"some bytes" * 10
        before = sys.getrefcount(data)
        for _ in range(100):
            frame = zmq.Frame(data, copy=copied)
            memoryview(frame).tobytes()
            copy.copy(frame)
            frame.bytes
        del frame
        gc.collect()
        assert sys.getrefcount(data) == before

    def test_frames_in_a_cycle_are_collected(self, eventually: Eventually) -> None:
        class Node(zmq.Frame):
            """A frame with attributes."""

            self: Node

        node = Node(b"abc", copy=False, track=True)
        node.self = node
        tracker = node.tracker
        assert tracker is not None
        del node
        eventually(lambda: tracker.done)


@without_sockets
def test_a_message_whose_constructor_was_interrupted_says_nothing(
    capfd: pytest.CaptureFixture[str],
) -> None:
    Content.__new__(Content).__del__()
    assert capfd.readouterr().err == ""
