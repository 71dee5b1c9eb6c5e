"""Why a call was refused: tells apart the causes of one errno, and says what to do."""

from __future__ import annotations

from operator import index
from typing import Any, NoReturn

from ..error import ZMQError
from ..libzmq import numbers, prototypes

SUB, XSUB = 2, 10
SENDERS = ("PUB", "PUSH", "RADIO", "SCATTER")

_OPTIONS = {name: option for name, (option, _) in numbers.SOCKET_OPTIONS.items()}

SECRETS = frozenset(
    _OPTIONS[name]
    for name in ("CURVE_SECRETKEY", "PLAIN_PASSWORD", "SOCKS_PASSWORD", "WSS_KEY_PEM")
)
"""The options whose values no error shows."""

_WAITS = (numbers.LINGER, _OPTIONS["RCVTIMEO"], _OPTIONS["SNDTIMEO"])
_SPANS = tuple(
    _OPTIONS[name]
    for name in ("HEARTBEAT_IVL", "HEARTBEAT_TIMEOUT", "RECONNECT_IVL_MAX", "HANDSHAKE_IVL")
)
_SWITCHES = tuple(
    _OPTIONS[name]
    for name in ("IPV6", "IMMEDIATE", "CONFLATE", "CURVE_SERVER", "PLAIN_SERVER", "GSSAPI_SERVER")
)
_NAMES_OF_PLAIN = (_OPTIONS["PLAIN_USERNAME"], _OPTIONS["PLAIN_PASSWORD"])
_OWNERS = {
    "XPUB_": ((1, 9), "an XPUB or PUB socket"),
    "REQ_": ((3,), "a REQ socket"),
    "ROUTER_": ((4, 6), "a ROUTER socket"),
    "PROBE_ROUTER": ((3, 5, 6), "a REQ, DEALER or ROUTER socket"),
    "STREAM_NOTIFY": ((11,), "a STREAM socket"),
}
"""Beginnings of options that only some types of sockets have: their numbers and names."""

_KEYS = (numbers.CURVE_PUBLICKEY, numbers.CURVE_SECRETKEY, numbers.CURVE_SERVERKEY)
_NO_KEY = b"0" * 40

_TURNS = {
    ("REQ", numbers.POLLOUT): "receive the answer first",
    ("REQ", numbers.POLLIN): "send a question first",
    ("REP", numbers.POLLOUT): "receive a question first",
    ("REP", numbers.POLLIN): "send the answer first",
}


def number(value: Any, what: str, example: str) -> int:
    """Return a number that a user gave, or raise an error that says how it is written.

    Parameters
    ----------
    value : int
        What was given.
    what, example : str
        What the number is, and an example for the error message.

    Raises
    ------
    TypeError
        When it is no whole number.
    """
    try:
        return index(value)
    except TypeError:
        raise no_number(value, what, example) from None


def no_number(value: Any, what: str, example: str) -> TypeError:
    """Make the exception for a value that is no number, most often the name of a constant."""
    meant = example
    if isinstance(value, str) and value.upper() in (*_OPTIONS, *_NAMES):
        meant = f"zmq.{value.upper()}"
    return TypeError(f"{what} is a number, such as {meant}, got {value!r:.60}")


_NAMES = (
    *("DONTWAIT", "NOBLOCK", "SNDMORE", "POLLIN", "POLLOUT", "POLLERR"),
    *("PAIR", "PUB", "SUB", "REQ", "REP", "DEALER", "ROUTER", "PULL", "PUSH", "XPUB", "XSUB"),
    *("STREAM", "SERVER", "CLIENT", "RADIO", "DISH", "GATHER", "SCATTER", "DGRAM", "PEER"),
)


def fits_int(number: int) -> bool:
    """Tell whether a number fits in C's `int`, which would truncate it otherwise."""
    return -(2**31) <= number < 2**31


def flag(value: Any) -> int:
    """Return flags as a number, or raise an error for anything else."""
    return number(value, "a flag", "zmq.DONTWAIT")


def events(value: Any) -> int:
    """Return a mask of events as a number, or raise an error for anything else."""
    return int(number(value, "what to wait for", "zmq.POLLIN"))


def no_flag(value: Any) -> TypeError:
    """Make the exception for flags that are no number."""
    return no_number(value, "a flag", "zmq.DONTWAIT")


def parts(message: Any) -> list[Any]:
    """Return the parts of a message as a list, or raise an error for one str and the like."""
    if isinstance(message, (str, bytes, bytearray, memoryview)):
        send = "send_string" if isinstance(message, str) else "send"
        raise TypeError(
            f"send_multipart takes a list of parts, got one {type(message).__name__}: "
            f"use {send}, or put it into a list"
        )
    try:
        return list(message)
    except TypeError:
        if hasattr(type(message), "__iter__"):
            raise
        raise TypeError(
            f"send_multipart takes a list of parts, got {type(message).__name__}: {message!r:.60}"
        ) from None


def no_descriptor(item: Any) -> TypeError:
    """Make the exception for what cannot be waited for."""
    return TypeError(
        f"expected a zmq socket, a descriptor or an object with fileno(), got {item!r:.60}"
    )


def options_given(error: TypeError, given: Any) -> TypeError:
    """Return the error of a class that was made with arguments, or one that tells an option."""
    for name in given:
        if name.upper() in _OPTIONS and repr(name) in str(error):
            return TypeError(
                f"a socket is not made with options, got {name}={given[name]!r:.60}: set "
                f"socket.{name} afterwards, or context.{name} before"
            )
    return error


def check_pairs(sockets: Any) -> None:
    """Raise an error that says what a poll takes, if it got something else."""
    try:
        for _, _ in sockets:
            pass
    except (TypeError, ValueError):
        raise TypeError(
            f"zmq_poll takes a list of pairs, such as [(socket, zmq.POLLIN)], got {sockets!r:.60}"
        ) from None


def several(sockets: Any) -> Any:
    """Return what `select` is to wait for, or raise an error if it is no list."""
    if not hasattr(type(sockets), "__iter__"):
        raise TypeError(f"select takes three lists of sockets, got {sockets!r:.60}")
    return sockets


def out_of_turn(errno: int, kind: str, event: int) -> ZMQError:
    """Make the exception for a socket that sends and receives in turn."""
    cure = _TURNS.get((kind, event), "it sends and receives in turn")
    return ZMQError(errno, f"a {kind} socket cannot do this now: {cure}")


def one_way(errno: int, kind: str) -> ZMQError:
    """Make the exception for a socket that only sends, or only receives."""
    verb = "receive" if kind in SENDERS else "send"
    return ZMQError(errno, f"a {kind} socket cannot {verb}")


def of_value(option: int, value: Any, socket_type: int | None) -> str:
    """Describe what is wrong with a value that libzmq refused; empty if that is not known."""
    if option in _KEYS:
        if not prototypes.zmq_has(b"curve"):
            return "this libzmq is built without CURVE"
        if len(value) not in (32, 40, 41):
            return f"a key has 40 letters of Z85, or 32 bytes, got {len(value)}"
        return "a key of 40 bytes is text in Z85, and this is none"
    if option in (_OPTIONS["SNDHWM"], _OPTIONS["RCVHWM"]) and value < 0:
        return "a high-water mark is a number of messages; 0 is no limit"
    if option in _WAITS and value < -1:
        return "it is a number of milliseconds; -1 is for ever"
    if option in (numbers.ROUTING_ID, _OPTIONS["CONNECT_ROUTING_ID"]) and not 0 < len(value) < 256:
        return f"a routing id has 1 to 255 bytes, got {len(value)}"
    if option in (numbers.SUBSCRIBE, numbers.UNSUBSCRIBE):
        if socket_type == XSUB:
            return r"an XSUB socket subscribes by sending b'\x01' and the topic"
        if socket_type is not None and socket_type != SUB:
            return "only a SUB socket subscribes; who publishes does not choose"
        if option == numbers.UNSUBSCRIBE:
            return "it is not subscribed to this"
    return _of_range(option, value) or _of_type(option, socket_type)


def _of_range(option: int, value: Any) -> str:
    if option in _SWITCHES and value not in (0, 1):
        return "it is 0 or 1"
    if option in _SPANS and value < 0:
        return "it is a number of milliseconds"
    if option == _OPTIONS["HEARTBEAT_TTL"] and not 0 <= value < 6553600:
        return "it is a number of milliseconds, 6553599 at most"
    if option in (_OPTIONS["RECONNECT_IVL"], _OPTIONS["TCP_MAXRT"]) and value < -1:
        return "it is a number of milliseconds; -1 is none"
    if option in (_OPTIONS["RATE"], _OPTIONS["BACKLOG"]) and value < 1:
        return "it is a number above 0"
    if option == _OPTIONS["TCP_KEEPALIVE"] and value not in (-1, 0, 1):
        return "it is 0 or 1; -1 leaves it to the system"
    if option in _NAMES_OF_PLAIN and len(value) > 255:
        return f"it has 255 bytes at most, got {len(value)}"
    return ""


def _of_type(option: int, socket_type: int | None) -> str:
    name = next((name for name, each in _OPTIONS.items() if each == option), "")
    for beginning, (types, whose) in _OWNERS.items():
        if name.startswith(beginning) and socket_type is not None and socket_type not in types:
            return f"only {whose} has this option"
    return ""


_EMPTY = {
    "inproc": "the name is missing",
    "ipc": "the path is missing",
    "tcp": "the address and the port are missing",
}


def of_endpoint(verb: str, text: str) -> str:
    """Describe what is wrong with an endpoint that libzmq refused; empty if that is not known."""
    transport, found, rest = text.partition("://")
    if not found:
        return "it names no transport"
    if any(letter.isspace() for letter in text):
        return "it has a space in it"
    if not rest:
        return _EMPTY.get(transport, "")
    if transport not in ("tcp", "udp", "ws", "wss"):
        return ""
    if transport in ("tcp", "udp") and ("/" in rest or "@" in rest):
        sign = "/" if "/" in rest else "@"
        return f"it has a {sign!r} in it, and is an address and a port alone"
    host, colon, port = rest.partition("/")[0].rpartition(":")
    if not colon or not port or port.endswith("]"):
        return "the port is missing"
    if verb == "connect" and ("*" in (host, port)):
        return "'*' is for bind: connect to an address and a port of the other side"
    if port != "*" and not port.isdigit():
        return f"the port {port!r} is no number"
    return ""


def warn_of_missing_key(read: Any) -> None:
    """Warn if a socket that is to use CURVE has no secret key of its own.

    Parameters
    ----------
    read : callable
        Reads an option of the socket.
    """
    try:
        lacks = read(numbers.CURVE_SECRETKEY) == _NO_KEY
    except ZMQError:
        return
    if lacks:
        from warnings import warn

        warn(
            "CURVE without a key: set curve_secretkey before bind and connect (a client sets "
            "curve_publickey too), or every handshake fails",
            RuntimeWarning,
            stacklevel=4,
        )


def unknown(arguments: Any) -> NoReturn:
    """Refuse unknown keyword arguments."""
    raise TypeError(f"Frame takes no argument {next(iter(arguments))!r}")
