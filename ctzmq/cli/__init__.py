"""The command line of ctzmq: each command is a module of its own, imported when it is asked for."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType

__all__ = ["COMMANDS", "main"]

COMMANDS = ("run", "shim", "doctor", "fetch", "curve-keygen", "log")

NEED_LIBRARY = ("run", "curve-keygen", "log")
"""The commands that can do nothing without libzmq."""

DESCRIPTION = """\
ZeroMQ for Python without a compiler: pyzmq's API on the system's libzmq.
"""

INTERRUPTED = 130
BROKEN_PIPE = 141
"""Exit codes: what a shell makes of SIGINT and of SIGPIPE."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command, or print the help if none is named.

    Parameters
    ----------
    argv : sequence of str, optional
        The command and its arguments; the process's own by default.

    Returns
    -------
    int
        The exit code: 0, or what the command says.

    Raises
    ------
    SystemExit
        The arguments are wrong (code 2), or help was asked for (code 0).

    Source: own.
    """
    arguments = sys.argv[1:] if argv is None else list(argv)
    if arguments[:1] == ["run"]:
        # Its output and its errors are the program's own.
        return _run(arguments)
    try:
        _write_any_text()
        try:
            return _run(arguments)
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _forget_output()
        return BROKEN_PIPE
    except OSError as error:
        _forget_output()
        print(f"{_program()}: {error}", file=sys.stderr)
        return 1


def _run(arguments: list[str]) -> int:
    name = arguments[0] if arguments else ""
    if name not in COMMANDS:
        return _without_command(arguments)
    module = _module(name)
    parser = argparse.ArgumentParser(
        prog=f"{_program()} {name}",
        description=module.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.add_arguments(parser)
    options, unknown = parser.parse_known_args(arguments[1:])
    if unknown:
        known = [word for action in parser._actions for word in action.option_strings]
        parser.error(f"there is no argument {unknown[0]!r}{_nearest(unknown[0], known)}")
    if name in NEED_LIBRARY:
        from ctzmq.libzmq import loader

        try:
            loader.load()
        except ImportError as error:
            print(f"{parser.prog}: {error}", file=sys.stderr)
            return 1
    code: int = module.run(options)
    return code


def _without_command(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog=_program(),
        usage="%(prog)s [-h] [--version] COMMAND ...",
        description=DESCRIPTION,
        epilog=f"`{_program()} COMMAND --help` tells what a command takes.",
    )
    parser.add_argument("--version", action="store_true", help="tell the versions and exit")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name in COMMANDS:
        commands.add_parser(name, help=(_module(name).__doc__ or "").partition("\n")[0])
    word = arguments[0] if arguments else ""
    if word and not word.startswith("-"):
        hint = _nearest(word, [*COMMANDS, "--help", "--version"])
        hint = hint or f"; there are {', '.join(COMMANDS)}"
        parser.error(f"there is no command {word!r}{hint}")
    if parser.parse_args(arguments).version:
        print(_versions())
    else:
        parser.print_help(sys.stdout)
    return 0


def _module(command: str) -> ModuleType:
    return import_module(f"{__name__}.{command.replace('-', '_')}")


def _program() -> str:
    """Return how this command line was started, so that what it prints can be typed."""
    name = os.path.basename(sys.argv[0]) if getattr(sys, "argv", None) else ""
    return "ctzmq" if name in ("ctzmq", "ctzmq.exe") else "python -m ctzmq"


def _nearest(word: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word.lower().replace("_", "-"), known, 1)
    return f"; did you mean {near[0]}?" if near else ""


def _versions() -> str:
    from ctzmq.core.version import VERSION, pyzmq_version
    from ctzmq.libzmq import loader

    try:
        library = loader.load()
    except ImportError:
        used = f"but there is no libzmq (`{_program()} doctor` tells why)"
    else:
        used = f"on libzmq {'.'.join(map(str, library.version))} at {library.path}"
    return f"ctzmq {VERSION}, with the API of pyzmq {pyzmq_version()}, {used}"


def _write_any_text() -> None:
    """Write characters that the terminal lacks, in paths for instance, as escapes."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _forget_output() -> None:
    """Keep Python from flushing, at exit, output that cannot be written."""
    try:
        descriptor = sys.stdout.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, descriptor)
        os.close(nowhere)
    except (AttributeError, OSError, ValueError):
        pass
