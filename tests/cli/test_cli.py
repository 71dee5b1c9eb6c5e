"""The command line finds its commands, and imports no more than it is asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from ctzmq import cli

ROOT = Path(__file__).resolve().parents[2]


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m ctzmq` with the arguments."""
    return subprocess.run(
        [sys.executable, "-m", "ctzmq", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_has_a_line_of_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    module = import_module(f"ctzmq.cli.{name.replace('-', '_')}")
    line = (module.__doc__ or "").partition("\n")[0]
    assert line.endswith(".")
    with pytest.raises(SystemExit) as exited:
        cli.main([name, "--help"])
    assert exited.value.code == 0
    printed = capsys.readouterr().out
    assert line in printed
    assert f"python -m ctzmq {name}" in printed


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exited:
        cli.main(["--help"])
    assert exited.value.code == 0
    printed = capsys.readouterr().out
    assert [name for name in cli.COMMANDS if f"\n    {name}" not in printed] == []


@pytest.mark.parametrize("arguments", [[], ["no-such-command"], ["doctor", "--no-such-option"]])
def test_wrong_arguments_are_explained(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exited:
        cli.main(arguments)
    assert exited.value.code == 2
    assert "usage: python -m ctzmq" in capsys.readouterr().err


def test_version_names_both_versions(capsys: pytest.CaptureFixture[str]) -> None:
    from ctzmq.core.version import VERSION

    with pytest.raises(SystemExit) as exited:
        cli.main(["--version"])
    assert exited.value.code == 0
    assert capsys.readouterr().out == f"ctzmq {VERSION} (pyzmq 27.3.0)\n"


def test_only_the_command_that_is_asked_for_is_imported() -> None:
    code = """
import sys
from ctzmq import cli
try:
    cli.main(["shim", "--help"])
except SystemExit:
    pass
print(*(name for name in sys.modules if name.startswith("ctzmq.cli.")))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=ROOT
    )
    assert done.stdout.splitlines()[-1] == "ctzmq.cli.shim"


def test_the_commands_for_those_without_a_library_work_without_one(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "libzmq.so.5")
    for name in ("doctor", "fetch", "shim"):
        done = command(name, "--help", CTZMQ_LIBRARY=nowhere)
        assert (done.returncode, done.stderr) == (0, "")
    assert command("--version", CTZMQ_LIBRARY=nowhere).returncode == 0


def test_the_exit_code_is_the_commands(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("raise SystemExit(5)")
    assert command("run", str(program)).returncode == 5
