"""Connections with paramiko, and the process that keeps a tunnel open with one."""

from __future__ import annotations

import os
import signal
import sys
from getpass import getuser
from typing import Any

from .destination import parse_server
from .forward import forward_tunnel
from .packages import load, require
from .program import options_for

_POLICY_VARIABLE = "PYZMQ_PARAMIKO_HOST_KEY_POLICY"
_POLICIES = ("AutoAdd", "Reject", "Warning")


def split_server(server: str) -> tuple[str, str, int]:
    """Split `user@server:port` into user, host and port, with their defaults."""
    user, host, port = parse_server(server)
    return user or getuser(), host, 22 if port is None else port


def check(server: str, keyfile: str | None) -> None:
    """Refuse what would also be refused for the `ssh` program."""
    options_for(parse_server(server), keyfile)


def connect(
    paramiko: Any, server: str, keyfile: str | None, password: str | None, policy: str
) -> Any:
    """Open a connection; the environment may say what to do with an unknown host."""
    policy = os.environ.get(_POLICY_VARIABLE) or policy
    if policy not in _POLICIES:
        raise ValueError(f"{_POLICY_VARIABLE} must be one of {_POLICIES}, not {policy!r}")
    user, host, port = split_server(server)
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


def try_passwordless(server: str, keyfile: str | None) -> bool:
    """Tell whether paramiko gets in without a password."""
    check(server, keyfile)
    paramiko = require("paramiko", "use the ssh program where there is one")
    try:
        connect(paramiko, server, keyfile, None, policy="Reject").close()
    except paramiko.AuthenticationException:
        return False
    except paramiko.SSHException as error:
        # paramiko says this when the user has no key at all to try.
        if "No authentication methods" in str(error):
            return False
        raise
    return True


def hold(
    lport: int,
    rport: int,
    server: str,
    remoteip: str,
    keyfile: str | None = None,
    password: str | None = None,
) -> None:
    """Keep a tunnel open, in the process that `paramiko_tunnel` started."""
    try:
        client = connect(load("paramiko"), server, keyfile, password, policy="Warning")
    except Exception as error:
        sys.exit(f"the tunnel through {server} failed to start: {error!r}")
    # Ctrl-C ends the program, and its end ends this daemonic process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    forward_tunnel(lport, remoteip, rport, client.get_transport())
