"""Contexts as sets of sockets: socket by socket, all at their end, and the one of the process."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Iterator
from typing import Any, Callable

import pytest

import ctzmq
import ctzmq as zmq

NewSocket = Callable[..., zmq.Socket]
Spawn = Callable[..., Any]
Interruptions = Callable[..., bool]

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def collect() -> None:
    """Collect garbage, and what finalizers turn into garbage."""
    for _ in range(5):
        gc.collect()


class TestOptions:
    def test_they_are_listed(self, context: zmq.Context) -> None:
        assert {"IO_THREADS", "MAX_SOCKETS", "socket", "term"} <= set(dir(context))

    def test_unknown_attributes(self, context: zmq.Context) -> None:
        with pytest.raises(AttributeError, match="no attribute or option 'no_such_thing'"):
            context.no_such_thing
        with pytest.raises(AttributeError):
            del context.no_such_thing


class TestDefaults:
    """Socket options that are set on a context hold for the sockets that it makes."""

    def test_as_attributes(self, context: zmq.Context) -> None:
        context.linger = 5
        context.SNDHWM = 11
        assert (context.linger, context.sndhwm) == (5, 11)
        assert context.sockopts == {zmq.LINGER: 5, zmq.SNDHWM: 11}
        with context.socket(zmq.PUSH) as socket:
            assert (socket.linger, socket.sndhwm) == (5, 11)

    def test_as_options(self, context: zmq.Context) -> None:
        context.setsockopt(zmq.LINGER, 6)
        assert context.getsockopt(zmq.LINGER) == 6
        with context.socket(zmq.PUSH) as socket:
            assert socket.linger == 6
        with pytest.raises(KeyError):
            context.getsockopt(zmq.RCVHWM)

    def test_they_are_forgotten(self, context: zmq.Context) -> None:
        context.linger = 5
        del context.linger
        with pytest.raises(AttributeError):
            context.linger
        with pytest.raises(AttributeError, match="LINGER was not set"):
            del context.linger
        with context.socket(zmq.PUSH) as socket:
            assert socket.linger != 5

    def test_sockets_that_they_do_not_suit_go_without(self, context: zmq.Context) -> None:
        context.subscribe = b"news"
        context.socket(zmq.PUSH).close()
        context.socket(zmq.SUB).close()

    def test_a_wrong_one_leaves_no_socket_open(self, context: zmq.Context, home: str) -> None:
        context.sockopts[zmq.LINGER] = "long"
        with pytest.raises(TypeError, match="LINGER takes an int"):
            context.socket(zmq.PUSH)
        collect()
        context.sockopts.clear()
        assert repr(context).startswith(f"<{home}.Context() at ")


class TestSockets:
    @pytest.mark.parametrize("socket_type", range(12))
    def test_of_all_types(self, context: zmq.Context, socket_type: int) -> None:
        with context.socket(socket_type) as socket:
            assert socket.context is context
            assert socket.type == socket_type

    @pytest.mark.parametrize("wrong", [-1, 99, 2**31 - 1])
    def test_of_unknown_types(self, context: zmq.Context, wrong: int) -> None:
        with pytest.raises(zmq.ZMQError, match=r"socket type|draft") as caught:
            context.socket(wrong)
        assert caught.value.errno == zmq.EINVAL

    @pytest.mark.parametrize("wrong", ["PUSH", None, 1.5, b"\1"])
    def test_of_what_is_no_type(self, context: zmq.Context, wrong: Any) -> None:
        with pytest.raises(TypeError):
            context.socket(wrong)

    def test_of_a_class_of_ones_own(self, context: zmq.Context) -> None:
        class Mine(zmq.Socket):
            """A socket that takes an argument."""

            purpose: str

            def __init__(self, *args: Any, purpose: str = "", **kwargs: Any) -> None:
                super().__init__(*args, **kwargs)
                self.purpose = purpose

        with context.socket(zmq.PUSH, socket_class=Mine, purpose="test") as socket:
            assert isinstance(socket, Mine)
            assert socket.purpose == "test"

    def test_more_than_there_may_be(self, context: zmq.Context) -> None:
        context.max_sockets = 3
        sockets = [context.socket(zmq.PUSH) for _ in range(3)]
        with pytest.raises(zmq.ZMQError, match="raise MAX_SOCKETS before") as caught:
            context.socket(zmq.PUSH)
        assert caught.value.errno == 24
        for socket in sockets:
            socket.close()

    def test_of_a_terminated_context(self) -> None:
        context = zmq.Context()
        context.term()
        with pytest.raises(zmq.ZMQError, match="is terminated and can make no socket") as caught:
            context.socket(zmq.PUSH)
        assert caught.value.errno == zmq.ENOTSUP

    def test_they_are_counted(self, context: zmq.Context, home: str) -> None:
        assert f"<{home}.Context()" in repr(context)
        one = context.socket(zmq.PUSH)
        assert f"<{home}.Context(1 socket)" in repr(context)
        two = context.socket(zmq.PUSH)
        assert f"<{home}.Context(2 sockets)" in repr(context)
        one.close()
        two.close()
        assert f"<{home}.Context()" in repr(context)

    def test_made_and_closed_in_many_threads(self, context: zmq.Context) -> None:
        failures: list[BaseException] = []

        def work() -> None:
            try:
                for _ in range(100):
                    with context.socket(zmq.PUSH) as socket:
                        zmq.Socket.shadow(socket.underlying)
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert not failures


class TestEnd:
    def test_of_a_with_block(self) -> None:
        with zmq.Context() as context:
            pass
        assert context.closed
        assert context.underlying == 0
        assert repr(context).endswith(" closed>")

    def test_a_with_block_names_what_was_left_open(self, home: str) -> None:
        context = zmq.Context()
        socket = context.socket(zmq.PUSH)
        with pytest.warns(ResourceWarning, match=rf"unclosed socket <{home}\.Socket\(zmq\.PUSH\)"):
            context.__exit__(None, None, None)
        assert socket.closed

    def test_destroy_closes_the_sockets(self) -> None:
        context = zmq.Context()
        sockets = [context.socket(kind) for kind in (zmq.PUSH, zmq.REP, zmq.SUB)]
        context.destroy()
        assert all(socket.closed for socket in sockets)
        assert context.closed

    def test_destroy_with_linger_drops_messages(self) -> None:
        context = zmq.Context()
        socket = context.socket(zmq.PUSH)
        socket.connect("tcp://127.0.0.1:9")
        socket.send(b"never sent")
        context.destroy(linger=0)
        assert context.closed

    @pytest.mark.parametrize(
        ("wrong", "error"), [("0", TypeError), (1.5, TypeError), (2**40, OverflowError)]
    )
    def test_destroy_with_a_wrong_linger(
        self, socket: NewSocket, context: zmq.Context, wrong: Any, error: type[Exception]
    ) -> None:
        push = socket(zmq.PUSH)
        with pytest.raises(error, match="LINGER"):
            context.destroy(wrong)
        assert not push.closed
        assert not context.closed

    def test_a_thread_that_waits_in_term_is_helped_by_destroy(self, spawn: Spawn) -> None:
        context = zmq.Context()
        sockets = [context.socket(zmq.PUSH), context.socket(zmq.PULL)]
        thread = spawn(context.term)
        with pytest.raises(zmq.ContextTerminated):
            sockets[1].recv()
        context.destroy(0)
        thread.join(10)
        assert context.closed
        assert all(socket.closed for socket in sockets)

    @pytest.mark.filterwarnings("ignore:unclosed context:ResourceWarning")
    @pytest.mark.blocking("each hub has an instance of its own")
    def test_a_signal_handler_may_ask_for_the_instance(self, interruptions: Interruptions) -> None:
        goes_on = True
        while goes_on:
            zmq.Context.instance().term()
            goes_on = interruptions(zmq.Context.instance, lambda: zmq.Context.instance().term())
            assert not zmq.Context.instance().closed
        zmq.Context.instance().term()


class TestInstance:
    @pytest.fixture(autouse=True)
    def fresh(self) -> Iterator[None]:
        """End the process's context after the test."""
        yield
        zmq.Context.instance().destroy(0)

    def test_there_is_one(self) -> None:
        assert zmq.Context.instance() is zmq.Context.instance()

    def test_a_terminated_one_is_replaced(self) -> None:
        first = zmq.Context.instance()
        first.term()
        second = zmq.Context.instance(io_threads=2)
        assert second is not first
        assert second.io_threads == 2
        assert zmq.Context.instance(io_threads=5) is second

    def test_many_threads_get_the_same_and_those_with_hubs_one_each(self, flavour: Any) -> None:
        barrier = threading.Barrier(8)
        got: list[zmq.Context] = []

        def ask() -> None:
            barrier.wait(10)
            got.append(zmq.Context.instance())

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert len(got) == 8
        assert len(set(map(id, got))) == (1 if flavour.zmq is ctzmq else 8)
        for context in got:
            ctzmq.Context.term(context)
