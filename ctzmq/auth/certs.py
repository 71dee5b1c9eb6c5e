"""CURVE keys in files, in the format of CZMQ's certificates (ZPL, RFC 4).

A file has sections, each a name at the beginning of a line with indented lines below it. Keys are
read only from the section `curve`, never from the metadata.
"""

from __future__ import annotations

import codecs
import contextlib
import errno
import os
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Union

from ..core.security import curve_keypair
from ..utils import z85

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


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_KEY_NAMES = ("public-key", "secret-key")
_KEY_BYTES = 40
_LONGEST = 1 << 20  # bytes; a certificate has hundreds


def _text(value: object, what: str) -> str:
    """Return a name or value of the metadata as a single line of text."""
    text = value.decode("utf8") if isinstance(value, bytes) else str(value)
    if _CONTROL.search(text):
        raise ValueError(f"{what} has line ends or control characters: {text!r}")
    return text


def _lines(metadata: Mapping[str, str]) -> list[str]:
    lines = []
    if not isinstance(metadata, Mapping):
        raise TypeError(f"metadata is a dict of names and texts, got {metadata!r:.60}")
    for name, value in metadata.items():
        text = _text(name, "a name of the metadata")
        if not text or text != text.strip() or re.search("[=\"']|^#", text):
            raise ValueError(f"the metadata cannot have the name {text!r}")
        # Other programs read such a line as a key wherever it is.
        if text.startswith(_KEY_NAMES):
            raise ValueError(f"the metadata cannot have the name {text!r}, which a key has")
        lines.append(f"    {text} = {_text(value, f'{text!r} of the metadata')}")
    return lines


def _certificate(
    banner: str,
    public_key: bytes,
    secret_key: bytes | None = None,
    metadata: list[str] | None = None,
) -> bytes:
    lines = [banner.format(when=datetime.now().isoformat(" ", "seconds")) + "metadata"]
    lines += metadata or []
    lines += ["curve", f'    public-key = "{public_key.decode()}"']
    if secret_key is not None:
        lines.append(f'    secret-key = "{secret_key.decode()}"')
    return ("\n".join(lines) + "\n").encode()


def _check_name(name: str) -> str:
    """Refuse a name that leads to another folder."""
    name = os.fspath(name)
    if not isinstance(name, str):
        raise TypeError(f"the name of a certificate is a str, not {type(name).__name__}")
    if not name or name in (".", ".."):
        raise ValueError(f"no certificate can have the name {name!r}")
    if _CONTROL.search(name) or re.search(r"[/\\]" if os.name != "nt" else r'[/\\:*?"<>|]', name):
        raise ValueError(
            f"the name of a certificate is that of a file, without folder, not {name!r}"
        )
    return name


def _write_new(folder: _Path, content: bytes, mode: int) -> str:
    """Write a file under an unpredictable name, and return its path."""
    path = os.path.join(folder, f".ctzmq-{os.urandom(8).hex()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags, mode)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
    except BaseException:
        os.unlink(path)
        raise
    return path


def _write_all(folder: _Path, files: list[tuple[str, bytes, int]]) -> None:
    """Write files, given by path, content and mode, each of which appears complete in one step.

    What is there is replaced; if it is a symbolic link, the link is.
    """
    if not os.path.isdir(folder):
        raise FileNotFoundError(errno.ENOENT, "there is no such folder", os.fspath(folder))
    for path, _, _ in files:
        if os.path.isdir(path):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    written: list[str] = []
    try:
        for _, content, mode in files:
            written.append(_write_new(folder, content, mode))
        for path, _, _ in files:
            os.replace(written[0], path)
            del written[0]
    finally:
        for left in written:
            with contextlib.suppress(OSError):
                os.unlink(left)


def create_certificates(
    key_dir: _Path, name: str, metadata: dict[str, str] | None = None
) -> tuple[str, str]:
    """Make a CURVE key pair and write it to two files, `name.key` and `name.key_secret`.

    Parameters
    ----------
    key_dir : path
        The folder, which exists.
    name : str
        The name of both files, without folder and extension.
    metadata : dict of str to str, optional
        What else to write into the secret file, a line each.

    Returns
    -------
    tuple of str
        The paths of the public and of the secret file, which are written whole or not at all. The
        secret one is readable for its owner only, from its first byte on.

    Raises
    ------
    OSError
        A file cannot be written.
    ValueError
        The name has separators or control characters in it, or the metadata have what their format
        has no room for: control characters, `=` or quotes in a name, or the name of a key.
    ZMQError
        The loaded libzmq has no CURVE.

    Source: pyzmq `zmq.auth.create_certificates`.
    """
    name, lines = _check_name(name), _lines(metadata or {})
    public_key, secret_key = curve_keypair()
    public_path = os.path.join(key_dir, f"{name}.key")
    secret_path = os.path.join(key_dir, f"{name}.key_secret")
    secret = _certificate(_SECRET_BANNER, public_key, secret_key, lines)
    public = _certificate(_PUBLIC_BANNER, public_key)
    _write_all(key_dir, [(secret_path, secret, 0o600), (public_path, public, 0o666)])
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
    TypeError
        It is not a path.
    ValueError
        The file has no public key in its section `curve`, or one that is none: keys are 40
        characters of Z85.

    Source: pyzmq `zmq.auth.load_certificate`.
    """
    if isinstance(filename, int) or filename is None:
        raise TypeError(f"a certificate file is a path, got {filename!r}")
    if not os.path.exists(filename):
        raise OSError(f"no such certificate file: {os.fspath(filename)}")
    with open(filename, "rb") as file:
        content = file.read(_LONGEST + 1)
    if len(content) > _LONGEST:
        raise ValueError(f"the file is too long for a certificate: {os.fspath(filename)}")
    try:
        keys = {name: _key(name, value) for name, value in _curve_section(content).items()}
    except ValueError as error:
        raise ValueError(f"{error} in the certificate file {os.fspath(filename)}") from None
    public_key = keys.get("public-key")
    if public_key is None:
        raise ValueError(f"no public key in the certificate file {os.fspath(filename)}")
    return public_key, keys.get("secret-key")


def _curve_section(content: bytes) -> dict[str, bytes]:
    """Return the keys in the section `curve`, or in a file without sections."""
    sections: dict[bytes, dict[str, bytes]] = {b"": {}}
    section, inner = b"", None
    for line in content.removeprefix(codecs.BOM_UTF8).split(b"\n"):
        text = line.strip()
        if not text or text.startswith(b"#"):
            continue
        indent = len(line) - len(line.lstrip())
        name, equals, value = text.partition(b"=")
        if not equals:
            if not indent:
                section, inner = text, None
                sections.setdefault(section, {})
            elif inner is None or indent <= inner:
                inner = indent
            continue
        if inner is not None:
            if indent > inner:  # it belongs to a section within this one
                continue
            inner = None
        known = name.strip().decode("latin-1")
        if known in _KEY_NAMES:
            value = value.strip(b" \t\r\v\f'\"")
            if sections[section].setdefault(known, value) != value:
                raise ValueError(f"there are two values for {known}")
    return sections.get(b"curve", {}) if len(sections) > 1 else sections[b""]


def _key(name: str, value: bytes) -> bytes:
    try:
        z85.decode(value)
        if len(value) != _KEY_BYTES:
            raise ValueError(f"a key has {_KEY_BYTES} characters, not {len(value)}")
    except ValueError as error:
        # The secret key itself must not get into logs.
        why = str(error) if name == "public-key" else f"which is {_KEY_BYTES} characters of Z85"
        raise ValueError(f"the {name} is no key ({why})") from None
    return value


def load_certificates(directory: _Path = ".") -> dict[bytes, bool]:
    """Read the public keys of all certificates in a folder.

    Parameters
    ----------
    directory : path
        The folder; its files named `*.key` are read, but for hidden ones, whose names begin with a
        dot.

    Returns
    -------
    dict of bytes to bool
        The public keys in Z85, each with the value True.

    Raises
    ------
    OSError
        The folder is missing, or a file cannot be read.
    ValueError
        A file has no public key, or one that is none.

    Source: pyzmq `zmq.auth.load_certificates`.
    """
    if not os.path.isdir(directory):
        raise OSError(f"no such folder of certificates: {os.fspath(directory)}")
    paths = [path for path in Path(directory).glob("*.key") if not path.name.startswith(".")]
    for path in paths:
        # Reading from a pipe, for instance, could block for ever.
        if path.exists() and not path.is_file():
            raise OSError(f"not a file of a certificate: {path}")
    return {load_certificate(path)[0]: True for path in paths}
