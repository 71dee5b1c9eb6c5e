"""The `ssh` program: its options, its prompts, and its last output."""

from __future__ import annotations

import atexit
import io
import os
import re
import subprocess
from time import monotonic
from typing import Any

from .destination import Server, key_path, parse_server
from .packages import load, require, ssh_exception

_NEW_HOST = "Are you sure you want to continue connecting"
_PASSWORD = re.compile(rb"pass(word|phrase)", re.IGNORECASE)
_MASTER_PID = re.compile(rb"\(pid=(\d+)\)")

_POLL_SECONDS = 0.1
CONNECT_SECONDS = 60.0


class MaxRetryExceeded(Exception):
    """The `ssh` program neither ended nor made progress for too long.

    Source: pyzmq `zmq.ssh.tunnel.MaxRetryExceeded`.
    """


def options_for(server: Server, keyfile: str | None) -> list[str]:
    """Return the options that every call of `ssh` to this server needs."""
    options = []
    if keyfile:
        options += ["-i", key_path(keyfile)]
    if server.port is not None:
        options += ["-p", str(server.port)]
    return options


def in_brackets(host: str) -> str:
    """Return a host in the form for `host:port`."""
    return f"[{host}]" if ":" in host else host


def try_passwordless(server: str, keyfile: str | None) -> bool:
    """Tell whether `ssh` gets in without a password."""
    parsed = parse_server(server)
    options = options_for(parsed, keyfile)
    require("pexpect", "use paramiko=True")
    child = spawn(["-f", *options, "--", parsed.destination, "exit"])
    try:
        if wait_for_prompt(child):
            return False
        status, output = outcome(child)
    finally:
        child.close(force=True)
    if status:
        raise ssh_exception()(f"ssh cannot connect to {server}: {output}")
    return True


def forward_by_master(options: list[str], forward: list[str], destination: str) -> int | None:
    """Let a shared connection forward the port; None when there is none or it refuses."""
    check = run([*options, "-O", "check", "--", destination])
    master = _MASTER_PID.search(check.stdout)
    if check.returncode or master is None:
        return None
    if run([*options, "-O", "forward", *forward, "--", destination]).returncode:
        return None
    atexit.register(run, [*options, "-O", "cancel", *forward, "--", destination])
    return int(master.group(1))


def environment() -> dict[str, str]:
    """Return the environment without an ASKPASS program: ssh must ask at our terminal."""
    return {k: v for k, v in os.environ.items() if k not in ("SSH_ASKPASS", "SSH_ASKPASS_REQUIRE")}


def run(arguments: list[str]) -> subprocess.CompletedProcess[bytes]:
    """Run `ssh` without a terminal, until it ends."""
    return subprocess.run(
        ["ssh", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment(),
        check=False,
    )


def spawn(arguments: list[str]) -> Any:
    """Start `ssh` at a terminal of its own, at which it may ask."""
    # The terminal echoes nothing: a password typed where ssh does not read it, because what looked
    # like a question was none, must not come back in the words of an error.
    child = load("pexpect").spawn("ssh", arguments, env=environment(), echo=False)
    child.logfile_read = io.BytesIO()
    return child


def wait_for_prompt(child: Any) -> bool:
    """Wait until `ssh` asks for a password (True) or ends (False)."""
    pexpect = load("pexpect")
    deadline = monotonic() + CONNECT_SECONDS
    while monotonic() < deadline:
        # Short waits: once ssh is in the background the terminal stays open, and only between
        # waits does pexpect see that the process which it started has ended.
        found = child.expect(
            [_NEW_HOST, _PASSWORD, pexpect.EOF, pexpect.TIMEOUT], timeout=_POLL_SECONDS
        )
        if found == 0:
            raise ssh_exception()(
                "the authenticity of the host cannot be established: log in once by hand, so that "
                "ssh knows its key"
            )
        if found < 3:
            return bool(found == 1)
    raise MaxRetryExceeded(
        f"ssh neither asked for a password nor ended within {CONNECT_SECONDS:.0f} s"
    )


def outcome(child: Any) -> tuple[int, str]:
    """Return the exit status of an `ssh` that has ended, and its last words."""
    if child.isalive():
        child.wait()
    status = child.signalstatus if child.exitstatus is None else child.exitstatus
    return int(status), child.logfile_read.getvalue().decode(errors="replace").strip()
