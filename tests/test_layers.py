"""A module imports only from its own floor and those below it; no two import each other."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "ctzmq"

FLOORS = {
    "ctzmq.libzmq": 0,
    "ctzmq.constants": 1,
    "ctzmq.error": 1,
    "ctzmq.core": 2,
    "ctzmq.devices": 3,
    "ctzmq.waiting": 3,
    "ctzmq.asyncio": 4,
    **{f"ctzmq.green.{part}": 4 for part in ("engine", "eventlet_hub", "flavour", "gevent_hub")},
    **{f"ctzmq.green.{part}": 4 for part in ("parking", "proxy")},
    "ctzmq.auth": 5,
    "ctzmq.decorators": 5,
    "ctzmq.eventloop": 5,
    "ctzmq.log": 5,
    "ctzmq.ssh": 5,
    "ctzmq.utils": 5,
    "ctzmq.utils.interop": 0,  # these four need the standard library only
    "ctzmq.utils.jsonapi": 0,
    "ctzmq.utils.strtypes": 0,
    "ctzmq.utils.z85": 0,
    "ctzmq": 6,  # the face itself; a name below it is looked up by its room
    "ctzmq.compat": 6,
    "ctzmq.green": 6,  # the faces of the flavours; what they are made of is far below
    "ctzmq.cli": 7,
    "ctzmq.compat.standin": 7,
    "ctzmq.__main__": 7,
}
GUESTS = {
    "__pypy__",
    "_cffi_backend",
    "eventlet",
    "gevent",
    "greenlet",
    "numpy",
    "paramiko",
    "pexpect",
    "pyczmq",
    "rich",
    "tornado",
    "typing_extensions",  # for type checkers, which have it of their own
}
LONGEST = 450
#: Modules that may have up to 650 lines, and why they are not parted.
LONGER = {
    "ctzmq.green.engine": "the quick way of a message, and how a greenlet waits in each of them",
    "ctzmq.libzmq.stubs.operations": "every stub, each a list of steps of one kind",
}


class Import(NamedTuple):
    """One import of a module: what, and on which line."""

    target: str
    line: int


def module_name(path: Path) -> str:
    """Return the dotted name of a source file of the package."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def floor(module: str) -> int:
    """Return the floor of a module of the package; KeyError for one that the plan lacks."""
    parts = module.split(".")
    names = [".".join(parts[:length]) for length in range(len(parts), 1, -1)]
    return FLOORS[next((name for name in names if name in FLOORS), module)]


def imports_of(module: str, source: str, is_package: bool) -> Iterator[Import]:
    """Yield every import of a module's source text, relative ones by their absolute names."""

    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = module.split(".")
                kept = len(above) - node.level + (1 if is_package else 0)
                base = ".".join([*above[:kept], *filter(None, [base])])
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                yield Import(whole if whole in MODULES else base, node.lineno)


def imports(module: str) -> list[Import]:
    """Return every import of a module of the package."""
    path = MODULES[module]
    return list(imports_of(module, path.read_text("utf-8"), path.name == "__init__.py"))


def is_own(target: str) -> bool:
    """Tell if an import's target belongs to the package."""
    return target.split(".")[0] == "ctzmq"


def upward(module: str, found: list[Import]) -> list[str]:
    """Return the complaints on imports that go to a higher floor."""
    return [
        f"{module}:{line} (floor {floor(module)}) imports {target} (floor {floor(target)})"
        for target, line in found
        if is_own(target) and floor(target) > floor(module)
    ]


@pytest.mark.parametrize("module", MODULES)
def test_no_import_goes_upward(module: str) -> None:
    assert upward(module, imports(module)) == []


@pytest.mark.parametrize("module", MODULES)
def test_pyzmq_is_not_imported(module: str) -> None:
    assert [found for found in imports(module) if found.target.split(".")[0] == "zmq"] == []


@pytest.mark.skipif(sys.version_info < (3, 10), reason="the list of names is new in Python 3.10")
def test_only_the_standard_library_and_known_guests_are_imported() -> None:
    known = {*getattr(sys, "stdlib_module_names", ()), "ctzmq", *GUESTS}
    targets = {found.target.split(".")[0] for module in MODULES for found in imports(module)}
    assert targets - known == set()


def circle(imported: dict[str, list[Import]]) -> list[str]:
    """Return modules of which each imports the one before it and the first the last, if any do.

    An import counts wherever it stands, in a function or for type checkers alone too.
    """
    graph = {
        module: {found.target for found in targets if found.target in MODULES} - {module}
        for module, targets in imported.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def test_modules_import_each_other_in_no_circle() -> None:
    assert circle({module: imports(module) for module in MODULES}) == []


@pytest.mark.parametrize(
    "late",
    [
        "from . import advice",
        "def late():\n    from .advice import not_found",
        "if TYPE_CHECKING:\n    from .advice import not_found",
    ],
)
def test_the_check_itself_sees_circles(late: str) -> None:
    imported = {
        module: list(imports_of(module, source, is_package=False))
        for module, source in {
            "ctzmq.libzmq.loader": late,
            "ctzmq.libzmq.advice": "from . import search_path",
            "ctzmq.libzmq.search_path": "from .loader import load",
        }.items()
    }
    assert len(circle(imported)) == 4
    imported["ctzmq.libzmq.loader"] = []
    assert circle(imported) == []


def test_the_map_shows_every_module_as_it_tells_of_itself() -> None:
    """A row of the map in the documentation is a module and the first line of its docstring."""
    page = (PACKAGE.parent / "docs" / "design.md").read_text("utf-8")
    chart = page.split("<!-- the map -->")[1].split("<!-- the end of the map -->")[0]
    told = re.findall(r"^\| `(.+?)` \| (.+) \|$", chart, re.MULTILINE)
    found = []
    for module, path in MODULES.items():
        name = module.replace(".", "/").partition("/")[2]
        own = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
        if path.name == "__init__.py":
            name += "/" if name else "__init__"
        found.append((name, own.splitlines()[0]))
    assert sorted(told) == sorted(found)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_short_or_has_a_reason(module: str) -> None:
    lines = len(MODULES[module].read_text("utf-8").splitlines())
    assert lines <= (650 if module in LONGER else LONGEST)


def test_the_reasons_are_of_modules_that_need_one() -> None:
    assert [m for m in LONGER if len(MODULES[m].read_text("utf-8").splitlines()) <= 400] == []


@pytest.mark.parametrize(
    ("module", "source", "complaints"),
    [
        ("ctzmq.error", "from ctzmq.core import socket", 1),
        ("ctzmq.error", "from .core.socket import Socket", 1),
        ("ctzmq.error", "def late():\n    import ctzmq", 1),
        ("ctzmq.libzmq.loader", "from ..constants import SocketType", 1),
        ("ctzmq.libzmq.loader", "from . import structs", 0),
        ("ctzmq.core.socket", "from ctzmq import constants, error", 0),
        ("ctzmq.core.socket", "from ctzmq import Context", 1),
        ("ctzmq.cli.doctor", "import os, ctzmq", 0),
    ],
)
def test_the_check_itself_sees_upward_imports(module: str, source: str, complaints: int) -> None:
    found = list(imports_of(module, source, is_package=False))
    assert len(upward(module, found)) == complaints


def test_importing_ctzmq_loads_no_guest() -> None:
    script = "import sys, ctzmq; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True
    )
    loaded = set(done.stdout.split())
    unwanted = {"zmq", "ctypes.util", *GUESTS} - {"__pypy__", "_cffi_backend", "greenlet"}
    assert "ctzmq.core" in loaded
    assert loaded & unwanted == set()
