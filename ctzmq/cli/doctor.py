"""Tell which libzmq ctzmq uses and why, what it can do, and whether messages flow.

A message is sent and received over each transport. The exit code is 1 if something that should
work does not.
"""

from __future__ import annotations

import json
import platform
import shutil
import sys
import sysconfig
import tempfile
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse

    from ctzmq import Context, Socket

FEATURES = (
    "curve", "ipc", "gssapi", "norm", "draft", "pgm", "tipc", "vmci", "vsock", "ws", "wss",
)  # fmt: skip

BESIDE = ("eventlet", "gevent", "tornado", "uvloop")
"""The libraries that ctzmq works with, where they are installed."""

ROOM_FOR_VALUES = 30
"""A terminal that is narrower than the names and this has each value on lines of its own."""

SECONDS = 5
"""How long a live check may take."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Examine, print, and return 0 if all is well, else 1."""
    report = examine()
    if args.json:
        print(json.dumps(report, indent=2))
    else:
        show(report)
    return 0 if report["ok"] else 1


def examine() -> dict[str, Any]:
    """Find out all that the doctor tells.

    Returns
    -------
    dict
        `ok` (bool) and what `--json` prints beside it. Without a libzmq there are `error` (str),
        `attempts` and `install` in place of all that needs one.

    Source: own.
    """
    from ctzmq.core.version import VERSION, pyzmq_version
    from ctzmq.libzmq import advice, loader

    report: dict[str, Any] = {
        "ok": False,
        "ctzmq": VERSION,
        "pyzmq_api": pyzmq_version(),
        "python": _python(),
        "beside": {name: _installed(name) for name in BESIDE},
    }
    try:
        library = loader.load()
    except ImportError as error:
        report["error"] = str(error)
        report["attempts"] = [
            {"name": tried.name, "how": tried.how, "reason": tried.reason}
            for tried in loader.attempts()
        ]
        report["install"] = advice.commands()
        return report
    import ctzmq
    from ctzmq.libzmq import prototypes, provider

    report["library"] = {
        "path": library.path,
        "how": library.how,
        "version": ".".join(map(str, library.version)),
    }
    report["features"] = {name: _has(ctzmq.has, name) for name in FEATURES}
    report["missing_functions"] = prototypes.missing()
    report["native_calls"] = provider.calls.NATIVE
    report["calls"] = {"by": provider.calls.NAME, "reason": provider.reason}
    report["checks"] = _checks(report["features"])
    report["ok"] = all(check["ok"] is not False for check in report["checks"])
    return report


def _python() -> dict[str, Any]:
    return {
        "implementation": platform.python_implementation(),
        "version": platform.python_version(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        "executable": sys.executable,
    }


def _installed(name: str) -> str | None:
    """Return the version of a distribution, which is not imported for it."""
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _has(has: Callable[[str], bool], feature: str) -> bool:
    # libzmq knows the web transports by capital letters
    return has(feature) or has(feature.upper())


def _checks(features: dict[str, bool]) -> list[dict[str, Any]]:
    return [
        _check("inproc", lambda: _exchange("inproc://doctor")),
        _check("ipc", _exchange_over_ipc, features["ipc"]),
        _check("tcp", lambda: _exchange("tcp://127.0.0.1:*")),
        _check("curve", lambda: _exchange("tcp://127.0.0.1:*", secure=True), features["curve"]),
    ]


def _check(name: str, work: Callable[[], None], available: bool = True) -> dict[str, Any]:
    """Do `work` in a thread of its own, so that one that hangs does not hang the doctor."""
    if not available:
        return {"name": name, "ok": None, "detail": "not in this libzmq"}
    outcome = [f"no answer in {SECONDS} s"]

    def attempt() -> None:
        try:
            work()
        except Exception as error:
            outcome[0] = f"{type(error).__name__}: {error}"
        else:
            outcome[0] = ""

    thread = threading.Thread(target=attempt, name=f"doctor-{name}", daemon=True)
    thread.start()
    thread.join(SECONDS)
    return {"name": name, "ok": not outcome[0], "detail": outcome[0]}


def _exchange_over_ipc() -> None:
    with tempfile.TemporaryDirectory(prefix="ctzmq-") as folder:
        _exchange(f"ipc://{Path(folder, 'doctor').as_posix()}")


def _exchange(endpoint: str, secure: bool = False) -> None:
    import ctzmq

    parts = [b"ctzmq", bytes(range(256))]
    with ctzmq.Context() as context:
        receiver = _socket(context, ctzmq.PULL)
        sender = _socket(context, ctzmq.PUSH)
        try:
            if secure:
                public, secret = ctzmq.curve_keypair()
                receiver.curve_server = True
                receiver.curve_secretkey = secret
                sender.curve_serverkey = public
                sender.curve_publickey, sender.curve_secretkey = ctzmq.curve_keypair()
            receiver.bind(endpoint)
            sender.connect(receiver.get_string(ctzmq.LAST_ENDPOINT))
            sender.send_multipart(parts)
            received = receiver.recv_multipart()
        finally:
            sender.close(0)
            receiver.close(0)
    if received != parts:
        raise ValueError(f"sent {parts}, received {received}")


def _socket(context: Context, kind: int) -> Socket:
    import ctzmq

    socket: Socket = context.socket(kind)
    milliseconds = (SECONDS - 1) * 1000
    socket.setsockopt(ctzmq.SNDTIMEO, milliseconds)
    socket.setsockopt(ctzmq.RCVTIMEO, milliseconds)
    return socket


def show(report: dict[str, Any]) -> None:
    """Print the report for a person: in colours where rich is installed, else as plain text."""
    tick, cross = _marks()
    python = report["python"]
    threads = ", free-threaded" if python["free_threaded"] else ""
    rows = [
        ("ctzmq", f"{report['ctzmq']}, with the API of pyzmq {report['pyzmq_api']}"),
        (
            "Python",
            f"{python['implementation']} {python['version']}{threads} on {python['platform']}",
        ),
    ]
    if "error" in report:
        rows.append(("libzmq", f"{cross} none"))
        _print_rows(rows)
        print()
        print(report["error"])
        if report["install"][0] not in report["error"]:
            print("To install libzmq:", *report["install"], sep="\n    ")
        return
    library = report["library"]
    features = report["features"]
    installed = report["beside"]
    rows += [
        ("beside it", " ".join(f"{name} {installed[name]}" for name in BESIDE if installed[name])),
        ("libzmq", f"{library['version']} at {library['path']}"),
        ("why this one", library["how"]),
        ("has", " ".join(name for name in FEATURES if features[name]) or "nothing optional"),
        ("lacks", " ".join(name for name in FEATURES if not features[name]) or "nothing"),
        ("functions", _functions(report["missing_functions"])),
        ("native calls", _native(report)),
    ]
    rows = [(name, value or "nothing that ctzmq works with") for name, value in rows]
    for check in report["checks"]:
        mark = {True: tick, False: cross, None: "-"}[check["ok"]]
        rows.append((f"send and receive, {check['name']}", f"{mark} {check['detail']}".rstrip()))
    _print_rows(rows)
    failed = [check["name"] for check in report["checks"] if check["ok"] is False]
    print()
    print(f"Not well: {', '.join(failed)} failed." if failed else "All is well.")


def _functions(missing: list[str]) -> str:
    """Say in one line what the library lacks; those of a kind are counted, not named."""
    if not missing:
        return "all"
    from ctzmq.libzmq.prototypes import DECLARATIONS

    drafts = [name for name in missing if len(DECLARATIONS.get(name, ())) > 3]
    newer = [name for name in missing if name in DECLARATIONS and name not in drafts]
    others = [name for name in missing if name not in DECLARATIONS]
    lacks = []
    if drafts:
        lacks.append(f"{_count(drafts, 'draft function')}: built without drafts")
    if newer:
        lacks.append(f"{_count(newer, 'function')} of other releases")
    if others:
        lacks.append(" ".join(others))
    return f"without {', and '.join(lacks)}"


def _count(names: list[str], what: str) -> str:
    return f"{len(names)} {what}{'s' if names[1:] else ''}"


def _native(report: dict[str, Any]) -> str:
    by, reason = report["calls"]["by"], report["calls"]["reason"]
    return f"on ({by})" if report["native_calls"] else f"off ({by}: {reason})"


def _marks() -> tuple[str, str]:
    try:
        "✓✗".encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except UnicodeEncodeError:
        return "ok", "FAILED"
    return "✓", "✗"


def _print_rows(rows: list[tuple[str, str]]) -> None:
    width = max(len(name) for name, _ in rows)
    columns = shutil.get_terminal_size().columns
    narrow = columns < width + ROOM_FOR_VALUES
    indent = " " * (2 if narrow else width + 2)
    # Paths stay whole, so that they can be copied.
    fold = textwrap.TextWrapper(
        columns,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    ).fill
    rows = [(f"{name}\n  " if narrow else f"{name:{width}}  ", fold(value)) for name, value in rows]
    rows = [(name, value.lstrip()) for name, value in rows]
    try:
        from rich.console import Console
        from rich.text import Text
    except ImportError:
        for name, value in rows:
            print(f"{name}{value}")
        return
    if not sys.stdout.isatty():
        # rich ends the process with another code when nobody reads.
        for name, value in rows:
            print(f"{name}{value}")
        return
    colours = {"✓": "green", "ok": "green", "✗": "red", "FAILED": "red", "-": "dim"}
    console = Console(soft_wrap=True, highlight=False)
    for name, value in rows:
        colour = colours.get(value.partition(" ")[0], "")
        console.print(Text.assemble((name, "bold"), (value, colour)))
