"""The demo: all files arrive, a lost or tampered one is an error, and no process is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("rich", reason="the demo's progress bar")

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
FLAVOURS = ("eventlet", "gevent")
FILES = {
    "empty.py": b"",
    "crlf.py": b"a = 1\r\nb = 2\r\n",
    "package/no_newline.py": b"x",
    "package/big.py": b"# a line\n" * 100_000,
}

# The demo with other workers: the program's own arguments follow theirs.
OTHER_WORKERS = """
import sys
sys.path.insert(0, sys.argv[1])
import demo_broker
demo_broker.WORKER = sys.argv[2]
sys.exit(demo_broker.main(sys.argv[3:]))
"""

# What a worker of such a kind does to the content of a file before it examines it.
MISDEEDS = {
    "tampers": "return examine(b'tampered' if content == b'x' else content)",
    "ends": "sys.exit(3)",
    "stands still": "sys.exit(len(sys.stdin.read()))",
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


@pytest.fixture(params=FLAVOURS)
def flavour(request: pytest.FixtureRequest) -> str:
    """A library of greenlets that is installed."""
    pytest.importorskip(request.param)
    return str(request.param)


@pytest.fixture
def any_flavour() -> str:
    """The first of them, for what is the same in all."""
    for name in FLAVOURS:
        try:
            __import__(name)
        except ImportError:
            continue
        return name
    pytest.skip("neither eventlet nor gevent is installed")


@contextmanager
def started(*command: object) -> Iterator[subprocess.Popen[str]]:
    """Start Python in a session of its own, and end it at last."""
    with subprocess.Popen(
        [sys.executable, *map(str, command)],
        env={**os.environ, "COLUMNS": "120", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def run(*command: object) -> subprocess.CompletedProcess[str]:
    """Run Python until all that share its output, such as workers, have ended."""
    with started(*command) as process:
        out, err = process.communicate(timeout=50)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def demo(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the demo as a user does, with few clients."""
    return run(SCRIPTS / "demo_broker.py", "--clients", 10, *arguments)


def test_every_file_is_verified(tree: Path, flavour: str) -> None:
    done = demo("--root", tree, "--flavour", flavour, "--workers", 3, "--rounds", 4)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"all {len(FILES)} files verified" in done.stdout
    assert f"{4 * sum(map(len, FILES.values())):,}" in done.stdout
    assert f"{4 * len(FILES)} in " in done.stdout
    assert f"10 greenlets of {flavour}" in done.stdout
    assert done.stderr == ""


def test_more_clients_than_files(tree: Path, any_flavour: str) -> None:
    done = demo("--root", tree, "--flavour", any_flavour, "--clients", 100, "--rounds", 1)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"all {len(FILES)} files verified" in done.stdout


def test_the_number_of_files_can_be_limited(tree: Path, any_flavour: str) -> None:
    done = demo("--root", tree, "--flavour", any_flavour, "--files", 2)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all 2 files verified" in done.stdout


def test_a_folder_without_sources_is_named(tmp_path: Path) -> None:
    done = demo("--root", tmp_path)
    assert done.returncode == 1
    assert str(tmp_path) in done.stdout.replace("\n", "")


@pytest.mark.parametrize("option", ["--clients", "--workers", "--rounds", "--files", "--timeout"])
def test_numbers_have_to_be_positive(option: str) -> None:
    done = demo(option, 0)
    assert done.returncode == 2
    assert "0 is less than 1" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_too_many_clients_for_the_system_are_told_what_to_do(tree: Path) -> None:
    import resource

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard == resource.RLIM_INFINITY:
        pytest.skip("no limit here")
    done = demo("--root", tree, "--clients", hard)
    assert done.returncode == 1
    assert f"this system allows {hard}; take fewer with --clients" in done.stdout


def misbehave(
    tree: Path, folder: Path, misdeed: str, *arguments: object
) -> subprocess.CompletedProcess[str]:
    """Run the demo with workers that do something wrong."""
    worker = folder / "worker.py"
    worker.write_text(f"""
import sys
sys.path.insert(0, {os.fspath(SCRIPTS)!r})
import demo_worker
examine = demo_worker.examine
def otherwise(content):
    {MISDEEDS[misdeed]}
demo_worker.examine = otherwise
demo_worker.serve(sys.argv[1], 0)
""")
    return run("-c", OTHER_WORKERS, SCRIPTS, worker, "--root", tree, "--clients", 10, *arguments)


def test_a_tampered_finding_is_an_error(tree: Path, flavour: str, tmp_path: Path) -> None:
    done = misbehave(tree, tmp_path, "tampers", "--flavour", flavour)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"1 of {len(FILES)} files lost or different" in done.stdout
    assert "package/no_newline.py: a worker said" in done.stdout
    assert "verified" not in done.stdout


def test_a_worker_that_ends_is_an_error(tree: Path, flavour: str, tmp_path: Path) -> None:
    done = misbehave(tree, tmp_path, "ends", "--flavour", flavour)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "ended with exit code 3" in done.stdout
    assert done.stderr == ""


def test_a_standstill_is_an_error(tree: Path, flavour: str, tmp_path: Path) -> None:
    done = misbehave(tree, tmp_path, "stands still", "--flavour", flavour, "--timeout", 1)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"there were 0 of {5 * len(FILES)} answers" in done.stdout
    assert done.stderr == ""


def test_a_file_that_came_twice_does_not_hide_a_lost_one(tree: Path) -> None:
    program = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from demo_broker import verify
from demo_worker import examine
root = Path(sys.argv[2])
x = examine((root / "crlf.py").read_bytes())
print(verify(root, 1, {"crlf.py": [x, x], "empty.py": []}, lambda: None)[0])
"""
    done = run("-c", program, SCRIPTS, tree)
    assert done.stdout == "['crlf.py: 2 answers, not 1', 'empty.py: 0 answers, not 1']\n"


@contextmanager
def travelling(tree: Path, flavour: str) -> Iterator[subprocess.Popen[str]]:
    """Start a demo that takes very long, and wait until its clients are at work."""
    arguments = ("--root", tree, "--flavour", flavour, "--rounds", 1_000_000, "--clients", 20)
    with started(SCRIPTS / "demo_broker.py", *arguments) as process:
        assert process.stdout is not None
        while "greenlets of" not in process.stdout.readline():
            assert process.poll() is None, "it ended too early"
        yield process


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is another thing on Windows")
def test_ctrl_c_leaves_no_process(tree: Path, flavour: str) -> None:
    with travelling(tree, flavour) as process:
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=30)  # ends when the workers have, too
    assert process.returncode == 130, out + err
    assert "stopped by Ctrl-C" in out
    assert err == ""


@pytest.mark.skipif(os.name != "posix", reason="the workers watch a pipe")
def test_workers_leave_when_the_demo_is_killed(tree: Path, any_flavour: str) -> None:
    with travelling(tree, any_flavour) as process:
        process.kill()
        process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL
