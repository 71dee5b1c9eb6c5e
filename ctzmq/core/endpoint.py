"""Endpoints: encoding, errors for refused ones, and `with socket.bind(...)`."""

from __future__ import annotations

import errno as _errno
import sys
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..error import ZMQError, from_errno
from ..libzmq import loader, numbers
from . import causes

if TYPE_CHECKING:
    from typing import Protocol

    class Connected(Protocol):
        """An object that can unbind and disconnect: a socket."""

        @property
        def closed(self) -> bool: ...
        def unbind(self, addr: str) -> None: ...
        def disconnect(self, addr: str) -> None: ...


S = TypeVar("S", bound="Connected")

#: The longest path of an ipc endpoint in bytes, as `sockaddr_un` allows it.
IPC_PATH_MAX_LEN = 107 if sys.platform.startswith(("linux", "win", "cygwin")) else 103

#: The prefixes of endpoints that have a host.
HOSTED = (b"tcp://", b"udp://", b"ws://", b"wss://")

#: The libzmq releases that introduced transports which not every library has.
_SINCE = {"udp": "4.2.0", "vmci": "4.2.0", "ws": "4.3.3", "wss": "4.3.3"}


def encode(addr: Any, what: str = "an endpoint", example: str = "tcp://127.0.0.1:5555") -> bytes:
    """Encode an endpoint, or other text, for libzmq.

    Parameters
    ----------
    addr : str or bytes
        The text.
    what, example : str
        What the text is, and an example, for error messages.

    Raises
    ------
    TypeError
        When it is neither str nor bytes.
    ValueError
        When it contains a NUL, at which C would end it.
    """
    if isinstance(addr, str):
        addr = addr.encode()
    if not isinstance(addr, bytes):
        raise TypeError(f"{what} is str, such as {example!r}, got {addr!r:.60}")
    if b"\0" in addr:
        raise ValueError(f"{what} cannot have a NUL, got {addr!r:.60}")
    return addr


def encode_group(group: Any) -> bytes:
    """Encode the name of a group for libzmq.

    Parameters
    ----------
    group : str or bytes
        The name.

    Raises
    ------
    TypeError, ValueError
        When it is no text or contains a NUL.
    ZMQError
        EINVAL when it is too long for libzmq, which would truncate it.
    """
    name = encode(group, "a group", "news")
    longest = 255 if loader.load().version >= (4, 3, 3) else 15
    if len(name) > longest:
        raise ZMQError(
            numbers.EINVAL, f"a group has {longest} bytes at most, got {len(name)}: {group!r:.60}"
        )
    return name


def check_port(verb: str, encoded: bytes) -> None:
    """Refuse a port that libzmq would truncate to 16 bits.

    Parameters
    ----------
    verb : str
        "bind" or "connect".
    encoded : bytes
        The endpoint.

    Raises
    ------
    ZMQError
        EINVAL when the endpoint has such a port; the message names it.
    """
    host, _, port = encoded.rpartition(b":")
    digits = port.lstrip(b"-")
    if not host.startswith((b"tcp://", b"udp://")) or not digits.isdigit():
        return
    if digits != port or len(digits.lstrip(b"0")) > 5 or int(digits) > 65535:
        text = encoded.decode(errors="replace")
        raise ZMQError(numbers.EINVAL, f"cannot {verb}: a port is 0 to 65535 (addr={text!r})")


def refused(verb: str, addr: Any, errno: int, resolved: bytes | None = None) -> ZMQError:
    """Make the exception for an endpoint that libzmq refused.

    Parameters
    ----------
    verb : str
        What was tried: "bind", "connect", "unbind", "disconnect", "monitor".
    addr : str or bytes
        The endpoint.
    errno : int
        The error number.
    resolved : bytes, optional
        The endpoint that libzmq got, if the host name was resolved before.
    """
    text = addr if isinstance(addr, str) else addr.decode(errors="replace")
    which = f"(addr={text!r})"
    if resolved is not None:
        which = f"(addr={text!r}, which is {resolved.decode()!r})"
    transport, _, rest = text.partition("://")
    if errno == _errno.ENAMETOOLONG:
        why = (
            f"the path {rest!r} is longer than the {IPC_PATH_MAX_LEN} bytes (IPC_PATH_MAX_LEN)"
            " that the system allows for ipc"
        )
    elif errno == _errno.ENOENT and transport == "ipc" and verb == "bind":
        why = f"No such file or directory: the folder of {rest!r} must exist"
    elif errno == _errno.ENOENT and verb in ("unbind", "disconnect"):
        why = f"the socket has no such endpoint to {verb}"
    elif errno == numbers.EADDRINUSE:
        why = "address already in use: another socket is bound there, perhaps of another process"
    elif errno == numbers.EPROTONOSUPPORT and verb == "monitor":
        why = "a monitor is bound to an endpoint of inproc, such as 'inproc://monitor'"
    elif errno == numbers.EPROTONOSUPPORT:
        why = f"this libzmq has no transport {transport!r}"
        if transport != transport.lower():
            why += f": write it {transport.lower()!r}"
        if transport in _SINCE:
            why += f" (since {_SINCE[transport]}, where it is built in)"
    elif errno == numbers.EINVAL:
        cause = causes.of_endpoint(verb, text)
        why = f"not a valid endpoint{': ' if cause else ''}{cause}"
        if not cause.startswith("'*'"):
            why += "; expected one such as 'tcp://127.0.0.1:5555' or 'inproc://name'"
    elif errno == numbers.EADDRNOTAVAIL and verb == "bind":
        why = "this machine has no such address: bind to one of its own, or to '*', which is all"
    elif errno == numbers.ENOCOMPATPROTO:
        why = "the transport is not compatible with the type of the socket"
        if transport == "udp":
            why += ": udp is for RADIO, DISH and DGRAM"
    elif errno == _errno.EMFILE:
        why = "the process is at its limit of open files: raise it (ulimit -n), or close some"
    elif errno == _errno.ENODEV and verb == "bind":
        host = rest.rpartition(":")[0].strip("[]")
        if not host:
            why = "the address is missing: '*' is every one of this machine"
        elif ":" in host:
            why = f"{host!r} is no IPv4 address: for one of IPv6, set the option IPV6 first"
        else:
            why = (
                f"no interface and no host {host!r} is known here that has an IPv4 address,"
                " or an IPv6 address where the option IPV6 is set"
            )
    else:
        error = from_errno(errno)
        if type(error) is ZMQError:
            error.strerror = f"cannot {verb}: {error.strerror} {which}"
        return error
    return ZMQError(errno, f"cannot {verb}: {why} {which}")


class Binding(Generic[S]):
    """The context manager that `bind` and `connect` return: its end undoes them.

    Source: pyzmq `Socket.bind`, `Socket.connect`.
    """

    __slots__ = ("addr", "kind", "socket")

    socket: S
    kind: str
    addr: str

    def __init__(self, socket: S, kind: str, addr: str) -> None:
        self.socket = socket
        self.kind = kind
        self.addr = addr

    def __repr__(self) -> str:
        return f"<{type(self).__name__}({self.kind}={self.addr!r})>"

    def __enter__(self) -> S:
        return self.socket

    def __exit__(self, *args: object) -> None:
        if self.socket.closed:
            return
        undo = self.socket.unbind if self.kind == "bind" else self.socket.disconnect
        try:
            undo(self.addr)
        except ZMQError as error:
            # libzmq does not find its own udp endpoints; they last as long as the socket.
            if error.errno != _errno.ENOENT or not self.addr.startswith("udp:"):
                raise
