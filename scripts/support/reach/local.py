"""What this machine's own Python is enough for: other libzmqs, refused memory, frozen programs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from support import venvs
from support.reach import places, suites
from support.reach.results import Result

WHEELS = {"4.1": "16.0.4", "4.2": "17.1.2", "4.3.1": "18.0.2", "4.3.5": venvs.PYZMQ_VERSION}
"""Releases of libzmq, and the releases of pyzmq whose wheels have them."""

OLD = ["--python-version", "3.6", "--abi", "cp36m", "--platform", "manylinux1_x86_64"]
MUSL = ["--python-version", "3.13", "--platform", "musllinux_1_2_x86_64"]

TESTS = (*suites.CORE, "tests/green", "tests/asyncio")

REFUSING = Path(__file__).with_name("refusing.py")


def own_python(name: str) -> suites.Python:
    """Return an environment of the Python that runs this script."""
    return suites.environment(places.Host(), name, [venvs.own_interpreter()])


def library(release: str) -> Callable[[str], Result]:
    """Return what runs the tests with a release of libzmq, taken out of a wheel of pyzmq."""

    def run(name: str) -> Result:
        python = own_python("host")
        path = wheel_library(python, release)
        python = python._replace(environment={"CTZMQ_LIBRARY": path})
        return suites.examine(name, python, TESTS, workers=2)

    return run


def wheel_folder(release: str) -> Path:
    """Return the folder with a wheel and the cache into which its library was fetched."""
    return places.cache() / "wheels" / release


def wheel_library(python: suites.Python, release: str) -> str:
    """Return the path of a release of libzmq, out of a wheel of pyzmq."""
    return take_library(python, wheel(python, release), wheel_folder(release))


def wheel(python: suites.Python, release: str) -> Path:
    """Download the wheel of pyzmq that has a release of libzmq, or that for musl."""
    folder = wheel_folder(release)
    options = {"4.3.5": [], "musl": MUSL}.get(release, OLD)
    if options and places.architecture() != "amd64":
        raise places.Absent("the wheel that is taken is for x86-64")
    if not list(folder.glob("*.whl")):
        requirement = f"pyzmq=={WHEELS.get(release, venvs.PYZMQ_VERSION)}"
        pip = ["-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", *options]
        done = python.run(f"wheel-{release}", [*pip, "-d", str(folder), requirement])
        if done.code != 0:
            raise places.BuildError(f"no wheel of {requirement}: {done.output[-300:]}")
    return next(folder.glob("*.whl"))


def take_library(python: suites.Python, wheel: Path, cache: Path) -> str:
    """Have ``ctzmq fetch`` take the library out of a wheel of pyzmq; return its path."""
    words = ["-m", "ctzmq", "fetch", "--force", "--wheel", python.place.inside(wheel)]
    environment = {**python.environment, "XDG_CACHE_HOME": python.place.inside(cache)}
    fetch = python._replace(environment=environment).run(f"fetch-{wheel.name}", words)
    found = re.search(r"^It opens: libzmq \S+ at (.+)$", fetch.output, re.MULTILINE)
    if not found:
        raise places.BuildError(f"ctzmq fetch: {fetch.output[-300:]}")
    return found[1]


def hardened(name: str) -> Result:
    """Run the tests of the core where no memory may become executable."""
    python = own_python("host")
    words = [*python.words, str(REFUSING), *python.words]
    probe = python._replace(words=words).run(f"{name}-probe", ["-c", "print('ready')"])
    if probe.code != 0:
        raise places.Absent(f"the filter can't be set: {probe.output[-200:]}")
    return suites.examine(name, python._replace(words=words), suites.CORE, workers=2)
