"""Finds libzmq, opens it once, and tells which file it is.

The order: `CTZMQ_LIBRARY`; the environment's own folders (virtual environment, conda); the dynamic
loader by name; the well-known folders of this platform; a library that `python -m ctzmq fetch` has
downloaded; last `ctypes.util.find_library`. The first that opens, is libzmq, is new enough and
lacks nothing wins. Failed attempts are kept with their reasons. Nothing is loaded from the current
folder. Nothing here needs a compiler, binutils or ldconfig, which musl lacks.
"""

from __future__ import annotations

import ctypes
import os
import stat
import sys
from collections.abc import Iterator

from . import search_path
from .search_path import Attempt

#: The oldest libzmq that ctzmq works with: in 4.1 `zmq_msg_t` grew to its 64 bytes.
OLDEST = (4, 1)

#: The functions of that release that ctzmq cannot do without: not the old names and the helpers.
REQUIRED = (
    *("zmq_errno", "zmq_strerror", "zmq_has"),
    *("zmq_ctx_new", "zmq_ctx_term", "zmq_ctx_shutdown", "zmq_ctx_set", "zmq_ctx_get"),
    *("zmq_msg_init", "zmq_msg_init_size", "zmq_msg_init_data", "zmq_msg_send", "zmq_msg_recv"),
    *("zmq_msg_close", "zmq_msg_move", "zmq_msg_copy", "zmq_msg_data", "zmq_msg_size"),
    *("zmq_msg_more", "zmq_msg_get", "zmq_msg_set", "zmq_msg_gets"),
    *("zmq_socket", "zmq_close", "zmq_setsockopt", "zmq_getsockopt", "zmq_socket_monitor"),
    *("zmq_bind", "zmq_connect", "zmq_unbind", "zmq_disconnect"),
    *("zmq_send", "zmq_send_const", "zmq_recv", "zmq_poll", "zmq_proxy"),
    *("zmq_z85_encode", "zmq_z85_decode", "zmq_curve_keypair"),
)

#: The variable that names the library, by path or by the name that the dynamic loader knows.
VARIABLE = "CTZMQ_LIBRARY"


class Library:
    """An opened libzmq.

    Parameters
    ----------
    path : str
        Its file, or the name it was opened by if the system does not tell the file.
    how : str
        Why this one: a clause.
    handle : ctypes.CDLL
        The opened library, which keeps `errno` for `ctypes.get_errno`.
    version : tuple[int, int, int]
        The version that the library reports.
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


_library: Library | None = None
_attempts: list[Attempt] = []


def load() -> Library:
    """Open libzmq at the first call; return the same object from then on.

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

    It raises OSError if the file can't be opened, is not libzmq, is older than `OLDEST`, or lacks
    functions that this one has.
    """
    handle = _open(name)
    try:
        # By index, ctypes makes a new function object: one that others have declared stays as it
        # is.
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
    missing = [function for function in REQUIRED if not _has(handle, function)]
    if missing:
        some = ", ".join(missing[:3]) + (", ..." if missing[3:] else "")
        raise OSError(f"{name}: it says it is libzmq {_dotted(version)}, but it lacks {some}")
    return handle, version


def _has(handle: ctypes.CDLL, function: str) -> bool:
    try:
        handle[function]
    except AttributeError:
        return False
    return True


def _refuse_what_is_no_file(name: str) -> None:
    """Raise OSError for a path that exists but is no complete library file.

    Opening a named pipe could block for ever, and an incomplete library would kill the process.
    """
    try:
        mode = os.stat(name).st_mode
    except (OSError, ValueError):
        return  # the dynamic loader knows the reason, and names that are no files
    if stat.S_ISDIR(mode):
        raise OSError(f"{name}: it is a folder")
    if not stat.S_ISREG(mode):
        raise OSError(f"{name}: it is not a regular file")
    from .binary import is_cut_off

    if is_cut_off(name):
        raise OSError(f"{name}: it is cut off")


def _open(name: str) -> ctypes.CDLL:
    if os.path.dirname(name):
        _refuse_what_is_no_file(name)
    # Windows searches these folders for the libraries that it depends on; elsewhere RPATH names
    # them.
    add = getattr(os, "add_dll_directory", None)
    folder = None
    try:
        folder = add(os.path.dirname(name)) if add and os.path.isabs(name) else None
        return ctypes.CDLL(name, mode=ctypes.RTLD_LOCAL, use_errno=True)
    except (OSError, ValueError) as error:
        raise OSError(_explain(name, error)) from None
    finally:
        if folder is not None:
            folder.close()


def _explain(name: str, error: OSError | ValueError) -> str:
    """Say why a library did not open."""
    if isinstance(error, ValueError) or not _is_text(name):
        # PyPy's loader returns broken text for such a name, which crashes whoever reads it.
        return f"{name}: the system cannot open a file of this name"
    # For a library of another processor, loaders say "no such file" or nothing helpful.
    from .binary import mismatch

    clause = mismatch(name) if os.path.dirname(name) else ""
    return f"{name}: {clause}" if clause else str(error)


def _is_text(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _file_of(handle: ctypes.CDLL, name: str) -> str:
    """Return the real path of an opened library, or its name if the system does not tell."""
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
    if os.path.dirname(name) and not os.path.isabs(name):
        name = _absolute(value, name)
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


def _absolute(value: str, path: str) -> str:
    """Return the absolute path for a path that the user has given."""
    if value.startswith("~"):
        raise ImportError(
            f"{VARIABLE} is {value!r}: there is no such home folder, or its path is relative"
        )
    try:
        return os.path.abspath(path)
    except OSError as error:
        raise ImportError(
            f"{VARIABLE} is {value!r}, relative to the current folder, which is gone: {error}"
        ) from None


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
    yield from _in_folders(search_path.environment(), "it lies in the environment's own folder")
    how = "the dynamic loader knows its name"
    for name in search_path.names():
        if search_path.looks_here() and os.path.exists(name):
            reason = "the dynamic loader would take the file of this name in the current folder"
            _attempts.append(Attempt(name, how, reason))
        else:
            yield name, how
    yield from _in_folders(search_path.well_known(), "it lies in a well-known folder")
    how = "`python -m ctzmq fetch` has brought it"
    for folder in search_path.fetched() or [search_path.cache()]:
        paths = search_path.scan(folder)
        reason = "" if paths else search_path.trouble(folder)
        if reason:
            _attempts.append(Attempt(folder, how, reason))
        for path in paths:
            yield path, how
    # Last, because it may start a compiler, and because in Python 3.14 importing it makes a libffi
    # closure, which some hardened systems kill a forked child for.
    from ctypes.util import find_library

    how = "ctypes.util.find_library knows it"
    try:
        found = find_library("libzmq" if search_path.platform() == "win32" else "zmq")
    except Exception:  # it starts programs, which a sandbox may forbid, and reads their output
        found = None
    if not found:
        _attempts.append(Attempt("ctypes.util.find_library", how, "it knows no libzmq"))
    elif os.path.isabs(found) or not (os.path.dirname(found) or search_path.looks_here()):
        yield found, how
    else:
        _attempts.append(Attempt(found, how, "it lies in the current folder, or in one beside it"))


def _in_folders(folders: list[str], how: str) -> Iterator[tuple[str, str]]:
    for folder in folders:
        if not os.path.isabs(folder):  # of CONDA_PREFIX=., say
            _attempts.append(Attempt(folder, how, "it is relative to the current folder"))
            continue
        paths = search_path.in_folder(folder)
        if not paths:
            reason = search_path.trouble(folder)
            _attempts.append(
                Attempt(folder, how, reason or "no libzmq in it", is_folder=not reason)
            )
        for path in paths:
            yield path, how


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
