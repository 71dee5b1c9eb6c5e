"""Finds libzmq, opens it once and tells where it was.

The order: `CTZMQ_LIBRARY`; the environment's own folder (virtual environment, conda); the dynamic
loader by soname; the well-known folders of this platform; a library that `python -m ctzmq fetch`
has brought; last `ctypes.util.find_library`. The first that opens, is libzmq and is new enough
wins; each failure is kept with its reason.

What a successful search does not need lies in `places` and `advice` and is imported on demand:
this module runs in every program that imports ctzmq.
"""

from __future__ import annotations

import ctypes
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

OLDEST = (4, 1)
"""The oldest libzmq that ctzmq works with: 4.1 is where `zmq_msg_t` grew to its 64 bytes."""

VARIABLE = "CTZMQ_LIBRARY"


class Library:
    """An opened libzmq.

    Parameters: `path` (str, the file, or the name it was opened by where the file can't be told),
    `how` (str, why this one, a sentence), `handle` (ctypes.CDLL with `use_errno`),
    `version` (three ints).
    """

    __slots__ = ("handle", "how", "path", "version")

    def __init__(
        self, path: str, how: str, handle: ctypes.CDLL, version: tuple[int, int, int]
    ) -> None:
        self.path = path
        self.how = how
        self.handle = handle
        self.version = version

    def __repr__(self) -> str:
        version = ".".join(map(str, self.version))
        return f"<libzmq {version} at {self.path!r}: {self.how}>"


class Attempt:
    """One thing that was tried: its `name`, `how` it came up and the `reason` why it failed.

    The reason is empty for the one that was taken.
    """

    __slots__ = ("how", "name", "reason")

    def __init__(self, name: str, how: str, reason: str) -> None:
        self.name = name
        self.how = how
        self.reason = reason

    def __repr__(self) -> str:
        return f"{self.name} ({self.how}): {self.reason or 'opened'}"


_library: Library | None = None
_attempts: list[Attempt] = []


def load() -> Library:
    """Open libzmq, at the first call; later calls return the same object.

    Returns: Library.
    Raises: ImportError that lists everything tried and says how to install libzmq. A later call
    searches again.
    """
    global _library
    if _library is None:
        _attempts.clear()
        _library = _named(os.environ.get(VARIABLE, "")) or _search()
    return _library


def library_path() -> str:
    """Tell which file libzmq was opened from.

    Returns: str, the file's real path; or the name it was opened by.
    Raises: ImportError as `load` does.
    """
    return load().path


def attempts() -> list[Attempt]:
    """List what the latest search has tried, in order.

    Returns: list of Attempt; the last one has an empty reason if the search succeeded.
    """
    return list(_attempts)


def soname_candidates() -> tuple[str, ...]:
    """List the names by which libzmq goes on this platform, the likeliest first.

    Returns: tuple of str.
    """
    if sys.platform == "darwin":
        return ("libzmq.5.dylib", "libzmq.dylib", "libzmq.4.dylib", "libzmq.3.dylib")
    if sys.platform == "win32":
        return ("libzmq.dll", "libzmq-5.dll", "libzmq-mt-4_3_5.dll", "zmq.dll")
    if sys.platform == "cygwin":
        return ("cygzmq-5.dll", "cygzmq.dll")
    return ("libzmq.so.5", "libzmq.so", "libzmq.so.4", "libzmq.so.3")


def open_library(name: str) -> tuple[ctypes.CDLL, tuple[int, int, int]]:
    """Open one file and make sure that it is a libzmq of use.

    Parameters: `name` (str, path or soname).
    Returns: the handle and the version.
    Raises: OSError if it can't be opened, is no libzmq or is older than `OLDEST`.
    """
    handle = ctypes.CDLL(name, mode=ctypes.RTLD_LOCAL, use_errno=True)
    try:
        # By index ctypes makes a fresh function: the prototypes declare theirs untouched.
        zmq_version = handle["zmq_version"]
    except AttributeError:
        raise OSError(f"{name}: this library is not libzmq, it has no zmq_version") from None
    numbers = [ctypes.c_int() for _ in range(3)]
    zmq_version.restype = None
    zmq_version(*map(ctypes.byref, numbers))
    version = (numbers[0].value, numbers[1].value, numbers[2].value)
    if version < OLDEST:
        found, needed = ".".join(map(str, version)), ".".join(map(str, OLDEST))
        raise OSError(f"{name}: this is libzmq {found}, and ctzmq needs {needed} or newer")
    return handle, version


def file_of(handle: ctypes.CDLL, name: str) -> str:
    """Tell the file of an opened library.

    Parameters: `handle` (ctypes.CDLL), `name` (str, what it was opened by).
    Returns: str, the real path, or `name` where the system does not tell.
    """
    try:
        dladdr = ctypes.CDLL(None)["dladdr"]
    except (AttributeError, OSError, TypeError):
        return name
    info = (ctypes.c_void_p * 4)()  # Dl_info: file name, base, symbol name, symbol address
    address = ctypes.cast(handle["zmq_version"], ctypes.c_void_p)
    if not dladdr(address, info) or not info[0]:
        return name
    path = os.fsdecode(ctypes.string_at(info[0]))
    return os.path.realpath(path) if os.path.exists(path) else name


def _take(name: str, how: str) -> Library | None:
    try:
        handle, version = open_library(name)
    except OSError as error:
        _attempts.append(Attempt(name, how, str(error)))
        return None
    _attempts.append(Attempt(name, how, ""))
    return Library(file_of(handle, name), how, handle, version)


def _named(value: str) -> Library | None:
    if not value:
        return None
    library = _take(os.path.expanduser(value), f"{VARIABLE} names it")
    if library is None:
        raise ImportError(f"{VARIABLE} is set to {value!r}: {_attempts[-1].reason}")
    return library


def _search() -> Library:
    seen = set()
    for name, how in _candidates():
        if name not in seen:
            seen.add(name)
            library = _take(name, how)
            if library is not None:
                return library
    raise ImportError("no libzmq found; tried:\n  " + "\n  ".join(map(repr, _attempts)))


def _candidates() -> Iterator[tuple[str, str]]:
    for name in soname_candidates():
        yield name, "the dynamic loader knows it"
