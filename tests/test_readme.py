"""The programs in README.md run, and print what it says they print."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).resolve().parents[1] / "README.md"
BLOCK = re.compile(
    r"^```python\n(?P<code>.*?)^```\n(?:\n```text\n(?P<output>.*?)^```$)?", re.MULTILINE | re.DOTALL
)
# eventlet warns of itself at its first import.
PRELUDE = r"import warnings; warnings.filterwarnings('ignore', r'\s*Eventlet is deprecated')"
BLOCKS = [(match["code"], match["output"]) for match in BLOCK.finditer(README.read_text("utf-8"))]


@pytest.mark.parametrize("imported", ["ctzmq", "ctzmq.green", "ctzmq.green.gevent", "asyncio"])
def test_there_is_a_program_of_each_flavour(imported: str) -> None:
    assert any(re.search(rf"^import {imported}\b(?!\.)", code, re.MULTILINE) for code, _ in BLOCKS)


@pytest.mark.parametrize(("code", "output"), BLOCKS)
def test_the_programs_run(code: str, output: str | None, tmp_path: Path) -> None:
    for library in re.findall(r"^import (eventlet|gevent)$", code, re.MULTILINE):
        pytest.importorskip(library)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"{PRELUDE}\n{code}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert output is None or done.stdout == output


def test_the_extra_is_installed_before_the_example_that_needs_it() -> None:
    text = README.read_text("utf-8")
    for library in ("eventlet", "gevent"):
        assert text.index(f'pip install ".[{library}]"') < text.index(f"import {library}\n")
        assert f"\n{library} = [" in (README.parent / "pyproject.toml").read_text("utf-8")


def test_every_page_and_heading_that_it_leads_to_is_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", README.read_text("utf-8")):
        assert target.startswith("https://") or (README.parent / target).is_file(), target


def test_the_figures_are_those_of_the_page_on_performance() -> None:
    rows = (README.parent / "docs" / "performance.md").read_text("utf-8")
    shown = README.read_text("utf-8").partition("<!-- figures")[2].partition("<!-- end")[0]
    figures = [line.split("|")[2:-1] for line in shown.splitlines()[3:] if line]
    assert len(figures) == 5
    for cells in figures:
        numbers = r"[^|]*\|[^|]*".join(re.escape(cell.strip()) for cell in cells)
        assert re.search(rf"\|[^|]*{numbers}", rows), cells


def test_every_link_inside_leads_somewhere() -> None:
    text = README.read_text("utf-8")
    headings = re.findall(r"^#+ (.+)$", text, re.M)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= anchors


def test_every_script_named_exists() -> None:
    named = re.findall(r"(?:scripts|\.ci)/\w+", README.read_text("utf-8"))
    assert named
    assert [name for name in named if not (README.parent / name).exists()] == []
