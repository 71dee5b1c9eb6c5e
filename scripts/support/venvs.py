"""Virtual environments for the scripts, kept in git-ignored folders of the checkout.

A script asks for an environment by name; it is made once, and made anew when the interpreter or
the packages it was made with change. Everything is installed with pip.
"""

from __future__ import annotations

import glob
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
PYZMQ_VERSION = "27.3.0"

_ABI = "import sys; print(sys.implementation.cache_tag + getattr(sys, 'abiflags', ''))"


class SetupError(Exception):
    """Something that a script needs is missing; the text says what and what to do."""


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment without what would redirect another interpreter's imports."""
    ours = {"PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"}
    env = {name: value for name, value in os.environ.items() if name not in ours}
    env.update(extra or {})
    return env


def run(command: Sequence[str | Path], what: str) -> str:
    """Run ``command`` and return its standard output.

    Raises SetupError with the end of its output when it fails.
    """
    try:
        done = subprocess.run(
            [str(word) for word in command],
            env=clean_environment({"PIP_DISABLE_PIP_VERSION_CHECK": "1"}),
            capture_output=True,
            text=True,
        )
    except OSError as error:
        raise SetupError(f"{what}: {error}") from error
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise SetupError(f"{what} failed (exit code {done.returncode}):\n{tail}")
    return done.stdout


def own_interpreter() -> str:
    """Return the interpreter that runs this script, outside of its virtual environment."""
    return getattr(sys, "_base_executable", None) or sys.executable


def find_interpreter(name: str | None) -> tuple[str, str]:
    """Return path and tag (such as ``cpython-311``) of an interpreter.

    ``name`` is a path, a command, a version such as ``3.12``, or None for the running one.
    Raises SetupError when none of them runs.
    """
    if name is None:
        candidates: list[str | None] = [own_interpreter()]
    else:
        pyenv = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
        versions = sorted(glob.glob(f"{glob.escape(pyenv)}/versions/{name}*/bin/python"))
        candidates = [shutil.which(name), shutil.which(f"python{name}"), *versions]
    for candidate in filter(None, candidates):
        try:
            done = subprocess.run(
                [candidate, "-c", _ABI], env=clean_environment(), capture_output=True, text=True
            )
        except OSError:
            continue
        if done.returncode == 0:
            return candidate, done.stdout.strip()
    raise SetupError(f"no Python interpreter {name!r} runs here; give a path, a command or 3.x")


def venv_python(folder: Path) -> Path:
    """Return the interpreter of the virtual environment in ``folder``."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def environment(name: str, interpreter: str, requirements: Iterable[str]) -> Path:
    """Return the interpreter of the virtual environment ``.venv-<name>``, made when needed.

    Raises SetupError when it cannot be made or a requirement cannot be installed.
    """
    folder = CHECKOUT / f".venv-{name}"
    python = venv_python(folder)
    packages = list(requirements)
    wanted = json.dumps([os.path.realpath(interpreter), *packages])
    stamp = folder / "made-with.json"
    if python.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    print(f"making {folder.name}", file=sys.stderr, flush=True)
    run([interpreter, "-m", "venv", "--clear", folder], f"making {folder}")
    if packages:
        install = ["-m", "pip", "install", "-q"]
        # The pip of Python 3.9 tries ever older releases, for a quarter of an hour and more.
        run([python, *install, "pip>=23.1"], f"getting a newer pip into {folder.name}")
        run([python, *install, *packages], f"installing into {folder.name}")
    stamp.write_text(wanted, encoding="utf-8")
    return python


def tools() -> Path:
    """Return the interpreter of an environment that can build wheels and draw tables."""
    requirements = ["hatchling", "scikit-build-core>=0.10", "rich>=13"]
    return environment("tools", own_interpreter(), requirements)


def checkout_wheel(folder: Path) -> Path:
    """Build this checkout's wheel into ``folder``, which is emptied first; return its path."""
    shutil.rmtree(folder, ignore_errors=True)
    command = ["-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    run([tools(), *command, "-w", folder, CHECKOUT], "building the wheel of this checkout")
    return next(folder.glob("ctzmq-*.whl"))


def install_wheel(python: Path, wheel: Path) -> None:
    """Install a wheel file over whatever version of it an environment holds."""
    command = ["-m", "pip", "install", "-q", "--force-reinstall", "--no-deps", "--no-index"]
    run([python, *command, wheel], f"installing {wheel.name}")
