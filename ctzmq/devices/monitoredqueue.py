"""A queue that publishes its traffic, with a prefix for each direction."""

from __future__ import annotations

from typing import Any

from ..constants import ENOTSOCK, POLLIN, ROUTER
from ..core.proxy import StrictPoller
from ..core.socket import Socket
from ..error import ZMQError

__all__ = ["monitored_queue"]


def monitored_queue(
    in_socket: Socket[Any],
    out_socket: Socket[Any],
    mon_socket: Socket[Any],
    in_prefix: bytes = b"in",
    out_prefix: bytes = b"out",
) -> None:
    """Forward messages between two sockets, with copies to a third, until an error ends it.

    Unlike `proxy`, it puts a part in front of each copy that tells where the message came from, and
    it can connect two ROUTER sockets: a message then begins with the routing ids of sender and
    receiver, which are swapped. While a socket cannot take a message, no other message is
    forwarded.

    Parameters
    ----------
    in_socket, out_socket : Socket
        The two sides, of any flavour; one socket may be both.
    mon_socket : Socket
        Sends a copy of every message after its prefix; usually a PUB socket.
    in_prefix, out_prefix : bytes
        The part that precedes messages that came from `in_socket`, and from `out_socket`.

    Raises
    ------
    ZMQError
        Always in the end: ETERM when the context was terminated, ENOTSOCK for a closed socket.
    TypeError
        A prefix is not bytes-like, or a socket is no socket.

    Source: pyzmq `zmq.devices.monitored_queue`.
    """
    ins, outs, monitor = [_blocking(socket) for socket in (in_socket, out_socket, mon_socket)]
    routes = {outs: (ins, _bytes(out_prefix)), ins: (outs, _bytes(in_prefix))}
    swap_ids = ins.type == ROUTER and outs.type == ROUTER
    poller = StrictPoller([(source, POLLIN) for source in routes], [monitor])
    while True:
        for source, _ in poller.poll():
            target, prefix = routes[source]
            parts: list[Any] = source.recv_multipart(copy=False)
            if swap_ids:
                parts[:2] = parts[1::-1]
            target.send_multipart(parts, copy=False)
            monitor.send_multipart([prefix, *parts], copy=False)


def _blocking(socket: Socket[Any]) -> Socket:
    """Return the socket itself, or a blocking shadow of a socket of another flavour."""
    if not isinstance(socket, Socket):
        raise TypeError(f"expected a Socket, not {type(socket).__name__}: {socket!r}")
    if socket.closed:
        raise ZMQError(ENOTSOCK)
    return socket if type(socket) is Socket else Socket.shadow(socket)


def _bytes(prefix: bytes) -> bytes:
    try:
        return memoryview(prefix).tobytes()
    except TypeError:
        raise TypeError(f"a prefix must be bytes-like, not {prefix!r}") from None
