"""Sockets whose calls return Futures, which the running loop of asyncio completes.

A call that need not wait is done by the time it returns; `queued` and `tasks` have those that wait.
"""

# ruff: noqa: B007 - the loops that end at once count down, as `pace` tells
from __future__ import annotations

import asyncio
import warnings
from asyncio import Future
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from ..constants.enums import Errno
from ..core import causes
from ..core import socket as _socket
from ..core.lifecycle import Lifecycle
from ..core.receiving import GETSOCKOPT, RECV, RECV_MULTIPART
from ..core.replaceable import put
from ..core.sending import SEND, SEND_MULTIPART
from ..error import Again
from ..libzmq import numbers
from ..libzmq.annotations import like
from ..libzmq.contract import DONTWAIT, LARGE, UNKNOWN
from ..libzmq.provider import calls
from ..waiting.edge import POLLIN, POLLOUT, EdgeSocket
from . import pace
from .events import Events, given
from .pollers import POLL, nothing, only, poll_for
from .pollers import _Async as _Async
from .pollers import _AsyncPoller as _AsyncPoller
from .queued import converted, kept, plain
from .tasks import NOT_YET

if TYPE_CHECKING:
    from .signatures import Awaited
else:
    Awaited = EdgeSocket

S = TypeVar("S", bound="_AsyncSocket")

try_send = calls.send
try_receive: Any = calls.receive
try_receive_all = calls.receive_all

#: Blocking sockets, and the methods of theirs that the fast paths bypass unless they are replaced.
Blocking: Any = _socket.Socket
GET: Any = Blocking.get
#: The result of a quick call when there is no message yet.
_AGAIN = -numbers.EAGAIN
#: A message of more parts than this counts as one call for each part.
_MANY = 4


class _AsyncSocket(_Async, Events):
    """A socket whose sends and receives return Futures.

    Parameters
    ----------
    context, socket_type, **kwargs
        As for `ctzmq.Socket`.
    io_loop : asyncio loop, optional
        Deprecated and ignored: calls use the loop that runs.

    Source: pyzmq `zmq.asyncio.Socket`.
    """

    __slots__ = ()

    _poller_class = _plain_poller = _AsyncPoller

    def __init__(
        self,
        context: Any = None,
        socket_type: int = -1,
        io_loop: Any = None,
        _from_socket: Any = None,
        **kwargs: Any,
    ) -> None:
        if io_loop is not None:
            warnings.warn(
                f"{type(self).__name__}(io_loop) is deprecated and ignored: calls use the loop that"
                " runs",
                DeprecationWarning,
                stacklevel=3,
            )
        if isinstance(context, Lifecycle):
            context, _from_socket = None, context
        put(self, "_blocking", None)
        if _from_socket is not None:
            super().__init__(shadow=_from_socket, **kwargs)
            self._adopt(_from_socket)
        else:
            super().__init__(context, socket_type, **kwargs)

    @classmethod
    def from_socket(cls: type[S], socket: Any, io_loop: Any = None) -> S:
        """Make an asynchronous socket that shares the libzmq socket of a blocking one.

        Parameters
        ----------
        socket : Socket
            The other socket.
        io_loop : asyncio loop, optional
            Deprecated and ignored: calls use the loop that runs.

        Source: pyzmq `zmq.asyncio.Socket.from_socket`.
        """
        return cls(_from_socket=socket, io_loop=io_loop)

    def _get_loop(self) -> Any:
        """Return the loop, which watches the socket from now on."""
        return self._join().hub.loop

    def _until(self, event: int) -> Future[Any]:
        """Return a Future that is done when the socket is ready."""
        return poll_for(type(self), [(self, event)], -1, nothing, strict=True)

    # As in pyzmq, a multipart call returns one Future; calling `send` for each part would return
    # several.
    def _hears_send(self) -> bool:
        return False

    def _hears_recv(self) -> bool:
        return False

    # -- Sending -----------------------------------------------------------------------------------

    @like(lambda: Awaited.send)
    def send(  # type: ignore[override]
        self,
        data: Any,
        flags: int = 0,
        copy: bool = True,
        track: bool = False,
        routing_id: int | None = None,
        group: str | None = None,
    ) -> Any:
        """Send one part.

        Parameters
        ----------
        data, flags, copy, track, routing_id, group
            As in `ctzmq.Socket.send`.

        Returns
        -------
        Future
            Of what the blocking `send` returns or raises.

        Source: pyzmq `zmq.asyncio.Socket.send`.
        """
        if flags.__class__ is not int:
            flags = causes.flag(flags)
        if self._replaced or Blocking.send is not SEND:
            more = given(flags=flags, copy=copy, track=track, routing_id=routing_id, group=group)
            return self._add_send_event("send", msg=data, kwargs=more)
        handle = self._handle
        # Where no loop is found, nothing has happened yet.
        for future in pace.futures:
            break
        else:
            future, handle = self._turn(POLLOUT)
            if future is None and copy:
                data = kept(data)
        if type(data) is bytes and copy and not flags and routing_id is None and group is None:
            failed = try_send(handle, data, 0)
            if not failed:
                future.set_result(None)
                return future
            if failed > 0:
                pace.spend(pace.MOST)
            return self._begin(future, POLLOUT, flags, partial(self._give, data))
        call = partial(SEND, self, data, flags | DONTWAIT, copy, track, routing_id, group)
        return self._begin(future, POLLOUT, flags, call)

    def _give(self, data: bytes) -> None:
        """Send one part without waiting, even if others wait in line."""
        if not self._quick or try_send(self._pointer, data, 0):
            SEND(self, data, DONTWAIT)

    @like(lambda: Awaited.send_multipart)
    def send_multipart(  # type: ignore[override]
        self,
        msg_parts: Any,
        flags: int = 0,
        copy: bool = True,
        track: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Send a message of several parts.

        Parameters
        ----------
        msg_parts, flags, copy, track, **kwargs
            As in `ctzmq.Socket.send_multipart`.

        Returns
        -------
        Future
            Of what the blocking `send_multipart` returns or raises.

        Source: pyzmq `zmq.asyncio.Socket.send_multipart`.
        """
        if flags.__class__ is not int:
            flags = causes.flag(flags)
        if (
            self._replaced
            or Blocking.send is not SEND
            or Blocking.send_multipart is not SEND_MULTIPART
        ):
            kwargs.update(flags=flags, copy=copy, track=track)
            return self._add_send_event("send_multipart", msg=msg_parts, kwargs=kwargs)
        parts = msg_parts if msg_parts.__class__ in (list, tuple) else causes.parts(msg_parts)
        handle = self._handle
        for future in pace.futures:
            break
        else:
            future, handle = self._turn(POLLOUT)
            if future is None:
                parts = [kept(part) for part in parts] if copy else list(parts)
        if len(parts) > _MANY:
            pace.spend(len(parts))
        if copy and not kwargs and plain(parts):
            if handle is self._pointer and not flags:
                try:
                    future.set_result(SEND_MULTIPART(self, parts, DONTWAIT))
                    return future
                except Again:
                    pass
                except Exception as error:
                    future.set_exception(error)
                    return future
            call = partial(SEND_MULTIPART, self, parts, flags | DONTWAIT)
        else:
            # The parts go one by one through the `send` of the socket.
            send = self._shadow_sock.send_multipart
            call = partial(send, parts, flags | DONTWAIT, copy, track, **kwargs)
        return self._begin(future, POLLOUT, flags, call)

    # -- Receiving ---------------------------------------------------------------------------------

    def _recv_by(self, kind: str, flags: int, copy: bool, track: bool) -> Any:
        """Receive by a method of the blocking socket, which a program may have replaced."""
        given = {"flags": flags, "copy": copy, "track": track}
        return self._add_recv_event(kind, kwargs=given)

    @like(lambda: Awaited.recv)
    def recv(  # type: ignore[override]
        self, flags: int = 0, copy: bool = True, track: bool = False
    ) -> Any:
        """Receive one part.

        Parameters
        ----------
        flags, copy, track
            As in `ctzmq.Socket.recv`.

        Returns
        -------
        Future
            Of what the blocking `recv` returns or raises.

        Source: pyzmq `zmq.asyncio.Socket.recv`.
        """
        if flags.__class__ is not int:
            flags = causes.flag(flags)
        if self._replaced or Blocking.recv is not RECV:
            return self._recv_by("recv", flags, copy, track)
        handle = self._handle
        for future in pace.futures:
            break
        else:
            future, handle = self._turn(POLLIN)
        if not copy:
            call: Any = partial(RECV, self, flags | DONTWAIT, copy, track)
            return self._begin(future, POLLIN, flags, call)
        data = try_receive(handle)
        if data.__class__ is int:
            if Blocking.get is not GET:
                return self._recv_by("recv", flags, copy, track)
            return self._begin(future, POLLIN, flags, self._take)
        future.set_result(data if data.__class__ is bytes else _large(data))
        return future

    def _take(self) -> Any:
        """Receive one part without waiting, however many others wait."""
        data: Any = calls.ask_receive(self._pointer) if self._quick else UNKNOWN
        if data.__class__ is bytes:
            return data
        if data.__class__ is int:
            return NOT_YET if data == _AGAIN else RECV(self, DONTWAIT)
        return _large(data)

    @like(lambda: Awaited.recv_multipart)
    def recv_multipart(  # type: ignore[override]
        self, flags: int = 0, copy: bool = True, track: bool = False
    ) -> Any:
        """Receive a message with all its parts.

        Parameters
        ----------
        flags, copy, track
            As in `ctzmq.Socket.recv_multipart`.

        Returns
        -------
        Future
            Of what the blocking `recv_multipart` returns or raises.

        Source: pyzmq `zmq.asyncio.Socket.recv_multipart`.
        """
        if flags.__class__ is not int:
            flags = causes.flag(flags)
        if (
            self._replaced
            or Blocking.recv is not RECV
            or Blocking.recv_multipart is not RECV_MULTIPART
            or Blocking.getsockopt is not GETSOCKOPT
        ):
            return self._recv_by("recv_multipart", flags, copy, track)
        handle = self._handle
        for future in pace.futures:
            break
        else:
            future, handle = self._turn(POLLIN)
        if not copy:
            call: Any = partial(RECV_MULTIPART, self, flags | DONTWAIT, copy, track)
            return self._begin(future, POLLIN, flags, call, whole=True)
        parts: list[bytes] = []
        more = try_receive_all(handle, parts)
        if more < 0 and not parts:
            if Blocking.get is not GET:
                return self._recv_by("recv_multipart", flags, copy, track)
            return self._begin(future, POLLIN, flags, self._take_parts, whole=True)
        future.set_result(self._rest(parts, more))
        return future

    def _take_parts(self) -> Any:
        """Receive a message without waiting, however many others wait."""
        parts: list[bytes] = []
        more = calls.ask_receive_all(self._pointer, parts) if self._quick else UNKNOWN
        if more < 0 and not parts:
            return NOT_YET if more == _AGAIN else RECV_MULTIPART(self, DONTWAIT)
        return self._rest(parts, more)

    def _rest(self, parts: list[bytes], more: int) -> list[bytes]:
        """Receive the other parts of a message, all of which are there with the first."""
        while more:
            if more < 0:
                # The socket was closed or its context terminated in another thread.
                RECV(self, DONTWAIT)
            more = try_receive_all(self._pointer, parts)
        if sum(map(len, parts)) >= LARGE:
            pace.spend(pace.MOST)
        elif len(parts) > _MANY:
            pace.spend(len(parts))
        return parts

    def recv_into(  # type: ignore[override]
        self, buf: Any, /, *, nbytes: int = 0, flags: int = 0
    ) -> Future[int]:
        """Receive one part into memory that is there already.

        Parameters
        ----------
        buf, nbytes, flags
            As in `ctzmq.Socket.recv_into`.

        Returns
        -------
        Future
            Of the size of the part.

        Raises
        ------
        ZMQError
            ENOTSOCK, at once, when the socket is closed; else by the Future, as `recv` does.
        TypeError, ValueError, BufferError
            By the Future, as the blocking `recv_into` does.

        Source: pyzmq `zmq.asyncio.Socket.recv_into`.
        """
        if flags.__class__ is not int:
            flags = causes.flag(flags)
        if self._replaced:
            given = {"nbytes": nbytes, "flags": flags}
            return self._add_recv_event("recv_into", args=(buf,), kwargs=given)  # type: ignore[no-any-return]
        for future in pace.futures:
            break
        else:
            future, _ = self._turn(POLLIN)
        receive = self._shadow_sock.recv_into
        call = partial(receive, buf, nbytes=nbytes, flags=flags | DONTWAIT)
        return self._begin(future, POLLIN, flags, call)

    # -- Waiting -----------------------------------------------------------------------------------

    def poll(  # type: ignore[override]
        self, timeout: float | None = None, flags: int = POLLIN
    ) -> Future[int]:
        """Wait until the socket is ready.

        Parameters
        ----------
        timeout, flags
            As in `ctzmq.Socket.poll`.

        Returns
        -------
        Future
            Of what the socket is ready for; 0 when the time is over. It is cancelled when the
            socket is closed meanwhile.

        Raises
        ------
        ZMQError
            ENOTSOCK when the socket is closed; what else the blocking `poll` raises, the Future
            does.
        TypeError
            When the time-out is no number.

        Source: pyzmq `zmq.asyncio.Socket.poll`.
        """
        if self._poller_class is not self._plain_poller or self._poller_class.poll is not POLL:
            return self._poll_with(self._poller_class, timeout, flags)
        if not self._address:
            raise self._error(Errno.ENOTSOCK)
        return poll_for(type(self), [(self, flags)], timeout, only, strict=True)

    def _poll_with(self, poller_class: Any, timeout: float | None, flags: int) -> Future[int]:
        if not self._address:
            raise self._error(Errno.ENOTSOCK)
        poller = poller_class()
        poller.register(self, flags)
        ready = asyncio.ensure_future(poller.poll(timeout))
        future: Future[int] = converted(ready, lambda ready: dict(ready).get(self, 0))
        return future


_AsyncPoller._socket_class = _AsyncSocket


def _large(data: tuple[bytes]) -> bytes:
    """Count a large part as many calls and return it."""
    pace.spend(pace.MOST)
    return data[0]
