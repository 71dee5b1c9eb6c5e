"""The command line of ctzmq: each command is a module of its own, imported when it is asked for."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

__all__ = ["COMMANDS", "main"]

COMMANDS = ("run", "shim", "doctor", "fetch", "curve-keygen")

DESCRIPTION = """\
ZeroMQ for Python without a compiler: pyzmq's API on the system's libzmq.
"""


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *rest: Any) -> None:
        from ctzmq.core.version import VERSION, pyzmq_version

        print(f"ctzmq {VERSION} (pyzmq {pyzmq_version()})")
        parser.exit()


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

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
    parser = argparse.ArgumentParser(prog="python -m ctzmq", description=DESCRIPTION)
    parser.add_argument("--version", action=_Version, nargs=0, help="tell the version and exit")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    asked = arguments[:1]
    for name in asked if asked and asked[0] in COMMANDS else COMMANDS:
        module = import_module(f"{__name__}.{name.replace('-', '_')}")
        text = module.__doc__ or ""
        command = commands.add_parser(
            name,
            help=text.partition("\n")[0],
            description=text,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(command)
        command.set_defaults(command=module.run)
    options = parser.parse_args(arguments)
    code: int = options.command(options)
    return code
