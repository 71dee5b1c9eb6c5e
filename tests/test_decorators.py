from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import ctzmq as zmq
from ctzmq.decorators import context, socket


@pytest.fixture(autouse=True)
def no_instance_left() -> Iterator[None]:
    yield
    zmq.Context.instance().term()


def test_a_context_follows_the_arguments_and_ends_with_the_call() -> None:
    seen: list[zmq.Context] = []

    @context()
    def function(first: int, ctx: zmq.Context, *, keyword: str) -> str:
        assert (first, keyword) == (42, "word")
        assert not ctx.closed
        seen.append(ctx)
        return "result"

    call: Any = function
    assert call(42, keyword="word") == "result"
    assert call(42, keyword="word") == "result"
    assert seen[0] is not seen[1]
    assert all(ctx.closed for ctx in seen)


@pytest.mark.parametrize(
    "decorate", [context("ctx", 5), context("ctx", io_threads=5), context(name="ctx", io_threads=5)]
)
def test_a_name_and_the_contexts_own_arguments(decorate: Any) -> None:
    def function(ctx: zmq.Context | None = None) -> int:
        assert ctx is not None
        return ctx.get(zmq.IO_THREADS)

    assert decorate(function)() == 5


def test_the_function_keeps_its_name() -> None:
    @context()
    def function(ctx: zmq.Context) -> None:
        """What it says."""

    assert (function.__name__, function.__doc__) == ("function", "What it says.")


def test_an_unknown_keyword_is_the_functions_type_error() -> None:
    @context(name="ctx")
    def function(other: zmq.Context) -> None: ...

    call: Any = function
    with pytest.raises(TypeError, match="ctx"):
        call()


def test_a_value_for_the_provided_keyword_is_refused() -> None:
    @context(name="ctx")
    def function(ctx: zmq.Context) -> None: ...

    with pytest.raises(TypeError, match="multiple values for argument 'ctx'"):
        function(ctx=zmq.Context.instance())
    call: Any = function
    with pytest.raises(TypeError, match="multiple values"):
        call("positional")


def test_the_context_ends_when_the_function_raises() -> None:
    seen: list[zmq.Context] = []

    @context()
    def function(ctx: zmq.Context) -> None:
        seen.append(ctx)
        raise KeyError("theirs")

    call: Any = function
    with pytest.raises(KeyError, match="theirs"):
        call()
    assert seen[0].closed


def test_a_socket_of_the_decorators_context() -> None:
    seen: list[zmq.Socket] = []

    @context()
    @socket(zmq.PUB)
    def function(ctx: zmq.Context, pub: zmq.Socket) -> None:
        assert pub.context is ctx
        assert pub.type == zmq.PUB
        seen.append(pub)

    call: Any = function
    call()
    assert seen[0].closed


def test_a_socket_of_the_global_context() -> None:
    @socket(zmq.PUB)
    def function(pub: zmq.Socket) -> None:
        assert pub.context is zmq.Context.instance()

    call: Any = function
    call()


def test_a_socket_of_a_context_that_the_caller_passes() -> None:
    @socket(zmq.PUB)
    def function(ctx: zmq.Context, pub: zmq.Socket) -> bool:
        return pub.context is ctx

    call: Any = function
    with zmq.Context() as ctx:
        assert call(ctx)


def test_a_socket_of_a_context_passed_by_keyword() -> None:
    @socket("sock", zmq.PUB, context_name="ctx")
    def function(sock: zmq.Socket, ctx: zmq.Context) -> bool:
        return sock.context is ctx

    @socket("sock", zmq.PUB)
    def default(sock: zmq.Socket, context: zmq.Context) -> bool:
        return sock.context is context

    call: Any = function
    call_default: Any = default
    with zmq.Context() as ctx:
        assert call(ctx=ctx)
        assert call_default(context=ctx)


def test_named_context_and_socket() -> None:
    @context("ctx")
    @socket("sock", zmq.PUB, context_name="ctx")
    def function(ctx: zmq.Context, sock: zmq.Socket) -> bool:
        return sock.context is ctx

    call: Any = function
    assert call()


def test_several_sockets_come_in_the_order_of_their_decorators() -> None:
    @socket(zmq.PUB)
    @socket(zmq.SUB)
    @socket("push", zmq.PUSH)
    def function(pub: zmq.Socket, sub: zmq.Socket, push: zmq.Socket) -> list[int]:
        return [pub.type, sub.type, push.type]

    call: Any = function
    assert call() == [zmq.PUB, zmq.SUB, zmq.PUSH]


def test_a_missing_socket_type_is_a_type_error() -> None:
    @socket("sock")
    def function(sock: zmq.Socket) -> None: ...

    call: Any = function
    with pytest.raises(TypeError):
        call()


class Service:
    @context()
    @socket(zmq.PUB)
    def method(self, ctx: zmq.Context, pub: zmq.Socket, tail: str = "default") -> str:
        assert pub.context is ctx
        return tail


def test_methods_can_be_decorated() -> None:
    call: Any = Service().method
    assert call() == "default"
    assert call(tail="given") == "given"
