"""Sockets for asyncio: what would wait returns a Future.

Each call is tried at once; only where libzmq says EAGAIN does it wait in the event loop for ZMQ_FD.
That descriptor tells that something changed, not what, and every operation can swallow the news
that another waits for. So whenever it fires, and after each operation that succeeded while others
wait, all waiters are tried again until EVENTS shows that none of them can go on.
"""

from __future__ import annotations

import asyncio
import os
import weakref
from collections import deque
from functools import partial
from typing import Any, Callable

from .constants import DONTWAIT, EVENTS, POLLERR, POLLIN, POLLOUT, RCVTIMEO, SNDTIMEO
from .core import context as _context
from .core import poll as _poll
from .core import socket as _socket
from .core.lifecycle import Lifecycle
from .error import Again, ZMQError

__all__ = ["Context", "Poller", "Socket"]

Future = asyncio.Future


class _Waiter:
    """A call that waits: its future, and how to try it again."""

    __slots__ = ("attempt", "future", "timer")

    def __init__(self, future: Future[Any], attempt: Callable[[], Any]) -> None:
        self.future = future
        self.attempt = attempt
        self.timer: asyncio.TimerHandle | None = None

    def settle(self) -> bool:
        """Try the call; return whether the future is done, so that the next in line can go on."""
        if not self.future.done():
            try:
                result = self.attempt()
            except Again:
                return False
            except Exception as error:
                self.future.set_exception(error)
            else:
                self.future.set_result(result)
        if self.timer is not None:
            self.timer.cancel()
        return True

    def expire(self) -> None:
        """Give up, because the time-out is over."""
        if not self.future.done():
            self.future.set_exception(Again())


class Socket(_socket.Socket):
    """A socket whose sends and receives return Futures.

    Parameters
    ----------
    context, socket_type, **kwargs
        As for `ctzmq.Socket`.
    io_loop : asyncio loop, optional
        Ignored: calls use the loop that runs.

    Source: pyzmq `zmq.asyncio.Socket`.
    """

    __slots__ = ("_loop", "_shadow_sock", "_waiters", "_watched_fd")

    def __init__(
        self,
        context: Any = None,
        socket_type: int = -1,
        io_loop: Any = None,
        _from_socket: Any = None,
        **kwargs: Any,
    ) -> None:
        if isinstance(context, Lifecycle):
            context, _from_socket = None, context
        if _from_socket is not None:
            super().__init__(shadow=_from_socket, **kwargs)
        else:
            super().__init__(context, socket_type, **kwargs)
        # pyzmq's name for the blocking socket that shares the libzmq socket.
        self._shadow_sock: Any = _socket.Socket.shadow(_from_socket or self)
        self._loop: Any = None
        self._watched_fd = -1
        self._waiters: dict[int, deque[_Waiter]] = {
            POLLIN: deque(),
            POLLOUT: deque(),
            POLLERR: deque(),
        }

    @classmethod
    def from_socket(cls, socket: Any, io_loop: Any = None) -> Any:
        """Make an asynchronous socket that shares the libzmq socket of a blocking one.

        Parameters
        ----------
        socket : Socket
            The other socket.
        io_loop : asyncio loop, optional
            Ignored: calls use the loop that runs.

        Source: pyzmq `zmq.asyncio.Socket.from_socket`.
        """
        return cls(_from_socket=socket, io_loop=io_loop)

    def close(self, linger: int | None = None) -> None:
        """Close the socket and cancel what waits in it.

        Parameters
        ----------
        linger : int, optional
            Milliseconds to set LINGER to first.

        Source: pyzmq `zmq.asyncio.Socket.close`.
        """
        self._unwatch()
        super().close(linger)
        for queue in self._waiters.values():
            while queue:
                waiter = queue.popleft()
                if waiter.timer is not None:
                    waiter.timer.cancel()
                if not waiter.future.done() and not waiter.future.get_loop().is_closed():
                    waiter.future.cancel()

    # -- Calls that may wait -----------------------------------------------------------------------

    def send(self, data: Any, flags: int = 0, *args: Any, **kwargs: Any) -> Any:
        """Send one part.

        Parameters
        ----------
        data, flags, *args, **kwargs
            As in `ctzmq.Socket.send`.

        Returns
        -------
        Future
            Of what the blocking `send` returns or raises.

        Source: pyzmq `zmq.asyncio.Socket.send`.
        """
        call = partial(super().send, data, flags | DONTWAIT, *args, **kwargs)
        return self._begin(call, flags, POLLOUT)

    def send_multipart(self, msg_parts: Any, flags: int = 0, *args: Any, **kwargs: Any) -> Any:
        """Send a message of several parts.

        Parameters
        ----------
        msg_parts, flags, *args, **kwargs
            As in `ctzmq.Socket.send_multipart`.

        Returns
        -------
        Future
            Of what the blocking `send_multipart` returns or raises.

        Source: pyzmq `zmq.asyncio.Socket.send_multipart`.
        """
        call = partial(
            self._shadow_sock.send_multipart, list(msg_parts), flags | DONTWAIT, *args, **kwargs
        )
        return self._begin(call, flags, POLLOUT)

    def recv(self, flags: int = 0, *args: Any, **kwargs: Any) -> Any:
        """Receive one part.

        Parameters
        ----------
        flags, *args, **kwargs
            As in `ctzmq.Socket.recv`.

        Returns
        -------
        Future
            Of what the blocking `recv` returns or raises.

        Source: pyzmq `zmq.asyncio.Socket.recv`.
        """
        call: Any = partial(super().recv, flags | DONTWAIT, *args, **kwargs)
        return self._begin(call, flags, POLLIN)

    def recv_multipart(self, flags: int = 0, *args: Any, **kwargs: Any) -> Any:
        """Receive a message with all its parts.

        Parameters
        ----------
        flags, *args, **kwargs
            As in `ctzmq.Socket.recv_multipart`.

        Returns
        -------
        Future
            Of what the blocking `recv_multipart` returns or raises.

        Source: pyzmq `zmq.asyncio.Socket.recv_multipart`.
        """
        call: Any = partial(self._shadow_sock.recv_multipart, flags | DONTWAIT, *args, **kwargs)
        return self._begin(call, flags, POLLIN)

    def recv_into(self, buf: Any, /, *, nbytes: int = 0, flags: int = 0) -> Any:
        """Receive one part into memory that is there already.

        Parameters
        ----------
        buf, nbytes, flags
            As in `ctzmq.Socket.recv_into`.

        Returns
        -------
        Future
            Of the size of the part.

        Source: pyzmq `zmq.asyncio.Socket.recv_into`.
        """
        call = partial(self._shadow_sock.recv_into, buf, nbytes=nbytes, flags=flags | DONTWAIT)
        return self._begin(call, flags, POLLIN)

    def poll(self, timeout: float | None = None, flags: int = POLLIN) -> Any:
        """Wait until the socket is ready.

        Parameters
        ----------
        timeout, flags
            As in `ctzmq.Socket.poll`.

        Returns
        -------
        Future
            Of what the socket is ready for; 0 when the time is over.

        Source: pyzmq `zmq.asyncio.Socket.poll`.
        """
        poller = Poller()
        poller.register(self, flags)
        polled = poller.poll(timeout)
        return _then(polled, lambda ready: dict(ready).get(self, 0))

    def get(self, option: int) -> Any:
        """Read an option; reading EVENTS also wakes those who wait for what it shows.

        Parameters
        ----------
        option : int
            As in `ctzmq.Socket.get`.

        Source: pyzmq `zmq.asyncio.Socket.get`.
        """
        value = super().get(option)
        if option == EVENTS:
            self._wake()
        return value

    def _deserialize(self, recvd: Any, load: Callable[[Any], Any]) -> Any:
        return _then(recvd, load)

    # -- Waiting -----------------------------------------------------------------------------------

    def _begin(self, call: Callable[[], Any], flags: int, event: int) -> Future[Any]:
        """Try a call, and line it up behind those that wait for the same if it has to wait."""
        loop = asyncio.get_running_loop()
        waiter = _Waiter(loop.create_future(), call)
        queue = self._waiters[event]
        if flags & DONTWAIT or not queue:
            if waiter.settle():
                self._wake()
                return waiter.future
            if flags & DONTWAIT:
                waiter.expire()
                return waiter.future
        timeout = super().get(SNDTIMEO if event == POLLOUT else RCVTIMEO)
        if timeout == 0:
            waiter.expire()
            return waiter.future
        if timeout > 0:
            waiter.timer = loop.call_later(timeout / 1000, waiter.expire)
        queue.append(waiter)
        self._watch(loop)
        self._wake()
        return waiter.future

    def _watch(self, loop: Any) -> None:
        """Have the loop call when something about the socket changes."""
        if self._loop is loop:
            return
        self._unwatch()
        self._loop = loop
        self._watched_fd = self.fileno()
        # Only weakly, so that a socket nobody else refers to is collected.
        loop.add_reader(self._watched_fd, _fire, weakref.ref(self))

    def _unwatch(self) -> None:
        loop, self._loop = self._loop, None
        if loop is not None and not loop.is_closed():
            loop.remove_reader(self._watched_fd)

    def _wake(self) -> None:
        """Look at the waiters soon; not now, so that no callback runs inside a call."""
        if self._loop is not None and any(self._waiters.values()) and not self._loop.is_closed():
            self._loop.call_soon(_fire, weakref.ref(self))

    def _go_on(self) -> None:
        """Try all waiters until none of them can go on."""
        moved = True
        while moved and self._address:
            moved = False
            try:
                events = super().get(EVENTS)
            except ZMQError as error:
                self._fail(error)
                return
            for event, queue in self._waiters.items():
                while queue and (event == POLLERR or events & event or queue[0].future.done()):
                    if not queue[0].settle():
                        break
                    queue.popleft()
                    moved = moved or event != POLLERR

    def _fail(self, error: ZMQError) -> None:
        """End every wait, because the context or the socket came to its end."""
        for queue in self._waiters.values():
            while queue:
                waiter = queue.popleft()
                if not waiter.future.done():
                    waiter.future.set_exception(error)


def _fire(reference: weakref.ref[Socket]) -> None:
    socket = reference()
    if socket is not None and not socket.closed:
        socket._go_on()


def _then(future: Future[Any], convert: Callable[[Any], Any]) -> Future[Any]:
    """Return a future of the converted result; cancelling it cancels the first."""
    result: Future[Any] = future.get_loop().create_future()

    def done(_: Any) -> None:
        if result.done():
            return
        if future.cancelled():
            result.cancel()
            return
        error = future.exception()
        if error is not None:
            result.set_exception(error)
            return
        try:
            result.set_result(convert(future.result()))
        except Exception as failure:
            result.set_exception(failure)

    if future.done():
        done(future)
    else:
        future.add_done_callback(done)
        result.add_done_callback(lambda _: result.cancelled() and future.cancel())
    return result


class Poller(_poll.Poller):
    """A set of sockets and descriptors to wait for in the event loop.

    Source: pyzmq `zmq.asyncio.Poller`.
    """

    def poll(self, timeout: float | None = -1) -> Any:
        """Wait until at least one of the registered is ready.

        Parameters
        ----------
        timeout : int
            Milliseconds; None or less than 0 waits for ever, 0 does not wait.

        Returns
        -------
        Future
            Of a list of (socket or descriptor, events).

        Source: pyzmq `zmq.asyncio.Poller.poll`.
        """
        loop = asyncio.get_running_loop()
        future: Future[Any] = loop.create_future()
        undo: list[Callable[[], Any]] = []

        def look(last: bool = False) -> None:
            if future.done():
                return
            if any(isinstance(s, Lifecycle) and s.closed for s, _ in self.sockets):
                future.cancel()
                return
            try:
                ready = _poll.zmq_poll(self.sockets, 0)
            except Exception as error:
                future.set_exception(error)
            else:
                if ready or last:
                    future.set_result(ready)

        look(last=timeout == 0)
        if future.done():
            return future
        for socket, flags in self.sockets:
            undo.append(_watch(loop, socket, flags, look))
        if timeout is not None and timeout > 0:
            undo.append(loop.call_later(timeout / 1000, look, True).cancel)
        future.add_done_callback(lambda _: [step() for step in undo])
        # Something may have happened before the last of them was watched.
        loop.call_soon(look)
        return future


def _watch(loop: Any, socket: Any, flags: int, look: Callable[[], Any]) -> Callable[[], Any]:
    """Have a function called when a socket or descriptor changes; return how to end that."""
    if isinstance(socket, Socket):
        waiter = _Waiter(loop.create_future(), partial(_look_and_wait, look))
        # Closing the socket cancels it.
        waiter.future.add_done_callback(lambda _: look())
        socket._waiters[POLLERR].append(waiter)
        socket._watch(loop)
        return waiter.future.cancel
    if isinstance(socket, Lifecycle):
        # The loop knows a descriptor once only, and another socket may share this one.
        descriptor = os.dup(socket.fileno())  # type: ignore[attr-defined]
        loop.add_reader(descriptor, look)

        def end() -> None:
            loop.remove_reader(descriptor)
            os.close(descriptor)

        return end
    descriptor = socket if isinstance(socket, int) else socket.fileno()
    steps = []
    if flags & POLLIN:
        loop.add_reader(descriptor, look)
        steps.append(loop.remove_reader)
    if flags & POLLOUT:
        loop.add_writer(descriptor, look)
        steps.append(loop.remove_writer)
    return lambda: [step(descriptor) for step in steps]


def _look_and_wait(look: Callable[[], Any]) -> None:
    look()
    raise Again()


class Context(_context.Context):
    """A context whose sockets return Futures.

    Parameters
    ----------
    io_threads, shadow
        As for `ctzmq.Context`.

    Source: pyzmq `zmq.asyncio.Context`.
    """

    __slots__ = ()

    _socket_class = Socket
    # Of its own, so that it does not give out the blocking one.
    _instance = None
