"""Run a program written for pyzmq, unchanged, on ctzmq.

python -m ctzmq run PROG [ARGS...]      as python PROG [ARGS...]
python -m ctzmq run -m MODULE [ARGS...] as python -m MODULE [ARGS...]
python -m ctzmq run -c CODE [ARGS...]   as python -c CODE [ARGS...]

In the program `import zmq` gives ctzmq. So it does in the Python processes that the program
starts, by multiprocessing or otherwise, as long as they inherit its environment (PYTHONPATH).
"""

from __future__ import annotations

import builtins
import os
import pkgutil
import runpy
import sys
from importlib.machinery import BuiltinImporter, SourceFileLoader, SourcelessFileLoader
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING

from ctzmq.compat import install_as_zmq

if TYPE_CHECKING:
    import argparse

ROOM = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
STANDIN = os.path.join(ROOM, "compat", "standin")
"""The folder whose package `zmq` imports ctzmq."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.usage = "%(prog)s [-h] (PROG | -m MODULE | -c CODE) [ARGS...]"
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("-m", dest="is_module", action="store_true", help="PROG names a module")
    kind.add_argument("-c", dest="is_code", action="store_true", help="PROG is Python code")
    parser.add_argument(
        "program",
        metavar="PROG",
        # REMAINDER: what follows PROG is the program's, options too.
        nargs="...",
        help="a file, or a folder or zip archive with a __main__.py, and its arguments",
    )
    parser.set_defaults(fail=parser.error)


def run(args: argparse.Namespace) -> int:
    """Run the program in this process, as its `__main__`."""
    if not args.program:
        args.fail("name the program to run: a file, -m and a module, or -c and code")
    install_as_zmq()
    main = ModuleType("__main__")
    main.__dict__["__builtins__"] = builtins
    if sys.version_info < (3, 14):
        main.__annotations__ = {}
    sys.modules["__main__"] = main
    try:
        if args.is_module:
            return _run_module(args.program)
        if args.is_code:
            return _run_code(args.program, main)
        return _run_path(args.program, main)
    except SystemExit:
        raise
    except BaseException as error:
        _hide_own_frames(error)
        raise


def _run_module(argv: list[str]) -> int:
    _set_path(None if _is_safe_path() else os.getcwd())
    sys.argv = ["-m", *argv[1:]]
    # The interpreter's own way to run -m; the public run_module would hide it from __main__.
    runpy._run_module_as_main(argv[0])  # type: ignore[attr-defined]
    return 0


def _run_code(argv: list[str], main: ModuleType) -> int:
    _set_path(None if _is_safe_path() else "")
    sys.argv = ["-c", *argv[1:]]
    main.__loader__ = BuiltinImporter
    exec(compile(argv[0], "<string>", "exec", dont_inherit=True), main.__dict__)
    return 0


def _run_path(argv: list[str], main: ModuleType) -> int:
    sys.argv = argv
    path = os.path.abspath(argv[0])
    if pkgutil.get_importer(path) is not None:
        _set_path(path)
        runpy._run_module_as_main("__main__", False)  # type: ignore[attr-defined]
        return 0
    _set_path(None if _is_safe_path() else os.path.dirname(os.path.realpath(path)))
    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError as error:
        message = f"can't open file {path!r}: [Errno {error.errno}] {error.strerror}"
        print(f"{sys.executable}: {message}", file=sys.stderr)
        return 2
    loader: SourceFileLoader | SourcelessFileLoader
    if path.endswith(".pyc"):
        loader = SourcelessFileLoader("__main__", path)
        code = loader.get_code("__main__")
        assert code is not None
    else:
        loader = SourceFileLoader("__main__", path)
        code = compile(source, path, "exec", dont_inherit=True)
    main.__loader__ = loader
    main.__file__ = path
    if sys.version_info < (3, 15):
        main.__dict__["__cached__"] = None
    exec(code, main.__dict__)
    return 0


def _is_safe_path() -> bool:
    return bool(sys.flags.isolated or getattr(sys.flags, "safe_path", False))


def _set_path(first: str | None) -> None:
    """Make `sys.path` what it is for the program, and lead child processes to ctzmq too."""
    if not _is_safe_path():
        del sys.path[0]
    inherited = [STANDIN]
    start = 0
    if first is not None:
        sys.path.insert(0, first)
        start = 1
    if STANDIN not in sys.path:
        sys.path.insert(start, STANDIN)
    home = os.path.dirname(ROOM)
    old = os.environ.get("PYTHONPATH")
    if old:
        inherited.append(old)
    if home not in sys.path:
        # ctzmq was found in the folder that Python was started in.
        sys.path.append(home)
        inherited.append(home)
    if not old or STANDIN not in old.split(os.pathsep):
        os.environ["PYTHONPATH"] = os.pathsep.join(inherited)


def _hide_own_frames(error: BaseException) -> None:
    """Have the traceback of an uncaught error begin in the program, as plain Python's does."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_frame.f_globals is globals():
        traceback = traceback.tb_next
    shown = traceback
    hook = sys.excepthook

    def excepthook(
        kind: type[BaseException], value: BaseException, traceback: TracebackType | None
    ) -> None:
        # Left in place, the hook would keep what the error refers to alive until the very end.
        sys.excepthook = hook
        if value is error:
            traceback = shown
            value.__traceback__ = shown
        hook(kind, value, traceback)

    sys.excepthook = excepthook
