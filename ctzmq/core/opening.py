"""Makes a libzmq socket, and finds out why libzmq refuses."""

from __future__ import annotations

from errno import EMFILE
from typing import Any

from ..error import ContextTerminated, ZMQError, from_errno
from ..libzmq import numbers, prototypes
from . import shortage
from .handle import Handle, counted

__all__ = ["open_socket", "since"]


def since(socket_type: int) -> str:
    """Return the libzmq release that introduced a socket type of the draft API."""
    # PEER and CHANNEL are the last two.
    return "4.3.3" if socket_type >= numbers.CHANNEL - 1 else "4.2.0"


def open_socket(context: Any, socket_type: int, handle: Handle) -> None:
    """Make a libzmq socket.

    Parameters
    ----------
    context : Context
        The context of the socket.
    socket_type : int
        A `SocketType`.
    handle : Handle
        The owner of the new socket.

    Raises
    ------
    ZMQError
        EMFILE when the context has as many sockets as it may have, or the process as many open
        files; EINVAL for an unknown type, EFAULT when the context is terminated.
    ContextTerminated
        When the context is being terminated.

    Source: libzmq `zmq_socket`.
    """
    if context._ending:
        raise ContextTerminated()
    owner = context._owner
    if not owner.started and not context.closed:
        shortage.check_start(context)
    # No other thread ends the context meanwhile.
    errno = counted(owner.users, handle.open, prototypes.zmq_socket, owner.pointer, socket_type)
    if not errno:
        owner.started = True
        return
    if errno == numbers.EFAULT and not owner.pointer and not context.closed:
        # Another thread or a signal handler has just begun to terminate it.
        raise ContextTerminated()
    if errno == numbers.EFAULT and context.closed:
        raise ZMQError(errno, str(context._unusable()))
    if errno == numbers.EINVAL:
        text = f"this libzmq has no socket type {socket_type}"
        if numbers.SERVER <= socket_type <= numbers.CHANNEL:
            text += f": it needs {since(socket_type)} or newer, built with its draft API"
        raise ZMQError(errno, text)
    if errno == EMFILE:
        raise shortage.of_sockets(context)
    raise from_errno(errno)
