from __future__ import annotations

import asyncio
import ctypes
from collections.abc import Awaitable, Iterator

import pytest

import ctzmq as zmq
from ctzmq.utils.monitor import parse_monitor_message, recv_monitor_message


def native_frame(event: int, value: int) -> bytes:
    """The first part as libzmq lays it out in memory on this machine, unpadded."""
    return bytes(ctypes.c_uint16(event)) + bytes(ctypes.c_int32(value))


def test_parse_reads_the_machines_own_byte_order() -> None:
    message = parse_monitor_message([native_frame(0x0080, 0x01020304), b"tcp://127.0.0.1:1"])
    assert message == {"event": 0x0080, "value": 0x01020304, "endpoint": b"tcp://127.0.0.1:1"}
    assert isinstance(message["event"], zmq.Event)
    assert message["event"] is zmq.Event.CLOSED


def test_parse_keeps_negative_values() -> None:
    assert parse_monitor_message([native_frame(1, -1), b""])["value"] == -1


def test_parse_knows_the_highest_event() -> None:
    assert parse_monitor_message([native_frame(0x8000, 0), b""])["event"] == 0x8000


@pytest.mark.parametrize(
    "parts",
    [[], [native_frame(1, 1)], [native_frame(1, 1), b"", b""], [b"short", b""], [bytes(8), b""]],
)
def test_parse_refuses_other_messages(parts: list[bytes]) -> None:
    with pytest.raises(RuntimeError, match="not a monitor message"):
        parse_monitor_message(parts)


@pytest.fixture
def context() -> Iterator[zmq.Context]:
    with zmq.Context() as ctx:
        yield ctx


def test_recv_from_a_monitored_socket(context: zmq.Context) -> None:
    with context.socket(zmq.REP) as server, context.socket(zmq.REQ) as client:
        server.linger = client.linger = 0
        monitor = client.get_monitor_socket(zmq.Event.CONNECTED | zmq.Event.MONITOR_STOPPED)
        monitor.rcvtimeo = 10_000
        port = server.bind_to_random_port("tcp://127.0.0.1")
        client.connect(f"tcp://127.0.0.1:{port}")
        message = recv_monitor_message(monitor)
        assert message["event"] == zmq.Event.CONNECTED
        assert message["value"] > 0  # the file descriptor
        assert message["endpoint"] == f"tcp://127.0.0.1:{port}".encode()
        client.disable_monitor()
        monitor.close()


def test_flags_reach_the_socket(context: zmq.Context) -> None:
    with context.socket(zmq.PAIR) as quiet:
        quiet.bind("inproc://quiet-monitor")
        with pytest.raises(zmq.Again):
            recv_monitor_message(quiet, zmq.DONTWAIT)


class AwaitableSocket:
    """A socket of another flavour, whose `recv_multipart` returns an awaitable."""

    def __init__(self, parts: list[bytes]) -> None:
        self.parts = parts
        self.flags: list[int] = []

    def recv_multipart(self, flags: int = 0) -> Awaitable[list[bytes]]:
        self.flags.append(flags)
        return self._recv()

    async def _recv(self) -> list[bytes]:
        await asyncio.sleep(0)
        return self.parts


def test_an_awaitable_message_gives_an_awaitable() -> None:
    socket = AwaitableSocket([native_frame(1, 7), b"inproc://x"])

    async def receive() -> None:
        message = recv_monitor_message(socket, 3)
        assert not isinstance(message, dict)
        assert await message == {"event": 1, "value": 7, "endpoint": b"inproc://x"}

    asyncio.run(receive())
    assert socket.flags == [3]


def test_an_awaitable_error_is_raised_when_awaited() -> None:
    async def receive() -> None:
        with pytest.raises(RuntimeError, match="not a monitor message"):
            await recv_monitor_message(AwaitableSocket([b"junk"]))

    asyncio.run(receive())
