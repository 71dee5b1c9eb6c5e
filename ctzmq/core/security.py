"""What the loaded libzmq can do, and keys for CURVE."""

from __future__ import annotations

import ctypes
from typing import Any

from ..error import ZMQError, from_errno
from ..libzmq import loader, numbers, prototypes
from ..libzmq.provider import calls

__all__ = ["DRAFT_API", "curve_keypair", "curve_public", "has"]

_Z85_KEY = 40


def has(capability: str) -> bool:
    """Tell whether the loaded libzmq was built with a capability.

    Parameters
    ----------
    capability : str
        Such as "curve", "ipc", "gssapi", "pgm", "norm", "tipc", "draft".

    Raises
    ------
    TypeError
        When it is neither str nor bytes.

    Source: libzmq `zmq_has`, pyzmq `zmq.has`.
    """
    name: Any = capability.encode() if isinstance(capability, str) else capability
    if not isinstance(name, bytes):
        raise TypeError(f"a capability is a str such as 'curve', got {capability!r:.60}")
    return b"\0" not in name and bool(prototypes.zmq_has(name))


#: Whether the loaded libzmq has draft sockets and functions.
DRAFT_API: bool = has("draft") and bool(prototypes.zmq_poller_new)


def _curve_error() -> ZMQError:
    errno = calls.errno()
    if errno == numbers.ENOTSUP:
        library = loader.load()
        version = ".".join(map(str, library.version))
        return ZMQError(errno, f"libzmq {version} at {library.path} was built without CURVE")
    return from_errno(errno)


def curve_keypair() -> tuple[bytes, bytes]:
    """Make a new pair of CURVE keys.

    Returns
    -------
    bytes, bytes
        The public and the secret key, 40 bytes of Z85 text each.

    Raises
    ------
    ZMQError
        ENOTSUP when this libzmq was built without CURVE.

    Source: libzmq `zmq_curve_keypair`, pyzmq `zmq.curve_keypair`.
    """
    public = ctypes.create_string_buffer(_Z85_KEY + 1)
    secret = ctypes.create_string_buffer(_Z85_KEY + 1)
    if prototypes.zmq_curve_keypair(public, secret) < 0:
        raise _curve_error()
    return public.value, secret.value


def curve_public(secret_key: str | bytes) -> bytes:
    """Derive the public CURVE key of a secret one.

    Parameters
    ----------
    secret_key : bytes or str
        40 bytes of Z85 text.

    Returns
    -------
    bytes
        The public key, 40 bytes of Z85 text.

    Raises
    ------
    ValueError
        When the key has not 40 bytes.
    TypeError
        When it is neither bytes nor str.
    ZMQError
        EINVAL when the key is no Z85 text, ENOTSUP when this libzmq was built without CURVE.

    Source: libzmq `zmq_curve_public`, pyzmq `zmq.curve_public`.
    """
    secret: Any = secret_key.encode() if isinstance(secret_key, str) else secret_key
    if not isinstance(secret, bytes):
        raise TypeError(f"a secret key is bytes of Z85 text, got {type(secret_key).__name__}")
    if len(secret) != _Z85_KEY:
        raise ValueError(f"a secret key has {_Z85_KEY} bytes of Z85 text, got {len(secret)} bytes")
    from ..utils.z85 import Z85CHARS

    # An old libzmq reads outside of its table for other characters.
    if not set(secret) <= set(Z85CHARS):
        raise ZMQError(numbers.EINVAL, "the secret key has characters that Z85 does not use")
    public = ctypes.create_string_buffer(_Z85_KEY + 1)
    if prototypes.zmq_curve_public(public, secret) < 0:
        if calls.errno() == numbers.EINVAL:
            raise ZMQError(numbers.EINVAL, "the secret key is no Z85 text")
        raise _curve_error()
    return public.value
