"""The folder of the fetched libraries: whole ones only, one run at a time, nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ctzmq.cli import store
from ctzmq.libzmq import loader

ROOT = Path(loader.__file__).parents[2]

needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="signals are of another kind")


def fill(folder: str, content: str) -> str:
    (Path(folder) / "file").write_text(content)
    return folder


@pytest.fixture
def place(tmp_path: Path) -> str:
    return str(tmp_path / "parent" / "store")


def test_a_finished_folder_gets_its_name(place: str) -> None:
    with store.staging(place) as folder:
        assert os.path.basename(folder).startswith(".")
        path = store.put(fill(folder, "new"), "name")
    assert path == os.path.join(place, "name")
    assert (Path(path) / "file").read_text() == "new"
    assert os.listdir(place) == ["name"]


def test_it_takes_the_place_of_another(place: str) -> None:
    for content in ("old", "new"):
        with store.staging(place) as folder:
            path = store.put(fill(folder, content), "name")
    assert (Path(path) / "file").read_text() == "new"
    assert os.listdir(place) == ["name"]


def test_what_fails_is_cleared_away(place: str) -> None:
    def interrupt(folder: str) -> None:
        fill(folder, "half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), store.staging(place) as folder:
        interrupt(folder)
    assert os.listdir(place) == []


def test_what_fails_at_the_last_moment_leaves_the_other(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.staging(place) as folder:
        store.put(fill(folder, "old"), "name")
    original = os.rename

    def rename(source: str, target: str) -> None:
        if os.path.basename(source).startswith(".new-"):
            raise OSError("disk full")
        original(source, target)

    monkeypatch.setattr(os, "rename", rename)
    with pytest.raises(OSError, match="disk full"), store.staging(place) as folder:
        store.put(fill(folder, "new"), "name")
    assert os.listdir(place) == ["name"]
    assert (Path(place) / "name" / "file").read_text() == "old"


def test_a_run_that_was_killed_is_cleared_up_after(place: str) -> None:
    for name in (".new-1", ".old-1/name", ".old-2/other", "other", "mine", ".unrelated"):
        path = Path(place) / name
        path.mkdir(parents=True)
        fill(str(path), name)
    with store.staging(place):
        pass
    assert sorted(os.listdir(place)) == [".unrelated", "mine", "name", "other"]
    assert (Path(place) / "name" / "file").read_text() == ".old-1/name"
    assert (Path(place) / "other" / "file").read_text() == "other"


def test_runs_wait_for_each_other(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    order = []
    inside, go_on = threading.Event(), threading.Event()

    def first() -> None:
        with store.staging(place) as folder:
            inside.set()
            assert go_on.wait(20)
            order.append("first")
            store.put(fill(folder, "first"), "name")

    def second() -> None:
        with store.staging(place) as folder:
            order.append("second")
            store.put(fill(folder, "second"), "name")

    threads = [threading.Thread(target=target) for target in (first, second)]
    threads[0].start()
    assert inside.wait(20)
    threads[1].start()
    while "Waiting for another run" not in capsys.readouterr().out:
        assert threads[1].is_alive()
    go_on.set()
    for thread in threads:
        thread.join(20)
    assert order == ["first", "second"]
    assert (Path(place) / "name" / "file").read_text() == "second"
    assert os.listdir(place) == ["name"]


def test_waiting_has_an_end(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(store, "_lock", lambda descriptor: False)
    with pytest.raises(store.StoreError, match="for too long"), store.staging(place):
        pytest.fail("it was locked")


def test_a_store_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(store.StoreError, match=r"cannot make the folder .* Set XDG_CACHE_HOME to"),
        store.staging(str(tmp_path / "file" / "store")),
    ):
        pytest.fail("it was made")


PROGRAM = """
import sys
from ctzmq.cli import store
with store.interruptible(), store.staging(sys.argv[1]):
    print("inside", flush=True)
    sys.stdin.read()
"""


@needs_signals
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT", "SIGKILL"])
def test_a_run_that_is_killed_leaves_nothing_for_long(place: str, name: str) -> None:
    number = getattr(signal, name)
    running = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, place],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert running.stdout is not None
    assert running.stdout.readline() == b"inside\n"
    assert len(os.listdir(place)) == 1
    running.send_signal(number)
    running.communicate(timeout=40)
    assert running.returncode != 0
    if name != "SIGKILL":
        assert os.listdir(place) == []
    with store.staging(place):
        pass
    assert os.listdir(place) == []


@needs_signals
def test_handlers_are_put_back() -> None:
    def handler(*args: object) -> None: ...

    before = signal.signal(signal.SIGTERM, handler)
    try:
        with store.interruptible():
            assert signal.getsignal(signal.SIGTERM) is handler
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        with store.interruptible():
            assert callable(signal.getsignal(signal.SIGTERM))
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)
