"""The run of well-known programs: what it picks, and how it tells what became of them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, os.fspath(SCRIPTS))

from support import programs, venvs  # noqa: E402


def test_there_is_each_kind_of_program() -> None:
    assert programs.present() == ["curve_server", "echo_service", "jupyter_kernel", "notebook"]


def test_an_unknown_program_is_named_with_what_there_is() -> None:
    def install(python: Path) -> None:
        raise AssertionError("nothing is to be installed")

    with pytest.raises(venvs.SetupError, match=r"no program 'x'; there are curve_server, "):
        programs.main(None, install, ["x"])


@pytest.mark.parametrize(
    ("source", "code", "words"),
    [
        ("print('one'); print('two')", 0, "passed"),
        ("print('one'); raise SystemExit(3)", 3, "FAILED"),
        ("print('one', flush=True); import time; time.sleep(600)", None, "did not end"),
    ],
)
def test_how_a_program_ends(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: str, code: int | None, words: str
) -> None:
    monkeypatch.setattr(programs, "FOLDER", tmp_path)
    (tmp_path / "program.py").write_text(source, encoding="utf-8")
    assert programs.present() == ["program"]
    ending = programs.run(Path(sys.executable), "program", timeout=2 if code is None else 60)
    assert ending.code == code
    told = programs.line("program", ending)
    assert words in told
    assert "two" in told if code == 0 else "one" in told


@pytest.mark.parametrize("name", ["curve_server", "echo_service"])
def test_a_program_runs_with_ctzmq_under_the_name_of_zmq(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    pytest.importorskip("tornado")
    source = (programs.FOLDER / f"{name}.py").read_text(encoding="utf-8")
    head, future, rest = source.partition("from __future__ import annotations\n")
    installing = f"import sys\nsys.path[:] = {sys.path}\nimport ctzmq\nctzmq.install_as_zmq()\n"
    (tmp_path / f"{name}.py").write_text(head + future + installing + rest, encoding="utf-8")
    monkeypatch.setattr(programs, "FOLDER", tmp_path)
    ending = programs.run(Path(sys.executable), name, timeout=50)
    assert ending.code == 0, ending.output
