"""What to tell a user who has no libzmq: what was tried, and the command that installs it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from . import search_path

OS_RELEASE = ("/etc/os-release", "/usr/lib/os-release")

_DEBIAN = "apt-get install libzmq5"
_FEDORA = "dnf install zeromq"
_SUSE = "zypper install libzmq5"

#: By distribution, as named in os-release; those under ID_LIKE are tried after the one under ID.
_BY_DISTRIBUTION = {
    "debian": _DEBIAN,
    "ubuntu": _DEBIAN,
    "fedora": _FEDORA,
    "amzn": _FEDORA,
    "rhel": f"dnf install epel-release && {_FEDORA}",
    "centos": f"dnf install epel-release && {_FEDORA}",
    "alpine": "apk add libzmq",
    "arch": "pacman -S zeromq",
    "suse": _SUSE,
    "opensuse": _SUSE,
    "sles": _SUSE,
    "gentoo": "emerge net-libs/zeromq",
    "void": "xbps-install zeromq",
    "openwrt": "opkg install libzmq-nc",
}

FETCH = "python -m ctzmq fetch"
_CONDA = "conda install -c conda-forge zeromq"


def os_release() -> list[str]:
    """Return the names of this Linux distribution: its ID, then its ID_LIKE."""
    fields = {}
    for path in OS_RELEASE:
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                for line in file:
                    key, _, value = line.strip().partition("=")
                    fields[key] = value.strip("\"'").lower()
        except OSError:
            continue
        break
    return f"{fields.get('ID', '')} {fields.get('ID_LIKE', '')}".split()


def _sudo(command: str) -> str:
    if not hasattr(os, "geteuid") or os.geteuid() == 0:
        return command
    return " && ".join(f"sudo {part}" for part in command.split(" && "))


def _linux() -> list[str]:
    for name in os_release():
        # openSUSE names its kinds opensuse-leap, opensuse-tumbleweed.
        command = _BY_DISTRIBUTION.get(name) or _BY_DISTRIBUTION.get(name.partition("-")[0])
        if command:
            return [_sudo(command)]
    return ["install libzmq (package libzmq5, libzmq or zeromq) with your package manager"]


def commands() -> list[str]:
    """Return the commands that install libzmq on this machine, the best first."""
    system = search_path.platform()
    by_system = {
        "darwin": ["brew install zeromq", "sudo port install zmq"],
        "win32": ["vcpkg install zeromq", _CONDA],
        "cygwin": ["install libzmq5 with Cygwin's setup program"],
        "android": ["pkg install libzmq"],
    }
    if system.startswith("freebsd"):
        found = [_sudo("pkg install libzmq4")]
    elif system.startswith("openbsd"):
        found = [_sudo("pkg_add zeromq")]
    elif system.startswith("netbsd"):
        found = [_sudo("pkgin install zeromq")]
    else:
        found = by_system.get(system) or _linux()
    conda = os.path.isdir(os.path.join(sys.prefix, "conda-meta"))
    if conda:
        found = [_CONDA, *(command for command in found if command != _CONDA)]
    if system in ("linux", "darwin", "win32"):
        found = [*found, FETCH]
    return found


def not_found(attempts: Iterable[search_path.Attempt]) -> str:
    """Write the message for a user on whose machine no libzmq was found."""
    lines = ["ctzmq needs libzmq 4.1 or newer and found none that it can use. To get one:"]
    for command in commands():
        note = "   (needs no administrator)" if command == FETCH else ""
        lines.append(f"    {command}{note}")
    lines.append("or set CTZMQ_LIBRARY to the path of a libzmq. Tried, in this order:")
    empty: list[str] = []
    for attempt in attempts:
        if attempt.is_folder:
            empty.append(attempt.name)
            continue
        _flush(empty, lines)
        # Most messages of the dynamic loader begin with the name.
        known = attempt.reason.startswith(attempt.name)
        lines.append(f"    {attempt.reason if known else f'{attempt.name}: {attempt.reason}'}")
    _flush(empty, lines)
    return "\n".join(lines)


def _flush(empty: list[str], lines: list[str]) -> None:
    if empty:
        lines.append(f"    no libzmq in {', '.join(empty)}")
        empty.clear()
