"""A CURVE server with the asyncio authenticator refuses a stranger and accepts a friend."""

# mypy: ignore-errors

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import zmq
import zmq.asyncio
import zmq.auth
from zmq.auth.asyncio import AsyncioAuthenticator
from zmq.utils.monitor import recv_monitor_message

PATIENCE = 20


def certificate(folder, name):
    """Make a certificate; return its two keys."""
    folder.mkdir(exist_ok=True)
    _, secret = zmq.auth.create_certificates(folder, name)
    return zmq.auth.load_certificate(secret)


def new_client(context, endpoint, keys, server_key):
    """Connect a client; return it with the socket that tells what becomes of its connection."""
    client = context.socket(zmq.DEALER)
    client.linger = 0
    client.curve_publickey, client.curve_secretkey = keys
    client.curve_serverkey = server_key
    monitor = client.get_monitor_socket(
        zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_HANDSHAKE_FAILED_AUTH
    )
    client.connect(endpoint)
    return client, monitor


async def fate(monitor):
    """Wait for the end of a handshake."""
    message = await asyncio.wait_for(recv_monitor_message(monitor), PATIENCE)
    return zmq.Event(message["event"])


async def main():
    """Serve a friend, and refuse a stranger."""
    context = zmq.asyncio.Context()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server_keys = certificate(folder / "server", "server")
        friend_keys = certificate(folder / "friends", "friend")
        stranger_keys = certificate(folder / "strangers", "stranger")
        authenticator = AsyncioAuthenticator(context)
        authenticator.start()
        authenticator.configure_curve(domain="*", location=folder / "friends")
        server = context.socket(zmq.ROUTER)
        server.linger = 0
        server.curve_publickey, server.curve_secretkey = server_keys
        server.curve_server = True
        port = server.bind_to_random_port("tcp://127.0.0.1")
        endpoint = f"tcp://127.0.0.1:{port}"

        stranger, events = new_client(context, endpoint, stranger_keys, server_keys[0])
        event = await fate(events)
        assert event == zmq.EVENT_HANDSHAKE_FAILED_AUTH, event
        stranger.disable_monitor()
        stranger.close()

        friend, events = new_client(context, endpoint, friend_keys, server_keys[0])
        event = await fate(events)
        assert event == zmq.EVENT_HANDSHAKE_SUCCEEDED, event
        await friend.send(b"hello")
        _, message = await asyncio.wait_for(server.recv_multipart(), PATIENCE)
        assert message == b"hello"
        friend.disable_monitor()
        friend.close()

        authenticator.stop()
        server.close()
    context.destroy(linger=0)
    print("the stranger was refused, the friend was heard")


if __name__ == "__main__":
    asyncio.run(main())
