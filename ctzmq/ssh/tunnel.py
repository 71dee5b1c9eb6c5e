"""Tunnels through SSH: by the `ssh` program, driven with pexpect, or by paramiko in a process.

Neither pexpect nor paramiko is imported before a tunnel needs it. The attributes `pexpect`,
`paramiko` and `SSHException` of this module import them at first use; the first two are None where
the package is missing.
"""

from __future__ import annotations

import atexit
import contextlib
import io
import os
import re
import signal
import socket as _socket
import subprocess
import sys
import warnings
from getpass import getpass, getuser
from importlib import import_module
from multiprocessing import Process
from time import monotonic
from typing import Any

from ..core.socket import Socket
from .destination import (
    Server,
    check_host,
    check_port,
    has_control_characters,
    key_path,
    parse_server,
)

__all__ = [
    "openssh_tunnel",
    "paramiko_tunnel",
    "ssh_tunnel",
    "try_passwordless_ssh",
    "tunnel_connection",
]

_NEW_HOST = "Are you sure you want to continue connecting"
_PASSWORD = re.compile(rb"pass(word|phrase)", re.IGNORECASE)
_MASTER_PID = re.compile(rb"\(pid=(\d+)\)")

_POLL_SECONDS = 0.1
_CONNECT_SECONDS = 60.0
_MAX_PASSWORDS = 3

_POLICY_VARIABLE = "PYZMQ_PARAMIKO_HOST_KEY_POLICY"
_POLICIES = ("AutoAdd", "Reject", "Warning")


class MaxRetryExceeded(Exception):
    """The `ssh` program neither ended nor went on, however long it was waited for.

    Source: pyzmq `zmq.ssh.tunnel.MaxRetryExceeded`.
    """


class _SSHError(Exception):
    """`SSHException` where paramiko, which has its own, is not installed."""


def _load(name: str) -> Any:
    with warnings.catch_warnings():
        # paramiko imports what its own dependencies call deprecated.
        warnings.simplefilter("ignore")
        return import_module(name)


def __getattr__(name: str) -> Any:
    if name in ("paramiko", "pexpect"):
        try:
            return _load(name)
        except ImportError:
            return None
    if name == "SSHException":
        return _ssh_exception()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _ssh_exception() -> type[Exception]:
    try:
        error: type[Exception] = _load("paramiko").SSHException
    except ImportError:
        return _SSHError
    return error


def _require(name: str, otherwise: str) -> Any:
    try:
        return _load(name)
    except ImportError as error:
        raise ImportError(
            f"this tunnel needs {name}: pip install {name}, or {otherwise}"
        ) from error


def select_random_ports(n: int) -> list[int]:
    """Find TCP ports of this machine that nothing listens on.

    Parameters
    ----------
    n : int
        How many.

    Returns
    -------
    list of int
        Different ports. Another process can take one before it is used.

    Raises
    ------
    OSError
        There are not that many.

    Source: pyzmq `zmq.ssh.tunnel.select_random_ports`.
    """
    sockets: list[_socket.socket] = []
    try:
        for _ in range(n):
            sockets.append(_socket.socket())
            sockets[-1].bind(("", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _split_server(server: str) -> tuple[str, str, int]:
    """Split `user@server:port` into user, host and port, with their defaults."""
    user, host, port = parse_server(server)
    return user or getuser(), host, 22 if port is None else port


def _ssh_options(server: Server, keyfile: str | None) -> list[str]:
    """Return the options that every call of `ssh` to this server needs."""
    options = []
    if keyfile:
        options += ["-i", key_path(keyfile)]
    if server.port is not None:
        options += ["-p", str(server.port)]
    return options


def _in_brackets(host: str) -> str:
    """Return a host as it is written before a colon and a port."""
    return f"[{host}]" if ":" in host else host


def _seconds(timeout: float) -> int:
    """Check a time-out, which becomes an argument of `sleep` in the server's shell."""
    try:
        seconds = int(timeout)
    except OverflowError:
        seconds = -1
    if seconds < 0:
        raise ValueError(f"timeout must be a number of seconds from 0, not {timeout!r}")
    return seconds


def try_passwordless_ssh(server: str, keyfile: str | None, paramiko: bool | None = None) -> bool:
    """Try whether a server lets this user in without asking for a password.

    Parameters
    ----------
    server : str
        The SSH server, as `[user@]host[:port]`.
    keyfile : str or None
        A private key file; None for those that SSH finds by itself.
    paramiko : bool, optional
        Whether to use paramiko; when left out, only on Windows.

    Returns
    -------
    bool
        False when it asks for a password or passphrase.

    Raises
    ------
    SSHException
        The server is unknown to this machine, or the connection failed.
    MaxRetryExceeded
        Nothing happened for a minute.
    ImportError
        pexpect or paramiko is missing.
    ValueError
        The server is not in that form, or the key file looks like an option.

    Source: pyzmq `zmq.ssh.tunnel.try_passwordless_ssh`.
    """
    if sys.platform == "win32" if paramiko is None else paramiko:
        return _try_passwordless_paramiko(server, keyfile)
    return _try_passwordless_openssh(server, keyfile)


def _try_passwordless_openssh(server: str, keyfile: str | None) -> bool:
    parsed = parse_server(server)
    options = _ssh_options(parsed, keyfile)
    _require("pexpect", "use paramiko=True")
    child = _spawn_ssh(["-f", *options, "--", parsed.destination, "exit"])
    try:
        if _wait_for_prompt(child):
            return False
        status, output = _outcome(child)
    finally:
        child.close(force=True)
    if status:
        raise _ssh_exception()(f"ssh cannot connect to {server}: {output}")
    return True


def _try_passwordless_paramiko(server: str, keyfile: str | None) -> bool:
    _check_for_paramiko(server, keyfile)
    paramiko = _require("paramiko", "use the ssh program where there is one")
    try:
        _connect_paramiko(paramiko, server, keyfile, None, policy="Reject").close()
    except paramiko.AuthenticationException:
        return False
    except paramiko.SSHException as error:
        # This is what it says where the user has no key at all to try.
        if "No authentication methods" in str(error):
            return False
        raise
    return True


def tunnel_connection(
    socket: Socket[Any],
    addr: str,
    server: str,
    keyfile: str | None = None,
    password: str | None = None,
    paramiko: bool | None = None,
    timeout: int = 60,
) -> Process | int:
    """Connect a socket to an endpoint that is reachable from an SSH server only.

    Parameters
    ----------
    socket : Socket
        The socket.
    addr : str
        The endpoint, `tcp://host:port`, as the SSH server sees it.
    server, keyfile, password, paramiko, timeout
        As in `open_tunnel`.

    Returns
    -------
    multiprocessing.Process or int
        The tunnel, as `open_tunnel` returns it.

    Raises
    ------
    ZMQError
        The socket cannot connect; else as `open_tunnel` does.

    Source: pyzmq `zmq.ssh.tunnel.tunnel_connection`.
    """
    new_url, tunnel = open_tunnel(
        addr, server, keyfile=keyfile, password=password, paramiko=paramiko, timeout=timeout
    )
    socket.connect(new_url)
    return tunnel


def open_tunnel(
    addr: str,
    server: str,
    keyfile: str | None = None,
    password: str | None = None,
    paramiko: bool | None = None,
    timeout: int = 60,
) -> tuple[str, Process | int]:
    """Open a tunnel to an endpoint, from a free port of this machine.

    Parameters
    ----------
    addr : str
        The endpoint, `tcp://host:port`, as the SSH server sees it.
    server : str
        The SSH server, as `[user@]host[:port]`.
    keyfile : str, optional
        A private key file.
    password : str, optional
        The password; asked for at the terminal when it is needed and missing.
    paramiko : bool, optional
        Whether to use paramiko; when left out, only on Windows.
    timeout : int
        Seconds for which an unused tunnel stays open.

    Returns
    -------
    tuple of str and multiprocessing.Process or int
        The local endpoint, and the process (paramiko) or process id (ssh) of the tunnel.

    Raises
    ------
    ValueError
        The endpoint or the server is not in that form.
    ImportError, RuntimeError, SSHException, MaxRetryExceeded
        As `openssh_tunnel` and `paramiko_tunnel` do.

    Source: pyzmq `zmq.ssh.tunnel.open_tunnel`.
    """
    match = re.fullmatch(r"tcp://(.+):([0-9]+)", addr, re.DOTALL)
    if match is None:
        raise ValueError(f"expected an endpoint as tcp://host:port, not {addr!r}")
    try:
        remoteip, rport = check_host(match[1]), check_port(match[2])
    except ValueError as error:
        raise ValueError(
            f"expected an endpoint as tcp://host:port, not {addr!r}: {error}"
        ) from None
    lport = select_random_ports(1)[0]
    use_paramiko = sys.platform == "win32" if paramiko is None else paramiko
    tunnel = (paramiko_tunnel if use_paramiko else openssh_tunnel)(
        lport,
        rport,
        server,
        remoteip=remoteip,
        keyfile=keyfile,
        password=password,
        timeout=timeout,
    )
    return f"tcp://127.0.0.1:{lport}", tunnel


def openssh_tunnel(
    lport: int,
    rport: int,
    server: str,
    remoteip: str = "127.0.0.1",
    keyfile: str | None = None,
    password: str | None = None,
    timeout: int = 60,
) -> int:
    """Open a tunnel with the `ssh` program: `ssh -L 127.0.0.1:lport:remoteip:rport -- server`.

    A connection to that server which the user's ssh shares (ControlMaster) carries the tunnel too,
    until this program ends.

    Parameters
    ----------
    lport : int
        The port on 127.0.0.1 of this machine to listen on.
    rport : int
        The port to connect to on the other side.
    server : str
        The SSH server, as `[user@]host[:port]`; ssh's own configuration counts.
    remoteip : str
        The host to connect to, as the SSH server sees it.
    keyfile : str, optional
        A private key file.
    password : str, optional
        The password; asked for at the terminal when it is needed and missing or wrong.
    timeout : int
        Seconds for which an unused tunnel stays open.

    Returns
    -------
    int
        A process id: that of the shared connection, or the one which put the tunnel into the
        background.

    Raises
    ------
    RuntimeError
        ssh failed; the message has its words.
    SSHException
        The server is unknown to this machine: log in once by hand.
    MaxRetryExceeded
        ssh did nothing for a minute.
    ImportError
        pexpect is missing.
    ValueError
        The server is not in that form, or another argument is not what it should be. Nothing has
        been run then.

    Source: pyzmq `zmq.ssh.tunnel.openssh_tunnel`.
    """
    parsed = parse_server(server)
    destination = parsed.destination
    options = _ssh_options(parsed, keyfile)
    far = f"{_in_brackets(check_host(remoteip))}:{check_port(rport)}"
    forward = ["-L", f"127.0.0.1:{check_port(lport)}:{far}"]
    rest = ["--", destination, "sleep", str(_seconds(timeout))]
    if password and has_control_characters(password):
        raise ValueError("the password has control characters, which a terminal would obey")
    _require("pexpect", "use paramiko_tunnel")
    pid = _forward_by_master(options, forward, destination)
    if pid is not None:
        return pid
    child = _spawn_ssh(["-f", "-S", "none", *options, *forward, *rest])
    try:
        question = f"{destination}'s password: "
        for _ in range(_MAX_PASSWORDS):
            if not _wait_for_prompt(child):
                break
            answer = password or getpass(question)
            with contextlib.suppress(OSError):  # it has ended meanwhile, and its words tell why
                child.sendline(answer)
            # ssh asks again only if it was the wrong one.
            password, question = None, f"Password rejected. {destination}'s password: "
        else:
            if _wait_for_prompt(child):
                raise RuntimeError(f"{destination} rejected {_MAX_PASSWORDS} passwords")
        status, output = _outcome(child)
    except BaseException:
        child.close(force=True)
        raise
    if status:
        raise RuntimeError(f"the tunnel through {server} failed to start: {output}")
    return int(child.pid)


def _forward_by_master(options: list[str], forward: list[str], destination: str) -> int | None:
    """Let a shared connection forward the port; None when there is none or it refuses."""
    check = _run_ssh([*options, "-O", "check", "--", destination])
    master = _MASTER_PID.search(check.stdout)
    if check.returncode or master is None:
        return None
    if _run_ssh([*options, "-O", "forward", *forward, "--", destination]).returncode:
        return None
    atexit.register(_run_ssh, [*options, "-O", "cancel", *forward, "--", destination])
    return int(master.group(1))


def _environment() -> dict[str, str]:
    """Return the environment without an ASKPASS program: ssh must ask at our terminal."""
    return {k: v for k, v in os.environ.items() if k not in ("SSH_ASKPASS", "SSH_ASKPASS_REQUIRE")}


def _run_ssh(arguments: list[str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["ssh", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=_environment(),
        check=False,
    )


def _spawn_ssh(arguments: list[str]) -> Any:
    # The terminal echoes nothing: a password typed where ssh does not read it, because what looked
    # like a question was none, must not come back in the words of an error.
    child = _load("pexpect").spawn("ssh", arguments, env=_environment(), echo=False)
    child.logfile_read = io.BytesIO()
    return child


def _wait_for_prompt(child: Any) -> bool:
    """Wait until `ssh` asks for a password (True) or ends (False)."""
    pexpect = _load("pexpect")
    deadline = monotonic() + _CONNECT_SECONDS
    while monotonic() < deadline:
        # Short waits: once ssh is in the background the terminal stays open, and only between
        # waits does pexpect see that the process which it started has ended.
        found = child.expect(
            [_NEW_HOST, _PASSWORD, pexpect.EOF, pexpect.TIMEOUT], timeout=_POLL_SECONDS
        )
        if found == 0:
            raise _ssh_exception()(
                "the authenticity of the host cannot be established: log in once by hand, so that "
                "ssh knows its key"
            )
        if found < 3:
            return bool(found == 1)
    raise MaxRetryExceeded(
        f"ssh neither asked for a password nor ended within {_CONNECT_SECONDS:.0f} s"
    )


def _outcome(child: Any) -> tuple[int, str]:
    """Return the exit status of an `ssh` that has ended, and its last words."""
    if child.isalive():
        child.wait()
    status = child.signalstatus if child.exitstatus is None else child.exitstatus
    return int(status), child.logfile_read.getvalue().decode(errors="replace").strip()


def _check_for_paramiko(server: str, keyfile: str | None) -> None:
    """Refuse what is refused for the `ssh` program, too."""
    _ssh_options(parse_server(server), keyfile)


def _connect_paramiko(
    paramiko: Any, server: str, keyfile: str | None, password: str | None, policy: str
) -> Any:
    """Open a connection; the environment may say what to do with an unknown host."""
    policy = os.environ.get(_POLICY_VARIABLE) or policy
    if policy not in _POLICIES:
        raise ValueError(f"{_POLICY_VARIABLE} must be one of {_POLICIES}, not {policy!r}")
    user, host, port = _split_server(server)
    client = paramiko.SSHClient()
    client.load_system_host_keys()
    client.set_missing_host_key_policy(getattr(paramiko, f"{policy}Policy")())
    client.connect(
        host,
        port,
        username=user,
        key_filename=keyfile,
        look_for_keys=True,
        password=password or None,
    )
    return client


def paramiko_tunnel(
    lport: int,
    rport: int,
    server: str,
    remoteip: str = "127.0.0.1",
    keyfile: str | None = None,
    password: str | None = None,
    timeout: int = 60,
) -> Process:
    """Open a tunnel with paramiko, for systems without the `ssh` program.

    A server that this machine does not know is accepted with a warning, unless the environment
    variable `PYZMQ_PARAMIKO_HOST_KEY_POLICY` says `Reject` or `AutoAdd`.

    Parameters
    ----------
    lport : int
        The port on 127.0.0.1 of this machine to listen on.
    rport : int
        The port to connect to on the other side.
    server : str
        The SSH server, as `[user@]host[:port]`.
    remoteip : str
        The host to connect to, as the SSH server sees it.
    keyfile : str, optional
        A private key file.
    password : str, optional
        The password; asked for at the terminal when it is needed and missing.
    timeout : int
        Without effect: the tunnel lasts as long as this program.

    Returns
    -------
    multiprocessing.Process
        The process that holds the tunnel.

    Raises
    ------
    ImportError
        paramiko is missing.
    SSHException
        The connection failed.
    ValueError
        The server is not in that form, or another argument is not what it should be.

    Source: pyzmq `zmq.ssh.tunnel.paramiko_tunnel`.
    """
    _check_for_paramiko(server, keyfile)
    remoteip, lport, rport = check_host(remoteip), check_port(lport), check_port(rport)
    _require("paramiko", "use openssh_tunnel")
    if password is None and not _try_passwordless_paramiko(server, keyfile):
        password = getpass(f"{server}'s password: ")
    process = Process(
        target=_paramiko_tunnel,
        args=(lport, rport, server, remoteip),
        kwargs={"keyfile": keyfile, "password": password},
        daemon=True,
    )
    process.start()
    return process


def _paramiko_tunnel(
    lport: int,
    rport: int,
    server: str,
    remoteip: str,
    keyfile: str | None = None,
    password: str | None = None,
) -> None:
    """Hold a tunnel, in the process that `paramiko_tunnel` started."""
    from .forward import forward_tunnel

    try:
        client = _connect_paramiko(_load("paramiko"), server, keyfile, password, policy="Warning")
    except Exception as error:
        sys.exit(f"the tunnel through {server} failed to start: {error!r}")
    # Ctrl-C ends the program, and the program's end this daemonic process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    forward_tunnel(lport, remoteip, rport, client.get_transport())


ssh_tunnel = paramiko_tunnel if sys.platform == "win32" else openssh_tunnel
