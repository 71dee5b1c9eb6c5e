"""A program packed with ctzmq into one file, and run with and without the system's libzmq."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from support import processes
from support.reach import local, places, suites
from support.reach.results import Result

MAIN = """\
import ctzmq as zmq
from ctzmq.libzmq.provider import calls

with zmq.Context() as context:
    with context.socket(zmq.PUSH) as push, context.socket(zmq.PULL) as pull:
        port = pull.bind_to_random_port("tcp://127.0.0.1")
        push.connect(f"tcp://127.0.0.1:{port}")
        push.send_multipart([b"sent", b"x" * 100_000], copy=False)
        print("received", *map(len, pull.recv_multipart()), zmq.zmq_version(), "by", calls.NAME)
"""

# Only what is started here sees it.
HIDE = """
for file in "$1"/libzmq.so*; do
    mount --bind /dev/null "$(readlink -f "$file")" 2>/dev/null || true
done
shift
exec "$@"
"""


class Packed(NamedTuple):
    """A packed program."""

    command: Sequence[str | Path]
    brings: bool = False
    """Whether it brings its libzmq along."""


Pack = Callable[[suites.Python, Path, Path], Packed]


def pyinstaller(python: suites.Python, folder: Path, library: Path) -> Packed:
    """Pack with PyInstaller, and without a libzmq."""
    return _pyinstaller(python, folder, [])


def pyinstaller_with_library(python: suites.Python, folder: Path, library: Path) -> Packed:
    """Pack with PyInstaller as the documentation says, with a libzmq."""
    return _pyinstaller(python, folder, ["--add-binary", f"{library}:."])._replace(brings=True)


def _pyinstaller(python: suites.Python, folder: Path, options: Sequence[str]) -> Packed:
    suites.install(python, "pyinstaller", ["pyinstaller"])
    where = [f"--{name}path={folder / name}" for name in ("dist", "work", "spec")]
    words = ["-m", "PyInstaller", "--onefile", "--log-level=WARN", *where, *options]
    _pack(python, "pyinstaller", [*words, "--name=packed", str(folder / "__main__.py")])
    return Packed([folder / "dist" / "packed"])


def zipapp(python: suites.Python, folder: Path, library: Path) -> Packed:
    """Pack with the standard library's zipapp."""
    source = folder / "source"
    suites.distribution(source, python.checkout)
    shutil.copy(folder / "__main__.py", source)
    _pack(python, "zipapp", ["-m", "zipapp", str(source), "-o", str(folder / "packed.pyz")])
    return Packed([*python.words, folder / "packed.pyz"])


def pex(python: suites.Python, folder: Path, library: Path) -> Packed:
    """Pack with pex."""
    suites.install(python, "pex", ["pex"])
    _pack(python, "pex-wheel", ["-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), "."])
    wheel = next(folder.glob("ctzmq-*.whl"))
    words = ["-m", "pex", "--no-pypi", str(wheel), "--exe", str(folder / "__main__.py")]
    own = python._replace(environment={"PEX_ROOT": str(places.cache() / "pex")})
    _pack(own, "pex", [*words, "-o", str(folder / "packed.pex")])
    return Packed([*python.words, folder / "packed.pex"])


def _pack(python: suites.Python, name: str, words: Sequence[str]) -> None:
    ending = python.run(f"{name}-pack", words, 600)
    if ending.code != 0:
        raise places.BuildError(f"{name}: {ending.output[-300:]}")


def frozen(pack: Pack) -> Callable[[str], Result]:
    """Return what packs the program, and runs it with each libzmq that there may be."""

    def run(name: str) -> Result:
        places.need_root()
        python = local.own_python("host")
        began = time.monotonic()
        library, version = system_library(python)
        folder = places.cache() / "frozen" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "__main__.py").write_text(MAIN, encoding="utf-8")
        packed = pack(python, folder, library)
        local.wheel_library(python, "4.3.5")
        fetched = local.wheel_folder("4.3.5")
        empty = folder / "empty"
        passed, problems, native = 0, [], "off"
        for case, hidden, cache, wanted in (
            ("with the system's libzmq", False, empty, f"received 4 100000 {version} "),
            ("with a fetched libzmq only", True, fetched, "received 4 100000 4.3.5 "),
            (
                "with none",
                True,
                empty,
                "received 4 100000 " if packed.brings else "ctzmq needs libzmq",
            ),
        ):
            if packed.brings and case == "with a fetched libzmq only":
                continue
            hide: list[str | Path] = (
                ["unshare", "--mount", "sh", "-euc", HIDE, "-", library.parent] if hidden else []
            )
            output = execute(
                f"{name}-run", [*hide, *packed.command], {"XDG_CACHE_HOME": str(cache)}
            )
            if wanted in output:
                passed += 1
                native = output.rpartition(" by ")[2] if " by " in output else native
            else:
                problems.append(f"{case}: {output[-300:]}")
        return Result(
            name,
            python=suites.facts(name, python),
            libzmq="4.3.5" if packed.brings and not problems else version,
            native=native.replace("ctypes", "off"),
            passed=passed,
            failed=len(problems),
            seconds=round(time.monotonic() - began),
            date=time.strftime("%Y-%m-%d", time.gmtime()),
            ran="a program that sends, packed into one file; with and without the system's libzmq",
            problems=problems,
        )

    return run


def execute(log: str, command: Sequence[str | Path], environment: Mapping[str, str]) -> str:
    """Run a command in an empty folder, and return its output."""
    folder = places.cache() / "frozen" / "elsewhere"
    folder.mkdir(parents=True, exist_ok=True)
    return processes.run(command, places.log_file(log), 60, folder, environment).output


def system_library(python: suites.Python) -> tuple[Path, str]:
    """Return the path and version of this system's libzmq; raise Absent without one."""
    words = ["-c", "import ctzmq; print(ctzmq.library_path(), ctzmq.zmq_version())"]
    ending = python._replace(environment={"XDG_CACHE_HOME": "/nowhere"}).run("system", words)
    if ending.code != 0:
        raise places.Absent("needs a libzmq of the system's (Debian: apt-get install libzmq5)")
    path, _, version = ending.output.splitlines()[-1].rpartition(" ")
    return Path(path).resolve(), version
