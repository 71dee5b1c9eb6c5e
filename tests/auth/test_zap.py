from __future__ import annotations

import pytest

from ctzmq.auth import zap

NULL = [b"1.0", b"id", b"d\xff", b"192.0.2.1", b"routing id", b"NULL"]


def test_a_request_is_decoded() -> None:
    request = zap.parse([*NULL, b"more"], "utf-8")
    assert request == ("d\udcff", "192.0.2.1", b"NULL", [b"more"])


@pytest.mark.parametrize("count", range(6))
def test_a_request_of_too_few_parts(count: int) -> None:
    with pytest.raises(zap.Refusal, match="Not enough frames") as caught:
        zap.parse(NULL[:count], "utf-8")
    assert str(count) in caught.value.malformed


def test_a_request_of_another_version() -> None:
    with pytest.raises(zap.Refusal, match="Invalid version") as caught:
        zap.parse([b"2.0" * 1000, *NULL[1:]], "utf-8")
    assert len(caught.value.malformed) < 100


def test_different_bytes_are_different_text() -> None:
    assert (
        zap.text(b"\xff", "utf-8") != zap.text(b"\xfe", "utf-8") != zap.text("�".encode(), "utf-8")
    )
    assert zap.text("Zoë".encode(), "utf-8") == "Zoë"


def test_credentials_are_counted() -> None:
    request = zap.parse([*NULL[:5], b"PLAIN", b"user", b"password"], "utf-8")
    assert request.take(2) == [b"user", b"password"]
    with pytest.raises(zap.Refusal, match="Invalid credentials") as caught:
        request.take(1)
    assert caught.value.malformed == "2 credentials of PLAIN"


def test_the_number_of_a_request() -> None:
    assert [zap.request_id(NULL[:count]) for count in range(3)] == [b"", b"", b"id"]


def test_a_refusal_repeats_it() -> None:
    sent = []

    class Socket:
        def send_multipart(self, parts: list[bytes]) -> None:
            sent.append(parts)

    zap.refuse(Socket(), NULL)
    assert sent == [[b"1.0", b"id", b"500", b"Internal error", b"", b""]]
