"""The run of well-known programs: what it picks, and how it tells what became of them."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, os.fspath(SCRIPTS))

from support import outcomes, programs, sources, venvs  # noqa: E402
from support.projects import Project  # noqa: E402

TESTS = """
import os, pytest

def test_good():
    assert os.path.exists("data")

def test_bad():
    assert False

def test_left_out():
    assert False

@pytest.mark.skip
def test_skipped():
    pass
"""


def side(binding: str = "ctzmq") -> programs.Side:
    packages = Path(sysconfig.get_path("purelib"))
    return programs.Side(Path(sys.executable), binding, packages, {"some-project": "1.0"})


def test_there_is_each_kind_of_program() -> None:
    assert programs.present() == [
        "aiozmq",
        "bluesky",
        "curve_server",
        "echo_service",
        "eventlet",
        "failing_callbacks",
        "image_stream",
        "ipyparallel",
        "jupyter_kernel",
        "jupyter_server",
        "notebook",
        "pyleco",
        "zeroapi",
    ]


def test_an_unknown_program_is_named_with_what_there_is() -> None:
    def install(python: Path) -> None:
        raise AssertionError("nothing is to be installed")

    with pytest.raises(venvs.SetupError, match=r"no program 'x'; there are aiozmq, "):
        programs.main(None, install, ["x"])


def test_both_environments_get_what_all_need(monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project(tests=("t",), needs=("helper",), where="python_version >= '3.10'")
    monkeypatch.setattr(programs, "PROJECTS", {"thing": project})
    needed = programs.requirements()
    assert {"imagezmq", "pytest"} < set(needed)
    assert "helper; python_version >= '3.10'" in needed
    assert "thing; python_version >= '3.10'" in needed


@pytest.mark.parametrize(
    ("source", "outcome", "note"),
    [
        ("print('one')", "passed", ""),
        ("print('one'); raise SystemExit(1)", "failed", ""),
        ("print('one'); raise SystemExit(3)", "failed", "ended with exit code 3"),
        ("print('one', flush=True); import time; time.sleep(600)", "failed", "did not end"),
    ],
)
def test_how_a_program_ends(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    source: str,
    outcome: str,
    note: str,
) -> None:
    monkeypatch.setattr(programs, "FOLDER", tmp_path)
    monkeypatch.setattr(programs, "PROJECTS", {})
    monkeypatch.setattr(programs, "TIMEOUT", 2 if "sleep" in source else 60)
    (tmp_path / "program.py").write_text(source, encoding="utf-8")
    assert programs.present() == ["program"]
    assert side().run("program") == outcomes.Result({"program": outcome}, note)
    assert capsys.readouterr().out == ("" if outcome == "passed" else "one\n")
    side("pyzmq").run("program")
    assert capsys.readouterr().out == ""


def test_the_tests_of_a_project_run_from_its_source_distribution(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "data").touch()
    for name in ("test_x", "test_y"):
        (tmp_path / "tests" / f"{name}.py").write_text(TESTS, encoding="utf-8")
    project = Project(
        tests=("tests", "tests/test_of_a_newer_release.py"),
        taken=("tests/", "data"),
        deselected={"tests/test_y.py": "no", "tests/test_x.py::test_left_out": "no"},
    )
    fetched = []

    def fetch(python: Path, name: str, version: str, folder: Path, wanted: object) -> Path:
        fetched.append((name, version))
        return tmp_path

    monkeypatch.setattr(programs, "PROJECTS", {"some_project": project})
    monkeypatch.setattr(sources, "fetch", fetch)
    assert side().run("some_project") == outcomes.Result(
        {
            "test_x::test_good": "passed",
            "test_x::test_bad": "failed",
            "test_x::test_skipped": "skipped",
        }
    )
    assert fetched == [("some_project", "1.0")]


def test_a_project_that_runs_no_test_has_failed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(programs, "PROJECTS", {"some_project": Project(tests=(), taken=("t",))})
    monkeypatch.setattr(sources, "fetch", lambda *arguments: tmp_path)
    result = side().run("some_project")
    assert result == outcomes.Result({"some_project": "failed"}, "ended with exit code 5")


def test_what_is_worse_with_ctzmq_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    class Ours(programs.Side):
        def run(self, name: str) -> outcomes.Result:
            return outcomes.Result({"a": "failed", "b": "passed"}, "left 2 processes running")

    def theirs(name: str) -> outcomes.Result:
        return outcomes.Result({"a": "passed", "b": "skipped"})

    peer = outcomes.Peer("none", theirs, "", anew=True)
    peer.known["x"] = theirs("x")
    faults = programs.compare("x", Ours(*side()), peer)
    assert faults == ["left 2 processes running", "failed, and passed with pyzmq: a"]
    printed = " ".join(capsys.readouterr().out.split())
    assert printed == "x 1 1 0 | 1 0 1 0.0 s ctzmq left 2 processes running"


@pytest.mark.parametrize("name", ["curve_server", "echo_service", "failing_callbacks"])
def test_a_program_runs_with_ctzmq_under_the_name_of_zmq(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    pytest.importorskip("tornado")
    source = (programs.FOLDER / f"{name}.py").read_text(encoding="utf-8")
    head, future, rest = source.partition("from __future__ import annotations\n")
    installing = f"import sys\nsys.path[:] = {sys.path}\nimport ctzmq\nctzmq.install_as_zmq()\n"
    (tmp_path / f"{name}.py").write_text(head + future + installing + rest, encoding="utf-8")
    monkeypatch.setattr(programs, "FOLDER", tmp_path)
    assert side().run(name) == outcomes.Result({name: "passed"})
