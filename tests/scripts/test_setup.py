"""scripts/demo and scripts/test find or install what they need, and name what is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX shell scripts")

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
TOOLS = ("basename", "cat", "cksum", "dirname", "tr")


class Machine:
    """A project folder and a PATH on which only chosen commands exist; they log their calls."""

    def __init__(self, folder: Path) -> None:
        self.project = folder / "a project"
        self.bin = folder / "bin"
        self.log = folder / "log"
        self.state = folder / "state"
        self.home = folder / "home"
        for made in (self.project / "scripts" / "support", self.bin, self.home):
            made.mkdir(parents=True)
        for name in ("demo", "demo_options.py", "docs", "test", "types", "support/setup.sh"):
            shutil.copy(SCRIPTS / name, self.project / "scripts" / name)
        for name in TOOLS:
            tool = shutil.which(name)
            assert tool is not None
            (self.bin / name).symlink_to(tool)
        self.user(0)

    def command(self, name: str, body: str = "", folder: Path | None = None) -> None:
        """Put a command on the PATH, or into another folder."""
        path = (folder or self.bin) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!/bin/sh\necho "{name} $*" >>"{self.log}"\n{body}\n')
        path.chmod(0o755)

    def user(self, uid: int) -> None:
        """Say who runs the scripts: 0 is root."""
        self.command("id", f"echo {uid}")

    def venv_python(self, body: str) -> None:
        """Make a .venv whose python is a shell script."""
        self.command("python", body, self.project / ".venv" / "bin")

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command on this machine, from a folder that is not the project's."""
        return subprocess.run(
            command,
            cwd=self.home,
            env={"PATH": str(self.bin), "HOME": str(self.home), **environment},
            capture_output=True,
            text=True,
            timeout=30,
        )

    def script(self, name: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run one of the two scripts."""
        return self.run("/bin/sh", str(self.project / "scripts" / name), **environment)

    def help(self, name: str) -> subprocess.CompletedProcess[str]:
        """Ask one of the scripts for help, which the interpreter of these tests may give."""
        script = str(self.project / "scripts" / name)
        return self.run("/bin/sh", script, "-x", "--help", PYTHON=sys.executable)

    def function(self, call: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Source setup.sh and call one of its functions."""
        setup = self.project / "scripts" / "support" / "setup.sh"
        text = f'set -eu; root="{self.project}"; . "{setup}"; {call}'
        return self.run("/bin/sh", "-c", text, "sh", **environment)

    def calls(self, *but: str) -> list[str]:
        """Return the calls so far, without those of the commands named."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [line for line in lines if line.split()[0] not in {"id", *but}]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize("script", ["demo", "docs", "test", "types"])
def test_help_says_what_there_is_and_does_nothing(machine: Machine, script: str) -> None:
    done = machine.help(script)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"scripts/{script} [" in done.stdout
    assert "#!" not in done.stdout
    assert "set -eu" not in done.stdout
    assert machine.calls() == []
    assert not (machine.project / ".venv").exists()


def test_help_of_the_benchmarks_and_the_soak_needs_a_plain_python_only() -> None:
    for script in ("bench", "soak"):
        for option, code in (("--help", 0), ("--no-such-option", 2)):
            done = subprocess.run(
                [sys.executable, "-I", "-S", str(SCRIPTS / script), option],
                capture_output=True,
                text=True,
                timeout=30,
            )
            assert done.returncode == code, done.stderr
            assert f"usage: scripts/{script} [" in done.stdout + done.stderr


@pytest.mark.parametrize(("script", "version"), [("demo", "3.9"), ("test", "3.10")])
def test_a_missing_python_is_named(machine: Machine, script: str, version: str) -> None:
    done = machine.script(script)
    assert done.returncode == 1
    assert f"Python is missing: install Python {version} or newer" in done.stderr


def test_a_python_that_is_too_old_is_not_taken(machine: Machine) -> None:
    machine.command("python3", "exit 1")
    done = machine.script("test")
    assert done.returncode == 1
    assert "Python is missing" in done.stderr


def test_the_python_that_the_user_names_is_checked(machine: Machine) -> None:
    machine.command("python3.11")
    done = machine.script("test", PYTHON="/no/such/python")
    assert done.returncode == 1
    assert "PYTHON=/no/such/python is no Python 3.10 or newer" in done.stderr
    assert machine.calls() == []


def test_a_python_that_can_make_venvs_is_preferred(machine: Machine) -> None:
    machine.command("python3.11", 'case "$2" in *ensurepip*) exit 1 ;; esac')
    machine.command("python3.12")
    done = machine.function("find_python 10")
    assert (done.returncode, done.stdout) == (0, "python3.12\n")


def test_a_pyenv_version_is_found(machine: Machine) -> None:
    folder = machine.home / ".pyenv" / "versions" / "3.12.1" / "bin"
    machine.command("python", "", folder)
    done = machine.function("find_python 10")
    assert (done.returncode, done.stdout) == (0, f"{folder}/python\n")


def test_a_missing_venv_package_is_named(machine: Machine) -> None:
    machine.command("python3", 'case "$2" in *ensurepip*) exit 1 ;; esac')
    done = machine.script("demo")
    assert done.returncode == 1
    assert "python3 cannot make virtual environments" in done.stderr
    assert "apt-get install python3-venv" in done.stderr


def test_root_installs_the_missing_venv_package(machine: Machine) -> None:
    fails_at_first = f'case "$2" in *ensurepip*) [ -f "{machine.state}" ] ;; esac'
    machine.command("python3", fails_at_first)
    machine.command("env", 'shift; "$@"')
    machine.command("apt-get", f'[ "$1" = install ] && : >"{machine.state}"')
    done = machine.function("find_python 9")
    assert (done.returncode, done.stdout) == (0, "python3\n")
    assert "apt-get install -y -q python3-venv" in machine.calls()


@pytest.mark.parametrize(
    ("manager", "uid", "call"),
    [
        ("apt-get", 0, "apt-get install -y -q libzmq5"),
        ("dnf", 0, "dnf install -y zeromq"),
        ("apk", 0, "apk add libzmq"),
        ("pacman", 0, "pacman -Sy --noconfirm zeromq"),
        ("brew", 501, "brew install zeromq"),
    ],
)
def test_each_package_manager_is_used(machine: Machine, manager: str, uid: int, call: str) -> None:
    machine.user(uid)
    machine.command("env", 'shift; "$@"')
    machine.command(manager)
    done = machine.function("install_libzmq_package")
    assert done.returncode == 0, done.stderr
    assert machine.calls("env")[-1] == call


@pytest.mark.parametrize(("manager", "uid"), [("apt-get", 1000), ("brew", 0)])
def test_a_package_manager_for_another_user_is_left_alone(
    machine: Machine, manager: str, uid: int
) -> None:
    machine.user(uid)
    machine.command(manager)
    assert machine.function("install_libzmq_package").returncode == 1
    assert machine.calls() == []


def test_a_failing_command_is_shown(machine: Machine) -> None:
    machine.command("dnf", "echo no such repository; exit 3")
    done = machine.function("install_libzmq_package")
    assert done.returncode == 1
    assert "no such repository" in done.stderr


def test_nothing_is_installed_when_libzmq_is_there(machine: Machine) -> None:
    machine.command("apt-get")
    machine.venv_python("exit 0")
    assert machine.function("need_libzmq").returncode == 0
    assert machine.calls() == ["python -c import ctzmq"]


def test_without_root_libzmq_is_fetched(machine: Machine) -> None:
    machine.user(1000)
    machine.command("apt-get")
    fetched = machine.state
    machine.venv_python(f'case "$*" in *fetch) : >"{fetched}" ;; *) [ -f "{fetched}" ] ;; esac')
    done = machine.function("need_libzmq")
    assert done.returncode == 0, done.stderr
    assert machine.calls() == [
        "python -c import ctzmq",
        "python -m ctzmq fetch",
        "python -c import ctzmq",
    ]


def test_a_library_that_the_user_named_is_not_replaced(machine: Machine) -> None:
    machine.command("apt-get")
    machine.venv_python("echo ImportError: wrong architecture >&2; exit 1")
    done = machine.function("need_libzmq", CTZMQ_LIBRARY="/a/wrong/one")
    assert done.returncode == 1
    assert "wrong architecture" in done.stderr
    assert "libzmq is missing" in done.stderr
    assert machine.calls("python") == []


def test_an_installed_package_is_not_installed_again(machine: Machine) -> None:
    version = machine.project / "ctzmq" / "core" / "version.py"
    version.parent.mkdir(parents=True)
    version.write_text('VERSION = "1"\n')
    (machine.project / "pyproject.toml").write_text("[project]\n")
    machine.venv_python("exit 0")
    installed = f"python -m pip install --quiet --disable-pip-version-check -e {machine.project}"
    assert machine.function("install_ctzmq cli; install_ctzmq cli").returncode == 0
    assert machine.calls() == [f"{installed}[cli]"]
    assert machine.function("install_ctzmq cli,gevent").returncode == 0
    version.write_text('VERSION = "2"\n')
    assert machine.function("install_ctzmq cli").returncode == 0
    assert machine.calls() == [f"{installed}[{extra}]" for extra in ("cli", "cli,gevent", "cli")]


def test_a_group_is_installed_beside_the_package(machine: Machine) -> None:
    (machine.project / "ctzmq" / "core").mkdir(parents=True)
    (machine.project / "ctzmq" / "core" / "version.py").write_text('VERSION = "1"\n')
    (machine.project / "pyproject.toml").write_text("[project]\n")
    machine.venv_python('case "$1" in *groups.py) echo "pytest>=8" ;; esac')
    assert machine.function('install_ctzmq "" test; install_ctzmq "" test').returncode == 0
    wanted = machine.project / ".venv" / ".wanted"
    assert machine.calls() == [
        f"python {machine.project}/scripts/support/groups.py test",
        "python -m pip install --quiet --disable-pip-version-check "
        f"-e {machine.project} -r {wanted}",
    ]
    assert wanted.read_text() == "pytest>=8\n"


def test_a_broken_venv_is_made_anew(machine: Machine) -> None:
    machine.venv_python("exit 1")
    machine.command("python3.11", "echo Python 3.11.0")
    done = machine.function("make_venv 10")
    assert done.returncode == 0, done.stderr
    assert machine.calls("python")[-1] == f"python3.11 -m venv --clear {machine.project}/.venv"


def test_the_benchmarks_and_the_soak_start_as_commands() -> None:
    for script in ("bench", "soak"):
        done = subprocess.run(
            [str(SCRIPTS / script), "--help"],
            capture_output=True,
            text=True,
            timeout=30,
            env={**os.environ, "PATH": os.pathsep.join((str(Path(sys.executable).parent), "/bin"))},
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert f"usage: scripts/{script} [" in done.stdout
