"""Finds libzmq, opens it once and tells which one it was.

The order: `CTZMQ_LIBRARY`; the environment's own folders (virtual environment, conda); the dynamic
loader by name; the well-known folders of this platform; a library that `python -m ctzmq fetch` has
brought; last `ctypes.util.find_library`. The first that opens, is libzmq and is new enough wins.
What failed is kept with its reason. Nothing here needs a compiler, binutils or ldconfig, which musl
systems lack.
"""

from __future__ import annotations

import os
import sys

from . import places
from .lean import ctypes

TYPE_CHECKING = False  # importing `typing` would cost more than the whole search
if TYPE_CHECKING:
    from collections.abc import Iterator

#: The oldest libzmq that ctzmq works with: in 4.1 `zmq_msg_t` grew to its 64 bytes.
OLDEST = (4, 1)

#: The variable that names the library, by path or by the name that the dynamic loader knows.
VARIABLE = "CTZMQ_LIBRARY"


class Library:
    """An opened libzmq.

    Parameters
    ----------
    path : str
        Its file, or the name it was opened by where the system does not tell the file.
    how : str
        Why this one: a clause.
    handle : ctypes.CDLL
        It keeps `errno` for `ctypes.get_errno`.
    version : tuple[int, int, int]
        What the library says of itself.
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
        return f"<libzmq {_dotted(self.version)} from {self.path!r}: {self.how}>"


class Attempt:
    """One thing that the search has tried.

    Parameters
    ----------
    name : str
        The file, the name for the dynamic loader, or the folder.
    how : str
        Why it was tried: a clause.
    reason : str
        Why it was not taken; empty for the one that was.
    is_folder : bool
        Whether it is a folder that has no libzmq.
    """

    __slots__ = ("how", "is_folder", "name", "reason")

    def __init__(self, name: str, how: str, reason: str, is_folder: bool = False) -> None:
        self.name = name
        self.how = how
        self.reason = reason
        self.is_folder = is_folder

    def __repr__(self) -> str:
        return f"<{self.name!r}, {self.how}: {self.reason or 'taken'}>"


_library: Library | None = None
_attempts: list[Attempt] = []


def load() -> Library:
    """Open libzmq at the first call, and return the same object from then on.

    Returns
    -------
    Library

    Raises
    ------
    ImportError
        No usable libzmq was found: the message lists what was tried and tells how to install it.
        Or `CTZMQ_LIBRARY` is set to something else than a usable libzmq. The next call tries again.

    Source: own.
    """
    global _library
    if _library is None:
        _attempts.clear()
        value = os.environ.get(VARIABLE, "")
        _library = _named(value) if value else _search()
    return _library


def library_path() -> str:
    """Tell which file libzmq was opened from.

    Returns
    -------
    str
        The file's real path, or the name it was opened by where the system does not tell the file.

    Raises
    ------
    ImportError
        As `load` does.

    Source: own.
    """
    return load().path


def attempts() -> list[Attempt]:
    """Tell what the latest search has tried, in order.

    Returns
    -------
    list[Attempt]
        The reason of the last one is empty if the search succeeded.

    Source: own.
    """
    return list(_attempts)


def is_own_command() -> bool:
    """Tell whether this process is `python -m ctzmq` or the `ctzmq` script, just starting.

    `fetch` and `doctor` are for those who have no libzmq yet. Python imports the package before
    any of its commands can run, so the package must not refuse to be imported by them.
    """
    argv = getattr(sys, "argv", None) or [""]
    if argv[0] != "-m":
        return os.path.basename(argv[0]) in ("ctzmq", "ctzmq.exe", "ctzmq-script.py")
    # runpy is still locating the module, whose name it has taken out of sys.argv.
    original: list[str] | None = getattr(sys, "orig_argv", None)
    if original is not None:
        word = original[-len(argv) :][0]
        return word == "ctzmq" or (word.startswith("-") and word.endswith("mctzmq"))
    frame = sys._getframe()  # Python 3.9 keeps the name in runpy's outermost frame alone
    while frame.f_back is not None:
        frame = frame.f_back
    return frame.f_locals.get("mod_name") == "ctzmq"


def open_library(name: str) -> tuple[ctypes.CDLL, tuple[int, int, int]]:
    """Open one file, by path or name, and return its handle and version.

    It raises OSError if the file can't be opened, is not libzmq, or is older than `OLDEST`.
    """
    handle = _open(name)
    try:
        # By index ctypes makes a fresh function: the one that others declare stays as it is.
        zmq_version = handle["zmq_version"]
    except AttributeError:
        raise OSError(f"{name}: it is not libzmq, it has no zmq_version") from None
    major, minor, patch = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
    zmq_version.restype = None
    zmq_version(ctypes.byref(major), ctypes.byref(minor), ctypes.byref(patch))
    version = (major.value, minor.value, patch.value)
    if version < OLDEST:
        raise OSError(
            f"{name}: it is libzmq {_dotted(version)}, ctzmq needs {_dotted(OLDEST)} or newer"
        )
    return handle, version


def _open(name: str) -> ctypes.CDLL:
    # Windows looks for what a library needs in the folders named so; elsewhere RPATH tells.
    add = getattr(os, "add_dll_directory", None)
    folder = add(os.path.dirname(name)) if add and os.path.isabs(name) else None
    try:
        return ctypes.CDLL(name, mode=ctypes.RTLD_LOCAL, use_errno=True)
    except OSError as error:
        # Loaders say "no such file", or nothing to the point, of one for another processor.
        from .binary import mismatch

        clause = mismatch(name) if os.path.dirname(name) else ""
        raise OSError(f"{name}: {clause}" if clause else str(error)) from None
    finally:
        if folder is not None:
            folder.close()


def _file_of(handle: ctypes.CDLL, name: str) -> str:
    """Return the real path of an opened library, or its name where the system does not tell."""
    told = ""
    windll = getattr(ctypes, "windll", None)
    if windll is not None:
        buffer = ctypes.create_unicode_buffer(1 << 15)  # the longest path of Windows
        if windll.kernel32.GetModuleFileNameW(
            ctypes.c_void_p(handle._handle), buffer, ctypes.c_uint32(len(buffer))
        ):
            told = buffer.value
    else:
        info = (ctypes.c_void_p * 4)()  # Dl_info: file, base, symbol, its address
        try:
            address = ctypes.cast(handle["zmq_version"], ctypes.c_void_p)
            found = ctypes.CDLL(None)["dladdr"](address, info)
        except (AttributeError, OSError):
            found = 0
        if found and info[0]:
            told = os.fsdecode(ctypes.string_at(info[0]))
    for path in (told, name):
        if os.path.isfile(path) and os.path.dirname(path):
            return os.path.realpath(path)
    return name


def _take(name: str, how: str) -> Library | None:
    try:
        handle, version = open_library(name)
    except OSError as error:
        _attempts.append(Attempt(name, how, str(error)))
        return None
    _attempts.append(Attempt(name, how, ""))
    return Library(_file_of(handle, name), how, handle, version)


def _named(value: str) -> Library:
    name = os.path.expanduser(value)
    if os.path.isdir(name):
        raise ImportError(f"{VARIABLE} is {value!r}: that is a folder; name the library in it")
    library = _take(name, f"{VARIABLE} names it")
    if library is None:
        reason = _attempts[-1].reason
        if reason.startswith(f"{name}: "):
            reason = reason[len(name) + 2 :]
        raise ImportError(
            f"{VARIABLE} is {value!r}, which can't be used: {reason}. "
            f"Correct it, or unset it to let ctzmq search."
        )
    return library


def _search() -> Library:
    seen = set()
    for name, how in _candidates():
        if name not in seen:
            seen.add(name)
            library = _take(name, how)
            if library is not None:
                return library
    from .advice import not_found

    raise ImportError(not_found(_attempts))


def _candidates() -> Iterator[tuple[str, str]]:
    yield from _in_folders(places.environment(), "it lies in the environment's own folder")
    for name in places.names():
        yield name, "the dynamic loader knows its name"
    yield from _in_folders(places.well_known(), "it lies in a well-known folder")
    how = "`python -m ctzmq fetch` has brought it"
    for folder in places.fetched():
        for path in places.scan(folder):
            yield path, how
    # Last, because it may start a compiler, and because in Python 3.14 importing it makes a libffi
    # closure, which some hardened systems kill a forked child for.
    from ctypes.util import find_library

    how = "ctypes.util.find_library knows it"
    try:
        found = find_library("libzmq" if places.platform() == "win32" else "zmq")
    except OSError:  # it starts programs, which a sandbox may forbid
        found = None
    if found:
        yield found, how
    else:
        _attempts.append(Attempt("ctypes.util.find_library", how, "it knows no libzmq"))


def _in_folders(folders: list[str], how: str) -> Iterator[tuple[str, str]]:
    for folder in folders:
        paths = places.in_folder(folder)
        if not paths:
            _attempts.append(Attempt(folder, how, "no libzmq in it", is_folder=True))
        for path in paths:
            yield path, how


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
