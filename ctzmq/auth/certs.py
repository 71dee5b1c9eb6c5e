"""CURVE keys in files, in the format of CZMQ's certificates."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Union

from ..core.security import curve_keypair

if TYPE_CHECKING:
    _Path = Union[str, os.PathLike[str]]

__all__ = ["create_certificates", "load_certificate", "load_certificates"]

_SECRET_BANNER = """\
#   Generated on {when} by ctzmq
#   ZeroMQ CURVE **secret** certificate
#   Whoever reads this file can pose as its owner: give it to nobody, keep its permissions.

"""

_PUBLIC_BANNER = """\
#   Generated on {when} by ctzmq
#   ZeroMQ CURVE public certificate
#   Peers need this file. They should get it in a way, or check it in a way, that nobody can forge.

"""


def _text(value: str | bytes) -> str:
    return value.decode("utf8") if isinstance(value, bytes) else value


def _certificate(
    banner: str,
    public_key: bytes,
    secret_key: bytes | None = None,
    metadata: Mapping[str, str] | None = None,
) -> str:
    lines = [banner.format(when=datetime.now().isoformat(" ", "seconds")) + "metadata"]
    lines += [f"    {_text(name)} = {_text(value)}" for name, value in (metadata or {}).items()]
    lines += ["curve", f'    public-key = "{_text(public_key)}"']
    if secret_key is not None:
        lines.append(f'    secret-key = "{_text(secret_key)}"')
    return "\n".join(lines) + "\n"


def _write_secret(path: str, text: str) -> None:
    """Write a file that nobody but its owner can read, from its first byte on."""
    # An older file would keep its own permissions.
    Path(path).unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf8") as file:
        file.write(text)


def create_certificates(
    key_dir: _Path, name: str, metadata: dict[str, str] | None = None
) -> tuple[str, str]:
    """Make a CURVE key pair and write it to two files, `name.key` and `name.key_secret`.

    Parameters
    ----------
    key_dir : path
        The folder, which exists.
    name : str
        The name of both files, without extension.
    metadata : dict of str to str, optional
        What else to write into the secret file.

    Returns
    -------
    tuple of str
        The paths of the public and of the secret file. The secret one is readable for its owner
        only.

    Raises
    ------
    OSError
        A file cannot be written.
    ZMQError
        The loaded libzmq has no CURVE.

    Source: pyzmq `zmq.auth.create_certificates`.
    """
    public_key, secret_key = curve_keypair()
    public_path = os.path.join(key_dir, f"{name}.key")
    secret_path = os.path.join(key_dir, f"{name}.key_secret")
    Path(public_path).write_text(_certificate(_PUBLIC_BANNER, public_key), encoding="utf8")
    _write_secret(secret_path, _certificate(_SECRET_BANNER, public_key, secret_key, metadata))
    return public_path, secret_path


def load_certificate(filename: _Path) -> tuple[bytes, bytes | None]:
    """Read the keys of a certificate file.

    Parameters
    ----------
    filename : path
        A public or secret certificate.

    Returns
    -------
    tuple of bytes and bytes or None
        The public key and, if the file has it, the secret key, both in Z85.

    Raises
    ------
    OSError
        The file is missing or cannot be read.
    ValueError
        The file has no public key.

    Source: pyzmq `zmq.auth.load_certificate`.
    """
    if not os.path.exists(filename):
        raise OSError(f"no such certificate file: {os.fspath(filename)}")
    keys: dict[bytes, bytes] = {}
    for line in Path(filename).read_bytes().splitlines():
        name, equals, value = line.partition(b"=")
        if equals:
            keys.setdefault(name.strip(), value.strip(b" \t'\""))
    public_key = keys.get(b"public-key")
    if not public_key:
        raise ValueError(f"no public key in the certificate file {os.fspath(filename)}")
    return public_key, keys.get(b"secret-key")


def load_certificates(directory: _Path = ".") -> dict[bytes, bool]:
    """Read the public keys of all certificates in a folder.

    Parameters
    ----------
    directory : path
        The folder; its files named `*.key` are read.

    Returns
    -------
    dict of bytes to bool
        The public keys in Z85, each with the value True.

    Raises
    ------
    OSError
        The folder is missing, or a file cannot be read.
    ValueError
        A file has no public key.

    Source: pyzmq `zmq.auth.load_certificates`.
    """
    if not os.path.isdir(directory):
        raise OSError(f"no such folder of certificates: {os.fspath(directory)}")
    return {load_certificate(path)[0]: True for path in Path(directory).glob("*.key")}
