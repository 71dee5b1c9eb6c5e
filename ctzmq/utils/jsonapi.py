"""JSON to and from UTF-8 bytes, as `send_json` and `recv_json` put it on the wire.

Standard library only: any floor of ctzmq may import this module.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["dumps", "loads"]


def __getattr__(name: str) -> Any:
    if name == "jsonmod":
        import json

        return json
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


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
    import json

    return json.dumps(o, **kwargs).encode("utf8")


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
    ValueError
        The text is not JSON (`json.JSONDecodeError`), or the bytes are not UTF-8
        (`UnicodeDecodeError`).

    Source: pyzmq `zmq.utils.jsonapi.loads`.
    """
    import json

    # json.loads alone would guess at UTF-16 and UTF-32 when it is given bytes.
    text = s if isinstance(s, str) else s.decode("utf8")
    return json.loads(text, **kwargs)
