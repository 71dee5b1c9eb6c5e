"""The folder where `fetch` keeps libraries: one run at a time adds complete ones only.

A run prepares a library under a name that begins with a dot, which the search for libzmq skips, and
renames it in one step. Whatever a killed run leaves behind is removed by the next one.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from types import FrameType

PATIENCE_SECONDS = 120.0

_NEW = ".new-"
_OLD = ".old-"
_NAP_SECONDS = 0.1


class StoreError(Exception):
    """The folder cannot be used; the text says why."""


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGTERM and SIGHUP raise SystemExit, so that what is being done is undone."""

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {}
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            # Signals that are ignored, as by nohup, stay ignored.
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                before[number] = signal.signal(number, leave)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def staging(store: str) -> Iterator[str]:
    """Make the store and a new folder in it, which is removed unless it was put in place.

    Other runs wait meanwhile. It raises StoreError if they take too long, or if nothing can be
    written here.
    """
    try:
        os.makedirs(store, 0o755, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot make the folder {store}: {error.strerror}: {error.filename}{_elsewhere()}"
        ) from None
    with _locked(store):
        _clear(store)
        try:
            folder = tempfile.mkdtemp(prefix=_NEW, dir=store)
        except OSError as error:
            raise StoreError(
                f"cannot write to the folder {store}: {error.strerror}{_elsewhere()}"
            ) from None
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _elsewhere() -> str:
    """Return the advice for those whose home folder is read-only."""
    if sys.platform in ("win32", "darwin"):
        return ""
    return ". Set XDG_CACHE_HOME to a folder that you can write to, here and for your programs"


def put(folder: str, name: str) -> str:
    """Give a finished folder its name in one step, also where another one has it; return its path.

    It raises StoreError if the other one cannot be moved.
    """
    store = os.path.dirname(folder)
    target = os.path.join(store, name)
    os.chmod(folder, 0o755)
    _sync(folder)
    if not os.path.lexists(target):
        os.rename(folder, target)
        _sync(store)
        return target
    old = tempfile.mkdtemp(prefix=_OLD, dir=store)
    kept = os.path.join(old, name)
    try:
        try:
            os.rename(target, kept)
        except OSError as error:  # Windows keeps what a running program has open
            raise StoreError(
                f"{target} is in use ({error}): close the programs that use ctzmq and try again"
            ) from None
        os.rename(folder, target)
        _sync(store)
    except BaseException:
        if os.path.lexists(kept) and not os.path.lexists(target):
            os.rename(kept, target)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)
    return target


def _clear(store: str) -> None:
    """Clear away what runs that were killed have left."""
    for name in os.listdir(store):
        path = os.path.join(store, name)
        if name.startswith(_OLD):
            # It was killed between the two renames: what was there goes back.
            with contextlib.suppress(OSError):
                for kept in os.listdir(path):
                    if not os.path.lexists(os.path.join(store, kept)):
                        os.rename(os.path.join(path, kept), os.path.join(store, kept))
        if name.startswith((_NEW, _OLD)):
            shutil.rmtree(path, ignore_errors=True)


def _sync(folder: str) -> None:
    """Make the names in a folder survive a power failure, if folders can be opened."""
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            with contextlib.suppress(OSError):  # not every file system can
                os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def _locked(store: str) -> Iterator[None]:
    """Hold the lock of the store, which ends with the process that holds it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    descriptor = _lock_file(store)
    try:
        told = False
        while not _lock(descriptor):
            if not told:
                print("Waiting for another run of fetch ...", flush=True)
                told = True
            if time.monotonic() > deadline:
                raise StoreError(f"another run of fetch has used {store} for too long")
            time.sleep(_NAP_SECONDS)
        yield
    finally:
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _lock_file(store: str) -> int:
        # Folders cannot be opened, and a lock file in the store would stay there.
        path = os.path.join(tempfile.gettempdir(), "ctzmq-fetch.lock")
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def _lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _lock_file(store: str) -> int:
        return os.open(store, os.O_RDONLY)

    def _lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True  # a file system without locks: the renames have to do
        return True
