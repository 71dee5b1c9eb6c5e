"""Values of context options that libzmq takes, and aborts the process for when a socket is made."""

from __future__ import annotations

import os
from typing import Callable

from ..libzmq import numbers

#: What `zmq_ctx_get` tells of SOCKET_LIMIT on every system.
_SOCKET_LIMIT = 65535
#: Descriptors that an I/O thread takes, and those that the rest of a context may need.
_PER_THREAD = 2
_BESIDE = 16
#: As many threads as no system refuses.
_FEW = 8


def _sockets(value: int) -> str:
    return "" if 0 < value <= _SOCKET_LIMIT else f"1 to {_SOCKET_LIMIT} sockets"


def _threads(value: int) -> str:
    if value <= _FEW:
        return ""
    try:
        from resource import RLIMIT_NOFILE, getrlimit
    except ImportError:
        most = 2048
    else:
        most = (getrlimit(RLIMIT_NOFILE)[0] - _BESIDE) // _PER_THREAD
    if value > most:
        return f"at most {most} I/O threads: the system's limit of open files allows no more"
    return ""


def _policy(value: int) -> str:
    if value < 0 or not hasattr(os, "sched_get_priority_max"):
        return ""
    try:
        priority = os.sched_get_priority_max(value)
    except OSError:
        return "a scheduling policy of the system, such as os.SCHED_OTHER"
    if priority and os.geteuid() != 0:
        return "a policy that needs no privileges: real-time threads are root's"
    return ""


def _priority(value: int) -> str:
    return "a priority of 99 at most" if value > 99 else ""


_CHECKS: dict[int, Callable[[int], str]] = {
    numbers.MAX_SOCKETS: _sockets,
    numbers.IO_THREADS: _threads,
    numbers.THREAD_SCHED_POLICY: _policy,
    numbers.THREAD_PRIORITY: _priority,
}


def objection(option: int, value: int) -> str:
    """Say what a context option takes, if a value would end the process.

    Parameters
    ----------
    option : int
        A `ContextOption`.
    value : int
        The value that is to be set.

    Returns
    -------
    str
        What is taken; empty when the value does no harm.
    """
    check = _CHECKS.get(option)
    return check(value) if check is not None else ""
