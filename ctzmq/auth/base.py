"""The decisions of ZAP (RFC 27), without a thread or an event loop to make them in."""

from __future__ import annotations

import contextlib
import hmac
import logging
import os
from collections.abc import Awaitable, Mapping
from typing import Any

from ..constants import EADDRINUSE, REP
from ..core.context import Context
from ..core.socket import Socket
from ..error import ZMQError
from ..utils import z85
from .addresses import is_among, is_ip
from .apart import Failure, apart
from .certs import load_certificates
from .checks import check_addresses, check_domain, check_location
from .zap import (
    ENDPOINT,
    INTERNAL_ERROR,
    LONGEST,
    Answer,
    Refusal,
    Request,
    parse,
    request_id,
    text,
)
from .zap import VERSION as VERSION

__all__ = ["CURVE_ALLOW_ANY", "Authenticator"]

CURVE_ALLOW_ANY = "*"
_KEY_BYTES = 32


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
    # Closing alone would leave that to libzmq's reaper thread, which runs later.
    with contextlib.suppress(ZMQError):
        socket.unbind(endpoint)
    socket.close()


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

    Raises
    ------
    TypeError
        `context` is none.

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
        if context is not None and not isinstance(context, Context):
            raise TypeError(f"an authenticator needs a context, got {context!r:.60}")
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
            zap_socket.bind(ENDPOINT)
        except BaseException as error:
            zap_socket.close()
            if isinstance(error, ZMQError) and error.errno == EADDRINUSE:
                error.strerror = f"this context has an authenticator already: {error.strerror}"
            raise
        self.zap_socket = zap_socket
        self.log.debug("started")

    def stop(self) -> None:
        """Close the socket on which libzmq asks; what connects from then on is not asked about.

        Source: pyzmq `Authenticator.stop`.
        """
        if self.zap_socket is not None:
            close_bound(self.zap_socket, ENDPOINT)
        self.zap_socket = None

    def allow(self, *addresses: str) -> None:
        """Let only these addresses in; they still need the credentials of their mechanism.

        Parameters
        ----------
        *addresses : str
            IP addresses, in any spelling. One of IPv6 without a zone stands for all zones, and one
            of IPv4 also for the client of a socket that listens to IPv6, `::ffff:127.0.0.1`.

        Raises
        ------
        TypeError
            An address is no text.
        ValueError
            `deny` was used before.

        Source: pyzmq `Authenticator.allow`.
        """
        if self._denied:
            raise ValueError("use either allow or deny: addresses are denied already")
        self._note("allow", addresses)
        self._allowed.update(addresses)

    def deny(self, *addresses: str) -> None:
        """Refuse these addresses.

        Parameters
        ----------
        *addresses : str
            IP addresses, in any spelling. One of IPv6 without a zone stands for all zones, and one
            of IPv4 also for the client of a socket that listens to IPv6, `::ffff:127.0.0.1`.

        Raises
        ------
        TypeError
            An address is no text.
        ValueError
            `allow` was used before.

        Source: pyzmq `Authenticator.deny`.
        """
        if self._allowed:
            raise ValueError("use either allow or deny: addresses are allowed already")
        self._note("deny", addresses)
        self._denied.update(addresses)

    def _note(self, verb: str, addresses: tuple[str, ...]) -> None:
        check_addresses(verb, addresses)
        self.log.debug("%s %s", verb, ", ".join(addresses))
        for address in addresses:
            # For a peer over ipc, the address that libzmq reports begins with a colon.
            if not is_ip(address) and not address.startswith(":"):
                self.log.warning("%s: %r is no IP address, and no client has it", verb, address)

    def configure_plain(self, domain: str = "*", passwords: dict[str, str] | None = None) -> None:
        """Set the users of PLAIN, and their passwords, for a domain.

        Parameters
        ----------
        domain : str
            The `zap_domain` of the servers; `*` is that of servers without one.
        passwords : dict of str to str
            The passwords by user name. Changes of this dict count at once.

        Raises
        ------
        TypeError
            `passwords` is no dict, or the domain is no text.

        Source: pyzmq `Authenticator.configure_plain`.
        """
        check_domain(domain)
        if passwords:
            if not isinstance(passwords, Mapping):
                raise TypeError(f"passwords is a dict by user name, got {type(passwords).__name__}")
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

        Raises
        ------
        TypeError
            The domain is no text, or the location no path.

        Source: pyzmq `Authenticator.configure_curve`.
        """
        check_domain(domain)
        check_location(location)
        self.log.debug("configure CURVE for %s: %s", domain, location)
        self.allow_any = location == CURVE_ALLOW_ANY
        if self.allow_any:
            return
        try:
            self.certs[domain] = load_certificates(location)
        except Exception as error:
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
        check_domain(domain)
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
            `encoding`, bytes as they are. Of more than 255 bytes ZAP knows nothing: such a client
            is refused.

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

        A request that is malformed, or a decision that fails in whatever way, is answered with a
        refusal and logged.

        Parameters
        ----------
        msg : list of bytes
            The parts that `zap_socket` received.

        Raises
        ------
        ZMQError
            The answer cannot be sent.
        asyncio.CancelledError
            The task in which this runs was cancelled. The client has been refused.

        Source: pyzmq `Authenticator.handle_zap_message`.
        """
        zap_socket = self.zap_socket
        answer = INTERNAL_ERROR
        try:
            answer = await apart(self._decide, msg)
        except Failure as failure:
            self._complain("cannot decide about a ZAP request", failure.__cause__)
        finally:
            # Without an answer, this client and all that come later would wait. But if this was
            # stopped meanwhile, what is asked now is something else.
            if self.zap_socket is zap_socket:
                self._send_zap_reply(request_id(msg), *answer)

    def _complain(self, what: str, error: BaseException | None) -> None:
        """Log an error; the log is the user's, and may fail."""
        with contextlib.suppress(Exception):
            self.log.error(what, exc_info=error)

    async def _decide(self, msg: list[bytes]) -> Answer:
        try:
            request = parse(msg, self.encoding)
            self.log.debug("asked about domain %r, address %r, mechanism %r", *request[:3])
            user = await self._authenticate(request)
        except Refusal as refusal:
            if refusal.malformed:
                self.log.error("invalid ZAP request: %s", refusal.malformed)
            self.log.debug("DENIED: %s", refusal)
            return Answer(b"400", str(refusal).encode())
        if isinstance(user, str):
            user = user.encode(self.encoding, "replace")
        if not isinstance(user, bytes):
            raise TypeError(f"curve_user_id returns str or bytes, got {user!r:.60}")
        if len(user) > LONGEST:
            raise ValueError(f"a user is named by {LONGEST} bytes at most, not {len(user)}")
        self.log.debug("ALLOWED: %r", user)
        return Answer(b"200", b"OK", user)

    async def _authenticate(self, request: Request) -> str | bytes:
        """Return the user whom the request is about, or raise the refusal."""
        # Another thread may add to them meanwhile.
        allowed, denied = self._allowed.copy(), self._denied.copy()
        if allowed and not is_among(request.address, allowed):
            raise Refusal("Address not allowed")
        if denied and is_among(request.address, denied):
            raise Refusal("Address denied")
        if request.mechanism == b"NULL":
            return "anonymous"
        if request.mechanism == b"PLAIN":
            username, password = request.take(2)
            names = text(username, self.encoding), text(password, self.encoding)
            self._insist(self._authenticate_plain(request.domain, *names))
            return username
        if request.mechanism == b"CURVE":
            (key,) = request.take(1)
            if len(key) != _KEY_BYTES:
                raise Refusal("Invalid credentials", f"a CURVE key of {len(key)} bytes")
            self._insist(await self._authenticate_curve(request.domain, key))
            return self.curve_user_id(key)
        if request.mechanism == b"GSSAPI":
            (principal,) = request.take(1)
            self._insist(self._authenticate_gssapi(request.domain, principal))
            return principal
        raise Refusal("Unknown mechanism")

    def _insist(self, verdict: tuple[bool, bytes]) -> None:
        """Raise the refusal if the verdict is one."""
        allowed, reason = verdict
        if not allowed:
            raise Refusal(reason.decode(errors="replace"))

    def _authenticate_plain(self, domain: str, username: str, password: str) -> tuple[bool, bytes]:
        """Tell whether this user has this password, and the reason if not.

        Source: pyzmq `Authenticator._authenticate_plain`.
        """
        if not self.passwords:
            return False, b"No passwords defined"
        users = self.passwords.get(domain or "*")
        if users is None:
            return False, b"Invalid domain"
        known = username in users
        expected: Any = users[username] if known else ""
        # Constant-time comparison, which does not reveal how much of it was right.
        right = hmac.compare_digest(self._bytes(expected), self._bytes(password))
        if not known:
            return False, b"Invalid username"
        return (True, b"") if right else (False, b"Invalid password")

    def _bytes(self, password: str | bytes) -> bytes:
        if isinstance(password, str):
            return password.encode(self.encoding, "surrogateescape")
        return password

    async def _authenticate_curve(self, domain: str, client_key: bytes) -> tuple[bool, bytes]:
        """Tell whether a client with this key may come in, and the reason if not.

        Source: pyzmq `Authenticator._authenticate_curve`.
        """
        if self.allow_any:
            return True, b"OK"
        domain = domain or "*"
        key = z85.encode(client_key)
        if self.credentials_providers:
            provider = self.credentials_providers.get(domain)
            if provider is None:
                return False, b"Unknown domain"
            known = provider.callback(domain, key)
            if isinstance(known, Awaitable):
                known = await known
        elif domain in self.certs:
            known = self.certs[domain].get(key)
        else:
            return False, b"Unknown domain"
        return (True, b"OK") if known else (False, b"Unknown key")

    def _authenticate_gssapi(self, domain: str, principal: bytes) -> tuple[bool, bytes]:
        """Let every client in whom libzmq has checked already.

        Source: pyzmq `Authenticator._authenticate_gssapi`.
        """
        return True, b"OK"

    def _send_zap_reply(
        self, request_id: bytes, status_code: bytes, status_text: bytes, user_id: str | bytes = b""
    ) -> None:
        user = user_id.encode(self.encoding, "replace") if isinstance(user_id, str) else user_id
        metadata = b""
        self.zap_socket.send_multipart(
            [VERSION, request_id, status_code, status_text, user, metadata]
        )
