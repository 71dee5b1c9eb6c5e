"""Bring a libzmq into your cache folder, without administrator and compiler.

The wheels of pyzmq carry the shared library. pip downloads the one for this platform and checks its
hash; the library and those that lie beside it, such as libsodium, are taken out of it, and the rest
is thrown away: no Python code of the wheel is kept or run.
"""

from __future__ import annotations

import argparse
import glob
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile

from ctzmq.cli import store
from ctzmq.libzmq import loader, search_path

#: Requirement and options for pip, in the order in which they are tried.
Plan = tuple[str, tuple[str, ...]]

# The library does not depend on Python, so the wheel of another Python does as well.
_ANY_PYTHON = ("--python-version", "3.12", "--implementation", "cp")

_SAFE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*\Z")
_SHARED = re.compile(r".*(\.so(\.[0-9.]+)?|\.dylib|\.dll)\Z", re.IGNORECASE)

_BINARY = getattr(os, "O_BINARY", 0)

# A libzmq has less than a tenth of it; a wheel with more has been made to fill the disk.
_LONGEST = 256 << 20

# The reason is asked of the loader: the error is worded for those who have set the variable.
_PROOF = """\
import sys
sys.path.insert(0, sys.argv[1])
try:
    from ctzmq.libzmq.loader import load
    version = load().version
except ImportError as error:
    loader = sys.modules.get("ctzmq.libzmq.loader")
    sys.exit(loader and loader.attempts() and loader.attempts()[-1].reason or str(error))
print(*version, sep=".")
"""


class FetchError(Exception):
    """The library could not be brought; the text says why and what to do."""


class NoLibraryError(FetchError):
    """The wheel carries no shared libzmq."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `python -m ctzmq fetch`."""
    parser.add_argument(
        "--wheel",
        metavar="FILE",
        help="take the library out of this pyzmq wheel; nothing is downloaded",
    )
    parser.add_argument(
        "--force", action="store_true", help="fetch again, also when there is one already"
    )


def run(args: argparse.Namespace) -> int:
    """Bring the library, say what was done, and return the exit code."""
    try:
        with store.interruptible():
            path = _fetch(args.wheel, args.force)
        _say_which(path)
    except (FetchError, store.StoreError, OSError) as error:
        print(f"ctzmq fetch: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("ctzmq fetch: interrupted, nothing was changed", file=sys.stderr)
        return 1
    return 0


def _fetch(wheel: str | None, force: bool) -> str:
    cache = search_path.cache()
    if not cache:
        raise FetchError("there is no home folder to keep the library in: set HOME")
    if wheel is not None:
        return _from_wheel(wheel, cache)
    path = None if force else _present()
    if path is None:
        with store.staging(cache):
            # What cannot be kept need not be downloaded.
            pass
        return _download(cache)
    print(f"Already there: {path} (libzmq {prove(path)}); --force fetches again.")
    return path


def _present() -> str | None:
    for folder in search_path.fetched():
        for path in search_path.scan(folder):
            try:
                prove(path)
            except FetchError:
                continue
            return path
    return None


def _say_which(path: str) -> None:
    try:
        used = loader.load()
    except ImportError as error:
        print(f"ctzmq can't use it yet: {error}")
        return
    if os.path.realpath(used.path) == os.path.realpath(path):
        print("ctzmq uses it.")
    else:
        print(f"ctzmq uses another one, which comes first: {used.path} ({used.how}).")
        print(f"To use the fetched one, set {loader.VARIABLE} to its path.")


def plans() -> list[Plan]:
    """Return what to ask pip for on this platform, the best first."""
    # The wheels for Windows have the library inside their extension module from version 26 on.
    with_dll: Plan = ("pyzmq<26", _ANY_PYTHON)
    if search_path.platform() == "win32":
        return [with_dll]
    return [("pyzmq", ()), ("pyzmq", _ANY_PYTHON)]


def _download(cache: str) -> str:
    pip = pip_command()
    reasons = []
    for requirement, options in plans():
        with tempfile.TemporaryDirectory(prefix="ctzmq-fetch-") as folder:
            print(
                f"Downloading a wheel of {requirement} for this platform with pip ...", flush=True
            )
            command = [*pip, "download", "--quiet", "--disable-pip-version-check", "--no-input"]
            command += ["--retries", "2", "--no-deps", "--only-binary", ":all:"]
            command += ["--dest", folder, *options, requirement]
            environment = dict(os.environ, PIP_REQUIRE_VIRTUALENV="0")
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, errors="replace"
            )
            wheels = glob.glob(os.path.join(glob.escape(folder), "*.whl"))
            if done.returncode or not wheels:
                reasons.append(_essence(done.stderr) or f"pip ended with {done.returncode}")
                continue
            try:
                return _from_wheel(wheels[0], cache)
            except NoLibraryError as error:
                reasons.append(str(error))
    why = "; ".join(dict.fromkeys(reasons))
    raise FetchError(
        f"no wheel with libzmq could be had for this platform: {why}. Without network, get a pyzmq "
        f"wheel for this platform elsewhere and give it by --wheel"
    )


def _essence(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line.partition("ERROR:")[2].strip() for line in lines if "ERROR:" in line]
    return errors[-1] if errors else "\n".join(lines[-3:])


def pip_command() -> list[str]:
    """Return the command that runs pip, be it only the one that Python keeps for `ensurepip`.

    It raises FetchError where there is none.
    """
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    folders = [sysconfig.get_config_var("WHEEL_PKG_DIR"), "/usr/share/python-wheels"]
    ensurepip = importlib.util.find_spec("ensurepip")
    if ensurepip is not None and ensurepip.origin:
        folders.insert(0, os.path.join(os.path.dirname(ensurepip.origin), "_bundled"))
    for folder in filter(None, folders):
        found = sorted(glob.glob(os.path.join(glob.escape(folder), "pip-*.whl")))
        if found:
            return [sys.executable, os.path.join(found[-1], "pip")]
    raise FetchError(
        "this Python has no pip: install pip, or download a pyzmq wheel for this platform "
        "and give it by --wheel"
    )


def _from_wheel(wheel: str, cache: str) -> str:
    with store.staging(cache) as staging:
        library, *others = unpack(wheel, staging)
        version = prove(os.path.join(staging, library))
        path = os.path.join(store.put(staging, _folder_name(wheel)), library)
    beside = f" and {', '.join(others)}" if others else ""
    print(f"Took {library}{beside} out of {os.path.basename(wheel)}; the rest is thrown away.")
    print(f"It opens: libzmq {version} at {path}")
    return path


def _folder_name(wheel: str) -> str:
    """Return the name and version in the name of a wheel."""
    name = "-".join(os.path.basename(wheel).split("-")[:2])
    return name if _SAFE_NAME.match(name) else "wheel"


def unpack(wheel: str, folder: str) -> list[str]:
    """Write the shared libraries of a wheel into a folder and return their names, libzmq first.

    Only those in the wheel's own folder of libzmq are taken, and each under its plain name, so that
    nothing can be written elsewhere. It raises NoLibraryError if there is no libzmq, and FetchError
    if the wheel is damaged, or not what a wheel is.
    """
    if not os.path.isfile(wheel):
        what = "it is not a file" if os.path.exists(wheel) else "there is no such file"
        raise FetchError(f"cannot read the wheel {wheel!r}: {what}")
    name = os.path.basename(wheel)
    try:
        with zipfile.ZipFile(wheel) as archive:
            found = _choose(archive, name)
            for entry in found:
                _extract(archive, entry, folder)
    except FetchError:
        raise
    # A damaged archive raises all kinds of errors: also those of zlib, struct, bz2 and text.
    except Exception as error:
        raise FetchError(f"{name} cannot be unpacked: {error or type(error).__name__}") from None
    return [_base(entry.filename) for entry in found]


def _choose(archive: zipfile.ZipFile, wheel: str) -> list[zipfile.ZipInfo]:
    """Return the entries of libzmq and of the libraries beside it, libzmq first."""
    entries = [entry for entry in archive.infolist() if _is_library(_base(entry.filename))]
    ours = [entry for entry in entries if search_path.is_libzmq_name(_base(entry.filename))]
    if not ours:
        raise NoLibraryError(f"{wheel} carries no shared libzmq")
    first = ours[0]
    home = first.filename.rpartition("/")[0]
    beside = [entry for entry in entries if entry.filename.rpartition("/")[0] == home]
    beside.sort(key=lambda entry: (entry is not first, entry.filename))
    # Some file systems do not distinguish upper and lower case.
    if len({entry.filename.lower() for entry in beside}) < len(beside):
        raise FetchError(f"{wheel} has two libraries of one name")
    if sum(entry.file_size for entry in beside) > _LONGEST:
        raise FetchError(f"{wheel} has libraries of more than {_LONGEST >> 20} MiB")
    return beside


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: str) -> None:
    path = os.path.join(folder, _base(entry.filename))
    # Nobody else may write to it, because every program that loads it would be affected.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o644)
    with open(descriptor, "wb") as target:
        with archive.open(entry) as source:
            shutil.copyfileobj(source, target)
        target.flush()
        os.fsync(target.fileno())


def _base(name: str) -> str:
    return name.rpartition("/")[2]


def _is_library(name: str) -> bool:
    return bool(_SAFE_NAME.match(name) and _SHARED.match(name))


def prove(path: str) -> str:
    """Open a libzmq in a process of its own and return its version.

    It raises FetchError, with the reason, if the library does not open there.
    """
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", _PROOF, root],
            env=dict(os.environ, **{loader.VARIABLE: path}),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=60,
        )
    except subprocess.TimeoutExpired:
        raise FetchError(f"{path} does not open within a minute") from None
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise FetchError(f"the library does not work here: {lines[-1]}")
    return done.stdout.strip()
