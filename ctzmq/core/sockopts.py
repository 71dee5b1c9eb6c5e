"""A socket's options by number: `get`, `set`, and `get_string`, `set_string` for text."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, Any, Callable, overload

from ..error import ZMQError
from ..libzmq import numbers
from ..libzmq.numbers import INT, KINDS
from ..libzmq.provider import calls
from . import causes
from .options import describe, kind, read, write
from .replaceable import put

if TYPE_CHECKING:
    from ..constants.kinds import BytesOption, IntOption

__all__ = ["SocketOptions"]

CURVE_SERVER = numbers.SOCKET_OPTIONS["CURVE_SERVER"][0]


class SocketOptions:
    """The methods of a socket that get and set an option by its number."""

    __slots__ = ()

    _address: int
    _handle: Any
    if TYPE_CHECKING:

        def _error(self, errno: int, event: int = 0) -> ZMQError: ...

    _draft_fd: Callable[[], int]
    _slow_down: Callable[[], None]
    _notice: Callable[[], None]
    _thread_safe: Callable[[], bool]
    _draft_poller: Any
    _type: int
    #: Whether CURVE was configured, for which the socket needs a key of its own.
    _needs_key: bool
    _sharers: Any

    @overload
    def get(self, option: IntOption) -> int: ...
    @overload
    def get(self, option: BytesOption) -> bytes: ...
    @overload
    def get(self, option: int) -> Any: ...
    def get(self, option: int) -> Any:
        """Read an option.

        Parameters
        ----------
        option : int
            A `SocketOption`, or the number of an option unknown to ctzmq, which is read as an int.

        Returns
        -------
        int or bytes
            As the option's type has it; text without its final NUL.

        Raises
        ------
        ZMQError
            EINVAL when it cannot be read from this socket, ENOTSOCK when the socket is closed.
        TypeError
            When it is no number.

        Source: libzmq `zmq_getsockopt`, pyzmq `Socket.get`.
        """
        try:
            number = index(option)
        except TypeError:
            raise causes.no_number(option, "an option", "zmq.LINGER") from None
        if KINDS.get(number) == INT:
            value = calls.try_get(self._handle, number)
            if value is not None:
                return value
        if not self._address:
            raise self._error(numbers.ENOTSOCK)
        if option == numbers.FD and not self._handle and self._thread_safe():
            return self._draft_fd()
        if option != numbers.EVENTS:
            return read(self._sharers.call, number)
        if self._draft_poller is not None:
            self._draft_poller.take_news()
        events = read(self._sharers.call, number)
        self._notice()
        return events

    getsockopt = get

    def set(self, option: int, optval: Any) -> None:
        """Set an option. Most matter only for the binds and connects that follow.

        Parameters
        ----------
        option : int
            A `SocketOption`, or the number of an option unknown to ctzmq, which takes an int.
        optval : int or bytes
            As the option's type has it.

        Raises
        ------
        TypeError
            When the option is no number, or the value is not of its type.
        OverflowError
            When the value does not fit the option's type.
        ZMQError
            EINVAL when libzmq does not accept the value, or does not have the option for such
            sockets; ENOTSOCK when the socket is closed.

        Source: libzmq `zmq_setsockopt`, pyzmq `Socket.set`.
        """
        if not self._address:
            raise self._error(numbers.ENOTSOCK)
        number = causes.number(option, "an option", "zmq.LINGER")
        write(self._sharers.call, number, optval, self._type)
        if number == numbers.CONFLATE and optval:
            self._slow_down()
        elif number in (CURVE_SERVER, numbers.CURVE_SERVERKEY):
            put(self, "_needs_key", bool(optval))

    setsockopt = set

    def get_string(self, option: int, encoding: str = "utf-8") -> str:
        """Read an option as text.

        Parameters
        ----------
        option : int
            A `SocketOption` whose value is bytes.
        encoding : str
            How its bytes become text.

        Returns
        -------
        str

        Raises
        ------
        TypeError
            When the option is a number.
        ZMQError
            As `get` does.

        Source: pyzmq `Socket.get_string`.
        """
        if kind(option) != numbers.BYTES:
            raise TypeError(f"{describe(option)} is a number, not text: use get")
        value: bytes = self.get(option)
        return value.decode(encoding)

    getsockopt_string = get_string
    getsockopt_unicode = get_string

    def set_string(self, option: int, optval: str, encoding: str = "utf-8") -> None:
        """Set an option to text.

        Parameters
        ----------
        option : int
            A `SocketOption` whose value is bytes.
        optval : str
            The text.
        encoding : str
            How it becomes bytes.

        Raises
        ------
        TypeError
            When `optval` is no str.
        ZMQError
            As `set` does.

        Source: pyzmq `Socket.set_string`.
        """
        if not isinstance(optval, str):
            raise TypeError(f"{describe(option)}: expected str, got {optval!r:.60}")
        self.set(option, optval.encode(encoding))

    setsockopt_string = set_string
    setsockopt_unicode = set_string
