"""libzmq contexts: how they are made, shared, configured, terminated and dropped."""

from __future__ import annotations

import copy
import ctypes
import gc
import pickle
import subprocess
import sys
import threading
import weakref
from typing import Any, Callable

import pytest

import ctzmq
import ctzmq as zmq
from ctzmq.core import registry

from .garbage import collect, descriptors, drop

NewSocket = Callable[..., zmq.Socket]
Eventually = Callable[[Callable[[], object]], None]
Spawn = Callable[..., Any]
Interruptions = Callable[..., bool]
Child = Callable[..., "subprocess.CompletedProcess[str]"]

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


class TestMaking:
    def test_with_threads_for_input_and_output(self) -> None:
        with zmq.Context() as one, zmq.Context(3) as three, zmq.Context(io_threads=0) as none:
            assert [c.get(zmq.IO_THREADS) for c in (one, three, none)] == [1, 3, 0]

    @pytest.mark.parametrize(
        ("wrong", "error"),
        [(-1, zmq.ZMQError), ("1", TypeError), (1.5, TypeError), (2**40, OverflowError)],
    )
    def test_with_a_wrong_number_of_them(self, wrong: Any, error: type[Exception]) -> None:
        collect()  # what earlier tests have left
        before = len(registry.contexts)
        with pytest.raises(error):
            zmq.Context(wrong)
        collect()
        assert len(registry.contexts) <= before

    def test_its_address(self, context: zmq.Context) -> None:
        assert context.underlying
        assert isinstance(context.underlying, int)
        assert not context.closed

    def test_a_subclass_with_attributes(self) -> None:
        class Mine(zmq.Context):
            """A context with something of its own."""

            purpose: str

        with Mine() as mine:
            mine.purpose = "test"
            assert mine.purpose == "test"
            del mine.purpose
            assert not hasattr(mine, "purpose")

    @pytest.mark.blocking("a flavour's own class is for one class of sockets")
    def test_it_is_generic(self) -> None:
        generic: Any = zmq.Context
        assert generic[zmq.Socket].__origin__ is zmq.Context
        assert zmq.SyncContext is ctzmq.Context
        with generic[zmq.Socket]() as context:
            assert type(context) is zmq.Context

    @linux
    @pytest.mark.libzmq(4, 2)  # older ones abort the process
    def test_without_descriptors_there_is_none(self, child: Child) -> None:
        done = child(
            """
            import resource, ctzmq as zmq
            zmq.PUSH, zmq.ZMQError(24, "load what reports errors")
            resource.setrlimit(resource.RLIMIT_NOFILE, (4, 4))
            try:
                zmq.Context().socket(zmq.PUSH)
            except zmq.ZMQError as error:
                print(error.errno, error)
            """
        )
        assert done.stdout.startswith("24 ")
        assert done.returncode == 0


class TestOptions:
    def test_get_and_set(self, context: zmq.Context) -> None:
        context.set(zmq.MAX_SOCKETS, 7)
        assert context.get(zmq.MAX_SOCKETS) == context.max_sockets == context.MAX_SOCKETS == 7
        context.max_sockets = 9
        assert context.get(zmq.MAX_SOCKETS) == 9
        context.IO_THREADS = 2
        assert context.io_threads == 2

    def test_that_can_only_be_read(self, context: zmq.Context) -> None:
        assert context.get(zmq.SOCKET_LIMIT) >= 1024
        with pytest.raises(zmq.ZMQError, match="cannot set SOCKET_LIMIT") as caught:
            context.set(zmq.SOCKET_LIMIT, -5)
        assert str(caught.value).endswith("libzmq lacks it (since 4.1.0)")
        assert caught.value.errno == zmq.EINVAL

    def test_that_libzmq_does_not_know(self, context: zmq.Context) -> None:
        with pytest.raises(zmq.ZMQError, match="cannot get context option 9999") as caught:
            context.get(9999)
        assert caught.value.errno == zmq.EINVAL
        with pytest.raises(zmq.ZMQError, match="cannot set context option 9999"):
            context.set(9999, 1)

    @pytest.mark.parametrize("wrong", ["1", b"1", 1.5, None, [1]])
    def test_of_a_wrong_type(self, context: zmq.Context, wrong: Any) -> None:
        with pytest.raises(TypeError, match="MAX_SOCKETS takes an int"):
            context.set(zmq.MAX_SOCKETS, wrong)
        with pytest.raises(TypeError, match="MAX_SOCKETS takes an int"):
            context.max_sockets = wrong

    @pytest.mark.parametrize("wrong", [2**31, -(2**31) - 1, 10**30])
    def test_that_do_not_fit(self, context: zmq.Context, wrong: int) -> None:
        with pytest.raises(OverflowError, match="MAX_SOCKETS takes a 32-bit int"):
            context.set(zmq.MAX_SOCKETS, wrong)

    def test_of_a_terminated_context(self) -> None:
        context = zmq.Context()
        context.term()
        with pytest.raises(RuntimeError, match="is terminated"):
            context.get(zmq.IO_THREADS)
        with pytest.raises(RuntimeError, match="is terminated"):
            context.set(zmq.IO_THREADS, 1)


class TestEnd:
    def test_twice(self) -> None:
        context = zmq.Context()
        context.term()
        context.term()
        context.destroy()
        assert context.closed

    def test_it_waits_for_its_sockets(self, spawn: Spawn) -> None:
        context = zmq.Context()
        socket = context.socket(zmq.PUSH)
        thread = spawn(context.term)
        with pytest.raises(zmq.ContextTerminated):
            socket.send(b"nobody is there")
        assert thread.is_alive()
        assert not context.closed
        socket.close()
        thread.join(10)
        assert context.closed

    def test_while_it_ends_it_makes_no_sockets(self, flavour: Any, spawn: Spawn) -> None:
        context = zmq.Context()
        socket = context.socket(zmq.PUSH)
        thread = spawn(context.term)
        while True:
            try:
                context.socket(zmq.PUSH).close()
                context.get(zmq.IO_THREADS)
                flavour.sleep(0)
            except zmq.ContextTerminated:
                break
        with pytest.raises(zmq.ContextTerminated):
            zmq.Socket(context, zmq.PUSH)
        with pytest.raises(zmq.ContextTerminated):
            context.get(zmq.IO_THREADS)
        assert not context.closed
        socket.close()
        thread.join(10)
        with pytest.raises(zmq.ZMQError, match="is terminated"):
            context.socket(zmq.PUSH)

    def test_all_that_wait_in_its_sockets_are_told(self) -> None:
        context = zmq.Context()
        entered = threading.Barrier(5)
        told: list[type[BaseException]] = []

        def wait(method: str, kind: int) -> None:
            with context.socket(kind) as socket:
                poller = zmq.Poller()
                poller.register(socket, zmq.POLLIN)
                acts: dict[str, Callable[[], object]] = {
                    "recv": socket.recv,
                    "recv_multipart": lambda: socket.recv_multipart(copy=False),
                    "send": lambda: socket.send(b"nobody is there"),
                    "poll": lambda: poller.poll(),
                }
                entered.wait(10)
                try:
                    acts[method]()
                except BaseException as error:
                    told.append(type(error))

        threads = [
            threading.Thread(target=wait, args=args)
            for args in (
                ("recv", zmq.PULL),
                ("recv_multipart", zmq.REP),
                ("send", zmq.PUSH),
                ("poll", zmq.SUB),
            )
        ]
        for thread in threads:
            thread.start()
        entered.wait(10)
        context.term()
        for thread in threads:
            thread.join(10)
        assert told == [zmq.ContextTerminated] * 4

    def test_by_several_threads_at_once(self) -> None:
        for _ in range(30):
            context = zmq.Context()
            socket = context.socket(zmq.PUSH)
            threads = [threading.Thread(target=context.term) for _ in range(4)]
            for thread in threads:
                thread.start()
            socket.close()
            for thread in threads:
                thread.join(10)
            assert context.closed

    @pytest.mark.blocking("what a handler raises in a hub is the hub's to deal with")
    @pytest.mark.skipif(sys.platform == "win32", reason="needs setitimer")
    def test_a_signal_handler_that_raises_can_interrupt_it(self, child: Child) -> None:
        done = child(
            """
            import random, signal, ctzmq as zmq

            class Stop(Exception):
                pass

            def stop(*args):
                raise Stop

            signal.signal(signal.SIGALRM, stop)
            interrupted = 0
            for _ in range(1500):
                context = zmq.Context()
                context.socket(zmq.PUSH).close()
                try:
                    try:
                        signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-6, 5e-4))
                        context.term()
                    finally:
                        signal.setitimer(signal.ITIMER_REAL, 0)
                except Stop:
                    interrupted += 1
                try:
                    context.term()
                except Stop:
                    context.term()
                assert context.closed
            print(interrupted > 10)
            """
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")

    @pytest.mark.skipif(sys.platform == "win32", reason="needs setitimer")
    def test_after_a_signal_it_goes_on_waiting(self, child: Child) -> None:
        done = child(
            """
            import signal, ctzmq as zmq
            context = zmq.Context()
            socket = context.socket(zmq.PUSH)
            calls = []

            def handler(*args):
                calls.append(context.closed)
                if len(calls) == 3:
                    socket.close()

            signal.signal(signal.SIGALRM, handler)
            signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
            context.term()
            signal.setitimer(signal.ITIMER_REAL, 0)
            print(calls[:3], context.closed)
            """
        )
        assert done.stdout == "[False, False, False] True\n"
        assert (done.returncode, done.stderr) == (0, "")

    @pytest.mark.skipif(sys.platform == "win32", reason="needs setitimer")
    def test_a_signal_handler_may_end_it_too(self, child: Child) -> None:
        done = child(
            """
            import signal, ctzmq as zmq
            zmq.Context().term()  # what a hub imports when it begins, it has imported
            context = zmq.Context()
            socket = context.socket(zmq.PUSH)
            signal.signal(signal.SIGALRM, lambda *args: context.destroy())
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            context.term()
            print(context.closed, socket.closed)
            """
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "True True\n", "")

    @pytest.mark.blocking("it ends in another thread")
    def test_a_signal_handler_may_end_it_at_any_moment(self, interruptions: Interruptions) -> None:
        goes_on = True
        while goes_on:
            context = zmq.Context()
            shadow = zmq.Context(shadow=context)
            others: list[zmq.Context] = []

            def end(context: zmq.Context = context, others: list[zmq.Context] = others) -> None:
                context.term()
                # libzmq's may be at the same address now.
                others.append(zmq.Context())

            goes_on = interruptions(context.term, end)
            assert context.closed
            assert shadow.closed
            for other in others:
                other.socket(zmq.PUSH).close()
                other.term()

    @pytest.mark.blocking("it ends in another thread")
    def test_what_an_exception_cut_short_can_be_ended(self, interruptions: Interruptions) -> None:
        class Interruption(Exception):
            pass

        def leave() -> None:
            raise Interruption

        goes_on = True
        while goes_on:
            context = zmq.Context()
            goes_on = False
            try:
                interruptions(context.term, leave)
            except Interruption:
                goes_on = True
            context.term()
            assert context.closed

    @pytest.mark.blocking("it ends in another thread")
    @pytest.mark.skipif(sys.platform == "win32", reason="needs setitimer")
    def test_an_error_of_a_signal_handlers_own_does_not_end_it(self, child: Child) -> None:
        done = child(
            """
            import ctypes, errno, signal, ctzmq as zmq
            context = zmq.Context()
            socket = context.socket(zmq.PUSH)
            seen = []

            def handler(*args):
                seen.append(context.closed)
                if len(seen) == 3:
                    socket.close()
                ctypes.set_errno(errno.EFAULT)

            signal.signal(signal.SIGALRM, handler)
            signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
            context.term()
            signal.setitimer(signal.ITIMER_REAL, 0)
            print(seen[:3], socket.closed)
            """
        )
        assert (done.returncode, done.stdout, done.stderr) == (
            0,
            "[False, False, False] True\n",
            "",
        )


class TestDropping:
    def test_an_open_one_is_named(self, home: str) -> None:
        context = [zmq.Context()]
        with pytest.warns(ResourceWarning, match=rf"unclosed context <{home}\.Context\(\) at"):
            drop(context)

    def test_a_closed_one_is_not(self, recwarn: pytest.WarningsRecorder) -> None:
        context = zmq.Context()
        context.socket(zmq.PUSH).close()
        context.term()
        del context
        collect()
        assert not recwarn

    def test_a_socket_keeps_it(self) -> None:
        socket = zmq.Context().socket(zmq.PUSH)
        collect()
        assert not socket.context.closed
        socket.close()
        sockets = [socket]
        del socket
        with pytest.warns(ResourceWarning, match="unclosed context"):
            drop(sockets)

    @linux
    @pytest.mark.filterwarnings("ignore::ResourceWarning")
    def test_descriptors_come_back(self, eventually: Eventually) -> None:
        def use() -> None:
            context = zmq.Context()
            a, b = context.socket(zmq.PUSH), context.socket(zmq.PULL)
            port = a.bind_to_random_port("tcp://127.0.0.1")
            b.connect(f"tcp://127.0.0.1:{port}")
            a.linger = b.linger = 0
            a.send(b"hello")
            assert b.recv() == b"hello"

        use()
        eventually(lambda: not registry.contexts)
        before = descriptors()
        for _ in range(20):
            use()
        eventually(lambda: descriptors() <= before)

    @linux
    @pytest.mark.filterwarnings("ignore::ResourceWarning")
    def test_cycles_too(self, eventually: Eventually) -> None:
        class Holder(zmq.Context):
            """A context that knows its sockets."""

            me: Any
            peer: Any

        def use() -> None:
            context = Holder()
            context.me = context
            context.peer = context.socket(zmq.PUSH)

        use()
        collect()
        eventually(lambda: not registry.contexts)
        before = descriptors()
        for _ in range(20):
            use()
        collect()
        eventually(lambda: descriptors() <= before)

    @linux
    @pytest.mark.filterwarnings("ignore::ResourceWarning")
    def test_many_leave_nothing_behind(self, eventually: Eventually) -> None:
        def mappings() -> int:
            with open("/proc/self/maps") as file:
                return len(file.readlines())

        def use(times: int) -> None:
            for number in range(times):
                zmq.Context().socket(zmq.PUSH)
                if number % 10 == 0:
                    gc.collect()
            eventually(lambda: not registry.contexts)
            eventually(lambda: descriptors() <= before)

        before = descriptors()
        use(20)
        size = mappings()
        use(200)
        assert mappings() < size + 100

    @pytest.mark.filterwarnings("ignore::ResourceWarning")
    def test_messages_that_linger_do_not_hold_up_the_one_who_drops_it(self) -> None:
        def use() -> None:
            socket = zmq.Context().socket(zmq.PUSH)
            socket.linger = -1
            socket.connect("tcp://127.0.0.1:9")
            socket.send(b"never sent")

        use()
        collect()

    @pytest.mark.filterwarnings("ignore::ResourceWarning")
    def test_messages_that_linger_still_arrive(self, socket: NewSocket) -> None:
        def use() -> None:
            dropped = zmq.Context().socket(zmq.PUSH)
            dropped.connect(f"tcp://127.0.0.1:{port}")
            dropped.send(b"last words")

        peer = socket(zmq.PULL)
        port = peer.bind_to_random_port("tcp://127.0.0.1")
        use()
        collect()
        assert peer.recv() == b"last words"

    def test_when_warnings_are_errors_it_still_ends(self, child: Child) -> None:
        done = child(
            """
            import gc, os, time, ctzmq as zmq
            def count():
                return len(os.listdir("/dev/fd"))
            def use():
                context = zmq.Context()
                context.socket(zmq.PUSH)
            before = count()
            use()
            gc.collect()
            for _ in range(1000):
                if count() <= before:
                    break
                gc.collect()
                time.sleep(0.01)
            print(count() - before)
            """,
            "-W",
            "error",
        )
        assert (done.returncode, done.stdout) == (0, "0\n")
        assert "unclosed socket" in done.stderr
        assert "unclosed context" in done.stderr


class TestShadow:
    @pytest.mark.parametrize("by", ["object", "address", "constructor"])
    def test_it_shares_the_context(self, context: zmq.Context, by: str) -> None:
        shadow = {
            "object": lambda: zmq.Context.shadow(context),
            "address": lambda: zmq.Context.shadow(context.underlying),
            "constructor": lambda: zmq.Context(context),
        }[by]()
        assert shadow.underlying == context.underlying
        assert shadow is not context
        with context.socket(zmq.PAIR) as a, shadow.socket(zmq.PAIR) as b:
            a.bind("inproc://shadow")
            b.connect("inproc://shadow")
            a.send(b"hello")
            assert b.recv() == b"hello"
            assert b.context is shadow

    @pytest.mark.parametrize("by", ["object", "address"])
    def test_it_ends_with_the_context(self, by: str) -> None:
        context = zmq.Context()
        shadow = zmq.Context.shadow(context if by == "object" else context.underlying)
        context.term()
        assert shadow.closed
        with pytest.raises(zmq.ZMQError, match="is terminated") as caught:
            shadow.socket(zmq.PUSH)
        assert caught.value.errno == zmq.EFAULT
        shadow.term()

    @pytest.mark.parametrize("by", ["object", "address"])
    def test_its_end_is_the_contexts(self, by: str) -> None:
        context = zmq.Context()
        shadow = zmq.Context.shadow(context if by == "object" else context.underlying)
        other = zmq.Context.shadow(shadow)
        shadow.term()
        assert context.closed
        assert other.closed
        context.term()

    def test_dropping_it_ends_nothing(self, context: zmq.Context) -> None:
        shadow = zmq.Context.shadow(context)
        del shadow
        collect()
        assert not context.closed
        context.socket(zmq.PUSH).close()

    def test_it_keeps_the_context(self) -> None:
        context = zmq.Context()
        gone = weakref.ref(context)
        shadow = zmq.Context.shadow(context)
        del context
        collect()
        assert gone() is not None
        assert not shadow.closed
        shadow.term()

    @pytest.mark.filterwarnings("ignore:unclosed context:ResourceWarning")
    def test_one_by_address_does_not_outlive_the_context(self, eventually: Eventually) -> None:
        context = zmq.Context()
        shadow = zmq.Context.shadow(context.underlying)
        del context
        eventually(lambda: shadow.closed)
        with pytest.raises(zmq.ZMQError, match="is terminated"):
            shadow.socket(zmq.PUSH)
        with pytest.raises(RuntimeError, match="is terminated"):
            shadow.get(zmq.IO_THREADS)

    @pytest.mark.parametrize("copier", [copy.copy, copy.deepcopy])
    def test_copies_are_shadows(self, context: zmq.Context, copier: Any) -> None:
        other = copier(context)
        assert other.underlying == context.underlying
        assert other is not context

    def test_a_terminated_one_has_none(self) -> None:
        context = zmq.Context()
        context.term()
        for what in (context, context.underlying):
            with pytest.raises(zmq.ZMQError, match="cannot share"):
                zmq.Context(shadow=what) if what else zmq.Context.shadow(context)

    @pytest.mark.parametrize("wrong", ["address", 1.5, object()])
    def test_of_what_is_no_context(self, wrong: Any) -> None:
        with pytest.raises(ValueError, match="expected an address"):
            zmq.Context.shadow(wrong)

    def test_of_an_address_without_a_context(self) -> None:
        memory = ctypes.create_string_buffer(4096)
        shadow = zmq.Context.shadow(ctypes.addressof(memory))
        with pytest.raises(zmq.ZMQError) as caught:
            shadow.socket(zmq.PUSH)
        assert caught.value.errno == zmq.EFAULT
        shadow.term()
        assert shadow.closed

    def test_it_is_not_pickled(self, context: zmq.Context) -> None:
        with pytest.raises(TypeError, match="make a context in each process"):
            pickle.dumps(context)

    def test_of_pyczmq(self, monkeypatch: pytest.MonkeyPatch, context: zmq.Context) -> None:
        from types import SimpleNamespace

        with pytest.raises(ImportError):
            zmq.Context.shadow_pyczmq(object())
        zctx = SimpleNamespace(underlying=lambda ctx: ctx.address)
        monkeypatch.setitem(sys.modules, "pyczmq", SimpleNamespace(zctx=zctx))
        shadow = zmq.Context.shadow_pyczmq(SimpleNamespace(address=context.underlying))
        assert shadow.underlying == context.underlying
