"""Environments, worker processes, and the alternation of samples."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support import venvs

from benchmarks.cases import Case
from benchmarks.contests import CONTESTS, Contest, Entrant, requirements
from benchmarks.stats import next_count

PATIENCE = 60.0  # seconds for one sample before its worker counts as stuck

_PROBE = """
import importlib, importlib.metadata as metadata, json, sys
zmq = importlib.import_module(sys.argv[1])
about = {"version": metadata.version(sys.argv[2]), "libzmq": zmq.zmq_version()}
if sys.argv[1].startswith("ctzmq"):
    import ctzmq.libzmq, os.path
    about["library"] = os.path.basename(ctzmq.libzmq.library_path())
print(json.dumps(about))
"""

_WHEEL_LIBRARY = """
import glob, os, sysconfig
site = sysconfig.get_path("platlib")
for where in ("pyzmq.libs/libzmq-*.so*", "zmq/.dylibs/libzmq*.dylib", "pyzmq.libs/libzmq*.dll"):
    for path in glob.glob(os.path.join(site, where)):
        print(path)
"""


@dataclass(frozen=True)
class Side:
    """One contestant: its interpreter, what its workers are told, its environment variables."""

    name: str
    python: Path
    spec: Mapping[str, Any]
    env: Mapping[str, str] = field(default_factory=dict)

    def about(self) -> dict[str, str]:
        """Return the version of the package and of the libzmq that it loads."""
        command = [os.fspath(self.python), "-c", _PROBE, self.spec["module"], self.name.split()[0]]
        done = subprocess.run(
            command, env=venvs.clean_environment(self.env), capture_output=True, text=True
        )
        if done.returncode:
            raise venvs.SetupError(f"{self.name} cannot be imported:\n{done.stderr}")
        answer: dict[str, str] = json.loads(done.stdout)
        return answer


Sides = tuple[Side, Side]


class WorkerError(Exception):
    """A measured process failed; the text holds what it wrote."""


class Worker:
    """A measured process; ``folder`` is for the sockets of ipc."""

    def __init__(self, side: Side, case: Case, clock: str, folder: str) -> None:
        self._what = f"{case.name} with {side.name}"
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  (closed in close)
        script = Path(__file__).with_name("worker.py")
        spec = {**side.spec, "workload": case.workload, "args": case.args}
        spec.update(clock=clock, folder=folder)
        self._process = subprocess.Popen(
            [os.fspath(side.python), os.fspath(script), json.dumps(spec)],
            env=venvs.clean_environment(side.env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    def begin(self) -> None:
        """Wait until it is ready; raise WorkerError if it fails."""
        self._read()

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
        """Return what ``count`` operations take; raise WorkerError if they fail."""
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


@dataclass(frozen=True)
class Effort:
    """How long and how often to measure: seconds a sample, seconds of warm-up a process.

    Each case is run in ``launches`` pairs of processes, with ``rounds`` pairs of samples each. The
    ``clock`` is ``wall``, or ``cpu`` for processor time, where one process does everything.
    """

    launches: int
    rounds: int
    sample: float
    warm_up: float
    clock: str = "wall"

    @property
    def pairs(self) -> int:
        return self.launches * self.rounds


@contextmanager
def _workers(sides: Sides, case: Case, clock: str) -> Iterator[list[Worker]]:
    """Start a process for each side, both at once."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, contextlib.ExitStack() as stack:
        workers = []
        for side in sides:
            workers.append(Worker(side, case, clock, folder))
            stack.callback(workers[-1].close)
        for worker in workers:
            worker.begin()
        yield workers


def _warm_up(worker: Worker, seconds: float) -> float:
    """Run for some time; return the seconds an operation took in the end."""
    count, left = 1, seconds
    while True:
        took = worker.sample(count)
        left -= took
        if left <= 0:
            return took / count
        count = next_count(count, took, min(left, seconds / 4) + 1e-3)


def measure(
    sides: Sides, case: Case, effort: Effort, tick: Callable[[], None]
) -> tuple[list[float], list[float]]:
    """Take samples of both sides in turn; return what one operation took, for each sample.

    Raises WorkerError when a side fails.
    """
    samples: tuple[list[float], list[float]] = ([], [])
    for _ in range(effort.launches):
        with _workers(sides, case, effort.clock) as workers:
            count, rounds = case.count, 1
            if not case.count:
                slower = max([_warm_up(worker, effort.warm_up) for worker in workers])
                count, rounds = max(1, int(effort.sample / slower)), effort.rounds
            for _ in range(rounds):
                for worker, list_ in zip(workers, samples):
                    list_.append(worker.sample(count) / count)
                tick()
    return samples


class Environments:
    """The virtual environments of one interpreter, made when they are asked for.

    ``library`` tells which libzmq ctzmq loads: ``same`` (the one inside pyzmq's wheel), ``own``
    (the one that ctzmq finds by itself) or a path. Without a ``wheel`` of ctzmq its peer stands on
    both sides, which shows the noise of the machine.
    """

    def __init__(self, interpreter: str, tag: str, library: str, wheel: Path | None) -> None:
        self._interpreter = interpreter
        self._tag = tag
        self._library = library
        self._wheel = wheel
        self._pythons: dict[str, Path] = {}
        self._sides: dict[str, Sides] = {}

    def sides(self, name: str) -> Sides:
        """Return both sides of a contest, ctzmq's first."""
        if name not in self._sides:
            contest = CONTESTS[name]
            ours, again = (contest.ours, "") if self._wheel else (contest.theirs, " again")
            self._sides[name] = (
                self._side(ours, contest, again),
                self._side(contest.theirs, contest, ""),
            )
        return self._sides[name]

    def _side(self, entrant: Entrant, contest: Contest, suffix: str) -> Side:
        spec = {"module": entrant.module, "library": contest.library, **entrant.settings}
        env = {}
        if entrant.package == "ctzmq" and self._library != "own" and not contest.own_libzmq:
            same = self._library == "same"
            env["CTZMQ_LIBRARY"] = self._wheel_library() if same else self._library
        return Side(entrant.package + suffix, self._python(entrant.package), spec, env)

    def _python(self, package: str) -> Path:
        if package not in self._pythons:
            python = venvs.environment(
                f"bench-{self._tag}-{package}",
                self._interpreter,
                requirements(package, self._tag),
            )
            if package == "ctzmq" and self._wheel is not None:
                venvs.install_wheel(python, self._wheel)
            self._pythons[package] = python
        return self._pythons[package]

    def _wheel_library(self) -> str:
        python = self._python("pyzmq")
        found = venvs.run([python, "-c", _WHEEL_LIBRARY], "finding pyzmq's libzmq").split("\n")
        if not found[0]:
            raise venvs.SetupError("this pyzmq holds no libzmq of its own; use --library own")
        return found[0]
