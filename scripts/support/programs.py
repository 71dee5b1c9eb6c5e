"""Well-known programs, unchanged, with ctzmq in the place of pyzmq."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from support import venvs

FOLDER = Path(__file__).resolve().parents[1] / "programs"
REQUIREMENTS = ["ipykernel", "jupyter_client", "nbconvert", "nbformat", "tornado"]
TIMEOUT = 300.0


class Ending(NamedTuple):
    """How a program ended: its exit code, or None if it had to be stopped."""

    code: int | None
    output: str
    seconds: float


def present() -> list[str]:
    """List the names of the programs."""
    return sorted(path.stem for path in FOLDER.glob("*.py"))


def run(python: Path, name: str, timeout: float = TIMEOUT) -> Ending:
    """Run a program to its end."""
    start = time.monotonic()
    process = subprocess.Popen(
        [python, FOLDER / f"{name}.py"],
        env=venvs.clean_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    code: int | None
    try:
        output, _ = process.communicate(timeout=timeout)
        code = process.returncode
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
        code = None
    finally:
        process.kill()
        process.wait()
    return Ending(code, output.decode("utf-8", "replace").strip(), time.monotonic() - start)


def line(name: str, ending: Ending) -> str:
    """Write how a program ended: with its last words, or with all that it said."""
    words = ending.output.splitlines()
    if ending.code == 0:
        return f"{name:16} passed {ending.seconds:6.1f} s  {words[-1] if words else ''}".rstrip()
    why = "did not end" if ending.code is None else f"exit code {ending.code}"
    return f"{name:16} FAILED {ending.seconds:6.1f} s  {why}\n{ending.output}"


def main(
    python: str | None, install_shim: Callable[[Path], None], names: Sequence[str] = ()
) -> int:
    """Install the programs, put ctzmq in the place of their pyzmq, and run them.

    Returns 1 if one failed. Raises SetupError for an unknown name.
    """
    known = present()
    for name in names:
        if name not in known:
            raise venvs.SetupError(f"there is no program {name!r}; there are {', '.join(known)}")
    interpreter, tag = venvs.find_interpreter(python)
    ours = venvs.environment(f"programs-{tag}", interpreter, REQUIREMENTS)
    install_shim(ours)
    print(f"{tag}: ctzmq in the place of pyzmq", flush=True)
    failed = False
    for name in names or known:
        ending = run(ours, name)
        print(line(name, ending), flush=True)
        failed = failed or ending.code != 0
    return 1 if failed else 0
