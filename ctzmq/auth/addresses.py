"""Compares IP addresses, each of which has many spellings."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

__all__ = ["canonical", "is_among", "is_ip"]


@lru_cache(maxsize=1024)
def canonical(address: str) -> str:
    """Spell an address in the one way in which addresses are compared.

    Parameters
    ----------
    address : str
        An IP address, perhaps in brackets.

    Returns
    -------
    str
        An IPv4 address that is mapped into IPv6, as a server that listens to both reports its
        clients, is the IPv4 address. IPv6 addresses are compressed and keep their zone. Other text
        is as it was.

    Source: own.
    """
    bare, percent, zone = address.strip().strip("[]").partition("%")
    if ":" not in bare:
        return bare + percent + zone
    from ipaddress import IPv6Address

    try:
        parsed = IPv6Address(bare)
    except ValueError:
        return address
    return str(parsed.ipv4_mapped or f"{parsed.compressed}{percent}{zone}")


def is_ip(address: str) -> bool:
    """Tell whether a text is an IP address, which others can be compared with.

    Parameters
    ----------
    address : str
        The text.

    Returns
    -------
    bool

    Source: own.
    """
    from ipaddress import ip_address

    try:
        ip_address(canonical(address).partition("%")[0])
    except ValueError:
        return False
    return True


def is_among(address: str, listed: Collection[str]) -> bool:
    """Tell whether an address is listed.

    Parameters
    ----------
    address : str
        The address of a client.
    listed : collection of str
        Addresses. One of IPv6 without a zone stands for that address in every zone.

    Returns
    -------
    bool

    Source: own.
    """
    spelled = canonical(address)
    meant = {canonical(each) for each in listed}
    return spelled in meant or spelled.partition("%")[0] in meant
