"""What a socket is connected to: its endpoints and groups."""

from __future__ import annotations

import errno as _errno
import sys
from typing import Any, Callable, TypeVar

from ..error import ZMQBindError, ZMQError
from ..libzmq import numbers, prototypes
from . import causes, endpoint, names, shortage
from .attributes import SocketAttributes
from .lifecycle import Lifecycle

C = TypeVar("C", bound="Connections")


class Connections(SocketAttributes, Lifecycle):
    """The methods of a socket that concern its peers."""

    __slots__ = ()

    #: Whether host names are looked up here even if libzmq can do it, which would block the hub.
    _looks_up = False

    def bind(self: C, addr: str | bytes) -> endpoint.Binding[C]:
        """Listen on an endpoint.

        Parameters
        ----------
        addr : str or bytes
            Such as "tcp://127.0.0.1:5555", "tcp://127.0.0.1:*", "tcp://localhost:5555",
            "tcp://eth0:5555", "ipc:///tmp/name", "inproc://name". A host name stands for its first
            address, of IPv6 where the option IPV6 is set, else of IPv4.

        Returns
        -------
        context manager
            At the end of a `with` block it unbinds.

        Raises
        ------
        ZMQError
            EINVAL when it is no endpoint; EADDRINUSE when another socket is bound there;
            EADDRNOTAVAIL when this machine has no such address, ENODEV when it knows no such host
            or interface; EPROTONOSUPPORT when this libzmq lacks the transport, ENOCOMPATPROTO when
            that is not for sockets of this type; ENOTSOCK when the socket is closed. The message
            names the endpoint.
        TypeError
            When `addr` is neither str nor bytes.
        ValueError
            When it has a NUL.

        Source: libzmq `zmq_bind`, pyzmq `Socket.bind`.
        """
        self._endpoint_call("bind", prototypes.zmq_bind, addr, names.resolve(self, addr))
        return self._bind_cm(addr)

    def _bind_cm(self: C, addr: str | bytes) -> endpoint.Binding[C]:
        """Return the context manager that unbinds the endpoint bound last."""
        bound = addr if isinstance(addr, str) else addr.decode(errors="replace")
        try:
            resolved = self.last_endpoint.decode()
        except (AttributeError, UnicodeDecodeError, ZMQError):
            # LAST_ENDPOINT is empty for this transport, or a path in another encoding: use the
            # endpoint as given.
            resolved = ""
        # For udp, LAST_ENDPOINT lacks the transport.
        return endpoint.Binding(self, "bind", resolved if "://" in resolved else bound)

    def connect(self: C, addr: str | bytes) -> endpoint.Binding[C]:
        """Connect to an endpoint; it need not exist yet.

        Parameters
        ----------
        addr : str or bytes
            Such as "tcp://127.0.0.1:5555".

        Returns
        -------
        context manager
            At the end of a `with` block it disconnects.

        Raises
        ------
        ZMQError
            EINVAL when it is no endpoint; EPROTONOSUPPORT when this libzmq lacks the transport,
            ENOCOMPATPROTO when that is not for sockets of this type; ENOTSOCK when the socket is
            closed. The message names the endpoint.
        TypeError
            When `addr` is neither str nor bytes.
        ValueError
            When it has a NUL.

        Source: libzmq `zmq_connect`, pyzmq `Socket.connect`.
        """
        self._endpoint_call("connect", prototypes.zmq_connect, addr)
        return self._connect_cm(addr)

    def _connect_cm(self: C, addr: str | bytes) -> endpoint.Binding[C]:
        """Return the context manager that disconnects from an endpoint."""
        return endpoint.Binding(
            self, "connect", addr if isinstance(addr, str) else addr.decode(errors="replace")
        )

    def unbind(self, addr: str | bytes) -> None:
        """Stop listening on an endpoint.

        Parameters
        ----------
        addr : str or bytes
            The endpoint as `last_endpoint` gave it, or with a host name as it was bound; the port
            is the one that was chosen.

        Raises
        ------
        ZMQError
            ENOENT when the socket is not bound there; the message names the endpoint.
        TypeError
            When `addr` is neither str nor bytes.
        ValueError
            When it has a NUL.

        Source: libzmq `zmq_unbind`, pyzmq `Socket.unbind`.
        """
        bound = names.resolve(self, addr)
        if bound is not None:
            try:
                self._endpoint_call("unbind", prototypes.zmq_unbind, addr, bound)
            except ZMQError as error:
                if error.errno != _errno.ENOENT:
                    raise
            else:
                return
        self._endpoint_call("unbind", prototypes.zmq_unbind, addr)

    def disconnect(self, addr: str | bytes) -> None:
        """Disconnect from an endpoint.

        Parameters
        ----------
        addr : str or bytes
            The endpoint as it was given to `connect`.

        Raises
        ------
        ZMQError
            ENOENT when the socket is not connected there; the message names the endpoint.
        TypeError
            When `addr` is neither str nor bytes.
        ValueError
            When it has a NUL.

        Source: libzmq `zmq_disconnect`, pyzmq `Socket.disconnect`.
        """
        self._endpoint_call("disconnect", prototypes.zmq_disconnect, addr)

    def _look_up(self, host: bytes, ipv6: bool) -> bytes | None:
        return names.look_up(host, ipv6)

    def _endpoint_call(
        self, verb: str, function: Callable[..., int], addr: Any, resolved: bytes | None = None
    ) -> None:
        encoded = endpoint.encode(addr) if resolved is None else resolved
        endpoint.check_port(verb, encoded)
        if self._needs_key:
            causes.warn_of_missing_key(self.get)
        if verb == "bind" and encoded.startswith(endpoint.HOSTED) and not shortage.descriptors(2):
            # libzmq enumerates the network interfaces, and aborts the process if it has no
            # descriptor for that.
            raise endpoint.refused(verb, addr, _errno.EMFILE, resolved)
        try:
            while True:
                rc, errno = self._sharers.call(function, encoded)
                if rc >= 0:
                    return
                if errno == numbers.ENOTSOCK:
                    raise self._error(errno)
                if errno != _errno.EINTR:
                    raise endpoint.refused(verb, addr, errno, resolved)
        finally:
            self._notice()

    def bind_to_random_port(
        self, addr: str, min_port: int = 49152, max_port: int = 65536, max_tries: int = 100
    ) -> int:
        """Listen on a free port.

        Parameters
        ----------
        addr : str
            The endpoint without its port, such as "tcp://127.0.0.1". Of "inproc://name" and
            "ipc:///tmp/name" the number becomes a part of the name: "inproc://name:50123".
        min_port, max_port : int
            The range, without its end. With the defaults the system chooses any free port.
        max_tries : int
            How many ports to try in another range.

        Returns
        -------
        int
            The port.

        Raises
        ------
        ZMQBindError
            When every port that was tried is in use.
        ZMQError
            For any other failure to bind.
        TypeError
            When `addr` is neither str nor bytes, or an end of the range is no number.
        ValueError
            When `addr` has a port, the range is no range of ports, or it is left out for inproc,
            ipc or udp, which need one.

        Source: pyzmq `Socket.bind_to_random_port`.
        """
        name = endpoint.encode(addr)
        transport = name.partition(b"://")[0]

        rest = name.partition(b"://")[2]
        end = rest.rpartition(b":")[2]
        ports = transport not in (b"inproc", b"ipc")
        if rest.count(b":") == 1 and (end.isdigit() or (ports and end in (b"", b"*"))):
            raise ValueError(
                f"{addr!r} has a port already, or its colon: leave it out, or use bind"
            )

        def bind(port: object) -> None:
            whole: Any = f"{addr}:{port}" if isinstance(addr, str) else name + f":{port}".encode()
            self.bind(whole)

        if (min_port, max_port) == (49152, 65536):
            if transport in (b"inproc", b"ipc", b"udp"):
                raise ValueError(
                    f"{addr!r} has no ports that the system could choose: give min_port or max_port"
                )
            bind("*")
            return int(self.last_endpoint.rpartition(b":")[2].partition(b"/")[0])
        first = causes.number(min_port, "a port", "49152")
        last = causes.number(max_port, "a port", "65536")
        if transport not in (b"inproc", b"ipc") and not 0 < first < last <= 65536:
            raise ValueError(f"ports from {first} to {last - 1} are not within 1 to 65535")
        if first >= last:
            raise ValueError(f"there is no number from {first} to {last - 1}")
        import random

        for _ in range(max_tries):
            port = random.randrange(first, last)
            try:
                bind(port)
            except ZMQError as error:
                in_use = (numbers.EADDRINUSE, _errno.EACCES if sys.platform == "win32" else None)
                if error.errno not in in_use:
                    raise
            else:
                return port
        raise ZMQBindError(
            f"no free port for {name.decode(errors='replace')} from {first} to {last - 1}"
            f" in {max_tries} tries"
        )

    def join(self, group: str | bytes) -> None:
        """Join a group, on a DISH socket.

        Parameters
        ----------
        group : str or bytes
            Its name, of 255 bytes at most (15 before libzmq 4.3.3).

        Raises
        ------
        ZMQVersionError
            When this libzmq has no draft API.
        ZMQError
            ENOTSUP when this is no DISH socket, EINVAL when it is in the group already.
        TypeError
            When `group` is neither str nor bytes.
        ValueError
            When it has a NUL.

        Source: libzmq `zmq_join`, pyzmq `Socket.join`.
        """
        self._group_call(prototypes.zmq_join, group, "is in this group already")

    def leave(self, group: str | bytes) -> None:
        """Leave a group, on a DISH socket.

        Parameters
        ----------
        group : str or bytes
            Its name.

        Raises
        ------
        ZMQVersionError
            When this libzmq has no draft API.
        ZMQError
            ENOTSUP when this is no DISH socket, EINVAL when it is not in the group.
        TypeError
            When `group` is neither str nor bytes.
        ValueError
            When it has a NUL.

        Source: libzmq `zmq_leave`, pyzmq `Socket.leave`.
        """
        self._group_call(prototypes.zmq_leave, group, "is not in this group")

    def _group_call(self, function: Callable[..., int], group: Any, refusal: str) -> None:
        rc, errno = self._sharers.call(function, endpoint.encode_group(group))
        if rc < 0:
            if errno == numbers.EINVAL:
                raise ZMQError(errno, f"the socket {refusal}: {group!r:.60}")
            if errno == numbers.ENOTSUP:
                raise ZMQError(errno, f"a {self._type_name} socket has no groups, a DISH has them")
            raise self._error(errno)

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when the state of the socket has changed.

        It tells of changes, not of messages: read EVENTS after each wait and each operation.

        Raises
        ------
        ZMQError
            ENOTSOCK when the socket is closed.

        Source: libzmq `zmq_getsockopt` (ZMQ_FD), pyzmq `Socket.fileno`.
        """
        descriptor: int = self.get(numbers.FD)
        return descriptor
