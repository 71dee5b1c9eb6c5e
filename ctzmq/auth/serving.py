"""Answers the requests of ZAP in an event loop, one after the other, whatever a decision comes to.

What decides is partly the user's code. So it runs in a task of its own: an exception of any kind, a
cancellation and a request to exit end that task and no other. A client whose decision fails is
refused.
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

#: After a fault, so that one that stays does not keep the processor busy.
PAUSE_SECONDS = 0.05


async def serve(authenticator: Authenticator, zap_socket: Any) -> None:
    """Answer requests until the socket is closed, or this task is cancelled.

    If the context is terminated, the socket is closed. A fault is logged and not an end: while the
    socket is bound and nobody answers, nobody gets in.

    Parameters
    ----------
    authenticator : Authenticator
        Who decides; it is started already.
    zap_socket : Socket
        Where libzmq asks.

    Source: own.
    """
    poller = Poller()
    poller.register(zap_socket, POLLIN)
    while not zap_socket.closed:
        try:
            if await poller.poll():
                await _answer(authenticator, zap_socket)
        except asyncio.CancelledError:
            # So ends a poll, too, when its socket is closed.
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
    # While an answer is due, no other request can be received.
    if not zap_socket.closed and zap_socket.events & POLLOUT:
        refuse(zap_socket, message)
