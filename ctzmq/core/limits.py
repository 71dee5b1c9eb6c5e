"""Values of context options that libzmq accepts, but that abort the process at the first socket."""

from __future__ import annotations

import os
from typing import Callable

from ..libzmq import numbers

#: The value of SOCKET_LIMIT on every system.
_SOCKET_LIMIT = 65535
#: The descriptors that an I/O thread needs, and those for the rest of a context.
_PER_THREAD = 2
_BESIDE = 16
#: A number of threads that every system allows.
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
    """Describe the allowed values if a value would abort the process.

    Parameters
    ----------
    option : int
        A `ContextOption`.
    value : int
        The value that is to be set.

    Returns
    -------
    str
        The allowed values; empty when the value is harmless.
    """
    check = _CHECKS.get(option)
    return check(value) if check is not None else ""
