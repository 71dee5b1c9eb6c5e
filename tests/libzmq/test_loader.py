"""Finding libzmq: the order of the search, what it refuses and why, and what it tells the user."""

from __future__ import annotations

import ctypes
import ctypes.util
import errno
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Callable

import pytest

from ctzmq.libzmq import binary, library_path, loader, prototypes, search_path

ROOT = Path(loader.__file__).parents[2]

needs_shared_objects = pytest.mark.skipif(
    sys.platform != "linux", reason="reads the process's shared objects from /proc"
)


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each test search anew and put the real library back afterwards."""
    loader.load()
    monkeypatch.setattr(loader, "_library", None)
    monkeypatch.setattr(loader, "_attempts", [])
    monkeypatch.delenv("CTZMQ_LIBRARY", raising=False)


@pytest.fixture
def opener(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Replace the opening of files: only those that a test names can be opened."""
    asked: list[str] = []

    def allow(*good: str) -> list[str]:
        def open_library(name: str) -> tuple[ctypes.CDLL, tuple[int, int, int]]:
            asked.append(name)
            if name in good:
                return HANDLE, (4, 3, 5)
            raise OSError(f"{name}: refused by the test")

        monkeypatch.setattr(loader, "open_library", open_library)
        monkeypatch.setattr(loader, "_file_of", lambda handle, name: name)
        return asked

    return allow


HANDLE = loader.load().handle


class Machine:
    """A made-up machine: a folder for each place that the search visits, with a libzmq in it."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.environment = self.put(root / "venv/lib/libzmq.so.5")
        self.base = self.put(root / "base/lib/libzmq.so.5")
        self.conda = self.put(root / "conda/lib/libzmq.so.5")
        self.known = self.put(root / "known/libzmq.so.5")
        self.util = "libzmq-of-ctypes-util.so"
        monkeypatch.setattr(search_path, "platform", lambda: "linux")
        monkeypatch.setattr(sys, "prefix", str(root / "venv"))
        monkeypatch.setattr(sys, "base_prefix", str(root / "base"))
        monkeypatch.setenv("CONDA_PREFIX", str(root / "conda"))
        monkeypatch.setenv("XDG_CACHE_HOME", str(root / "cache"))
        monkeypatch.setattr(search_path, "well_known", lambda: [str(root / "known")])
        monkeypatch.setattr(ctypes.util, "find_library", lambda name: self.util)
        self.fetched = self.put(Path(search_path.cache()) / "pyzmq-27.3.0" / "libzmq-0f.so.5.2.5")

    @staticmethod
    def put(path: Path) -> str:
        path.parent.mkdir(parents=True)
        path.write_bytes(b"")
        return str(path)

    def everything(self) -> list[str]:
        return [
            self.environment,
            self.base,
            self.conda,
            "libzmq.so.5",
            "libzmq.so",
            "libzmq.so.4",
            "libzmq.so.3",
            self.known,
            self.fetched,
            self.util,
        ]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=50,
    )


# -- The library that is there ---------------------------------------------------------------------


def test_load_opens_the_library_once() -> None:
    library = loader.load()
    assert loader.load() is library
    assert isinstance(library.handle, ctypes.CDLL)
    assert library.version >= (4, 1, 0)
    assert library.how
    assert ".".join(map(str, library.version)) in repr(library)


def test_the_handle_keeps_errno() -> None:
    zmq_ctx_term = loader.load().handle["zmq_ctx_term"]
    zmq_ctx_term.argtypes = [ctypes.c_void_p]
    ctypes.set_errno(0)
    assert zmq_ctx_term(None) == -1
    assert ctypes.get_errno() == errno.EFAULT


def test_library_path_is_the_real_file() -> None:
    path = library_path()
    assert path == loader.load().path
    assert os.path.isfile(path)
    assert os.path.realpath(path) == path
    assert "zmq" in os.path.basename(path)


@needs_shared_objects
def test_library_path_is_what_the_process_has_mapped() -> None:
    assert library_path() in Path("/proc/self/maps").read_text()


def test_attempts_end_with_the_one_taken() -> None:
    loader.load()
    *failures, taken = loader.attempts()
    assert taken.reason == ""
    assert "taken" in repr(taken)
    assert all(failure.reason for failure in failures)


def test_the_search_leaves_costly_modules_alone() -> None:
    # On Python 3.14 importing ctypes.util makes a closure that can kill a forked child.
    code = (
        "import sys; from ctzmq.libzmq import loader; loader.load(); "
        "print([name for name in ('ctypes.util', 'subprocess', 'ctzmq.libzmq.advice') "
        "if name in sys.modules])"
    )
    done = python("-c", code)
    assert done.stdout.strip() == "[]", done.stderr


def test_without_dladdr_the_file_is_what_was_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    handle = loader.load().handle

    def no_dladdr(name: None) -> None:
        raise OSError("static Python")

    monkeypatch.setattr(ctypes, "CDLL", no_dladdr)
    assert loader._file_of(handle, "libzmq.so.5") == "libzmq.so.5"
    file = tmp_path / "libzmq.so.5"
    file.write_bytes(b"")
    assert loader._file_of(handle, str(file)) == os.path.realpath(file)


# -- CTZMQ_LIBRARY ---------------------------------------------------------------------------------


def test_the_variable_names_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    path = library_path()
    monkeypatch.setattr(loader, "_library", None)
    monkeypatch.setenv("CTZMQ_LIBRARY", path)
    assert loader.load().path == path
    assert "CTZMQ_LIBRARY" in loader.load().how
    assert [attempt.name for attempt in loader.attempts()] == [path]


def test_the_variable_names_what_the_dynamic_loader_knows(
    monkeypatch: pytest.MonkeyPatch, opener: Callable[..., list[str]]
) -> None:
    asked = opener("libzmq.so.77")
    monkeypatch.setenv("CTZMQ_LIBRARY", "libzmq.so.77")
    assert loader.load().path == "libzmq.so.77"
    assert asked == ["libzmq.so.77"]


def test_the_variable_may_name_the_home(
    monkeypatch: pytest.MonkeyPatch, opener: Callable[..., list[str]], tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("CTZMQ_LIBRARY", os.path.join("~", "libzmq.so"))
    opener(str(tmp_path / "libzmq.so"))
    assert loader.load().path == str(tmp_path / "libzmq.so")


def test_a_relative_path_is_one_from_here(
    monkeypatch: pytest.MonkeyPatch, opener: Callable[..., list[str]], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CTZMQ_LIBRARY", os.path.join("lib", "libzmq.so.5"))
    here = os.path.abspath(os.path.join("lib", "libzmq.so.5"))
    assert opener(here) == []
    library = loader.load()
    assert library.path == here
    monkeypatch.chdir(tmp_path.parent)
    assert loader.load() is library


@pytest.mark.parametrize("home", [".", "home", ""])
def test_a_relative_home_is_none(
    monkeypatch: pytest.MonkeyPatch, opener: Callable[..., list[str]], tmp_path: Path, home: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, home)
    path = os.path.join("~", "libzmq.so")
    monkeypatch.setenv("CTZMQ_LIBRARY", path)
    asked = opener()
    if not os.path.isabs(os.path.expanduser(path)):
        with pytest.raises(ImportError, match="no such home folder, or its path is relative"):
            loader.load()
        assert asked == []
    monkeypatch.setenv("CTZMQ_LIBRARY", os.path.join("~nobody-has-this-name", "libzmq.so"))
    with pytest.raises(ImportError, match="no such home folder"):
        loader.load()


def test_a_relative_path_from_a_folder_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_folder(path: str) -> str:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))

    monkeypatch.setattr(os.path, "abspath", no_folder)
    monkeypatch.setenv("CTZMQ_LIBRARY", os.path.join("lib", "libzmq.so.5"))
    with pytest.raises(ImportError, match="relative to the current folder, which is gone"):
        loader.load()


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTZMQ_LIBRARY", "")
    assert "CTZMQ_LIBRARY" not in loader.load().how


def test_nothing_else_is_tried_if_the_variable_fails(
    monkeypatch: pytest.MonkeyPatch, machine: Machine, opener: Callable[..., list[str]]
) -> None:
    asked = opener(*machine.everything())
    monkeypatch.setenv("CTZMQ_LIBRARY", "/nowhere/libzmq.so.5")
    with pytest.raises(ImportError) as caught:
        loader.load()
    assert asked == ["/nowhere/libzmq.so.5"]
    assert str(caught.value) == (
        "CTZMQ_LIBRARY is '/nowhere/libzmq.so.5', which can't be used: refused by the test. "
        "Correct it, or unset it to let ctzmq search."
    )


def test_the_variable_names_a_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CTZMQ_LIBRARY", str(tmp_path))
    with pytest.raises(ImportError, match="is a folder; name the library in it"):
        loader.load()


def test_a_failed_load_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTZMQ_LIBRARY", "/nowhere/libzmq.so.5")
    with pytest.raises(ImportError):
        loader.load()
    monkeypatch.delenv("CTZMQ_LIBRARY")
    assert loader.load().version >= (4, 1, 0)


# -- The search ------------------------------------------------------------------------------------


def test_the_order_of_the_search(machine: Machine, opener: Callable[..., list[str]]) -> None:
    asked = opener()
    with pytest.raises(ImportError):
        loader.load()
    assert asked == machine.everything()


@pytest.mark.parametrize("index", range(10))
def test_the_first_that_opens_is_taken(
    machine: Machine, opener: Callable[..., list[str]], index: int
) -> None:
    asked = opener(*machine.everything()[index:])
    assert loader.load().path == machine.everything()[index]
    assert asked == machine.everything()[: index + 1]
    assert [bool(attempt.reason) for attempt in loader.attempts()] == [True] * index + [False]


def test_each_place_gives_its_reason(machine: Machine, opener: Callable[..., list[str]]) -> None:
    opener()
    with pytest.raises(ImportError):
        loader.load()
    how = {attempt.name: attempt.how for attempt in loader.attempts()}
    assert "environment" in how[machine.environment]
    assert "environment" in how[machine.conda]
    assert "dynamic loader" in how["libzmq.so.5"]
    assert "well-known" in how[machine.known]
    assert "python -m ctzmq fetch" in how[machine.fetched]
    assert "ctypes.util" in how[machine.util]


def test_a_name_is_tried_once(
    machine: Machine, opener: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: "libzmq.so.5")
    asked = opener()
    with pytest.raises(ImportError):
        loader.load()
    assert asked == machine.everything()[:-1]


def test_ctypes_util_may_be_forbidden_to_start_programs(
    machine: Machine, opener: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def find_library(name: str) -> str:
        raise PermissionError("no programs here")

    monkeypatch.setattr(ctypes.util, "find_library", find_library)
    opener()
    with pytest.raises(ImportError, match="find_library: it knows no libzmq"):
        loader.load()


def test_ctypes_util_may_fail_in_any_way(
    machine: Machine, opener: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def find_library(name: str) -> str:
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "what it has read")

    monkeypatch.setattr(ctypes.util, "find_library", find_library)
    opener()
    with pytest.raises(ImportError, match="find_library: it knows no libzmq"):
        loader.load()


@pytest.mark.parametrize("variable", ["CONDA_PREFIX", "PREFIX", "HOMEBREW_PREFIX", "HOME"])
@pytest.mark.parametrize("value", [".", "conda", "./conda", ""])
def test_no_relative_path_comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
    opener: Callable[..., list[str]],
    tmp_path: Path,
    variable: str,
    value: str,
) -> None:
    for folder in ("lib", "conda/lib", ".local/lib", ".cache/ctzmq"):
        (tmp_path / folder).mkdir(parents=True)
        for name in search_path.names():
            (tmp_path / folder / name).write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(variable, value)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    asked = opener()
    with pytest.raises(ImportError) as caught:
        loader.load()
    assert [name for name in asked if os.path.dirname(name) and not os.path.isabs(name)] == []
    assert [name for name in asked if name.startswith(str(tmp_path))] == []
    if variable == "CONDA_PREFIX" and value and sys.platform != "win32":
        assert f"{value}/lib: it is relative to the current folder" in str(caught.value)


def test_the_dynamic_loader_of_macos_is_not_led_into_the_current_folder(
    monkeypatch: pytest.MonkeyPatch,
    machine: Machine,
    opener: Callable[..., list[str]],
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(search_path, "platform", lambda: "darwin")
    monkeypatch.setattr(search_path, "cache", lambda: "")
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    (here / "libzmq.5.dylib").write_bytes(b"")
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: "libzmq.dylib")
    asked = opener()
    with pytest.raises(ImportError) as caught:
        loader.load()
    assert "libzmq.5.dylib" not in asked
    assert "libzmq.4.dylib" in asked
    assert "libzmq.5.dylib: the dynamic loader would take the file" in str(caught.value)


@pytest.mark.parametrize("found", ["./libzmq.so.5", "lib/libzmq.so.5"])
def test_ctypes_util_may_find_a_relative_path(
    monkeypatch: pytest.MonkeyPatch,
    machine: Machine,
    opener: Callable[..., list[str]],
    found: str,
) -> None:
    machine.util = found
    asked = opener(found)
    with pytest.raises(ImportError, match=f"{found}: it lies in the current folder"):
        loader.load()
    assert found not in asked


def test_the_newest_fetched_library_goes_first(
    machine: Machine, opener: Callable[..., list[str]]
) -> None:
    newer = machine.put(Path(search_path.cache()) / "pyzmq-27.10.0" / "libzmq-1f.so.5.2.5")
    asked = opener()
    with pytest.raises(ImportError):
        loader.load()
    assert asked.index(newer) < asked.index(machine.fetched)


def test_not_found_tells_all_attempts_and_a_command(
    machine: Machine, opener: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    os.remove(machine.conda)
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: None)
    opener()
    with pytest.raises(ImportError) as caught:
        loader.load()
    message = str(caught.value)
    for name in machine.everything()[:-1]:
        if name != machine.conda:
            assert f"{name}: refused by the test" in message
    assert f"no libzmq in {os.path.dirname(machine.conda)}" in message
    assert "ctypes.util.find_library: it knows no libzmq" in message
    assert "python -m ctzmq fetch" in message
    assert "CTZMQ_LIBRARY" in message


# -- What is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize("lacks", [("zmq_msg_gets",), ("zmq_has",), loader.REQUIRED])
def test_a_library_that_lacks_functions(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, lacks: tuple[str, ...]
) -> None:
    handles = {machine.environment: Handle(4, 3, 5, lacks=lacks), machine.known: Handle(4, 1, 0)}

    def open_file(name: str) -> Handle:
        if name in handles:
            return handles[name]
        raise OSError(f"{name}: refused by the test")

    monkeypatch.setattr(loader, "_open", open_file)
    monkeypatch.setattr(loader, "_file_of", lambda handle, name: name)
    assert loader.load().path == machine.known
    reason = loader.attempts()[0].reason
    assert "it says it is libzmq 4.3.5, but it lacks" in reason
    assert lacks[0] in reason
    assert len(reason) < len(machine.environment) + 120


def test_what_is_required_is_what_the_oldest_has() -> None:
    passed_by = {"zmq_version", "zmq_proxy_steerable", "zmq_sleep"}
    passed_by |= {"zmq_init", "zmq_term", "zmq_ctx_destroy"}  # the old names
    passed_by |= {"zmq_device", "zmq_sendmsg", "zmq_recvmsg", "zmq_sendiov", "zmq_recviov"}
    passed_by |= {"zmq_stopwatch_start", "zmq_stopwatch_stop", "zmq_threadstart", "zmq_threadclose"}
    old = {
        name
        for name, (_, _, since, *draft) in prototypes.DECLARATIONS.items()
        if not draft and tuple(map(int, since.split("."))) <= (4, 1, 0)
    }
    assert set(loader.REQUIRED) == old - passed_by
    assert len(set(loader.REQUIRED)) == len(loader.REQUIRED)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_named_pipe_is_not_waited_for(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for path in (machine.environment, machine.conda, machine.known, machine.fetched):
        os.remove(path)
        os.mkfifo(path)
    monkeypatch.setattr(search_path, "names", lambda: ("libzmq.so.5",))
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: machine.known)
    library = loader.load()  # the dynamic loader knows one
    assert library.path not in (machine.environment, machine.conda)
    by_name = {attempt.name: attempt.reason for attempt in loader.attempts()}
    assert by_name[machine.environment].endswith("it is not a regular file")
    monkeypatch.setattr(loader, "_library", None)
    monkeypatch.setenv("CTZMQ_LIBRARY", machine.known)
    with pytest.raises(ImportError, match="it is not a regular file"):
        loader.load()


@needs_shared_objects
@pytest.mark.parametrize("percent", [0, 1, 10, 50, 90, 99])
def test_half_a_library_does_not_kill_the_process(tmp_path: Path, percent: int) -> None:
    whole = Path(library_path()).read_bytes()
    half = tmp_path / "libzmq.so.5"
    half.write_bytes(whole[: len(whole) * percent // 100])
    done = python("-c", "import ctzmq", CTZMQ_LIBRARY=str(half))
    assert done.returncode == 1, done.stderr
    assert "ImportError: CTZMQ_LIBRARY is" in done.stderr
    assert "cut off" in done.stderr or "too short" in done.stderr


def test_a_device_is_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTZMQ_LIBRARY", os.devnull)
    with pytest.raises(ImportError, match=r"regular file|CTZMQ_LIBRARY is 'nul'"):
        loader.load()


@pytest.mark.parametrize("name", ["\ud800.so", "nul\0.so", "/nowhere/\udcff.so"])
def test_a_name_that_cannot_be_encoded(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with pytest.raises(OSError, match=re.escape(name)):
        loader.open_library(name)
    # The system's variables cannot hold such a name, but what reads them may be replaced.
    monkeypatch.setattr(os, "environ", {"CTZMQ_LIBRARY": name})
    with pytest.raises(ImportError, match=r"CTZMQ_LIBRARY is .* which can't be used"):
        loader.load()


def test_folders_that_cannot_be_searched(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    locked = str(tmp_path / "locked")

    def scandir(path: str) -> Any:
        if path == locked:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return original(path)

    original = os.scandir
    monkeypatch.setattr(os, "scandir", scandir)
    monkeypatch.setattr(search_path, "cache", lambda: locked)
    folders = [locked, str(tmp_path / "none"), "/\ud800", "/nul\0"]
    monkeypatch.setattr(search_path, "well_known", lambda: folders)
    monkeypatch.setattr(search_path, "names", tuple)
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: None)
    with pytest.raises(ImportError) as caught:
        loader.load()
    message = str(caught.value)
    assert message.count(f"{locked}: it cannot be searched: Permission denied") == 2
    assert "/\ud800: it cannot be searched: " in message
    assert "/nul\0: it cannot be searched: " in message
    assert f"no libzmq in {tmp_path / 'none'}" in message


def test_a_missing_file() -> None:
    with pytest.raises(OSError, match="nowhere"):
        loader.open_library("/nowhere/libzmq.so.5")


def test_a_file_that_is_no_library(tmp_path: Path) -> None:
    path = tmp_path / "libzmq.so.5"
    path.write_text("INPUT(-lzmq)\n" * 100)
    with pytest.raises(OSError, match=r"libzmq\.so\.5"):
        loader.open_library(str(path))


@pytest.mark.skipif(not binary.machines(sys.executable), reason="Python's own file is no binary")
def test_a_library_for_another_machine(tmp_path: Path) -> None:
    here = "".join(binary.machines(sys.executable))
    number, name = (183, "aarch64") if "aarch64" not in here else (62, "x86_64")
    path = tmp_path / "libzmq.so.5"
    head = b"\x7fELF\x02\x01\x01".ljust(16, b"\0") + (3).to_bytes(2, "little")
    path.write_bytes((head + number.to_bytes(2, "little")).ljust(4096, b"\0"))
    with pytest.raises(OSError, match=f"made for {name} .*this Python for "):
        loader.open_library(str(path))


@needs_shared_objects
def test_a_library_that_is_not_libzmq() -> None:
    mapped = {line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines()}
    other = min(path for path in mapped if ".so" in path and "zmq" not in path)
    with pytest.raises(OSError, match="is not libzmq, it has no zmq_version"):
        loader.open_library(other)


class Handle(dict[str, Any]):
    """Stands for an opened library that says it is of a given version, and may lack functions."""

    def __init__(self, *version: int, lacks: Iterable[str] = ()) -> None:
        class ZmqVersion:
            restype: Any = ctypes.c_int

            def __call__(self, *references: Any) -> None:
                for reference, number in zip(references, version):
                    reference._obj.value = number

        super().__init__(zmq_version=ZmqVersion())
        self.lacks = frozenset(lacks)

    def __missing__(self, function: str) -> Any:
        if function in self.lacks:
            raise AttributeError(function)
        return object()


@pytest.mark.parametrize("version", [(2, 2, 0), (3, 2, 5), (4, 0, 10)])
def test_an_old_libzmq(version: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loader, "_open", lambda name: Handle(*version))
    number = ".".join(map(str, version))
    with pytest.raises(OSError, match=f"it is libzmq {number}, ctzmq needs 4.1 or newer"):
        loader.open_library("libzmq.so.3")
    monkeypatch.setenv("CTZMQ_LIBRARY", "libzmq.so.3")
    with pytest.raises(ImportError, match=f"'libzmq.so.3', .*it is libzmq {number}"):
        loader.load()


@pytest.mark.parametrize("version", [(4, 1, 0), (4, 2, 5), (4, 3, 6), (5, 0, 0)])
def test_a_new_enough_libzmq(version: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loader, "_open", lambda name: Handle(*version))
    assert loader.open_library("libzmq.so.5")[1] == version


def test_an_old_libzmq_is_passed_over(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = {machine.environment: (4, 0, 4), machine.known: (4, 3, 5)}

    def open_file(name: str) -> Handle:
        if name in versions:
            return Handle(*versions[name])
        raise OSError(f"{name}: refused by the test")

    monkeypatch.setattr(loader, "_open", open_file)
    monkeypatch.setattr(loader, "_file_of", lambda handle, name: name)
    assert loader.load().path == machine.known
    assert "it is libzmq 4.0.4" in loader.attempts()[0].reason


# -- Windows, by substitution ----------------------------------------------------------------------


def test_windows_looks_beside_the_library_for_what_it_needs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    events: list[str] = []

    class Folder:
        def __init__(self, path: str) -> None:
            events.append(f"add {path}")

        def close(self) -> None:
            events.append("close")

    def cdll(name: str, **options: Any) -> None:
        events.append(f"open {name}")
        raise OSError("[WinError 193] %1 is not a valid Win32 application")

    monkeypatch.setattr(os, "add_dll_directory", Folder, raising=False)
    monkeypatch.setattr(ctypes, "CDLL", cdll)
    path = str(tmp_path / "libzmq.dll")
    with pytest.raises(OSError, match="WinError 193"):
        loader.open_library(path)
    with pytest.raises(OSError, match="WinError 193"):
        loader.open_library("libzmq.dll")
    assert events == [f"add {tmp_path}", f"open {path}", "close", "open libzmq.dll"]


def test_windows_tells_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "libzmq-mt-4_3_5.dll"
    file.write_bytes(b"")

    class Kernel32:
        @staticmethod
        def GetModuleFileNameW(module: Any, buffer: Any, size: Any) -> int:  # noqa: N802
            # PyPy 8's is no number.
            assert module.value == ctypes.c_void_p(handle._handle).value
            buffer.value = str(file)
            return len(buffer.value)

    class WinDll:
        kernel32 = Kernel32

    handle = loader.load().handle
    monkeypatch.setattr(ctypes, "windll", WinDll, raising=False)
    assert loader._file_of(handle, "libzmq-mt-4_3_5.dll") == os.path.realpath(file)


# -- Commands that must run without a library ------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A package `ctzmq` that prints what `is_own_command` says when it is imported."""
    package = tmp_path / "ctzmq" / "libzmq"
    package.mkdir(parents=True)
    for module in (loader, search_path):
        shutil.copy(str(module.__file__), package)
    (package / "__init__.py").write_text("")
    (package.parent / "__main__.py").write_text("")
    (package.parent / "__init__.py").write_text(
        "from .libzmq.loader import is_own_command\nprint(is_own_command())\n"
    )
    other = tmp_path / "other"
    other.mkdir()
    (other / "__init__.py").write_text("import ctzmq\n")
    (other / "__main__.py").write_text("")
    for script in ("ctzmq", "program.py"):
        path = tmp_path / "bin" / script
        path.parent.mkdir(exist_ok=True)
        path.write_text("import ctzmq\n")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (("-m", "ctzmq"), True),
        (("-m", "ctzmq", "fetch", "--force"), True),
        (("-mctzmq", "doctor"), True),
        (("-X", "dev", "-m", "ctzmq", "doctor"), True),
        (("-Bm", "ctzmq", "doctor"), True),
        (("{}/bin/ctzmq", "doctor"), True),
        (("{}/bin/program.py", "doctor"), False),
        (("-c", "import ctzmq", "fetch"), False),
        (("-m", "other", "ctzmq"), False),
        (("-m", "other"), False),
    ],
)
def test_own_commands(project: Path, arguments: tuple[str, ...], answer: bool) -> None:
    done = subprocess.run(
        [sys.executable, *(argument.format(project) for argument in arguments)],
        env={**os.environ, "PYTHONPATH": str(project)},
        cwd=project,
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert done.stdout.split() == [str(answer)], done.stderr


def test_without_library_the_package_refuses_to_be_imported() -> None:
    done = python("-c", "import ctzmq", CTZMQ_LIBRARY="/nowhere/libzmq.so.5")
    assert done.returncode == 1
    assert "ImportError: CTZMQ_LIBRARY is '/nowhere/libzmq.so.5'" in done.stderr


def test_without_library_its_commands_run() -> None:
    done = python("-m", "ctzmq", "fetch", "--help", CTZMQ_LIBRARY="/nowhere/libzmq.so.5")
    assert done.returncode == 0, done.stderr
    assert "--wheel" in done.stdout
