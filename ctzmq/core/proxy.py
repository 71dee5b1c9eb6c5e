"""Passes messages between two sockets until their context ends."""

from __future__ import annotations

import errno as _errno
from _thread import get_ident
from collections.abc import Iterable, Sequence
from typing import Any, Callable

from ..error import ZMQError, from_errno
from ..libzmq import numbers, prototypes
from .handle import step
from .lifecycle import Lifecycle
from .poll import Poller
from .relay import Relay

__all__ = ["device", "proxy", "proxy_steerable"]


class StrictPoller(Poller):
    """A poller that raises ENOTSOCK once one of its sockets, or of some others, is closed.

    Parameters
    ----------
    awaited : iterable of (socket, events)
        What to register.
    beside : sequence of Socket
        The other sockets.
    """

    def __init__(self, awaited: Iterable[tuple[Any, int]], beside: Sequence[Any]) -> None:
        super().__init__()
        self._beside = beside
        for socket, events in awaited:
            self.register(socket, events)

    def _prepare(self, outdated: Any = None) -> Any:
        for socket in (*(socket for socket, _ in self.sockets), *self._beside):
            if socket.closed:
                raise socket._error(numbers.ENOTSOCK)
        return super()._prepare(outdated)


def _address(socket: Any, name: str) -> int | None:
    if socket is None:
        return None
    if not isinstance(socket, Lifecycle):
        raise TypeError(f"{name} of a proxy is a zmq socket, got {socket!r:.60}")
    if socket.closed:
        raise ZMQError(numbers.ENOTSOCK, f"{name} of the proxy is closed: {socket!r}")
    return socket.underlying


def checked(sockets: dict[str, Any]) -> list[int | None]:
    """Return the addresses of a proxy's sockets, of which the first two are required.

    Parameters
    ----------
    sockets : dict
        Each socket, or None, by its name in error messages.

    Returns
    -------
    list of int or None

    Raises
    ------
    ZMQError
        ENOTSOCK when a socket is closed.
    TypeError
        When something else than a socket is given.
    """
    addresses = [_address(socket, name) for name, socket in sockets.items()]
    if None in addresses[:2]:
        raise TypeError("a proxy needs a frontend and a backend socket")
    return addresses


def _run(function: Callable[..., int], sockets: dict[str, Any]) -> int:
    """Run a proxy until it ends; restart it after each signal."""
    checked(sockets)
    users = [socket for socket in sockets.values() if socket is not None]
    # The call itself reads the addresses, after which no Python code runs.
    pointers = [None if socket is None else socket._sharers.pointer for socket in sockets.values()]
    token = object()
    try:
        for socket in users:
            socket._sharers.users[token] = get_ident()
        while True:
            for socket in users:
                # With drafts, libzmq aborts the process if the context is terminated already.
                socket.get(numbers.EVENTS)
            rc, errno = step(function, *pointers)
            if rc >= 0:
                return rc
            if errno == numbers.EFAULT and any(socket.closed for socket in users):
                # A signal handler closed it before the call began; the check above raises the
                # error.
                continue
            # A proxy waits itself and never fails with EAGAIN.
            if errno not in (_errno.EINTR, numbers.EAGAIN):
                raise from_errno(errno)
    finally:
        for socket in users:
            socket._leave(token)


def _steer(sockets: dict[str, Any]) -> int:
    """Run a steerable proxy until it receives TERMINATE."""
    checked(sockets)
    users = [socket for socket in sockets.values() if socket is not None]
    relay = Relay(*sockets.values())
    pollers: dict[Any, Poller] = {}
    try:
        while not relay.over:
            awaited, timeout = relay.awaited()
            poller = pollers.get(awaited)
            if poller is None:
                poller = pollers[awaited] = StrictPoller(awaited, users)
            relay.turn(poller.poll(timeout))
        return 0
    finally:
        relay.finish()


def proxy(frontend: Any, backend: Any, capture: Any = None) -> int:
    """Pass messages between two sockets, in both directions, until their context is terminated.

    Parameters
    ----------
    frontend, backend : Socket
        The sockets, such as a ROUTER and a DEALER.
    capture : Socket, optional
        A PUB, DEALER, PUSH or PAIR socket that gets a copy of each message.

    Raises
    ------
    ContextTerminated
        The usual end.
    ZMQError
        ENOTSOCK when a socket is closed.
    TypeError
        When something else than a socket is given.

    Source: libzmq `zmq_proxy`, pyzmq `zmq.proxy`.
    """
    return _run(
        prototypes.zmq_proxy, {"frontend": frontend, "backend": backend, "capture": capture}
    )


def proxy_steerable(frontend: Any, backend: Any, capture: Any = None, control: Any = None) -> int:
    """Pass messages between two sockets as `proxy` does, steered by a third.

    Parameters
    ----------
    frontend, backend, capture : Socket
        As in `proxy`.
    control : Socket, optional
        A REP, PAIR, DEALER, ROUTER, PULL or SUB socket that receives b"PAUSE", b"RESUME",
        b"TERMINATE" or b"STATISTICS". The answer to the last are eight parts, each a number of 64
        bits: the parts and bytes that the frontend has received and sent, and the backend. Other
        commands change nothing. A REP socket answers them all, with an empty part; others do not.

    Returns
    -------
    int
        0 after TERMINATE.

    Raises
    ------
    ContextTerminated
        When the context is terminated.
    ZMQError
        ENOTSOCK when a socket is closed.
    TypeError
        When something else than a socket is given.

    Source: libzmq `zmq_proxy_steerable`, pyzmq `zmq.proxy_steerable`.
    """
    sockets = {"frontend": frontend, "backend": backend, "capture": capture}
    if control is None:
        return _run(prototypes.zmq_proxy, sockets)
    # Before 4.3.5 libzmq's own steerable proxy aborts the process for an unknown command; in 4.3.5
    # it confuses PAUSE and RESUME, and fails if the control socket cannot answer.
    return _steer({**sockets, "control": control})


def device(device_type: int, frontend: Any, backend: Any) -> int:
    """Run a proxy under its old name.

    Parameters
    ----------
    device_type : int
        A `DeviceType`, which no longer matters.
    frontend, backend : Socket
        As in `proxy`.

    Raises
    ------
    ContextTerminated, ZMQError, TypeError
        As `proxy` does.

    Source: libzmq `zmq_proxy`, pyzmq `zmq.device`.
    """
    return proxy(frontend, backend)
