"""Answers ZAP requests in an event loop, one after the other, even if a decision fails.

Part of each decision is user code. So it runs in a task of its own: an exception of any kind, a
cancellation or a request to exit ends only that task. A client whose decision fails is refused.
"""

from __future__ import annotations

import asyncio
from typing import Any

from ..asyncio import Poller
from ..constants import DONTWAIT, POLLIN, POLLOUT
from ..error import Again, ContextTerminated
from .apart import Failure, apart
from .base import Authenticator
from .zap import refuse

__all__ = ["PAUSE_SECONDS", "serve"]

#: The pause in seconds after a fault, so that a persistent one does not keep the processor busy.
PAUSE_SECONDS = 0.05


async def serve(authenticator: Authenticator, zap_socket: Any) -> None:
    """Answer requests until the socket is closed, or this task is cancelled.

    If the context is terminated, the socket is closed. Other faults are logged, and serving goes
    on: while the socket is bound and nobody answers, no client gets in.

    Parameters
    ----------
    authenticator : Authenticator
        The authenticator that decides, already started.
    zap_socket : Socket
        The socket on which libzmq asks.

    Source: own.
    """
    poller = Poller()
    poller.register(zap_socket, POLLIN)
    while not zap_socket.closed:
        try:
            if await poller.poll():
                await _answer(authenticator, zap_socket)
        except asyncio.CancelledError:
            # A poll is also cancelled when its socket is closed.
            if not zap_socket.closed:
                raise
        except ContextTerminated:
            zap_socket.close()
        except Exception as error:
            if not zap_socket.closed:
                authenticator._complain("cannot serve ZAP", error)
                await asyncio.sleep(PAUSE_SECONDS)


async def _answer(authenticator: Authenticator, zap_socket: Any) -> None:
    try:
        message = zap_socket.recv_multipart(DONTWAIT)
    except Again:
        return
    try:
        await apart(authenticator.handle_zap_message, message)
    except Failure as failure:
        authenticator._complain("cannot answer a ZAP request", failure.__cause__)
    # A REP socket must answer before it can receive again.
    if not zap_socket.closed and zap_socket.events & POLLOUT:
        refuse(zap_socket, message)
