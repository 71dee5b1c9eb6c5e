"""Run pyzmq's own tests, unchanged, against ctzmq in the place of pyzmq."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, os.fspath(Path(__file__).resolve().parents[1]))

from support import processes, programs, sources, venvs
from support.outcomes import Counts, Outcomes, Peer, Result, read_junit, total
from support.projects import PROJECTS

PYTHONS = ["3.9", "3.11", "3.13", "pypy3"]

EXCLUDED = {
    "test_cffi_backend": "tests the functions of pyzmq's compiled CFFI module",
    "test_cython": "compiles an extension against the Cython headers of pyzmq",
    "test_includes": "tests where pyzmq's C headers and bundled library were installed",
}

FLAKY = {
    "test_log::TestPubLog::test_blank_root_topic": "it publishes before its subscription can have "
    "arrived, and waits for ever then, with pyzmq too",
}
TRIES = 10
FLAKY_TIMEOUT = 30.0

DIFFERENT = {
    "test_socket::TestSocketGreen::test_warn_get_timeo": "it expects a warning that time-outs "
    "have no effect; with ctzmq they have",
    "test_socket::TestSocketGreen::test_warn_set_timeo": "it expects a warning that time-outs "
    "have no effect; with ctzmq they have",
}

REQUIREMENTS = ["pytest", "pytest-asyncio>=0.17", "pytest-rerunfailures", "tornado"]
# Of most of them there are no wheels for PyPy. mypy checks pyzmq's examples, one of them in Cython.
COMPILED = [
    f"{name}; platform_python_implementation == 'CPython'"
    for name in ("cython", "gevent", "mypy", "numpy")
]

_WHICH = """
import importlib.metadata, sys, zmq
name = importlib.metadata.version("pyzmq")
where = "libzmq " + zmq.zmq_version()
if len(sys.argv) > 1:
    import ctzmq, ctzmq.libzmq
    assert zmq.Socket is ctzmq.Socket, f"zmq is {zmq.__file__}, which is not ctzmq"
    where += " at " + ctzmq.libzmq.library_path()
print(f"pyzmq {name}, {where}")
"""


def faults(ours: Mapping[str, str], theirs: Mapping[str, str]) -> list[str]:
    """List the tests that fail with ctzmq, and those that it skips and pyzmq runs."""
    found = []
    for test, outcome in ours.items():
        peer = theirs.get(test, "skipped")
        if outcome == "failed":
            found.append(f"failed{', as with pyzmq' if peer == 'failed' else ''}: {test}")
        elif outcome == "skipped" and peer != "skipped":
            found.append(f"skipped, and pyzmq runs it: {test}")
    return found


def chosen(names: Sequence[str], present: Sequence[str]) -> list[str]:
    """Return what to run for the FILES of the command line.

    ``all``, and no name at all, stand for every file that is not excluded. Raises SetupError for
    an unknown file.
    """
    picked: list[str] = []
    for name in names or ["all"]:
        if name == "all":
            picked += [stem for stem in present if stem not in EXCLUDED]
            continue
        file, colons, test = name.partition("::")
        stem = Path(file).name
        stem = stem[:-3] if stem.endswith(".py") else stem
        if stem not in present:
            raise venvs.SetupError(f"pyzmq has no test file {name!r}; it has {', '.join(present)}")
        picked.append(stem + colons + test)
    return picked


def fetch_tests() -> Path:
    """Return a folder with pyzmq's tests as its source distribution has them, without its zmq."""
    folder = venvs.CHECKOUT / ".venv-conformance-tests"
    # pip wants the metadata of what it downloads; the build backend gives it without a compiler.
    return sources.fetch(
        venvs.tools(),
        "pyzmq",
        venvs.PYZMQ_VERSION,
        folder,
        lambda path: not path.startswith("zmq/"),
        ["--no-build-isolation"],
    )


class Side(NamedTuple):
    """An interpreter with the packages to run the tests with."""

    name: str
    python: Path
    suite: Path
    options: argparse.Namespace

    def run(self, target: str) -> Result:
        """Run a file, or one test of it; a test that is known to be flaky by itself."""
        flaky = [test for test in FLAKY if test.startswith(f"{target}::")]
        if target in FLAKY:
            return self.run_again(target)
        deselected = [f"--deselect=tests/{test.replace('::', '.py::', 1)}" for test in flaky]
        result = self.run_once(target, deselected, self.options.timeout)
        for test in flaky:
            again = self.run_again(test)
            notes = ", ".join(filter(None, [result.note, again.note]))
            result = Result({**result.outcomes, **again.outcomes}, notes)
        return result

    def run_again(self, test: str) -> Result:
        """Run one flaky test until it passes."""
        for number in range(TRIES):
            result = self.run_once(test, [], FLAKY_TIMEOUT, quiet=number + 1 < TRIES)
            if result.counts.ok:
                break
        return result

    def run_once(
        self, target: str, extra: Sequence[str], timeout: float, quiet: bool = False
    ) -> Result:
        """Run pytest in a process of its own; print its output if a test failed."""
        with tempfile.TemporaryDirectory() as folder:
            report, log = Path(folder, "report.xml"), Path(folder, "output.log")
            note = self.pytest(target, [*extra, f"--junitxml={report}"], log, timeout)
            result = Result({}, note)
            if report.exists():
                result = Result(read_junit(report.read_text(encoding="utf-8"), DIFFERENT), note)
            if self.options.verbose or not (quiet or result.counts.ok or self.name == "pyzmq"):
                print(log.read_text(encoding="utf-8", errors="replace"))
        return result

    def pytest(self, target: str, extra: Sequence[str], log: Path, timeout: float) -> str:
        """Run pytest; return what kept it from coming to an end by itself, or nothing."""
        file, colons, test = target.partition("::")
        command: list[str | Path] = [self.python, "-m", "pytest", "-p", "no:cacheprovider", "-rs"]
        command += [f"--tb={self.options.tb}", *extra, f"tests/{file}.py{colons}{test}"]
        command += ["-k", self.options.keyword] if self.options.keyword else []
        code = processes.run(command, log, timeout, self.suite).code
        if code is None:
            return f"did not end within {timeout:g} s"
        return "" if code in (0, 1, 5) else f"pytest ended with exit code {code}"


def which(python: Path, *arguments: str) -> str:
    """Tell which pyzmq and which libzmq an interpreter has."""
    return venvs.run([python, "-c", _WHICH, *arguments], "zmq").strip()


def prepare(name: str | None, suite: Path, options: argparse.Namespace) -> tuple[str, Side, Peer]:
    """Make the environments of an interpreter; return its tag, ctzmq's side and pyzmq's."""
    interpreter, tag = venvs.find_interpreter(name)
    requirements = [*REQUIREMENTS, *COMPILED, *options.extra]
    ours = venvs.environment(f"conformance-{tag}", interpreter, requirements)
    install_shim(ours)
    print(f"\n{tag}: ctzmq for {which(ours, 'ours')}")
    pin = f"pyzmq=={venvs.PYZMQ_VERSION}"
    theirs = venvs.environment(f"conformance-{tag}-pyzmq", interpreter, [pin, *requirements])
    made_with = f"{which(theirs)}, {os.path.realpath(interpreter)}, {requirements}"
    everything = argparse.Namespace(**{**vars(options), "keyword": None, "verbose": False})
    peer = Peer(tag, Side("pyzmq", theirs, suite, everything).run, made_with, options.peer)
    return tag, Side("ctzmq", ours, suite, options), peer


def install_shim(python: Path) -> None:
    """Install this checkout, and its shim in the place of pyzmq."""
    wheels = venvs.CHECKOUT / ".venv-conformance-wheels"
    venvs.install_wheel(python, venvs.checkout_wheel(wheels / "ctzmq"))
    shutil.rmtree(wheels / "shim", ignore_errors=True)
    venvs.run([python, "-m", "ctzmq", "shim", "--out", wheels / "shim"], "ctzmq shim")
    venvs.install_wheel(python, next((wheels / "shim").glob("pyzmq-*.whl")))


def line(name: str, counts: Sequence[Counts], seconds: float) -> str:
    """Format the counts of one file, for ctzmq and for pyzmq."""
    cells = [f"{c.passed:6} {c.failed:6} {c.skipped:7} {c.differs:7}" for c in counts]
    notes = "; ".join(c.note for c in counts if c.note)
    return f"{name:20} {' |'.join(cells)} {seconds:7.1f} s {notes}".rstrip()


def run_python(name: str | None, targets: Sequence[str], options: argparse.Namespace) -> list[str]:
    """Run the tests on one interpreter; return the lines to sum it up, the faulty ones first."""
    tag, side, peer = prepare(name, fetch_tests(), options)
    head = "passed failed skipped differs"
    print(f"{'':20} {'ctzmq':>6}{'pyzmq':>32}\n{'':20} {head} | {head}", flush=True)
    ours: list[Counts] = []
    theirs: list[Counts] = []
    problems: list[str] = []
    outcomes: Outcomes = {}
    start = time.monotonic()
    for target in targets:
        file_start = time.monotonic()
        result = side.run(target)
        outcomes.update(result.outcomes)
        pyzmq = peer.run(target.partition("::")[0])
        ours.append(result.counts)
        theirs.append(pyzmq.counts)
        print(line(target, [ours[-1], theirs[-1]], time.monotonic() - file_start), flush=True)
        problems += [f"{tag}: {fault}" for fault in faults(result.outcomes, pyzmq.outcomes)]
        problems += [f"{tag}: {target} {result.note}"] if result.note else []
    print(line("total", [total(ours), total(theirs)], time.monotonic() - start), flush=True)
    if not total(ours).passed and not problems:
        problems.append(f"{tag}: no test was run")
    for test, outcome in outcomes.items():
        if outcome == "differs":
            print(f"differs: {test}: {DIFFERENT[test]}")
    return problems


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    tables = {
        "not run, as they do not apply": EXCLUDED,
        "run again when they fail": FLAKY,
        "fail, and should": DIFFERENT,
        "not run of the programs' own tests": {
            f"{name} {test}": why
            for name, project in PROJECTS.items()
            for test, why in project.deselected.items()
        },
    }
    epilog = ""
    for title, table in tables.items():
        epilog += f"{title}:\n" + "".join(f"  {name}: {why}\n" for name, why in table.items())
    parser = argparse.ArgumentParser(
        prog="scripts/conformance",
        description=f"{__doc__} The tests come from the source distribution of pyzmq "
        f"{venvs.PYZMQ_VERSION}. pyzmq itself runs them, too, once on each interpreter: a test "
        "that it runs and ctzmq skips counts as a fault.",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("files", nargs="*", metavar="FILES",
        help="test_x, test_x.py, test_x.py::name or 'all'; with --programs, "
        "names of programs")  # fmt: skip
    add("--python", action="append", metavar="PYTHON", help="interpreter: a path, a command or a "
        "version like 3.12; may be repeated (default: the running one for FILES, else those of "
        f"{', '.join(PYTHONS)} that are found)")  # fmt: skip
    add("--peer", action="store_true", help="run pyzmq anew, in place of what it did before")
    add("--programs", action="store_true", help="run well-known programs in place of "
        f"the tests: {', '.join(programs.present())}")  # fmt: skip
    add("--with", dest="extra", action="append", default=[], metavar="PACKAGE",
        help="also install this package, such as mypy; may be repeated")  # fmt: skip
    add("-k", dest="keyword", metavar="EXPRESSION", help="only the tests that pytest -k selects")
    add("--tb", default="short", help="pytest's traceback style (default: short)")
    add("--timeout", type=float, default=300, help="seconds for one file (default: 300)")
    add("-v", "--verbose", action="store_true", help="print the output of every file")
    return parser.parse_args(arguments)


def interpreters(options: argparse.Namespace) -> list[str | None]:
    """Name the interpreters to use; say which of the usual ones is not there."""
    if options.python or options.files:
        return [*(options.python or [None])]
    found: list[str | None] = []
    for name in PYTHONS:
        try:
            venvs.find_interpreter(name)
        except venvs.SetupError:
            print(f"Python {name}: not found")
        else:
            found.append(name)
    return found or [None]


def main() -> int:
    """Run what the command line asks for; return 1 if there was a fault."""
    options = parse()
    problems: list[str] = []
    if options.programs:
        for name in options.python or [None]:
            problems += programs.main(
                name, install_shim, options.files, options.peer, options.verbose
            )
        print("\n" + ("\n".join(problems) or "nothing was worse than with pyzmq"))
        return 1 if problems else 0
    present = sorted(path.stem for path in (fetch_tests() / "tests").glob("test_*.py"))
    targets = chosen(options.files, present)
    for name in interpreters(options):
        problems += run_python(name, targets, options)
    print("\n" + ("\n".join(problems) or "all passed, and nothing was skipped that pyzmq runs"))
    return 1 if problems else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except venvs.SetupError as problem:
        print(f"conformance cannot go on: {problem}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
