"""Names, folders and the cache of every platform, by substitution."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

import pytest

from ctzmq.libzmq import search_path


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PREFIX", "CONDA_PREFIX", "HOMEBREW_PREFIX", "XDG_CACHE_HOME", "VCPKG_ROOT"):
        monkeypatch.delenv(name, raising=False)


def on(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_path, "platform", lambda: platform)


def touch(folder: Path, *names: str) -> list[str]:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"")
    return [str(folder / name) for name in names]


# -- Platform and names ----------------------------------------------------------------------------


@pytest.mark.skipif(hasattr(sys, "getandroidapilevel"), reason="this is Android")
@pytest.mark.parametrize("platform", ["linux", "darwin", "win32", "freebsd14"])
def test_platform(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert search_path.platform() == platform


def test_termux_is_android(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFIX", "/data/data/com.termux/files/usr")
    assert search_path.platform() == "android"
    monkeypatch.delenv("PREFIX")
    monkeypatch.setattr(sys, "getandroidapilevel", lambda: 24, raising=False)
    assert search_path.platform() == "android"


@pytest.mark.parametrize(
    ("platform", "first"),
    [
        ("linux", ["libzmq.so.5", "libzmq.so"]),
        ("freebsd14", ["libzmq.so.5", "libzmq.so"]),
        ("android", ["libzmq.so"]),
        ("darwin", ["libzmq.5.dylib", "libzmq.dylib"]),
        ("win32", ["libzmq.dll"]),
        ("cygwin", ["cygzmq-5.dll"]),
    ],
)
def test_names(platform: str, first: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    on(platform, monkeypatch)
    names = search_path.names()
    assert list(names[: len(first)]) == first
    assert len(set(names)) == len(names)
    assert all(search_path.is_libzmq_name(name) for name in names)


def test_windows_names_carry_compiler_and_version(monkeypatch: pytest.MonkeyPatch) -> None:
    on("win32", monkeypatch)
    assert {"libzmq-mt-4_3_5.dll", "libzmq-v143-mt-4_3_5.dll"} < set(search_path.names())


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("libzmq.so.5.2.5", True),
        ("libzmq-2f02442c.so.5.2.5", True),
        ("libzmq.5.dylib", True),
        ("libzmq-v143-mt-4_3_5.DLL", True),
        ("cygzmq-5.dll", True),
        ("libzmq.a", False),
        ("libzmq.lib", False),
        ("libzmq.pc", False),
        ("libsodium.so.23", False),
        ("czmq.dll", False),
        ("", False),
    ],
)
def test_is_libzmq_name(name: str, answer: bool) -> None:
    assert search_path.is_libzmq_name(name) is answer


# -- One folder ------------------------------------------------------------------------------------


def test_in_folder_has_the_usual_names_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on("linux", monkeypatch)
    paths = touch(tmp_path, "libzmq.so.5", "libzmq.so", "libzmq.so.4")
    touch(tmp_path, "libzmq.a", "libsodium.so.23")
    assert search_path.in_folder(str(tmp_path)) == paths
    assert search_path.in_folder(str(tmp_path / "none")) == []


def test_in_folder_of_windows_has_every_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on("win32", monkeypatch)
    paths = touch(tmp_path, "libzmq.dll", "libzmq-v150-mt-4_9_9.dll", "libzmq-v143-mt-gd-4_3_5.dll")
    touch(tmp_path, "libzmq.lib", "zlib.dll")
    assert search_path.in_folder(str(tmp_path)) == paths
    assert search_path.in_folder(str(tmp_path / "none")) == []


# -- The environment -------------------------------------------------------------------------------


def test_environment_of_a_virtual_environment_in_conda(monkeypatch: pytest.MonkeyPatch) -> None:
    on("linux", monkeypatch)
    monkeypatch.setattr(sys, "prefix", "/home/me/venv")
    monkeypatch.setattr(sys, "base_prefix", "/opt/conda")
    monkeypatch.setenv("CONDA_PREFIX", "/opt/conda/envs/science")
    assert search_path.environment() == [
        "/home/me/venv/lib",
        "/opt/conda/lib",
        "/opt/conda/envs/science/lib",
    ]


@pytest.mark.parametrize("prefix", ["/usr", "/usr/local"])
def test_the_system_is_no_environment(prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    on("linux", monkeypatch)
    monkeypatch.setattr(sys, "prefix", prefix)
    monkeypatch.setattr(sys, "base_prefix", prefix)
    assert search_path.environment() == []


def test_environment_of_termux(monkeypatch: pytest.MonkeyPatch) -> None:
    on("android", monkeypatch)
    monkeypatch.setattr(sys, "prefix", "/data/data/com.termux/files/usr")
    monkeypatch.setattr(sys, "base_prefix", "/data/data/com.termux/files/usr")
    assert search_path.environment() == ["/data/data/com.termux/files/usr/lib"]


def test_environment_of_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    on("win32", monkeypatch)
    monkeypatch.setattr(sys, "prefix", "P")
    monkeypatch.setattr(sys, "base_prefix", "P")
    assert search_path.environment() == [
        os.path.join("P", "Library", "bin"),
        os.path.join("P", "bin"),
        os.path.join("P", "DLLs"),
        "P",
    ]


def test_a_frozen_program_carries_its_library(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    on("linux", monkeypatch)
    program = str(tmp_path)
    packed = tmp_path / "libzmq.so.5.2.4"  # as packers copy it, without the link to it
    packed.write_bytes(b"")
    monkeypatch.setattr(sys, "prefix", program)
    monkeypatch.setattr(sys, "base_prefix", program)
    assert search_path.in_folder(program) == []
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert search_path.environment() == [program, os.path.join(program, "lib")]
    assert search_path.in_folder(program) == [str(packed)]


# -- Well-known folders ----------------------------------------------------------------------------


def test_well_known_of_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    on("linux", monkeypatch)
    monkeypatch.setattr(sys.implementation, "_multiarch", "aarch64-linux-gnu", raising=False)
    folders = search_path.well_known()
    assert {"/usr/lib/aarch64-linux-gnu", "/usr/local/lib", "/usr/lib", "/lib"} < set(folders)
    assert folders.index("/usr/local/lib") < folders.index("/usr/lib")


def test_well_known_of_musl(monkeypatch: pytest.MonkeyPatch) -> None:
    on("linux", monkeypatch)
    monkeypatch.setattr(sys.implementation, "_multiarch", "", raising=False)
    folders = search_path.well_known()
    assert {"/usr/local/lib", "/usr/lib", "/lib"} < set(folders)
    assert len(set(folders)) == len(folders)


def test_a_32_bit_python_passes_over_lib64(monkeypatch: pytest.MonkeyPatch) -> None:
    on("linux", monkeypatch)
    monkeypatch.setattr(sys, "maxsize", 2**31 - 1)
    assert not [folder for folder in search_path.well_known() if "lib64" in folder]


def test_well_known_of_termux(monkeypatch: pytest.MonkeyPatch) -> None:
    on("android", monkeypatch)
    monkeypatch.setenv("PREFIX", "/data/data/com.termux.beta/files/usr")
    assert search_path.well_known() == [
        "/data/data/com.termux.beta/files/usr/lib",
        "/data/data/com.termux/files/usr/lib",
    ]


def test_well_known_of_macos(monkeypatch: pytest.MonkeyPatch) -> None:
    on("darwin", monkeypatch)
    monkeypatch.setenv("HOMEBREW_PREFIX", "/Users/me/brew")
    folders = search_path.well_known()
    assert folders[0] == "/Users/me/brew/lib"
    assert {"/opt/homebrew/lib", "/usr/local/lib", "/opt/local/lib"} < set(folders)


def test_well_known_of_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on("win32", monkeypatch)
    programs = tmp_path / "Program Files"
    for name in ("ZeroMQ 4.0.4", "ZeroMQ 4.3.4", "libzmq", "Zero Install"):
        (programs / name / "bin").mkdir(parents=True)
    monkeypatch.setenv("VCPKG_ROOT", str(tmp_path / "vcpkg"))
    monkeypatch.setenv("MSYS2_ROOT", str(tmp_path / "msys"))
    monkeypatch.setenv("ProgramFiles", str(programs))
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "tools"), "", "."]))
    folders = [os.path.relpath(path, tmp_path) for path in search_path.well_known()]
    expected = [
        "vcpkg/installed/x64-windows/bin",
        "vcpkg/installed/arm64-windows/bin",
        "vcpkg/installed/x86-windows/bin",
        "Program Files/libzmq/bin",
        "Program Files/ZeroMQ 4.3.4/bin",
        "Program Files/ZeroMQ 4.0.4/bin",
        "msys/ucrt64/bin",
        "msys/mingw64/bin",
        "msys/clang64/bin",
        "msys/clangarm64/bin",
        "msys/mingw32/bin",
        "tools",
    ]
    assert [path for path in folders if not path.startswith("..")] == [
        path.replace("/", os.sep) for path in expected
    ]
    assert os.path.dirname(sys.executable) in search_path.well_known()


@pytest.mark.parametrize("platform", ["linux", "darwin", "android", "win32"])
def test_well_known_are_absolute_and_given_once(
    platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A relative folder would let the current folder plant a library.
    on(platform, monkeypatch)
    monkeypatch.setenv("PATH", "relative")
    monkeypatch.setenv("HOMEBREW_PREFIX", "relative")
    monkeypatch.setenv("PREFIX", "relative")
    folders = search_path.well_known()
    assert all(os.path.isabs(folder) for folder in folders)
    assert len(set(folders)) == len(folders)


# -- The cache -------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("platform", "folder"),
    [
        ("linux", ".cache/ctzmq"),
        ("android", ".cache/ctzmq"),
        ("darwin", "Library/Caches/ctzmq"),
        ("win32", "AppData/Local/ctzmq"),
    ],
)
def test_cache_in_the_home(
    platform: str, folder: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(platform, monkeypatch)
    assert os.path.dirname(search_path.cache()) == str(home / folder)


def test_cache_elsewhere(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on("linux", monkeypatch)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert search_path.cache().startswith(str(tmp_path / "xdg" / "ctzmq"))
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert search_path.cache().startswith(str(home / ".cache" / "ctzmq"))
    on("win32", monkeypatch)
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert search_path.cache().startswith(str(tmp_path / "local" / "ctzmq"))


def test_no_home_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    on("linux", monkeypatch)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    assert search_path.cache() == ""
    assert search_path.fetched() == []


@pytest.mark.skipif(not hasattr(os, "uname"), reason="needs uname to substitute")
def test_each_kind_of_machine_has_its_own_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    def name(platform: str, libc: str | None, maxsize: int, machine: str) -> str:
        def confstr(variable: str) -> str:
            if libc is None:
                raise ValueError("unrecognized configuration name")
            return libc

        with monkeypatch.context() as patch:
            patch.setattr(search_path, "platform", lambda: platform)
            patch.setattr(os, "confstr", confstr)
            patch.setattr(sys, "maxsize", maxsize)
            patch.setattr(os, "uname", lambda: os.uname_result(["", "", "", "", machine]))
            patch.setattr(sysconfig, "get_platform", lambda: f"win-{machine}")
            return os.path.basename(search_path.cache())

    assert name("linux", "glibc 2.36", 2**63 - 1, "x86_64") == "linux-x86_64"
    assert name("linux", None, 2**63 - 1, "x86_64") == "linux-x86_64-musl"
    assert name("linux", "glibc 2.36", 2**31 - 1, "x86_64") == "linux-x86_64-32bit"
    assert name("android", None, 2**63 - 1, "aarch64") == "android-aarch64"
    assert name("darwin", None, 2**63 - 1, "arm64") == "darwin-arm64"
    assert name("win32", None, 2**63 - 1, "arm64") == "win-arm64"


def test_fetched_folders_newest_first(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on("linux", monkeypatch)
    for name in ("pyzmq-27.3.0", "pyzmq-27.10.0", "pyzmq-9.1", ".new-abc", ".old-def"):
        os.makedirs(os.path.join(search_path.cache(), name))
    assert [os.path.basename(folder) for folder in search_path.fetched()] == [
        "pyzmq-27.10.0",
        "pyzmq-27.3.0",
        "pyzmq-9.1",
    ]
