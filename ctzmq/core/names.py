"""Resolves host names in endpoints to bind to, where libzmq accepts addresses only."""

from __future__ import annotations

import ctypes
import sys
from typing import TYPE_CHECKING, Any

from ..libzmq import loader, numbers
from . import endpoint

#: The transports whose endpoints have a host, and the first libzmq release that resolves it.
_HOSTS = {b"tcp": (4, 3, 5), b"udp": (4, 3, 5), b"ws": None, b"wss": None}

#: The characters of an IPv4 address.
_ADDRESS = frozenset(b"0123456789.")
#: Characters of IPv6 addresses, zones and source addresses that no host name has.
_ELSE = frozenset(b":%;")


if TYPE_CHECKING:
    from typing import Protocol

    class Bound(Protocol):
        """An object that binds to endpoints: a socket, whose flavour looks up hosts in its way."""

        _looks_up: bool

        def get(self, option: int) -> Any: ...
        def _look_up(self, host: bytes, ipv6: bool) -> bytes | None: ...


def resolve(socket: Bound, addr: Any) -> bytes | None:
    """Return an endpoint with an address in place of a host name that libzmq would not accept.

    Parameters
    ----------
    socket : Socket
        The socket to bind.
    addr : str or bytes
        The endpoint.

    Returns
    -------
    bytes or None
        None when libzmq is to get the endpoint as it is, which refuses an unknown name itself.

    Raises
    ------
    ZMQError
        ENOTSOCK when the socket is closed.
    TypeError, ValueError
        When `addr` is no text or has a NUL.
    """
    found = find(endpoint.encode(addr), socket._looks_up)
    if found is None:
        return None
    before, host, after = found
    address = socket._look_up(host, bool(socket.get(numbers.IPV6)))
    if address is None:
        return None
    return before + (b"[%b]" % address if b":" in address else address) + after


def find(encoded: bytes, everywhere: bool = False) -> tuple[bytes, bytes, bytes] | None:
    """Find the host name that has to be looked up before libzmq gets an endpoint.

    Parameters
    ----------
    encoded : bytes
        The endpoint.
    everywhere : bool
        Whether to find it even if this libzmq would look it up itself.

    Returns
    -------
    (bytes, bytes, bytes) or None
        The text before the name, the name, and the text after it. None when there is an address, an
        interface or a wildcard instead of a name, or the transport has no hosts.

    Source: libzmq `ip_resolver_t::resolve`.
    """
    transport, _, rest = encoded.partition(b"://")
    if transport not in _HOSTS:
        return None
    since = _HOSTS[transport]
    if not everywhere and since is not None and loader.load().version >= since:
        return None
    authority, slash, path = rest.partition(b"/")
    host, colon, port = authority.rpartition(b":")
    after = colon + port + slash + path
    if since is None and not slash:
        # libzmq adds it, and knows the endpoint by it.
        after += b"/"
    if host[:1] == b"[" and host[-1:] == b"]":
        host = host[1:-1]
    if not port or host == b"*" or not _ELSE.isdisjoint(host) or _ADDRESS.issuperset(host):
        return None
    if is_interface(host):
        return None
    return transport + b"://", host, after


def is_interface(name: bytes) -> bool:
    """Tell whether a network interface has this name; interfaces take precedence over hosts.

    Parameters
    ----------
    name : bytes
        The name.

    Source: POSIX `if_nametoindex`.
    """
    import _socket

    to_index: Any = getattr(_socket, "if_nametoindex", None)
    if to_index is not None:
        try:
            return bool(to_index(name.decode(errors="surrogateescape")))
        except (OSError, ValueError):
            return False
    # PyPy's `_socket` has no such function.
    return sys.platform != "win32" and bool(ctypes.CDLL(None).if_nametoindex(name))


def look_up(host: bytes, ipv6: bool) -> bytes | None:
    """Return the first address of a host that libzmq would bind to, or None.

    This uses the unpatched function, which blocks: a flavour that must not be blocked calls it in
    another thread.

    Parameters
    ----------
    host : bytes
        Its name.
    ipv6 : bool
        Whether the socket has the option IPV6; an IPv4 address is written as an IPv6 one then.

    Source: libzmq `ip_resolver_t::resolve_getaddrinfo`.
    """
    import _socket

    family, flags = _socket.AF_INET6 if ipv6 else _socket.AF_INET, _socket.AI_PASSIVE
    mapped = getattr(_socket, "AI_V4MAPPED", 0) if ipv6 else 0
    try:
        return _first(host, family, flags | mapped)
    except OSError as error:
        if mapped and error.errno == _socket.EAI_BADFLAGS:
            # The system defines the flag but does not support it.
            family = _socket.AF_INET6
        elif ipv6 and sys.platform == "win32":
            # With the flag, Windows does not find IPv4 addresses.
            family = _socket.AF_INET
        else:
            return None
    try:
        return _first(host, family, flags)
    except OSError:
        return None


def _first(host: bytes, family: int, flags: int) -> bytes:
    import _socket

    found = _socket.getaddrinfo(host, None, family, _socket.SOCK_STREAM, 0, flags)
    return str(found[0][4][0]).encode()
