"""Finds out what EMFILE means: too many sockets in the context, or no file descriptors left."""

from __future__ import annotations

import errno as _errno
import os
import sys
from contextlib import suppress
from typing import Any

from ..error import ZMQError
from ..libzmq import numbers

#: The descriptors that wake a libzmq thread: one eventfd, or elsewhere a pair of sockets.
_MAILBOX = 1 if sys.platform.startswith("linux") else 2


def descriptors(count: int) -> bool:
    """Tell whether the process can open so many more descriptors.

    Parameters
    ----------
    count : int
        How many, two at least.
    """
    if sys.platform == "win32":
        # Windows has no such limit on what libzmq opens.
        return True
    opened: list[int] = []
    try:
        opened += os.pipe()
        while len(opened) < count:
            opened.append(os.dup(opened[0]))
    except OSError as error:
        return error.errno not in (_errno.EMFILE, _errno.ENFILE)
    finally:
        for descriptor in opened:
            os.close(descriptor)
    return True


def check_start(context: Any) -> None:
    """Check that libzmq can start a context's threads, which it does for the first socket.

    libzmq aborts the process if a thread gets no descriptor.

    Parameters
    ----------
    context : Context
        The context, which has no socket yet.

    Raises
    ------
    ZMQError
        EMFILE when there are too few descriptors.
    """
    threads = context.get(numbers.IO_THREADS) + 1
    if not descriptors(threads * (_MAILBOX + 1) + _MAILBOX):
        raise of_descriptors("the first socket of a context, with its threads")


def of_sockets(context: Any) -> ZMQError:
    """Make the exception for a socket that libzmq could not make.

    Parameters
    ----------
    context : Context or None
        Its context, if that is known.
    """
    if not descriptors(2):
        return of_descriptors("another socket")
    limit = ""
    if context is not None:
        with suppress(ZMQError, RuntimeError):
            limit = f"it is {context.get(numbers.MAX_SOCKETS)} now; "
    return ZMQError(
        _errno.EMFILE,
        "the context has no room for another socket: raise MAX_SOCKETS before its first socket, or"
        f" close some ({limit}sockets of other libraries in the same context count, and closed ones"
        " until they are done with their messages)",
    )


def of_descriptors(what: str) -> ZMQError:
    """Make the exception for something that needs more descriptors than are left.

    Parameters
    ----------
    what : str
        What needs them.
    """
    limit = "of"
    if "SC_OPEN_MAX" in getattr(os, "sysconf_names", ()):
        limit = f"of {os.sysconf('SC_OPEN_MAX')}"
    return ZMQError(
        _errno.EMFILE,
        f"the process is at its limit {limit} open files and has none left for {what}: raise it"
        " (ulimit -n, RLIMIT_NOFILE), or close some",
    )
