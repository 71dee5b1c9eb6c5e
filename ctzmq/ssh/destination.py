"""Checks servers, hosts, ports and key files before they are passed to `ssh`.

A destination can end up in a shell: the user's configuration may have a `ProxyCommand` or a `Match
exec` with `%h` and `%r` in it. So names may contain nothing that is special to a shell or to `ssh`
itself.
"""

from __future__ import annotations

import os
import re
from typing import Any, NamedTuple, Union

_Path = Union[str, os.PathLike[str]]

__all__ = ["Server", "check_host", "check_port", "key_path", "parse_server"]

_FORM = re.compile(
    r"(?:(?P<user>.*)@)?"
    r"(?:\[(?P<bracketed>[^\[\]]*)\]|(?P<plain>[^\[\]:@]*))"
    r"(?::(?P<port>[^\[\]:@]*))?",
    re.DOTALL,
)
_HOST = re.compile(r"[\w.-]+")
_ADDRESS = re.compile(r"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%[\w.-]+)?")
_USER = re.compile(r"[\w.+@\\-]+")  # domains, as in Active Directory's ANNE@DOMAIN and DOMAIN\anne
_PORT = re.compile(r"[0-9]{1,5}")


class Server(NamedTuple):
    """An SSH server; the user is empty and the port None where they were not said."""

    user: str
    host: str
    port: int | None

    @property
    def destination(self) -> str:
        """The server as `ssh` takes it, without the port."""
        return f"{self.user}@{self.host}" if self.user else self.host


def _wrong(name: str) -> str:
    """Describe what is wrong with a name that has other characters than names have."""
    if not name:
        return "is empty"
    if name.startswith("-"):
        return f"begins with a dash, as options do: {name!r}"
    return f"has characters that no such name has: {name!r}"


def _is_address(host: str) -> bool:
    """Tell if it is an IPv6 address, without brackets, perhaps with a zone."""
    if not _ADDRESS.fullmatch(host):
        return False
    from ipaddress import IPv6Address

    try:
        IPv6Address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def check_host(host: str) -> str:
    """Check a host that a tunnel is to lead to.

    Parameters
    ----------
    host : str
        A host name or an IP address; one of IPv6 may be in brackets.

    Returns
    -------
    str
        The host, without brackets.

    Raises
    ------
    TypeError
        It is not a str.
    ValueError
        It is not the name of a host.

    Source: own.
    """
    match = re.fullmatch(r"(\[?)(.*?)(\]?)", _text(host, "a host"), re.DOTALL)
    opened, name, closed = match.groups() if match else ("", "", "")
    if len(opened) != len(closed):
        raise ValueError(f"the host {host!r} has one bracket only")
    if not (_is_address(name) or (_HOST.fullmatch(name) and not name.startswith("-"))):
        raise ValueError(f"the host {_wrong(name)}")
    return name


def check_port(port: int | str) -> int:
    """Check the number of a TCP port.

    Parameters
    ----------
    port : int or str
        From 1 to 65535.

    Returns
    -------
    int

    Raises
    ------
    TypeError
        It is neither an int nor a str.
    ValueError
        There is no such port.

    Source: own.
    """
    if not isinstance(port, (int, str)):
        raise TypeError(f"a port must be an int, not {type(port).__name__}")
    if isinstance(port, int) or _PORT.fullmatch(port):
        number = int(port)
        if 0 < number < 65536:
            return number
    raise ValueError(f"a port is a number from 1 to 65535, not {port!r}")


def parse_server(server: str) -> Server:
    """Take an SSH server apart.

    Parameters
    ----------
    server : str
        `[user@]host[:port]`; an IPv6 address in brackets.

    Returns
    -------
    Server

    Raises
    ------
    TypeError
        It is not a str.
    ValueError
        It is not in that form, or a name in it is none.

    Source: own.
    """
    match = _FORM.fullmatch(_text(server, "an SSH server"))
    try:
        if match is None:
            raise ValueError("it has another form")
        user, bracketed, plain, port = match.group("user", "bracketed", "plain", "port")
        # A backslash at the end must not escape what follows the user.
        if user is not None and (
            not _USER.fullmatch(user) or user.startswith("-") or user.endswith("\\")
        ):
            raise ValueError(f"the user {_wrong(user)}")
        host = check_host(plain if bracketed is None else bracketed)
        return Server(user or "", host, None if port is None else check_port(port))
    except ValueError as error:
        raise ValueError(
            f"expected an SSH server as [user@]host[:port], not {server!r}: {error}"
        ) from None


def key_path(keyfile: _Path) -> str:
    """Check the path of a private key file.

    Parameters
    ----------
    keyfile : path
        The path.

    Returns
    -------
    str
        The path, which does not look like an option.

    Raises
    ------
    TypeError
        It is not a path.
    ValueError
        It begins with a dash, or has control characters.

    Source: own.
    """
    path = os.fsdecode(keyfile)
    if re.match(r"-", path):
        raise ValueError(
            f"the key file {path!r} begins with a dash, as options do: write ./ before it"
        )
    if has_control_characters(path):
        raise ValueError(f"the key file {path!r} has control characters")
    return path


def has_control_characters(text: str) -> bool:
    """Tell if a text has characters that a terminal obeys, such as line ends.

    Parameters
    ----------
    text : str
        The text.

    Returns
    -------
    bool

    Source: own.
    """
    return re.search(r"[\x00-\x1f\x7f-\x9f]", text) is not None


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{what} must be a str, not {type(value).__name__}")
    return value
