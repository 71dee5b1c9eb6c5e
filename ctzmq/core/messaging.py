"""Messages of text, JSON, pickled objects and several parts, built on `send` and `recv` once.

Every flavour of socket inherits these. They call each other, and `send` and `recv`, as methods of
the socket and with the same arguments as in pyzmq, so that an override takes effect and needs no
parameters that pyzmq would not pass. A flavour whose `recv` returns an awaitable overrides
`_deserialize`.
"""

from __future__ import annotations

import sys
from codecs import lookup
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Callable, Literal, TypeVar, overload

from ..libzmq import numbers
from ..libzmq.annotations import Buffer
from .attributes import SocketAttributes
from .frame import Frame
from .tracker import MessageTracker

T = TypeVar("T")

# The value of pickle.DEFAULT_PROTOCOL, without importing pickle before it is needed.
DEFAULT_PROTOCOL = 5 if sys.version_info >= (3, 14) else 4

SNDMORE = numbers.SNDMORE

#: The module of `Socket`, where programs can replace `jsonapi` and `pickle`.
home: Any = None


class Messaging(SocketAttributes):
    """The methods of a socket that convert what is sent and received."""

    __slots__ = ()

    if TYPE_CHECKING:
        # Defined by each flavour.

        @overload
        def send(
            self,
            data: Buffer,
            flags: int = ...,
            copy: Literal[True] = ...,
            track: Literal[False] = ...,
            routing_id: int | None = ...,
            group: str | None = ...,
        ) -> None: ...
        @overload
        def send(
            self,
            data: Buffer,
            flags: int = ...,
            *,
            copy: Literal[False],
            track: Literal[True],
            routing_id: int | None = ...,
            group: str | None = ...,
        ) -> MessageTracker: ...
        @overload
        def send(
            self,
            data: Buffer,
            flags: int = ...,
            copy: bool = ...,
            track: bool = ...,
            routing_id: int | None = ...,
            group: str | None = ...,
        ) -> MessageTracker | None: ...
        def send(self, *args: Any, **kwargs: Any) -> Any: ...
        @overload
        def send_multipart(
            self,
            msg_parts: Iterable[Buffer],
            flags: int = ...,
            copy: Literal[True] = ...,
            track: Literal[False] = ...,
            **kwargs: Any,
        ) -> None: ...
        @overload
        def send_multipart(
            self,
            msg_parts: Iterable[Buffer],
            flags: int = ...,
            *,
            copy: Literal[False],
            track: Literal[True],
            **kwargs: Any,
        ) -> MessageTracker: ...
        @overload
        def send_multipart(
            self,
            msg_parts: Iterable[Buffer],
            flags: int = ...,
            copy: bool = ...,
            track: bool = ...,
            **kwargs: Any,
        ) -> MessageTracker | None: ...
        def send_multipart(self, *args: Any, **kwargs: Any) -> Any: ...
        @overload
        def recv(self, flags: int = ..., copy: Literal[True] = ..., track: bool = ...) -> bytes: ...
        @overload
        def recv(self, flags: int = ..., *, copy: Literal[False], track: bool = ...) -> Frame: ...
        @overload
        def recv(self, flags: int, copy: Literal[False], track: bool = ...) -> Frame: ...
        @overload
        def recv(self, flags: int = ..., copy: bool = ..., track: bool = ...) -> bytes | Frame: ...
        def recv(self, *args: Any, **kwargs: Any) -> Any: ...
        @overload
        def recv_multipart(
            self, flags: int = ..., copy: Literal[True] = ..., track: bool = ...
        ) -> list[bytes]: ...
        @overload
        def recv_multipart(
            self, flags: int = ..., *, copy: Literal[False], track: bool = ...
        ) -> list[Frame]: ...
        @overload
        def recv_multipart(
            self, flags: int, copy: Literal[False], track: bool = ...
        ) -> list[Frame]: ...
        @overload
        def recv_multipart(
            self, flags: int = ..., copy: bool = ..., track: bool = ...
        ) -> list[bytes] | list[Frame]: ...
        def recv_multipart(self, *args: Any, **kwargs: Any) -> Any: ...

    def _deserialize(self, recvd: Any, load: Callable[[Any], T]) -> T:
        """Convert what `recv` returned; if that is an awaitable, convert its result.

        Source: pyzmq `Socket._deserialize`.
        """
        return load(recvd)

    def send_string(
        self, u: str, flags: int = 0, copy: bool = True, encoding: str = "utf-8", **kwargs: Any
    ) -> MessageTracker | None:
        """Send text as one part.

        Parameters
        ----------
        u : str
            The text.
        flags, copy, **kwargs
            As in `send`.
        encoding : str
            How the text becomes bytes.

        Returns
        -------
        MessageTracker or None
            As `send` does.

        Raises
        ------
        TypeError
            When `u` is no str.
        UnicodeEncodeError
            When the encoding lacks one of its characters.
        ZMQError
            As `send` does.

        Source: pyzmq `Socket.send_string`.
        """
        if not isinstance(u, str):
            send = "send" if isinstance(u, (bytes, bytearray, memoryview)) else "send_json"
            raise TypeError(f"send_string takes str, got {type(u).__name__} {u!r:.60}: use {send}")
        if kwargs:
            return self.send(u.encode(encoding), flags=flags, copy=copy, **kwargs)
        return self.send(u.encode(encoding), flags=flags, copy=copy)

    send_unicode = send_string

    def recv_string(self, flags: int = 0, encoding: str = "utf-8") -> str:
        """Receive one part as text.

        Parameters
        ----------
        flags : int
            As in `recv`.
        encoding : str
            How the bytes become text.

        Returns
        -------
        str

        Raises
        ------
        UnicodeDecodeError
            When the part is no such text; it is lost then.
        LookupError
            When there is no such encoding; nothing is received then.
        ZMQError
            As `recv` does.

        Source: pyzmq `Socket.recv_string`.
        """
        usual = encoding == "utf-8"
        if not usual:
            # An unknown encoding must not cost a message.
            lookup(encoding)
        data = self.recv(flags=flags)
        if usual and type(data) is bytes:
            # Without an extra Python function this is a third faster.
            return self._deserialize(data, bytes.decode)
        text: str = self._deserialize(data, lambda data: data.decode(encoding))
        return text

    recv_unicode = recv_string

    def send_pyobj(
        self, obj: Any, flags: int = 0, protocol: int = DEFAULT_PROTOCOL, **kwargs: Any
    ) -> MessageTracker | None:
        """Send a Python object, pickled, as one part.

        Parameters
        ----------
        obj : object
            What to send.
        flags, **kwargs
            As in `send`.
        protocol : int
            The version of the pickle format; -1 is the highest.

        Returns
        -------
        MessageTracker or None
            As `send` does.

        Raises
        ------
        pickle.PicklingError, TypeError
            When the object cannot be pickled.
        ZMQError
            As `send` does.

        Source: pyzmq `Socket.send_pyobj`.
        """
        data = home.pickle.dumps(obj, protocol)
        return self.send(data, flags=flags, **kwargs)  # type: ignore[no-any-return]

    def recv_pyobj(self, flags: int = 0) -> Any:
        """Receive one part and unpickle it; never do this with messages of a peer you do not trust.

        Parameters
        ----------
        flags : int
            As in `recv`.

        Returns
        -------
        object

        Raises
        ------
        pickle.UnpicklingError
            When the part is no pickle; it is lost then.
        ZMQError
            As `recv` does.

        Source: pyzmq `Socket.recv_pyobj`.
        """
        return self._deserialize(self.recv(flags), home.pickle.loads)

    def send_json(self, obj: Any, flags: int = 0, **kwargs: Any) -> MessageTracker | None:
        """Send a Python object as JSON in one part.

        Parameters
        ----------
        obj : object
            What to send.
        flags : int
            As in `send`.
        **kwargs
            `routing_id` and `group` go to `send`, the rest to `json.dumps`.

        Returns
        -------
        MessageTracker or None
            As `send` does.

        Raises
        ------
        TypeError
            When JSON has no form for something in the object.
        ValueError
            When the object holds itself.
        ZMQError
            As `send` does.

        Source: pyzmq `Socket.send_json`.
        """
        if not kwargs:
            return self.send(home.jsonapi.dumps(obj), flags=flags)
        sending = {key: kwargs.pop(key) for key in ("routing_id", "group") if key in kwargs}
        data = home.jsonapi.dumps(obj, **kwargs)
        return self.send(data, flags=flags, **sending)  # type: ignore[no-any-return]

    def recv_json(self, flags: int = 0, **kwargs: Any) -> Any:
        """Receive one part of JSON.

        Parameters
        ----------
        flags : int
            As in `recv`.
        **kwargs
            For `json.loads`.

        Returns
        -------
        object

        Raises
        ------
        ValueError
            When the part is no JSON; it is lost then.
        ZMQError
            As `recv` does.

        Source: pyzmq `Socket.recv_json`.
        """
        load = home.jsonapi.loads
        if kwargs:
            return self._deserialize(self.recv(flags), lambda data: load(data, **kwargs))
        return self._deserialize(self.recv(flags), load)

    def send_serialized(
        self,
        msg: T,
        serialize: Callable[[T], Iterable[Buffer]],
        flags: int = 0,
        copy: bool = True,
        **kwargs: Any,
    ) -> MessageTracker | None:
        """Send what a function makes of an object, as a message of several parts.

        Parameters
        ----------
        msg : object
            What to send.
        serialize : callable
            Takes `msg` and returns an iterable of bytes-like parts.
        flags, copy, **kwargs
            As in `send_multipart`.

        Returns
        -------
        MessageTracker or None
            As `send_multipart` does.

        Raises
        ------
        ZMQError
            As `send_multipart` does.
        TypeError
            When `serialize` is no function, or what it returns is no iterable of parts.

        Source: pyzmq `Socket.send_serialized`.
        """
        _check_callable("serialize", serialize)
        return self.send_multipart(serialize(msg), flags=flags, copy=copy, **kwargs)

    @overload
    def recv_serialized(
        self,
        deserialize: Callable[[list[bytes]], T],
        flags: int = ...,
        copy: Literal[True] = ...,
    ) -> T: ...
    @overload
    def recv_serialized(
        self,
        deserialize: Callable[[list[Frame]], T],
        flags: int = ...,
        *,
        copy: Literal[False],
    ) -> T: ...
    @overload
    def recv_serialized(
        self, deserialize: Callable[[Any], T], flags: int = ..., copy: bool = ...
    ) -> T: ...
    def recv_serialized(
        self, deserialize: Callable[[Any], Any], flags: int = 0, copy: bool = True
    ) -> Any:
        """Receive a message of several parts and give it to a function.

        Parameters
        ----------
        deserialize : callable
            Takes the list of parts and returns what this method returns.
        flags, copy
            As in `recv_multipart`.

        Returns
        -------
        object

        Raises
        ------
        ZMQError
            As `recv_multipart` does.
        TypeError
            When `deserialize` is no function; nothing is received then.

        Source: pyzmq `Socket.recv_serialized`.
        """
        _check_callable("deserialize", deserialize)
        return self._deserialize(self.recv_multipart(flags=flags, copy=copy), deserialize)


def _check_callable(name: str, value: Any) -> None:
    """Refuse what is no function before a message is received and lost."""
    if not callable(value):
        raise TypeError(f"{name} is a function of the {_GIVEN[name]}, got {value!r:.60}")


_GIVEN = {"serialize": "object to send", "deserialize": "list of parts received"}
