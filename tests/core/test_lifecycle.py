"""How sockets are made, shared, closed and dropped, whatever threads do meanwhile."""

from __future__ import annotations

import contextlib
import copy
import ctypes
import pickle
import subprocess
import sys
import threading
import weakref
from typing import Any, Callable

import pytest

import ctzmq as zmq
from ctzmq.core import options, registry
from ctzmq.core.handle import bare
from ctzmq.core.replaceable import put
from ctzmq.libzmq import prototypes

from .garbage import collect, descriptors, drop

NewSocket = Callable[..., zmq.Socket]
Pair = Callable[..., "tuple[zmq.Socket, zmq.Socket]"]
Eventually = Callable[[Callable[[], object]], None]
Child = Callable[..., "subprocess.CompletedProcess[str]"]

Interruptions = Callable[..., bool]

linux = pytest.mark.skipif(sys.platform != "linux", reason="counts descriptors in /proc")
quick = pytest.mark.skipif(
    sys.implementation.name == "pypy", reason="PyPy's collector takes too long for so many"
)


#: Everything that cannot be done with a closed socket.
USES: dict[str, Callable[[zmq.Socket], object]] = {
    "send": lambda s: s.send(b"x"),
    "send without a copy": lambda s: s.send(b"x" * 100_000, copy=False),
    "send parts": lambda s: s.send_multipart([b"x", b"y"]),
    "send text": lambda s: s.send_string("x"),
    "receive": lambda s: s.recv(),
    "receive a frame": lambda s: s.recv(copy=False),
    "receive parts": lambda s: s.recv_multipart(),
    "receive into": lambda s: s.recv_into(bytearray(5)),
    "poll": lambda s: s.poll(1),
    "bind": lambda s: s.bind("inproc://x"),
    "connect": lambda s: s.connect("inproc://x"),
    "unbind": lambda s: s.unbind("inproc://x"),
    "disconnect": lambda s: s.disconnect("inproc://x"),
    "get": lambda s: s.get(zmq.LINGER),
    "set": lambda s: s.set(zmq.LINGER, 0),
    "attribute": lambda s: s.linger,
    "set attribute": lambda s: setattr(s, "linger", 0),
    "descriptor": lambda s: s.fileno(),
    "monitor": lambda s: s.monitor("inproc://x"),
    "monitor socket": lambda s: s.get_monitor_socket(),
    "shadow": zmq.Socket.shadow,
    "poller": lambda s: zmq.zmq_poll([(s, zmq.POLLIN)]),
    "select": lambda s: zmq.select([s], [], []),
}

#: A type of socket, and a call that waits.
WAITS: dict[str, tuple[int, Callable[[zmq.Socket], object]]] = {
    "recv": (zmq.PULL, lambda s: s.recv()),
    "recv a frame": (zmq.PULL, lambda s: s.recv(copy=False)),
    "recv parts": (zmq.REP, lambda s: s.recv_multipart()),
    "send": (zmq.PUSH, lambda s: s.send(b"nobody is there")),
    "send without a copy": (zmq.PUSH, lambda s: s.send(bytes(100_000), copy=False)),
}


class TestMaking:
    def test_what_it_is(self, context: zmq.Context, home: str) -> None:
        with zmq.Socket(context, zmq.PUSH) as socket:
            assert socket.type is zmq.SocketType.PUSH
            assert socket.context is context
            assert socket.underlying
            assert not socket.closed
            assert repr(socket) == f"<{home}.Socket(zmq.PUSH) at {id(socket):#x}>"
        assert repr(socket) == f"<{home}.Socket(zmq.PUSH) at {id(socket):#x} closed>"

    def test_the_old_name_of_its_type(self, socket: NewSocket) -> None:
        with pytest.warns(DeprecationWarning, match="use Socket.type"):
            assert socket(zmq.PUSH).socket_type is zmq.SocketType.PUSH

    def test_without_a_context(self) -> None:
        with pytest.raises(TypeError, match=r"use context\.socket"):
            zmq.Socket()
        with pytest.raises(TypeError, match=r"use context\.socket"):
            zmq.Socket(None, zmq.PUSH)

    @pytest.mark.parametrize(
        ("wrong", "error"), [(-1, ValueError), ("1", TypeError), (1.5, TypeError)]
    )
    def test_with_a_wrong_threshold(
        self, context: zmq.Context, wrong: Any, error: type[Exception]
    ) -> None:
        with pytest.raises(error):
            context.socket(zmq.PUSH, copy_threshold=wrong)
        collect()
        with context.socket(zmq.PUSH, copy_threshold=7) as socket:
            assert socket.copy_threshold == 7
            with pytest.raises(error):
                socket.copy_threshold = wrong
            assert socket.copy_threshold == 7
        assert zmq.COPY_THRESHOLD == 65536

    def test_a_subclass_that_forgets_the_constructor(self) -> None:
        class Forgetful(zmq.Socket):
            def __init__(self) -> None:
                pass

        sockets = [Forgetful()]
        with pytest.raises(AttributeError):
            sockets[0].send(b"x")
        drop(sockets)

    def test_it_is_not_pickled(self, socket: NewSocket) -> None:
        with pytest.raises(TypeError, match="pickle"):
            pickle.dumps(socket(zmq.PUSH))


class TestClosing:
    def test_twice(self, context: zmq.Context) -> None:
        socket = context.socket(zmq.PUSH)
        socket.close()
        socket.close()
        socket.close(linger=0)
        assert socket.closed
        assert socket.underlying == 0

    @pytest.mark.parametrize("use", USES)
    def test_using_it_afterwards(self, context: zmq.Context, use: str) -> None:
        socket = context.socket(zmq.DEALER)
        socket.close()
        with pytest.raises(zmq.ZMQError) as caught:
            USES[use](socket)
        assert caught.value.errno == zmq.ENOTSOCK
        assert "closed" in str(caught.value)

    def test_with_linger(self, context: zmq.Context) -> None:
        socket = context.socket(zmq.PUSH)
        socket.linger = -1
        socket.connect("tcp://127.0.0.1:9")
        socket.send(b"never sent")
        socket.close(linger=0)
        context.term()
        assert context.closed

    @pytest.mark.parametrize(
        ("wrong", "error"), [("0", TypeError), (1.5, TypeError), (2**40, OverflowError)]
    )
    def test_with_a_wrong_linger(
        self, socket: NewSocket, wrong: Any, error: type[Exception]
    ) -> None:
        push = socket(zmq.PUSH)
        with pytest.raises(error, match="LINGER"):
            push.close(linger=wrong)
        assert not push.closed
        assert push.linger == 0
        push.close()
        assert push.closed

    def test_of_a_context_that_ends(self, spawn: Callable[..., Any]) -> None:
        context = zmq.Context()
        socket = context.socket(zmq.PUSH)
        thread = spawn(context.term)
        with pytest.raises(zmq.ContextTerminated):
            socket.send(b"nobody is there")
        socket.close(linger=0)
        thread.join(10)
        assert context.closed

    @linux
    def test_descriptors_come_back(self, context: zmq.Context, eventually: Eventually) -> None:
        context.socket(zmq.PUSH).close()
        before = descriptors()
        sockets = [context.socket(zmq.PUSH) for _ in range(20)]
        assert descriptors() > before + 10
        for socket in sockets:
            socket.close()
        eventually(lambda: descriptors() <= before)

    def test_by_several_threads_at_once(self, context: zmq.Context) -> None:
        failures: list[BaseException] = []

        def close(socket: zmq.Socket, barrier: threading.Barrier) -> None:
            barrier.wait(10)
            try:
                socket.close(linger=0)
            except BaseException as error:
                failures.append(error)

        for _ in range(50):
            socket = context.socket(zmq.PUSH)
            shadow = zmq.Socket.shadow(socket)
            barrier = threading.Barrier(4)
            threads = [
                threading.Thread(target=close, args=(s, barrier)) for s in (socket, shadow) * 2
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(10)
            assert socket.closed
            assert shadow.closed
        assert not failures


@pytest.mark.blocking("a green socket is closed where its hub is")
class TestWaiting:
    """A socket that a thread waits in is closed when that thread leaves it."""

    def enter(
        self, socket: zmq.Socket, wait: Callable[[zmq.Socket], object], eventually: Eventually
    ) -> tuple[threading.Thread, list[BaseException | None]]:
        """Let a thread wait in a socket; return it, and where its end is noted."""
        ends: list[BaseException | None] = []

        def work() -> None:
            try:
                wait(socket)
            except BaseException as error:
                ends.append(error)
            else:
                ends.append(None)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        eventually(lambda: socket._sharers.users)
        return thread, ends

    @pytest.mark.parametrize("how", WAITS)
    def test_it_is_told_at_the_end_of_the_context(self, how: str, eventually: Eventually) -> None:
        context = zmq.Context()
        kind, wait = WAITS[how]
        socket = context.socket(kind)
        thread, ends = self.enter(socket, wait, eventually)
        socket.close()
        assert socket.closed
        assert thread.is_alive()
        context.term()  # waits until libzmq's part of the socket is closed
        thread.join(10)
        assert [type(end) for end in ends] == [zmq.ContextTerminated]

    def test_what_it_waited_for_still_comes(
        self, socket: NewSocket, context: zmq.Context, eventually: Eventually
    ) -> None:
        pull, push = socket(zmq.PULL, rcvtimeo=-1), socket(zmq.PUSH)
        pull.bind("inproc://late")
        push.connect("inproc://late")
        got: list[Any] = []
        thread, ends = self.enter(pull, lambda s: got.append(s.recv()), eventually)
        pull.close()
        push.send(b"late")
        thread.join(10)
        assert (ends, got) == ([None], [b"late"])
        with pytest.raises(zmq.ZMQError, match="closed"):
            pull.recv()

    def test_its_time_still_ends(self, socket: NewSocket, eventually: Eventually) -> None:
        pull = socket(zmq.PULL, rcvtimeo=200)
        thread, ends = self.enter(pull, lambda s: s.recv(), eventually)
        pull.close(linger=0)
        thread.join(10)
        assert len(ends) == 1
        assert isinstance(ends[0], zmq.ZMQError)

    def test_a_shadow_can_wait_and_be_closed_too(self, eventually: Eventually) -> None:
        context = zmq.Context()
        socket = context.socket(zmq.PULL)
        shadow = zmq.Socket.shadow(socket)
        thread, ends = self.enter(shadow, lambda s: s.recv(), eventually)
        socket.close()
        assert shadow.closed
        context.term()
        thread.join(10)
        assert [type(end) for end in ends] == [zmq.ContextTerminated]

    def test_many_times_over(self, context: zmq.Context) -> None:
        """Threads receive from sockets that others close, at any moment."""
        failures: list[BaseException] = []

        def work(socket: zmq.Socket) -> None:
            try:
                while True:
                    socket.recv()
            except zmq.ZMQError as error:
                if error.errno not in (zmq.ENOTSOCK, zmq.EAGAIN):
                    failures.append(error)

        for number in range(60):
            pull, push = context.socket(zmq.PULL), context.socket(zmq.PUSH)
            pull.rcvtimeo = 100
            pull.bind(f"inproc://{number}")
            push.connect(f"inproc://{number}")
            thread = threading.Thread(target=work, args=(pull,))
            thread.start()
            for _ in range(number % 7):
                push.send(b"x" * 1000)
            pull.close(0)
            if number % 2:
                # The peer may be gone or not yet.
                with contextlib.suppress(zmq.Again):
                    push.send(b"x", zmq.DONTWAIT)
            thread.join(10)
            assert not thread.is_alive()
            push.close(0)
        assert not failures


class Interruption(Exception):
    """Raised by what stands for a signal handler."""


@pytest.mark.blocking("what closes is the same in all")
class TestInterrupted:
    """A signal handler runs in the middle of closing a socket."""

    @pytest.mark.parametrize("linger", [None, 0])
    def test_a_handler_closes_it_too_and_ends_the_context(
        self, linger: int | None, interruptions: Interruptions
    ) -> None:
        goes_on = True
        while goes_on:
            context = zmq.Context()
            socket = context.socket(zmq.PUSH)
            shadow = zmq.Socket.shadow(socket)

            def end(socket: zmq.Socket = socket, context: zmq.Context = context) -> None:
                socket.close(0)
                context.term()

            goes_on = interruptions(lambda: socket.close(linger), end)  # noqa: B023
            assert socket.closed
            assert shadow.closed
            context.term()
            assert context.closed

    @pytest.mark.parametrize("how", ["close", "destroy", pytest.param("collector", marks=quick)])
    @pytest.mark.filterwarnings("ignore:unclosed socket:ResourceWarning")
    def test_what_an_exception_cut_short_can_be_ended(
        self, how: str, interruptions: Interruptions
    ) -> None:
        def leave() -> None:
            raise Interruption

        goes_on = True
        while goes_on:
            context = zmq.Context()
            socket = context.socket(zmq.PUSH)
            goes_on = False
            try:
                interruptions(lambda: socket.close(0), leave)  # noqa: B023
            except Interruption:
                goes_on = True
            if how == "close":
                socket.close()
            elif how == "collector":
                del socket
            context.destroy()
            assert context.closed

    def test_what_a_handler_closes_while_libzmq_is_in_it_stays_until_libzmq_is_done(
        self, context: zmq.Context, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pub = context.socket(zmq.PUB)
        address = pub.underlying
        types: list[int | bytes] = []

        def close(event: threading.Event) -> None:
            pub.close(0)
            types.append(int(options.read(bare(address), zmq.TYPE)))

        with monkeypatch.context() as patch:
            patch.setattr(threading.Event, "set", close)
            # Nobody gets it, so it is let go of.
            pub.send(bytearray(100_000), copy=False, track=True)
        assert types == [zmq.PUB]
        assert pub.closed
        context.term()


class TestShadow:
    @pytest.mark.parametrize("by", ["object", "address", "constructor", "keyword"])
    def test_it_shares_the_socket(self, pair: Pair, by: str) -> None:
        a, b = pair(zmq.PAIR, zmq.PAIR)
        shadow = {
            "object": lambda: zmq.Socket.shadow(a),
            "address": lambda: zmq.Socket.shadow(a.underlying),
            "constructor": lambda: zmq.Socket(a),
            "keyword": lambda: zmq.Socket(shadow=a.underlying),
        }[by]()
        assert shadow is not a
        assert shadow.underlying == a.underlying
        assert shadow.type == zmq.PAIR
        assert shadow.context is a.context
        shadow.send(b"there")
        assert b.recv() == b"there"
        b.send(b"and back")
        assert shadow.recv() == b"and back"

    def test_what_another_library_had_at_an_address_is_forgotten(
        self, context: zmq.Context, socket: NewSocket
    ) -> None:
        """Nobody tells of its end, and libzmq gives the memory to the next socket."""
        theirs = prototypes.zmq_socket(context.underlying, zmq.PUB)
        stale = [zmq.Socket.shadow(theirs) for _ in range(8)]
        prototypes.zmq_close(theirs)
        ours = socket(zmq.PAIR)
        for shadow in stale:
            put(shadow, "_address", ours.underlying)
        assert zmq.Socket.shadow(ours.underlying).type == zmq.PAIR

    @pytest.mark.parametrize("which", range(3))
    def test_closing_one_closes_all(self, socket: NewSocket, which: int) -> None:
        original = socket(zmq.PUSH)
        first = zmq.Socket.shadow(original)
        sharers = [original, first, zmq.Socket.shadow(first.underlying)]
        sharers[which].close()
        assert [s.closed for s in sharers] == [True] * 3
        for sharer in sharers:
            with pytest.raises(zmq.ZMQError, match="closed"):
                sharer.linger
            sharer.close()

    def test_dropping_it_closes_nothing(self, pair: Pair) -> None:
        a, b = pair(zmq.PAIR, zmq.PAIR)
        shadows = [zmq.Socket.shadow(a), zmq.Socket.shadow(a.underlying)]
        b.send(b"x" * 1000)
        shadows[0].recv()
        drop(shadows)
        a.send(b"still open")
        assert b.recv() == b"still open"

    def test_it_keeps_the_original(self, context: zmq.Context) -> None:
        originals = [context.socket(zmq.PUSH)]
        gone = weakref.ref(originals[0])
        shadow = zmq.Socket.shadow(originals[0])
        drop(originals)
        assert gone() is not None
        assert not shadow.closed
        shadow.close()

    @pytest.mark.filterwarnings("ignore:unclosed socket:ResourceWarning")
    def test_one_by_address_is_closed_with_the_original(self, context: zmq.Context) -> None:
        originals = [context.socket(zmq.PUSH)]
        shadow = zmq.Socket.shadow(originals[0].underlying)
        drop(originals)
        assert shadow.closed
        with pytest.raises(zmq.ZMQError, match="closed"):
            shadow.send(b"x", zmq.DONTWAIT)

    def test_one_that_is_not_known_here(self, context: zmq.Context) -> None:
        address = prototypes.zmq_socket(context.underlying, zmq.PUSH)
        shadow = zmq.Socket.shadow(address)
        assert shadow.type == zmq.PUSH
        shadow.close()
        assert shadow.closed

    @pytest.mark.parametrize("copier", [copy.copy, copy.deepcopy])
    def test_copies_are_shadows(self, socket: NewSocket, copier: Any) -> None:
        original = socket(zmq.PUSH)
        assert copier(original).underlying == original.underlying

    @pytest.mark.parametrize("wrong", ["address", 1.5, object()])
    def test_of_what_is_no_socket(self, wrong: Any) -> None:
        with pytest.raises(ValueError, match="expected an address"):
            zmq.Socket.shadow(wrong)

    def test_of_an_address_without_a_socket(self) -> None:
        memory = ctypes.create_string_buffer(65536)
        with pytest.raises(zmq.ZMQError) as caught:
            zmq.Socket.shadow(ctypes.addressof(memory))
        assert caught.value.errno == zmq.ENOTSOCK
        collect()

    def test_with_a_context_of_ones_own(self, pair: Pair) -> None:
        a, _ = pair(zmq.PAIR, zmq.PAIR)
        other = zmq.Context.shadow(a.context)
        assert zmq.Socket(other, shadow=a).context is other


class TestDropping:
    def test_an_open_one_is_named_and_closed(self, context: zmq.Context, home: str) -> None:
        sockets = [context.socket(zmq.REP)]
        with pytest.warns(
            ResourceWarning, match=rf"unclosed socket <{home}\.Socket\(zmq\.REP\) at"
        ):
            drop(sockets)
        assert f"<{home}.Context()" in repr(context)

    def test_a_closed_one_is_not(
        self, context: zmq.Context, recwarn: pytest.WarningsRecorder
    ) -> None:
        sockets = [context.socket(zmq.REP)]
        sockets[0].close()
        drop(sockets)
        assert not recwarn

    @pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
    def test_it_is_collected_at_once_or_with_its_cycle(self, context: zmq.Context) -> None:
        class Mine(zmq.Socket):
            """A socket with attributes."""

            me: Any
            monitor_me: Any

        sockets: list[Any] = [context.socket(zmq.PUSH, socket_class=Mine) for _ in range(2)]
        sockets[1].me = sockets[1]
        sockets[1].monitor_me = sockets[1].get_monitor_socket()
        sockets.append(zmq.Poller())
        sockets[2].register(sockets[0])
        gone = [weakref.ref(thing) for thing in sockets]
        drop(sockets)
        assert [ref() for ref in gone] == [None] * 3

    @linux
    @pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
    def test_descriptors_come_back(
        self, context: zmq.Context, eventually: Eventually, home: str
    ) -> None:
        class Mine(zmq.Socket):
            """A socket with an attribute."""

            me: Any

        def use(count: int) -> None:
            for _ in range(count):
                socket: Any = context.socket(zmq.PUSH, socket_class=Mine)
                socket.me = socket
                socket.get_monitor_socket()
            collect()

        use(1)
        eventually(lambda: f"<{home}.Context()" in repr(context))
        eventually(lambda: descriptors() < 1000)
        use(1)
        before = descriptors()
        use(20)
        eventually(lambda: descriptors() <= before)

    @pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
    def test_the_error_number_of_the_code_around_it_stays(self, context: zmq.Context) -> None:
        class Mine(zmq.Socket):
            """A socket with attributes."""

        for number in (5, 77):
            sockets = [context.socket(zmq.PUSH, socket_class=Mine)]
            ctypes.set_errno(number)
            drop(sockets)
            assert ctypes.get_errno() == number

    @linux
    def test_messages_in_shadows_are_let_go(self, child: Child) -> None:
        """In a process of its own, whose memory nothing else makes large."""
        done = child(
            """
            import gc, os, ctzmq as zmq

            def resident():
                with open("/proc/self/statm") as file:
                    return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

            def use(count):
                for _ in range(count):
                    shadow = zmq.Socket.shadow(b)
                    a.send(b"x" * 60_000)
                    shadow.recv()
                del shadow
                for _ in range(3):
                    gc.collect()

            context = zmq.Context()
            a, b = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
            a.bind("inproc://shadows")
            b.connect("inproc://shadows")
            use(200)
            before = resident()
            for _ in range(25):
                use(50)  # 3 MB
            print((resident() - before) // 1_000_000)
            a.close(0)
            b.close(0)
            context.term()
            """
        )
        assert int(done.stdout) < 50, done.stderr


def test_sockets_are_known_until_they_are_closed(context: zmq.Context) -> None:
    socket = context.socket(zmq.PUSH)
    assert socket in registry.sockets
    socket.close()
    assert socket not in registry.sockets


@pytest.mark.parametrize("shared", [False, True])
def test_the_context_forgets_a_closed_socket_once(shared: bool, flavour: Any) -> None:
    forgotten: list[Any] = []

    class Own(flavour.zmq.Context):  # type: ignore[misc]
        def _rm_socket(self, socket: Any) -> None:
            forgotten.append(socket)
            super()._rm_socket(socket)

    context = Own()
    one = context.socket(zmq.PAIR)
    both = [one, flavour.zmq.Socket(one)] if shared else [one]
    one.close()
    assert sorted(map(id, forgotten)) == sorted(map(id, both))
    context.term()
