"""Well-known programs and the tests of well-known projects, with ctzmq in the place of pyzmq.

Each runs with pyzmq, too, in an environment that is otherwise the same. A program, a script in the
folder ``programs``, counts as one test.
"""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from support import outcomes, processes, sources, venvs
from support.projects import PROJECTS, Project

FOLDER = Path(__file__).resolve().parents[1] / "programs"
REQUIREMENTS = [
    "imagezmq",
    "ipykernel",
    "jupyter_client",
    "nbconvert",
    "nbformat",
    "numpy",
    "tornado",
]
TESTING = ["pytest", "pytest-asyncio", "pytest-timeout"]
TIMEOUT = 300.0
TEST_TIMEOUT = 90

_WHAT = """
import importlib.metadata, sys, sysconfig, zmq
print("ctzmq" if zmq.Socket.__module__.startswith("ctzmq") else "pyzmq")
print(sysconfig.get_path("purelib"))
for distribution in importlib.metadata.distributions():
    print(distribution.metadata["Name"], distribution.version)
"""


def present() -> list[str]:
    """List the names of the programs and the projects."""
    return sorted([*(path.stem for path in FOLDER.glob("*.py")), *PROJECTS])


def requirements() -> list[str]:
    """List what both environments need."""
    found = {*REQUIREMENTS, *TESTING}
    for name, project in PROJECTS.items():
        marker = f"; {project.where}" if project.where else ""
        found.update(f"{package}{marker}" for package in (name, *project.needs))
    return sorted(found)


def plain(name: str) -> str:
    """Return the name of a package as packages are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


class Side(NamedTuple):
    """An environment: its interpreter, and what it has."""

    python: Path
    binding: str
    packages: Path
    versions: dict[str, str]
    verbose: bool = False

    def run(self, name: str) -> outcomes.Result:
        """Run a program or the tests of a project; print its output where that tells something."""
        with tempfile.TemporaryDirectory() as folder:
            scratch = Path(folder)
            if name in PROJECTS:
                ending, result = self.run_tests(name, PROJECTS[name], scratch)
            else:
                ending = self.end([FOLDER / f"{name}.py"], scratch, TIMEOUT)
                result = outcomes.Result({name: "passed" if ending.code == 0 else "failed"})
        notes = [] if ending.code is not None else ["did not end"]
        if ending.left:
            notes.append(f"left {ending.left} processes running")
        if ending.code not in (None, 0, 1):
            notes.append(f"ended with exit code {ending.code}")
        result = result._replace(note=", ".join(notes))
        if self.verbose or (self.binding == "ctzmq" and not result.counts.ok):
            print(ending.output, flush=True)
        return result

    def run_tests(
        self, name: str, project: Project, scratch: Path
    ) -> tuple[processes.Ending, outcomes.Result]:
        """Run the tests of a project, where they are or in its source distribution."""
        home, cwd = self.packages, scratch
        if project.taken:
            version = self.versions[plain(name)]
            folder = venvs.CHECKOUT / ".venv-programs-sources" / name
            home = cwd = sources.fetch(
                self.python, name, version, folder, lambda path: path.startswith(project.taken)
            )
        report = scratch / "report.xml"
        # Not the configuration of ctzmq, in whose folder all this lies.
        command: list[str | Path] = ["-m", "pytest", "-c", os.devnull, f"--rootdir={home}"]
        command += ["-p", "no:cacheprovider", f"--timeout={TEST_TIMEOUT}", "--tb=short", "-q"]
        command += [f"--junitxml={report}", *project.options]
        for test in project.deselected:
            command.append(f"--deselect={test}" if "::" in test else f"--ignore={home / test}")
        # A release for an older Python may lack some.
        command += [home / test for test in project.tests if (home / test).exists()]
        ending = self.end(command, scratch, project.timeout, cwd)
        ended = report.read_text(encoding="utf-8") if report.exists() else "<testsuites/>"
        outcome = outcomes.read_junit(ended) or {name: "failed"}
        return ending, outcomes.Result(outcome)

    def end(
        self,
        arguments: Sequence[str | Path],
        scratch: Path,
        timeout: float,
        cwd: Path | None = None,
    ) -> processes.Ending:
        """Run the interpreter until it ends; the commands of the environment are found first."""
        path = os.pathsep.join([os.fspath(self.python.parent), os.environ.get("PATH", "")])
        log, extra = scratch / "output.log", {"PATH": path, "JUPYTER_PLATFORM_DIRS": "1"}
        return processes.run([self.python, *arguments], log, timeout, cwd, extra)


def look(python: Path, verbose: bool = False) -> Side:
    """Tell what an environment has."""
    binding, packages, *lines = venvs.run([python, "-c", _WHAT], "zmq").splitlines()
    versions = {plain(name): version for name, version in (line.split() for line in lines)}
    return Side(python, binding, Path(packages), versions, verbose)


def line(name: str, counts: Sequence[outcomes.Counts], seconds: float) -> str:
    """Format the counts of one program, for ctzmq and for pyzmq."""
    cells = [f"{c.passed:6} {c.failed:6} {c.skipped:7}" for c in counts]
    notes = zip(("ctzmq", "pyzmq"), counts)
    told = "; ".join(f"{side} {c.note}" for side, c in notes if c.note)
    return f"{name:20} {' |'.join(cells)} {seconds:7.1f} s  {told}".rstrip()


def main(
    python: str | None,
    install_shim: Callable[[Path], None],
    names: Sequence[str] = (),
    anew: bool = False,
    verbose: bool = False,
) -> list[str]:
    """Run the programs with ctzmq and with pyzmq; return what was worse with ctzmq.

    Raises SetupError for an unknown name.
    """
    known = present()
    for name in names:
        if name not in known:
            raise venvs.SetupError(f"there is no program {name!r}; there are {', '.join(known)}")
    interpreter, tag = venvs.find_interpreter(python)
    pyzmq = f"pyzmq=={venvs.PYZMQ_VERSION}"
    packages = [pyzmq, *requirements()]
    theirs = look(venvs.environment(f"programs-{tag}-pyzmq", interpreter, packages))
    ours = venvs.environment(f"programs-{tag}", interpreter, packages)
    install_shim(ours)
    side = look(ours, verbose)
    assert (side.binding, theirs.binding) == ("ctzmq", "pyzmq")
    made_with = f"{pyzmq}, {os.path.realpath(interpreter)}, {sorted(theirs.versions.items())}"
    peer = outcomes.Peer(f"programs-{tag}", theirs.run, made_with, anew)
    head = "passed failed skipped"
    print(f"\n{tag:20} {'ctzmq':>6}{pyzmq:>30}\n{'':20} {head} | {head}", flush=True)
    problems = []
    for name in names or known:
        if name in PROJECTS and plain(name) not in side.versions:
            print(f"{name:20} skipped: it needs {PROJECTS[name].where}", flush=True)
            continue
        problems += [f"{tag}: {name}: {fault}" for fault in compare(name, side, peer)]
    return problems


def compare(name: str, side: Side, peer: outcomes.Peer) -> list[str]:
    """Run one program with both; print the line of it, and return what was worse with ctzmq."""
    start = time.monotonic()
    ours = side.run(name)
    seconds = time.monotonic() - start
    theirs = peer.run(name)
    print(line(name, [ours.counts, theirs.counts], seconds), flush=True)
    return outcomes.worse(ours, theirs)
