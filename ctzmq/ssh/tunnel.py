"""Tunnels through SSH: by the `ssh` program, driven with pexpect, or by paramiko in a process.

Neither pexpect nor paramiko is imported before a tunnel needs it. The attributes `pexpect`,
`paramiko` and `SSHException` of this module import them at first use; the first two are None where
the package is missing.
"""

from __future__ import annotations

import contextlib
import re
import socket as _socket
import sys
from getpass import getpass
from multiprocessing import Process
from typing import Any

from ..core.socket import Socket
from . import client, packages, program
from .destination import check_host, check_port, has_control_characters, parse_server
from .program import MaxRetryExceeded as MaxRetryExceeded

__all__ = [
    "openssh_tunnel",
    "paramiko_tunnel",
    "ssh_tunnel",
    "try_passwordless_ssh",
    "tunnel_connection",
]

_MAX_PASSWORDS = 3


def __getattr__(name: str) -> Any:
    if name in ("paramiko", "pexpect"):
        try:
            return packages.load(name)
        except ImportError:
            return None
    if name == "SSHException":
        return packages.ssh_exception()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


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


def _seconds(timeout: float) -> int:
    """Check a time-out, which becomes an argument of `sleep` in the server's shell."""
    try:
        seconds = int(timeout)
    except (OverflowError, TypeError, ValueError):
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
        return client.try_passwordless(server, keyfile)
    return program.try_passwordless(server, keyfile)


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
    TypeError
        It is no socket, or the endpoint or the server no text.
    ZMQError
        The socket cannot connect; else as `open_tunnel` does.

    Source: pyzmq `zmq.ssh.tunnel.tunnel_connection`.
    """
    if not hasattr(socket, "connect"):
        raise TypeError(f"tunnel_connection connects a zmq socket, got {socket!r:.60}")
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
    TypeError
        The endpoint or the server is no text.
    ValueError
        The endpoint or the server is not in that form.
    ImportError, RuntimeError, SSHException, MaxRetryExceeded
        As `openssh_tunnel` and `paramiko_tunnel` do.

    Source: pyzmq `zmq.ssh.tunnel.open_tunnel`.
    """
    if not isinstance(addr, str):
        raise TypeError(f"an endpoint is str, such as 'tcp://127.0.0.1:5555', got {addr!r:.60}")
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
    options = program.options_for(parsed, keyfile)
    far = f"{program.in_brackets(check_host(remoteip))}:{check_port(rport)}"
    forward = ["-L", f"127.0.0.1:{check_port(lport)}:{far}"]
    rest = ["--", destination, "sleep", str(_seconds(timeout))]
    if password and has_control_characters(password):
        raise ValueError("the password has control characters, which a terminal would obey")
    packages.require("pexpect", "use paramiko_tunnel")
    pid = program.forward_by_master(options, forward, destination)
    if pid is not None:
        return pid
    child = program.spawn(["-f", "-S", "none", *options, *forward, *rest])
    try:
        question = f"{destination}'s password: "
        for _ in range(_MAX_PASSWORDS):
            if not program.wait_for_prompt(child):
                break
            answer = password or getpass(question)
            with contextlib.suppress(OSError):  # it has ended meanwhile, and its words tell why
                child.sendline(answer)
            # ssh asks again only if it was the wrong one.
            password, question = None, f"Password rejected. {destination}'s password: "
        else:
            if program.wait_for_prompt(child):
                raise RuntimeError(f"{destination} rejected {_MAX_PASSWORDS} passwords")
        status, output = program.outcome(child)
    except BaseException:
        child.close(force=True)
        raise
    if status:
        raise RuntimeError(f"the tunnel through {server} failed to start: {output}")
    return int(child.pid)


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
    client.check(server, keyfile)
    remoteip, lport, rport = check_host(remoteip), check_port(lport), check_port(rport)
    packages.require("paramiko", "use openssh_tunnel")
    if password is None and not client.try_passwordless(server, keyfile):
        password = getpass(f"{server}'s password: ")
    process = Process(
        target=client.hold,
        args=(lport, rport, server, remoteip),
        kwargs={"keyfile": keyfile, "password": password},
        daemon=True,
    )
    process.start()
    return process


ssh_tunnel = paramiko_tunnel if sys.platform == "win32" else openssh_tunnel
