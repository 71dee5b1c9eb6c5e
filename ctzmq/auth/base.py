"""The decisions of ZAP (RFC 27), without a thread or an event loop to make them in."""

from __future__ import annotations

import contextlib
import hmac
import logging
import os
from collections.abc import Awaitable
from typing import Any, NamedTuple

from ..constants import REP
from ..core.context import Context
from ..core.socket import Socket
from ..error import ZMQError
from ..utils import z85
from .certs import load_certificates

__all__ = ["CURVE_ALLOW_ANY", "Authenticator"]

CURVE_ALLOW_ANY = "*"
VERSION = b"1.0"

_ENDPOINT = "inproc://zeromq.zap.01"
_ANONYMOUS = "anonymous"


def close_bound(socket: Socket[Any], endpoint: str) -> None:
    """Close a socket that is bound to an inproc endpoint, which is free at once then.

    Parameters
    ----------
    socket : Socket
        The socket.
    endpoint : str
        The endpoint.

    Source: own.
    """
    # Closing alone leaves that to libzmq's reaper, which comes later.
    with contextlib.suppress(ZMQError):
        socket.unbind(endpoint)
    socket.close()


class _Refusal(Exception):
    """Ends a request with status 400; its text is the reason."""


class _Request(NamedTuple):
    """A ZAP request, decoded."""

    domain: str
    address: str
    mechanism: bytes
    credentials: list[bytes]


class Authenticator:
    """Answers the question of libzmq who may connect to the servers of a context.

    libzmq asks for each new connection to a server socket that has a mechanism (PLAIN, CURVE,
    GSSAPI) or, without one (NULL), a `zap_domain`. Until something else is configured, NULL
    connections may come in and PLAIN and CURVE connections may not; GSSAPI checks its clients by
    itself.

    This class only decides: receive from `zap_socket` and pass what came to `handle_zap_message`,
    or use `ThreadAuthenticator` or `AsyncioAuthenticator`, which do that.

    Parameters
    ----------
    context : Context, optional
        The context whose servers to guard, of any flavour; `Context.instance()` when left out.
    encoding : str
        The encoding of domains, addresses, user names and passwords.
    log : logging.Logger, optional
        Where to log; the logger `zmq.auth` when left out.

    Source: pyzmq `zmq.auth.Authenticator`.
    """

    context: Context[Any]
    encoding: str
    allow_any: bool
    credentials_providers: dict[str, Any]
    zap_socket: Any
    passwords: dict[str, dict[str, str]]
    certs: dict[str, dict[bytes, Any]]
    log: Any

    def __init__(
        self, context: Context[Any] | None = None, encoding: str = "utf-8", log: Any = None
    ) -> None:
        self.context = context or Context.instance()
        self.encoding = encoding
        self.allow_any = False
        self.credentials_providers = {}
        self.zap_socket = None
        self.passwords = {}
        self.certs = {}
        self.log = log or logging.getLogger("zmq.auth")
        self._allowed: set[str] = set()
        self._denied: set[str] = set()

    def start(self) -> None:
        """Bind the socket on which libzmq asks.

        Raises
        ------
        ZMQError
            EADDRINUSE: the context has an authenticator already.

        Source: pyzmq `Authenticator.start`.
        """
        zap_socket = self.context.socket(REP, socket_class=Socket)
        try:
            zap_socket.linger = 1
            zap_socket.bind(_ENDPOINT)
        except BaseException:
            zap_socket.close()
            raise
        self.zap_socket = zap_socket
        self.log.debug("started")

    def stop(self) -> None:
        """Close the socket on which libzmq asks; what connects from then on is not asked about.

        Source: pyzmq `Authenticator.stop`.
        """
        if self.zap_socket is not None:
            close_bound(self.zap_socket, _ENDPOINT)
        self.zap_socket = None

    def allow(self, *addresses: str) -> None:
        """Let nobody in but these addresses; they still need the credentials of their mechanism.

        Parameters
        ----------
        *addresses : str
            IP addresses.

        Raises
        ------
        ValueError
            `deny` was used before.

        Source: pyzmq `Authenticator.allow`.
        """
        if self._denied:
            raise ValueError("use either allow or deny: addresses are denied already")
        self.log.debug("allow %s", ", ".join(addresses))
        self._allowed.update(addresses)

    def deny(self, *addresses: str) -> None:
        """Let these addresses not in.

        Parameters
        ----------
        *addresses : str
            IP addresses.

        Raises
        ------
        ValueError
            `allow` was used before.

        Source: pyzmq `Authenticator.deny`.
        """
        if self._allowed:
            raise ValueError("use either allow or deny: addresses are allowed already")
        self.log.debug("deny %s", ", ".join(addresses))
        self._denied.update(addresses)

    def configure_plain(self, domain: str = "*", passwords: dict[str, str] | None = None) -> None:
        """Set the users of PLAIN, and their passwords, for a domain.

        Parameters
        ----------
        domain : str
            The `zap_domain` of the servers; `*` is that of servers without one.
        passwords : dict of str to str
            The passwords by user name. Changes of this dict count at once.

        Source: pyzmq `Authenticator.configure_plain`.
        """
        if passwords:
            self.passwords[domain] = passwords
        self.log.debug("configured PLAIN for %s", domain)

    def configure_curve(self, domain: str = "*", location: str | os.PathLike[str] = ".") -> None:
        """Set the clients of CURVE for a domain. Call it again when the files have changed.

        A folder that cannot be read is logged as an error and changes nothing.

        Parameters
        ----------
        domain : str
            The `zap_domain` of the servers; `*` is that of servers without one.
        location : path
            A folder with the clients' public certificates, or `CURVE_ALLOW_ANY` to let in clients
            with any key, in all domains.

        Source: pyzmq `Authenticator.configure_curve`.
        """
        self.log.debug("configure CURVE for %s: %s", domain, location)
        self.allow_any = location == CURVE_ALLOW_ANY
        if self.allow_any:
            return
        try:
            self.certs[domain] = load_certificates(location)
        except (OSError, ValueError) as error:
            self.log.error("cannot load CURVE certificates from %s: %s", location, error)

    def configure_curve_callback(self, domain: str = "*", credentials_provider: Any = None) -> None:
        """Have an object decide about the clients of CURVE, in place of certificates.

        Parameters
        ----------
        domain : str
            The `zap_domain` of the servers; `*` is that of servers without one.
        credentials_provider : object
            Has a method `callback(domain, key)`, the key in Z85 as bytes, which returns whether the
            client may come in, or an awaitable of that.

        Source: pyzmq `Authenticator.configure_curve_callback`.
        """
        self.allow_any = False
        if credentials_provider is None:
            self.log.error("no credentials provider given for domain %s", domain)
        else:
            self.credentials_providers[domain] = credentials_provider

    def curve_user_id(self, client_public_key: bytes) -> str | bytes:
        """Name the user behind a CURVE client that was let in; override it for other names.

        Parameters
        ----------
        client_public_key : bytes
            The client's public key, 32 bytes.

        Returns
        -------
        str or bytes
            The `User-Id` of the client's messages; here, the key in Z85. A str is sent in
            `encoding`, bytes as they are.

        Source: pyzmq `Authenticator.curve_user_id`.
        """
        return z85.encode(client_public_key).decode("ascii")

    def configure_gssapi(self, domain: str = "*", location: str | None = None) -> None:
        """Do nothing: GSSAPI needs no configuration.

        Parameters
        ----------
        domain, location : str
            Ignored.

        Source: pyzmq `Authenticator.configure_gssapi`.
        """

    async def handle_zap_message(self, msg: list[bytes]) -> None:
        """Decide about one request, and send the answer.

        A request that is malformed, or a decision that fails, is answered with a refusal and
        logged.

        Parameters
        ----------
        msg : list of bytes
            The parts that `zap_socket` received.

        Raises
        ------
        ZMQError
            The answer cannot be sent.

        Source: pyzmq `Authenticator.handle_zap_message`.
        """
        request_id = msg[1] if len(msg) > 1 else b""
        try:
            user = await self._authenticate(self._parse(msg))
        except _Refusal as refusal:
            self.log.debug("DENIED: %s", refusal)
            self._send_zap_reply(request_id, b"400", str(refusal).encode())
        except Exception:
            # Without an answer, this client and all that come later would wait.
            self.log.exception("cannot decide about a ZAP request")
            self._send_zap_reply(request_id, b"500", b"Internal error")
        else:
            self.log.debug("ALLOWED: %s", user)
            self._send_zap_reply(request_id, b"200", b"OK", user)

    def _parse(self, msg: list[bytes]) -> _Request:
        if len(msg) < 6:
            self.log.error("invalid ZAP request, not enough frames: %r", msg)
            raise _Refusal("Not enough frames")
        version, request_id, domain, address, identity, mechanism = msg[:6]
        if version != VERSION:
            self.log.error("invalid ZAP version: %r", version)
            raise _Refusal("Invalid version")
        request = _Request(
            domain.decode(self.encoding, "replace"),
            address.decode(self.encoding, "replace"),
            mechanism,
            msg[6:],
        )
        self.log.debug(
            "request %r: domain %r, address %r, routing id %r, mechanism %r",
            request_id,
            request.domain,
            request.address,
            identity,
            mechanism,
        )
        return request

    async def _authenticate(self, request: _Request) -> str | bytes:
        """Return the user whom the request is about, or raise the refusal."""
        if self._allowed and request.address not in self._allowed:
            raise _Refusal("Address not allowed")
        if request.address in self._denied:
            raise _Refusal("Address denied")
        domain = request.domain or "*"
        if request.mechanism == b"NULL":
            return _ANONYMOUS
        if request.mechanism == b"PLAIN":
            username, password = (
                part.decode(self.encoding, "replace") for part in self._credentials(request, 2)
            )
            self._authenticate_plain(domain, username, password)
            return username
        if request.mechanism == b"CURVE":
            (key,) = self._credentials(request, 1)
            await self._authenticate_curve(domain, key)
            user = self.curve_user_id(key)
            if not isinstance(user, (str, bytes)):
                raise TypeError(f"curve_user_id returns str or bytes, got {user!r:.60}")
            return user
        if request.mechanism == b"GSSAPI":
            (principal,) = self._credentials(request, 1)
            return principal.decode("utf8")
        raise _Refusal("Unknown mechanism")

    def _credentials(self, request: _Request, count: int) -> list[bytes]:
        if len(request.credentials) != count:
            self.log.error("invalid %s credentials", request.mechanism.decode())
            raise _Refusal("Invalid credentials")
        return request.credentials

    def _authenticate_plain(self, domain: str, username: str, password: str) -> None:
        if not self.passwords:
            raise _Refusal("No passwords defined")
        users = self.passwords.get(domain)
        if users is None:
            raise _Refusal("Invalid domain")
        if username not in users:
            raise _Refusal("Invalid username")
        # In a time that does not tell how much of it was right.
        if not hmac.compare_digest(users[username].encode(), password.encode()):
            raise _Refusal("Invalid password")

    async def _authenticate_curve(self, domain: str, client_key: bytes) -> None:
        if self.allow_any:
            return
        key = z85.encode(client_key)
        if self.credentials_providers:
            provider = self.credentials_providers.get(domain)
            if provider is None:
                raise _Refusal("Unknown domain")
            known = provider.callback(domain, key)
            if isinstance(known, Awaitable):
                known = await known
        elif domain in self.certs:
            known = self.certs[domain].get(key)
        else:
            raise _Refusal("Unknown domain")
        if not known:
            raise _Refusal("Unknown key")

    def _send_zap_reply(
        self, request_id: bytes, status_code: bytes, status_text: bytes, user_id: str | bytes = b""
    ) -> None:
        user = user_id.encode(self.encoding, "replace") if isinstance(user_id, str) else user_id
        metadata = b""
        self.zap_socket.send_multipart(
            [VERSION, request_id, status_code, status_text, user, metadata]
        )
