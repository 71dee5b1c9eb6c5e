"""Whatever a caller passes, the answer is one exception that says what was wrong.

The process never dies of it, nothing hangs and no message is lost.
"""

from __future__ import annotations

import errno
import inspect
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

import ctzmq as zmq
from ctzmq.core.replaceable import Reading

Make = Callable[..., zmq.Socket]
Pair = Callable[..., tuple[zmq.Socket, zmq.Socket]]
Child = Callable[..., "subprocess.CompletedProcess[str]"]

#: Numbers that some C type cuts or takes for another.
ODD_NUMBERS = [2**31, 2**32, 2**32 + 1, 2**63, 2**64, 2**70, -(2**31) - 1, -(2**63) - 1]

#: How to call each method of a socket.
CALLS: dict[str, tuple[Any, ...]] = {
    "bind": ("inproc://x",),
    "bind_to_random_port": ("tcp://127.0.0.1",),
    "connect": ("inproc://x",),
    "disable_monitor": (),
    "disconnect": ("inproc://x",),
    "fileno": (),
    "get": (zmq.LINGER,),
    "get_hwm": (),
    "get_monitor_socket": (),
    "get_string": (zmq.LAST_ENDPOINT,),
    "getsockopt": (zmq.LINGER,),
    "getsockopt_string": (zmq.LAST_ENDPOINT,),
    "getsockopt_unicode": (zmq.LAST_ENDPOINT,),
    "join": ("group",),
    "leave": ("group",),
    "monitor": ("inproc://x",),
    "poll": (0,),
    "recv": (),
    "recv_into": (bytearray(1),),
    "recv_json": (),
    "recv_multipart": (),
    "recv_pyobj": (),
    "recv_serialized": (list,),
    "recv_string": (),
    "recv_unicode": (),
    "send": (b"x",),
    "send_json": ({},),
    "send_multipart": ([b"x", b"y"],),
    "send_pyobj": ({},),
    "send_serialized": (None, lambda nothing: [b"x"]),
    "send_string": ("x",),
    "send_unicode": ("x",),
    "set": (zmq.LINGER, 0),
    "set_hwm": (5,),
    "set_string": (zmq.ROUTING_ID, "x"),
    "setsockopt": (zmq.LINGER, 0),
    "setsockopt_string": (zmq.ROUTING_ID, "x"),
    "setsockopt_unicode": (zmq.ROUTING_ID, "x"),
    "subscribe": ("x",),
    "unbind": ("inproc://x",),
    "unsubscribe": ("x",),
}

#: What needs no open socket.
HARMLESS = {"close", "shadow"}


def call(socket: zmq.Socket, name: str) -> Any:
    """Call a method with good arguments; drafts that the library lacks skip the test."""
    try:
        return getattr(socket, name)(*CALLS[name])
    except zmq.ZMQVersionError as error:
        pytest.skip(str(error))


def methods(cls: type) -> set[str]:
    """List the public methods of a class."""
    return {
        name
        for name in dir(cls)
        if not name.startswith("_")
        and (inspect.isroutine(getattr(cls, name)) or name in ("subscribe", "unsubscribe"))
        and not isinstance(inspect.getattr_static(cls, name), (property, Reading))
        and name.islower()
    }


def test_every_method_is_tested_here() -> None:
    assert methods(zmq.Socket) == set(CALLS) | HARMLESS


# -- Closed sockets --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CALLS)
def test_a_closed_socket_says_so(name: str, socket: Make) -> None:
    a = socket(zmq.DEALER)
    a.close()
    with pytest.raises(zmq.ZMQError, match="closed") as caught:
        call(a, name)
    assert caught.value.errno == zmq.ENOTSOCK


@pytest.mark.parametrize("name", ["recv", "send", "recv_multipart", "send_multipart"])
@pytest.mark.parametrize("keywords", [{"copy": False}, {"flags": zmq.DONTWAIT}, {"track": True}])
def test_a_closed_socket_says_so_whatever_is_asked(
    name: str, keywords: dict[str, Any], socket: Make
) -> None:
    a = socket(zmq.DEALER)
    a.close()
    with pytest.raises(zmq.ZMQError, match="a closed socket cannot be used"):
        getattr(a, name)(*CALLS[name], **keywords)
    with pytest.raises(zmq.ZMQError, match="a closed socket cannot be used"):
        a.send(bytearray(100_000), copy=False)


@pytest.mark.parametrize("name", ["linger", "RCVTIMEO", "events", "hwm", "last_endpoint", "fd"])
def test_the_options_of_a_closed_socket_say_so(name: str, socket: Make) -> None:
    a = socket(zmq.DEALER)
    a.close()
    with pytest.raises(zmq.ZMQError, match="closed"):
        getattr(a, name)
    with pytest.raises((zmq.ZMQError, AttributeError)):
        setattr(a, name, 1)


def test_a_closed_socket_cannot_be_shared_or_polled(socket: Make) -> None:
    a = socket(zmq.DEALER)
    poller = zmq.Poller()
    poller.register(a)
    a.close()
    for refused in (
        lambda: zmq.Poller().register(a),
        lambda: zmq.Socket.shadow(a),
        lambda: zmq.Socket(a),
        lambda: zmq.Socket.shadow(a.underlying or a),
        lambda: zmq.zmq_poll([(a, zmq.POLLIN)]),
        lambda: zmq.select([a], [], []),
        lambda: poller.poll(),
        lambda: a.poll(0),
    ):
        with pytest.raises(zmq.ZMQError, match="closed") as caught:
            refused()
        assert caught.value.errno == zmq.ENOTSOCK


# -- Terminated contexts ---------------------------------------------------------------------------

#: What does not ask libzmq anything that has to do with the context.
UNAFFECTED = {"copy_threshold"}


@pytest.fixture
def orphan() -> Iterator[zmq.Socket]:
    """A socket whose context another thread is terminating, which waits for the socket."""
    import threading

    context = zmq.Context()
    socket = context.socket(zmq.DEALER)
    socket.linger = 0
    thread = threading.Thread(target=context.term)
    thread.start()
    with pytest.raises(zmq.ContextTerminated):
        socket.recv()
    yield socket
    socket.close()
    thread.join()


@pytest.mark.parametrize("name", CALLS)
def test_a_socket_of_a_terminated_context_says_so(name: str, orphan: zmq.Socket) -> None:
    if name in ("join", "leave") and zmq.DRAFT_API:
        pytest.skip("no DEALER has groups, whatever its context")
    with pytest.raises(zmq.ZMQError) as caught:
        call(orphan, name)
    # What asks for another socket cannot have it any more.
    assert caught.value.errno == zmq.ETERM or "terminated" in str(caught.value)


def test_a_terminated_context_makes_no_sockets() -> None:
    context = zmq.Context()
    context.term()
    context.term()
    context.destroy()
    assert context.closed
    with pytest.raises(zmq.ZMQError, match="is terminated and can make no socket") as caught:
        context.socket(zmq.PAIR)
    assert caught.value.errno == zmq.ENOTSUP
    shares: list[Callable[[], Any]] = [
        lambda: zmq.Context.shadow(context),
        lambda: zmq.Context(context),
    ]
    for refused in shares:
        with pytest.raises(zmq.ZMQError, match="terminated"):
            refused()
    for access in (lambda: context.get(zmq.IO_THREADS), lambda: context.set(zmq.IO_THREADS, 1)):
        with pytest.raises(RuntimeError, match="terminated"):
            access()


# -- Wrong types -----------------------------------------------------------------------------------


@pytest.mark.parametrize("copied", [True, False])
@pytest.mark.parametrize("wrong", [None, 5, 1.5, ["list"], {"a": 1}, object(), zmq.PAIR])
def test_what_has_no_bytes_cannot_be_sent(wrong: Any, copied: bool, pair: Pair) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    with pytest.raises(TypeError, match=f"a message is bytes-like, got {type(wrong).__name__}"):
        a.send(wrong, copy=copied)
    with pytest.raises(TypeError):
        a.send_multipart([b"first", wrong], copy=copied)
    with pytest.raises(TypeError):
        zmq.Frame(wrong) if wrong is not None else zmq.Frame("text")
    assert b.poll(0) == 0


@pytest.mark.parametrize("copied", [True, False])
def test_text_is_not_bytes(copied: bool, pair: Pair) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    text: Any = "text"
    with pytest.raises(TypeError, match="bytes-like, got str 'text': use send_string"):
        a.send(text, copy=copied)
    with pytest.raises(TypeError, match=r"part 0 of 1: .*got str"):
        a.send_multipart([text], copy=copied)
    wrong: Any
    for wrong in ("text", b"bytes", 5, None):
        with pytest.raises((TypeError, ValueError)):
            a.send_multipart(wrong, copy=copied)
    assert b.poll(0) == 0


@pytest.mark.parametrize("wrong", ["1", 1.5, b"1", [1]])
def test_flags_are_a_number(wrong: Any, pair: Pair) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    for refused in (
        lambda: a.send(b"x", wrong),
        lambda: a.send(bytearray(b"x"), wrong),
        lambda: a.send_multipart([b"x"], wrong),
        lambda: b.recv(wrong),
        lambda: b.recv(wrong, copy=False),
        lambda: b.recv_multipart(wrong),
        lambda: b.recv_into(bytearray(1), flags=wrong),
        lambda: b.poll(0, wrong),
        lambda: a.monitor("inproc://m", wrong),
    ):
        with pytest.raises(TypeError):
            refused()
    assert b.poll(0) == 0


@pytest.mark.parametrize("wrong", ["PAIR", None, 1.5, [0]])
def test_a_type_of_socket_is_a_number(wrong: Any, context: zmq.Context) -> None:
    with pytest.raises(TypeError):
        context.socket(wrong)
    with pytest.raises(TypeError):
        zmq.Socket(context, wrong)


@pytest.mark.parametrize("wrong", [-1, 21, 99, *ODD_NUMBERS])
def test_an_unknown_type_of_socket_is_named(wrong: int, context: zmq.Context) -> None:
    with pytest.raises(zmq.ZMQError, match=rf"(^| ){wrong}\b") as caught:
        context.socket(wrong)
    assert caught.value.errno == zmq.EINVAL


@pytest.mark.parametrize("wrong", [None, 5, "context", object()])
def test_a_socket_needs_a_context(wrong: Any) -> None:
    with pytest.raises(TypeError, match="a socket needs a context"):
        zmq.Socket(wrong, zmq.PAIR)


@pytest.mark.parametrize("wrong", ["x", [1], object()])
def test_a_handle_is_a_number_or_has_one(wrong: Any) -> None:
    shadows: list[Any] = [zmq.Context.shadow, zmq.Socket.shadow]
    for shadow in shadows:
        with pytest.raises((TypeError, ValueError), match=re.escape(repr(wrong)[:20])):
            shadow(wrong)


def test_a_failed_constructor_leaves_nothing_open(context: zmq.Context) -> None:
    import gc

    with pytest.raises(ValueError, match="copy_threshold is a number of bytes, got -1"):
        context.socket(zmq.PAIR, copy_threshold=-1)
    with pytest.raises(TypeError):
        context.socket(zmq.PAIR, copy_threshold="many")
    with pytest.raises(TypeError, match="nonsense"):
        context.socket(zmq.PAIR, nonsense=1)
    gc.collect()
    context.term()


# -- Options ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", ["5", b"5", None, 5.0, [5], "later"])
def test_a_number_is_not_set_to_something_else(wrong: Any, socket: Make) -> None:
    a = socket(zmq.PAIR)
    settings: list[Callable[[], Any]] = [
        lambda: a.set(zmq.LINGER, wrong),
        lambda: setattr(a, "linger", wrong),
        lambda: a.setsockopt(zmq.MAXMSGSIZE, wrong),
    ]
    for refused in settings:
        with pytest.raises(TypeError, match=rf"takes an int, got {re.escape(repr(wrong))}"):
            refused()
    assert a.linger == 0


@pytest.mark.parametrize("wrong", [5, None, 5.0, ["x"]])
def test_bytes_are_not_set_to_something_else(wrong: Any, socket: Make) -> None:
    a = socket(zmq.SUB)
    for option in (zmq.ROUTING_ID, zmq.SUBSCRIBE, zmq.PLAIN_USERNAME):
        with pytest.raises(TypeError, match=re.escape(f"{option.name} takes bytes, got {wrong!r}")):
            a.set(option, wrong)
    with pytest.raises(TypeError, match="bytes"):
        a.subscribe(wrong)
    with pytest.raises(TypeError, match="expected str"):
        a.set_string(zmq.ROUTING_ID, wrong)


def test_text_is_not_an_options_bytes(socket: Make) -> None:
    a = socket(zmq.DEALER)
    with pytest.raises(TypeError, match="ROUTING_ID takes bytes, got str 'me': use set_string"):
        a.set(zmq.ROUTING_ID, "me")
    with pytest.raises(TypeError, match="ROUTING_ID: expected str, got b'me'"):
        a.set_string(zmq.ROUTING_ID, b"me")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="LINGER is a number, not text: use get"):
        a.get_string(zmq.LINGER)


@pytest.mark.parametrize("number", ODD_NUMBERS)
def test_a_number_that_does_not_fit_is_named(number: int, socket: Make) -> None:
    a = socket(zmq.PAIR)
    with pytest.raises(OverflowError, match=f"LINGER takes .*, got {number}"):
        a.linger = number
    with pytest.raises(OverflowError):
        a.close(linger=number)
    assert not a.closed
    if not -(2**63) <= number < 2**64:
        with pytest.raises(OverflowError, match=f"MAXMSGSIZE takes .*, got {number}"):
            a.set(zmq.MAXMSGSIZE, number)


@pytest.mark.parametrize("wrong", ["LINGER", None, 1.5, [17]])
def test_an_option_is_a_number(wrong: Any, socket: Make, context: zmq.Context) -> None:
    a = socket(zmq.PAIR)
    for refused in (
        lambda: a.get(wrong),
        lambda: a.set(wrong, 1),
        lambda: context.get(wrong),
        lambda: context.set(wrong, 1),
    ):
        with pytest.raises(TypeError):
            refused()


@pytest.mark.parametrize("number", [-1, 77, 10_000])
def test_an_unknown_option_of_a_context_is_named(number: int, context: zmq.Context) -> None:
    for refused in (lambda: context.get(number), lambda: context.set(number, 1)):
        with pytest.raises(zmq.ZMQError, match=f"context option {number}") as caught:
            refused()
        assert caught.value.errno == zmq.EINVAL


@pytest.mark.parametrize("wrong", ["1", None, 1.5, b"1"])
def test_an_option_of_a_context_takes_numbers(wrong: Any, context: zmq.Context) -> None:
    with pytest.raises(TypeError, match="IO_THREADS takes an int"):
        context.set(zmq.IO_THREADS, wrong)
    with pytest.raises(TypeError, match="MAX_SOCKETS takes an int"):
        context.max_sockets = wrong
    with pytest.raises(TypeError):
        zmq.Context(wrong)


@pytest.mark.parametrize("number", ODD_NUMBERS)
def test_a_number_that_does_not_fit_a_context_is_named(number: int, context: zmq.Context) -> None:
    with pytest.raises(OverflowError, match=f"IO_THREADS takes .*{number}"):
        context.set(zmq.IO_THREADS, number)
    with pytest.raises(OverflowError):
        zmq.Context(number)


def test_a_default_that_does_not_fit_is_refused_before_there_is_a_socket(
    context: zmq.Context,
) -> None:
    with pytest.raises(TypeError, match="LINGER takes an int, got 'soon'"):
        context.linger = "soon"
    with pytest.raises(OverflowError, match="LINGER takes"):
        context.setsockopt(zmq.LINGER, 2**31)
    context.socket(zmq.PAIR).close()


# -- Sizes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [-1, *ODD_NUMBERS])
def test_sizes_that_no_memory_has(number: int, pair: Pair, context: zmq.Context) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    with pytest.raises(ValueError, match="nbytes"):
        b.recv_into(bytearray(4), nbytes=number)
    if number < 0:
        with pytest.raises(ValueError, match="copy_threshold"):
            a.copy_threshold = number
    else:
        a.copy_threshold = number
        a.send(b"never shared", copy=False)
        assert b.recv() == b"never shared"


def test_an_empty_message_is_one(pair: Pair) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR, "tcp")
    a.send(b"")
    a.send(bytearray(), copy=False)
    a.send(zmq.Frame())
    a.send_multipart([b"", b""])
    assert [b.recv_multipart() for _ in range(4)] == [[b""], [b""], [b""], [b"", b""]]


def test_a_message_larger_than_maxmsgsize_ends_the_connection_only(socket: Make) -> None:
    pull, push = socket(zmq.PULL, maxmsgsize=100), socket(zmq.PUSH)
    port = pull.bind_to_random_port("tcp://127.0.0.1")
    push.connect(f"tcp://127.0.0.1:{port}")
    push.send(b"x" * 100)
    push.send(b"x" * 101)
    assert pull.recv() == b"x" * 100
    other = socket(zmq.PUSH)
    other.connect(f"tcp://127.0.0.1:{port}")
    other.send(b"still there")
    assert pull.recv() == b"still there"


# -- Endpoints -------------------------------------------------------------------------------------

BAD_ENDPOINTS = [
    "",
    "tcp",
    "tcp:",
    "tcp://",
    "tcp://:",
    "tcp://127.0.0.1",
    "tcp://127.0.0.1:port",
    "tcp://127.0.0.1:-5",
    "127.0.0.1:5555",
    "inproc",
    "nonsense://x",
    "TCP://127.0.0.1:5555",
    "x" * 10_000,
    "tcp://" + "x" * 10_000,
    "ipc://" + "x" * 10_000,
    "tcp://no such host:5555",
    "tcp://[::1:5555",
    "ipc:///no/such/folder/name",
    "tcp://127.0.0.1:65536",
    "tcp://127.0.0.1:" + "9" * 10_000,
    "\ud800",
]

#: libzmq resolves names, and looks for paths, later and by itself.
LATER = ["tcp://[::1:5555", "tcp://no such host:5555", "ipc:///no/such/folder/name"]


def refusal(function: Callable[..., Any], *arguments: Any) -> Exception | None:
    """Call a function and return what it raised."""
    try:
        function(*arguments)
    except Exception as error:
        return error
    return None


@pytest.mark.parametrize("addr", BAD_ENDPOINTS, ids=lambda addr: ascii(addr[:30]))
@pytest.mark.parametrize("verb", ["bind", "connect", "unbind", "disconnect"])
def test_an_endpoint_that_is_no_good_is_named(verb: str, addr: str, socket: Make) -> None:
    error = refusal(getattr(socket(zmq.DEALER, reconnect_ivl=-1), verb), addr)
    if addr == "\ud800":
        assert isinstance(error, UnicodeEncodeError)
    elif error is None:
        assert verb == "connect"
        assert addr in LATER
    else:
        assert isinstance(error, zmq.ZMQError)
        assert f"cannot {verb}" in str(error)
        assert addr in str(error)


@pytest.mark.parametrize("verb", ["bind", "connect", "unbind", "disconnect", "monitor"])
@pytest.mark.parametrize("wrong", [5555, ["inproc://x"], 1.5, object()])
def test_an_endpoint_is_text(verb: str, wrong: Any, socket: Make) -> None:
    with pytest.raises(TypeError, match="an endpoint is str, such as 'tcp:"):
        getattr(socket(zmq.PAIR), verb)(wrong)


@pytest.mark.parametrize("verb", ["bind", "connect", "unbind", "disconnect", "monitor"])
@pytest.mark.parametrize("addr", ["inproc://a\0b", b"tcp://127.0.0.1:5555\0"])
def test_an_endpoint_with_a_nul_is_not_cut(verb: str, addr: Any, socket: Make) -> None:
    with pytest.raises(ValueError, match="cannot have a NUL"):
        getattr(socket(zmq.PAIR), verb)(addr)


def test_an_address_of_another_process_is_named(socket: Make) -> None:
    import socket as sockets

    with sockets.create_server(("127.0.0.1", 0)) as server:
        endpoint = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(zmq.ZMQError, match=f"already in use.*{endpoint}") as caught:
            socket(zmq.PAIR).bind(endpoint)
    assert caught.value.errno == zmq.EADDRINUSE


def test_an_interface_that_is_not_there_is_named(socket: Make) -> None:
    with pytest.raises(zmq.ZMQError, match=r"cannot bind.*tcp://nosuchif:5555"):
        socket(zmq.PAIR).bind("tcp://nosuchif:5555")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may do all")
def test_a_place_that_is_forbidden_is_named(socket: Make, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(zmq.ZMQError, match="cannot bind: Permission denied") as caught:
        socket(zmq.PAIR).bind(f"ipc://{tmp_path}/forbidden")
    assert caught.value.errno == errno.EACCES


# -- Limits ----------------------------------------------------------------------------------------


def test_more_sockets_than_the_context_has_room_for() -> None:
    with zmq.Context() as context:
        context.max_sockets = 2
        with context.socket(zmq.PAIR), context.socket(zmq.PAIR):
            with pytest.raises(zmq.ZMQError, match=r"raise MAX_SOCKETS .*or close some") as caught:
                context.socket(zmq.PAIR)
            assert caught.value.errno == errno.EMFILE


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_more_sockets_than_the_system_has_room_for(child: Child) -> None:
    done = child(
        """
        import resource
        resource.setrlimit(resource.RLIMIT_NOFILE, (50, 50))
        import ctzmq as zmq
        context = zmq.Context()
        sockets = []
        try:
            for _ in range(100):
                sockets.append(context.socket(zmq.PAIR))
        except zmq.ZMQError as error:
            print(error.errno, error)
        context.destroy(0)
        """
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(errno.EMFILE))
    assert "limit of 50 open files" in done.stdout


# -- The library -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("/no/such/libzmq.so", "/no/such/libzmq.so"),
        (os.path.dirname(__file__), "that is a folder"),
        (__file__, "test_bad_input.py"),
        (sys.executable, "can't be used"),
    ],
)
def test_a_library_that_is_none_is_named(name: str, words: str, child: Child) -> None:
    done = child("import ctzmq", CTZMQ_LIBRARY=name)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: CTZMQ_LIBRARY is")
    assert words in last


def test_an_ancient_library_is_refused(child: Child) -> None:
    done = child(
        """
        import ctypes

        class Ancient(ctypes.CDLL):
            def __getitem__(self, name):
                def zmq_version(*numbers):
                    for place, number in zip(numbers, (3, 2, 5)):
                        place._obj.value = number
                return zmq_version if name == "zmq_version" else super().__getitem__(name)

        ctypes.CDLL = Ancient
        import ctzmq
        """,
        CTZMQ_LIBRARY=zmq.library_path(),
    )
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: CTZMQ_LIBRARY is")
    assert "it is libzmq 3.2.5, ctzmq needs 4.1 or newer" in last


def test_a_function_that_an_older_library_lacks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from ctzmq.libzmq import prototypes, unavailable

    lacking = unavailable.Missing("zmq_curve_public", "4.2.0", False)
    monkeypatch.setattr(prototypes, "zmq_curve_public", lacking, raising=False)
    with pytest.raises(zmq.ZMQVersionError, match=r"zmq_curve_public requires libzmq >= 4\.2\.0"):
        zmq.curve_public(b"x" * 40)


# -- Anything at all -------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="the fuzzer ends waits by a signal")
def test_arbitrary_calls_never_kill_the_process(tmp_path: Path) -> None:
    fuzzer = Path(__file__).with_name("fuzzer.py")
    log = tmp_path / "log"
    done = subprocess.run(
        # PyPy takes five times as long for each.
        [
            sys.executable,
            str(fuzzer),
            str(log),
            "60" if sys.implementation.name == "cpython" else "20",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=55,
        check=False,
    )
    calls = log.read_text("utf-8").splitlines()
    assert done.returncode == 0, "\n".join([*done.stderr.splitlines()[-20:], *calls[-3:]])


@pytest.mark.parametrize(
    ("option", "value"),
    [("MAX_SOCKETS", 2**31 - 1), ("IO_THREADS", 2**31 - 1), ("THREAD_SCHED_POLICY", 99)],
)
def test_an_option_of_a_context_never_kills_the_process(
    option: str, value: int, child: Child
) -> None:
    done = child(
        f"""
        import ctzmq as zmq
        context = zmq.Context()
        try:
            context.set(zmq.{option}, {value})
            context.socket(zmq.PAIR)
        except zmq.ZMQError as error:
            print(error)
        context.destroy(0)
        """
    )
    assert done.returncode == 0, done.stderr
    assert option in done.stdout
