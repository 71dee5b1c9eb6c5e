"""The code in docs/ runs and prints what the pages say; what they name and link to exists."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest

import ctzmq
from ctzmq.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
NAMES = [page.relative_to(DOCS).as_posix() for page in PAGES]

CODE = re.compile(
    r"^```(?:python\n(?P<code>.*?)|\{literalinclude\} (?P<file>\S+)\n.*?)^```\n"
    r"(?:\n```text\n(?P<output>.*?)^```$)?",
    re.MULTILINE | re.DOTALL,
)
NEEDS = re.compile(r"^<!-- needs: (?P<what>\w+) ?(?P<version>[\d.]*) -->$", re.MULTILINE)

# eventlet warns of itself at its first import.
QUIET = r"import warnings; warnings.filterwarnings('ignore', r'\s*Eventlet is deprecated');"

# Of a fork beside libzmq's threads Python 3.15 warns always; one example shows what becomes of it.
WARNINGS = ["-W", "error", "-W", "ignore:This process:DeprecationWarning"]

# Runs blocks of code in one namespace, and writes what each of them prints.
RUNNER = """
import contextlib, io, json, sys
blocks, outputs = json.load(sys.stdin), []
names = {"__name__": "__main__"}
for number, (line, code) in enumerate(blocks):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile("\\n" * line + code, "page", "exec"), names)
    outputs.append(printed.getvalue())
print(json.dumps(outputs))
"""


class Block(NamedTuple):
    """A block of Python of a page, or a file that the page includes, and what it shall print."""

    line: int
    code: str
    file: Path | None
    output: str | None


def blocks(page: Path) -> Iterator[Block]:
    """Yield the code of a page."""
    text = page.read_text("utf-8")
    for match in CODE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        file = page.parent / match["file"] if match["file"] else None
        yield Block(line, match["code"] or "", file, match["output"])


def skip_unless_met(text: str) -> None:
    """Skip the test if a page needs what is not here."""
    for need in NEEDS.finditer(text):
        if need["what"] == "CPython":
            wanted = tuple(map(int, need["version"].split(".")))
            if sys.implementation.name != "cpython" or sys.version_info < wanted:
                pytest.skip(f"the page needs {need['what']} {need['version']}")
        else:
            pytest.importorskip(need["what"])


def run(arguments: list[str], cwd: Path, text: str = "") -> str:
    """Run Python with warnings as errors, and return what it prints."""
    done = subprocess.run(
        [sys.executable, *WARNINGS, *arguments],
        input=text,
        cwd=cwd,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=50,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


WITH_CODE = [page for page in PAGES if any(not block.file for block in blocks(page))]


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_the_code_of_a_page_runs(page: Path, tmp_path: Path) -> None:
    skip_unless_met(page.read_text("utf-8"))
    own = [block for block in blocks(page) if not block.file]
    job = json.dumps([[block.line, block.code] for block in own])
    printed = json.loads(run(["-c", QUIET + RUNNER], tmp_path, job))
    for block, output in zip(own, printed):
        assert output == (block.output or ""), f"{page.name}, line {block.line}"


INCLUDED = {
    block.file: (page, block.output) for page in PAGES for block in blocks(page) if block.file
}
ALONE = [file for file in INCLUDED if not file.name.startswith("hello_")]
GUESTS = re.compile(r"^(?:import|from) (eventlet|gevent|numpy)\b", re.MULTILINE)


@pytest.mark.parametrize("file", ALONE, ids=lambda file: file.name)
def test_an_example_prints_what_its_page_says(file: Path, tmp_path: Path) -> None:
    page, output = INCLUDED[file]
    skip_unless_met(page.read_text("utf-8"))
    guests = GUESTS.findall(file.read_text("utf-8"))
    for guest in guests:
        pytest.importorskip(guest)
    start = [str(file)]
    if "eventlet" in guests:
        start = ["-c", f"{QUIET}import runpy; runpy.run_path({str(file)!r}, run_name='__main__')"]
    assert run(start, tmp_path) == output


def test_every_recipe_is_a_whole_program() -> None:
    recipes = {page for page in PAGES if page.parent.name == "recipes" and page.stem != "index"}
    assert recipes == {page for page, _ in INCLUDED.values() if page.parent.name == "recipes"}


def test_the_first_client_and_server_talk(tmp_path: Path) -> None:
    endpoint = f"ipc://{tmp_path}/hello"
    examples = DOCS / "examples"
    with subprocess.Popen([sys.executable, str(examples / "hello_server.py"), endpoint]) as server:
        try:
            printed = run([str(examples / "hello_client.py"), endpoint], tmp_path)
            assert server.wait(30) == 0
        finally:
            server.kill()
    assert printed == "You said: hello\nYou said: are you there?\nYou said: stop\n"


def test_every_example_is_on_a_page() -> None:
    included = {file.resolve() for file in INCLUDED}
    assert included == set((DOCS / "examples").glob("*.py"))


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings."""
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    if page.suffix == ".rst":
        titles += re.findall(r"^(.+)\n[=-]{3,}$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text("utf-8")):
        if not target.startswith("https://"):
            path, _, anchor = target.partition("#")
            file = (page.parent / path).resolve() if path else page
            assert file.is_file(), target
            assert not anchor or anchor in anchors(file), target


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_command_and_script_named_exists(page: Path) -> None:
    text = page.read_text("utf-8")
    commands = set(re.findall(r"python -m ctzmq ([a-z][\w-]*)", text))
    assert commands <= set(COMMANDS)
    for script in re.findall(r"(?<![\w/])scripts/\w+", text):
        assert (ROOT / script).exists(), script


def test_every_page_is_in_a_table_of_contents() -> None:
    listed = {DOCS / "index.md"}
    for page in PAGES:
        for tree in re.findall(
            r"^```\{toctree\}\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S
        ):
            for name in re.findall(r"^[\w/-]+$", tree, re.MULTILINE):
                found = [page.parent / f"{name}{suffix}" for suffix in (".md", ".rst")]
                assert any(path.is_file() for path in found), name
                listed.update(found)
    assert set(PAGES) | set(DOCS.rglob("*.rst")) <= listed


@pytest.mark.timeout(200)
def test_the_pages_build_without_a_warning(tmp_path: Path) -> None:
    for package in ("sphinx", "myst_parser", "furo", "tornado", "eventlet"):
        pytest.importorskip(package)
    build = ["-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "-d", "doctrees"]
    done = subprocess.run(
        [sys.executable, *build, str(DOCS), "site"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert (done.returncode, done.stderr) == (0, "")
    reference = (tmp_path / "site" / "api" / "socket.html").read_text("utf-8")
    assert 'id="ctzmq.Socket.send_multipart"' in reference


MODULES = "asyncio auth decorators devices eventloop green green.gevent log ssh utils"


@pytest.mark.parametrize("module", MODULES.split())
def test_every_module_has_a_page_with_a_program(module: str) -> None:
    package, _, name = f"ctzmq.{module}".rpartition(".")
    used = re.compile(rf"^(import|from) {package}(\.{name}\b| import {name}\b)", re.MULTILINE)
    pages = [page for page in PAGES if page.parent != DOCS]
    assert any(used.search(block.code) for page in pages for block in blocks(page))


PUBLIC = (
    "asyncio auth auth.thread auth.asyncio decorators devices eventloop eventloop.future "
    "eventloop.zmqstream ssh utils.jsonapi utils.monitor utils.strtypes utils.z85"
)


def test_every_public_name_has_its_place_in_the_reference() -> None:
    """Each name is told of by a directive of its own, or is a member of an enum with a table."""
    told = "\n".join(path.read_text("utf-8") for path in (DOCS / "api").glob("*.rst"))
    documented = set(re.findall(r"^\.\. (?:auto|py:)\w+:: ctzmq\.([\w.]+)", told, re.MULTILINE))
    config = (DOCS / "conf.py").read_text("utf-8")
    prefixes = dict(re.findall(r'"(\w+)": "([A-Z_]+_)"', config))
    for table in re.findall(r"^\.\. enum-table:: (\w+)$", told, re.MULTILINE):
        for name in getattr(ctzmq, table).__members__:
            documented |= {name, prefixes.get(table, "") + name}
    public = {name for name in ctzmq.__all__ if name != "_FINISHED_TRACKER"}
    public -= set(PUBLIC.split())
    for module in PUBLIC.split():
        try:
            names = getattr(import_module(f"ctzmq.{module}"), "__all__", ())
        except ImportError:
            continue  # tornado is not here
        public |= {f"{module}.{name}" for name in names if name not in ctzmq.__all__}
    assert public - documented == set()
