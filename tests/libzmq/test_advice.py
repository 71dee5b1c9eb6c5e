"""The message for those who have no libzmq, and the command of each system."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from ctzmq.libzmq import advice, search_path
from ctzmq.libzmq.search_path import Attempt

FETCH = "python -m ctzmq fetch"


@pytest.fixture(autouse=True)
def plain_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))


def distribution(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "os-release"
    path.write_text(text)
    monkeypatch.setattr(advice, "OS_RELEASE", (str(tmp_path / "none"), str(path)))
    monkeypatch.setattr(search_path, "platform", lambda: "linux")


@pytest.mark.parametrize(
    ("release", "command"),
    [
        ("ID=debian\nVERSION_ID=12", "sudo apt-get install libzmq5"),
        ("ID=ubuntu\nID_LIKE=debian", "sudo apt-get install libzmq5"),
        ("ID=linuxmint\nID_LIKE='ubuntu debian'", "sudo apt-get install libzmq5"),
        ("ID=raspbian\nID_LIKE=debian", "sudo apt-get install libzmq5"),
        ("ID=fedora", "sudo dnf install zeromq"),
        (
            'ID="rocky"\nID_LIKE="rhel centos fedora"',
            "sudo dnf install epel-release && sudo dnf install zeromq",
        ),
        ('ID="alpine"', "sudo apk add libzmq"),
        ("ID=arch", "sudo pacman -S zeromq"),
        ("ID=manjaro\nID_LIKE=arch", "sudo pacman -S zeromq"),
        ('ID="opensuse-leap"\nID_LIKE="suse opensuse"', "sudo zypper install libzmq5"),
        ("ID=opensuse-tumbleweed", "sudo zypper install libzmq5"),
        ("ID=gentoo", "sudo emerge net-libs/zeromq"),
        ('NAME="Void"\nID="void"', "sudo xbps-install zeromq"),
    ],
)
def test_command_of_each_distribution(
    release: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    distribution(release, tmp_path, monkeypatch)
    assert advice.commands() == [command, FETCH]


@pytest.mark.parametrize("release", ["", "ID=unheardof\n", "no equals sign\n=\n"])
def test_unknown_distribution(
    release: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    distribution(release, tmp_path, monkeypatch)
    first, second = advice.commands()
    assert "your package manager" in first
    assert second == FETCH


def test_no_os_release(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advice, "OS_RELEASE", ("/nowhere/os-release",))
    assert advice.os_release() == []


def test_root_needs_no_sudo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    distribution("ID=debian", tmp_path, monkeypatch)
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    assert advice.commands()[0] == "apt-get install libzmq5"


@pytest.mark.parametrize(
    ("platform", "commands"),
    [
        ("darwin", ["brew install zeromq", "sudo port install zmq", FETCH]),
        ("win32", ["vcpkg install zeromq", "conda install -c conda-forge zeromq", FETCH]),
        ("android", ["pkg install libzmq"]),
        ("freebsd14", ["sudo pkg install libzmq4"]),
        ("openbsd7", ["sudo pkg_add zeromq"]),
        ("netbsd10", ["sudo pkgin install zeromq"]),
        ("cygwin", ["install libzmq5 with Cygwin's setup program"]),
    ],
)
def test_command_of_each_platform(
    platform: str, commands: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_path, "platform", lambda: platform)
    assert advice.commands() == commands


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_conda_goes_first_in_a_conda_environment(
    platform: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    distribution("ID=debian", tmp_path, monkeypatch)
    monkeypatch.setattr(search_path, "platform", lambda: platform)
    (tmp_path / "conda-meta").mkdir()
    commands = advice.commands()
    assert commands[0] == "conda install -c conda-forge zeromq"
    assert len(set(commands)) == len(commands)


def test_the_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    distribution("ID=debian", tmp_path, monkeypatch)
    message = advice.not_found(
        [
            Attempt("/a/lib", "", "no libzmq in it", is_folder=True),
            Attempt("/b/lib", "", "no libzmq in it", is_folder=True),
            Attempt("libzmq.so.5", "", "libzmq.so.5: cannot open shared object file"),
            Attempt("libzmq.dll", "", "[WinError 126] not found"),
            Attempt("/c/lib", "", "no libzmq in it", is_folder=True),
        ]
    )
    assert message.splitlines() == [
        "ctzmq needs libzmq 4.1 or newer and found none that it can use. To get one:",
        "    sudo apt-get install libzmq5",
        "    python -m ctzmq fetch   (needs no administrator)",
        "or set CTZMQ_LIBRARY to the path of a libzmq. Tried, in this order:",
        "    no libzmq in /a/lib, /b/lib",
        "    libzmq.so.5: cannot open shared object file",
        "    libzmq.dll: [WinError 126] not found",
        "    no libzmq in /c/lib",
    ]
