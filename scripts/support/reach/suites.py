"""Runs the doctor and tests with a Python in some place, and counts how they end."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from support import groups, processes, venvs
from support.outcomes import read_junit
from support.reach import places
from support.reach.results import Result

FACTS = """
import json, platform, struct, sys
version = getattr(sys, "pypy_version_info", sys.version_info)
name = platform.python_implementation() + " " + ".".join(map(str, version[:3]))
if not getattr(sys, "_is_gil_enabled", lambda: True)():
    name += " without the GIL"
bits = struct.calcsize("P") * 8
print(json.dumps(f"{name}, {platform.machine()}, {bits} bits, {sys.byteorder}-endian"))
"""

# What the tests want beside ctzmq, there; pip brings a parser of requirements along.
WANTED = """
import sys
from pip._vendor.packaging.requirements import Requirement
for text in sys.argv[1:]:
    requirement = Requirement(text)
    if requirement.marker is None or requirement.marker.evaluate():
        print(f"{requirement.name}{requirement.specifier}")
"""

CORE = ("tests/libzmq", "tests/constants", "tests/core")
WHOLE = ("tests", "--ignore=tests/scripts", "--ignore=tests/interop")


class Python(NamedTuple):
    """A Python with pytest in some place."""

    place: places.Host | places.Root
    words: Sequence[str]
    """What starts it there."""

    checkout: Path
    """The copy of the checkout that is tested."""

    environment: Mapping[str, str] = {}
    notes: Sequence[str] = ()

    def run(self, log: str, words: Sequence[str], timeout: float = 300) -> processes.Ending:
        """Run this Python with arguments, in the copy of the checkout."""
        command = self.place.command([*self.words, *words], self.environment, self.checkout)
        return processes.run(command, places.log_file(log), timeout)


def last_json(text: str) -> object:
    """Read the JSON value at the end of an output, whatever stands before it."""
    for start in ("\n{\n", '\n"'):
        _, found, rest = f"\n{text}".rpartition(start)
        if found:
            return json.loads(found + rest)
    raise ValueError(f"no JSON in {text[-200:]!r}")


def examine(
    name: str,
    python: Python,
    tests: Sequence[str] = WHOLE,
    workers: int = 0,
    timeout: float = 2400,
    each: float = 240,
) -> Result:
    """Run the doctor and tests; `each` test may take so many seconds."""
    began = time.monotonic()
    about = facts(name, python)
    problems = []
    doctor = python.run(f"{name}-doctor", ["-m", "ctzmq", "doctor", "--json"])
    report: dict[str, object] = {}
    try:
        found = last_json(doctor.output)
    except ValueError:
        problems.append(f"doctor: {doctor.output[-300:]}")
    else:
        assert isinstance(found, dict)
        report = found
        if doctor.code != 0:
            checks = [c for c in report.get("checks", ()) if c["ok"] is False]  # type: ignore[attr-defined]
            problems += [f"doctor: {check['name']}: {check['detail']}" for check in checks]
            problems += [] if checks else [f"doctor: {report.get('error')}"]
    library = report.get("library")
    shown = Result(
        name,
        python=about,
        libzmq=library["version"] if isinstance(library, dict) else "none",
        native=made_by(report),
        ran=describe(tests),
        notes=list(python.notes),
        date=time.strftime("%Y-%m-%d", time.gmtime()),
    )
    outcomes, note = pytest(name, python, tests, workers, timeout, each)
    ends = list(outcomes.values())
    problems += [test for test, end in outcomes.items() if end == "failed"]
    problems += [note] if note else []
    return shown._replace(
        passed=ends.count("passed"),
        failed=ends.count("failed"),
        skipped=ends.count("skipped"),
        problems=problems,
        seconds=round(time.monotonic() - began),
    )


def made_by(report: Mapping[str, object]) -> str:
    """Say in a word what makes the calls of each message natively, or that nothing does."""
    calls = report.get("calls")
    return calls["by"] if report.get("native_calls") and isinstance(calls, dict) else "off"


def facts(name: str, python: Python) -> str:
    """Say what a Python is; raise BuildError if it does not start."""
    ending = python.run(f"{name}-facts", ["-c", FACTS])
    if ending.code != 0:
        raise places.BuildError(f"its Python does not start: {ending.output[-300:]}")
    return str(last_json(ending.output))


def describe(tests: Sequence[str]) -> str:
    """Say which tests were run."""
    if tests == WHOLE:
        return "all tests of the package"
    folders = [test for test in tests if test.startswith("tests/")]
    return f"doctor; {', '.join(folders)}".replace("tests/core/test_", "")


def pytest(
    name: str,
    python: Python,
    tests: Sequence[str],
    workers: int,
    timeout: float,
    each: float,
) -> tuple[Mapping[str, str], str]:
    """Run pytest; return how each test ended, and what kept pytest from coming to an end."""
    report = python.checkout / "report.xml"
    parallel = ["-n", str(workers), "--dist", "worksteal"] if workers else []
    options = ["-q", "-rs", "--tb=short", "-p", "no:cacheprovider", "-o", f"timeout={each:g}"]
    options += ["-o", f"faulthandler_timeout={each:g}"]
    options += [f"--junitxml={python.place.inside(report)}", *parallel]
    ending = python.run(name, ["-m", "pytest", *options, *tests], timeout)
    outcomes = read_junit(report.read_text(encoding="utf-8")) if report.exists() else {}
    if ending.code is None:
        return outcomes, f"pytest did not end within {timeout:g} s"
    if ending.code not in (0, 1) or not outcomes:
        last = ending.output.splitlines()[-1:]
        return outcomes, f"pytest ended with exit code {ending.code}: {''.join(last)}"
    return outcomes, ""


def environment(
    place: places.Host | places.Root,
    name: str,
    base: Sequence[str],
    unwanted: Sequence[str] = (),
) -> Python:
    """Make a virtual environment in some place, with ctzmq and what the tests want.

    Of what the tests want, that is left out which is `unwanted` or of which there is no wheel.
    """
    folder = place.folder / "venvs" / name
    checkout = place.folder / "src" / name
    places.copy_checkout(checkout)
    words = [f"{place.inside(folder)}/bin/python"]
    python = Python(place, words, checkout)
    stamp = folder / "made-with.json"
    suite = groups.of_project("suite", checkout / "pyproject.toml")
    wanted = [*base, *unwanted, *suite]
    known = json.loads(stamp.read_text(encoding="utf-8")) if stamp.exists() else {}
    if known.get("wanted") != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        make = place.command([*base, "-m", "venv", place.inside(folder)], {}, checkout)
        places.build(f"{name}-venv", make)
        packages = python.run(f"{name}-wanted", ["-c", WANTED, *suite]).output.split()
        known = {"wanted": wanted, "lacking": install_most(python, name, packages, unwanted)}
        stamp.write_text(json.dumps(known), encoding="utf-8")
    install(python, name, ["--no-deps", "--force-reinstall", "."])
    notes = [f"without {', '.join(known['lacking'])}"] if known["lacking"] else []
    return python._replace(notes=notes)


def system_python(
    root: places.Root,
    name: str,
    words: Sequence[str] = ("/usr/bin/python3",),
    beside: Sequence[str] = (),
) -> Python:
    """Return a Python of a root's own, beside which ctzmq is installed, and other packages."""
    checkout, site = root.folder / "src" / name, root.folder / "src" / f"{name}-site"
    places.copy_checkout(checkout)
    distribution(site, checkout, beside)
    return Python(root, words, checkout, {"PYTHONPATH": root.inside(site)})


def distribution(folder: Path, checkout: Path, beside: Sequence[str] = ()) -> None:
    """Install ctzmq into a folder, and packages beside it, for Pythons that have no pip."""
    host = places.Host()
    tools = host.folder / "venvs" / "tools"
    if not (tools / "made").exists():
        places.build("tools", [venvs.own_interpreter(), "-m", "venv", "--clear", tools])
        (tools / "made").touch()
    shutil.rmtree(folder, ignore_errors=True)
    pip: list[str | Path] = [
        venvs.venv_python(tools),
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
    ]
    places.build("distribution", [*pip, "--target", folder, checkout, *beside])


def install_most(
    python: Python, name: str, packages: Sequence[str], unwanted: Sequence[str]
) -> list[str]:
    """Install packages that are not `unwanted` and of which there are wheels; return the others."""
    left_out = [package for package in packages if package.startswith(tuple(unwanted))]
    wanted = [package for package in packages if package not in left_out]
    wheels = "--only-binary=:all:"
    with contextlib.suppress(places.BuildError):
        install(python, name, [wheels, *wanted])
        return left_out
    for package in wanted:
        try:
            install(python, name, [wheels, package])
        except places.BuildError:
            left_out.append(package)
    return left_out


def install(python: Python, name: str, arguments: Sequence[str]) -> None:
    """Install packages with pip; raise BuildError if it can't."""
    command = ["-m", "pip", "install", "-q", "--disable-pip-version-check", *arguments]
    if python.run(f"{name}-pip", command, 900).code != 0:
        log = places.log_file(f"{name}-pip")
        kept = log.with_name(f"{log.stem}-failed.log")
        os.replace(log, kept)
        raise places.BuildError(f"pip could not install {' '.join(arguments)} (see {kept})")
