"""Write a wheel named pyzmq that is ctzmq, so that pip counts pyzmq as installed.

python -m ctzmq shim --out DIR
pip install DIR/pyzmq-*.whl

Its package zmq imports ctzmq, which it requires. Type checkers and packagers, which do not run it,
find modules there that lead them to those of ctzmq.
"""

from __future__ import annotations

import base64
import hashlib
import os
import pkgutil
import shlex
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from ctzmq.compat import HOMES
from ctzmq.core.version import VERSION, pyzmq_version

if TYPE_CHECKING:
    import argparse

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every file in the wheel: the earliest that a zip archive can hold."""

AT_ONCE = ("asyncio", "backend", "constants", "error", "sugar", "utils")
"""The modules that `import zmq` gives without being asked for them."""

METADATA = """\
Metadata-Version: 2.1
Name: pyzmq
Version: {version}
Summary: ctzmq under the name of pyzmq
License: BSD-3-Clause
Requires-Python: >=3.9
Requires-Dist: ctzmq

The package zmq of this distribution is ctzmq, which meets the API of pyzmq {api}.
"""

WHEEL = """\
Wheel-Version: 1.0
Generator: ctzmq {version}
Root-Is-Purelib: true
Tag: py3-none-any
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--out",
        metavar="DIR",
        default=".",
        help="the folder to write to, made if need be (default: the current one)",
    )


def run(args: argparse.Namespace) -> int:
    """Write the wheel and print its path; how to install it is for a person at a terminal."""
    try:
        wheel = build(args.out)
    except OSError as error:
        print(f"ctzmq shim: the wheel could not be written: {error}", file=sys.stderr)
        return 1
    print(wheel, flush=True)
    if sys.stdout is not None and sys.stdout.isatty():
        print(f"To install it: python -m pip install {shlex.quote(str(wheel))}")
    return 0


def build(folder: str | os.PathLike[str]) -> Path:
    """Write the wheel.

    Parameters
    ----------
    folder : str or path
        Where to; made if it does not exist.

    Returns
    -------
    Path
        The wheel. The same ctzmq writes the same bytes each time.

    Raises
    ------
    OSError
        The folder or the file can't be written.

    Source: own.
    """
    version = f"{pyzmq_version()}+ctzmq"
    info = f"pyzmq-{version}.dist-info"
    package = pkgutil.get_data("ctzmq", "compat/standin/zmq/__init__.py")
    if package is None:
        raise OSError("ctzmq/compat/standin is missing from this installation of ctzmq")
    files = {
        "zmq/__init__.py": package,
        "zmq/py.typed": b"",
        **{name: text.encode() for name, text in modules().items()},
        f"{info}/METADATA": METADATA.format(version=version, api=pyzmq_version()).encode(),
        f"{info}/WHEEL": WHEEL.format(version=VERSION).encode(),
        f"{info}/top_level.txt": b"zmq\n",
    }
    record = [f"{name},sha256={_digest(data)},{len(data)}" for name, data in files.items()]
    record.append(f"{info}/RECORD,,")
    files[f"{info}/RECORD"] = "".join(f"{line}\n" for line in record).encode()
    wheel = Path(folder) / f"pyzmq-{version}-py3-none-any.whl"
    wheel.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            member = zipfile.ZipInfo(name, EPOCH)
            member.external_attr = 0o100644 << 16
            archive.writestr(member, data, zipfile.ZIP_DEFLATED)
    return wheel


def modules() -> dict[str, str]:
    """Generate pyzmq's modules for tools that read the package `zmq` without running it.

    At run time `install_as_zmq` gives ctzmq's own modules, and none of these.

    Returns
    -------
    dict
        For each module the path of its file and the text, which imports all that the module of
        ctzmq has.

    Source: own.
    """
    found = {}
    for alias, home in HOMES.items():
        below = [name for name in HOMES if name.startswith(f"{alias}.")]
        path = alias.replace(".", "/") + ("/__init__.py" if below else ".py")
        found[path] = f"from {home} import *\n"
    # The file that is run is another.
    at_once = "".join(f"from . import {name} as {name}\n" for name in AT_ONCE)
    found["zmq/__init__.pyi"] = found.pop("zmq/__init__.py") + at_once
    return found


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
