"""What an authenticator is configured with, refused where it is given."""

from __future__ import annotations

import os

__all__ = ["check_addresses", "check_domain", "check_location"]


def check_addresses(verb: str, addresses: tuple[object, ...]) -> None:
    """Refuse what is no text, such as a list of addresses."""
    for address in addresses:
        if not isinstance(address, str):
            raise TypeError(
                f"{verb} takes IP addresses as text, one after the other, got {address!r:.60}"
            )


def check_domain(domain: object) -> None:
    """Refuse what is no domain, such as the passwords in its place."""
    if not isinstance(domain, str):
        raise TypeError(f"a domain is text, such as '*', got {type(domain).__name__}")


def check_location(location: object) -> None:
    """Refuse what is no folder."""
    if not isinstance(location, (str, bytes, os.PathLike)):
        raise TypeError(f"the location of certificates is a folder, got {location!r:.60}")
