from __future__ import annotations

import pytest

from ctzmq.auth.addresses import canonical, is_among, is_ip


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1", "127.0.0.1"),
        (" 127.0.0.1 ", "127.0.0.1"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
        ("::FFFF:127.0.0.1", "127.0.0.1"),
        ("::ffff:7f00:1", "127.0.0.1"),
        ("0:0:0:0:0:ffff:127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("[::1]", "::1"),
        ("0:0:0:0:0:0:0:1", "::1"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("FE80::1%eth0", "fe80::1%eth0"),
        ("::127.0.0.1", "::7f00:1"),  # the deprecated kind, which is another address
        ("localhost", "localhost"),
        (":1000:1000:42", ":1000:1000:42"),
        ("1::2::3", "1::2::3"),
        ("", ""),
    ],
)
def test_one_spelling(address: str, expected: str) -> None:
    # Python may write the last 32 bits of the deprecated kind in either way.
    assert canonical(address).replace("::127.0.0.1", "::7f00:1") == expected


@pytest.mark.parametrize(
    ("address", "listed"),
    [
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("192.0.2.1", "::ffff:192.0.2.1"),
        ("::ffff:c000:201", "::FFFF:192.0.2.1"),
        ("fe80::1%eth0", "fe80::1"),
        ("fe80::1%eth0", "FE80:0::1%eth0"),
        ("localhost", "localhost"),
    ],
)
def test_listed(address: str, listed: str) -> None:
    assert is_among(address, {"198.51.100.1", listed})


@pytest.mark.parametrize(
    ("address", "listed"),
    [
        ("192.0.2.1", "192.0.2.10"),
        ("fe80::1%eth1", "fe80::1%eth0"),
        ("fe80::1", "fe80::1%eth0"),
        ("", "127.0.0.1"),
        ("192.0.2.1", "192.0.2.0/24"),
    ],
)
def test_not_listed(address: str, listed: str) -> None:
    assert not is_among(address, {listed})


def test_what_is_an_address() -> None:
    for address in ("127.0.0.1", "::1", "[::1]", "fe80::1%eth0", "::ffff:127.0.0.1"):
        assert is_ip(address)
    for other in ("localhost", "192.0.2.0/24", "", "1.2.3", "1::2::3", ":1000:1000:42"):
        assert not is_ip(other)
