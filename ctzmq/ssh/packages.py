"""pexpect and paramiko, which are imported when a tunnel needs them."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

__all__ = ["load", "require", "ssh_exception"]


class SSHError(Exception):
    """`SSHException` where paramiko, which has its own, is not installed."""


def load(name: str) -> Any:
    """Import a package; ImportError when it is missing."""
    with warnings.catch_warnings():
        # paramiko imports what its own dependencies call deprecated.
        warnings.simplefilter("ignore")
        return import_module(name)


def ssh_exception() -> type[Exception]:
    """Return paramiko's class of errors, or one in its place."""
    try:
        error: type[Exception] = load("paramiko").SSHException
    except ImportError:
        return SSHError
    return error


def require(name: str, otherwise: str) -> Any:
    """Import a package that a tunnel cannot do without; the error says what to do instead."""
    try:
        return load(name)
    except ImportError as error:
        raise ImportError(
            f"this tunnel needs {name}: pip install {name}, or {otherwise}"
        ) from error
