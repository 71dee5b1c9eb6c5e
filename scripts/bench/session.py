"""Environments, worker processes, and the alternation of samples."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from support import venvs

from bench.cases import FLAVOURS, Case
from bench.stats import next_count

PATIENCE = 60.0  # seconds for one sample before its worker counts as stuck

_PROBE = """
import importlib, importlib.metadata as metadata, json, sys
zmq = importlib.import_module(sys.argv[1])
about = {"version": metadata.version(sys.argv[2]), "libzmq": zmq.zmq_version()}
if sys.argv[1].startswith("ctzmq"):
    import ctzmq.libzmq
    about["library"] = ctzmq.libzmq.library_path()
print(json.dumps(about))
"""

_WHEEL_LIBRARY = """
import glob, os, sysconfig
site = sysconfig.get_path("platlib")
for where in ("pyzmq.libs/libzmq-*.so*", "zmq/.dylibs/libzmq*.dylib", "pyzmq.libs/libzmq*.dll"):
    for path in glob.glob(os.path.join(site, where)):
        print(path)
"""

_IMPORT = """
from time import perf_counter
start = perf_counter()
import {module}
print(perf_counter() - start)
"""


@dataclass(frozen=True)
class Side:
    """One contestant: the interpreter of its environment, its module, what it needs to be set."""

    name: str
    python: Path
    module: str
    env: Mapping[str, str]

    def about(self) -> dict[str, str]:
        """Return the version of the package and of the libzmq that it loads."""
        distribution = "ctzmq" if self.module.startswith("ctzmq") else "pyzmq"
        command = [os.fspath(self.python), "-c", _PROBE, self.module, distribution]
        done = subprocess.run(
            command, env=venvs.clean_environment(self.env), capture_output=True, text=True
        )
        if done.returncode:
            raise venvs.SetupError(f"{self.name} cannot be imported:\n{done.stderr}")
        answer: dict[str, str] = json.loads(done.stdout)
        return answer


class Timed(Protocol):
    """What samples are taken from."""

    def sample(self, count: int) -> float:
        """Return the seconds that ``count`` operations take."""

    def close(self) -> None:
        """End it."""


class WorkerError(Exception):
    """A measured process failed; the text holds what it wrote."""


class Worker:
    """A measured process."""

    def __init__(self, side: Side, case: Case) -> None:
        self._what = f"{case.name} with {side.name}"
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  (closed in close)
        script = Path(__file__).with_name("worker.py")
        self._process = subprocess.Popen(
            [os.fspath(side.python), os.fspath(script), json.dumps(case.spec(side.module))],
            env=venvs.clean_environment(side.env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        try:
            self._read()
        except WorkerError:
            self.close()
            raise

    def _read(self) -> str:
        assert self._process.stdout is not None
        alarm = threading.Timer(PATIENCE, self._process.kill)
        alarm.start()
        try:
            line = self._process.stdout.readline()
        finally:
            alarm.cancel()
        if not line:
            code = self._process.wait()
            self._errors.seek(0)
            raise WorkerError(f"{self._what} ended with {code}: {self._errors.read().strip()}")
        return line

    def sample(self, count: int) -> float:
        """Return the seconds that ``count`` operations take; raise WorkerError if they fail."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{count}\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # the reader finds out why
        return float(self._read())

    def close(self) -> None:
        """End the process."""
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()


class FreshImport:
    """The import of a module, each time in a new interpreter."""

    def __init__(self, side: Side) -> None:
        program = _IMPORT.format(module=side.module)
        self._command = [os.fspath(side.python), "-I", "-c", program]
        self._env = venvs.clean_environment(side.env)

    def sample(self, count: int) -> float:
        """Return the seconds of ``count`` imports."""
        return sum(self._once() for _ in range(count))

    def _once(self) -> float:
        done = subprocess.run(
            self._command, env=self._env, capture_output=True, text=True, timeout=PATIENCE
        )
        if done.returncode:
            raise WorkerError(f"import failed: {done.stderr.strip()}")
        return float(done.stdout)

    def close(self) -> None:
        """Do nothing: no process outlives its sample."""


@dataclass(frozen=True)
class Effort:
    """How long and how often to measure: seconds a sample, seconds of warm-up a process.

    Each case is run in ``launches`` pairs of processes, with ``rounds`` pairs of samples each.
    """

    launches: int
    rounds: int
    sample: float
    warm_up: float

    @property
    def pairs(self) -> int:
        return self.launches * self.rounds


@contextmanager
def _opened(side: Side, case: Case) -> Iterator[Timed]:
    timed: Timed = FreshImport(side) if case.fresh else Worker(side, case)
    try:
        yield timed
    finally:
        timed.close()


def _warm_up(timed: Timed, seconds: float) -> float:
    """Run for some time; return the seconds an operation took in the end."""
    count, left = 1, seconds
    while True:
        took = timed.sample(count)
        left -= took
        if left <= 0:
            return took / count
        count = next_count(count, took, min(left, seconds / 4) + 1e-3)


def measure(
    ours: Side, theirs: Side, case: Case, effort: Effort, tick: Callable[[], None]
) -> tuple[list[float], list[float]]:
    """Take samples of both sides in turn; return the seconds of one operation for each sample.

    Raises WorkerError when a side fails.
    """
    samples: tuple[list[float], list[float]] = ([], [])
    for _ in range(effort.launches):
        with _opened(ours, case) as a, _opened(theirs, case) as b:
            count = 1
            if not case.fresh:
                slower = max(_warm_up(a, effort.warm_up), _warm_up(b, effort.warm_up))
                count = max(2, int(effort.sample / slower))
            for _ in range(effort.rounds):
                for timed, list_ in zip((a, b), samples):
                    list_.append(timed.sample(count) / count)
                tick()
    return samples


def _wheel_library(python: Path) -> str:
    found = venvs.run([python, "-c", _WHEEL_LIBRARY], "finding pyzmq's libzmq").split("\n")
    if not found[0]:
        raise venvs.SetupError("this pyzmq holds no libzmq of its own; use --library own")
    return found[0]


def contestants(
    interpreter: str, tag: str, flavour_name: str, library: str, wheel: Path | None
) -> tuple[Side, Side]:
    """Make the environments of a flavour; return ctzmq's side and its peer's.

    ``library`` is ``same`` (ctzmq loads the libzmq inside pyzmq's wheel), ``own`` (the one that
    ctzmq finds by itself) or a path. Without ``wheel``, pyzmq stands on both sides, which shows
    the noise of the machine.
    """
    flavour = FLAVOURS[flavour_name]
    pyzmq = [f"pyzmq=={venvs.PYZMQ_VERSION}", *flavour.requirements]
    name = f"bench-{tag}-{flavour_name}"
    peer = venvs.environment(f"{name}-pyzmq", interpreter, pyzmq)
    theirs = Side("pyzmq", peer, flavour.theirs, {})
    if wheel is None:
        return Side("pyzmq again", peer, flavour.theirs, {}), theirs
    python = venvs.environment(f"{name}-ctzmq", interpreter, flavour.requirements)
    venvs.install_wheel(python, wheel)
    env = {}
    if library != "own":
        env["CTZMQ_LIBRARY"] = _wheel_library(peer) if library == "same" else library
    return Side("ctzmq", python, flavour.ours, env), theirs
