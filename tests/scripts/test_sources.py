"""Getting other projects' tests from their source distributions."""

from __future__ import annotations

import io
import os
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, os.fspath(SCRIPTS))

from support import sources, venvs  # noqa: E402

MEMBERS = ("thing-1/tests/test_x.py", "thing-1/thing/__init__.py", "thing-1/tests/../../escaped")


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that would have been run; pip's download gives a small archive."""
    commands: list[list[str]] = []

    def run(command: Sequence[str | Path], what: str) -> str:
        commands.append([str(word) for word in command])
        folder = Path(command[command.index("-d") + 1])
        folder.mkdir(parents=True)
        with tarfile.open(folder / "thing-1.tar.gz", "w:gz") as archive:
            for name in MEMBERS:
                member = tarfile.TarInfo(name)
                member.size = 4
                archive.addfile(member, io.BytesIO(b"text"))
        return ""

    monkeypatch.setattr(venvs, "run", run)
    return commands


def fetch(folder: Path, version: str = "1") -> Path:
    return sources.fetch(
        Path("python"), "thing", version, folder, lambda path: path.startswith("tests/"), ["-x"]
    )


def test_the_wanted_files_are_there(tmp_path: Path, commands: list[list[str]]) -> None:
    folder = fetch(tmp_path / "cache")
    assert (folder / "tests" / "test_x.py").read_text(encoding="utf-8") == "text"
    assert not (folder / "thing").exists()
    assert not list(tmp_path.rglob("escaped"))
    (command,) = commands
    assert command[:1] == ["python"]
    assert command[-1] == "thing==1"
    assert "-x" in command


def test_a_release_is_fetched_once(tmp_path: Path, commands: list[list[str]]) -> None:
    first = fetch(tmp_path / "cache")
    assert fetch(tmp_path / "cache") == first
    assert len(commands) == 1
    second = fetch(tmp_path / "cache", "2")
    assert len(commands) == 2
    assert second.exists()
    assert not first.exists()
