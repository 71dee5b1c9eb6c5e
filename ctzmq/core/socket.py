"""The `Socket` class, and how it tells which of its methods a program has replaced."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Generic

from ..libzmq.annotations import TypeVar
from ..utils import jsonapi as jsonapi
from . import messaging
from .lifecycle import shown
from .messaging import DEFAULT_PROTOCOL
from .receiving import GETSOCKOPT, RECV, Receiving
from .sending import SEND, Sending

S = TypeVar("S", bound="Socket[Any]")
# For type checkers only: what `recv` returns, bytes or an awaitable.
R = TypeVar("R", default=bytes)

__all__ = ["DEFAULT_PROTOCOL", "Socket", "SyncSocket"]

#: The methods that multipart messages may bypass: those of ctzmq's own classes.
OWN: set[Any] = set()


class Socket(Sending, Receiving, Generic[R]):
    """A ZeroMQ socket.

    It is not thread-safe: use it in one thread at a time. Only options, and attributes that its
    classes define or annotate, can be set: a subclass declares the attributes that it adds.

    Parameters
    ----------
    ctx_or_socket : Context or Socket
        The context, or a socket whose libzmq socket this one shares.
    socket_type : int
        A `SocketType`.
    shadow : int or Socket
        A libzmq socket to share, or its address.
    copy_threshold : int, optional
        The size in bytes from which `copy=False` shares memory; `COPY_THRESHOLD` when left out.

    Raises
    ------
    ZMQError
        EMFILE when the context has as many sockets as MAX_SOCKETS allows, or the process as many
        open files; EINVAL for a type that this libzmq does not have.
    TypeError
        When there is no context or the type is no int.

    Source: libzmq `zmq_socket`, pyzmq `zmq.Socket`.
    """

    __slots__ = ()

    _repr_cls = "zmq.Socket"

    def __repr__(self) -> str:
        closed = " closed" if self._closed else ""
        return f"<{shown(type(self))}(zmq.{self._type_name}) at {id(self):#x}{closed}>"

    def __enter__(self: S) -> S:
        return self

    def __exit__(self, *args: object, **kwargs: object) -> None:
        self.close()

    def __copy__(self: S, memo: Any = None) -> S:
        return type(self).shadow(self.underlying)

    __deepcopy__ = __copy__

    @classmethod
    def shadow(cls: type[S], address: Any) -> S:
        """Make a socket that shares the libzmq socket of another; closing one closes both.

        Parameters
        ----------
        address : int or Socket
            The other socket, or the address of a libzmq socket.

        Returns
        -------
        Socket

        Raises
        ------
        ZMQError
            ENOTSOCK when the other is closed.
        TypeError
            When `address` is neither.

        Source: pyzmq `Socket.shadow`.
        """
        return cls(shadow=address)

    def _overrides(self) -> bool:
        cls = self.__class__
        return cls._poller_class is not cls._plain_poller or cls.getsockopt not in OWN

    def _hears_send(self) -> bool:
        """Tell whether each part of a message has to go through the `send` of this socket."""
        return self._replaced or self.__class__.send not in OWN or Socket.send is not SEND

    def _hears_recv(self) -> bool:
        """Tell whether parts have to go through `recv` and `getsockopt` of this socket."""
        cls = self.__class__
        return (
            self._replaced
            or cls.recv not in OWN
            or cls.getsockopt not in OWN
            or Socket.recv is not RECV
            or Socket.getsockopt is not GETSOCKOPT
        )


SyncSocket = Socket

OWN.update((SEND, RECV, GETSOCKOPT))

messaging.home = sys.modules[__name__]


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Import pickle at first use; from then on it is an ordinary global."""
        if name != "pickle":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        import pickle

        globals()[name] = pickle
        return pickle
