"""Who is compared with whom, and what has to be installed for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from support.venvs import PYZMQ_VERSION

# What the environments of ctzmq and pyzmq hold besides.
LIBRARIES = ("eventlet", "tornado")
GEVENT = "gevent"  # does not run on PyPy as Debian has it


@dataclass(frozen=True)
class Entrant:
    """A package that takes part, and the module that stands for zmq."""

    package: str
    module: str
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Contest:
    """Two entrants with the same interface.

    ``library`` is that of their greenlets. In a contest with ``own_libzmq`` ctzmq loads the libzmq
    that it finds by itself, whatever the others do.
    """

    ours: Entrant
    theirs: Entrant
    library: str = ""
    pypy: bool = True
    since: int = 9
    own_libzmq: bool = False

    def held(self, tag: str) -> bool:
        """Tell whether an interpreter such as ``cpython-311`` has what it needs."""
        return minor(tag) >= self.since and (self.pypy or not is_pypy(tag))


def is_pypy(tag: str) -> bool:
    """Tell whether the tag of an interpreter, such as ``pypy39``, is one of PyPy."""
    return tag.startswith("pypy")


def minor(tag: str) -> int:
    """Return the 11 of ``cpython-311``."""
    found = re.search(r"3(\d+)", tag)
    assert found is not None, tag
    return int(found[1])


def _green(module: str, theirs: str, library: str, pypy: bool = True) -> Contest:
    return Contest(Entrant("ctzmq", module), Entrant("pyzmq", theirs), library, pypy)


def _yielding(module: str, library: str, pypy: bool = True) -> Contest:
    never = Entrant("ctzmq", module, {"turns": 10**9})
    return Contest(Entrant("ctzmq", module), never, library, pypy)


_CTZMQ, _PYZMQ = Entrant("ctzmq", "ctzmq"), Entrant("pyzmq", "zmq")

CONTESTS = {
    "plain": Contest(_CTZMQ, _PYZMQ),
    "own libzmq": Contest(_CTZMQ, _PYZMQ, own_libzmq=True),
    "eventlet": _green("ctzmq.green", "eventlet.green.zmq", "eventlet"),
    "gevent": _green("ctzmq.green.gevent", "zmq.green", GEVENT, pypy=False),
    "yielding to eventlet": _yielding("ctzmq.green", "eventlet"),
    "yielding to gevent": _yielding("ctzmq.green.gevent", GEVENT, pypy=False),
    "yielding to asyncio": Contest(_CTZMQ, Entrant("ctzmq", "ctzmq", {"share": 3600.0})),
    "pyomq": Contest(_CTZMQ, Entrant("pyomq", "pyomq"), pypy=False, since=11),
}


def requirements(package: str, tag: str) -> Iterable[str]:
    """Return what has to be installed for a package of the contests, ctzmq itself aside."""
    if package == "pyomq":
        return ["pyomq"]
    libraries = [*LIBRARIES, *([] if is_pypy(tag) else [GEVENT])]
    return [f"pyzmq=={PYZMQ_VERSION}", *libraries] if package == "pyzmq" else libraries
