"""The demo's pipeline: all files arrive, and a lost or tampered one is an error."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

import pytest

pytest.importorskip("rich", reason="the demo's progress bar")

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "demo_pipeline.py"
FILES = {
    "empty.py": b"",
    "crlf.py": b"a = 1\r\nb = 2\r\n",
    "package/no_newline.py": b"x",
    "package/big.py": b"# a line\n" * 100_000,
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small folder of source files, and some that are not to be read."""
    root = tmp_path / "tree"
    others = {"notes.txt": b"not Python", "site-packages/other.py": b"installed"}
    for name, content in {**FILES, **others}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root


@pytest.fixture
def demo() -> ModuleType:
    """The script as a module, whose roles run in threads so that a test can change them."""
    spec = importlib.util.spec_from_file_location("demo_pipeline_in_threads", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    class Role(Thread):
        """A thread that looks like a process to the pipeline."""

        exitcode: int | None = None

        def run(self) -> None:
            try:
                super().run()
                self.exitcode = 0
            except SystemExit:
                self.exitcode = 1

        def terminate(self) -> None:
            self.join()

    def start(role: Callable[..., None], *arguments: Any) -> Role:
        thread = Role(target=role, args=arguments, name=role.__name__)
        thread.start()
        return thread

    vars(module)["start"] = start
    return module


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the script as a user does."""
    return subprocess.run(
        [sys.executable, str(SCRIPT), *map(str, arguments)],
        env={**os.environ, "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=50,
    )


def test_every_file_is_verified(tree: Path) -> None:
    done = run("--root", tree, "--workers", 3)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"all {len(FILES)} files verified" in done.stdout
    assert f"{sum(map(len, FILES.values())):,}" in done.stdout
    assert "messages/s" in done.stdout
    assert done.stderr == ""


def test_the_number_of_files_can_be_limited(tree: Path) -> None:
    done = run("--root", tree, "--files", 2, "--workers", 1)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all 2 files verified" in done.stdout


def test_a_folder_without_sources_is_named(tmp_path: Path) -> None:
    done = run("--root", tmp_path)
    assert done.returncode == 1
    assert str(tmp_path) in done.stdout.replace("\n", "")


@pytest.mark.parametrize("option", ["--workers", "--files", "--timeout"])
def test_numbers_have_to_be_positive(option: str) -> None:
    done = run(option, 0)
    assert done.returncode == 2
    assert "0 is less than 1" in done.stderr


def test_a_tampered_finding_is_an_error(
    demo: ModuleType,
    tree: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Tampering:
        """Stands in for hashlib: the first file that a worker examines gets the hash of another."""

        def __init__(self) -> None:
            self.files = 0

        def sha256(self, content: bytes) -> Any:
            self.files += 1
            return hashlib_sha256(b"tampered" if self.files == 1 else content)

    hashlib_sha256 = demo.hashlib.sha256
    monkeypatch.setattr(demo, "hashlib", Tampering())
    assert demo.main(["--root", str(tree), "--workers", "1"]) == 1
    output = capsys.readouterr().out
    assert f"1 of {len(FILES)} files lost or different" in output
    assert "verified" not in output


def test_a_lost_file_is_an_error(
    demo: ModuleType,
    tree: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    send_all = demo.ventilator

    def forgetful(reports_at: str, timeout: int, root: Path, names: list[str]) -> None:
        send_all(reports_at, timeout, root, names[:-1])

    monkeypatch.setattr(demo, "ventilator", forgetful)
    assert demo.main(["--root", str(tree), "--workers", "1", "--timeout", "1"]) == 1
    output = capsys.readouterr().out
    assert f"{len(FILES) - 1} of {len(FILES)} files were done" in output


def test_a_file_sent_twice_does_not_hide_a_lost_one(
    demo: ModuleType, tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    send_all = demo.ventilator

    def confused(reports_at: str, timeout: int, root: Path, names: list[str]) -> None:
        send_all(reports_at, timeout, root, [names[0], *names[:-1]])

    vars(demo)["ventilator"] = confused
    assert demo.main(["--root", str(tree)]) == 1
    output = capsys.readouterr().out
    assert f"1 of {len(FILES)} files lost or different" in output
    assert f"{sorted(FILES)[-1]}: lost" in output
