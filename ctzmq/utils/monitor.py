"""Messages of a socket's monitor, decoded."""

from __future__ import annotations

import struct
from collections.abc import Awaitable, Sequence
from typing import Protocol, TypedDict, overload

from ..constants import Event

__all__ = ["parse_monitor_message", "recv_monitor_message"]

# libzmq writes the numbers in the machine's own byte order, unpadded.
_EVENT_FRAME = struct.Struct("=Hi")


class _MonitorMessage(TypedDict):
    event: int
    value: int
    endpoint: bytes


class _Receiver(Protocol):
    def recv_multipart(self, flags: int = ...) -> list[bytes]: ...


class _AsyncReceiver(Protocol):
    def recv_multipart(self, flags: int = ...) -> Awaitable[list[bytes]]: ...


def parse_monitor_message(msg: Sequence[bytes]) -> _MonitorMessage:
    """Decode one message of a monitor socket.

    Parameters
    ----------
    msg : list of bytes
        The two parts as `recv_multipart` returned them: event number (16 bits) and value (32 bits),
        then the endpoint.

    Returns
    -------
    dict
        `event`, an `Event`; `value`, whose meaning depends on the event (a file descriptor, an
        errno, an interval in milliseconds, a protocol error), an `Event` unless it is negative;
        `endpoint`, bytes.

    Raises
    ------
    RuntimeError
        The message has another form.

    Source: libzmq `zmq_socket_monitor`, pyzmq `zmq.utils.monitor.parse_monitor_message`.
    """
    if not isinstance(msg, (list, tuple)) or len(msg) != 2 or len(msg[0]) != _EVENT_FRAME.size:
        raise RuntimeError(
            f"not a monitor message (2 parts, the first of {_EVENT_FRAME.size} bytes): {msg!r}"
        )
    event, value = _EVENT_FRAME.unpack(msg[0])
    return {
        "event": Event(event),
        # A flag enum would turn a negative number into some other, positive one.
        "value": Event(value) if value >= 0 else value,
        "endpoint": msg[1],
    }


async def _parse_later(message: Awaitable[list[bytes]]) -> _MonitorMessage:
    return parse_monitor_message(await message)


@overload
def recv_monitor_message(socket: _Receiver, flags: int = 0) -> _MonitorMessage: ...


@overload
def recv_monitor_message(socket: _AsyncReceiver, flags: int = 0) -> Awaitable[_MonitorMessage]: ...


def recv_monitor_message(
    socket: _Receiver | _AsyncReceiver, flags: int = 0
) -> _MonitorMessage | Awaitable[_MonitorMessage]:
    """Receive one message from a monitor socket and decode it.

    Parameters
    ----------
    socket : Socket
        The PAIR socket that `Socket.get_monitor_socket` returned, of any flavour.
    flags : int
        As in `Socket.recv`.

    Returns
    -------
    dict or awaitable of dict
        What `parse_monitor_message` returns; an awaitable of it where the socket's `recv_multipart`
        returns an awaitable.

    Raises
    ------
    ZMQError
        Receiving failed.
    TypeError
        It is no socket.
    RuntimeError
        The message has another form.

    Source: pyzmq `zmq.utils.monitor.recv_monitor_message`.
    """
    if not hasattr(socket, "recv_multipart"):
        raise TypeError(f"a monitor socket comes from get_monitor_socket, got {socket!r:.60}")
    message = socket.recv_multipart(flags)
    if isinstance(message, Awaitable):
        return _parse_later(message)
    return parse_monitor_message(message)
