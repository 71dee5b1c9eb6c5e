"""The doctor tells what is there, tries it, and says by its exit code whether all is well."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest

import ctzmq
from ctzmq.cli import doctor, main
from ctzmq.libzmq import loader, prototypes, provider

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is folded."""
    monkeypatch.setenv("COLUMNS", "10000")


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """What the doctor finds out here."""
    return doctor.examine()


def test_it_tells_of_the_library(report: dict[str, Any]) -> None:
    library = loader.load()
    assert report["library"] == {
        "path": ctzmq.libzmq.library_path(),
        "how": library.how,
        "version": ctzmq.zmq_version(),
    }
    assert report["missing_functions"] == prototypes.missing()


def test_it_tells_of_the_features(report: dict[str, Any]) -> None:
    assert list(report["features"]) == list(doctor.FEATURES)
    for name in ("curve", "ipc", "gssapi", "norm", "draft", "pgm", "tipc"):
        assert report["features"][name] is ctzmq.has(name)


def test_it_tells_of_python(report: dict[str, Any]) -> None:
    assert report["python"]["version"].startswith("{}.{}.".format(*sys.version_info))
    assert report["python"]["implementation"].lower() == sys.implementation.name
    assert report["native_calls"] is provider.calls.NATIVE
    assert report["calls"] == {"by": provider.calls.NAME, "reason": provider.reason}


def test_messages_flow(report: dict[str, Any]) -> None:
    assert [check["name"] for check in report["checks"]] == ["inproc", "ipc", "tcp", "curve"]
    features = report["features"]
    for check in report["checks"]:
        assert check["ok"] is (True if features.get(check["name"], True) else None), check
    assert report["ok"]


def test_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    printed = capsys.readouterr().out
    assert loader.load().path in printed
    assert loader.load().how in printed
    assert ctzmq.zmq_version() in printed
    assert "send and receive, tcp" in printed


def test_a_narrow_terminal_gets_folded_lines(
    report: dict[str, Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    report = {**report, "missing_functions": ["zmq_first", *["zmq_other"] * 20]}
    doctor.show(report)
    lines = capsys.readouterr().out.splitlines()
    (start,) = (number for number, line in enumerate(lines) if "zmq_first" in line)
    assert lines[start + 1].split()[0] == "zmq_other"
    assert lines[start + 1].index("zmq_other") == lines[start].index("without")
    assert max(len(line.rstrip()) for line in lines if "zmq_other" in line) <= 60
    monkeypatch.setenv("COLUMNS", "20")
    doctor.show(report)
    lines = capsys.readouterr().out.splitlines()
    assert lines[lines.index("functions") + 1] == "  without zmq_first"


def test_functions_of_a_kind_are_counted(report: dict[str, Any]) -> None:
    missing = ["zmq_timers_new", "zmq_socket_get_peer_state", "zmq_ctx_term", "zmq_msg_routing_id"]
    assert doctor._functions(missing) == (
        "without 2 draft functions: built without drafts, and 2 functions of other releases"
    )
    assert doctor._functions(missing[2:3]) == "without 1 function of other releases"
    assert doctor._functions([]) == "all"


def test_the_last_line_says_whether_all_is_well(
    report: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    doctor.show(report)
    assert capsys.readouterr().out.splitlines()[-1] == "All is well."
    failed = {"name": "tcp", "ok": False, "detail": "no answer"}
    doctor.show({**report, "checks": [*report["checks"], failed]})
    assert capsys.readouterr().out.splitlines()[-1] == "Not well: tcp failed."


def test_it_tells_what_is_beside_it(
    report: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    tornado = pytest.importorskip("tornado")
    assert report["beside"]["tornado"] == tornado.version
    doctor.show({**report, "beside": {**report["beside"], "eventlet": None, "gevent": "1.2.3"}})
    printed = capsys.readouterr().out
    assert f"tornado {tornado.version}" in printed
    assert "gevent 1.2.3" in printed
    assert "eventlet" not in printed


def test_without_a_folder_for_the_endpoint_ipc_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise FileNotFoundError("no usable folder")

    monkeypatch.setattr(tempfile, "TemporaryDirectory", refuse)
    checks = doctor._checks({"ipc": True, "curve": False})
    assert [check["ok"] for check in checks] == [True, False, True, None]


def test_as_json(capsys: pytest.CaptureFixture[str], report: dict[str, Any]) -> None:
    assert main(["doctor", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == report


def test_without_rich_it_is_plain_text(
    report: dict[str, Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rich.console", None)
    doctor.show(report)
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert loader.load().path in printed


@pytest.mark.parametrize("rich", [True, False])
def test_a_terminal_without_ticks_gets_words(
    report: dict[str, Any], monkeypatch: pytest.MonkeyPatch, rich: bool
) -> None:
    if not rich:
        monkeypatch.setitem(sys.modules, "rich.console", None)
    raw = io.BytesIO()
    stdout = io.TextIOWrapper(raw, encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stdout)
    doctor.show(report)
    stdout.flush()
    lines = raw.getvalue().decode("ascii").splitlines()
    assert [line.split()[-1] for line in lines if "inproc" in line] == ["ok"]


def test_what_the_library_lacks_is_no_fault() -> None:
    check = doctor._check("ipc", lambda: pytest.fail("tried"), available=False)
    assert check == {"name": "ipc", "ok": None, "detail": "not in this libzmq"}


def test_what_fails_makes_the_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(endpoint: str, secure: bool = False) -> None:
        if endpoint.startswith("tcp") and not secure:
            raise OSError("no loopback here")

    monkeypatch.setattr(doctor, "_exchange", fail)
    assert main(["doctor"]) == 1
    assert "OSError: no loopback here" in capsys.readouterr().out


def test_what_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    never = threading.Event()

    def hang() -> None:
        never.wait(30)

    monkeypatch.setattr(doctor, "SECONDS", 0.01)
    check = doctor._check("tcp", hang)
    never.set()
    assert not check["ok"]
    assert "no answer" in check["detail"]


def test_a_message_that_changes_on_its_way_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctzmq.Socket, "recv_multipart", lambda *args, **options: [b"other"])
    with pytest.raises(ValueError, match="received"):
        doctor._exchange("inproc://changed")


@pytest.mark.parametrize("as_json", [False, True])
def test_without_a_library_it_lists_what_was_tried(tmp_path: Path, as_json: bool) -> None:
    nowhere = str(tmp_path / "libzmq.so.5")
    done = subprocess.run(
        [sys.executable, "-m", "ctzmq", "doctor", *(["--json"] if as_json else [])],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        env={**os.environ, "CTZMQ_LIBRARY": nowhere},
    )
    assert done.returncode == 1
    assert done.stderr == ""
    assert nowhere in done.stdout
    if as_json:
        report = json.loads(done.stdout)
        assert not report["ok"]
        assert [tried["name"] for tried in report["attempts"]] == [nowhere]
        assert report["install"]
    else:
        assert "fetch" in done.stdout
