"""A program under `python -m ctzmq run` sees what it sees under plain python, and ctzmq as zmq."""

from __future__ import annotations

import json
import os
import py_compile
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

SHOW = """
import json, sys
main = sys.modules["__main__"]
names = {name: repr(value) for name, value in vars(main).items() if name[:2] == "__"}
names["__builtins__"] = type(__builtins__).__name__
print(json.dumps([__name__, sys.argv, sys.path[0], names], indent=1, sort_keys=True))
"""
FAIL = """
def fail():
    return 1 / 0

try:
    fail()
except ZeroDivisionError as error:
    raise ValueError("two errors") from error
"""

ARGUMENTS = [
    "folder/show.py a -m b --x -- -h --help",
    "link.py",
    "folder/show.pyc a",
    "-m package 1 -- 2 -h -m",
    "-m package.module",
    "folder/app q",
    "folder/app.zip q -h",
    "folder/fail.py",
    "-m package.fail",
    "folder/wrong.py",
    "folder/exit.py",
    "folder/text.py",
    "folder/hook.py",
    "folder/late.py",
    "-m nothing",
    "-m package.nothing",
    "-m package.sub",
    "folder/empty",
]


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with programs of every kind that python can run."""
    files = {
        "folder/show.py": SHOW,
        "folder/fail.py": FAIL,
        "folder/wrong.py": "def (",
        "folder/exit.py": "import sys; sys.exit(7)",
        "folder/text.py": "import sys; sys.exit('a last word')",
        "folder/hook.py": "import sys; sys.excepthook = lambda *a: print(a[0]); 1 / 0",
        "folder/late.py": "import atexit; x = 'still here'; atexit.register(lambda: print(x))",
        "folder/app/__main__.py": SHOW,
        "folder/empty/readme": "",
        "package/__init__.py": "",
        "package/__main__.py": SHOW,
        "package/module.py": SHOW,
        "package/fail.py": FAIL,
        "package/sub/__init__.py": "",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "link.py").symlink_to("folder/show.py")
    py_compile.compile(str(tmp_path / "folder/show.py"), str(tmp_path / "folder/show.pyc"))
    with zipfile.ZipFile(tmp_path / "folder/app.zip", "w") as archive:
        archive.writestr("__main__.py", SHOW)
    return tmp_path


def python(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the interpreter in a folder."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )


def ctzmq_run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program on ctzmq."""
    return python(folder, "-m", "ctzmq", "run", *arguments)


def printed(done: subprocess.CompletedProcess[str]) -> tuple[int, str, str]:
    """Return all that a run shows, without the addresses of objects."""
    return done.returncode, re.sub("0x[0-9a-f]+", "0x", done.stdout), done.stderr


@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_a_program_runs_as_under_plain_python(programs: Path, arguments: str) -> None:
    plain = python(programs, *arguments.split())
    assert printed(ctzmq_run(programs, *arguments.split())) == printed(plain)


def test_a_file_that_is_not_there_is_named(programs: Path) -> None:
    done = ctzmq_run(programs, "nothing.py")
    assert done.returncode == 2
    assert "can't open file" in done.stderr
    assert str(programs / "nothing.py") in done.stderr


def test_code_runs_as_under_plain_python(programs: Path) -> None:
    code = f"{SHOW}\nimport zmq\nzmq.Context\nsys.exit(3)"
    plain = python(programs, "-c", code.replace("import zmq\nzmq", "sys.exit(3)"), "a", "-m", "-h")
    assert printed(ctzmq_run(programs, "-c", code, "a", "-m", "-h")) == printed(plain)
    done = ctzmq_run(programs, "-c", "1 / 0")
    assert done.returncode == 1
    assert "ctzmq" not in done.stderr


@pytest.mark.parametrize("arguments", [(), ("-m",), ("-c",)])
def test_the_program_must_be_named(programs: Path, arguments: tuple[str, ...]) -> None:
    done = ctzmq_run(programs, *arguments)
    assert done.returncode == 2
    assert "name the program" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_ctrl_c_ends_it_as_it_ends_plain_python(programs: Path) -> None:
    (programs / "interrupt.py").write_text("import os, signal; os.kill(os.getpid(), signal.SIGINT)")
    plain = python(programs, "interrupt.py")
    done = ctzmq_run(programs, "interrupt.py")
    assert printed(done) == printed(plain)
    assert "KeyboardInterrupt" in done.stderr


@pytest.mark.parametrize("option", ["-I", "-P"])
def test_a_safe_path_stays_safe(programs: Path, option: str) -> None:
    if option == "-P" and sys.version_info < (3, 11):
        pytest.skip("-P is new in Python 3.11")
    # -I drops PYTHONPATH, so ctzmq must be found otherwise.
    start = (
        f"import sys; sys.path.append({str(ROOT)!r}); from ctzmq.cli import main; sys.exit(main())"
    )
    (programs / "safe.py").write_text("import sys; print(sys.path)")
    done = python(programs, option, "-c", start, "run", str(programs / "safe.py"))
    assert done.returncode == 0, done.stderr
    assert str(programs) not in done.stdout


def test_the_program_gets_ctzmq_as_zmq(programs: Path) -> None:
    (programs / "program.py").write_text(
        "import ctzmq, zmq, zmq.utils.jsonapi\n"
        "assert vars(zmq) is vars(ctzmq)\n"
        "assert zmq.utils.jsonapi.__name__ == 'ctzmq.utils.jsonapi'\n"
        "with zmq.Context() as context, context.socket(zmq.PULL) as pull:\n"
        "    with context.socket(zmq.PUSH) as push:\n"
        "        pull.bind('inproc://x'); push.connect('inproc://x')\n"
        "        push.send(b'through'); print(pull.recv().decode())\n"
    )
    done = ctzmq_run(programs, "program.py")
    assert (done.stdout, done.stderr) == ("through\n", "")


def test_a_module_of_pyzmq_can_be_the_program(programs: Path) -> None:
    done = ctzmq_run(programs, "-m", "zmq.curve_keygen", "--json")
    assert sorted(json.loads(done.stdout)) == ["public", "secret"]


def test_each_name_of_green_means_one_flavour_there_and_in_processes_that_it_starts(
    programs: Path,
) -> None:
    pytest.importorskip("eventlet")
    pytest.importorskip("gevent")
    (programs / "green.py").write_text(
        "import subprocess, sys, warnings\n"
        "warnings.simplefilter('ignore')  # eventlet says that it is old\n"
        "from zmq import green\n"
        "import ctzmq.green as ours\n"
        "import zmq.green as pyzmqs, zmq, ctzmq\n"
        "assert green is pyzmqs is zmq.green\n"
        "assert ours is ctzmq.green\n"
        "print(ours.Socket.__module__, green.Socket.__module__, flush=True)\n"
        "if len(sys.argv) == 1:\n"
        "    subprocess.run([sys.executable, __file__, 'child'], check=True, timeout=30)\n"
    )
    done = ctzmq_run(programs, "green.py")
    assert (done.stdout, done.stderr) == ("ctzmq.green.eventlet ctzmq.green.gevent\n" * 2, "")


WHO = "import zmq; print(zmq.Socket.__module__)"


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_processes_of_multiprocessing_get_it_too(programs: Path, method: str) -> None:
    if method == "forkserver" and sys.platform == "win32":
        pytest.skip("Windows has no fork server")
    (programs / "parent.py").write_text(
        "import multiprocessing, zmq\n"
        "def work(queue):\n"
        "    queue.put(zmq.Socket.__module__)\n"
        "if __name__ == '__main__':\n"
        f"    context = multiprocessing.get_context({method!r})\n"
        "    queue = context.Queue()\n"
        "    process = context.Process(target=work, args=(queue,))\n"
        "    process.start()\n"
        "    print(queue.get(timeout=30))\n"
        "    process.join()\n"
    )
    done = ctzmq_run(programs, "parent.py")
    assert (done.stdout, done.stderr) == ("ctzmq.core.socket\n", "")


def test_python_processes_that_it_starts_get_it_too(programs: Path) -> None:
    (programs / "parent.py").write_text(
        "import subprocess, sys\n"
        f"subprocess.run([sys.executable, '-c', {WHO!r}], check=True, timeout=30)\n"
    )
    done = ctzmq_run(programs, "parent.py")
    assert (done.stdout, done.stderr) == ("ctzmq.core.socket\n", "")


def test_so_they_do_when_ctzmq_is_in_the_working_folder_only(programs: Path) -> None:
    program = programs / "parent.py"
    program.write_text(
        "import os, subprocess, sys\n"
        "os.chdir(os.path.dirname(__file__))\n"
        f"subprocess.run([sys.executable, '-S', '-c', {WHO!r}], check=True, timeout=30)\n"
    )
    # -S: without the site-packages, where ctzmq may be installed
    done = python(ROOT, "-S", "-m", "ctzmq", "run", str(program), PYTHONPATH="")
    assert (done.stdout, done.stderr) == ("ctzmq.core.socket\n", "")


def test_runs_within_runs_do_not_pile_up_paths(programs: Path) -> None:
    (programs / "inner.py").write_text("import os; print(os.environ['PYTHONPATH'])")
    (programs / "outer.py").write_text(
        "import os, subprocess, sys\n"
        "print(os.environ['PYTHONPATH'], flush=True)\n"
        "command = [sys.executable, '-m', 'ctzmq', 'run', 'inner.py']\n"
        "subprocess.run(command, check=True, timeout=30)\n"
    )
    outer, inner = ctzmq_run(programs, "outer.py").stdout.splitlines()
    assert outer == inner
    assert outer.split(os.pathsep)[1:] == [str(ROOT)]
