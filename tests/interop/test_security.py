"""CURVE and PLAIN between the two sides, with the keys, the server and ZAP on either."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

import ctzmq as zmq

from .conftest import Link, address
from .sides import Side

pytestmark = pytest.mark.skipif(not zmq.has("curve"), reason="this libzmq has no CURVE")

ZAP = "inproc://zeromq.zap.01"


class Keys(NamedTuple):
    """A key pair."""

    public: bytes
    secret: bytes


class Guard:
    """Answers the questions of ZAP on one side, one at a time."""

    def __init__(self, side: Side) -> None:
        self.socket = side.socket(zmq.REP)
        self.socket.bind(ZAP)

    def answer(self, code: int, user: bytes = b"", metadata: bytes = b"") -> list[bytes]:
        """Answer the next question; return what it told: domain, address, mechanism, proof."""
        version, number, domain, where, _identity, *proof = self.socket.recv_multipart()
        assert version == b"1.0"
        self.socket.send_multipart([version, number, b"%d" % code, b"why", user, metadata])
        return [domain, where, *proof]


def secured(link: Link, server_binds: bool, server: dict[str, Any], client: dict[str, Any]) -> Any:
    """Connect a server and a client; return the server, its side, the client and its side."""
    options = (server, client) if server_binds else (client, server)
    first = link.bind(zmq.PAIR, **options[0])
    second = link.connect(first, zmq.PAIR, **options[1])
    ends = (first, link.binder, second, link.connector)
    return ends if server_binds else (*ends[2:], *ends[:2])


def curve(server: Keys, client: Keys) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the options of a CURVE server and of its client."""
    return (
        {"curve_server": 1, "curve_secretkey": server.secret},
        {
            "curve_serverkey": server.public,
            "curve_publickey": client.public,
            "curve_secretkey": client.secret,
        },
    )


@pytest.mark.parametrize("keys_of", ["the binder", "the connector", "both"])
@pytest.mark.parametrize("server_binds", [True, False], ids=["server binds", "server connects"])
def test_curve_encrypts_whoever_made_the_keys(link: Link, server_binds: bool, keys_of: str) -> None:
    makers = {
        "the binder": (link.binder, link.binder),
        "the connector": (link.connector, link.connector),
        "both": (link.binder, link.connector),
    }
    keys = [Keys(*side.zmq.curve_keypair()) for side in makers[keys_of]]
    server, _, client, _ = secured(link, server_binds, *curve(*keys))
    client.send_multipart([b"secret", b"", b"x" * 100_000])
    assert server.recv_multipart() == [b"secret", b"", b"x" * 100_000]
    server.send(b"answer")
    assert client.recv() == b"answer"
    assert server.get(zmq.MECHANISM) == client.get(zmq.MECHANISM) == zmq.CURVE


@pytest.mark.libzmq(4, 2)
def test_both_sides_derive_the_same_public_key(ours: Side, theirs: Side) -> None:
    for side, other in ((ours, theirs), (theirs, ours)):
        public, secret = side.zmq.curve_keypair()
        assert other.zmq.curve_public(secret) == public


def test_binary_keys_are_the_same_keys(ours: Side, theirs: Side) -> None:
    z85 = theirs.module("utils.z85")
    server_key, client_key = (Keys(*ours.zmq.curve_keypair()) for _ in range(2))
    server = theirs.socket(zmq.PULL, curve_server=1, curve_secretkey=z85.decode(server_key.secret))
    server.bind("tcp://127.0.0.1:*")
    client = ours.socket(zmq.PUSH, **curve(server_key, client_key)[1])
    client.connect(address(server))
    client.send(b"hello")
    assert server.recv() == b"hello"


@pytest.mark.parametrize("server_binds", [True, False], ids=["server binds", "server connects"])
def test_zap_lets_a_curve_client_in(link: Link, server_binds: bool) -> None:
    guard = Guard(link.binder if server_binds else link.connector)
    keys = [Keys(*side.zmq.curve_keypair()) for side in (link.binder, link.connector)]
    server_options, client_options = curve(*keys)
    server_options["zap_domain"] = b"home"
    server, side, client, _ = secured(link, server_binds, server_options, client_options)
    metadata = b"\x05Hello\x00\x00\x00\x05World"
    domain, where, mechanism, public = guard.answer(200, b"Anne", metadata)
    assert (domain, mechanism) == (b"home", b"CURVE")
    assert where.startswith(b"127.0.0.1" if link.endpoint.startswith("tcp") else b"localhost")
    client.send(b"hello")
    assert side.module("utils.z85").encode(public) == keys[1].public
    frame = server.recv(copy=False)
    assert frame.bytes == b"hello"
    assert frame.get("User-Id") == "Anne"
    assert frame.get("Hello") == "World"


@pytest.mark.libzmq(4, 3)
@pytest.mark.parametrize("server_binds", [True, False], ids=["server binds", "server connects"])
def test_zap_keeps_a_curve_client_out(link: Link, server_binds: bool) -> None:
    guard = Guard(link.binder if server_binds else link.connector)
    keys = [Keys(*side.zmq.curve_keypair()) for side in (link.binder, link.connector)]
    ends = secured(link, server_binds, *curve(*keys))
    server, server_side, client, client_side = ends
    monitors = [server_side.monitor(server), client_side.monitor(client)]
    guard.answer(400)
    for monitor in monitors:
        assert monitor.wait(zmq.EVENT_HANDSHAKE_FAILED_AUTH)["value"] == 400
    assert server.poll(0) == 0


@pytest.mark.libzmq(4, 3)
def test_a_client_that_mistakes_the_server_is_not_served(link: Link) -> None:
    keys = [Keys(*side.zmq.curve_keypair()) for side in (link.binder, link.connector)]
    server_options, client_options = curve(*keys)
    client_options["curve_serverkey"] = keys[1].public
    server = link.bind(zmq.PULL, **server_options)
    monitor = link.binder.monitor(server)
    client = link.connect(server, zmq.PUSH, **client_options)
    report = monitor.wait(zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL)
    assert report["value"] == zmq.PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC
    assert client.poll(0, zmq.POLLOUT) == zmq.POLLOUT  # queued, not sent
    client.send(b"for nobody")
    monitor.wait(zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL)
    assert server.poll(0) == 0


def test_a_client_without_keys_is_not_served(link: Link) -> None:
    key = Keys(*link.binder.zmq.curve_keypair())
    server = link.bind(zmq.PULL, curve_server=1, curve_secretkey=key.secret)
    monitor = link.binder.monitor(server)
    link.connect(server, zmq.PUSH)
    # Both ends find out; who hangs up first decides what the other has to report.
    events = monitor.until(zmq.EVENT_DISCONNECTED)
    assert zmq.EVENT_ACCEPTED in events
    assert zmq.EVENT_HANDSHAKE_SUCCEEDED not in events


@pytest.mark.parametrize("server_binds", [True, False], ids=["server binds", "server connects"])
@pytest.mark.parametrize(("name", "word"), [(b"Anne", b"s3cret"), ("Jörg".encode(), b"\x00")])
def test_plain_tells_name_and_password(
    link: Link, server_binds: bool, name: bytes, word: bytes
) -> None:
    guard = Guard(link.binder if server_binds else link.connector)
    server, _, client, _ = secured(
        link, server_binds, {"plain_server": 1}, {"plain_username": name, "plain_password": word}
    )
    assert guard.answer(200, b"user of PLAIN")[2:] == [b"PLAIN", name, word]
    client.send(b"hello")
    frame = server.recv(copy=False)
    assert (frame.bytes, frame.get("User-Id")) == (b"hello", "user of PLAIN")
    assert server.get(zmq.MECHANISM) == client.get(zmq.MECHANISM) == zmq.PLAIN


@pytest.mark.libzmq(4, 3)
def test_a_wrong_password_is_refused(link: Link) -> None:
    guard = Guard(link.binder)
    server = link.bind(zmq.PULL, plain_server=1)
    client = link.connector.socket(zmq.PUSH, plain_username=b"Anne", plain_password=b"wrong")
    monitor = link.connector.monitor(client)
    client.connect(address(server))
    assert guard.answer(400)[2:] == [b"PLAIN", b"Anne", b"wrong"]
    assert monitor.wait(zmq.EVENT_HANDSHAKE_FAILED_AUTH)["value"] == 400
    assert server.poll(0) == 0


@pytest.mark.libzmq(4, 3)
def test_zap_sees_clients_without_security_too(link: Link) -> None:
    guard = Guard(link.binder)
    server = link.bind(zmq.PULL, zap_domain=b"open")
    link.connect(server, zmq.PUSH).send(b"hello")
    domain, where, mechanism = guard.answer(200, b"anybody")
    assert (domain, mechanism) == (b"open", b"NULL")
    assert where.startswith(b"127.0.0.1" if link.endpoint.startswith("tcp") else b"localhost")
    frame = server.recv(copy=False)
    assert (frame.bytes, frame.get("User-Id")) == (b"hello", "anybody")
