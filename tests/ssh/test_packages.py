"""Packages that tunnels need are imported then, and named where they are missing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ctzmq.ssh import tunnel

SERVER = "user@host:2222"


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pexpect", None)
    monkeypatch.setitem(sys.modules, "paramiko", None)
    assert tunnel.pexpect is None
    assert tunnel.paramiko is None
    assert issubclass(tunnel.SSHException, Exception)
    with pytest.raises(ImportError, match="pip install pexpect"):
        tunnel.openssh_tunnel(1, 2, SERVER)
    with pytest.raises(ImportError, match="pip install paramiko"):
        tunnel.paramiko_tunnel(1, 2, SERVER)
    with pytest.raises(ImportError, match="pip install paramiko"):
        tunnel.try_passwordless_ssh(SERVER, None, paramiko=True)


def test_unknown_attributes_are_still_errors() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        tunnel.nonsense


def test_nothing_is_imported_before_it_is_needed() -> None:
    code = (
        "import sys\n"
        "import ctzmq.ssh.tunnel\n"
        "assert not {'pexpect', 'paramiko'} & set(sys.modules), 'imported'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=50)
