"""Deprecated string helpers from the days of Python 2, for programs that still import them.

Standard library only: any floor of ctzmq may import this module.
"""

from __future__ import annotations

import builtins
import warnings

__all__ = [
    "asbytes",
    "b",
    "basestring",
    "bytes",
    "cast_bytes",
    "cast_unicode",
    "u",
    "unicode",
]

bytes = builtins.bytes
unicode = str
basestring = (str,)


def _warn_deprecated(instead: str) -> None:
    warnings.warn(
        f"the functions of strtypes are deprecated: use {instead}",
        DeprecationWarning,
        stacklevel=3,
    )


def cast_bytes(s: str | bytes, encoding: str = "utf8", errors: str = "strict") -> bytes:
    """Return text as bytes, and bytes as they are.

    Parameters
    ----------
    s : str or bytes
        What to convert.
    encoding, errors : str
        As in `str.encode`.

    Returns
    -------
    bytes

    Raises
    ------
    TypeError
        `s` is neither str nor bytes.
    UnicodeEncodeError
        The encoding has no form for a character.

    Source: pyzmq `zmq.utils.strtypes.cast_bytes`.
    """
    _warn_deprecated("str.encode")
    if isinstance(s, bytes):
        return s
    if isinstance(s, str):
        return s.encode(encoding, errors)
    raise TypeError(f"expected str or bytes, not {type(s).__name__}: {s!r}")


def cast_unicode(s: str | bytes, encoding: str = "utf8", errors: str = "strict") -> str:
    """Return bytes as text, and text as it is.

    Parameters
    ----------
    s : str or bytes
        What to convert.
    encoding, errors : str
        As in `bytes.decode`.

    Returns
    -------
    str

    Raises
    ------
    TypeError
        `s` is neither str nor bytes.
    UnicodeDecodeError
        The bytes are not text in that encoding.

    Source: pyzmq `zmq.utils.strtypes.cast_unicode`.
    """
    _warn_deprecated("bytes.decode")
    if isinstance(s, bytes):
        return s.decode(encoding, errors)
    if isinstance(s, str):
        return s
    raise TypeError(f"expected str or bytes, not {type(s).__name__}: {s!r}")


b = asbytes = cast_bytes
u = cast_unicode
