from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctzmq.utils import z85

# The test case of RFC 32.
RFC_BYTES = bytes([0x86, 0x4F, 0xD2, 0x6F, 0xB5, 0x59, 0xF7, 0x5B])
RFC_TEXT = b"HelloWorld"


def test_the_vector_of_the_rfc() -> None:
    assert z85.encode(RFC_BYTES) == RFC_TEXT
    assert z85.decode(RFC_TEXT) == RFC_BYTES


@given(st.binary().map(lambda raw: raw[: len(raw) // 4 * 4]))
def test_round_trip(raw: bytes) -> None:
    text = z85.encode(raw)
    assert len(text) == len(raw) // 4 * 5
    assert set(text) <= set(z85.Z85CHARS)
    assert z85.decode(text) == raw
    assert z85.decode(text.decode("ascii")) == raw


def test_extremes() -> None:
    assert z85.encode(b"") == b""
    assert z85.decode("") == b""
    assert z85.encode(bytes(4)) == b"00000"
    assert z85.decode(z85.encode(b"\xff" * 4)) == b"\xff" * 4


@pytest.mark.parametrize("wrap", [bytearray, memoryview])
def test_any_buffer_is_taken(wrap: type) -> None:
    assert z85.encode(wrap(RFC_BYTES)) == RFC_TEXT
    assert z85.decode(wrap(RFC_TEXT)) == RFC_BYTES


def test_buffer_sizes_count_bytes_not_items() -> None:
    assert z85.encode(memoryview(RFC_BYTES).cast("I")) == RFC_TEXT


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_encode_names_a_wrong_length(size: int) -> None:
    with pytest.raises(ValueError, match=f"multiple of 4, not {size}"):
        z85.encode(bytes(size))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 6])
def test_decode_names_a_wrong_length(size: int) -> None:
    with pytest.raises(ValueError, match=f"multiple of 5, not {size}"):
        z85.decode(b"0" * size)


def test_decode_names_a_foreign_character_and_its_place() -> None:
    with pytest.raises(ValueError, match=r'b\'"\' at position 7'):
        z85.decode('0000000"00')


def test_decode_refuses_text_beyond_ascii() -> None:
    with pytest.raises(ValueError, match="ASCII"):
        z85.decode("0000é")


def test_decode_refuses_numbers_beyond_32_bits() -> None:
    with pytest.raises(ValueError, match="32 bits"):
        z85.decode(b"00000#####")


def test_what_has_no_buffer_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        z85.encode("text")  # type: ignore[arg-type]


def test_the_alphabet() -> None:
    assert len(set(z85.Z85CHARS)) == len(z85.Z85MAP) == 85
    assert all(z85.Z85MAP[char] == digit for digit, char in enumerate(z85.Z85CHARS))
