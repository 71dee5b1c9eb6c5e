"""JSON to and from UTF-8 bytes, as `send_json` and `recv_json` put it on the wire.

Standard library only: any floor of ctzmq may import this module.
"""

from __future__ import annotations

import json
from typing import Any

__all__ = ["dumps", "loads"]

jsonmod = json


def dumps(o: object, **kwargs: Any) -> bytes:
    """Serialize an object to JSON in UTF-8.

    Parameters: `o`, whatever `json.dumps` accepts; `kwargs` go to `json.dumps` unchanged.
    Returns: the JSON text as bytes.
    Raises: `TypeError` for a type that JSON has no form for, `ValueError` for a reference cycle.
    Source: pyzmq `zmq.utils.jsonapi.dumps`.
    """
    return json.dumps(o, **kwargs).encode("utf8")


def loads(s: bytes | bytearray | str, **kwargs: Any) -> Any:
    """Parse JSON text.

    Parameters: `s`, the text as UTF-8 bytes or str; `kwargs` go to `json.loads` unchanged.
    Returns: the dict, list, str, number, bool or None that the text describes.
    Raises: `json.JSONDecodeError` (a `ValueError`) for text that is not JSON,
    `UnicodeDecodeError` (a `ValueError`) for bytes that are not UTF-8.
    Source: pyzmq `zmq.utils.jsonapi.loads`.
    """
    # json.loads alone would guess at UTF-16 and UTF-32 when it is given bytes.
    text = s if isinstance(s, str) else s.decode("utf8")
    return json.loads(text, **kwargs)
