"""The package's face: what `import ctzmq as zmq` gives, and what it costs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Any, Callable

import pytest

import ctzmq


def test_a_star_import_gives_every_name() -> None:
    space: dict[str, Any] = {}
    exec("from ctzmq import *", space)
    del space["__builtins__"]
    assert sorted(space) == sorted(ctzmq.__all__)
    assert len(ctzmq.__all__) == len(set(ctzmq.__all__))


def test_the_version_is_that_of_the_api() -> None:
    assert ctzmq.__version__ == ctzmq.pyzmq_version() == "27.3.0"
    assert ctzmq.pyzmq_version_info() == (27, 3, 0)
    assert ctzmq.__revision__ == ""
    assert re.fullmatch(r"\d+\.\d+\.\d+", ctzmq.VERSION)


def test_the_version_of_libzmq_is_told_twice_alike() -> None:
    assert ctzmq.zmq_version_info() >= (4, 1, 0)
    assert ctzmq.zmq_version() == ".".join(map(str, ctzmq.zmq_version_info()))


def test_the_library_and_its_folder_are_told() -> None:
    path = ctzmq.library_path()
    assert "zmq" in os.path.basename(path)
    assert ctzmq.get_library_dirs() == [os.path.dirname(path)]
    assert ctzmq.get_includes() == []


def test_the_drafts_are_one_yes_or_no() -> None:
    assert ctzmq.DRAFT_API is ctzmq.PYZMQ_DRAFT_API
    assert ctzmq.DRAFT_API in (True, False)


@pytest.mark.parametrize(
    ("name", "home"),
    [("backend", "compat.backend"), ("sugar", "compat.sugar"), ("utils", "utils")],
)
def test_the_rooms_that_pyzmq_imports_are_there_when_asked_for(
    name: str, home: str, child: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    done = child(f"import ctzmq; print(ctzmq.{name}.__name__)")
    assert done.stdout.strip() == f"ctzmq.{home}", done.stderr


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Sokcet'"):
        ctzmq.Sokcet  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "module", ["asyncio", "ctypes.util", "logging", "random", "socket", "uuid"]
)
def test_the_import_brings_no_module_that_only_some_need(
    module: str, child: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    bare = child("import sys, ctypes; print(*sys.modules)")
    if module in bare.stdout.split():
        pytest.skip(f"{sys.implementation.name} imports {module} by itself")
    done = child("import sys, ctzmq; print(*sys.modules)")
    assert "ctzmq" in done.stdout.split()
    assert module not in done.stdout.split()


def test_the_package_runs_from_an_archive(
    tmp_path: Any, child: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    import shutil

    source = os.path.dirname(os.path.abspath(ctzmq.__file__))
    shutil.copytree(source, tmp_path / "in" / "ctzmq", ignore=shutil.ignore_patterns("*.pyc"))
    archive = shutil.make_archive(str(tmp_path / "ctzmq"), "zip", tmp_path / "in")
    done = child(
        f"""
        import sys
        sys.path.insert(0, {archive!r})
        import ctzmq
        assert ctzmq.__file__.startswith({archive!r}), ctzmq.__file__
        with ctzmq.Context() as context, context.socket(ctzmq.PAIR) as a:
            with context.socket(ctzmq.PAIR) as b:
                a.bind("inproc://archive")
                b.connect("inproc://archive")
                a.send(b"from the archive")
                print(b.recv().decode())
        """
    )
    assert done.stdout.strip() == "from the archive", done.stderr
