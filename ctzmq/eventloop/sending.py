"""The sends of a stream: messages are queued until its socket takes them."""

from __future__ import annotations

import pickle
from _thread import get_ident
from collections.abc import Iterable, Sequence
from typing import Any, Callable

from ..core import causes
from ..utils import jsonapi
from .callbacks import DONTWAIT, POLLOUT, Turns

__all__ = ["Sending"]


class Sending(Turns):
    """The methods of a stream that send."""

    on_send: Callable[[Any], None]
    #: Whether a class replaces `on_send`, which is told of each message then.
    _tells_sends: bool

    def send(
        self,
        msg: Any,
        flags: int = 0,
        copy: bool = True,
        track: bool = False,
        callback: Callable[[Sequence[Any], Any], Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Queue a message of one part, to be sent when the socket takes it.

        Parameters
        ----------
        msg : bytes, Frame or bytes-like
            The part.
        flags, copy, track, **kwargs
            As in `Socket.send_multipart`.
        callback : callable, optional
            Replaces the one that `on_send` set.

        Raises
        ------
        OSError
            The stream is closed.

        Source: pyzmq `ZMQStream.send`.
        """
        self.send_multipart([msg], flags=flags, copy=copy, track=track, callback=callback, **kwargs)

    def send_multipart(
        self,
        msg: Iterable[Any],
        flags: int = 0,
        copy: bool = True,
        track: bool = False,
        callback: Callable[[Sequence[Any], Any], Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Queue a message of several parts, to be sent when the socket takes it.

        Parameters
        ----------
        msg : iterable of bytes, Frame or bytes-like
            The parts, as they are now; only what is in a part may change until it is sent.
        flags, copy, track, **kwargs
            As in `Socket.send_multipart`.
        callback : callable, optional
            Replaces the one that `on_send` set.

        Raises
        ------
        OSError
            The stream is closed.
        TypeError
            It is no list of parts.

        Source: pyzmq `ZMQStream.send_multipart`.
        """
        socket = self.socket
        if socket is None:
            raise stream_closed()
        parts: Any = msg
        if parts.__class__ is not tuple:
            # The caller may change it, or it can be iterated only once.
            parts = causes.parts(parts)
        if callback is not None:
            self.on_send(callback)
        elif self._tells_sends:
            self.on_send(self._send_callback or _ignore)
        if (
            self._in_turn
            and self._send_callback is None
            and not self._send_queue
            and not self._steps
            and self._in_turn == get_ident()
        ):
            try:
                socket.send_multipart(
                    parts,
                    flags=flags | DONTWAIT,
                    copy=copy,
                    track=track,
                    **kwargs,
                )
                return
            except Exception:
                # The scheduled turn will meet the error again and report it.
                pass
        self._send_queue.append((parts, flags, copy, track, kwargs))
        if self._steps:
            self._add_io_state(POLLOUT)
        if not self._turn_is_due:
            self._schedule()

    def send_string(
        self,
        u: str,
        flags: int = 0,
        encoding: str = "utf-8",
        callback: Callable[[Sequence[Any], Any], Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Queue text.

        Parameters
        ----------
        u : str
            The text.
        encoding : str
            How it becomes bytes.
        flags, callback, **kwargs
            As in `send`.

        Raises
        ------
        TypeError
            `u` is no str.
        OSError
            The stream is closed.

        Source: pyzmq `ZMQStream.send_string`.
        """
        if not isinstance(u, str):
            raise TypeError(f"send_string takes str, got {type(u).__name__}: use send")
        self.send(u.encode(encoding), flags=flags, callback=callback, **kwargs)

    send_unicode = send_string

    def send_json(
        self,
        obj: Any,
        flags: int = 0,
        callback: Callable[[Sequence[Any], Any], Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Queue an object as JSON.

        Parameters
        ----------
        obj : object
            What `jsonapi.dumps` takes.
        flags, callback, **kwargs
            As in `send`.

        Raises
        ------
        TypeError
            JSON has no form for the object.
        OSError
            The stream is closed.

        Source: pyzmq `ZMQStream.send_json`.
        """
        self.send(jsonapi.dumps(obj), flags=flags, callback=callback, **kwargs)

    def send_pyobj(
        self,
        obj: Any,
        flags: int = 0,
        protocol: int = -1,
        callback: Callable[[Sequence[Any], Any], Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Queue a pickled object.

        Parameters
        ----------
        obj : object
            What `pickle.dumps` takes.
        protocol : int
            The pickle protocol; -1 is the highest.
        flags, callback, **kwargs
            As in `send`.

        Raises
        ------
        pickle.PicklingError
            The object cannot be pickled.
        OSError
            The stream is closed.

        Source: pyzmq `ZMQStream.send_pyobj`.
        """
        self.send(pickle.dumps(obj, protocol), flags, callback=callback, **kwargs)


def _ignore(message: Sequence[Any], status: Any) -> None:
    """Do nothing when a message was sent."""


def stream_closed() -> OSError:
    """Make the exception for calls on a closed stream."""
    return OSError("this stream is closed")
