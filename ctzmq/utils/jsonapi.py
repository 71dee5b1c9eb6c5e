"""JSON to and from UTF-8 bytes, as `send_json` and `recv_json` put it on the wire.

Standard library only: any floor of ctzmq may import this module.
"""

from __future__ import annotations

import sys
from typing import Any, Callable

__all__ = ["dumps", "loads"]


def __getattr__(name: str) -> Any:
    if name == "jsonmod":
        return _json()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


_module: Any = None
_scanner: Callable[[str, int], tuple[Any, int]] | None = None


def _json() -> Any:
    global _module
    if _module is None:
        import json

        _module = json
    return _module


def _scan() -> Callable[[str, int], tuple[Any, int]]:
    """Return CPython's parser of one value; going through `json.loads` takes twice as long."""
    global _scanner
    if _scanner is None:
        scan: Any = getattr(_json().JSONDecoder(), "scan_once", None)
        found: Any = scan if scan and sys.implementation.name == "cpython" else _no_scan
        _scanner = found
        return found  # type: ignore[no-any-return]
    return _scanner


def _no_scan(text: str, start: int) -> tuple[Any, int]:
    return None, -1


def dumps(o: object, **kwargs: Any) -> bytes:
    """Serialize an object to JSON in UTF-8.

    Parameters
    ----------
    o : object
        Whatever `json.dumps` accepts.
    **kwargs
        Passed on to `json.dumps`.

    Returns
    -------
    bytes
        The JSON text.

    Raises
    ------
    TypeError
        The object holds a type that JSON has no form for.
    ValueError
        The object holds itself.

    Source: pyzmq `zmq.utils.jsonapi.dumps`.
    """
    text: str = _json().dumps(o, **kwargs)
    return text.encode()


def loads(s: bytes | bytearray | str, **kwargs: Any) -> Any:
    """Parse JSON text.

    Parameters
    ----------
    s : bytes, bytearray or str
        The text; bytes are read as UTF-8.
    **kwargs
        Passed on to `json.loads`.

    Returns
    -------
    dict, list, str, int, float, bool or None
        What the text describes.

    Raises
    ------
    TypeError
        It is neither str nor bytes.
    ValueError
        The text is not JSON (`json.JSONDecodeError`), or the bytes are not UTF-8
        (`UnicodeDecodeError`).

    Source: pyzmq `zmq.utils.jsonapi.loads`.
    """
    # json.loads alone would guess at UTF-16 and UTF-32 when it is given bytes.
    if not isinstance(s, str):
        if not isinstance(s, (bytes, bytearray)):
            raise TypeError(f"loads takes JSON text, str or bytes, got {s!r:.60}")
        s = s.decode()
    text = s
    if not kwargs:
        try:
            value, end = _scan()(text, 0)
        except StopIteration:
            pass
        else:
            if end == len(text):
                return value
    # There is space around the value, or an error, which `json.loads` reports.
    return _json().loads(text, **kwargs)
