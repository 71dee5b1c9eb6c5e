"""NULL, PLAIN and CURVE with an authenticator; keys; what a message knows of its sender."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Callable

import pytest

import ctzmq as zmq
from ctzmq.libzmq import prototypes, provider
from ctzmq.utils import z85
from ctzmq.utils.monitor import recv_monitor_message

Make = Callable[..., zmq.Socket]
Spawn = Callable[..., Any]
PATIENCE = 10_000

needs_curve = pytest.mark.skipif(not zmq.has("curve"), reason="this libzmq has no CURVE")


class Authenticator:
    """Answers libzmq's questions about clients: a user is welcome if the list has it."""

    def __init__(self, context: zmq.Context, spawn: Spawn, welcome: set[bytes]) -> None:
        self.welcome = welcome
        self.asked: list[list[bytes]] = []
        self.socket = context.socket(zmq.REP)
        self.socket.linger = 0
        self.socket.bind("inproc://zeromq.zap.01")
        spawn(self.run)

    def run(self) -> None:
        with self.socket:
            while True:
                try:
                    version, request, *rest = self.socket.recv_multipart()
                except zmq.ContextTerminated:
                    return
                self.asked.append(rest)
                _domain, _address, _routing_id, mechanism, *credentials = rest
                user = credentials[0] if credentials else b"anonymous"
                good = user in self.welcome
                if mechanism == b"PLAIN":
                    good = good and credentials[1] == b"secret of " + user
                status, text = (b"200", b"OK") if good else (b"400", b"unknown user")
                name = user if mechanism != b"CURVE" else z85.encode(user)
                metadata = b"\x05Group\x00\x00\x00\x04team" if good else b""
                self.socket.send_multipart(
                    [version, request, status, text, name if good else b"", metadata]
                )


@pytest.fixture
def context() -> Iterator[zmq.Context]:
    """A context that is terminated while its authenticator still listens."""
    context = zmq.Context()
    yield context
    context.term()


def both(server: zmq.Socket, client: zmq.Socket) -> zmq.Frame:
    """Connect the client; return what the server got of its first message."""
    server.bind("tcp://127.0.0.1:*")
    client.connect(server.last_endpoint)
    client.send(b"hello")
    return server.recv(copy=False)


# -- Capabilities and keys -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["curve", "ipc", "pgm", "tipc", "norm", "gssapi", "draft"])
def test_a_capability_is_there_or_not(name: str) -> None:
    assert zmq.has(name) in (True, False)
    assert zmq.has(name.encode()) is zmq.has(name)  # type: ignore[arg-type]


def test_an_unknown_capability_is_not_there() -> None:
    assert zmq.has("") is False
    assert zmq.has("flying") is False
    assert zmq.has("curve\0or not") is False


@pytest.mark.parametrize("wrong", [None, 5, ["curve"]])
def test_a_capability_is_a_word(wrong: Any) -> None:
    with pytest.raises(TypeError, match="a capability is a str"):
        zmq.has(wrong)


@needs_curve
@pytest.mark.libzmq(4, 2)
def test_a_pair_of_keys() -> None:
    public, secret = zmq.curve_keypair()
    assert len(public) == len(secret) == 40
    assert len(z85.decode(public)) == len(z85.decode(secret)) == 32
    assert zmq.curve_public(secret) == zmq.curve_public(secret.decode()) == public
    assert zmq.curve_keypair() != (public, secret)


@needs_curve
@pytest.mark.parametrize(
    ("secret", "error", "words"),
    [
        (b"short", ValueError, "40 bytes.*got 5 bytes"),
        (b"x" * 41, ValueError, "got 41 bytes"),
        (b"", ValueError, "got 0 bytes"),
        ("ü" * 20, zmq.ZMQError, "characters that Z85 does not use"),
        (b"\0" * 40, zmq.ZMQError, "characters that Z85 does not use"),
        (b"~" * 40, zmq.ZMQError, "characters that Z85 does not use"),
        (None, TypeError, "bytes of Z85 text, got NoneType"),
        (5, TypeError, "got int"),
        (bytearray(40), TypeError, "got bytearray"),
    ],
)
@pytest.mark.libzmq(4, 2)
def test_what_is_no_key_is_refused(secret: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        zmq.curve_public(secret)


# -- NULL ------------------------------------------------------------------------------------------


def test_without_security_a_message_still_knows_its_sender(socket: Make) -> None:
    frame = both(socket(zmq.DEALER), socket(zmq.DEALER))
    assert frame.get("Peer-Address") == "127.0.0.1"
    assert frame.get("Socket-Type") == "DEALER"
    assert frame["Identity"] == ""
    assert frame.get(zmq.SRCFD) == frame.srcfd
    with pytest.raises(zmq.ZMQError, match="no property 'User-Id'") as caught:
        frame.get("User-Id")
    assert caught.value.errno == zmq.EINVAL
    with pytest.raises(zmq.ZMQError, match="no property 'Nothing'"):
        frame["Nothing"]


@pytest.mark.libzmq(4, 3)
def test_an_anonymous_client_may_be_refused(
    context: zmq.Context, spawn: Spawn, socket: Make
) -> None:
    authenticator = Authenticator(context, spawn, set())
    server, client = socket(zmq.DEALER, zap_domain=b"house"), socket(zmq.DEALER)
    server.bind("tcp://127.0.0.1:*")
    with server.get_monitor_socket(zmq.EVENT_HANDSHAKE_FAILED_AUTH) as monitor:
        client.connect(server.last_endpoint)
        assert recv_monitor_message(monitor)["value"] == 400
    assert authenticator.asked[0][0] == b"house"
    assert authenticator.asked[0][3] == b"NULL"


def test_an_anonymous_client_may_be_welcome(
    context: zmq.Context, spawn: Spawn, socket: Make
) -> None:
    Authenticator(context, spawn, {b"anonymous"})
    frame = both(socket(zmq.DEALER, zap_domain=b"house"), socket(zmq.DEALER))
    assert frame.get("User-Id") == "anonymous"
    assert frame.get("Group") == "team"


# -- PLAIN -----------------------------------------------------------------------------------------


def test_a_user_with_a_password_is_known(context: zmq.Context, spawn: Spawn, socket: Make) -> None:
    authenticator = Authenticator(context, spawn, {b"ann"})
    server = socket(zmq.DEALER, plain_server=1, zap_domain=b"house")
    client = socket(zmq.DEALER, plain_username=b"ann", plain_password=b"secret of ann")
    assert (server.mechanism, client.mechanism) == (zmq.PLAIN, zmq.PLAIN)
    assert (server.plain_server, client.plain_server) == (1, 0)
    assert (client.plain_username, client.plain_password) == (b"ann", b"secret of ann")
    frame = both(server, client)
    assert frame.bytes == b"hello"
    assert frame.get("User-Id") == "ann"
    assert frame.get("Group") == "team"
    assert authenticator.asked[0][4:] == [b"ann", b"secret of ann"]
    server.send(b"back")
    assert client.recv() == b"back"


@pytest.mark.libzmq(4, 3)
@pytest.mark.parametrize("user", [b"ann", b"eve"])
def test_a_user_with_another_password_is_refused(
    user: bytes, context: zmq.Context, spawn: Spawn, socket: Make
) -> None:
    Authenticator(context, spawn, {b"ann"})
    server = socket(zmq.DEALER, plain_server=1, zap_domain=b"house")
    client = socket(zmq.DEALER, plain_username=user, plain_password=b"guess")
    server.bind("tcp://127.0.0.1:*")
    with server.get_monitor_socket(zmq.EVENT_HANDSHAKE_FAILED_AUTH) as monitor:
        client.connect(server.last_endpoint)
        assert recv_monitor_message(monitor)["value"] == 400


# -- CURVE -----------------------------------------------------------------------------------------


def curve(socket: Make, server_key: bytes | None = None) -> tuple[zmq.Socket, zmq.Socket, bytes]:
    """Make a server and a client with keys; return also the client's public key."""
    public, secret = zmq.curve_keypair()
    server = socket(zmq.DEALER, curve_server=1, curve_secretkey=secret, zap_domain=b"house")
    own_public, own_secret = zmq.curve_keypair()
    client = socket(
        zmq.DEALER,
        curve_publickey=own_public,
        curve_secretkey=own_secret,
        curve_serverkey=server_key or public,
    )
    return server, client, own_public


@needs_curve
def test_a_client_with_keys_is_let_in(socket: Make) -> None:
    server, client, _ = curve(socket)
    assert (server.mechanism, client.mechanism) == (zmq.CURVE, zmq.CURVE)
    assert (server.curve_server, client.curve_server) == (1, 0)
    assert both(server, client).bytes == b"hello"
    server.send_multipart([b"x" * 100_000, b"", b"y"])
    assert client.recv_multipart() == [b"x" * 100_000, b"", b"y"]


@needs_curve
def test_a_client_with_keys_is_known(context: zmq.Context, spawn: Spawn, socket: Make) -> None:
    server, client, public = curve(socket)
    authenticator = Authenticator(context, spawn, {z85.decode(public)})
    frame = both(server, client)
    assert frame.get("User-Id") == public.decode()
    assert authenticator.asked[0][3:] == [b"CURVE", z85.decode(public)]


@needs_curve
@pytest.mark.libzmq(4, 3)
def test_a_client_with_other_keys_is_refused(
    context: zmq.Context, spawn: Spawn, socket: Make
) -> None:
    server, client, _ = curve(socket)
    Authenticator(context, spawn, set())
    server.bind("tcp://127.0.0.1:*")
    with server.get_monitor_socket(zmq.EVENT_HANDSHAKE_FAILED_AUTH) as monitor:
        client.connect(server.last_endpoint)
        assert recv_monitor_message(monitor)["value"] == 400


@needs_curve
@pytest.mark.libzmq(4, 3)
def test_a_client_that_takes_another_for_the_server_gets_nowhere(socket: Make) -> None:
    stranger, _ = zmq.curve_keypair()
    server, client, _ = curve(socket, stranger)
    server.bind("tcp://127.0.0.1:*")
    with server.get_monitor_socket(
        zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    ) as monitor:
        client.connect(server.last_endpoint)
        message = recv_monitor_message(monitor)
    assert message["event"] in (
        zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL,
        zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL,
    )


# -- Without CURVE ---------------------------------------------------------------------------------


@pytest.mark.parametrize("call", [zmq.curve_keypair, lambda: zmq.curve_public(b"0" * 40)])
def test_a_library_without_curve_is_named(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prototypes, "zmq_curve_keypair", lambda *args: -1, raising=False)
    monkeypatch.setattr(prototypes, "zmq_curve_public", lambda *args: -1, raising=False)
    monkeypatch.setattr(provider.calls, "errno", lambda: zmq.ENOTSUP)
    with pytest.raises(
        zmq.ZMQError, match=r"libzmq .* at .*zmq.* was built without CURVE"
    ) as caught:
        call()
    assert caught.value.errno == zmq.ENOTSUP
