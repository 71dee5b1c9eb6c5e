"""The draft API, where libzmq has it: thread-safe sockets, routing ids, groups, datagrams."""

from __future__ import annotations

import asyncio
import copy
import os
import select
import socket as sockets
import subprocess
import sys
import threading
import time
import warnings
from collections import Counter
from contextlib import suppress
from typing import Any, Callable

import pytest

import ctzmq as zmq
import ctzmq.asyncio
from ctzmq.libzmq import prototypes

Make = Callable[..., zmq.Socket]
Pair = Callable[..., tuple[zmq.Socket, zmq.Socket]]
Eventually = Callable[[Callable[[], object]], None]
Child = Callable[..., "subprocess.CompletedProcess[str]"]

pytestmark = pytest.mark.skipif(not zmq.DRAFT_API, reason="this libzmq has no draft API")

TRANSPORTS = ["inproc", "tcp"] + (["ipc"] if zmq.has("ipc") else [])
SIZES = [0, 1, 33, 34, 65535, 65536, 1_000_000]
THREAD_SAFE = [
    zmq.SERVER,
    zmq.CLIENT,
    zmq.RADIO,
    zmq.DISH,
    zmq.GATHER,
    zmq.SCATTER,
    zmq.PEER,
    zmq.CHANNEL,
]
if zmq.zmq_version_info() < (4, 3, 3):
    THREAD_SAFE = THREAD_SAFE[:6]


def content(size: int) -> bytes:
    return (bytes(range(256)) * (size // 256 + 1))[:size]


def free_udp_port() -> int:
    with sockets.socket(sockets.AF_INET, sockets.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def name(kind: Any) -> str:
    return zmq.SocketType(kind).name if isinstance(kind, int) else str(kind)


# -- One part, one way -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("from_type", "to_type"),
    [(zmq.SCATTER, zmq.GATHER), (zmq.CHANNEL, zmq.CHANNEL), (zmq.CLIENT, zmq.SERVER)],
    ids=name,
)
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_messages_arrive(from_type: int, to_type: int, transport: str, pair: Pair) -> None:
    if from_type not in THREAD_SAFE:
        pytest.skip("needs libzmq 4.3.3")
    a, b = pair(from_type, to_type, transport)
    for size in SIZES:
        a.send(content(size))
        assert b.recv() == content(size)
        a.send(bytearray(content(size)), copy=False)
        assert b.recv(copy=False).bytes == content(size)
        a.send_multipart([content(size)])
        assert b.recv_multipart() == [content(size)]
        a.send(zmq.Frame(content(size)))
        assert [frame.bytes for frame in b.recv_multipart(copy=False)] == [content(size)]
    with pytest.raises(zmq.Again):
        b.recv(zmq.DONTWAIT)
    with pytest.raises(zmq.Again):
        b.recv_multipart(zmq.DONTWAIT)


def test_what_is_scattered_is_gathered(socket: Make) -> None:
    gathers = [socket(zmq.GATHER), socket(zmq.GATHER)]
    scatter = socket(zmq.SCATTER)
    for number, gather in enumerate(gathers):
        gather.bind(f"inproc://gather-{number}")
        scatter.connect(f"inproc://gather-{number}")
    for number in range(10):
        scatter.send(b"%d" % number)
    shares = [[gather.recv() for _ in range(5)] for gather in gathers]
    assert sorted(shares[0] + shares[1]) == [b"%d" % number for number in range(10)]


@pytest.mark.parametrize("kind", THREAD_SAFE, ids=name)
def test_there_is_only_one_part(kind: int, socket: Make) -> None:
    a = socket(kind, sndtimeo=0)
    refusal = "does not send" if kind in (zmq.DISH, zmq.GATHER) else "of one part only"
    attempts: list[Callable[[], Any]] = [
        lambda: a.send(b"x", zmq.SNDMORE),
        lambda: a.send_multipart([b"x", b"y"]),
        lambda: a.send(zmq.Frame(b"x"), zmq.SNDMORE),
    ]
    for refused in attempts:
        with pytest.raises(zmq.ZMQError, match=f"a {name(kind)} socket .*{refusal}"):
            refused()


@pytest.mark.libzmq(4, 3, 3)
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_channel_has_two_ends(transport: str, pair: Pair) -> None:
    a, b = pair(zmq.CHANNEL, zmq.CHANNEL, transport)
    a.send_string("there")
    b.send_json(["and", "back"])
    assert b.recv_string() == "there"
    assert a.recv_json() == ["and", "back"]
    assert a.thread_safe == 1


# -- Routing ids -----------------------------------------------------------------------------------


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_server_answers_who_asked(transport: str, pair: Pair, socket: Make) -> None:
    server, client = pair(zmq.SERVER, zmq.CLIENT, transport)
    other = socket(zmq.CLIENT)
    other.connect("inproc://pair-1" if transport == "inproc" else server.last_endpoint.decode())
    client.send(b"one")
    one = server.recv(copy=False)
    other.send(b"two")
    two = server.recv(copy=False)
    assert (one.bytes, two.bytes) == (b"one", b"two")
    assert one.routing_id != two.routing_id
    assert two.get("routing_id") == two.routing_id
    to_one: dict[str, Any] = {"routing_id": one.routing_id}
    to_two: dict[str, Any] = {"routing_id": two.routing_id}
    server.send(b"2", **to_two)
    server.send(b"1", **to_one)
    assert (client.recv(), other.recv()) == (b"1", b"2")
    server.send_string("text", **to_one)
    assert client.recv_string() == "text"
    server.send_json({"a": 1}, **to_one)
    assert client.recv_json() == {"a": 1}
    server.send_pyobj({1, 2}, **to_one)
    assert client.recv_pyobj() == {1, 2}
    server.send_multipart([b"part"], **to_one)
    assert client.recv_multipart() == [b"part"]
    large = content(100_000)
    tracker = server.send(large, copy=False, track=True, **to_one)
    assert tracker is not None
    assert client.recv() == large
    with pytest.raises(zmq.Again):
        other.recv(zmq.DONTWAIT)


def test_a_received_frame_goes_back_to_its_sender(pair: Pair) -> None:
    server, client = pair(zmq.SERVER, zmq.CLIENT, "tcp")
    client.send(b"echo")
    frame = server.recv(copy=False)
    server.send(frame)
    server.send(copy.copy(frame))
    assert [client.recv(), client.recv()] == [b"echo", b"echo"]


def test_a_server_must_know_the_peer(socket: Make) -> None:
    server = socket(zmq.SERVER)
    attempts: list[Callable[[], Any]] = [
        lambda: server.send(b"whom?"),
        lambda: server.send(b"x", routing_id=7),
        lambda: server.send_multipart([b"x"], routing_id=7),
    ]
    for send in attempts:
        with pytest.raises(zmq.ZMQError, match="no peer with this routing id") as caught:
            send()
        assert caught.value.errno == zmq.EHOSTUNREACH


def test_routing_ids_that_are_none(socket: Make) -> None:
    server = socket(zmq.SERVER)
    for wrong in (-1, 2**32, 2**64):
        with pytest.raises(OverflowError, match=f"a routing id is 1 to 4294967295, got {wrong}"):
            server.send(b"x", routing_id=wrong)
    with pytest.raises(zmq.ZMQError, match="never 0") as caught:
        server.send(b"x", routing_id=0)
    assert caught.value.errno == zmq.EINVAL
    with pytest.raises(TypeError):
        server.send(b"x", routing_id="7")  # type: ignore[call-overload]
    with pytest.raises(zmq.ZMQError, match="has no routing id"):
        zmq.Frame(b"x").routing_id
    frame = zmq.Frame(b"x")
    frame.routing_id = 2**32 - 1
    assert frame.routing_id == 2**32 - 1


@pytest.mark.libzmq(4, 3, 3)
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_peers_talk_by_routing_id(transport: str, socket: Make, tmp_path: Any) -> None:
    a, b = socket(zmq.PEER), socket(zmq.PEER)
    endpoint = {
        "inproc": "inproc://peers",
        "tcp": "tcp://127.0.0.1:*",
        "ipc": f"ipc://{tmp_path}/peer",
    }
    a.bind(endpoint[transport])
    number = prototypes.zmq_connect_peer(b.underlying, a.last_endpoint)
    assert number
    b.send(b"hello", routing_id=number)
    hello = a.recv(copy=False)
    assert hello.bytes == b"hello"
    a.send(b"welcome", routing_id=hello.routing_id)
    assert b.recv() == b"welcome"


def test_server_and_client_with_curve(socket: Make) -> None:
    if not zmq.has("curve"):
        pytest.skip("this libzmq has no CURVE")
    public, secret = zmq.curve_keypair()
    server, client = socket(zmq.SERVER), socket(zmq.CLIENT)
    server.curve_server = True
    server.curve_secretkey = secret
    client.curve_serverkey = public
    client.curve_publickey, client.curve_secretkey = zmq.curve_keypair()
    server.bind("tcp://127.0.0.1:*")
    client.connect(server.last_endpoint.decode())
    client.send(b"question")
    question = server.recv(copy=False)
    server.send(b"answer", routing_id=question.routing_id)
    assert client.recv() == b"answer"


# -- Groups ----------------------------------------------------------------------------------------


def hears(dish: zmq.Socket, radio: zmq.Socket, data: bytes, group: str) -> zmq.Frame:
    """Send until it is heard: a radio drops what it sends before it knows of the group."""
    for _ in range(1000):
        radio.send(data, group=group)
        if dish.poll(10):
            return dish.recv(copy=False)
    pytest.fail(f"nobody heard {group!r}")


def drain(dish: zmq.Socket) -> None:
    while dish.poll(100):
        dish.recv()


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_dish_hears_its_groups(transport: str, pair: Pair) -> None:
    dish, radio = pair(zmq.DISH, zmq.RADIO, transport)
    dish.join("music")
    dish.join(b"news")
    song = hears(dish, radio, b"song", "music")
    assert (song.bytes, song.group, song["group"]) == (b"song", "music", "music")
    assert hears(dish, radio, b"report", "news").group == "news"
    drain(dish)
    radio.send(b"noise", group="noise")
    radio.send(b"no group")
    radio.send_string("text", group="news")
    assert dish.recv_string() == "text"
    radio.send(song)
    assert dish.recv() == b"song"
    radio.send(copy.copy(song))
    assert dish.recv() == b"song"
    frame = zmq.Frame(b"x" * 100_000, copy=False)
    frame.group = "music"
    radio.send(frame)
    assert dish.recv() == b"x" * 100_000


def test_a_dish_leaves_a_group(pair: Pair) -> None:
    dish, radio = pair(zmq.DISH, zmq.RADIO)
    dish.join("music")
    dish.join("news")
    hears(dish, radio, b"song", "music")
    hears(dish, radio, b"report", "news")
    drain(dish)
    dish.leave("music")
    # Once the last word on "news" is heard, what was said of "music" before would have been too.
    radio.send(b"song", group="music")
    radio.send(b"report", group="news")
    assert dish.recv() == b"report"
    assert dish.poll(0) == 0


def test_groups_are_joined_and_left_once(socket: Make) -> None:
    dish = socket(zmq.DISH)
    dish.join("news")
    with pytest.raises(zmq.ZMQError, match="is in this group already: 'news'") as caught:
        dish.join("news")
    assert caught.value.errno == zmq.EINVAL
    dish.leave("news")
    with pytest.raises(zmq.ZMQError, match="is not in this group: 'news'") as caught:
        dish.leave("news")
    assert caught.value.errno == zmq.EINVAL
    dish.close()
    with pytest.raises(zmq.ZMQError, match="closed") as caught:
        dish.join("news")
    assert caught.value.errno == zmq.ENOTSOCK


@pytest.mark.parametrize("kind", [zmq.RADIO, zmq.SERVER, zmq.SUB, zmq.DGRAM], ids=name)
@pytest.mark.parametrize("method", ["join", "leave"])
def test_only_a_dish_has_groups(kind: int, method: str, socket: Make) -> None:
    with pytest.raises(zmq.ZMQError, match=f"a {name(kind)} socket has no groups") as caught:
        getattr(socket(kind), method)("news")
    assert caught.value.errno == zmq.ENOTSUP


def test_names_of_groups(socket: Make) -> None:
    longest = 255 if zmq.zmq_version_info() >= (4, 3, 3) else 15
    dish, radio, frame = socket(zmq.DISH), socket(zmq.RADIO), zmq.Frame(b"x")
    dish.join("g" * longest)
    frame.group = "g" * longest
    assert frame.group == "g" * longest
    too_long = "g" * (longest + 1)
    uses: list[Callable[[Any], Any]] = [
        dish.join,
        lambda group: radio.send(b"x", group=group),
        lambda group: frame.set("group", group),
    ]
    for use in uses:
        with pytest.raises(zmq.ZMQError, match=f"has {longest} bytes at most") as caught:
            use(too_long)
        assert caught.value.errno == zmq.EINVAL
        with pytest.raises(ValueError, match="cannot have a NUL"):
            use("a\0b")
        with pytest.raises(TypeError, match="a group is str"):
            use(5)
    assert frame.group == "g" * longest


def test_groups_over_udp(socket: Make) -> None:
    endpoint = f"udp://127.0.0.1:{free_udp_port()}"
    dish, radio = socket(zmq.DISH), socket(zmq.RADIO)
    dish.bind(endpoint)
    dish.join("news")
    radio.connect(endpoint)
    report = hears(dish, radio, b"report", "news")
    assert (report.bytes, report.group) == (b"report", "news")


# -- Datagrams -------------------------------------------------------------------------------------


def test_datagrams(socket: Make) -> None:
    dgram, port = socket(zmq.DGRAM), free_udp_port()
    dgram.bind(f"udp://127.0.0.1:{port}")
    assert dgram.thread_safe == 0
    with sockets.socket(sockets.AF_INET, sockets.SOCK_DGRAM) as peer:
        peer.bind(("127.0.0.1", 0))
        peer.settimeout(10)
        for _ in range(1000):  # libzmq's own thread opens the port some time after `bind`
            peer.sendto(b"hello", ("127.0.0.1", port))
            if dgram.poll(10):
                break
        address, hello = dgram.recv_multipart()
        assert hello == b"hello"
        assert address.rstrip(b"\0") == b"127.0.0.1:%d" % peer.getsockname()[1]
        dgram.send_multipart([address, b"welcome"])
        assert peer.recv(100) == b"welcome"
        with pytest.raises(zmq.ZMQError, match="a peer's address, the content") as caught:
            dgram.send(b"just one part")
        assert caught.value.errno == zmq.EINVAL
        dgram.send_multipart([zmq.Frame(address), bytearray(b"again")])
        assert peer.recv(100) == b"again"


def test_no_datagram_is_sent_before_there_is_a_port(child: Child) -> None:
    done = child(
        """
        import ctzmq
        with ctzmq.Context() as context, context.socket(ctzmq.DGRAM) as dgram:
            dgram.sndtimeo = 50
            for send in (
                lambda: dgram.send(b"127.0.0.1:9", ctzmq.SNDMORE),
                lambda: dgram.send(b"x", ctzmq.SNDMORE | ctzmq.DONTWAIT),
                lambda: dgram.send_multipart([b"127.0.0.1:9", b"x"]),
                lambda: dgram.send(ctzmq.Frame(b"127.0.0.1:9"), ctzmq.SNDMORE),
                lambda: dgram.send(bytes(100_000), ctzmq.SNDMORE),
                lambda: ctzmq.Socket.shadow(dgram.underlying).send(b"x", ctzmq.SNDMORE),
            ):
                try:
                    send()
                except ctzmq.Again:
                    print("not now")
        """
    )
    assert (done.stdout, done.returncode) == ("not now\n" * 6, 0), done.stderr


def test_a_port_bound_in_a_with_block(socket: Make) -> None:
    endpoint = f"udp://127.0.0.1:{free_udp_port()}"
    dgram = socket(zmq.DGRAM)
    with dgram.bind(endpoint) as bound:
        assert bound is dgram
        assert dgram.last_endpoint.decode() in endpoint


# -- Waiting ---------------------------------------------------------------------------------------


def test_a_poller_takes_all_kinds(pair: Pair) -> None:
    server, client = pair(zmq.SERVER, zmq.CLIENT)
    pull, push = pair(zmq.PULL, zmq.PUSH)
    read, write = os.pipe()
    try:
        poller = zmq.Poller()
        for item in (server, pull, read):
            poller.register(item, zmq.POLLIN)
        assert poller.poll(0) == []
        client.send(b"x")
        assert poller.poll(10_000) == [(server, zmq.POLLIN)]
        push.send(b"x")
        os.write(write, b"x")
        assert server.recv() == b"x"
        assert dict(poller.poll(10_000)) == {pull: zmq.POLLIN, read: zmq.POLLIN}
        assert zmq.select([server, client, pull], [client], [], 0) == ([pull], [client], [])
        assert zmq.zmq_poll([(client, zmq.POLLIN | zmq.POLLOUT)], 0) == [(client, zmq.POLLOUT)]
    finally:
        os.close(read)
        os.close(write)


def test_a_terminated_context_is_told_of(child: Child) -> None:
    done = child(
        """
        import threading
        import ctzmq as zmq
        context = zmq.Context()
        server, router, dealer = map(context.socket, (zmq.SERVER, zmq.ROUTER, zmq.DEALER))
        thread = threading.Thread(target=context.term)
        thread.start()
        while not router.closed:
            try:
                router.poll(10)
            except zmq.ContextTerminated:
                break
        poller = zmq.Poller()
        poller.register(server)
        poller.register(router)
        for wait in (
            poller.poll,
            lambda: zmq.select([router], [server], []),
            server.poll,
            server.recv,
            lambda: zmq.proxy(router, dealer),
        ):
            try:
                wait()
            except zmq.ContextTerminated:
                print("terminated")
        for socket in (server, router, dealer):
            socket.close()
        thread.join()
        """
    )
    assert (done.stdout, done.returncode) == ("terminated\n" * 5, 0), done.stderr


def test_polling_lets_other_threads_run(pair: Pair) -> None:
    server, client = pair(zmq.SERVER, zmq.CLIENT, "tcp")
    thread = threading.Timer(0.05, client.send, [b"late"])
    thread.start()
    assert server.poll(10_000) == zmq.POLLIN
    thread.join()
    assert server.recv() == b"late"


def readable(descriptor: int, seconds: float = 0) -> bool:
    return bool(select.select([descriptor], [], [], seconds)[0])


@pytest.mark.libzmq(4, 3, 2)
@pytest.mark.parametrize("kind", THREAD_SAFE, ids=name)
def test_the_descriptor_is_a_pollers(kind: int, socket: Make) -> None:
    a = socket(kind)
    with pytest.warns(zmq.DraftFDWarning, match="draft poller"):
        descriptor = a.fileno()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert a.fileno() == a.fd == a.get(zmq.FD) == descriptor
    os.fstat(descriptor)


@pytest.mark.libzmq(4, 3, 2)
@pytest.mark.filterwarnings("ignore::ctzmq.DraftFDWarning")
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_the_descriptor_tells_of_news_and_then_is_quiet(transport: str, pair: Pair) -> None:
    server, client = pair(zmq.SERVER, zmq.CLIENT, transport)
    descriptor = server.fileno()
    for _ in range(3):
        deadline = time.monotonic() + 10
        while server.get(zmq.EVENTS) & zmq.POLLIN or readable(descriptor):
            assert time.monotonic() < deadline, "the descriptor stays readable without any news"
        client.send(b"news")
        assert readable(descriptor, 10)
        while not server.get(zmq.EVENTS) & zmq.POLLIN:
            assert readable(descriptor, 10)
        assert server.recv() == b"news"


@pytest.mark.libzmq(4, 3, 2)
@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="cannot count descriptors here")
@pytest.mark.filterwarnings("ignore::ctzmq.DraftFDWarning")
def test_the_descriptors_of_shadows_end_with_the_socket(eventually: Eventually) -> None:
    def count() -> int:
        return len(os.listdir("/proc/self/fd"))

    before = count()
    with zmq.Context() as context:
        server, client = context.socket(zmq.SERVER), context.socket(zmq.CLIENT)
        shadow, by_address = zmq.Socket.shadow(server), zmq.Socket.shadow(server.underlying)
        assert shadow.type == by_address.type == zmq.SERVER
        with_pollers = [server, shadow, by_address, zmq.Socket.shadow(server)]
        assert len({each.fileno() for each in with_pollers}) == 4
        with_pollers.pop()
        server.bind("inproc://shadows")
        client.connect("inproc://shadows")
        client.send(b"for whom?")
        assert by_address.recv() == b"for whom?"
        shadow.close()
        assert server.closed
        assert by_address.closed
        client.close()
    eventually(lambda: count() <= before)


@pytest.mark.libzmq(4, 3, 2)
@pytest.mark.filterwarnings("ignore::ctzmq.DraftFDWarning")
def test_asyncio() -> None:
    async def main() -> None:
        with ctzmq.asyncio.Context() as context:
            server: Any = context.socket(zmq.SERVER)
            client: Any = context.socket(zmq.CLIENT)
            server.bind("tcp://127.0.0.1:*")
            client.connect(server.last_endpoint.decode())

            async def serve() -> None:
                for _ in range(100):
                    await server.send(await server.recv(copy=False))

            async def ask() -> None:
                for number in range(100):
                    await client.send(b"%d" % number)
                    assert await client.recv() == b"%d" % number

            await asyncio.wait_for(asyncio.gather(serve(), ask()), 30)
            later = server.recv()
            await client.send(b"last")
            assert await asyncio.wait_for(later, 10) == b"last"
            context.destroy(0)

    asyncio.run(main())


# -- Threads ---------------------------------------------------------------------------------------


def run(*functions: Callable[[], None]) -> None:
    """Run functions in threads and raise the first exception of any."""
    errors: list[BaseException] = []

    def guarded(function: Callable[[], None]) -> None:
        try:
            function()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=[function]) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(50)
    assert not any(thread.is_alive() for thread in threads)
    if errors:
        raise errors[0]


@pytest.fixture
def hasty() -> Any:
    """Let threads take turns as often as possible."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("transport", ["inproc", "tcp"])
def test_threads_share_both_ends(transport: str, pair: Pair) -> None:
    server, client = pair(zmq.SERVER, zmq.CLIENT, transport, hwm=0)
    got: Counter[bytes] = Counter()
    lock = threading.Lock()
    sizes = [1, 33, 34, 1000, 70_000]

    def send() -> None:
        for number in range(200):
            client.send(bytes([number]) * sizes[number % len(sizes)])

    def receive() -> None:
        for number in range(200):
            if number % 3 == 0:
                data = server.recv()
            elif number % 3 == 1:
                (data,) = server.recv_multipart()
            else:
                data = server.recv(copy=False).bytes
            with lock:
                got[data] += 1

    run(send, send, send, receive, receive, receive)
    assert got == {bytes([number]) * sizes[number % len(sizes)]: 3 for number in range(200)}


@pytest.mark.usefixtures("hasty")
def test_one_thread_sends_while_another_receives(pair: Pair) -> None:
    server, client = pair(zmq.SERVER, zmq.CLIENT, "tcp")
    answers: list[bytes] = []

    def serve() -> None:
        for _ in range(200):
            server.send(server.recv(copy=False))

    def ask() -> None:
        for number in range(200):
            client.send(b"%d" % number)

    def listen() -> None:
        for _ in range(200):
            answers.append(client.recv())

    run(serve, listen, ask)
    assert answers == [b"%d" % number for number in range(200)]


def test_a_socket_closed_while_another_thread_waits(context: zmq.Context) -> None:
    server = context.socket(zmq.SERVER)
    server.rcvtimeo = 200
    entered = threading.Event()

    def wait() -> None:
        entered.set()
        with pytest.raises(zmq.ZMQError):
            server.recv()

    def close() -> None:
        assert entered.wait(10)
        server.close(0)

    run(wait, close)
    assert server.closed


@pytest.mark.blocking(reason="greenlets have tests of their own for that")
@pytest.mark.parametrize("platform", [sys.platform, "win32"])
def test_a_server_waits_in_time_and_at_rest_for_room(
    platform: str, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its EVENTS always tell of room; on Windows, libzmq must not wait itself."""
    server, client = pair(zmq.SERVER, zmq.CLIENT, sndhwm=1, rcvhwm=1)
    client.send(b"hello")
    peer = server.recv(copy=False).routing_id
    with suppress(zmq.Again):
        while True:
            server.send(b"x", zmq.DONTWAIT, routing_id=peer)
    assert server.poll(0, zmq.POLLOUT) == zmq.POLLOUT
    monkeypatch.setattr("sys.platform", platform)
    server.sndtimeo = 500
    wall, cpu = time.monotonic(), time.process_time()
    with pytest.raises(zmq.Again):
        server.send(b"x", routing_id=peer)
    assert time.monotonic() - wall >= 0.499
    assert time.process_time() - cpu < 0.17
    while client.poll(20):
        client.recv()
    server.send(b"x", routing_id=peer)
