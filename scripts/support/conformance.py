"""Run pyzmq's own tests, unchanged, against ctzmq in the place of pyzmq."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, os.fspath(Path(__file__).resolve().parents[1]))

from support import venvs

FILES = [
    "test_constants",
    "test_context",
    "test_draft",
    "test_error",
    "test_etc",
    "test_imports",
    "test_message",
    "test_monitor",
    "test_multipart",
    "test_pair",
    "test_poll",
    "test_proxy_steerable",
    "test_pubsub",
    "test_reqrep",
    "test_retry_eintr",
    "test_security",
    "test_socket",
    "test_version",
    "test_z85",
]

EXCLUDED = {
    "test_cffi_backend": "tests the functions of pyzmq's compiled CFFI module",
    "test_cython": "compiles an extension against the Cython headers of pyzmq",
    "test_includes": "tests where pyzmq's C headers and bundled library were installed",
    "test_mypy": "type-checks pyzmq's stub files, not what a program does at run time",
}

REQUIREMENTS = ["pytest", "pytest-asyncio>=0.17", "pytest-rerunfailures", "tornado"]
NUMPY = "numpy; platform_python_implementation == 'CPython'"

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


class Counts(NamedTuple):
    """How the tests of one file ended."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    note: str = ""

    @property
    def ok(self) -> bool:
        return not self.failed and not self.note


def read_junit(text: str) -> Counts:
    """Count the tests in pytest's JUnit report; a test that was run again counts once."""
    outcome: dict[tuple[str | None, str | None], str] = {}
    for case in ElementTree.fromstring(text).iter("testcase"):
        kinds = {child.tag for child in case}
        key = case.get("classname"), case.get("name")
        if kinds & {"failure", "error"}:
            outcome[key] = "failed"
        else:
            outcome[key] = "skipped" if "skipped" in kinds else "passed"
    ends = list(outcome.values())
    return Counts(ends.count("passed"), ends.count("failed"), ends.count("skipped"))


def chosen(names: Sequence[str], present: Sequence[str]) -> list[str]:
    """Return the pytest arguments for the FILES of the command line.

    ``all`` stands for every file that is not excluded. Raises SetupError for an unknown file.
    """
    picked: list[str] = []
    for name in names or FILES:
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
    release = f"pyzmq-{venvs.PYZMQ_VERSION}"
    folder = venvs.CHECKOUT / ".venv-conformance-tests"
    suite = folder / release
    if (suite / "complete").exists():
        return suite
    shutil.rmtree(folder, ignore_errors=True)
    print(f"fetching {release}'s source distribution", file=sys.stderr, flush=True)
    # pip wants the metadata of what it downloads; the build backend gives it without a compiler.
    command = ["-m", "pip", "download", "-q", "--no-deps", "--no-build-isolation"]
    pin = f"pyzmq=={venvs.PYZMQ_VERSION}"
    venvs.run(
        [venvs.tools(), *command, "--no-binary", "pyzmq", "-d", folder, pin], f"fetching {pin}"
    )
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        for member in archive:
            parts = Path(member.name).parts
            if not member.isfile() or ".." in parts or parts[0] != release or parts[1] == "zmq":
                continue
            target = folder.joinpath(*parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            content = archive.extractfile(member)
            assert content is not None
            target.write_bytes(content.read())
    (suite / "complete").touch()
    return suite


def prepare(options: argparse.Namespace) -> list[tuple[str, Path]]:
    """Make the environments; return the name and the interpreter of each contestant."""
    interpreter, tag = venvs.find_interpreter(options.python)
    requirements = [*REQUIREMENTS, NUMPY, *options.extra]
    ours = venvs.environment(f"conformance-{tag}", interpreter, requirements)
    wheels = venvs.CHECKOUT / ".venv-conformance-wheels"
    venvs.install_wheel(ours, venvs.checkout_wheel(wheels / "ctzmq"))
    shutil.rmtree(wheels / "shim", ignore_errors=True)
    venvs.run([ours, "-m", "ctzmq", "shim", "--out", wheels / "shim"], "ctzmq shim")
    venvs.install_wheel(ours, next((wheels / "shim").glob("pyzmq-*.whl")))
    sides = [("ctzmq", ours)]
    if options.peer:
        pin = f"pyzmq=={venvs.PYZMQ_VERSION}"
        peer = venvs.environment(f"conformance-{tag}-pyzmq", interpreter, [pin, *requirements])
        sides.append(("pyzmq", peer))
    for name, python in sides:
        which = venvs.run([python, "-c", _WHICH, *(["ours"] if name == "ctzmq" else [])], "zmq")
        print(f"{name}: {tag}, {which.strip()}")
    return sides


def run_file(python: Path, suite: Path, target: str, options: argparse.Namespace) -> Counts:
    """Run one test file in its own process; print its output if a test failed."""
    with tempfile.TemporaryDirectory() as folder:
        report, log = Path(folder, "report.xml"), Path(folder, "output.log")
        note = run_pytest(pytest_command(python, target, report, options), suite, log, options)
        counts = Counts()
        if report.exists():
            counts = read_junit(report.read_text(encoding="utf-8"))
        counts = counts._replace(note=note)
        if options.verbose or not counts.ok:
            print(log.read_text(encoding="utf-8", errors="replace"))
    return counts


def pytest_command(
    python: Path, target: str, report: Path, options: argparse.Namespace
) -> list[str]:
    """Return the command that runs one test file, or one test of it."""
    file, colons, test = target.partition("::")
    command = [os.fspath(python), "-m", "pytest", "-p", "no:cacheprovider", f"--tb={options.tb}"]
    command += ["-rs", f"--junitxml={report}", f"tests/{file}.py{colons}{test}"]
    return command + (["-k", options.keyword] if options.keyword else [])


def run_pytest(command: list[str], suite: Path, log: Path, options: argparse.Namespace) -> str:
    """Run pytest; return what kept it from coming to an end by itself, or an empty string."""
    with open(log, "wb") as output:
        process = subprocess.Popen(
            command,
            cwd=suite,
            env=venvs.clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            process.wait(timeout=options.timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return f"did not end within {options.timeout:g} s"
        except BaseException:
            process.kill()
            process.wait()
            raise
    if process.returncode not in (0, 1, 5):
        return f"pytest ended with exit code {process.returncode}"
    return ""


def line(name: str, counts: Sequence[Counts], seconds: float) -> str:
    """Format the counts of one file, for each contestant."""
    cells = [f"{c.passed:5} {c.failed:6} {c.skipped:7}" for c in counts]
    notes = "; ".join(c.note for c in counts if c.note)
    return f"{name:24} {'  |'.join(cells)} {seconds:8.1f} s {notes}".rstrip()


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    excluded = "".join(f"\n  {name}: {reason}" for name, reason in EXCLUDED.items())
    parser = argparse.ArgumentParser(
        prog="conformance",
        description=f"{__doc__} The tests come from the source distribution of pyzmq "
        f"{venvs.PYZMQ_VERSION}.",
        epilog=f"by default: {' '.join(FILES)}\n\nnot run, as they do not apply:{excluded}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("files", nargs="*", metavar="FILES", help="test_x, test_x.py, test_x.py::name or 'all'")
    add("--python", metavar="PYTHON", help="interpreter: a path, a command or a version like 3.12")
    add("--peer", action="store_true", help="run the same files with pyzmq itself, to compare")
    add("--with", dest="extra", action="append", default=[], metavar="PACKAGE",
        help="also install this package, such as gevent; may be repeated")  # fmt: skip
    add("-k", dest="keyword", metavar="EXPRESSION", help="only the tests that pytest -k selects")
    add("--tb", default="short", help="pytest's traceback style (default: short)")
    add("--timeout", type=float, default=300, help="seconds for one file (default: 300)")
    add("-v", "--verbose", action="store_true", help="print the output of every file")
    return parser.parse_args(arguments)


def main() -> int:
    """Run the files and print their counts; return 1 if anything failed with ctzmq."""
    options = parse()
    suite = fetch_tests()
    present = sorted(path.stem for path in (suite / "tests").glob("test_*.py"))
    targets = chosen(options.files, present)
    sides = prepare(options)
    head = "passed failed skipped"
    print(f"{'':24}{'  |'.join(head for _ in sides)}", flush=True)
    totals = [Counts() for _ in sides]
    failed: list[str] = []
    start = time.monotonic()
    for target in targets:
        file_start = time.monotonic()
        counts = [run_file(python, suite, target, options) for _, python in sides]
        print(line(target, counts, time.monotonic() - file_start), flush=True)
        totals = [
            Counts(t.passed + c.passed, t.failed + c.failed, t.skipped + c.skipped)
            for t, c in zip(totals, counts)
        ]
        if not counts[0].ok:
            failed.append(target)
    print(line("total", totals, time.monotonic() - start))
    if failed:
        print(f"failed with ctzmq: {' '.join(failed)}")
    elif not totals[0].passed:
        print("no test was run")
    return 0 if totals[0].passed and not failed else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except venvs.SetupError as problem:
        print(f"conformance cannot go on: {problem}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
