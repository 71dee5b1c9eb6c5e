from __future__ import annotations

from typing import Any, Callable

import pytest

from ctzmq.utils import strtypes

Cast = Callable[..., Any]


@pytest.mark.parametrize("cast", [strtypes.cast_bytes, strtypes.asbytes, strtypes.b])
def test_cast_bytes(cast: Cast) -> None:
    with pytest.warns(DeprecationWarning, match=r"str\.encode"):
        assert cast("é") == "é".encode()
    with pytest.warns(DeprecationWarning, match="strtypes"):
        assert cast(b"\xff") == b"\xff"
    with pytest.warns(DeprecationWarning, match="strtypes"):
        assert cast("é", "ascii", "replace") == b"?"


@pytest.mark.parametrize("cast", [strtypes.cast_unicode, strtypes.u])
def test_cast_unicode(cast: Cast) -> None:
    with pytest.warns(DeprecationWarning, match=r"bytes\.decode"):
        assert cast("é".encode()) == "é"
    with pytest.warns(DeprecationWarning, match="strtypes"):
        assert cast("é") == "é"
    with pytest.warns(DeprecationWarning, match="strtypes"):
        assert cast(b"\xff", "ascii", "replace") == "\ufffd"


@pytest.mark.parametrize("cast", [strtypes.cast_bytes, strtypes.cast_unicode])
def test_other_types_are_refused_by_name(cast: Cast) -> None:
    with (
        pytest.warns(DeprecationWarning, match="strtypes"),
        pytest.raises(TypeError, match="not int: 5"),
    ):
        cast(5)


def test_the_warning_points_at_the_caller() -> None:
    with pytest.warns(DeprecationWarning, match="strtypes") as caught:
        strtypes.cast_bytes("x")
    assert caught[0].filename == __file__


def test_type_names() -> None:
    assert strtypes.bytes is bytes
    assert strtypes.unicode is str
    assert strtypes.basestring == (str,)
    assert {"asbytes", "b", "basestring", "bytes", "cast_bytes"} < set(strtypes.__all__)
