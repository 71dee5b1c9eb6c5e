"""The messages of ZAP (RFC 27): requests from libzmq and the answers to them."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = [
    "ENDPOINT",
    "INTERNAL_ERROR",
    "LONGEST",
    "VERSION",
    "Answer",
    "Refusal",
    "Request",
    "parse",
    "refuse",
    "request_id",
    "text",
]

VERSION = b"1.0"
ENDPOINT = "inproc://zeromq.zap.01"

#: The most bytes of a user id, and of any other string.
LONGEST = 255

_FIELDS = 6


class Refusal(Exception):
    """Ends a request with status 400.

    Parameters
    ----------
    reason : str
        What to answer.
    malformed : str
        What is wrong with a request that libzmq would not have made.

    Source: own.
    """

    def __init__(self, reason: str, malformed: str = "") -> None:
        super().__init__(reason)
        self.malformed = malformed


class Request(NamedTuple):
    """A request, decoded.

    Source: own.
    """

    domain: str
    address: str
    mechanism: bytes
    credentials: list[bytes]

    def take(self, count: int) -> list[bytes]:
        """Return the credentials, whose number is checked.

        Parameters
        ----------
        count : int
            How many its mechanism has.

        Returns
        -------
        list of bytes

        Raises
        ------
        Refusal
            There are more or fewer.

        Source: own.
        """
        if len(self.credentials) != count:
            wrong = f"{len(self.credentials)} credentials of {self.mechanism.decode()}"
            raise Refusal("Invalid credentials", wrong)
        return self.credentials


class Answer(NamedTuple):
    """The status of an answer, its reason, and the user whom it lets in.

    Source: own.
    """

    status: bytes
    reason: bytes
    user: bytes = b""


INTERNAL_ERROR = Answer(b"500", b"Internal error")


def request_id(msg: list[bytes]) -> bytes:
    """Return the request id, which the answer has to repeat.

    Parameters
    ----------
    msg : list of bytes
        The parts of the request, however malformed.

    Returns
    -------
    bytes

    Source: own.
    """
    return msg[1] if len(msg) > 1 else b""


def text(part: bytes, encoding: str) -> str:
    """Decode a part so that different bytes give different text.

    Parameters
    ----------
    part : bytes
        The part, which may come from a stranger.
    encoding : str
        Its encoding.

    Returns
    -------
    str
        Undecodable bytes become surrogates, as in file names.

    Source: own.
    """
    return part.decode(encoding, "surrogateescape")


def parse(msg: list[bytes], encoding: str) -> Request:
    """Decode a request.

    Parameters
    ----------
    msg : list of bytes
        Its parts.
    encoding : str
        The encoding of domain and address.

    Returns
    -------
    Request

    Raises
    ------
    Refusal
        It has too few parts, or another version.

    Source: own.
    """
    if len(msg) < _FIELDS:
        raise Refusal("Not enough frames", f"{len(msg)} parts are not enough frames")
    version, _, domain, address, _, mechanism = msg[:_FIELDS]
    if version != VERSION:
        raise Refusal("Invalid version", f"invalid ZAP version {version[:20]!r}")
    return Request(text(domain, encoding), text(address, encoding), mechanism, msg[_FIELDS:])


def refuse(zap_socket: Any, msg: list[bytes]) -> None:
    """Answer a request that nobody could decide about.

    Parameters
    ----------
    zap_socket : Socket
        Where it came from.
    msg : list of bytes
        Its parts.

    Raises
    ------
    ZMQError
        The answer cannot be sent.

    Source: own.
    """
    zap_socket.send_multipart([VERSION, request_id(msg), *INTERNAL_ERROR, b""])
