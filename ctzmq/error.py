"""The exceptions, and the one function that makes them from libzmq's errno."""

from __future__ import annotations

import errno as _errno
from operator import index
from typing import Any

from .libzmq import numbers, prototypes
from .libzmq.provider import calls
from .libzmq.unavailable import ZMQVersionError

__all__ = [
    "Again",
    "ContextTerminated",
    "DraftFDWarning",
    "InterruptedSystemCall",
    "NotDone",
    "ZMQBaseError",
    "ZMQBindError",
    "ZMQError",
    "ZMQVersionError",
]


def zmq_errno() -> int:
    """Return the error number of the last libzmq call of this thread that failed.

    Source: libzmq `zmq_errno`, pyzmq `zmq.zmq_errno`.
    """
    return calls.errno()


def strerror(errno: int) -> str:
    """Describe an error number in libzmq's words.

    Parameters
    ----------
    errno : int
        An error number of the system or of libzmq.

    Returns
    -------
    str

    Raises
    ------
    TypeError
        When it is no int.

    Source: libzmq `zmq_strerror`, pyzmq `zmq.strerror`.
    """
    try:
        number = index(errno)
    except TypeError:
        raise TypeError(f"an errno is a number, such as zmq.EAGAIN, got {errno!r:.60}") from None
    if not -(2**31) <= number < 2**31:
        return f"Unknown error {number}"
    text: bytes = prototypes.zmq_strerror(number)
    return text.decode(errors="replace")


class ZMQBaseError(Exception):
    """The base of all exceptions of this package.

    Source: pyzmq `zmq.ZMQBaseError`.
    """


class ZMQError(ZMQBaseError):
    """A libzmq call failed.

    Parameters
    ----------
    errno : int, optional
        The error number; that of the last failed call of this thread when left out.
    msg : str, optional
        What went wrong; libzmq's words for the number when left out.

    Source: pyzmq `zmq.ZMQError`.
    """

    errno: int | None = None
    strerror: str

    def __init__(self, errno: int | str | None = None, msg: str | None = None) -> None:
        if errno is None:
            errno = zmq_errno()
        if isinstance(errno, int):
            self.errno = errno
            self.strerror = strerror(errno) if msg is None else msg
        else:
            self.strerror = str(errno) if msg is None else msg

    def __str__(self) -> str:
        return self.strerror

    def __repr__(self) -> str:
        name = "" if self.errno is None else f"{_name(self.errno)}, "
        return f"{type(self).__name__}({name}'{self}')"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.errno, self.strerror)


#: libzmq's messages for the numbers that have an exception class of their own.
_words: dict[int, str] = {}

#: The members of `Errno` that errors have, made when the first error is raised.
_members: dict[int, Any] = {_errno.EINTR: _errno.EINTR}


def _member(number: int) -> Any:
    try:
        from .constants.enums import Errno
    except ImportError:
        # In a finalizer at interpreter shutdown, when nothing can be imported any more.
        return number
    try:
        return _members.setdefault(number, Errno(number))
    except ValueError:
        return number


def _name(number: int) -> str:
    """Return the name of a number, or the number itself."""
    name = getattr(number, "name", None) or _errno.errorcode.get(number)
    return name or str(getattr(_member(number), "name", None) or number)


class _FixedError(ZMQError):
    """An error whose number is fixed by its class, so that the argument is ignored."""

    _number: int

    def __init__(self, errno: int | str = "ignored", msg: str = "ignored") -> None:
        number = self._number
        self.errno = _members.get(number) or _member(number)
        words = _words.get(number)
        if words is None:
            words = _words[number] = strerror(number)
        self.strerror = words


class ContextTerminated(_FixedError):
    """The context was terminated while one of its sockets was in use (ETERM).

    Source: pyzmq `zmq.ContextTerminated`.
    """

    _number = numbers.ETERM


class Again(_FixedError):
    """The call would have to wait, and was told not to, or its time is over (EAGAIN).

    Source: pyzmq `zmq.Again`.
    """

    _number = numbers.EAGAIN
    #: What the call waited for, and for how many milliseconds; None if it did not wait.
    _event = 0
    _waited: float | None = None

    def __str__(self) -> str:
        # Made on demand: most programs catch this error without looking at its text.
        if not self._event:
            return self.strerror
        receives = self._event == numbers.POLLIN
        what = "no message" if receives else "no room to send, or nobody to send to,"
        when = "now (DONTWAIT)"
        if self._waited is not None:
            option = "RCVTIMEO" if receives else "SNDTIMEO"
            when = f"within {self._waited:.0f} ms ({option})"
        return f"{self.strerror}: {what} {when}"

    def __reduce__(self) -> tuple[Any, ...]:
        return again, (self._event, self._waited)


class InterruptedSystemCall(_FixedError, InterruptedError):  # type: ignore[misc]
    """A signal interrupted the call (EINTR).

    Calls are resumed after the signal's handlers have run, so programs rarely see it.

    Source: pyzmq `zmq.InterruptedSystemCall`.
    """

    errno = _errno.EINTR
    _number = _errno.EINTR

    def __str__(self) -> str:
        return f"{super().__str__()}: a signal handler should let the call go on"


class ZMQBindError(ZMQBaseError):
    """No port could be bound within the allowed number of tries.

    Source: pyzmq `zmq.ZMQBindError`.
    """


class NotDone(ZMQBaseError):
    """libzmq still held a message when the time-out expired.

    Source: pyzmq `zmq.NotDone`.
    """


class DraftFDWarning(RuntimeWarning):
    """The descriptor of a thread-safe draft socket comes from a draft poller.

    Parameters
    ----------
    msg : str, optional
        The text of the warning.

    Source: pyzmq `zmq.error.DraftFDWarning`.
    """

    def __init__(self, msg: str = "") -> None:
        super().__init__(
            msg
            or "a thread-safe socket has no descriptor of its own: FD is that of a draft poller,"
            " which a later libzmq may change"
        )


_CLASSES: dict[int, type[_FixedError]] = {
    numbers.EAGAIN: Again,
    numbers.ETERM: ContextTerminated,
    _errno.EINTR: InterruptedSystemCall,
}


def from_errno(errno: int, msg: str | None = None) -> ZMQError:
    """Make the exception for an error number.

    Parameters
    ----------
    errno : int
        The error number.
    msg : str, optional
        What went wrong, where more can be said than libzmq's words for the number.

    Returns
    -------
    ZMQError
        `Again`, `ContextTerminated` or `InterruptedSystemCall` for their numbers.
    """
    fixed = _CLASSES.get(errno)
    if fixed is not None:
        return fixed()
    return ZMQError(errno, msg)


def again(event: int, waited: float | None = None) -> Again:
    """Make the exception for a call that was not possible at once or within its time-out.

    Parameters
    ----------
    event : int
        What it needed, POLLIN or POLLOUT.
    waited : float, optional
        Its time-out in milliseconds; None if it was told not to wait.
    """
    error = Again()
    error._event = event
    error._waited = waited
    return error


def check(rc: int) -> int:
    """Return what a libzmq call returned, or raise for the errno of one that failed.

    Parameters
    ----------
    rc : int
        The call's result; less than 0 means that it failed.

    Raises
    ------
    ZMQError
        When the call failed.
    """
    if rc < 0:
        raise from_errno(calls.errno())
    return rc


def _rebuild(cls: type[ZMQError], errno: int | None, text: str) -> ZMQError:
    error = cls.__new__(cls)
    if errno is not None:
        error.errno = errno
    error.strerror = text
    return error
