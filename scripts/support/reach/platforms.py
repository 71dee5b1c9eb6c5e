"""The platforms, and how each is made."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from support.reach import builds, emulation, frozen, local, places, suites
from support.reach.results import Result

SID = [
    "ca-certificates", "libzmq5",
    "python3.14", "python3.14-venv", "python3.15", "python3.15-venv", "pypy3", "pypy3-venv",
    "dpkg-dev", "gcc", "make", "pkgconf", "libffi-dev", "libssl-dev", "zlib1g-dev", "musl-tools",
]  # fmt: skip

# There is no wheel of most of these for 32 bits.
I386 = [
    "ca-certificates", "libzmq5", "python3", "python3-cffi", "python3-eventlet", "python3-gevent",
    "python3-hypothesis", "python3-numpy", "python3-paramiko", "python3-pexpect", "python3-pytest",
    "python3-pytest-timeout", "python3-pytest-xdist", "python3-rich", "python3-tornado",
    "python3-uvloop",
]  # fmt: skip

# This hypothesis is the last one that is sure to have no native parts.
MUSL_BESIDE = ["pytest>=8", "pytest-timeout", "hypothesis<6.131"]

WORKERS = os.cpu_count() or 1


class Platform(NamedTuple):
    """A platform: what it is, and what makes it and runs the tests there."""

    about: str
    run: Callable[[str], Result]


def sid() -> places.Root:
    """Return a root with the newest of Debian, which has the newest Pythons."""
    root = places.Root("sid")
    root.make(["sid"], places.architecture(), SID)
    return root


def newest(command: str, native: str = "1") -> Callable[[str], Result]:
    """Return what runs all tests with one of the Pythons of Debian sid."""

    def run(name: str) -> Result:
        python = suites.environment(sid(), name, [command])
        python = python._replace(environment={"CTZMQ_NATIVE_CALLS": native})
        return suites.examine(name, python, workers=WORKERS)

    return run


def free_threaded(minor: int) -> Callable[[str], Result]:
    """Return what runs all tests with a CPython built without the GIL."""

    def run(name: str) -> Result:
        root = sid()
        base = [builds.free_threaded(root, minor, WORKERS)]
        # greenlet would switch the GIL on.
        python = suites.environment(root, name, base, unwanted=["eventlet", "gevent"])
        python = python._replace(environment={"PYTHON_GIL": "0"})
        return suites.examine(name, python, workers=WORKERS)

    return run


def musl(name: str) -> Result:
    """Run the tests of the core and of the green engine with musl and a fetched libzmq."""
    root = sid()
    words = [builds.musl(root, WORKERS)]
    python = suites.system_python(root, name, words, MUSL_BESIDE)
    folder = root.folder / "src" / "musl-wheel"
    folder.mkdir(exist_ok=True)
    wheel = shutil.copy(local.wheel(local.own_python("host"), "musl"), folder)
    local.take_library(python, Path(wheel), folder)
    environment = {**python.environment, "XDG_CACHE_HOME": root.inside(folder)}
    return suites.examine(name, python._replace(environment=environment), suites.CORE)


def i386(name: str) -> Result:
    """Run all tests on a 32-bit system, which runs natively on x86-64."""
    if places.architecture() != "amd64":
        raise places.Absent("needs an x86-64 machine")
    root = places.Root("i386")
    root.make(["trixie"], "i386", I386)
    return suites.examine(name, suites.system_python(root, name), workers=WORKERS)


PLATFORMS = {
    "cpython-3.14": Platform("CPython 3.14 of Debian sid", newest("python3.14")),
    "cpython-3.15": Platform("CPython 3.15 of Debian sid", newest("python3.15")),
    "pypy-3.11": Platform("PyPy of Debian sid, native calls on", newest("pypy3")),
    "pypy-3.11-ctypes": Platform("the same, native calls off", newest("pypy3", native="0")),
    "cpython-3.13t": Platform("CPython 3.13 without the GIL, built from source", free_threaded(13)),
    "cpython-3.14t": Platform("CPython 3.14 without the GIL, built from source", free_threaded(14)),
    "musl": Platform("CPython and libffi built with musl, libzmq of a wheel", musl),
    "i386": Platform("32 bits: Debian trixie for i386, run natively", i386),
    **{
        arch: Platform(f"Debian's packages for {arch}, emulated by QEMU", emulation.run)
        for arch in emulation.PROCESSORS
    },
    **{
        f"libzmq-{release}": Platform(f"libzmq {release} of an old wheel", local.library(release))
        for release in local.WHEELS
    },
    "arm64-ctypes": Platform("the same as arm64, native calls off", emulation.run),
    "hardened": Platform("where the system refuses executable memory", local.hardened),
    "pyinstaller": Platform("packed by PyInstaller", frozen.frozen(frozen.pyinstaller)),
    "pyinstaller-library": Platform(
        "packed by PyInstaller with a libzmq", frozen.frozen(frozen.pyinstaller_with_library)
    ),
    "zipapp": Platform("packed by zipapp", frozen.frozen(frozen.zipapp)),
    "pex": Platform("packed by pex", frozen.frozen(frozen.pex)),
}
