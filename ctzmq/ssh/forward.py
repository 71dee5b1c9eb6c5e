"""Local port forwarding over an open paramiko connection, as `ssh -L` does it."""

from __future__ import annotations

import logging
import selectors
import socket
import socketserver
from typing import Any

from .destination import check_host, check_port

__all__ = ["forward_tunnel"]

logger = logging.getLogger("ssh")

_CHUNK = 65536


class ForwardServer(socketserver.ThreadingTCPServer):
    """Accepts connections on the local port and serves each in a thread.

    Source: pyzmq `zmq.ssh.forward.ForwardServer`.
    """

    daemon_threads = True
    allow_reuse_address = True


class Handler(socketserver.BaseRequestHandler):
    """Relays one connection through the transport; `forward_tunnel` fills in where to.

    Source: pyzmq `zmq.ssh.forward.Handler`.
    """

    chain_host: str
    chain_port: int
    ssh_transport: Any
    request: socket.socket

    def handle(self) -> None:
        """Open a channel to the destination and relay until either end closes.

        Source: pyzmq `Handler.handle`.
        """
        destination = (self.chain_host, self.chain_port)
        try:
            channel = self.ssh_transport.open_channel(
                "direct-tcpip", destination, self.request.getpeername()
            )
        except Exception as error:  # paramiko's own, OSError, EOFError
            logger.debug("the SSH server opened no channel to %s:%d: %r", *destination, error)
            return
        if channel is None:
            logger.debug("the SSH server refused a channel to %s:%d", *destination)
            return
        logger.debug("tunnel to %s:%d opened", *destination)
        try:
            _relay(self.request, channel)
        except OSError as error:
            logger.debug("tunnel to %s:%d broke: %r", *destination, error)
        finally:
            channel.close()
            self.request.close()
        logger.debug("tunnel to %s:%d closed", *destination)


def _relay(one: Any, other: Any) -> None:
    """Copy bytes both ways until one side has no more."""
    with selectors.DefaultSelector() as selector:
        selector.register(one, selectors.EVENT_READ, other)
        selector.register(other, selectors.EVENT_READ, one)
        while True:
            for key, _ in selector.select():
                source: Any = key.fileobj
                data = source.recv(_CHUNK)
                if not data:
                    return
                key.data.sendall(data)


def forward_tunnel(local_port: int, remote_host: str, remote_port: int, transport: Any) -> None:
    """Forward connections to a port of this machine through SSH, for ever.

    Parameters
    ----------
    local_port : int
        The port on 127.0.0.1 to listen on.
    remote_host : str
        The destination, as the SSH server sees it.
    remote_port : int
        Its port.
    transport : paramiko.Transport
        The open connection to the SSH server.

    Raises
    ------
    OSError
        The local port is in use.
    ValueError
        The destination is no host, or no port.

    Source: pyzmq `zmq.ssh.forward.forward_tunnel`.
    """
    host, port = check_host(remote_host), check_port(remote_port)
    chain = {"chain_host": host, "chain_port": port, "ssh_transport": transport}
    handler = type("ChainHandler", (Handler,), chain)
    with ForwardServer(("127.0.0.1", local_port), handler) as server:
        server.serve_forever()
