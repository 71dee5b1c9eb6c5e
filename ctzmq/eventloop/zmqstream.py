"""Callbacks for what a socket receives and sends, in tornado's event loop.

`sending` has the methods that send; `callbacks` decides when a stream receives and sends.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from functools import partial
from operator import index
from typing import Any, Callable

from tornado.ioloop import IOLoop
from tornado.log import gen_log

from ..asyncio import Socket as AsyncSocket
from ..constants import FD
from ..core.poll import Poller
from ..core.socket import Socket
from .callbacks import POLLIN, POLLOUT
from .sending import Sending, stream_closed

__all__ = ["ZMQStream"]

#: The package, which programs find here under pyzmq's name.
zmq: Any = sys.modules[__name__.partition(".")[0]]


class ZMQStream(Sending):
    """Registers callbacks for what a socket receives and sends.

    Use `on_recv` for the one, `send` and `on_send` for the other. The methods `bind`, `connect`,
    `setsockopt`, `getsockopt` and their kin are the socket's own. Close the stream, not the socket.

    A callback may be a coroutine function; the stream does not wait for it before it goes on.

    Parameters
    ----------
    socket : Socket
        The socket, a blocking one. Of a socket that returns Futures, the stream uses a blocking
        view, and warns.
    io_loop : tornado.ioloop.IOLoop, optional
        The loop; the current one when left out.

    Source: pyzmq `zmq.eventloop.zmqstream.ZMQStream`.
    """

    #: None once the stream is closed.
    socket: Socket[bytes]
    io_loop: IOLoop
    poller: Poller

    def __init__(self, socket: Socket[Any], io_loop: IOLoop | None = None) -> None:
        if isinstance(socket, AsyncSocket):
            warnings.warn(
                "a ZMQStream works with blocking sockets: pass it Socket.shadow(socket), or make "
                "the socket with socket_class=Socket",
                RuntimeWarning,
                stacklevel=2,
            )
            socket = Socket.shadow(socket)
        elif not hasattr(socket, "recv_multipart"):
            raise TypeError(f"a ZMQStream needs a zmq socket, got {socket!r:.60}")
        self.socket = socket
        self.io_loop = io_loop or IOLoop.current()
        self.poller = Poller()
        self._fd: int = socket.get(FD)
        self._close_callback: Callable[[], Any] | None = None
        Sending.__init__(self)
        self._tells_sends = type(self).on_send is not ZMQStream.on_send
        self._init_io_state()

        self.bind = socket.bind
        self.bind_to_random_port = socket.bind_to_random_port
        self.connect = socket.connect
        self.setsockopt = socket.setsockopt
        self.getsockopt = socket.getsockopt
        self.setsockopt_string = socket.setsockopt_string
        self.getsockopt_string = socket.getsockopt_string
        self.setsockopt_unicode = socket.setsockopt_unicode
        self.getsockopt_unicode = socket.getsockopt_unicode

    # -- Callbacks ---------------------------------------------------------------------------------

    def on_recv(self, callback: Callable[[list[Any]], Any] | None, copy: bool = True) -> None:
        """Set the callback for incoming messages.

        Parameters
        ----------
        callback : callable or None
            Called with the message, a list of its parts. None stops receiving.
        copy : bool
            Whether the parts are bytes, or `Frame` objects.

        Raises
        ------
        OSError
            The stream is closed.
        AssertionError
            The callback cannot be called.

        Source: pyzmq `ZMQStream.on_recv`.
        """
        self._check_closed()
        _check_callable(callback)
        self._recv_callback = callback
        self._recv_copy = copy
        if callback is None:
            self._drop_io_state(POLLIN)
        else:
            self._add_io_state(POLLIN)
            self._schedule()

    def on_recv_stream(
        self, callback: Callable[[ZMQStream, list[Any]], Any] | None, copy: bool = True
    ) -> None:
        """Set the callback for incoming messages, which gets this stream as well.

        Parameters
        ----------
        callback : callable or None
            Called with the stream and the message. None stops receiving.
        copy : bool
            Whether the parts are bytes, or `Frame` objects.

        Raises
        ------
        OSError
            The stream is closed.
        AssertionError
            The callback cannot be called.

        Source: pyzmq `ZMQStream.on_recv_stream`.
        """
        _check_callable(callback)
        if callback is None:
            self.stop_on_recv()
        else:
            self.on_recv(partial(callback, self), copy=copy)

    def stop_on_recv(self) -> None:
        """Stop receiving.

        Source: pyzmq `ZMQStream.stop_on_recv`.
        """
        self.on_recv(None)

    def on_send(self, callback: Callable[[Sequence[Any], Any], Any] | None) -> None:
        """Set the callback for messages that have been handed to libzmq.

        Parameters
        ----------
        callback : callable or None
            Called with the message and its status: what `send_multipart` returned, a
            `MessageTracker` or None, or the `ZMQError` that it raised. None: nothing is called.

        Raises
        ------
        OSError
            The stream is closed.
        AssertionError
            The callback cannot be called.

        Source: pyzmq `ZMQStream.on_send`.
        """
        self._check_closed()
        _check_callable(callback)
        self._send_callback = callback

    def on_send_stream(
        self, callback: Callable[[ZMQStream, Sequence[Any], Any], Any] | None
    ) -> None:
        """Set the callback for messages handed to libzmq, which gets this stream as well.

        Parameters
        ----------
        callback : callable or None
            Called with the stream, the message and its status, as in `on_send`.

        Raises
        ------
        OSError
            The stream is closed.
        AssertionError
            The callback cannot be called.

        Source: pyzmq `ZMQStream.on_send_stream`.
        """
        _check_callable(callback)
        if callback is None:
            self.stop_on_send()
        else:
            self.on_send(partial(callback, self))

    def stop_on_send(self) -> None:
        """Remove the callback for sent messages.

        Source: pyzmq `ZMQStream.stop_on_send`.
        """
        self.on_send(None)

    def on_err(self, callback: Callable[..., Any]) -> None:
        """Do nothing but log a warning: sockets have no such event.

        Parameters
        ----------
        callback : callable
            Ignored.

        Source: pyzmq `ZMQStream.on_err`.
        """
        gen_log.warning("on_err has no effect: sockets have no error event")

    def stop_on_err(self) -> None:
        """Do nothing but log a warning: sockets have no such event.

        Source: pyzmq `ZMQStream.stop_on_err`.
        """
        gen_log.warning("stop_on_err has no effect: sockets have no error event")

    def set_close_callback(self, callback: Callable[[], Any] | None) -> None:
        """Set what is called once the stream is closed.

        Parameters
        ----------
        callback : callable or None
            Called without arguments.

        Source: pyzmq `ZMQStream.set_close_callback`.
        """
        self._close_callback = callback

    # -- State -------------------------------------------------------------------------------------

    def flush(self, flag: int = POLLIN | POLLOUT, limit: int | None = None) -> int:
        """Receive and send without the loop whatever can be received and sent now.

        Messages go to the callbacks; one that is received while there is no callback is dropped.

        Parameters
        ----------
        flag : int
            POLLIN to receive, POLLOUT to send, or both.
        limit : int, optional
            How many messages to receive and send at most, in all.

        Returns
        -------
        int
            How many messages were received and sent.

        Raises
        ------
        OSError
            The stream is closed.

        Source: pyzmq `ZMQStream.flush`.
        """
        self._check_closed()
        count = 0
        try:
            while self.socket is not None and not (limit and count >= limit):
                ready = self.socket.events & flag
                before = count
                if ready & POLLIN:
                    count += self._step(POLLIN)
                if ready & POLLOUT and not (limit and count >= limit):
                    count += self._step(POLLOUT)
                if count == before:
                    break
        finally:
            # Even if a callback raises, because the edge of the descriptor may have been consumed.
            if self.socket is not None and (self.receiving() or self.sending()):
                self._schedule()
            if self._steps:
                self._rebuild_io_state()
        return count

    def close(self, linger: int | None = None) -> None:
        """Close the socket, and drop the messages that are still queued.

        Parameters
        ----------
        linger : int, optional
            Milliseconds to set LINGER to first.

        Source: pyzmq `ZMQStream.close`.
        """
        socket = self.socket
        if socket is None:
            return
        if linger is not None:
            # A `linger` that is no number must leave the stream open.
            linger = index(linger)
        self.socket = None  # type: ignore[assignment]
        if socket.closed:
            warnings.warn(
                f"the loop still watched descriptor {self._fd} after closing socket: another file "
                "may have that number by now, so close the stream in place of the socket",
                stacklevel=2,
            )
        self.io_loop.remove_handler(self._fd)
        socket.close(linger)
        self._send_queue.clear()
        if self._close_callback is not None:
            self._run_callback(self._close_callback)

    def closed(self) -> bool:
        """Tell whether the stream is closed; if its socket is, close the stream.

        Returns
        -------
        bool

        Source: pyzmq `ZMQStream.closed`.
        """
        if self.socket is not None and self.socket.closed:
            self.close()
        return self.socket is None

    def _check_closed(self) -> None:
        if self.socket is None:
            raise stream_closed()


def _check_callable(callback: object) -> None:
    if callback is not None and not callable(callback):
        raise AssertionError(f"the callback must be callable or None, not {callback!r}")
