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


def test_alone_it_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 0
    printed = capsys.readouterr().out
    assert "usage: python -m ctzmq" in printed
    assert "doctor" in printed


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["no-such-command"], "there is no command 'no-such-command'; there are run, shim, doctor"),
        (["curve_keygen"], "did you mean curve-keygen?"),
        (["dokter"], "did you mean doctor?"),
        (["version"], "did you mean --version?"),
        (["doctor", "--jsn"], "python -m ctzmq doctor: error: there is no argument '--jsn'; did"),
        (["shim", "here"], "there is no argument 'here'\n"),
        (["--no-such-option"], "--no-such-option"),
    ],
)
def test_wrong_arguments_are_explained(
    arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exited:
        cli.main(arguments)
    assert exited.value.code == 2
    told = capsys.readouterr().err
    assert "usage: python -m ctzmq" in told
    assert text in told


def test_it_speaks_of_itself_as_it_was_called(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/bin/ctzmq"])
    assert cli.main([]) == 0
    assert "usage: ctzmq [-h]" in capsys.readouterr().out


def test_version_names_all_three_and_the_library(capsys: pytest.CaptureFixture[str]) -> None:
    import ctzmq

    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == (
        f"ctzmq {ctzmq.VERSION}, with the API of pyzmq 27.3.0, "
        f"on libzmq {ctzmq.zmq_version()} at {ctzmq.library_path()}\n"
    )


def test_what_interrupts_a_command_ends_it_quietly(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from ctzmq.cli import doctor

    def interrupt(args: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(doctor, "run", interrupt)
    assert cli.main(["doctor"]) == 130
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("arguments", [(), ("--version",), ("fetch", "--help"), ("curve-keygen",)])
def test_a_closed_pipe_is_no_error(arguments: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "ctzmq", *arguments],
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=60,
        cwd=ROOT,
    )
    os.close(writing)
    assert done.stderr == b""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux has a disk that is always full")
def test_a_full_disk_is_told_of() -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "ctzmq", "curve-keygen"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            cwd=ROOT,
        )
    assert done.returncode == 1
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


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


def test_without_a_library_commands_help_or_say_why_there_is_none(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "libzmq.so.5")
    code = """
from ctzmq import cli
for name in cli.COMMANDS:
    try:
        cli.main([name, "--help"])
    except SystemExit as end:
        assert end.code == 0, name
assert cli.main(["--version"]) == 0
assert cli.main(["shim", "--out", sys.argv[1]]) == 0
for arguments in (["run", "-c", "1"], ["curve-keygen"], ["log", "inproc://x"]):
    assert cli.main(arguments) == 1, arguments
"""
    done = subprocess.run(
        # As the script is called: the package has to know that a command is what is run.
        [sys.executable, "-c", f"import sys; sys.argv[0] = 'ctzmq'\n{code}", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        env={**os.environ, "CTZMQ_LIBRARY": nowhere},
    )
    assert done.returncode == 0, done.stderr
    assert "but there is no libzmq (`ctzmq doctor` tells why)" in done.stdout
    told = done.stderr.splitlines()
    assert [line.partition(f": CTZMQ_LIBRARY is {nowhere!r}, which")[0] for line in told] == [
        "ctzmq run",
        "ctzmq curve-keygen",
        "ctzmq log",
    ]


def test_the_exit_code_is_the_commands(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("raise SystemExit(5)")
    assert command("run", str(program)).returncode == 5


def test_log_says_why_it_cannot_connect(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["log", "nowhere"]) == 1
    assert "ctzmq log: cannot connect: not a valid endpoint" in capsys.readouterr().err
