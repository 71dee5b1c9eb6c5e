from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctzmq.utils import jsonapi

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(json_values)
def test_round_trip(value: object) -> None:
    assert jsonapi.loads(jsonapi.dumps(value)) == value


def test_dumps_makes_utf8_and_passes_options_on() -> None:
    assert jsonapi.dumps({"b": "é", "a": 1}, sort_keys=True, ensure_ascii=False) == (
        '{"a": 1, "b": "é"}'.encode()
    )


@pytest.mark.parametrize("text", ['"é"', '"é"'.encode(), bytearray('"é"'.encode())])
def test_loads_takes_text_and_bytes(text: str | bytes | bytearray) -> None:
    assert jsonapi.loads(text) == "é"


@pytest.mark.parametrize("text", [b" [1]", b"[1]\n", "\t[1] "])
def test_loads_allows_space_around_the_value(text: str | bytes) -> None:
    assert jsonapi.loads(text) == [1]


@pytest.mark.parametrize("text", [b"", b"[1] 2", b"\xef\xbb\xbf[1]", b"nul"])
def test_loads_says_what_is_wrong_as_json_does(text: bytes) -> None:
    with pytest.raises(json.JSONDecodeError) as ours:
        jsonapi.loads(text)
    with pytest.raises(json.JSONDecodeError) as theirs:
        json.loads(text.decode())
    assert str(ours.value) == str(theirs.value)


def test_loads_passes_options_on() -> None:
    assert jsonapi.loads(b"1.5", parse_float=str) == "1.5"


def test_loads_takes_bytes_for_utf8_only() -> None:
    with pytest.raises(ValueError, match="utf-8"):
        jsonapi.loads('{"a": 1}'.encode("utf-16"))


def test_loads_refuses_what_is_not_json() -> None:
    with pytest.raises(json.JSONDecodeError):
        jsonapi.loads(b"{")


def test_jsonmod_is_the_standard_module() -> None:
    assert jsonapi.jsonmod is json
