"""Sockets at work: every pattern and transport, flags and time-outs, shadows, refusals."""

from __future__ import annotations

import copy
import gc
import socket as sockets
import sys
import time
from typing import Any, Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ctzmq
import ctzmq as zmq

Make = Callable[..., zmq.Socket]
Pair = Callable[..., tuple[zmq.Socket, zmq.Socket]]

TRANSPORTS = ["inproc", "tcp"] + (["ipc"] if zmq.has("ipc") else [])


def content(size: int) -> bytes:
    """Make bytes that differ from place to place."""
    return (bytes(range(256)) * (size // 256 + 1))[:size]


def has_ipv6() -> bool:
    """Tell if this machine has the loopback address of IPv6."""
    try:
        with sockets.socket(sockets.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


# -- Patterns --------------------------------------------------------------------------------------


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_request_and_reply(transport: str, pair: Pair) -> None:
    rep, req = pair(zmq.REP, zmq.REQ, transport)
    for number in range(3):
        req.send(b"%d?" % number)
        assert rep.recv() == b"%d?" % number
        rep.send(b"%d!" % number)
        assert req.recv() == b"%d!" % number


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_push_and_pull(transport: str, pair: Pair) -> None:
    pull, push = pair(zmq.PULL, zmq.PUSH, transport)
    for size in (0, 1, 33, 34, 65535, 65536, 1_000_000):
        push.send(content(size))
        assert pull.recv() == content(size)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_pair(transport: str, pair: Pair) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR, transport)
    a.send_multipart([b"from", b"a"])
    b.send_multipart([b"from", b"b"])
    assert b.recv_multipart() == [b"from", b"a"]
    assert a.recv_multipart() == [b"from", b"b"]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_publish_and_subscribe(transport: str, pair: Pair) -> None:
    xpub, sub = pair(zmq.XPUB, zmq.SUB, transport)
    sub.subscribe("news.")
    assert xpub.recv() == b"\1news."
    xpub.send(b"other.one")
    xpub.send(b"news.two")
    assert sub.recv() == b"news.two"
    sub.unsubscribe("news.")
    assert xpub.recv() == b"\0news."


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_forwarder_of_subscriptions(transport: str, pair: Pair) -> None:
    xpub, xsub = pair(zmq.XPUB, zmq.XSUB, transport)
    xsub.send(b"\1topic")
    assert xpub.recv() == b"\1topic"
    xpub.send_multipart([b"topic", b"content"])
    assert xsub.recv_multipart() == [b"topic", b"content"]


def test_a_plain_publisher(socket: Make) -> None:
    pub, sub = socket(zmq.PUB), socket(zmq.SUB)
    sub.bind("inproc://publisher")
    sub.subscribe("")
    pub.connect("inproc://publisher")
    while not sub.poll(5):
        pub.send(b"to all who are there yet")
    assert sub.recv() == b"to all who are there yet"


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_dealer_and_router(transport: str, pair: Pair) -> None:
    router, dealer = pair(zmq.ROUTER, zmq.DEALER, transport)
    dealer.send_multipart([b"", b"question"])
    routing_id, empty, question = router.recv_multipart()
    assert (len(routing_id), empty, question) == (5, b"", b"question")
    router.send_multipart([routing_id, b"", b"answer"])
    assert dealer.recv_multipart() == [b"", b"answer"]


def test_a_router_knows_the_name_of_its_peer(socket: Make) -> None:
    router, dealer = socket(zmq.ROUTER), socket(zmq.DEALER, routing_id=b"named")
    router.bind("inproc://names")
    dealer.connect("inproc://names")
    dealer.send(b"hello")
    assert router.recv_multipart() == [b"named", b"hello"]


def test_a_strict_router_refuses_an_unknown_peer(socket: Make) -> None:
    router = socket(zmq.ROUTER, router_mandatory=1)
    router.bind("inproc://strict")
    with pytest.raises(zmq.ZMQError, match="no peer with this routing id") as caught:
        router.send_multipart([b"nobody", b"hello"])
    assert caught.value.errno == zmq.EHOSTUNREACH


def test_a_stream_speaks_with_any_tcp_socket(socket: Make) -> None:
    stream = socket(zmq.STREAM)
    port = stream.bind_to_random_port("tcp://127.0.0.1")
    with sockets.create_connection(("127.0.0.1", port)) as peer:
        routing_id, connected = stream.recv_multipart()
        assert connected == b""
        peer.sendall(b"raw question")
        assert stream.recv_multipart() == [routing_id, b"raw question"]
        stream.send_multipart([routing_id, b"raw answer"])
        assert peer.recv(100) == b"raw answer"


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_tcp_over_ipv6(socket: Make) -> None:
    pull, push = socket(zmq.PULL, ipv6=1), socket(zmq.PUSH, ipv6=1)
    port = pull.bind_to_random_port("tcp://[::1]")
    push.connect(f"tcp://[::1]:{port}")
    push.send(b"over six")
    assert pull.recv() == b"over six"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has abstract names")
def test_ipc_by_an_abstract_name(socket: Make) -> None:
    pull, push = socket(zmq.PULL), socket(zmq.PUSH)
    pull.bind("ipc://@ctzmq-*" if zmq.zmq_version_info() < (4, 3) else "ipc://*")
    push.connect(pull.last_endpoint)
    push.send(b"abstract")
    assert pull.recv() == b"abstract"


@pytest.mark.skipif(not zmq.has("tipc"), reason="this libzmq has no TIPC")
def test_tipc_where_the_kernel_has_it(socket: Make) -> None:
    pull, push = socket(zmq.PULL), socket(zmq.PUSH)
    try:
        pull.bind("tipc://{5560,0,0}")
    except zmq.ZMQError:
        pytest.skip("this kernel has no TIPC")
    push.connect("tipc://{5560,0}@0.0.0")
    push.send(b"over tipc")
    assert pull.recv() == b"over tipc"


# -- Flags and time-outs ---------------------------------------------------------------------------


@pytest.mark.parametrize("flags", [zmq.DONTWAIT, zmq.NOBLOCK, 1, zmq.Flag.DONTWAIT])
def test_what_would_wait_is_refused_when_asked(flags: int, pair: Pair) -> None:
    pull, push = pair(zmq.PULL, zmq.PUSH, hwm=1)
    for method in (
        pull.recv,
        pull.recv_multipart,
        pull.recv_string,
        pull.recv_json,
        pull.recv_pyobj,
    ):
        with pytest.raises(zmq.Again):
            method(flags)
    for _ in range(2):
        push.send(b"fits", flags)
    for copied in (True, False):
        with pytest.raises(zmq.Again):
            push.send(b"too much", flags, copied)
        with pytest.raises(zmq.Again):
            push.send_multipart([b"too", b"much"], flags, copied)
    assert [pull.recv(flags) for _ in range(2)] == [b"fits", b"fits"]
    with pytest.raises(zmq.Again):
        pull.recv_into(bytearray(1), flags=flags)


def test_a_time_out_ends_the_wait(pair: Pair) -> None:
    pull, push = pair(zmq.PULL, zmq.PUSH, hwm=1, rcvtimeo=1, sndtimeo=1)
    for receive in (pull.recv, pull.recv_multipart, pull.recv_string, pull.recv_json):
        with pytest.raises(zmq.Again):
            receive()
    with pytest.raises(zmq.Again):
        pull.recv(copy=False)
    for _ in range(2):
        push.send(b"fits")
    with pytest.raises(zmq.Again):
        push.send(b"too much")
    with pytest.raises(zmq.Again):
        push.send(bytearray(100_000), copy=False)
    assert pull.recv() == b"fits"


def test_a_time_out_of_zero_does_not_wait(pair: Pair) -> None:
    pull, push = pair(zmq.PULL, zmq.PUSH, hwm=1, rcvtimeo=0, sndtimeo=0)
    with pytest.raises(zmq.Again):
        pull.recv()
    push.send(b"one")
    push.send(b"two")
    with pytest.raises(zmq.Again):
        push.send(b"three")


def test_a_wait_ends_when_a_message_comes(pair: Pair, spawn: Callable[..., Any]) -> None:
    pull, push = pair(zmq.PULL, zmq.PUSH, "tcp", rcvtimeo=-1)
    received: list[bytes] = []
    thread = spawn(lambda: received.append(pull.recv()))
    push.send(b"awaited")
    thread.join(10)
    assert received == [b"awaited"]


def test_parts_are_told_by_rcvmore(pair: Pair) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    a.send(b"one", zmq.SNDMORE)
    a.send(b"two", flags=zmq.SNDMORE | zmq.DONTWAIT)
    a.send(b"three")
    assert (b.recv(), b.rcvmore) == (b"one", 1)
    assert (b.recv(copy=False).more, b.get(zmq.RCVMORE)) == (True, 1)
    assert (b.recv(), b.rcvmore) == (b"three", 0)


def test_the_events_tell_what_can_be_done_now(pair: Pair) -> None:
    pull, push = pair(zmq.PULL, zmq.PUSH)
    assert (pull.events, push.events) == (0, zmq.POLLOUT)
    push.send(b"one")
    assert pull.events == zmq.POLLIN
    pull.recv()
    assert pull.events == 0


# -- Several parts ---------------------------------------------------------------------------------


@pytest.mark.parametrize("parts", [[b"one"], [b""], [b"a", b"", b"c"], [b"x" * 70_000] * 3])
@pytest.mark.parametrize("copied", [True, False])
def test_a_message_of_several_parts(parts: list[bytes], copied: bool, pair: Pair) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    a.send_multipart(parts, copy=copied)
    assert b.recv_multipart() == parts
    a.send_multipart(tuple(parts), copy=copied)
    frames = b.recv_multipart(copy=False)
    assert [frame.bytes for frame in frames] == parts
    assert [frame.more for frame in frames] == [True] * (len(parts) - 1) + [False]
    a.send_multipart((part for part in parts), copy=copied)
    assert b.recv_multipart() == parts


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    messages=st.lists(
        st.tuples(
            st.lists(
                st.tuples(st.binary(max_size=50), st.sampled_from([1, 1, 1, 700, 3000])),
                min_size=1,
                max_size=5,
            ),
            st.booleans(),
            st.booleans(),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_whatever_is_sent_arrives_in_order(messages: list[Any], pair: Pair) -> None:
    pull, push = pair(zmq.PULL, zmq.PUSH, "tcp", copy_threshold=60)
    whole = [[content * times for content, times in parts] for parts, _, _ in messages]
    for parts, (_, copied, _) in zip(whole, messages):
        push.send_multipart(parts, copy=copied)
    for parts, (_, _, copied) in zip(whole, messages):
        assert [bytes(part) for part in pull.recv_multipart(copy=copied)] == parts
    for socket in (pull, push):
        socket.close()


# -- Waiting ---------------------------------------------------------------------------------------


def test_poll_tells_what_is_ready(pair: Pair) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    both = zmq.POLLIN | zmq.POLLOUT
    assert b.poll(0) == 0
    assert b.poll(1) == 0
    assert b.poll(0, zmq.POLLOUT) == zmq.POLLOUT
    assert b.poll(0, both) == zmq.POLLOUT
    a.send(b"one")
    assert b.poll() == zmq.POLLIN
    assert b.poll(None, both) == both
    assert b.poll(timeout=-1, flags=zmq.POLLIN) == zmq.POLLIN
    b.recv()
    assert b.poll(0.5) == 0


# -- The socket itself -----------------------------------------------------------------------------


def test_a_socket_tells_what_it_is(context: zmq.Context, home: str) -> None:
    with context.socket(zmq.PUSH) as push:
        assert repr(push) == f"<{home}.Socket(zmq.PUSH) at {id(push):#x}>"
        assert push.context is context
        assert push.type is zmq.PUSH
        assert push.underlying > 0
        assert not push.closed
    assert push.closed
    assert push.underlying == 0
    assert repr(push) == f"<{home}.Socket(zmq.PUSH) at {id(push):#x} closed>"


def test_a_socket_is_made_from_a_context_and_a_type(context: zmq.Context) -> None:
    for made in (
        zmq.Socket(context, zmq.PULL),
        zmq.Socket(ctx_or_socket=context, socket_type=zmq.PULL),
    ):
        with made:
            assert made.type is zmq.PULL


def test_closing_twice_is_closing_once(context: zmq.Context) -> None:
    a = context.socket(zmq.PAIR)
    a.close()
    a.close(linger=5)
    with a:
        pass
    assert a.closed


def test_close_sets_the_linger(socket: Make, context: zmq.Context) -> None:
    push = socket(zmq.PUSH, linger=-1)
    push.connect("tcp://127.0.0.1:9")
    push.send(b"for nobody")
    push.close(linger=0)
    context.term()
    assert context.closed


def test_a_shadow_shares_the_socket(pair: Pair) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    shadows = [
        zmq.Socket.shadow(a.underlying),
        zmq.Socket.shadow(a),
        zmq.Socket(a),
        zmq.Socket(shadow=a),
        copy.copy(a),
        copy.deepcopy(a),
    ]
    for number, shadow in enumerate(shadows):
        assert (shadow.underlying, shadow.type) == (a.underlying, zmq.PAIR)
        shadow.send(b"%d" % number)
        assert b.recv() == b"%d" % number
    del shadow
    shadows.clear()
    gc.collect()
    a.send(b"still open")
    assert b.recv() == b"still open"


def test_closing_one_closes_all_that_share(socket: Make) -> None:
    a = socket(zmq.PAIR)
    shadow = zmq.Socket.shadow(a)
    shadow.close()
    assert a.closed
    assert shadow.closed
    with pytest.raises(zmq.ZMQError) as caught:
        a.send(b"x")
    assert caught.value.errno == zmq.ENOTSOCK


def test_a_socket_left_open_is_told_of_and_closed(context: zmq.Context, home: str) -> None:
    def leave() -> None:
        left = context.socket(zmq.PAIR)
        left.bind("inproc://left")

    def leave_and_collect() -> None:
        leave()
        gc.collect()

    with pytest.warns(ResourceWarning, match=rf"unclosed socket <{home}.Socket\(zmq.PAIR\)"):
        leave_and_collect()
    deadline = time.monotonic() + 10
    with context.socket(zmq.PAIR) as a:
        while True:
            try:
                a.bind("inproc://left")
            except zmq.ZMQError:
                # libzmq closes in a thread of its own.
                assert time.monotonic() < deadline
            else:
                break


@pytest.mark.blocking("a flavour's own class gives one kind of thing")
def test_types_are_for_annotations_only(context: zmq.Context) -> None:
    assert zmq.Socket[bytes].__origin__ is zmq.Socket  # type: ignore[attr-defined]
    assert zmq.SyncSocket is ctzmq.Socket
    with zmq.Socket[bytes](context, zmq.PUSH) as socket:
        assert type(socket) is zmq.Socket


def test_a_context_may_make_sockets_of_another_class(context: zmq.Context) -> None:
    class Loud(zmq.Socket):
        def send(self, data: Any, *args: Any, **kwargs: Any) -> Any:
            return super().send(data.upper(), *args, **kwargs)

    with Loud(context, zmq.PAIR) as a, context.socket(zmq.PAIR, Loud) as b:
        a.bind("inproc://loud")
        b.connect("inproc://loud")
        a.send_string("loud")
        assert b.recv() == b"LOUD"
        b.send_serialized(["and", "clear"], lambda words: [word.encode() for word in words])
        assert a.recv_multipart() == [b"AND", b"CLEAR"]


# -- Refusals of libzmq ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("socket_type", "method"),
    [(zmq.PUSH, "recv"), (zmq.PUB, "recv"), (zmq.PULL, "send"), (zmq.SUB, "send")],
)
def test_a_direction_that_a_type_lacks(socket_type: int, method: str, socket: Make) -> None:
    a = socket(socket_type)
    name = zmq.SocketType(socket_type).name
    verb = "send" if method == "send" else "receive"
    with pytest.raises(zmq.ZMQError, match=f"a {name} socket cannot {verb}$") as caught:
        getattr(a, method)(*([b"x"] if method == "send" else []))
    assert caught.value.errno == zmq.ENOTSUP


def test_turns_are_kept(pair: Pair) -> None:
    rep, req = pair(zmq.REP, zmq.REQ)
    with pytest.raises(
        zmq.ZMQError, match="a REQ socket cannot do this now: send a question first"
    ):
        req.recv()
    with pytest.raises(zmq.ZMQError, match=r"a REP socket .* receive a question first") as caught:
        rep.send(b"unasked")
    assert caught.value.errno == zmq.EFSM
    req.send(b"one")
    with pytest.raises(zmq.ZMQError, match=r"a REQ socket .*: receive the answer first"):
        req.send(b"two")
    assert rep.recv() == b"one"
    with pytest.raises(zmq.ZMQError, match=r"a REP socket .*: send the answer first"):
        rep.recv()


# -- Drafts ----------------------------------------------------------------------------------------


@pytest.mark.skipif(zmq.DRAFT_API, reason="this libzmq has the draft API")
class TestWithoutDrafts:
    @pytest.mark.parametrize("number", range(12, 21))
    def test_a_draft_type_is_refused(self, number: int, context: zmq.Context) -> None:
        release = "4.3.3" if number >= zmq.PEER else "4.2.0"
        with pytest.raises(zmq.ZMQError, match=f"{release} or newer, .* draft API") as caught:
            context.socket(number)
        assert caught.value.errno == zmq.EINVAL

    @pytest.mark.parametrize("method", ["join", "leave"])
    def test_groups_need_them(self, method: str, socket: Make) -> None:
        a = socket(zmq.SUB)
        with pytest.raises(zmq.ZMQVersionError, match=f"zmq_{method} requires .*draft"):
            getattr(a, method)("group")

    @pytest.mark.parametrize("extra", [{"routing_id": 7}, {"group": "people"}])
    def test_so_do_routing_ids_and_groups(self, extra: dict[str, Any], pair: Pair) -> None:
        a, b = pair(zmq.PAIR, zmq.PAIR)
        for send in (a.send_string, a.send_json, a.send_pyobj):
            with pytest.raises(zmq.ZMQVersionError, match="draft"):
                send("text", **extra)
        with pytest.raises(zmq.ZMQVersionError, match="draft"):
            a.send(b"x", **extra)
        with pytest.raises(zmq.ZMQVersionError, match="draft"):
            a.send_multipart([b"x", b"y"], **extra)
        a.send(b"nothing was sent before")
        assert b.recv() == b"nothing was sent before"
