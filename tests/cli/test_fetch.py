"""Bringing libzmq into the user's cache out of a wheel; the network is never used."""

from __future__ import annotations

import argparse
import contextlib
import errno
import glob
import importlib.util
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import Callable

import pytest

from ctzmq.cli import fetch
from ctzmq.libzmq import library_path, loader, search_path

ROOT = Path(loader.__file__).parents[2]
REAL = Path(library_path())
NAME = "pyzmq-99.1-py3-none-any.whl"
METADATA = "Metadata-Version: 2.1\nName: pyzmq\nVersion: {}\n"
TAGS = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"

needs_pip = pytest.mark.skipif(
    importlib.util.find_spec("pip") is None, reason="this Python has no pip"
)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the cache in a folder of the test's own."""
    for name in ("HOME", "USERPROFILE", "LOCALAPPDATA", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.delenv("CTZMQ_LIBRARY", raising=False)
    return Path(search_path.cache())


def wheel(folder: Path, *more: tuple[str, bytes], name: str = NAME, library: bool = True) -> str:
    """Write a wheel that carries the library which this machine has."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    version = name.split("-")[1]
    information = f"pyzmq-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("zmq/__init__.py", "raise SystemExit('this must never run')\n")
        archive.writestr(f"{information}/METADATA", METADATA.format(version))
        archive.writestr(f"{information}/WHEEL", TAGS)
        archive.writestr(f"{information}/RECORD", "")
        if library:
            archive.write(REAL, f"pyzmq.libs/{REAL.name}")
        for member, content in more:
            archive.writestr(member, content)
    return str(path)


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    fetch.add_arguments(parser)
    return fetch.run(parser.parse_args(arguments))


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_help_has_a_first_line() -> None:
    assert (fetch.__doc__ or "").partition("\n")[0].endswith(".")


# -- From a wheel ----------------------------------------------------------------------------------


def test_the_library_lands_in_the_cache_and_works(
    tmp_path: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = wheel(tmp_path, ("pyzmq.libs/libsodium-6c.so.26.4.0", b"beside"))
    assert run("--wheel", path) == 0
    said = capsys.readouterr().out
    target = cache / "pyzmq-99.1" / REAL.name
    assert loader.open_library(str(target))[1] == loader.load().version
    assert f"{REAL.name} and libsodium-6c.so.26.4.0" in said
    assert str(target) in said
    assert ".".join(map(str, loader.load().version)) in said


def test_nothing_else_of_the_wheel_is_kept(tmp_path: Path, cache: Path) -> None:
    path = wheel(
        tmp_path,
        ("pyzmq.libs/libsodium-6c.so.26.4.0", b""),
        ("pyzmq.libs/notes.txt", b""),
        ("pyzmq.libs/deeper/libother.so.1", b""),
        ("zmq/backend/_zmq.abi3.so", b""),
    )
    assert run("--wheel", path) == 0
    assert files(cache) == [
        "pyzmq-99.1/libsodium-6c.so.26.4.0",
        f"pyzmq-99.1/{REAL.name}",
    ]


def test_it_works_twice(tmp_path: Path, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = wheel(tmp_path)
    assert run("--wheel", path) == 0
    assert run("--wheel", path) == 0
    assert files(cache) == [f"pyzmq-99.1/{REAL.name}"]
    assert os.listdir(cache) == ["pyzmq-99.1"]


def test_what_is_there_is_not_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run("--wheel", wheel(tmp_path))
    capsys.readouterr()
    monkeypatch.setattr(fetch, "_download", lambda cache: pytest.fail("downloads again"))
    assert run() == 0
    assert "Already there" in capsys.readouterr().out


def test_what_is_there_but_broken_is_fetched_again(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("--wheel", wheel(tmp_path))
    target = cache / "pyzmq-99.1" / REAL.name
    target.write_bytes(b"broken")
    path = wheel(tmp_path)
    monkeypatch.setattr(fetch, "_download", lambda cache: fetch._from_wheel(path, cache))
    assert run() == 0
    assert target.read_bytes() == REAL.read_bytes()


def test_it_says_that_another_library_comes_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--wheel", wheel(tmp_path)) == 0
    said = capsys.readouterr().out
    assert f"uses another one, which comes first: {library_path()}" in said
    assert "CTZMQ_LIBRARY" in said


def test_the_search_finds_it_where_there_is_no_other(
    tmp_path: Path,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for place in ("environment", "names", "well_known"):
        monkeypatch.setattr(search_path, place, list)
    monkeypatch.setattr(loader, "_library", None)
    assert run("--wheel", wheel(tmp_path)) == 0
    assert capsys.readouterr().out.endswith("ctzmq uses it.\n")
    assert library_path() == str(cache / "pyzmq-99.1" / REAL.name)


# -- Bad wheels ------------------------------------------------------------------------------------


def test_a_wheel_without_library(
    tmp_path: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = wheel(tmp_path, ("zmq/backend/_zmq.pyd", b""), library=False)
    assert run("--wheel", path) == 1
    assert f"{NAME} carries no shared libzmq" in capsys.readouterr().err
    assert files(cache) == []


@pytest.mark.parametrize("content", [b"", b"no zip file", b"PK\x03\x04 cut off"])
def test_a_file_that_is_no_wheel(
    content: bytes, tmp_path: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / NAME
    path.write_bytes(content)
    assert run("--wheel", str(path)) == 1
    assert "not a zip file" in capsys.readouterr().err
    assert files(cache) == []


def test_a_wheel_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--wheel", str(tmp_path / "none.whl")) == 1
    assert "none.whl" in capsys.readouterr().err


def test_a_library_that_does_not_open_is_not_kept(
    tmp_path: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("--wheel", wheel(tmp_path / "good"))
    path = wheel(tmp_path, (f"pyzmq.libs/{REAL.name}", b"not a library"), library=False)
    assert run("--wheel", path) == 1
    said = capsys.readouterr().err
    assert "does not work here" in said
    assert "CTZMQ_LIBRARY" not in said
    assert (cache / "pyzmq-99.1" / REAL.name).read_bytes() == REAL.read_bytes()
    assert os.listdir(cache) == ["pyzmq-99.1"]


@pytest.mark.parametrize(
    "member",
    [
        "../../evil.so",
        "/evil.so",
        "pyzmq.libs/../../evil.so",
        "pyzmq.libs/..\\..\\evil.so",
        "pyzmq.libs/C:evil.dll",
        "pyzmq.libs/.hidden.so",
        "pyzmq.libs/a b;c.so",
        "pyzmq.libs/evil.so\n",
    ],
)
def test_nothing_is_written_elsewhere(member: str, tmp_path: Path, cache: Path) -> None:
    path = wheel(tmp_path / "in", (member, b"evil"))
    assert run("--wheel", path) == 0
    assert files(tmp_path) == sorted(
        [f"in/{NAME}", str((cache / "pyzmq-99.1" / REAL.name).relative_to(tmp_path))]
    )


def test_a_libzmq_with_an_outward_path_stays_inside(tmp_path: Path) -> None:
    path = wheel(tmp_path / "in", (f"../../{REAL.name}", REAL.read_bytes()), library=False)
    target = tmp_path / "target"
    target.mkdir()
    assert fetch.unpack(path, str(target)) == [REAL.name]
    assert files(target) == [REAL.name]
    assert not (tmp_path.parent / REAL.name).exists()


def test_unpack_of_macos_and_windows(tmp_path: Path) -> None:
    mac = wheel(
        tmp_path / "mac",
        ("zmq/.dylibs/libsodium.26.dylib", b""),
        ("zmq/.dylibs/libzmq.5.dylib", b""),
        library=False,
    )
    windows = wheel(
        tmp_path / "windows",
        ("pyzmq.libs/.load-order-pyzmq-25.1.2", b""),
        ("pyzmq.libs/libsodium-ac42d648.dll", b""),
        ("pyzmq.libs/libzmq-v141-mt-4_3_4-0a6f51ca.dll", b""),
        ("pyzmq.libs/msvcp140.dll", b""),
        library=False,
    )
    for name in ("1", "2"):
        (tmp_path / name).mkdir()
    assert fetch.unpack(mac, str(tmp_path / "1")) == ["libzmq.5.dylib", "libsodium.26.dylib"]
    assert fetch.unpack(windows, str(tmp_path / "2")) == [
        "libzmq-v141-mt-4_3_4-0a6f51ca.dll",
        "libsodium-ac42d648.dll",
        "msvcp140.dll",
    ]


def patched(path: str, *changes: tuple[int, bytes]) -> str:
    """Overwrite bytes of a file."""
    content = bytearray(Path(path).read_bytes())
    for offset, new in changes:
        content[offset : offset + len(new)] = new
    Path(path).write_bytes(content)
    return path


def central(path: str) -> int:
    """Return where the only entry of an archive is described at its end."""
    return Path(path).read_bytes().index(b"PK\x01\x02")


@pytest.fixture
def packed(tmp_path: Path) -> str:
    """A wheel with a compressed library and nothing else."""
    path = tmp_path / NAME
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(REAL, f"pyzmq.libs/{REAL.name}")
    return str(path)


def damaged_stream(path: str) -> None:
    patched(path, (60, b"\xff" * 400))


def damaged_data(path: str) -> None:
    patched(path, (20_000, b"\xff" * 100))


def damaged_directory(path: str) -> None:
    patched(path, (central(path) + 4, b"\xff" * 20))


def damaged_name(path: str) -> None:
    patched(path, (30, b"\xff\xfe"))


def cut_off(path: str) -> None:
    content = Path(path).read_bytes()
    Path(path).write_bytes(content[: len(content) // 2])


def without_its_middle(path: str) -> None:
    content = Path(path).read_bytes()
    Path(path).write_bytes(content[:1000] + content[len(content) // 2 :])


def encrypted(path: str) -> None:
    patched(path, (6, b"\x01"), (central(path) + 8, b"\x01"))


def with_unknown_compression(path: str) -> None:
    patched(path, (8, b"\x63"), (central(path) + 10, b"\x63"))


def with_another_sum(path: str) -> None:
    patched(path, (14, b"1234"), (central(path) + 16, b"1234"))


def with_another_size(path: str) -> None:
    patched(path, (22, b"\x10\0\0\0"), (central(path) + 24, b"\x10\0\0\0"))


def with_a_bomb(path: str) -> None:
    patched(path, (22, b"\xf0\xff\xff\xff"), (central(path) + 24, b"\xf0\xff\xff\xff"))


def in_lzma_that_is_none(path: str) -> None:
    patched(path, (8, b"\x0e"), (central(path) + 10, b"\x0e"))


def in_bzip2_that_is_none(path: str) -> None:
    patched(path, (8, b"\x0c"), (central(path) + 10, b"\x0c"))


DAMAGES = [damaged_stream, damaged_data, damaged_directory, damaged_name, cut_off]
DAMAGES += [without_its_middle, encrypted, with_unknown_compression, with_another_sum]
DAMAGES += [with_another_size, with_a_bomb, in_lzma_that_is_none, in_bzip2_that_is_none]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_wheel_changes_nothing(
    damage: Callable[[str], None],
    packed: str,
    tmp_path: Path,
    cache: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run("--wheel", wheel(tmp_path / "good"))
    capsys.readouterr()
    damage(packed)
    assert run("--wheel", packed) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("ctzmq fetch: ")
    assert NAME in said.err
    assert files(cache) == [f"pyzmq-99.1/{REAL.name}"]
    assert (cache / "pyzmq-99.1" / REAL.name).read_bytes() == REAL.read_bytes()
    assert os.listdir(cache) == ["pyzmq-99.1"]


def test_random_damage_is_never_a_traceback(packed: str, cache: Path) -> None:
    original = Path(packed).read_bytes()
    for offset in [*range(64), *range(central(packed), len(original))]:
        patched(packed, (0, original), (offset, bytes([original[offset] ^ 0xFF])))
        target = cache / str(offset)
        target.mkdir(parents=True)
        with contextlib.suppress(fetch.FetchError):
            fetch.unpack(packed, str(target))


@pytest.mark.parametrize("name", ["libzmq.so.5", "LIBZMQ.so.5"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_wheel_with_two_libraries_of_one_name(
    name: str, tmp_path: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    members = [("l/libzmq.so.5", REAL.read_bytes()), (f"l/{name}", b"x")]
    assert run("--wheel", wheel(tmp_path, *members, library=False)) == 1
    assert "two libraries of one name" in capsys.readouterr().err
    assert os.listdir(cache) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_what_is_no_file_is_no_wheel(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "pipe.whl")
    for path in (tmp_path, tmp_path / "pipe.whl", Path(os.devnull)):
        assert run("--wheel", str(path)) == 1
        assert "it is not a file" in capsys.readouterr().err
    for name in ("", "none.whl", "nul\0.whl", "\udcff.whl"):
        assert run("--wheel", name) == 1
        assert "there is no such file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "folder"),
    [("pyzmq-1.0-x.whl", "pyzmq-1.0"), ("..-..-x.whl", "wheel"), (".whl", "wheel")],
)
def test_no_name_of_a_wheel_leads_elsewhere(
    name: str, folder: str, tmp_path: Path, cache: Path, packed: str
) -> None:
    path = tmp_path / "in" / name
    path.parent.mkdir()
    os.rename(packed, path)
    assert run("--wheel", str(path)) == 0
    assert os.listdir(cache) == [folder]


@pytest.mark.skipif(os.name == "nt", reason="permissions are of another kind there")
def test_nobody_else_can_write_to_the_library(packed: str, cache: Path) -> None:
    old = os.umask(0)
    try:
        assert run("--wheel", packed) == 0
    finally:
        os.umask(old)
    for path in (cache, cache / "pyzmq-99.1", cache / "pyzmq-99.1" / REAL.name):
        assert path.stat().st_mode & 0o022 == 0


@pytest.mark.parametrize("function", ["shutil.copyfileobj", "os.fsync"])
def test_a_full_disk(
    function: str,
    packed: str,
    tmp_path: Path,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run("--wheel", wheel(tmp_path / "good"))

    def fail(*args: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(function, fail)
    assert run("--wheel", packed) == 1
    assert os.strerror(errno.ENOSPC) in capsys.readouterr().err
    assert (cache / "pyzmq-99.1" / REAL.name).read_bytes() == REAL.read_bytes()
    assert os.listdir(cache) == ["pyzmq-99.1"]


def test_a_home_that_cannot_be_written_to(
    packed: str,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*args: object, **options: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(cache))

    cache.mkdir(parents=True)
    for function in ("tempfile.mkdtemp", "os.makedirs"):
        with monkeypatch.context() as patch:
            patch.setattr(function, fail)
            assert run("--wheel", packed) == run() == 1
        said = capsys.readouterr()
        lines = said.err.splitlines()
        assert len(lines) == 2
        assert all(os.strerror(errno.EROFS) in line and str(cache) in line for line in lines)
        assert "Downloading" not in said.out


def test_ctrl_c_is_no_traceback(
    packed: str,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupt(path: str) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(fetch, "prove", interrupt)
    assert run("--wheel", packed) == 1
    assert "interrupted" in capsys.readouterr().err
    assert os.listdir(cache) == []


def test_no_home(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(search_path, "cache", lambda: "")
    assert run() == 1
    assert "set HOME" in capsys.readouterr().err


@pytest.mark.parametrize("home", [None, "", ".", "relative/path"])
def test_a_home_that_is_none(
    home: str | None,
    packed: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "USERPROFILE", "LOCALAPPDATA", "XDG_CACHE_HOME"):
        if home is None:
            monkeypatch.delenv(name)
        else:
            monkeypatch.setenv(name, home)
    # An account without a home in the list of users.
    monkeypatch.setattr(os.path, "expanduser", lambda path: path.replace("~", home or "~", 1))
    assert run("--wheel", packed) == 1
    assert "set HOME" in capsys.readouterr().err
    assert files(tmp_path) == [NAME]


def test_a_cache_that_can_not_be_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "home").write_text("a file where the folder should be")
    assert run("--wheel", wheel(tmp_path)) == 1
    assert str(tmp_path / "home") in capsys.readouterr().err


def test_a_library_in_use_that_can_not_be_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = wheel(tmp_path)
    run("--wheel", path)

    def rename(source: str, target: str) -> None:
        raise PermissionError("[WinError 32] in use by another process")

    monkeypatch.setattr(os, "rename", rename)
    assert run("--wheel", path) == 1
    assert "close the programs that use ctzmq" in capsys.readouterr().err


# -- With pip --------------------------------------------------------------------------------------


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let pip find wheels in one folder and nowhere else."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    return folder


@needs_pip
def test_pip_brings_the_wheel(
    offline: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wheel(offline)
    assert run() == 0
    assert files(cache) == [f"pyzmq-99.1/{REAL.name}"]
    assert run("--force") == 0
    assert "Already there" not in capsys.readouterr().out


@needs_pip
def test_pip_finds_no_wheel(offline: Path, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 1
    said = capsys.readouterr().err
    assert "No matching distribution found for pyzmq" in said
    assert "--wheel" in said
    assert files(cache) == []


@needs_pip
def test_a_wheel_without_library_is_not_the_end(
    offline: Path,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    wheel(offline, library=False)
    wheel(offline, name="pyzmq-25.1.2-py3-none-any.whl")
    monkeypatch.setattr(fetch, "plans", lambda: [("pyzmq", ()), ("pyzmq<26", ())])
    assert run() == 0
    assert files(cache) == [f"pyzmq-25.1.2/{REAL.name}"]


def test_plans_of_each_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_path, "platform", lambda: "linux")
    assert fetch.plans()[0] == ("pyzmq", ())
    monkeypatch.setattr(search_path, "platform", lambda: "win32")
    assert [requirement for requirement, _ in fetch.plans()] == ["pyzmq<26"]


def test_without_pip_the_one_that_the_system_keeps_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundled = tmp_path / "python-wheels"
    bundled.mkdir()
    for version in ("22.0", "23.0"):
        (bundled / f"pip-{version}-py3-none-any.whl").write_bytes(b"")
    monkeypatch.setattr(sysconfig, "get_config_var", lambda name: str(bundled))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert fetch.pip_command() == [
        sys.executable,
        str(bundled / "pip-23.0-py3-none-any.whl" / "pip"),
    ]


def test_no_pip_at_all(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(glob, "glob", lambda pattern: [])
    assert run() == 1
    assert "has no pip" in capsys.readouterr().err


# -- As a command ----------------------------------------------------------------------------------


def command(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "ctzmq", "fetch", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_several_at_once_take_turns(packed: str, cache: Path) -> None:
    runs = [command("--wheel", packed, "--force") for _ in range(4)]
    for each in runs:
        said, _ = each.communicate(timeout=50)
        assert each.returncode == 0, said
        assert "It opens" in said
    assert os.listdir(cache) == ["pyzmq-99.1"]
    assert files(cache) == [f"pyzmq-99.1/{REAL.name}"]


def test_a_terminal_that_has_not_all_characters(packed: str, tmp_path: Path) -> None:
    cache = tmp_path / "gr\u00fc\u00dfe"
    run = command("--wheel", packed, XDG_CACHE_HOME=str(cache), PYTHONIOENCODING="ascii")
    said, _ = run.communicate(timeout=50)
    assert run.returncode == 0, said
    assert "Traceback" not in said


def test_it_runs_where_there_is_no_library(tmp_path: Path, cache: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ctzmq", "fetch", "--wheel", wheel(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "CTZMQ_LIBRARY": "/nowhere/libzmq.so.5"},
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert done.returncode == 0, done.stderr
    assert "It opens: libzmq" in done.stdout
    assert "ctzmq can't use it yet: CTZMQ_LIBRARY is '/nowhere/libzmq.so.5'" in done.stdout
    assert files(cache) == [f"pyzmq-99.1/{REAL.name}"]
