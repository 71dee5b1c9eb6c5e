"""What an authenticator is configured with is refused where it is given."""

from __future__ import annotations

from pathlib import Path

import pytest

from ctzmq.auth.checks import check_addresses, check_domain, check_location


def test_what_fits_passes(tmp_path: Path) -> None:
    check_addresses("allow", ("127.0.0.1", "::1"))
    check_domain("*")
    for location in (tmp_path, str(tmp_path), b"."):
        check_location(location)


def test_a_list_is_no_address() -> None:
    with pytest.raises(TypeError, match=r"allow takes IP addresses .* got \['127"):
        check_addresses("allow", (["127.0.0.1"],))


def test_passwords_are_no_domain() -> None:
    with pytest.raises(TypeError, match="a domain is text"):
        check_domain({"anne": "secret"})


def test_a_number_is_no_folder() -> None:
    with pytest.raises(TypeError, match="the location of certificates is a folder, got 5"):
        check_location(5)
