from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any, Callable

import pytest

import ctzmq as zmq
import ctzmq.asyncio
from ctzmq.auth.base import close_bound
from ctzmq.auth.thread import AuthenticationThread, ThreadAuthenticator
from ctzmq.utils.monitor import recv_monitor_message

# Older ones do not tell how a handshake ends.
pytestmark = pytest.mark.libzmq(4, 3)

NewSocket = Callable[..., zmq.Socket]

WATCHED = zmq.Event.HANDSHAKE_SUCCEEDED | zmq.Event.HANDSHAKE_FAILED_AUTH

needs_curve = pytest.mark.skipif(not zmq.has("curve"), reason="this libzmq has no CURVE")


@pytest.fixture
def authenticator(context: zmq.Context) -> Iterator[ThreadAuthenticator]:
    authenticator = ThreadAuthenticator(context)
    authenticator.start()
    yield authenticator
    authenticator.stop()


def outcome(server: zmq.Socket, client: zmq.Socket) -> zmq.Event:
    """Connect a client over TCP and return what became of its handshake."""
    with client.get_monitor_socket(WATCHED) as monitor:
        monitor.rcvtimeo = 10_000
        server.bind("tcp://127.0.0.1:*")
        client.connect(server.last_endpoint.decode())
        event = recv_monitor_message(monitor)["event"]
        client.disable_monitor()
    return zmq.Event(event)


def test_null_in_a_domain(authenticator: ThreadAuthenticator, socket: NewSocket) -> None:
    server, client = socket(zmq.PULL, zap_domain=b"global"), socket(zmq.PUSH)
    assert outcome(server, client) == zmq.Event.HANDSHAKE_SUCCEEDED
    client.send(b"through")
    assert server.recv() == b"through"


def test_a_denied_address(authenticator: ThreadAuthenticator, socket: NewSocket) -> None:
    authenticator.deny("127.0.0.1")
    server, client = socket(zmq.PULL, zap_domain=b"global"), socket(zmq.PUSH)
    assert outcome(server, client) == zmq.Event.HANDSHAKE_FAILED_AUTH


@pytest.mark.parametrize(
    ("password", "event"),
    [("right", zmq.Event.HANDSHAKE_SUCCEEDED), ("wrong", zmq.Event.HANDSHAKE_FAILED_AUTH)],
)
def test_plain(
    authenticator: ThreadAuthenticator, socket: NewSocket, password: str, event: zmq.Event
) -> None:
    authenticator.configure_plain("*", {"admin": "right"})
    server = socket(zmq.PULL, plain_server=True)
    client = socket(zmq.PUSH, plain_username=b"admin", plain_password=password.encode())
    assert outcome(server, client) == event


class CurvePair:
    def __init__(self, socket: NewSocket) -> None:
        self.public, secret = zmq.curve_keypair()
        server_public, server_secret = zmq.curve_keypair()
        self.server = socket(
            zmq.PULL,
            curve_server=True,
            curve_publickey=server_public,
            curve_secretkey=server_secret,
        )
        self.client = socket(
            zmq.PUSH,
            curve_serverkey=server_public,
            curve_publickey=self.public,
            curve_secretkey=secret,
        )


class Provider:
    """Lets one key in, after other tasks of the loop had their turn."""

    def __init__(self, known: bytes) -> None:
        self.known = known

    async def callback(self, domain: str, key: bytes) -> bool:
        await asyncio.sleep(0)
        return key == self.known


@needs_curve
@pytest.mark.parametrize("known", [True, False])
def test_curve(authenticator: ThreadAuthenticator, socket: NewSocket, known: bool) -> None:
    pair = CurvePair(socket)
    provider = Provider(pair.public if known else zmq.curve_keypair()[0])
    authenticator.configure_curve_callback("*", provider)
    if not known:
        assert outcome(pair.server, pair.client) == zmq.Event.HANDSHAKE_FAILED_AUTH
        return
    assert outcome(pair.server, pair.client) == zmq.Event.HANDSHAKE_SUCCEEDED
    pair.client.send(b"through")
    frame = pair.server.recv(copy=False)
    assert frame.bytes == b"through"
    assert frame.get("User-Id") == pair.public.decode()


@needs_curve
def test_a_decision_that_fails_does_not_end_the_thread(
    authenticator: ThreadAuthenticator, socket: NewSocket, caplog: pytest.LogCaptureFixture
) -> None:
    authenticator.configure_curve_callback("*", object())
    pair = CurvePair(socket)
    assert outcome(pair.server, pair.client) == zmq.Event.HANDSHAKE_FAILED_AUTH
    assert "AttributeError" in caplog.text
    assert authenticator.is_alive()
    authenticator.configure_curve("*", "*")
    authenticator.credentials_providers.clear()
    again = CurvePair(socket)
    assert outcome(again.server, again.client) == zmq.Event.HANDSHAKE_SUCCEEDED


def test_start_and_stop(context: zmq.Context) -> None:
    authenticator = ThreadAuthenticator(context)
    assert not authenticator.is_alive()
    authenticator.stop()
    for _ in range(2):
        authenticator.start()
        assert authenticator.is_alive()
        thread: AuthenticationThread = authenticator.thread
        assert thread.daemon
        authenticator.stop()
        assert not thread.is_alive()
        assert not authenticator.is_alive()
        assert authenticator.pipe is None


def test_unknown_commands_are_answered(
    authenticator: ThreadAuthenticator, caplog: pytest.LogCaptureFixture
) -> None:
    authenticator.pipe.rcvtimeo = 10_000
    authenticator.pipe.send(b"DANCE")
    assert authenticator.pipe.recv() == b"ERROR"
    assert "DANCE" in caplog.text
    assert authenticator.is_alive()


def test_the_blocking_sockets_of_an_asynchronous_context(context: zmq.Context) -> None:
    shadow = ctzmq.asyncio.Context(shadow=context)
    authenticator = ThreadAuthenticator(shadow)
    authenticator.start()
    assert type(authenticator.zap_socket) is zmq.Socket
    authenticator.stop()


def test_the_end_of_the_context_ends_the_thread() -> None:
    context = zmq.Context()
    authenticator = ThreadAuthenticator(context)
    authenticator.start()
    thread = authenticator.thread
    ending = threading.Thread(target=context.term)
    ending.start()
    thread.join(20)
    assert not thread.is_alive()
    authenticator.stop()
    ending.join(20)
    assert not ending.is_alive()


def test_it_stops_and_starts_again_after_its_pipe_was_closed(context: zmq.Context) -> None:
    authenticator = ThreadAuthenticator(context)
    authenticator.start()
    thread = authenticator.thread
    close_bound(authenticator.pipe, authenticator.pipe_endpoint)
    authenticator.stop()
    assert not thread.is_alive()
    authenticator.start()
    assert authenticator.is_alive()
    authenticator.stop()


def test_it_starts_again_in_another_thread_after_one_that_has_ended(context: zmq.Context) -> None:
    authenticator = ThreadAuthenticator(context)
    authenticator.start()
    first = authenticator.thread
    authenticator.pipe.send(b"TERMINATE")
    first.join(20)
    authenticator.start()
    assert authenticator.is_alive()
    assert authenticator.thread is not first
    authenticator.stop()


def test_a_thread_that_cannot_serve_is_an_error_and_leaves_nothing(
    context: zmq.Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_loop() -> Any:
        raise OSError("no descriptors")

    authenticator = ThreadAuthenticator(context)
    with monkeypatch.context() as patch:
        patch.setattr(asyncio, "SelectorEventLoop", no_loop)
        with pytest.raises(RuntimeError, match="cannot serve") as caught:
            authenticator.start()
    assert "no descriptors" in str(caught.value.__cause__)
    assert (authenticator.pipe, authenticator.zap_socket) == (None, None)
    with monkeypatch.context() as patch:
        patch.setattr(AuthenticationThread, "start", lambda self: no_loop())
        with pytest.raises(OSError, match="no descriptors"):
            authenticator.start()
    authenticator.start()
    assert authenticator.is_alive()
    authenticator.stop()


def test_two_of_one_context_exclude_each_other(context: zmq.Context) -> None:
    first, second = ThreadAuthenticator(context), ThreadAuthenticator(context)
    first.start()
    for again in (first, second):
        with pytest.raises(zmq.ZMQError) as caught:
            again.start()
        assert caught.value.errno == zmq.EADDRINUSE
    second.stop()
    assert first.is_alive()
    first.stop()


def test_a_client_over_ipv6_has_the_address_it_has(
    authenticator: ThreadAuthenticator, socket: NewSocket
) -> None:
    authenticator.allow("127.0.0.1")
    server, client = socket(zmq.PULL, zap_domain=b"global", ipv6=1), socket(zmq.PUSH)
    try:
        server.bind("tcp://[::]:*")
    except zmq.ZMQError as error:
        pytest.skip(f"there is no IPv6 here: {error}")
    port = server.last_endpoint.decode().rpartition(":")[2]
    client.connect(f"tcp://127.0.0.1:{port}")
    client.send(b"through")
    assert server.recv() == b"through"


PROGRAM = """
    import ctzmq as zmq
    from ctzmq.auth.thread import ThreadAuthenticator

    authenticator = ThreadAuthenticator(zmq.Context.instance())
    authenticator.start()
    {last}
    """


@pytest.mark.parametrize("last", ["pass", "del authenticator", "authenticator.stop()"])
def test_a_program_that_forgets_it_ends(child: Any, last: str) -> None:
    result = child(PROGRAM.format(last=last))
    assert (result.returncode, result.stdout) == (0, "")
    assert "Traceback" not in result.stderr
