from __future__ import annotations

import asyncio
from typing import Any

import pytest

import ctzmq as zmq
import ctzmq.asyncio
from ctzmq.auth.asyncio import AsyncioAuthenticator
from ctzmq.utils.monitor import recv_monitor_message

# Older ones do not tell how a handshake ends.
pytestmark = pytest.mark.libzmq(4, 3)

PATIENCE = 10


@pytest.fixture
def shadow(context: zmq.Context) -> ctzmq.asyncio.Context:
    """An asynchronous context on the libzmq context of the test."""
    return ctzmq.asyncio.Context(shadow=context)


async def connected(context: Any, password: bytes) -> bool:
    """Connect a PLAIN client; return whether a message of its server reaches it."""
    with context.socket(zmq.PUSH) as server, context.socket(zmq.PULL) as client:
        server.linger = client.linger = 0
        server.plain_server = True
        client.plain_username, client.plain_password = b"admin", password
        with client.get_monitor_socket() as monitor:
            server.bind("tcp://127.0.0.1:*")
            client.connect(server.last_endpoint.decode())
            ends = (zmq.Event.HANDSHAKE_SUCCEEDED, zmq.Event.HANDSHAKE_FAILED_AUTH)
            while True:
                received = recv_monitor_message(monitor)
                message = await asyncio.wait_for(received, PATIENCE)
                if message["event"] in ends:
                    break
            client.disable_monitor()
        if message["event"] == zmq.Event.HANDSHAKE_FAILED_AUTH:
            return False
        await asyncio.wait_for(server.send(b"through"), PATIENCE)
        assert await asyncio.wait_for(client.recv(), PATIENCE) == b"through"
        return True


def test_clients_are_let_in_and_refused(shadow: ctzmq.asyncio.Context) -> None:
    async def run() -> None:
        authenticator = AsyncioAuthenticator(shadow)
        authenticator.configure_plain("*", {"admin": "right"})
        authenticator.start()
        try:
            assert await connected(shadow, b"right")
            assert not await connected(shadow, b"wrong")
            assert await connected(shadow, b"right")
        finally:
            authenticator.stop()
        assert authenticator.zap_socket is None

    asyncio.run(run())


def test_it_can_be_started_again(shadow: ctzmq.asyncio.Context) -> None:
    async def run() -> None:
        authenticator = AsyncioAuthenticator(shadow)
        authenticator.configure_plain("*", {"admin": "right"})
        authenticator.stop()
        for _ in range(2):
            authenticator.start()
            assert await connected(shadow, b"right")
            authenticator.stop()

    asyncio.run(run())


def test_it_can_be_started_before_the_loop_runs(shadow: ctzmq.asyncio.Context) -> None:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    authenticator = AsyncioAuthenticator(shadow)
    authenticator.configure_plain("*", {"admin": "right"})
    authenticator.start()
    try:
        assert loop.run_until_complete(connected(shadow, b"right"))
    finally:
        authenticator.stop()
        # The task that answered ends with the next turn.
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
        asyncio.set_event_loop(None)


def test_it_stops_after_its_loop_was_closed(shadow: ctzmq.asyncio.Context) -> None:
    loop = asyncio.new_event_loop()

    async def start() -> AsyncioAuthenticator:
        authenticator = AsyncioAuthenticator(shadow)
        authenticator.start()
        return authenticator

    authenticator = loop.run_until_complete(start())
    for task in asyncio.all_tasks(loop):
        task._log_destroy_pending = False  # type: ignore[attr-defined]
    loop.close()
    authenticator.stop()
    assert authenticator.zap_socket is None


def test_the_loop_argument_is_deprecated(context: zmq.Context) -> None:
    with pytest.warns(DeprecationWarning, match="AsyncioAuthenticator"):
        AsyncioAuthenticator(context, loop=object())
