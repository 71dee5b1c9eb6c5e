"""Z85, the printable form of binary keys (ZeroMQ RFC 32): 4 bytes become 5 ASCII characters.

Standard library only: any floor of ctzmq may import this module.
"""

from __future__ import annotations

from typing import Any, Final, Union

_RawBytes = Union[bytes, bytearray, memoryview]

Z85CHARS: Final = (
    b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
)
Z85MAP: Final[dict[int, int]] = {char: digit for digit, char in enumerate(Z85CHARS)}

_WORD_LIMIT = 1 << 32


def encode(rawbytes: _RawBytes) -> bytes:
    """Encode bytes in Z85.

    Parameters
    ----------
    rawbytes : bytes, bytearray or memoryview
        The data; its size in bytes is a multiple of 4.

    Returns
    -------
    bytes
        ASCII text, 5 characters for each 4 bytes.

    Raises
    ------
    ValueError
        The size is not a multiple of 4.
    TypeError
        The argument has no buffer.

    Source: libzmq `zmq_z85_encode`, pyzmq `zmq.utils.z85.encode`.
    """
    raw = _memory(rawbytes, "bytes")
    if len(raw) % 4:
        raise ValueError(f"the length of binary data must be a multiple of 4, not {len(raw)}")
    text = bytearray()
    for start in range(0, len(raw), 4):
        word = int.from_bytes(raw[start : start + 4], "big")
        group = bytearray(5)
        for place in range(4, -1, -1):
            word, digit = divmod(word, 85)
            group[place] = Z85CHARS[digit]
        text += group
    return bytes(text)


def _memory(data: Any, wanted: str) -> bytes:
    try:
        return memoryview(data).tobytes()
    except TypeError:
        raise TypeError(f"z85 takes {wanted}, got {data!r:.60}") from None


def decode(z85bytes: str | _RawBytes) -> bytes:
    """Decode Z85 text.

    Parameters
    ----------
    z85bytes : str, bytes, bytearray or memoryview
        The text; its length is a multiple of 5.

    Returns
    -------
    bytes
        4 bytes for each 5 characters.

    Raises
    ------
    ValueError
        The length is not a multiple of 5, a character is not in the alphabet, or 5 characters
        stand for more than 32 bits; the message names the position.
    TypeError
        The argument is neither str nor has a buffer.

    Source: libzmq `zmq_z85_decode`, pyzmq `zmq.utils.z85.decode`.
    """
    if isinstance(z85bytes, str):
        if not z85bytes.isascii():
            raise ValueError("Z85 text may contain ASCII characters only")
        text = z85bytes.encode("ascii")
    else:
        text = _memory(z85bytes, "text or bytes")
    if len(text) % 5:
        raise ValueError(f"the length of Z85 text must be a multiple of 5, not {len(text)}")
    raw = bytearray()
    for start in range(0, len(text), 5):
        word = 0
        for position in range(start, start + 5):
            digit = Z85MAP.get(text[position])
            if digit is None:
                char = text[position : position + 1]
                raise ValueError(f"{char!r} at position {position} is not a Z85 character")
            word = word * 85 + digit
        if word >= _WORD_LIMIT:
            group = text[start : start + 5]
            raise ValueError(f"{group!r} at position {start} is too large for 32 bits")
        raw += word.to_bytes(4, "big")
    return bytes(raw)
