"""Finds the interpreter with pyzmq that the other process runs on, or makes it.

`CTZMQ_INTEROP_PYTHON` names one. Else it is that of `.venv-interop` in the checkout, which is made
at first need and then serves every interpreter that the tests run on.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, os.fspath(SCRIPTS))

from support import venvs  # noqa: E402

SetupError = venvs.SetupError
clean_environment = venvs.clean_environment

VARIABLE = "CTZMQ_INTEROP_PYTHON"
FOLDER = venvs.CHECKOUT / ".venv-interop"

_WHICH = """
import platform, zmq
assert not hasattr(zmq, "install_as_zmq"), "this zmq is ctzmq"
print(platform.python_implementation(), zmq.__version__)
"""
_LIBRARY = """
import pathlib, zmq
libs = pathlib.Path(zmq.__file__).parents[1] / "pyzmq.libs"
print(*libs.glob("libzmq*"), sep="\\n")
"""


def which(python: str | Path) -> str:
    """Return the implementation of an interpreter and the version of its pyzmq.

    Raises SetupError when it has none.
    """
    return venvs.run([python, "-c", _WHICH], f"import of pyzmq by {python}").strip()


def find(env: dict[str, str]) -> Path:
    """Return the interpreter to use.

    Raises SetupError when the named one has no pyzmq, or when one cannot be made.
    """
    named = env.get(VARIABLE)
    if named:
        which(named)
        return Path(named)
    python = venvs.venv_python(FOLDER)
    if not _fits(python):
        _make()
        which(python)
    return python


def _fits(python: Path) -> bool:
    try:
        return which(python) == f"CPython {venvs.PYZMQ_VERSION}"
    except venvs.SetupError:
        return False


def _make() -> None:
    # Several runs may come here at once: each makes a folder of its own, and the first to be done
    # gives it the name that all look for.
    if sys.implementation.name == "cpython":
        base = venvs.own_interpreter()
    else:
        base, _ = venvs.find_interpreter("3")
    draft = FOLDER.with_name(f"{FOLDER.name}-{os.getpid()}")
    python = venvs.venv_python(draft)
    try:
        venvs.run([base, "-m", "venv", "--clear", draft], f"making {draft.name}")
        pin = f"pyzmq=={venvs.PYZMQ_VERSION}"
        install = ["-m", "pip", "install", "-q", "--only-binary", "pyzmq"]
        venvs.run([python, *install, pin], f"installing {pin}")
        if not _fits(venvs.venv_python(FOLDER)):
            shutil.rmtree(FOLDER, ignore_errors=True)
            draft.rename(FOLDER)
    except OSError as error:
        if not _fits(venvs.venv_python(FOLDER)):
            raise venvs.SetupError(f"making {FOLDER.name}: {error}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def bundled_library(python: Path) -> str | None:
    """Return the path of the libzmq that comes with an interpreter's pyzmq, if it has one."""
    done = subprocess.run(
        [os.fspath(python), "-c", _LIBRARY],
        env=venvs.clean_environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return done.stdout.strip() or None
