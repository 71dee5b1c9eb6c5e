"""Where commands run: on this machine, or in a root folder with another system in it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from support import processes, venvs

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"

# Copied rather than cloned, so that what is not committed yet is tested, too.
COPIED = (
    ".ci", "ctzmq", "docs", "scripts", "tests",
    "LICENSE", "README.md", "SECURITY.md", "pyproject.toml",
)  # fmt: skip

# Mounts live in a name space of their own, and end with what runs in it.
ENTER = """
root=$1 folder=$2
shift 2
mount --rbind /dev "$root/dev"
mount --bind /sys "$root/sys"
mount -t tmpfs tmpfs "$root/dev/shm"
exec unshare --root="$root" --wd="$folder" "$@"
"""


class Absent(Exception):
    """A platform can't be had on this machine; the text says why."""


class BuildError(Exception):
    """Making a platform failed; the text says how."""


def cache() -> Path:
    """Return the folder where roots and environments are kept."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(base) / "ctzmq-reach"


def log_file(name: str) -> Path:
    """Return where the output of a step goes."""
    folder = cache() / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.log"


def build(name: str, command: Sequence[str | Path], timeout: float = 1800) -> str:
    """Run a step of making a platform, and return its output; raise BuildError if it fails."""
    log = log_file(name)
    ending = processes.run(command, log, timeout)
    if ending.code != 0:
        how = "did not end" if ending.code is None else f"ended with exit code {ending.code}"
        last = " | ".join(ending.output.splitlines()[-3:])
        raise BuildError(f"{name} {how}: {last} (all of it: {log})")
    return ending.output


def need_root() -> None:
    """Raise Absent unless this user may make and enter roots."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        raise Absent("needs root")
    need("unshare", "util-linux")


def need(tool: str, package: str) -> str:
    """Return the path of a tool; root on Debian installs it. Raises Absent without it."""
    if not shutil.which(tool) and shutil.which("apt-get") and os.geteuid() == 0:
        install = ["apt-get", "install", "-y", "-q", package]
        for command in (["apt-get", "update", "-q"], install):
            processes.run(
                command, log_file("apt"), 600, extra={"DEBIAN_FRONTEND": "noninteractive"}
            )
    path = shutil.which(tool)
    if path is None:
        raise Absent(f"needs {tool} (Debian: apt-get install {package})")
    return path


def mirror() -> str:
    """Return the Debian mirror of this machine's apt; raise Absent without one."""
    command = [need("apt-get", "apt"), "indextargets", "--format", "$(REPO_URI)"]
    targets = subprocess.run(
        [*command, "Created-By: Packages", "Label: Debian"], capture_output=True, text=True
    )
    for address in targets.stdout.split():
        return address.rstrip("/")
    raise Absent("apt's configuration names no mirror of Debian")


def architecture() -> str:
    """Return Debian's name of this machine's processor."""
    command = [need("dpkg", "dpkg"), "--print-architecture"]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()


class Host:
    """This machine."""

    name = "host"

    def __init__(self) -> None:
        self.folder = cache() / "host"
        self.folder.mkdir(parents=True, exist_ok=True)

    def inside(self, path: Path) -> str:
        """Return how commands here name a path."""
        return os.fspath(path)

    def command(
        self, words: Sequence[str], environment: Mapping[str, str], cwd: Path
    ) -> list[str | Path]:
        """Return the command that runs another one in a folder, with an environment."""
        settings = [f"{name}={value}" for name, value in environment.items()]
        return ["env", "-C", cwd, *settings, *words]


class Root:
    """A folder with another system in it."""

    def __init__(self, name: str, emulator: str = "") -> None:
        self.name = name
        self.folder = cache() / "roots" / name
        self.emulator = emulator

    def inside(self, path: Path) -> str:
        """Return how commands in the root name a path."""
        return f"/{path.relative_to(self.folder).as_posix()}"

    def command(
        self, words: Sequence[str], environment: Mapping[str, str], cwd: Path
    ) -> list[str | Path]:
        """Return the command that runs another one in a folder, with an environment and no more."""
        variables = {
            "HOME": "/root",
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LC_ALL": "C.UTF-8",
            "TERM": "dumb",
            "DEBIAN_FRONTEND": "noninteractive",
            # How this machine reaches its package index.
            **{name: value for name, value in os.environ.items() if name.startswith("PIP_")},
            **environment,
        }
        settings = [f"{name}={value}" for name, value in variables.items()]
        apart = ["--mount", "--pid", "--fork", "--kill-child"]
        enter = ["unshare", *apart, f"--mount-proc={self.folder}/proc", "sh", "-euc", ENTER, "-"]
        emulated = [self.emulator] if self.emulator else []
        return ["env", "-i", *settings, *enter, self.folder, self.inside(cwd), *emulated, *words]

    def make(self, releases: Sequence[str], arch: str, packages: Sequence[str]) -> None:
        """Fill the folder with packages of a release of Debian, unless that was done before.

        The first release is taken whose packages are all there. Those of a foreign processor are
        unpacked only: installing them would run them.
        """
        need_root()
        stamp = self.folder / "made-with"
        for release in releases:
            wanted = " ".join([release, arch, *packages])
            if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
                return
        tool, sources = need("mmdebstrap", "mmdebstrap"), mirror()
        for release in releases:
            try:
                self._fill(tool, sources, release, arch, packages)
            except BuildError as error:
                failure = error
            else:
                stamp.write_text(" ".join([release, arch, *packages]), encoding="utf-8")
                return
        raise Absent(f"the mirror lacks packages of {arch}, or has no such release: {failure}")

    def _fill(
        self, tool: str, sources: str, release: str, arch: str, packages: Sequence[str]
    ) -> None:
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        options = [
            "--mode=root",
            f"--variant={'extract' if self.emulator else 'minbase'}",
            f"--architectures={arch}",
            f"--include={','.join(packages)}",
            "--skip=check/qemu",
            '--aptopt=APT::Install-Recommends "false"',
            '--aptopt=Acquire::Languages "none"',
            "--dpkgopt=force-unsafe-io",
            "--dpkgopt=path-exclude=/usr/share/doc/*",
            "--dpkgopt=path-exclude=/usr/share/man/*",
        ]
        source = f"deb [signed-by={KEYRING}] {sources} {release} main"
        build(f"root-{self.name}", [tool, *options, release, self.folder, source])
        for name in ("resolv.conf", "hosts", "pip.conf", "ssl/certs/ca-certificates.crt"):
            if (file := Path("/etc", name)).exists():
                (copy := self.folder / "etc" / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, copy)


def copy_checkout(folder: Path) -> None:
    """Copy what the tests need of this checkout into a folder, in place of what was there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    ignored = shutil.ignore_patterns("__pycache__", ".venv*", "*_cache")
    for name in COPIED:
        source = venvs.CHECKOUT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            shutil.copy(source, folder / name)
